"""The design point of a loss against its closed form and against independent minimisation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats

import riskkit as rk
from riskkit.analysis._design_point import design_point
from riskkit.analysis._reverse_stress import reverse_stress


def test_a_single_holding_against_the_closed_form():
    """log(target) = mean + spread z."""
    z = design_point(np.array([1.0]), np.array([0.3]), np.array([[0.6]]), 0.4)
    assert z == pytest.approx([(math.log(0.4) - 0.3) / 0.6], rel=1e-9)


def test_two_holdings_against_a_search_along_the_edge():
    """For every log return of the first, the second that just loses enough; the smallest Mahalanobis distance."""
    weights, mean, target = np.array([0.7, 0.3]), np.array([0.2, 0.1]), 0.5
    covariance = np.array([[0.5, 0.12], [0.12, 0.3]])
    inverse = np.linalg.inv(covariance)

    def distance(x: float) -> float:
        rest = target - weights[0] * math.exp(x)
        off = np.array([x, math.log(rest / weights[1])]) - mean
        return float(off @ inverse @ off)

    best = optimize.minimize_scalar(distance, bounds=(-8.0, math.log(target / weights[0]) - 1e-9), method="bounded")
    z = design_point(weights, mean, np.linalg.cholesky(covariance), target)
    assert z @ z == pytest.approx(best.fun, rel=1e-6)
    assert (mean + np.linalg.cholesky(covariance) @ z)[0] == pytest.approx(best.x, abs=1e-4)
    # It is on the edge, and no sampled move that loses as much is more likely.
    assert weights @ np.exp(mean + np.linalg.cholesky(covariance) @ z) == pytest.approx(target, rel=1e-9)
    normals = np.random.default_rng(0).normal(scale=3.0, size=(2, 100_000))
    lost = weights @ np.exp(mean[:, None] + np.linalg.cholesky(covariance) @ normals) <= target
    assert lost.sum() > 1000
    assert np.square(normals[:, lost]).sum(axis=0).min() >= z @ z * (1.0 - 1e-9)


def test_a_holding_that_stands_still_takes_no_part():
    """0.2 in cash at 1: the rest has to fall to 0.3 / 0.8."""
    z = design_point(np.array([0.8, 0.2]), np.zeros(2), np.array([[0.5, 0.0], [0.0, 0.0]]), 0.5)
    assert z == pytest.approx([math.log(0.3 / 0.8) / 0.5, 0.0], rel=1e-9, abs=1e-12)


def test_there_is_no_design_point_below_the_value_of_cash():
    assert design_point(np.array([0.4, 0.6]), np.zeros(2), np.array([[0.5, 0.0], [0.0, 0.0]]), 0.5) is None


def test_where_the_most_likely_of_all_moves_loses_enough_it_is_that_one():
    assert design_point(np.array([1.0]), np.array([-2.0]), np.array([[0.5]]), 0.5).tolist() == [0.0]


# ---------------------------------------------------------------------------------------------------------------------
# Through a scenario
# ---------------------------------------------------------------------------------------------------------------------

YEARS = 4


def scenario(*, years: float = YEARS, **changed: object) -> rk.Scenario:
    shock = rk.Shock("exit", 0.1, {"A": -0.5}, once=True)
    market = rk.Market({"Z": rk.Asset(0.0, 0.2), "A": rk.Asset(0.08, 0.4)}, {"Z": {"A": 0.5}}, shocks=shock)
    case = rk.Scenario(rk.Portfolio([rk.Holding("A", 1.0)]), market, [rk.Hold()], years=years, steps_per_year=12)
    return replace(case, **changed)


def test_of_one_asset_the_move_is_the_loss_itself():
    """Log return ln 0.4 from a median of (ln 1.08 - 0.08) 4, with a deviation of 0.4 · 2."""
    found = reverse_stress(scenario(), loss=0.6, paths=200)
    median = YEARS * (math.log(1.08) - 0.08)
    off = (math.log(0.4) - median) / 0.8
    assert found.move.loc["A"].to_dict() == pytest.approx(
        {"change": -0.6, "median": math.expm1(median), "standard_deviations": off}, rel=1e-7
    )
    assert found.distance == pytest.approx(-off, rel=1e-7)


def test_compensation_and_inflation_move_it():
    """While the exit does not come its compensation adds 0.1 · 0.5 a year; 0.4 of today's money is 0.4 · 1.02^4."""
    case = scenario(market=replace(scenario().market, compensate=True), inflation=0.02)
    found = reverse_stress(case, loss=0.6, paths=200)
    median = YEARS * (math.log(1.08) - 0.08 + 0.05)
    assert found.move.loc["A", "median"] == pytest.approx(math.expm1(median), rel=1e-9)
    assert found.move.loc["A", "change"] == pytest.approx(0.4 * 1.02**4 - 1.0, rel=1e-7)


def test_its_density_is_that_of_the_paths_that_lose_without_an_event():
    """Of normal log returns x that lose, the density is largest at the edge, at distance d: P(loss) = Φ(-d)."""
    quiet = scenario(market=rk.Market({"A": rk.Asset(0.08, 0.4)}))
    found = reverse_stress(quiet, loss=0.6, paths=20_000, seed=2)
    expected = stats.norm.cdf(-found.distance)
    assert abs(found.probability.value - expected) < 4.0 * math.sqrt(expected * (1.0 - expected) / 20_000)


LENT = rk.Portfolio([rk.Holding("A", 1.0)], loan=rk.Loan(0.2, 0.0, 0.9))


@pytest.mark.parametrize(
    "changed",
    [
        {"rules": [rk.Rebalance()]},
        {"portfolio": LENT},
        {"frictions": rk.Frictions(spending=rk.Spending(rate=0.02))},
        {"frictions": rk.Frictions(flows=rk.Deposit(0.01, "A"))},
        {"frictions": rk.Frictions(tax=rk.CapitalGains(0.2))},
        {"forced": {"exit": 1.0}},
    ],
    ids=["another rule", "loan", "spending", "deposit", "tax at the end", "forced event"],
)
def test_there_is_a_move_only_where_wealth_is_units_times_prices(changed: dict[str, object]):
    found = reverse_stress(scenario(**changed), loss=0.5, paths=200)
    assert found.move is None
    assert found.distance is None
    assert "likeliest way" not in repr(found)


def test_a_tax_that_is_never_due_leaves_it_alone():
    taxed = rk.Frictions(0.01, tax=rk.CapitalGains(0.2, at_end="step_up"))
    found, plain = (reverse_stress(scenario(frictions=f), paths=200) for f in (taxed, rk.Frictions()))
    assert found.distance == plain.distance
