"""Concentration and exposure by delta against calculation by hand, with deltas from SciPy's normal distribution."""

from __future__ import annotations

import math
from typing import Any

import pytest
from scipy.stats import norm

import riskkit as rk
from riskkit._core.errors import InvalidInput

HOLDINGS = [
    rk.Holding("TSLA", 40, founder="Musk"),
    rk.Holding("Half", 20, founder={"Musk": 0.5}),
    rk.Holding("Fund", 30),
    rk.Holding("Later", 10),
]
PORTFOLIO = rk.Portfolio(HOLDINGS)
PRICING = rk.OptionPricing(0.5, rate=math.exp(0.03) - 1.0)


def call_delta(strike: float, years: float, volatility: float = 0.5, log_yield: float = 0.0) -> float:
    """e^{-yτ} N(d₁), with d₁ = (ln(1/K) + (r - y + σ²/2) τ) / (σ √τ) and r = 0.03."""
    deviation = volatility * math.sqrt(years)
    score = (math.log(1.0 / strike) + (0.03 - log_yield) * years) / deviation + 0.5 * deviation
    return math.exp(-log_yield * years) * float(norm.cdf(score))


def test_a_put_on_half_leaves_the_value_times_one_plus_half_its_delta():
    """d = 0.5 (N(d₁) - 1). TSLA counts 40 (1 + d), and -40 d is tied to nobody; Musk also has half of 20."""
    d = 0.5 * (call_delta(0.9, 1.0) - 1.0)
    put = rk.Put("TSLA", 0.9, share=0.5, pricing=PRICING)
    by_founder = rk.concentration(PORTFOLIO, "founder", instruments=put)
    expected = {
        "Musk": 0.4 * (1.0 + d) + 0.1,
        "Fund": 0.3,
        "Half without founder": 0.1,
        "Later": 0.1,
        "TSLA hedged": -0.4 * d,
    }
    assert by_founder.groups == pytest.approx(expected, rel=1e-12)
    assert math.fsum(by_founder.groups.values()) == pytest.approx(1.0, abs=1e-15)
    assert by_founder.herfindahl == pytest.approx(sum(share**2 for share in expected.values()), rel=1e-12)
    by_holding = rk.concentration(PORTFOLIO, instruments=[put])
    rows = {"TSLA": 0.4 * (1.0 + d), "Half": 0.2, "Fund": 0.3, "Later": 0.1, "TSLA hedged": -0.4 * d}
    assert by_holding.groups == pytest.approx(rows, rel=1e-12)


def test_instruments_of_one_holding_add_up_and_each_holding_has_its_hedged_rest():
    """A collar on 0.6: put delta less call delta; a prepaid forward on 0.3: the same of its own strikes and tenor."""
    collar = call_delta(0.9, 1.0) - 1.0 - call_delta(1.3, 1.0)
    forward = call_delta(0.8, 3.0) - 1.0 - call_delta(1.5, 3.0)
    covered = -call_delta(1.2, 0.5)
    instruments = [
        rk.Collar("TSLA", 0.9, 1.3, share=0.6, pricing=PRICING),
        rk.PrepaidForward("TSLA", 0.8, 1.5, share=0.3, pricing=PRICING),
        rk.CoveredCall("Half", 1.2, years=0.5, pricing=PRICING),
    ]
    d = 0.6 * collar + 0.3 * forward
    exposure = PORTFOLIO.exposure("holding", instruments=instruments)
    rows = [0.4 * (1.0 + d), 0.2 * (1.0 + covered), 0.3, 0.1, -0.4 * d, -0.2 * covered]
    assert exposure.tolist() == pytest.approx(rows, rel=1e-12)
    assert exposure.index.tolist() == ["TSLA", "Half", "Fund", "Later", "TSLA hedged", "Half hedged"]
    by_founder = PORTFOLIO.exposure(instruments=instruments)
    tied = 0.4 * (1.0 + d) + 0.1 * (1.0 + covered)
    assert by_founder.to_dict() == pytest.approx({"Musk": tied, "no founder": 1.0 - tied}, rel=1e-12)


def test_an_exchange_fund_moves_value_and_hedges_nothing():
    fund = rk.ExchangeFund("TSLA", "Later", share=0.25)
    shares = rk.concentration(PORTFOLIO, instruments=fund).groups
    assert shares == pytest.approx({"TSLA": 0.3, "Fund": 0.3, "Half": 0.2, "Later": 0.2}, rel=1e-12)


def test_of_net_the_loan_is_left_out():
    lent = rk.Portfolio(HOLDINGS, loan=rk.Loan(20, 0.05, 0.5))
    d = call_delta(1.0, 1.0) - 1.0
    found = lent.exposure(of="net", instruments=rk.Put("TSLA", 1.0, pricing=PRICING))
    assert found["Musk"] == pytest.approx((40 * (1.0 + d) + 10) / 80, rel=1e-12)
    assert found.sum() == pytest.approx(100 / 80, rel=1e-12)


