"""The penalty has mean zero for every adapted plan on fresh paths; planted faults are found."""

from __future__ import annotations

from dataclasses import dataclass

import growth_twin
import numpy as np
import pytest
from plan_cases import taxed_baron

from riskkit.optimize.best_possible._inputs import plan_class
from riskkit.optimize.best_possible.nested_draws import NestedDraws
from riskkit.optimize.best_possible.path_values import fit_functions
from riskkit.optimize.best_possible.penalty import martingales, penalty
from riskkit.optimize.best_possible.plan_paths import simulate
from riskkit.rules import DiversifyNow, Hold, Trim

PATHS, PLANS, LARGEST_T = 12_000, 200, 4.5


def random_plans(plans, paths, count, seed):
    """Adapted sales (date, holding sold, path): shares of what is left that depend on price, events and chance."""
    rng = np.random.default_rng(seed)
    problem = plans.problem
    for _ in range(count):
        left = np.ones((problem.sold.size, paths.numbers.size))
        sales = np.empty((problem.dates, *left.shape))
        for date in range(problem.dates):
            slopes = rng.normal(size=(3, problem.sold.size, 1)) * rng.choice([0.5, 3.0])
            score = rng.normal(scale=2.0) + slopes[0] * np.log(paths.prices[date, problem.sold])
            score = score + slopes[1] * np.log(paths.prices[date, -1]) + slopes[2] * paths.events[date].sum(axis=0)
            sales[date] = left / (1.0 + np.exp(-score)) * problem.limit[date][:, None]
            left = left - sales[date]
        yield sales


def t_values(plans, paths, made, seed=3):
    """t values of the mean penalties of random plans, and of the control variate."""
    found = []
    for sales in random_plans(plans, paths, PLANS, seed):
        left = 1.0 - sales.sum(axis=0)
        charge = (sales * made.charge[:-1]).sum(axis=(0, 1)) + (left * made.charge[-1]).sum(axis=0)
        found.append(charge)
    found.append(made.control)
    return np.array([each.mean() / each.std() * np.sqrt(each.size) for each in found])


@dataclass
class Made:
    """Functions fitted on seed 2 and the penalty on paths of a seed."""

    plans: object
    functions: object

    def on(self, paths, seed, inner=8, mean=None):
        parts = []
        for first in range(0, paths.numbers.size, 2000):
            batch = paths.rows(slice(first, first + 2000))
            draws = mean(batch) if mean else NestedDraws(self.plans.laws, batch.numbers, inner, seed)
            parts.append(martingales(self.functions, batch.prices, batch.events, batch.sales, draws))
        return np.concatenate(parts, axis=2)


@pytest.fixture(scope="module", params=["diversify now", pytest.param("trim", marks=pytest.mark.slow)])
def made(request):
    """Two rules far apart: all is sold at once, or in ten parts."""
    rule = {"diversify now": DiversifyNow(), "trim": Trim(1.0, 5, every=12)}[request.param]
    plans = plan_class(taxed_baron(0.12), "diversified", 1, 3.0)
    fitted_on = simulate(plans, rule, 3000, 2)
    assert not isinstance(fitted_on, str), fitted_on
    paths = simulate(plans, rule, PATHS, 0)
    return Made(plans, fit_functions(plans, fitted_on, 2)), paths


def test_penalty_of_random_adapted_plans_has_mean_zero(made):
    """200 plans on 12,000 fresh paths: the largest |t| of so many stays below 4.5 but once in a thousand times."""
    penalties, paths = made
    t = t_values(penalties.plans, paths, penalty(penalties.functions, paths.prices, penalties.on(paths, 0)))
    assert np.abs(t).max() < LARGEST_T


@pytest.mark.slow
def test_a_penalty_without_its_last_date_is_found(made):
    """The conditional mean of the last date left out of the martingales."""
    penalties, paths = made
    parts = penalties.on(paths, 0)
    problem = penalties.plans.problem
    before = problem.states(paths.prices, paths.events, paths.sales)[-2]
    after = problem.after_sale(problem.dates - 1, before, paths.sales[-1])
    draws = NestedDraws(penalties.plans.laws, paths.numbers, 8, 0)
    parts[-1] += draws(problem.dates - 1, after, penalties.functions)
    assert np.abs(t_values(penalties.plans, paths, penalty(penalties.functions, paths.prices, parts))).max() > LARGEST_T


@pytest.mark.slow
def test_conditional_means_of_another_law_are_found(made):
    """Draws whose expected growth is one point too high."""
    penalties, paths = made
    laws = tuple(law._replace(growth=law.growth + 0.01) for law in penalties.plans.laws)
    parts = penalties.on(paths, 0, mean=lambda batch: NestedDraws(laws, batch.numbers, 8, 0))
    assert np.abs(t_values(penalties.plans, paths, penalty(penalties.functions, paths.prices, parts))).max() > LARGEST_T


def test_a_plan_that_looks_ahead_is_found(made):
    """It sells on each date what falls by the next one: its penalty is what its foresight is charged."""
    penalties, paths = made
    made_penalty = penalty(penalties.functions, paths.prices, penalties.on(paths, 0))
    problem = penalties.plans.problem
    falls = paths.prices[1:, problem.sold] < paths.prices[:-1, problem.sold]
    sales = falls & (np.cumsum(falls, axis=0) == 1)
    charge = (sales * made_penalty.charge[:-1]).sum(axis=(0, 1))
    charge = charge + ((1.0 - sales.sum(axis=0)) * made_penalty.charge[-1]).sum(axis=0)
    assert charge.mean() / charge.std() * np.sqrt(PATHS) > LARGEST_T


def test_prices_of_the_engine_and_of_the_law_agree():
    """Means and variances of log growth, and the rate of exits, in each period; 4 standard errors."""
    plans = plan_class(taxed_baron(0.12), "diversified", 1, 3.0)
    paths = simulate(plans, Hold(), PATHS, 5)
    rng = np.random.default_rng(0)
    for date, law in enumerate(plans.laws):
        growth, events = growth_twin.growth(law, rng.random((law.dimension, PATHS)), paths.events[date])
        engine = np.log(paths.prices[date + 1] / paths.prices[date])
        for real, drawn in ((engine, growth), (engine**2, growth**2)):
            error = np.sqrt((real.var(axis=1) + drawn.var(axis=1)) / PATHS)
            assert (np.abs(real.mean(axis=1) - drawn.mean(axis=1)) < 4.5 * error).all()
        rate = events.mean()
        assert abs(rate - paths.events[date + 1].mean()) < 4.5 * np.sqrt(2 * rate * (1 - rate) / PATHS)
