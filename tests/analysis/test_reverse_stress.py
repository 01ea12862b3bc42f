"""How a loss comes about, against Bayes where every probability has a closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import poisson

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.analysis._reverse_stress import reverse_stress

YEARS, EXIT, CRASH, PATHS = 4, 0.05, 0.2, 20_000


def shocks_alone(*, volatility: float = 0.0) -> rk.Scenario:
    """One holding, an exit that halves it at most once and crashes of 30 %: final wealth is 0.5^e · 0.7^c."""
    shocks = [rk.Shock("exit", EXIT, {"A": -0.5}, once=True), rk.Shock("crash", CRASH, {"A": -0.3})]
    market = rk.Market({"A": rk.Asset(0.0, volatility)}, shocks=shocks)
    rules = [rk.Hold(), rk.Rebalance(name="rebalance")]
    return rk.Scenario(rk.Portfolio([rk.Holding("A", 1.0)]), market, rules, years=YEARS, steps_per_year=12)


def exact() -> dict[str, float]:
    """Probability of each combination of up to one exit and seven crashes."""
    left = -math.expm1(-EXIT * YEARS)
    names = ["no event", "crash", *(f"{n} × crash" for n in range(2, 8))]
    chances = {name: float(poisson.pmf(n, CRASH * YEARS)) for n, name in enumerate(names)}
    with_exit = {"exit" if name == "no event" else f"exit + {name}": left * p for name, p in chances.items()}
    return {name: (1.0 - left) * p for name, p in chances.items()} | with_exit


@pytest.fixture(scope="module")
def found():
    return reverse_stress(shocks_alone(), loss=0.45, paths=PATHS, seed=1)


def test_combinations_against_bayes(found):
    """0.55 is lost to an exit (0.5) or to two crashes (0.49), never to one (0.7)."""
    prior = exact()
    losing = {name: p for name, p in prior.items() if name not in ("no event", "crash")}
    total = sum(losing.values())
    assert abs(found.probability.value - total) < 4.0 * math.sqrt(total * (1.0 - total) / PATHS)
    table = found.combinations
    assert set(table.index) <= set(losing)
    assert (table["loss_probability"] == 1.0).all()
    assert table["given_loss"].sum() == pytest.approx(1.0, abs=1e-12)
    lost = found.probability.value * PATHS
    for name in ("exit", "2 × crash", "exit + crash", "3 × crash", "exit + 2 × crash"):
        conditional = losing[name] / total
        error = math.sqrt(conditional * (1.0 - conditional) / lost)
        assert abs(table.loc[name, "given_loss"] - conditional) < 4.0 * error, name
        assert table.loc[name, "standard_error"] == pytest.approx(error, rel=0.1)
        spread = math.sqrt(prior[name] * (1.0 - prior[name]) / PATHS)
        assert abs(table.loc[name, "of_all"] - prior[name]) < 4.0 * spread


def test_the_likeliest_comes_first(found):
    """P(2 crashes, no exit) = 0.8^2/2 e^-0.8 e^-0.2 = 0.118 before P(exit, no crash) = e^-0.8 (1 - e^-0.2) = 0.081."""
    assert found.combinations.index[:2].tolist() == ["2 × crash", "exit"]
    assert found.combinations["given_loss"].is_monotonic_decreasing


def test_the_typical_path_went_that_way(found):
    events = rk.trace(shocks_alone(), "hold", paths=[found.path], seed=1).events
    assert events["shock"].tolist() == ["crash", "crash"]


def test_the_typical_path_is_the_medoid_by_another_computation():
    """Of the first 128 lost paths with the likeliest events, the least mean distance of month-end wealth."""
    case = shocks_alone(volatility=0.2)
    found = reverse_stress(case, loss=0.45, rule="rebalance", paths=2000, seed=4)
    books = rk.trace(case, "rebalance", paths=2000, seed=4)
    event_counts = rk.compare(case, paths=2000, seed=4).outcomes.event_counts
    alike = books.wealth[-1] <= 0.55
    first = found.combinations.index[0]
    assert first in ("crash", "2 × crash")
    alike &= (event_counts["exit"] == 0) & (event_counts["crash"] == (1 if first == "crash" else 2))
    chosen = np.flatnonzero(alike)[:128]
    months = books.wealth[1:, chosen].T
    assert found.path == chosen[cdist(months, months, "cityblock").sum(axis=1).argmin()]


def test_without_shocks_there_is_no_event_to_blame():
    market = rk.Market({"A": rk.Asset(0.0, 0.3)})
    case = rk.Scenario(rk.Portfolio([rk.Holding("A", 1.0)]), market, [rk.Hold()], years=YEARS, steps_per_year=12)
    table = reverse_stress(case, loss=0.3, paths=1000).combinations
    assert table.index.tolist() == ["no event"]
    assert table.loc["no event", "given_loss"] == 1.0


def test_a_loss_that_never_happens_is_an_answer():
    """Three crashes and an exit leave 0.17; so many paths have no more than six crashes, 0.7^7 / 2 = 0.04."""
    found = reverse_stress(shocks_alone(), loss=0.99, paths=2000)
    assert found.probability.value == 0.0
    assert found.probability.interval()[1] < 0.003
    assert found.combinations.empty
    assert found.path is None
    assert "probability 0.000 ±" in repr(found)


def test_what_it_prints(found):
    lines = repr(found).splitlines()
    assert lines[0].startswith("A loss of 45 % or more at the horizon under 'hold': probability ")
    assert lines[0].endswith("(20,000 paths, seed 1)")
    assert lines[4].startswith("2 × crash ")
    assert f"A typical path by the first of them: number {found.path}" in lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": 0.0}, "loss must be > 0 and <= 1, got 0.0"),
        ({"loss": 1.5}, "loss must be > 0 and <= 1, got 1.5"),
        ({"rule": "sell"}, "rule must name one of 'hold', 'rebalance', got 'sell'"),
        ({"rule": 3}, "rule must be a Rule or the name of one, got 3"),
        ({"paths": 0}, "paths must be >= 1, got 0"),
        ({"seed": -1}, r"seed must be from 0 to 2\*\*64 - 1, got -1"),
    ],
)
def test_bad_questions_are_refused(arguments: dict[str, object], message: str):
    with pytest.raises(InvalidInput, match=message):
        reverse_stress(shocks_alone(), **arguments)


def test_it_needs_a_scenario():
    with pytest.raises(InvalidInput, match="scenario must be a Scenario, got None"):
        reverse_stress(None)
