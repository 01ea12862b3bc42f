"""Compiled means over draws: the normal quantile, draws and functions against plain NumPy, moments against sampling."""

from __future__ import annotations

from dataclasses import replace

import growth_twin
import numpy as np
import pytest
from numba import njit
from plan_cases import taxed_baron
from scipy.special import ndtri

import riskkit as rk
from riskkit.optimize.best_possible import growth_moments, lattice_draws
from riskkit.optimize.best_possible._inputs import plan_class
from riskkit.optimize.best_possible.function_values import function_values
from riskkit.optimize.best_possible.log_linear import LogLinearFunctions, feature_count
from riskkit.optimize.best_possible.nested_draws import NestedDraws
from riskkit.optimize.best_possible.plan_arrays import FunctionArrays, plan_arrays
from riskkit.optimize.best_possible.state import PlanState
from riskkit.optimize.best_possible.value_functions import ValueFunctions

SHOCK = rk.Shock("merger", 2.5, {"TSLA": rk.Impact(-0.2, 0.3), "xAI": rk.Impact(0.3, 0.2)}, together=0.4)


def plans_of(risk_aversion=3.0):
    """The founding case with windows, a lock, a mix of two receivers, a cost, and a shock that often happens."""
    case = taxed_baron(0.12, years=3)
    holdings = [
        replace(holding, liquidity=rk.TenderWindows((12,), 0.3, 0.05)) if holding.name == "SpaceX" else holding
        for holding in case.portfolio.holdings
    ]
    market = replace(case.market, shocks=[*case.market.shocks, SHOCK]).with_cash("cash", 0.03)
    portfolio = rk.Portfolio([*holdings, rk.Holding("cash", 5), rk.Holding("spare", 3)])
    market = replace(market, assets={**market.assets, "spare": rk.Asset(0.05, 0.2)})
    scenario = replace(case, portfolio=portfolio, market=market)
    return plan_class(scenario, {"cash": 0.25, "diversified": 0.75}, 1, risk_aversion)


def state_of(plans, rng, points):
    problem = plans.problem
    shape = points, problem.sold.size
    return PlanState(
        np.exp(0.4 * rng.normal(size=(len(plans.scenario.portfolio.names), points))),
        (rng.random((len(plans.once), points)) < 0.5).astype(float),
        rng.random(shape).T.copy(),
        rng.random((problem.receivers.size, points)),
        0.05 * rng.random(points),
    )


def functions_of(plans, rng):
    problem = plans.problem
    size = 2 + problem.retained.size + problem.sold.size, feature_count(problem, len(plans.once))
    positive = np.ones(size[0], dtype=bool)
    positive[-1] = problem.utility.risk_aversion != 1.0
    fitted = [
        LogLinearFunctions(
            problem,
            FunctionArrays(0.1 * rng.normal(size=size), np.full(size[0], -0.6), np.full(size[0], 0.7)),
            positive,
        )
        for _ in range(problem.dates)
    ]
    return ValueFunctions(problem, fitted)


def test_normal_quantile_against_scipy():
    @njit(error_model="numpy")
    def quantiles(p):
        found = np.empty_like(p)
        for place in range(p.size):
            found[place] = lattice_draws.inverse_normal(p[place])
        return found

    small = 10.0 ** -np.linspace(0.31, 10.8, 400)
    p = np.concatenate([np.linspace(0.001, 0.999, 998), small, 1.0 - small])
    assert quantiles(p) == pytest.approx(ndtri(p), rel=4e-15, abs=1e-15)
    assert quantiles(np.array([2.0**-54])) == pytest.approx(ndtri(2.0**-54), rel=1e-11)


@pytest.mark.parametrize("risk_aversion", [1.0, 3.0])
def test_functions_against_plain_numpy(risk_aversion):
    """On each date and at the horizon, to rounding."""

    @njit(error_model="numpy")
    def compiled_values(plan, date, functions, price, events, remaining, bought, credit, scratch, values):
        function_values(plan, date, functions, price, events, remaining, bought, credit, scratch, values)

    plans, rng = plans_of(risk_aversion), np.random.default_rng(1)
    functions, points = functions_of(plans, rng), 40
    one = state_of(plans, rng, 1)
    many = state_of(plans, rng, points)
    state = replace(one.repeated(points), price=many.price, events=many.events)
    for date in range(plans.problem.dates + 1):
        arrays = functions.fitted[min(date, plans.problem.dates - 1)].arrays
        found = np.empty((len(arrays.low), points))
        compiled_values(
            plan_arrays(plans.problem), date, arrays, state.price, state.events, one.remaining[:, 0].copy(),
            one.bought[:, 0].copy(), one.credit[0], np.empty((arrays.coefficients.shape[1] + 2, points)), found,
        )  # fmt: skip
        assert found == pytest.approx(functions.at(date, state), rel=1e-12)


