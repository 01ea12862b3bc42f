"""The bound against an exact tree on which every number is known from an independent programme."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from exact_tree import DATES, Tree

from riskkit.optimize.best_possible.inner_problem import relaxed_values
from riskkit.optimize.best_possible.penalty import martingales, penalty
from riskkit.optimize.best_possible.value_functions import fit_value_functions

#: Certainty equivalents by an independent programme: general solvers for the plans and for the inner problems.
TABLE = {
    0.08: {"hold": 0.85138, "now": 1.15351, "static": 1.15662, "adaptive": 1.15723,
           "bound from static": 1.16216, "bound from adaptive": 1.15723, "perfect information": 1.46723},
    0.12: {"hold": 0.92086, "now": 1.15351, "static": 1.17257, "adaptive": 1.17567,
           "bound from static": 1.18970, "bound from adaptive": 1.17567, "perfect information": 1.53734},
    0.1746: {"hold": 1.03861, "now": 1.15351, "static": 1.22100, "adaptive": 1.22914,
             "bound from static": 1.25808, "bound from adaptive": 1.22914, "perfect information": 1.65694},
}  # fmt: skip


@cache
def plan(expected_return: float, which: str):
    """Sales (date, path) of a plan on the tree."""
    tree = Tree(expected_return)
    if which == "hold":
        return np.zeros((DATES, 64))
    if which == "now":
        return np.vstack([np.ones((1, 64)), np.zeros((DATES - 1, 64))])
    return tree.best_static() if which == "static" else tree.best_adaptive()


def bound(tree: Tree, sales):
    """Certainty equivalent of the bound, and the penalty, with the library's own functions."""
    problem, prices, nodes, sold = tree.problem, tree.prices, tree.nodes, sales[:, None, :]
    functions = fit_value_functions(problem, problem.states(prices, nodes, sold), sold, tree.mean, tree.fit)
    made = penalty(functions, prices, martingales(functions, prices, nodes, sold, tree.mean))
    values = relaxed_values(problem, prices, made.charge) - made.control
    return problem.utility.certainty_equivalent(float(tree.probability @ values)), made


@pytest.mark.parametrize("expected_return", TABLE)
@pytest.mark.parametrize("which", ["hold", "now", "static", "adaptive"])
def test_value_of_plans_against_the_table(expected_return, which):
    tree = Tree(expected_return)
    assert tree.value(plan(expected_return, which)) == pytest.approx(TABLE[expected_return][which], abs=1e-5)


@pytest.mark.parametrize("expected_return", TABLE)
@pytest.mark.parametrize("which", ["static", "adaptive"])
def test_bound_against_the_table(expected_return, which):
    found, _ = bound(Tree(expected_return), plan(expected_return, which))
    assert found == pytest.approx(TABLE[expected_return][f"bound from {which}"], abs=1e-5)


@pytest.mark.parametrize("expected_return", TABLE)
def test_zero_penalty_is_perfect_information(expected_return):
    tree = Tree(expected_return)
    values = relaxed_values(tree.problem, tree.prices, np.zeros((DATES + 1, 1, 64)))
    found = tree.problem.utility.certainty_equivalent(float(tree.probability @ values))
    assert found == pytest.approx(TABLE[expected_return]["perfect information"], abs=1e-5)


@pytest.mark.parametrize("which", ["hold", "now", "static", "adaptive"])
def test_penalty_of_any_adapted_plan_has_mean_zero(which):
    """On the tree the mean is a finite sum, so it is 0 but for rounding."""
    tree = Tree(0.12)
    _, made = bound(tree, plan(0.12, which))
    assert abs(tree.probability @ made.control) < 1e-13
    rng = np.random.default_rng(1)
    for _ in range(50):
        left, sales = np.ones(64), np.zeros((DATES + 1, 64))
        for date in range(DATES):
            share = rng.uniform(size=2 ** (date + 1)) ** rng.choice([0.2, 1.0, 5.0])
            sales[date] = left * share[tree.nodes[date, 0].astype(int)]
            left = left - sales[date]
        sales[DATES] = left
        assert abs(tree.probability @ (sales * made.charge[:, 0]).sum(axis=0)) < 1e-13


def test_bound_is_at_least_every_plan():
    for which in ("hold", "now", "static"):
        assert bound(Tree(0.12), plan(0.12, which))[0] >= TABLE[0.12]["adaptive"] - 1e-6
