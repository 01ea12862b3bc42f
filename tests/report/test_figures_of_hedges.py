"""Figures of instruments: the pay-off diagram, their value over time, and rules beside the same rules hedged."""

from __future__ import annotations

import math

import numpy as np
import pytest
from figure_cases import hedged_result, legend, line, result
from matplotlib.figure import Figure

import riskkit as rk
from riskkit.report import figures
from riskkit.report.figures._by_name import OF_HEDGES

MARKET = rk.Market({"A": rk.Asset(0.08, 0.3), "B": rk.Asset(0.08, 0.2)})


def curve(ax: rk.report.figures.Axes, label: str, price: float) -> float:
    points = line(ax, label)
    return float(np.interp(price, points[:, 0], points[:, 1]))


def at_the_money(volatility: float, years: float) -> float:
    """Black and Scholes at S = K and no interest: a put costs 2 Φ(σ √τ / 2) - 1 = erf(σ √τ / √8)."""
    return math.erf(volatility * math.sqrt(years / 8.0))


@pytest.mark.parametrize("price", [0.0, 0.5, 1.0, 1.5])
def test_a_put_at_expiry_is_the_strike_or_the_price_less_the_premium(price: float):
    """max(S, 1) - P, with P of the closed form at the money; half of it on half of the units."""
    pricing = rk.OptionPricing(0.4, rate=0.0)
    premium = at_the_money(0.4, 1.0)
    whole = figures.payoff(rk.Put("A", 1.0, pricing=pricing), MARKET)
    half = figures.payoff(rk.Put("A", 1.0, share=0.5, pricing=pricing), MARKET)
    assert curve(whole, "at expiry", price) == pytest.approx(max(price, 1.0) - premium, abs=1e-9)
    assert curve(half, "at expiry", price) == pytest.approx(0.5 * (max(price, 1.0) - premium) + 0.5 * price, abs=1e-9)
    assert curve(whole, "alone", price) == pytest.approx(price, abs=1e-12)


def test_at_the_opening_the_premium_is_what_the_instrument_is_worth():
    """At the price of the opening the two cancel; without a spread nothing is lost."""
    fair = figures.payoff(rk.Put("A", 0.9, pricing=rk.OptionPricing(0.4)), MARKET)
    assert curve(fair, "at the opening", 1.0) == pytest.approx(1.0, abs=1e-12)
    wide = figures.payoff(rk.Put("A", 0.9, pricing=rk.OptionPricing(0.4, spread=0.05)), MARKET)
    assert curve(wide, "at the opening", 1.0) < 1.0 - 1e-3


def test_a_collar_is_flat_beyond_its_strikes():
    """Floor and cap at no cost: min(max(S, 0.9), cap)."""
    collar = rk.Collar("A", 0.9, pricing=rk.OptionPricing(0.3))
    cap = collar.cap_at(rk.Terms(rate=0.04, dividend_yield=0.0, volatility=0.3, years=1.0))
    ax = figures.payoff(collar, MARKET)
    for price in (0.0, 0.45, 0.9, 1.0, cap, 1.9):
        assert curve(ax, "at expiry", price) == pytest.approx(min(max(price, 0.9), cap), abs=1e-9)


def test_instruments_of_several_tenors_are_valued_at_the_first_expiry():
    """After 3 of 12 months a put at the money is worth the closed form of 9 months at S = K."""
    pricing = rk.OptionPricing(0.4, rate=0.0)
    long, short = (rk.Put("A", 1.0, years=years, share=0.5, pricing=pricing) for years in (1.0, 0.25))
    ax = figures.payoff([long, short], MARKET)
    paid = 0.5 * (at_the_money(0.4, 1.0) + at_the_money(0.4, 0.25))
    assert curve(ax, "at expiry", 1.0) == pytest.approx(1.0 + 0.5 * at_the_money(0.4, 0.75) - paid, abs=1e-9)
    assert legend(ax) == ["A alone", "at the opening", "at the first expiry, after 3 months"]


def test_the_holding_is_that_of_the_first_instrument_or_the_one_asked_for():
    both = [rk.Put("A", 0.9), rk.CoveredCall("B", 1.1)]
    assert figures.payoff(both, MARKET).get_xlabel() == "price of 'A' (times the price at the opening)"
    assert figures.payoff(both, MARKET, on="B").get_ylabel().startswith("'B' with covered call, premium included")


