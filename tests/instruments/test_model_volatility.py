"""The model's own volatility by hand, what it is refused for, and implied volatilities by strike."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

import riskkit as rk
from riskkit.instruments import Terms, terms_of
from riskkit.instruments.model_volatility import model_volatility

MARKET = rk.Market({"A": rk.Asset(0.08, 0.4), "Rest": rk.Asset(0.06, 0.15)})
PORTFOLIO = rk.Portfolio([rk.Holding("A", 60.0, founder="Ann"), rk.Holding("Rest", 40.0)])


def with_shocks(*shocks: rk.Shock | rk.EventSource) -> rk.Market:
    return replace(MARKET, shocks=shocks)


def test_without_shocks_it_is_that_of_the_asset():
    assert model_volatility(MARKET, "A", 1.0) == pytest.approx(0.4, abs=1e-15)
    assert model_volatility(replace(MARKET, tails=rk.StudentT(4)), "A", 1.0) == pytest.approx(0.4, abs=1e-15)


def test_recurring_shocks_add_their_squared_log_impacts():
    """0.4² + 0.5 (0.2231436²) + 0.1 (m² + s²), s² = ln(1 + (0.15 / 0.7)²) = 0.0448953, m = ln 0.7 - s²/2 = -0.3791225.

    = 0.16 + 0.5 · 0.0497931 + 0.1 · 0.1886292 = 0.2037594. A shock of the other asset adds nothing.
    """
    market = with_shocks(
        rk.Shock("dip", 0.5, {"A": -0.2}),
        rk.Shock("crash", 0.1, {"A": rk.Impact(-0.3, 0.15), "Rest": -0.2}),
        rk.Shock("other", 3.0, {"Rest": -0.5}),
    )
    assert model_volatility(market, "A", 2.0) ** 2 == pytest.approx(0.2037594, abs=1e-7)


@pytest.mark.parametrize("years", [0.25, 1.0, 3.0])
def test_a_shock_that_happens_once_counts_by_its_chance_within_the_tenor(years: float):
    """(1 - e^{-hτ}) / τ events a year; ln(0.5)² = 0.4804530."""
    market = with_shocks(rk.Shock("exit", 0.02, {"A": -0.5}, once=True))
    expected = 0.16 + (1.0 - math.exp(-0.02 * years)) / years * 0.4804530139
    assert model_volatility(market, "A", years) ** 2 == pytest.approx(expected, abs=1e-10)


def test_a_hazard_counts_by_its_integral_over_the_tenor_and_uncertain_parameters_by_their_means():
    market = rk.Market(
        {"A": rk.Asset(rk.Uncertain(0.08, 0.02), rk.Uncertain(0.4, 0.1))},
        shocks=[
            rk.Shock("dip", rk.Uncertain(0.5, 0.2), {"A": rk.Uncertain(-0.2, 0.1)}),
            rk.Shock("season", rk.Seasonal(0.3, 0.5, 0.0), {"A": -0.1}),
        ],
    )
    season = float(rk.Seasonal(0.3, 0.5, 0.0).cumulative([0.25])[0]) / 0.25
    expected = 0.16 + 0.5 * math.log(0.8) ** 2 + season * math.log(0.9) ** 2
    assert model_volatility(market, "A", 0.25) ** 2 == pytest.approx(expected, abs=1e-14)


def test_the_default_is_the_models_own_and_four_points_and_is_stated():
    put = rk.Put("A", 0.9)
    terms = terms_of(put, MARKET)
    assert terms == Terms(rate=0.04, dividend_yield=0.0, volatility=0.4, years=1.0)
    assert put.legs(terms)[0].volatility == pytest.approx(0.44, abs=1e-15)
    scenario = rk.Scenario(PORTFOLIO, MARKET, rk.Hedged(rk.Hold(), put))
    [line] = [line for line in scenario.assumptions() if "implied" in line]
    assert "implied volatility of 44 % (the model's own 40 % and 4 points; assumption)" in line


def test_the_yield_of_the_asset_is_that_of_the_options():
    market = rk.Market({"A": rk.Asset(0.08, 0.4, dividend_yield=0.02)})
    assert terms_of(rk.Put("A", 0.9), market).dividend_yield == 0.02
    assert terms_of(rk.Put("A", 0.9), market).forward == pytest.approx(1.04 / 1.02, abs=1e-15)


def test_implied_volatilities_by_strike_and_tenor():
    """0.3 - 0.1 ln(0.9 / 1.04²) / √2 for two years at 4 %: 0.3 + 0.0129969 = 0.3129969; at least 1 %."""
    terms = Terms(rate=0.04, dividend_yield=0.0, volatility=0.5, years=2.0)
    pricing = rk.OptionPricing(0.3, slope=-0.1)
    assert pricing.implied(0.9, terms) == pytest.approx(0.3 - 0.1 * math.log(0.9 / 1.0816) / math.sqrt(2.0), abs=1e-15)
    assert pricing.implied(1.0816, terms) == pytest.approx(0.3, abs=1e-12)
    assert pricing.implied(4.99, replace(terms, years=1 / 12)) == 0.01


def test_half_of_the_spread_is_paid_on_the_side_that_hurts():
    terms = Terms(rate=0.0, dividend_yield=0.0, volatility=0.3, years=1.0)
    pricing, dear, cheap = rk.OptionPricing(0.3, spread=0.02), rk.OptionPricing(0.31), rk.OptionPricing(0.29)
    assert rk.Put("A", 0.9, pricing=pricing).premium(terms) == rk.Put("A", 0.9, pricing=dear).premium(terms)
    assert rk.Put("A", 0.9, pricing=pricing).mid(terms) == rk.Put("A", 0.9, pricing=rk.OptionPricing(0.3)).mid(terms)
    call = rk.CoveredCall("A", 1.2, pricing=pricing)
    assert call.premium(terms) == rk.CoveredCall("A", 1.2, pricing=cheap).premium(terms) > call.mid(terms)


def test_the_zero_cost_cap_pays_for_the_put_with_slope_and_spread():
    terms = Terms(rate=0.04, dividend_yield=0.01, volatility=0.3, years=2.0)
    pricing = rk.OptionPricing(0.4, slope=-0.08, spread=0.03)
    collar = rk.Collar("A", 0.85, years=2.0, pricing=pricing)
    cap = collar.cap_at(terms)
    assert collar.premium(terms) == collar.premium(terms, 2.0) == 0.0
    assert rk.Collar("A", 0.85, cap, years=2.0, pricing=pricing).premium(terms) == pytest.approx(0.0, abs=1e-12)
    assert collar.premium(terms, 1.9) != 0.0
    assert collar.mid(terms) < -0.01
    # The smallest: everywhere between the price and the cap the call is worth more than the put.
    for between in (1.0, 0.5 * (1.0 + cap), cap - 1e-6):
        assert rk.Collar("A", 0.85, between, years=2.0, pricing=pricing).premium(terms) < 0.0


class Meteor(rk.EventSource):
    """A source of a user's own, whose impacts nobody knows."""

    def draw(self, stream, paths, horizon, fixed=None, earlier=None):
        raise NotImplementedError


