"""`private_value` against closed forms and quadrature; Longstaff's table and Finnerty's formula; what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

import riskkit as rk
from riskkit.analysis._marketability import finnerty_discount, longstaff_bound
from riskkit.analysis._private_value import PrivateValue

#: The name of the holding in every scenario here.
STAKE = "ACME"


def one_asset(
    volatility: float, years: float, growth: float = 0.08, *, others: tuple[rk.Holding, ...] = (), **options
) -> rk.Scenario:
    """A founder holding locked to the horizon, alone or beside others; one step a year."""
    holdings = [rk.Holding(STAKE, 100, founder="Ann", liquidity=rk.Locked(years)), *others]
    assets = {STAKE: rk.Asset(growth, volatility), "cash": rk.Asset(0.0, 0.0), "index": rk.Asset(0.05, 0.15)}
    used = {name: asset for name, asset in assets.items() if name in {each.name for each in holdings}}
    portfolio = rk.Portfolio(holdings, loan=options.pop("loan", None))
    return rk.Scenario(portfolio, rk.Market(used), rk.Hold(), years=years, steps_per_year=1, **options)


def certainty_equivalent(wealth, volatility: float, years: float, growth: float, gamma: float = 3.0) -> float:
    """Of a function of the final price, by quadrature over the normal law of its logarithm."""
    sd = volatility * math.sqrt(years)
    drift = years * math.log1p(growth) - 0.5 * sd * sd

    def integrand(z: float) -> float:
        return wealth(math.exp(drift + sd * z)) ** (1.0 - gamma) * stats.norm.pdf(z)

    mean, _ = integrate.quad(integrand, -12.0, 12.0, limit=400)
    return mean ** (1.0 / (1.0 - gamma))


def within_four_errors(found: PrivateValue, expected: float) -> None:
    estimate = found.estimate
    assert estimate.standard_error > 0.0
    assert abs(estimate.value - expected) < 4.0 * estimate.standard_error, (estimate, expected)


@pytest.mark.parametrize(("volatility", "years", "expected"), [(0.3, 2, 0.89041), (0.57, 1, 0.66339)])
def test_all_wealth_in_one_locked_asset_against_its_closed_form(volatility, years, expected):
    """exp(T ln 1.08 - 3σ²T/2): exp(2 × 0.076961 - 0.27) and exp(0.076961 - 0.48735)."""
    found = rk.private_value(one_asset(volatility, years), STAKE, seed=1)
    assert math.exp(years * math.log(1.08) - 1.5 * volatility**2 * years) == pytest.approx(expected, abs=5e-6)
    within_four_errors(found, expected)
    assert found.estimate.standard_error < 0.01
    assert dict(found.into) == {"cash at 0 %": 1.0}
    assert found.discount == 1.0 - found.value
    assert found.money == 100.0 * found.value


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_other_risk_aversions_against_the_closed_form(gamma):
    """(1 + m)^T exp(-γσ²T/2); at 0 the expected value, at 1 the median."""
    found = rk.private_value(one_asset(0.2, 2), STAKE, risk_aversion=gamma, seed=2)
    within_four_errors(found, 1.08**2 * math.exp(-0.5 * gamma * 0.2**2 * 2))


def test_cash_that_buys_a_risky_holding_against_the_closed_form():
    """Both are lognormal: c = ((1 + m)/(1 + n))^T exp(-γ(σ² - τ²)T/2)."""
    scenario = one_asset(0.3, 2, others=(rk.Holding("index", 0),))
    found = rk.private_value(scenario, STAKE, into="index", seed=3)
    within_four_errors(found, (1.08 / 1.05) ** 2 * math.exp(-1.5 * (0.3**2 - 0.15**2) * 2))
    assert rk.private_value(scenario, STAKE, into={"index": 1.0}, seed=3).estimate.value == found.value


def test_a_stake_beside_cash_against_quadrature():
    """CE(100 S + 50) = 50 + c, by quadrature: other wealth lowers the discount."""
    found = rk.private_value(one_asset(0.3, 2, others=(rk.Holding("cash", 50),)), STAKE, seed=4)
    expected = certainty_equivalent(lambda s: 100.0 * s + 50.0, 0.3, 2, 0.08) - 50.0
    within_four_errors(found, expected / 100.0)
    assert found.discount < 1.0 - 0.89041


def test_a_stake_with_a_loan_against_quadrature():
    """CE(100 S - 20) = c - 20 at interest 0; a margin call would need a fall to 0.27, thirteen sd below."""
    scenario = one_asset(0.1, 1, loan=rk.Loan(20, 0.0))
    found = rk.private_value(scenario, STAKE, seed=5)
    within_four_errors(found, (certainty_equivalent(lambda s: 100.0 * s - 20.0, 0.1, 1, 0.08) + 20.0) / 100.0)


@pytest.mark.slow
def test_standard_errors_are_those_of_many_seeds():
    """Of 40 seeds the sum of squared z scores is chi square: within 4 sd, √80, of 40."""
    case = one_asset(0.3, 2, others=(rk.Holding("cash", 50),))
    expected = (certainty_equivalent(lambda s: 100.0 * s + 50.0, 0.3, 2, 0.08) - 50.0) / 100.0
    scores = []
    for seed in range(40):
        found = rk.private_value(case, STAKE, paths=2000, seed=seed).estimate
        scores.append((found.value - expected) / found.standard_error)
    assert abs(np.square(scores).sum() - 40.0) < 4.0 * math.sqrt(80.0)


def test_free_to_sell_is_worth_the_market_value_to_one_who_sells():
    """`DiversifyNow` sells at once into cash at 0 % where it may: the price of the lock is the whole discount."""
    case = one_asset(0.3, 2, others=(rk.Holding("cash", 50),))
    found = rk.private_value(case, STAKE, rule=rk.DiversifyNow(), seed=1)
    assert found.free_to_sell.value == pytest.approx(1.0, abs=1e-9)
    within_four_errors(found, (certainty_equivalent(lambda s: 100.0 * s + 50.0, 0.3, 2, 0.08) - 50.0) / 100.0)
    assert found.rule == "diversify now"


def test_under_hold_locks_cost_nothing():
    found = rk.private_value(one_asset(0.3, 2), STAKE, paths=2000)
    assert found.free_to_sell.value == found.estimate.value


def test_tax_on_the_stake_lowers_its_value():
    """Free to sell at once with cost 0: 20 % of it is tax, and the cash, bought at its value, pays none."""
    holdings = [rk.Holding(STAKE, 100, founder="Ann", cost=0), rk.Holding("cash", 50)]
    market = rk.Market({STAKE: rk.Asset(0.08, 0.3), "cash": rk.Asset(0.0, 0.0)})
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2, at_end="sell"))
    case = rk.Scenario(rk.Portfolio(holdings), market, rk.Hold(), years=1, steps_per_year=1, frictions=frictions)
    found = rk.private_value(case, STAKE, rule=rk.DiversifyNow(), paths=500)
    assert found.value == pytest.approx(0.8, abs=1e-9)


@pytest.mark.parametrize("cost", [10.0, [rk.Lot(30, 4), rk.Lot(20, 6)]])
def test_what_the_cash_buys_costs_what_it_is_worth(cost):
    """Sold at once, the stake has no gain; the cash of 50 has one of 40 in both portfolios, so that c = 100.

    If c took a share in the old purchase cost, the tax of 20 % would fall on it too, and c would be above 100.
    """
    holdings = [rk.Holding(STAKE, 100, founder="Ann"), rk.Holding("cash", 50, cost=cost)]
    market = rk.Market({STAKE: rk.Asset(0.08, 0.3), "cash": rk.Asset(0.0, 0.0)})
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2, at_end="sell"))
    case = rk.Scenario(rk.Portfolio(holdings), market, rk.Hold(), years=1, steps_per_year=1, frictions=frictions)
    assert rk.private_value(case, STAKE, rule=rk.DiversifyNow(), paths=500).value == pytest.approx(1.0, abs=1e-9)


def test_a_rule_without_instruments_is_the_rule():
    case = one_asset(0.3, 1, others=(rk.Holding("cash", 50),))
    plain, empty = (
        rk.private_value(case, STAKE, rule=each, paths=2000) for each in (rk.Hold(), rk.Hedged(rk.Hold(), ()))
    )
    assert empty.estimate.value == plain.estimate.value


def test_a_hedge_pledges_the_stake_and_bounds_its_loss():
    """A put at 0.9 with cash to pay for it: W = 100 max(S, 0.9) + 50 - premium, by quadrature.

    The premium is that of Black and Scholes, at volatility 0.3 and rate 0, in closed form.
    """
    holdings = [rk.Holding(STAKE, 100, founder="Ann"), rk.Holding("cash", 50)]
    market = rk.Market({STAKE: rk.Asset(0.08, 0.3), "cash": rk.Asset(0.0, 0.0)})
    case = rk.Scenario(rk.Portfolio(holdings), market, rk.Hold(), years=1, steps_per_year=12)
    d1 = (math.log(1.0 / 0.9) + 0.045) / 0.3
    premium = 0.9 * stats.norm.cdf(0.3 - d1) - stats.norm.cdf(-d1)
    put = rk.Put(STAKE, 0.9, years=1.0, roll=False, pricing=rk.OptionPricing(0.3, rate=0.0))
    found = rk.private_value(case, STAKE, rule=rk.Hedged(rk.Hold(), put), seed=6)
    with_put = certainty_equivalent(lambda s: 100.0 * max(s, 0.9) + 50.0 - 100.0 * premium, 0.3, 1, 0.08)
    within_four_errors(found, (with_put - 50.0) / 100.0)


def test_the_same_seed_gives_the_same_number():
    case = one_asset(0.3, 1, others=(rk.Holding("cash", 50),))
    first, again, other = (rk.private_value(case, STAKE, paths=1000, seed=each).value for each in (7, 7, 8))
    assert first == again != other


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_unit_of_money_changes_nothing(unit):
    """Also at a high risk aversion, where powers of money would not be floats."""
    case = one_asset(0.3, 1, others=(rk.Holding("cash", 50),))
    holdings = [replace(each, value=unit * each.value) for each in case.portfolio.holdings]
    other = replace(case, portfolio=rk.Portfolio(holdings))
    first, second = (rk.private_value(each, STAKE, risk_aversion=10, paths=20_000).value for each in (case, other))
    assert second == pytest.approx(first, rel=1e-6)


@pytest.mark.parametrize(
    ("liquidity", "years"),
    [
        (rk.Listed(), 0.0),
        (rk.Locked(1), 1.0),
        (rk.Locked(1, then=rk.Locked(1)), 2.0),
        (rk.Locked(9), 3.0),
        (rk.TenderWindows((6, 12)), 3.0),
        (rk.Listed(0.1), 3.0),
    ],
)
def test_restricted_years_and_the_discounts_of_them(liquidity, years):
    holdings = [rk.Holding(STAKE, 100, founder="Ann", liquidity=liquidity), rk.Holding("cash", 50)]
    market = rk.Market({STAKE: rk.Asset(0.08, 0.3), "cash": rk.Asset(0.0, 0.0)})
    case = rk.Scenario(rk.Portfolio(holdings), market, rk.Hold(), years=3, steps_per_year=12)
    found = rk.private_value(case, STAKE, paths=500)
    assert found.restricted_years == pytest.approx(years)
    assert found.longstaff_bound == longstaff_bound(0.3, found.restricted_years)
    assert found.finnerty_discount == finnerty_discount(0.3, found.restricted_years)
    assert ("No lock or window restricts its sale" in repr(found)) == (years == 0.0)
    assert ("Longstaff 1995, an upper bound under perfect timing" in repr(found)) == (years > 0.0)


@pytest.mark.parametrize(
    ("volatility", "published"),
    [(0.3, (26.276, 38.605, 65.772)), (0.2, (16.984, 24.643, 40.979)), (0.1, (8.232, 11.793, 19.128))],
)
def test_longstaff_bound_against_his_table(volatility, published):
    assert [100.0 * longstaff_bound(volatility, years) for years in (1, 2, 5)] == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize("variance", [1e-6, 0.01, 0.09, 0.5, 3.0])
def test_finnerty_against_the_lognormal_ratio_of_average_and_final_price(variance):
    """2 N(v/2) - 1 with v² = ln E[A²] + s² - 2 ln E[A S], moments by quadrature over the dates: E[S_t S_u] = e^{min}.

    E[A²] is the mean of exp(s² min(t, u)) over the unit square, 2 ∫ (1 - t) exp(s² t) dt, and E[A S] that of exp(s² t).
    """
    squared, _ = integrate.quad(lambda t: 2.0 * (1.0 - t) * math.expm1(variance * t), 0.0, 1.0, epsrel=1e-13)
    cross, _ = integrate.quad(lambda t: math.expm1(variance * t), 0.0, 1.0, epsrel=1e-13)
    ratio = math.log1p(squared) + variance - 2.0 * math.log1p(cross)
    expected = 2.0 * stats.norm.cdf(0.5 * math.sqrt(ratio)) - 1.0
    assert finnerty_discount(math.sqrt(variance), 1.0) == pytest.approx(expected, rel=1e-6)


def test_finnerty_in_the_limits():
    """For small s the average lies s²/3 off; for large ones v² = ln 2, a discount of 32.28 %."""
    assert finnerty_discount(1e-3, 1.0) == pytest.approx(1e-3 / math.sqrt(3.0) / math.sqrt(2.0 * math.pi), rel=1e-5)
    limit = 2.0 * stats.norm.cdf(0.5 * math.sqrt(math.log(2.0))) - 1.0
    assert finnerty_discount(30.0, 1.0) == pytest.approx(limit, rel=1e-12)
    assert finnerty_discount(5.0, 1.0) == pytest.approx(limit, rel=1e-6)
    assert round(limit, 4) == 0.3228
    assert finnerty_discount(0.0, 5.0) == longstaff_bound(0.3, 0.0) == 0.0


@pytest.mark.parametrize("volatility", [0.05, 0.3, 1.0])
def test_perfect_timing_is_worth_more_than_none(volatility):
    assert finnerty_discount(volatility, 2.0) < longstaff_bound(volatility, 2.0)


def test_an_unknown_error_makes_the_value_unknown():
    """Ten years at 100 %: the ten worst paths carry most of the mean of 1/wealth**2."""
    with pytest.warns(rk.RiskkitWarning, match="private value.* of 'ACME' is NaN: it rests on a handful"):
        found = rk.private_value(one_asset(1.0, 10), STAKE, paths=2000)
    assert math.isnan(found.value)
    assert math.isnan(found.discount)
    assert "not known: it rests on a handful of paths" in repr(found)


def test_infinite_negative_moments_make_the_value_unknown():
    case = one_asset(0.3, 2)
    fat = replace(case, market=replace(case.market, tails=rk.StudentT(4)))
    with pytest.warns(rk.RiskkitWarning, match=r"the mean of 1/wealth\*\*2 is infinite"):
        assert math.isnan(rk.private_value(fat, STAKE, paths=500).value)


BESIDE = one_asset(0.3, 1, others=(rk.Holding("cash", 50),))
RISKLESS = replace(BESIDE, market=rk.Market({STAKE: rk.Asset(0.08, 0.0), "cash": rk.Asset(0.0, 0.0)}))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rk.private_value(BESIDE, "cash"), "holding, which must be a founder's, must name one of 'ACME', got"),
        (lambda: rk.private_value(BESIDE, "ACNE"), r"holding must name one of 'ACME', 'cash', got 'ACNE' \(did you"),
        (lambda: rk.private_value(RISKLESS, STAKE), "scenario must have a risk in holding 'ACME', got volatility 0"),
        (lambda: rk.private_value("case", STAKE), "scenario must be a Scenario, got 'case'"),
        (lambda: rk.private_value(BESIDE, STAKE, into=STAKE), "into must name one of 'cash', got 'ACME'"),
        (lambda: rk.private_value(BESIDE, STAKE, into={"cash": 0.5}), "shares of into must sum to 1, got 0.5"),
        (lambda: rk.private_value(BESIDE, STAKE, into={"cash": -1.0}), "into 'cash' must be >= 0, got -1"),
        (lambda: rk.private_value(BESIDE, STAKE, into=3), "into must name a holding or be a mapping"),
        (lambda: rk.private_value(BESIDE, STAKE, rule="sell"), "rule must name one of 'hold', got 'sell'"),
        (lambda: rk.private_value(BESIDE, STAKE, risk_aversion=-1.0), "risk_aversion must be >= 0 and <= 50, got -1"),
        (lambda: rk.private_value(BESIDE, STAKE, paths=0), "paths must be"),
    ],
)
def test_what_is_refused_by_name(call, message):
    with pytest.raises(rk.InvalidInput, match=message):
        call()


def test_a_holding_worth_nothing_is_refused():
    case = rk.Scenario(
        rk.Portfolio([rk.Holding(STAKE, 0, founder="Ann"), rk.Holding("cash", 50)]), BESIDE.market, rk.Hold(), years=1
    )
    with pytest.raises(rk.InvalidInput, match="holding must have a value above 0, got 'ACME', which is worth 0"):
        rk.private_value(case, STAKE)
