"""Questions run without the pilot wherever they need no thresholds, to the same bits."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.analysis._inputs import METRICS_WITH_PILOT
from riskkit.comparison._compare import compare_without_pilot
from riskkit.comparison.metrics import METRICS
from riskkit.engine.outcomes import COLUMNS

TAIL = [name for name in COLUMNS if name.startswith(("excess_", "above_"))]


@pytest.fixture(scope="module")
def scenario() -> rk.Scenario:
    """Everything that a column may depend on: a loan, a tax, spending, marks, a shock."""
    portfolio = rk.Portfolio(
        [
            rk.Holding("A", 60, founder="Ann", cost=20),
            rk.Holding("B", 30, liquidity=rk.Locked(1), marks=rk.Marks(3)),
            rk.Holding("C", 10),
        ],
        loan=rk.Loan(30, rate=0.05, max_loan_to_value=0.5),
    )
    assets = {"A": rk.Asset(0.08, 0.5), "B": rk.Asset(0.05, 0.2), "C": rk.Asset(0.03, 0.0)}
    market = rk.Market(assets, shocks=rk.founder_exit(portfolio, "Ann", 0.05, -0.5))
    frictions = rk.Frictions(cost=0.002, tax=rk.CapitalGains(0.25), spending=rk.Spending(0.03))
    return rk.Scenario(portfolio, market, [rk.Hold(), rk.Cap(0.4)], frictions=frictions, years=3, steps_per_year=12)


def placed(*arguments: object) -> None:
    raise AssertionError("the pilot is run")


no_pilot = mock.patch("riskkit.engine.execution.run.placed_thresholds", placed)


def test_all_but_the_pooled_tail_has_the_bits_of_compare(scenario):
    whole = rk.compare(scenario, paths=300, seed=2, progress=False)
    with no_pilot:
        found = compare_without_pilot(scenario, paths=300, seed=2)
    for name in COLUMNS:
        if name not in TAIL:
            np.testing.assert_array_equal(found.outcomes.columns[name], whole.outcomes.columns[name], err_msg=name)
    for kind in ("event_counts", "hazards", "holdings"):
        for name, values in getattr(whole.outcomes, kind).items():
            np.testing.assert_array_equal(getattr(found.outcomes, kind)[name], values)
    for metric in METRICS.keys() - set(METRICS_WITH_PILOT):
        for rule in scenario.names:
            one, other = found.estimate(rule, metric), whole.estimate(rule, metric)
            np.testing.assert_array_equal([one.value, one.standard_error], [other.value, other.standard_error], metric)
    assert found.notes == whole.notes
    assert found.scenario == whole.scenario


def test_with_the_thresholds_of_the_pilot_the_pooled_tail_is_the_same_too(scenario):
    whole = rk.compare(scenario, paths=300, seed=2, progress=False)
    with no_pilot:
        found = compare_without_pilot(scenario, paths=300, seed=2, thresholds=whole.outcomes.thresholds)
    for name in TAIL:
        np.testing.assert_array_equal(found.outcomes.columns[name], whole.outcomes.columns[name], err_msg=name)
    np.testing.assert_array_equal(found.outcomes.thresholds, whole.outcomes.thresholds)
    assert found.estimate("hold", "cdar95").value == whole.estimate("hold", "cdar95").value


def test_without_any_thresholds_the_pooled_tail_is_nan_and_says_why(scenario):
    found = compare_without_pilot(scenario, paths=300, seed=2).estimate("hold", "cdar95")
    assert np.isnan(found.value)
    assert found.note


@pytest.mark.slow
@pytest.mark.parametrize(
    "ask",
    [
        lambda case, metric: (
            rk.breakeven(case, "hold", "cap", vary="expected_return:Ann", metric=metric, paths=128).tried[0][1].value
        ),
        lambda case, metric: rk.sweep(case, {"shift:Ann": [0.0]}, metric=metric, paths=128)[metric].iloc[0],
        lambda case, metric: rk.attribution(case, "hold", metric, paths=128).value,
    ],
    ids=["breakeven", "sweep", "attribution"],
)
@pytest.mark.filterwarnings("ignore::riskkit.RiskkitWarning")
def test_a_question_runs_the_pilot_for_the_pooled_tail_alone(scenario, ask):
    with no_pilot:
        assert np.isfinite(ask(scenario, "max_drawdown_mean"))
        with pytest.raises(AssertionError, match="the pilot is run"):
            ask(scenario, "cdar95")
    assert np.isfinite(ask(scenario, "cdar95"))


def test_reverse_stress_runs_no_pilot(scenario):
    with no_pilot:
        assert rk.reverse_stress(scenario, loss=0.3, rule="hold", paths=128).probability.value > 0.0


@pytest.mark.parametrize(("argument", "wrong"), [("paths", 0), ("paths", 1.5), ("seed", -1), ("seed", "1")])
def test_bad_numbers_are_refused_as_by_compare(scenario, argument, wrong):
    arguments = {"paths": 10, "seed": 0, argument: wrong}
    with pytest.raises(InvalidInput) as ours:
        compare_without_pilot(scenario, **arguments)
    with pytest.raises(InvalidInput) as theirs:
        rk.compare(scenario, **arguments)
    assert str(ours.value) == str(theirs.value)