DAYS = pd.bdate_range("2024-01-01", periods=64)
PAST = pd.DataFrame({"A": [1.0 + 0.01 * (day % 5) for day in range(64)], "Rest": 1.0 + 0.001 * DAYS.day_of_week}, DAYS)


@pytest.mark.parametrize(
    ("market", "reason"),
    [
        (
            with_shocks(rk.Shock("failure", 0.01, {"A": -0.95})),
            r"beside 'failure', whose mean impact of -95 % is below",
        ),
        (with_shocks(Meteor()), "beside 'meteor', whose impacts are not known"),
        (rk.Market(rk.Resampled(PAST, block=5)), "where returns are drawn from history"),
    ],
)
def test_the_models_own_volatility_is_refused_where_it_is_not_known(market: rk.Market, reason: str):
    steps = 252
    message = rf"^Put on 'A': pricing must have an implied volatility {reason}.*got volatility=None; give a number"
    with pytest.raises(rk.InvalidInput, match=message):
        rk.Scenario(PORTFOLIO, market, rk.Hedged(rk.Hold(), rk.Put("A", 0.9)), steps_per_year=steps)
    priced = rk.Put("A", 0.9, pricing=rk.OptionPricing(0.5))
    assert rk.Scenario(PORTFOLIO, market, rk.Hedged(rk.Hold(), priced), steps_per_year=steps).names


def test_a_failure_of_another_holding_or_no_option_needs_no_number():
    market = with_shocks(rk.Shock("failure", 0.01, {"Rest": -0.95}))
    assert rk.Scenario(PORTFOLIO, market, rk.Hedged(rk.Hold(), rk.Put("A", 0.9))).names
    market = with_shocks(rk.Shock("failure", 0.01, {"A": -0.95}))
    assert rk.Scenario(PORTFOLIO, market, rk.Hedged(rk.Hold(), rk.ExchangeFund("A", "Rest"))).names