def test_a_market_gives_the_yield_and_the_models_own_volatility():
    """A yield of e^0.02 - 1; and 0.3 with 0.04 points on top where no volatility is given, under a yield of 0."""
    assets = {name: rk.Asset(0.05, 0.3, dividend_yield=math.exp(0.02) - 1.0) for name in PORTFOLIO.names}
    put = rk.Put("TSLA", 0.9, pricing=PRICING)
    expected = call_delta(0.9, 1.0, log_yield=0.02) - math.exp(-0.02)
    assert put.deltas(rk.Market(assets))["TSLA"] == pytest.approx(expected, rel=1e-12)
    assert put.deltas()["TSLA"] == pytest.approx(call_delta(0.9, 1.0) - 1.0, rel=1e-12)
    plain = rk.Market({name: rk.Asset(0.05, 0.3) for name in PORTFOLIO.names})
    own = rk.Put("TSLA", 0.9, pricing=rk.OptionPricing(rate=PRICING.rate))
    shares = rk.concentration(PORTFOLIO, instruments=own, market=plain).groups
    assert shares["TSLA hedged"] == pytest.approx(0.4 * (1.0 - call_delta(0.9, 1.0, 0.34)), rel=1e-12)


class Forward(rk.Instrument):
    """A holding sold forward: its delta without dividends is -1, whatever the volatility."""

    def legs(self, terms: rk.Terms) -> tuple[rk.Leg, ...]:
        return (rk.Leg("forward", -1.0, 1.0),)


class Call(rk.Instrument):
    def legs(self, terms: rk.Terms) -> tuple[rk.Leg, ...]:
        return (rk.Leg("call", 1.0, 1.0, 0.5),)


def test_what_is_sold_forward_is_hedged_whole():
    """A forward has no option, so that no volatility is needed; a group of 0 is none."""
    shares = rk.concentration(PORTFOLIO, "founder", instruments=Forward("TSLA")).groups
    assert shares == pytest.approx(
        {"TSLA hedged": 0.4, "Fund": 0.3, "Musk": 0.1, "Half without founder": 0.1, "Later": 0.1}, rel=1e-12
    )


@pytest.mark.parametrize(
    ("instruments", "more", "message"),
    [
        (rk.Put("TSLA", 0.9), {}, "Put on 'TSLA': market must be given for the model's own volatility, got None"),
        (rk.Put("VTI", 0.9, pricing=PRICING), {}, "instruments: on must name one of 'TSLA'"),
        (rk.ExchangeFund("TSLA", "VTI"), {}, "instruments: into must name one of 'TSLA'"),
        ([rk.Hold()], {}, r"instruments must be instruments such as rk.Put, got Hold\("),
        (0.5, {}, "instruments must be instruments such as rk.Put, got 0.5"),
        (rk.Put("TSLA", 0.9), {"market": 0.4}, "market must be a Market, got 0.4"),
        (rk.Put("TSLA", 0.9), {"market": rk.Market({"A": rk.Asset(0, 0)})}, "market: asset must name one of 'A', got"),
        (Call("TSLA"), {"market": rk.Market({"TSLA": rk.Asset(0.0, 0.3)})}, "instruments on 'TSLA' must leave an expo"),
        ([Forward("TSLA"), rk.Put("TSLA", 1, pricing=PRICING)], {}, r"to its value of 40, got -\d"),
    ],
)
def test_refusals(instruments: Any, more: dict[str, Any], message: str):
    for measure in (rk.concentration, rk.Portfolio.exposure):
        with pytest.raises(InvalidInput, match=message):
            measure(PORTFOLIO, instruments=instruments, **more)


@pytest.mark.parametrize("what", ["holding", "founder"])
def test_a_hedged_part_is_not_confused_with_what_has_its_name(what: str):
    other = rk.Holding("TSLA hedged", 60) if what == "holding" else rk.Holding("Fund", 60, founder="TSLA hedged")
    portfolio = rk.Portfolio([rk.Holding("TSLA", 40), other])
    message = (
        r"^instruments on 'TSLA': what they hedge of it is reported as 'TSLA hedged', which must be no other name, got "
        rf"a {what} of that name; rename it$"
    )
    for measure in (rk.concentration, rk.Portfolio.exposure):
        with pytest.raises(InvalidInput, match=message):
            measure(portfolio, instruments=rk.Put("TSLA", 1.0, pricing=PRICING))
        assert measure(portfolio) is not None
    fund = rk.ExchangeFund("TSLA", other.name, share=0.25)  # hedges nothing
    assert rk.concentration(portfolio, instruments=fund).groups == pytest.approx({other.name: 0.7, "TSLA": 0.3})