@pytest.mark.parametrize(
    ("instruments", "options", "pattern"),
    [
        ("put", {}, "instruments must be an instrument or several, got 'put'"),
        ([3], {}, r"instruments must be Instrument objects such as rk.Put, got 3"),
        ([], {}, "instruments must include one with legs, such as a put, got none"),
        (rk.ExchangeFund("A", "B"), {}, "must include one with legs, such as a put, got exchange fund on A"),
        (rk.Put("A", 0.9), {"on": "B"}, "must include one with legs on 'B', such as a put, got put on A"),
        (rk.Put("C", 0.9), {}, "instruments: on must name one of 'A', 'B', got 'C'"),
    ],
)
def test_what_has_no_pay_off_is_refused(instruments: object, options: dict[str, str], pattern: str):
    with pytest.raises(rk.InvalidInput, match=pattern):
        figures.payoff(instruments, MARKET, **options)


def still() -> rk.Scenario:
    """Two holdings whose prices never move; on the first one a put at the money for a year, at 40 % and no interest."""
    portfolio = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("B", 40)])
    market = rk.Market({"A": rk.Asset(0.0, 0.0), "B": rk.Asset(0.0, 0.0)})
    put = rk.Put("A", 1.0, pricing=rk.OptionPricing(0.4, rate=0.0))
    return rk.Scenario(portfolio, market, [rk.Hold(), rk.Hedged(rk.Hold(), put)], years=1, steps_per_year=12)


def share_at(years_left: float) -> float:
    """The put's share of wealth: 0.6 P(τ) of 1 - 0.6 P(1) + 0.6 P(τ)."""
    value = 0.6 * at_the_money(0.4, years_left)
    return value / (1.0 - 0.6 * at_the_money(0.4, 1.0) + value)


def test_the_value_over_time_is_the_share_of_net_wealth():
    """Before the opening 0, after six months that of the closed form with half a year left, at the end 0."""
    ax = figures.hedge_fan(rk.compare(still(), paths=100, progress=False))
    median = line(ax, "median")
    assert median[6, 0] == pytest.approx(0.5)
    assert median[[0, 6, 12], 1] == pytest.approx([0.0, share_at(0.5), 0.0], abs=1e-9)


def test_a_replayed_book_has_the_share_of_each_instrument():
    """An unhedged book has none; the share is that of the closed form."""
    found = {}

    def observe(moment: rk.engine.Moment, first: int) -> None:
        found[moment.step] = [moment.book(rule).hedges for rule in ("hold", "hold + put on A")]

    rk.replay(still(), ["hold", "hold + put on A"], range(3), observe=observe, steps=[0, 6])
    assert found[0][1].tolist() == [[0.0, 0.0, 0.0]]
    assert found[6][0].shape == (0, 3)
    assert found[6][1] == pytest.approx(np.full((1, 3), share_at(0.5)), abs=1e-9)


@pytest.mark.parametrize("name", OF_HEDGES)
def test_figures_of_hedges_have_their_names_where_a_rule_is_hedged(name: str):
    options = {"paths": 100} if name == "hedge_fan" else {}
    first = hedged_result().figure(name, **options)
    named = hedged_result().figure(name, rule="hold + collar on TSLA", ax=Figure().add_subplot(), **options)
    assert first.get_ylabel() == named.get_ylabel()
    assert "calls" not in first.get_ylabel()
    other = hedged_result().figure(name, rule="hold + covered call on TSLA", **options)
    assert "covered call" in other.get_ylabel()
    with pytest.raises(rk.InvalidInput, match=f"name must name one of .*, got '{name}'"):
        result().figure(name)


def test_a_rule_that_is_not_hedged_is_refused_with_those_that_are():
    with pytest.raises(
        rk.InvalidInput, match=r"rule must be one of the hedged ones, 'hold \+ collar on TSLA', .*, got 'hold'"
    ):
        hedged_result().figure("payoff", rule="hold")
    with pytest.raises(rk.InvalidInput, match=r"rule must be a hedged one, see rk.Hedged, got none"):
        figures.hedge_fan(result())


def test_the_frontier_leads_from_a_rule_to_the_same_rule_hedged():
    """A thin line to each of the two, between the points of the table."""
    ax = figures.frontier(hedged_result())
    points = hedged_result().table(["ced95", "wealth_median"])
    lines = [np.asarray(each.get_xydata()) for each in ax.get_lines() if each.get_label() == "hedged"]
    ends = [points.loc[["hold", f"hold + {name} on TSLA"]].to_numpy() for name in ("collar", "covered call")]
    for found, expected in zip(lines, ends, strict=True):
        assert np.array_equal(found, expected)
    assert legend(ax)[-1] == "a rule and the same, hedged"
    assert "a rule and the same, hedged" not in legend(figures.frontier(result()))