@njit(error_model="numpy")
def moments(law, exponents, events):
    """The logarithm of the mean of a power, and the mean of the logarithm."""
    power = growth_moments.log_mean_of_power(law, exponents, 1.0, events)
    return power, growth_moments.mean_of_logarithm(law, exponents, events)


@pytest.mark.parametrize("happened", [0.0, 1.0])
def test_moments_of_growth_against_sampling(happened):
    """200,000 draws by plain NumPy; 4.5 standard errors."""
    plans, rng = plans_of(), np.random.default_rng(2)
    law, points = plans.laws[1], 200_000
    events = np.full((len(plans.once), points), happened)
    growth, _ = growth_twin.growth(law, rng.random((law.dimension, points)), events)
    for exponents in (np.array([0.3, 0.2, 0.5, -1.0, 0.1, 0.0]), np.array([-1.0, -0.5, -0.1, -1.2, 0.0, 0.4])):
        power, logarithm = moments(law, exponents, events[:, 0])
        for found, values in ((np.exp(power), np.exp(exponents @ growth)), (logarithm, exponents @ growth)):
            assert abs(found - values.mean()) < 4.5 * values.std() / np.sqrt(points)


def test_mean_of_a_power_against_closed_forms():
    """Lognormal growth, and a compound Poisson sum by its series; hazards as high as 2,000 a period."""
    law = plans_of().laws[0]
    none = law._replace(hazard=np.zeros_like(law.hazard))
    a = np.array([1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    power, _ = moments(none, a, np.zeros(1))
    assert np.exp(power) == pytest.approx(1.12, rel=1e-12)  # the expected return of TSLA
    power, _ = moments(law, a, np.zeros(1))
    assert np.exp(power) == pytest.approx(1.12, rel=1e-12)  # compensated shocks change no expected price


def test_many_events_a_period_have_a_law():
    """A hazard of 2,000, whose probability of no event is below all doubles."""
    shock = rk.Shock("noise", 2000.0, {"TSLA": rk.Impact(0.0, 0.01)})
    case = taxed_baron(0.12, years=2)
    plans = plan_class(replace(case, market=replace(case.market, shocks=[shock])), "diversified", 1, 3.0)
    cumulative = plans.laws[0].cumulative[0]
    mean = (1.0 - cumulative).sum()
    assert mean == pytest.approx(2000.0, rel=1e-9)
    assert cumulative[-1] == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("risk_aversion", [1.0, 3.0])
def test_means_are_unbiased(risk_aversion):
    """The mean of 2,000 estimates of 16 draws against 400,000 independent draws by plain NumPy; 4.5 standard errors."""
    plans, rng = plans_of(risk_aversion), np.random.default_rng(3)
    functions, points = functions_of(plans, rng), 400_000
    for date in (1, plans.problem.dates - 1):
        for happened in (0.0, 1.0):
            one = state_of(plans, rng, 1)
            one = replace(one, events=np.full_like(one.events, happened))
            estimates = NestedDraws(plans.laws, np.arange(2000, dtype=np.uint64), 16, 4)(
                date, one.repeated(2000), functions
            )
            law, state = plans.laws[date], one.repeated(points)
            growth, events = growth_twin.growth(law, rng.random((law.dimension, points)), state.events)
            values = functions.at(date + 1, state.moved(state.price * np.exp(growth), events))
            error = np.sqrt(estimates.var(axis=1) / 2000 + values.var(axis=1) / points)
            assert (np.abs(estimates.mean(axis=1) - values.mean(axis=1)) < 4.5 * error).all()


def test_control_variate_lowers_the_variance():
    """Of the horizon's functions once all is sold in the founding case, below a tenth of that of independent draws."""
    plans, rng = plan_class(taxed_baron(0.12, years=1), "diversified", 1, 3.0), np.random.default_rng(5)
    problem, law = plans.problem, plans.laws[0]
    functions = ValueFunctions(problem, [lambda state: np.empty(0)])
    one = problem.after_sale(0, problem.start(np.ones((4, 1)), np.zeros((1, 1))), np.ones((3, 1)))
    estimates = NestedDraws(plans.laws, np.arange(2000, dtype=np.uint64), 16, 4)(0, one.repeated(2000), functions)
    state = one.repeated(100_000)
    growth, events = growth_twin.growth(law, rng.random((law.dimension, 100_000)), state.events)
    values = functions.at(1, state.moved(np.exp(growth), events))
    assert (estimates.var(axis=1) < 0.1 * values.var(axis=1) / 16).all()
