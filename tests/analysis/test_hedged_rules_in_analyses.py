"""Break-even, sweep, reverse stress, reweighting and parameter uncertainty of hedged rules against theory."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.analysis._parameters import parameter

SEED, PATHS = 3, 1000


def put_value(price: float, strike: float, years: float, volatility: float) -> float:
    """K N(-d₂) - S N(-d₁) at a rate of 0."""
    deviation = volatility * math.sqrt(years)
    score = math.log(price / strike) / deviation + 0.5 * deviation
    return strike * float(norm.cdf(deviation - score)) - price * float(norm.cdf(-score))


def put(strike: float, volatility: float | None = 0.5) -> rk.Put:
    return rk.Put("A", strike, roll=False, pricing=rk.OptionPricing(volatility, rate=0.0))


def one_year(*rules: rk.Rule, shocks: tuple[rk.Shock, ...] = (), sd: float = 0.0) -> rk.Scenario:
    """60 of A with a volatility of 40 % and 40 of cash for a year, both without growth."""
    portfolio = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("Cash", 40)])
    growth = rk.Uncertain(0.0, sd) if sd else 0.0
    market = rk.Market({"A": rk.Asset(growth, 0.4), "Cash": rk.Asset(0.0, 0.0)}, shocks=shocks)
    return rk.Scenario(portfolio, market, rules, years=1, steps_per_year=12)


def payoffs(case: rk.Scenario, strike: float) -> np.ndarray:
    """0.6 (K - S)⁺ on the paths of every run."""
    end = rk.sample(case.market, years=1, steps_per_year=12, paths=PATHS, seed=SEED).prices[-1, 0]
    return 0.6 * np.maximum(strike - end, 0.0)


def test_a_put_ties_with_holding_at_the_volatility_whose_premium_is_its_mean_pay_off():
    """On these paths; the interval is of the premiums within 1.96 standard errors of the mean pay-off."""
    case = one_year(rk.Hold(), rk.Hedged(rk.Hold(), put(0.9), name="protected"))
    paid = payoffs(case, 0.9)
    error = 1.959964 * paid.std() / math.sqrt(PATHS)

    def volatility_of(premium: float) -> float:
        return brentq(lambda v: 0.6 * put_value(1.0, 0.9, 1.0, v) - premium, 0.05, 2.0)

    found = rk.breakeven(
        case, "protected", "hold", vary="implied_volatility", metric="wealth_mean", paths=PATHS, seed=SEED
    )
    assert found.between == (0.1, 1.0)
    assert found.value == pytest.approx(volatility_of(paid.mean()), abs=1e-4)
    # The error of a mean is that of the sample, with n or n - 1: 0.05 % of half the width of the interval.
    expected = [volatility_of(paid.mean() - error), volatility_of(paid.mean() + error)]
    assert [found.low, found.high] == pytest.approx(expected, abs=3e-4)
    assert found.low < 0.4 < found.high
    text = found.sentence()
    assert text.startswith(
        "'protected' beats 'hold' by wealth_mean only if the implied volatility at the money is below"
    )
    assert " a year" not in text


def test_both_rules_have_the_same_volatility():
    """Puts at 0.9 and at 1.1, at other volatilities before, tie where the dearer one is worth the difference."""
    near, far = (rk.Hedged(rk.Hold(), put(strike, 0.2 + strike), name=f"at {strike}") for strike in (1.1, 0.9))
    case = one_year(near, far)
    gap = (payoffs(case, 1.1) - payoffs(case, 0.9)).mean()
    expected = brentq(lambda v: 0.6 * (put_value(1, 1.1, 1, v) - put_value(1, 0.9, 1, v)) - gap, 0.05, 1.0)
    found = rk.breakeven(case, near, far, vary="implied_volatility", metric="wealth_mean", paths=PATHS, seed=SEED)
    assert found.values[0] == pytest.approx(expected, abs=1e-4)


def test_every_option_is_set_and_nothing_else():
    """Of all legs and of rules within rules; slope, rate, spread and names stay, an exchange fund has no option."""
    pricing = rk.OptionPricing(slope=-0.1, rate=0.03, spread=0.02)
    carried = (rk.Collar("A", 0.9, share=0.4, pricing=pricing), rk.ExchangeFund("A", "Cash", share=0.2, years=1))
    watched = rk.Hedged(rk.Trim(0.5, 1), put(0.8), name="first")
    case = one_year(rk.Hedged(rk.Hold(), carried), rk.SellLast(after=watched, name="last"), rk.Hold())
    changed = parameter(case, "implied_volatility").set(case, 0.7)
    assert changed.names == case.names
    priced = rk.OptionPricing(0.7, slope=-0.1, rate=0.03, spread=0.02)
    assert changed.rules[0].instruments == (rk.Collar("A", 0.9, share=0.4, pricing=priced), carried[1])
    assert changed.rules[1].after == rk.Hedged(rk.Trim(0.5, 1), put(0.8, 0.7), name="first")
    assert changed.rules[2] == rk.Hold()


class Fixed(rk.Instrument):
    """Its volatility is part of its legs."""

    def legs(self, terms: rk.Terms) -> tuple[rk.Leg, ...]:
        return (rk.Leg("call", 1.0, 1.0, 0.3),)


def test_without_options_that_can_be_set_it_is_refused():
    fund = rk.Hedged(rk.Hold(), rk.ExchangeFund("A", "Cash", share=0.2, years=1), name="exchanged")
    plain = one_year(rk.Hold(), fund, rk.Hedged(rk.Hold(), put(0.9), name="protected"))
    message = r"vary: 'implied_volatility' needs a rule with options, such as .*, got 'hold', 'exchanged' without any"
    with pytest.raises(InvalidInput, match=message):
        rk.breakeven(plain, "hold", "exchanged", vary="implied_volatility")
    own = one_year(rk.Hold(), rk.Hedged(rk.Hold(), Fixed("A"), name="own"))
    with pytest.raises(InvalidInput, match="the fixed on A must have a field pricing"):
        rk.breakeven(own, "own", "hold", vary="implied_volatility")
    with pytest.raises(InvalidInput, match=r"pricing: volatility must be|volatility must be >= 0.01"):
        rk.sweep(plain, {"implied_volatility": [0.0]}, paths=64)


def test_over_a_grid_the_mean_falls_by_the_premium():
    """On the same paths the mean wealth of two points differs by 0.6 times the two values at the opening, exactly."""
    case = one_year(rk.Hold(), rk.Hedged(rk.Hold(), put(0.9), name="protected"))
    grid = [0.2, 0.4, 0.8]
    table = rk.sweep(case, {"implied_volatility": grid}, metric="wealth_mean", paths=256, seed=SEED)
    found = table["wealth_mean"].unstack("rule")
    assert found["hold"].nunique() == 1
    values = [0.6 * put_value(1.0, 0.9, 1.0, volatility) for volatility in grid]
    np.testing.assert_allclose(np.diff(found["protected"]), -np.diff(values), atol=1e-12)
    assert table.attrs["runs"] == 3


@pytest.mark.parametrize(("quoted", "reweighted"), [(0.5, True), (None, False)])
def test_rates_are_reweighted_only_where_prices_of_options_do_not_move_with_them(quoted, reweighted):
    """At the model's own volatility, σ² = 0.16 + rate · ln(0.5)², the premium depends on the rate, so each is run."""
    crash = rk.Shock("crash", 0.2, {"A": -0.5})
    case = one_year(rk.Hold(), rk.Hedged(rk.Hold(), put(0.9, quoted), name="protected"), shocks=(crash,))
    table = rk.sweep(case, {"rate:crash": [0.2, 0.4]}, metric="wealth_mean", paths=PATHS, seed=SEED)
    assert table["reweighted"].any() == reweighted
    result = rk.compare(case, paths=PATHS, seed=SEED, progress=False)
    if reweighted:
        assert result.reweight({"crash": 0.3}).effective_sample_size > 100
        return
    with pytest.raises(InvalidInput, match="volatility=None for the put on A, whose price moves with the rate"):
        result.reweight({"crash": 0.3})


def test_a_floor_without_risk_beyond_its_premium_has_no_larger_loss():
    """A put on all of A at 0.9 loses at most 0.6 · 0.1 and its premium: above it no path loses, and a share below it.

    The exact share is that of log-normal prices below where 0.6 (1 - S) + P reaches the loss.
    """
    premium = 0.6 * put_value(1.0, 0.9, 1.0, 0.5)
    case = one_year(rk.Hold(), rk.Hedged(rk.Hold(), put(0.9), name="protected"))
    found = rk.reverse_stress(case, rule="protected", loss=0.06 + premium + 1e-6, paths=2000, seed=SEED)
    assert found.probability.value == 0.0
    assert found.path is None
    assert found.move is None
    found = rk.reverse_stress(case, rule="protected", loss=0.04 + premium, paths=2000, seed=SEED)
    edge = 1.0 - 0.04 / 0.6
    exact = float(norm.cdf((math.log(edge) + 0.08) / 0.4))
    assert abs(found.probability.value - exact) < 4.0 * found.probability.standard_error
    assert found.combinations.index.tolist() == ["no event"]
    assert found.path is not None


def test_with_parameters_at_their_means_a_fair_put_changes_no_mean():
    """Implied volatility 0.4 as simulated, growth and interest 0: the means of both rules are 1, within 4 errors."""
    fair = put(0.9, 0.4)
    case = one_year(rk.Hold(), rk.Hedged(rk.Hold(), fair, name="protected"), sd=0.05)
    table = rk.uncertainty(case, "wealth_mean", paths=3200, seed=SEED)
    assert (abs(table["fixed"] - 1.0) < 4.0 * table["path_sd"] / math.sqrt(3200)).all()
    assert table.loc["protected", "parameter_sd"] < table.loc["hold", "parameter_sd"]
