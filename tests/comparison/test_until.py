"""The stopping rule of `until`: when paths are added, and that the result is a plain one of as many paths."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest

import riskkit as rk
from riskkit.comparison._stopping_rule import Precision
from riskkit.engine.execution import memory


@pytest.fixture(scope="module")
def scenario() -> rk.Scenario:
    """One company and the rest, for a year of months; the founder may leave."""
    portfolio = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("rest", 40)])
    assets = {"A": rk.Asset(0.08, 0.5), "rest": rk.Asset(0.06, 0.16)}
    market = rk.Market(assets, shocks=rk.founder_exit(portfolio, "Ann", 0.05, -0.5))
    return rk.Scenario(portfolio, market, [rk.Hold(), rk.Rebalance(1)], years=1, steps_per_year=12)


def run(scenario: rk.Scenario, **more: object) -> rk.Comparison:
    return rk.compare(scenario, **{"paths": 100, "seed": 1, "workers": 1, "progress": False, **more})


SAMPLING = [{}, {"sampling": "stratified", "on": "founder exit"}]


@pytest.mark.parametrize("sampling", SAMPLING, ids=["plain", "stratified"])
def test_the_result_is_that_of_one_run_of_so_many_paths_bit_for_bit(scenario, sampling):
    wanted = {"ced95": 0.0022, "wealth_median": 0.01}
    found = run(scenario, paths=1000, until=wanted, max_paths=100_000, **sampling)
    whole = run(scenario, paths=found.paths, **sampling)
    assert found.paths in (8192, 16_384, 32_768)
    for name, values in whole.outcomes.columns.items():
        np.testing.assert_array_equal(found.outcomes.columns[name], values, err_msg=name)
    for kind in ("event_counts", "hazards", "holdings"):
        for name, values in getattr(whole.outcomes, kind).items():
            np.testing.assert_array_equal(getattr(found.outcomes, kind)[name], values, err_msg=f"{kind} {name}")
    np.testing.assert_array_equal(found.path_weights, whole.path_weights)
    np.testing.assert_array_equal(found.outcomes.thresholds, whole.outcomes.thresholds)
    pd.testing.assert_frame_equal(found.table(), whole.table(), check_exact=True)
    pd.testing.assert_frame_equal(found.errors(), whole.errors(), check_exact=True)


def test_it_stops_as_soon_as_every_error_of_every_rule_is_there(scenario):
    wanted = {"ced95": 0.0022, "wealth_mean": 0.005}
    found = run(scenario, until=wanted, max_paths=10**6)
    before = run(scenario, paths=found.paths // 2)
    assert (found.errors(list(wanted)) <= pd.Series(wanted)).all(axis=None)
    assert not (before.errors(list(wanted)) <= pd.Series(wanted)).all(axis=None)


@pytest.mark.parametrize(
    ("paths", "max_paths", "path_counts"),
    [
        (100, 20_000, (4096, 8192, 16_384, 20_000)),
        (5000, 40_000, (5000, 10_000, 20_000, 40_000)),
        (100, 1000, (1000,)),
        (5000, 5000, (5000,)),
    ],
)
def test_errors_are_checked_at_doublings_of_at_least_64_batches(paths, max_paths, path_counts):
    assert Precision({"ced95": 0.1}, paths, max_paths).path_counts == path_counts


def test_without_max_paths_a_run_takes_sixteen_times_the_paths(scenario):
    reports = []
    with pytest.warns(rk.RiskkitWarning):
        run(scenario, until={"ced95": 1e-9}, progress=lambda done, total: reports.append((done, total)))
    assert reports[-1] == (1600, 1600)


def test_progress_counts_on_from_one_check_to_the_next(scenario):
    reports = []
    run(scenario, until={"ced95": 0.0042}, max_paths=10**5, progress=lambda done, total: reports.append((done, total)))
    assert [total for _, total in reports] == sorted(total for _, total in reports)
    assert {4096, 8192} <= {total for _, total in reports}
    assert [done for done, _ in reports] == sorted({done for done, _ in reports})
    assert reports[-1][0] == reports[-1][1]


def test_errors_that_max_paths_cannot_reach_are_warned_of_with_the_paths_they_need(scenario):
    """Errors fall like one over the root: n (error / wanted)^2, rounded up to two digits."""
    with pytest.warns(rk.RiskkitWarning, match="until: after 1,600 paths not all standard errors are sm") as caught:
        found = run(scenario, until={"ced95": 0.001, "ulcer": 0.5})
    assert caught[0].filename == __file__
    text = str(caught[0].message)
    for rule, error in found.errors("ced95")["ced95"].items():
        exact = 1600 * (error / 0.001) ** 2
        unit = 10 ** (len(str(int(exact))) - 2)
        assert f"ced95 of {rule} has {error:.3g} and needs about {math.ceil(exact / unit) * unit:,} paths" in text
    assert "ulcer" not in text
    assert found.paths == 1600


def test_a_nan_error_is_never_small_enough(scenario):
    """150 paths have seven in the tail."""
    with pytest.warns(rk.RiskkitWarning, match="that of ced95 of hold cannot be estimated: it rests on a handful"):
        run(scenario, paths=100, max_paths=150, until={"ced95": 0.5})


def test_that_the_number_of_paths_depended_on_the_results_is_saved(scenario, tmp_path):
    found = run(scenario, until={"ulcer": 0.5})
    assert found.outcomes.sequential
    assert not run(scenario).outcomes.sequential
    assert found.notes["until"] == "ulcer 0.5"
    found.save(tmp_path)
    assert rk.Comparison.load(tmp_path).outcomes.sequential


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"until": {"ced96": 0.1}}, r"until must name one of 'wealth_mean', .*got 'ced96' \(did you mean 'ced95'\?\)"),
        ({"until": {"ced95": 0.0}}, r"until: error of 'ced95' must be > 0, got 0\.0"),
        ({"until": {"ced95": -0.1}}, r"until: error of 'ced95' must be > 0, got -0\.1"),
        ({"until": {"ced95": float("nan")}}, "until: error of 'ced95' must be > 0, got nan"),
        ({"until": {"ced95": "small"}}, "until: error of 'ced95' must be a number, got 'small'"),
        ({"until": {}}, r"until must be a mapping \{metric: standard error\}, got \{\}"),
        ({"until": 0.005}, r"until must be a mapping \{metric: standard error\}, got 0\.005"),
        ({"until": {"ced95": 0.1}, "max_paths": 99}, "max_paths must be >= 100, got 99"),
        ({"until": {"ced95": 0.1}, "max_paths": 1e6}, r"max_paths must be a whole number, got 1000000\.0"),
        ({"max_paths": 1000}, "max_paths needs until, got 1000 alone"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(scenario, more, message):
    with pytest.raises(rk.InvalidInput, match=message):
        run(scenario, **more)


def test_a_run_is_refused_before_it_starts_if_its_last_two_path_counts_do_not_fit_into_memory(scenario, monkeypatch):
    """So many paths fit at once; but after 8192 of them the next columns are filled beside these."""
    monkeypatch.setattr(memory, "memory_size", lambda: 2.0**23)
    with pytest.raises(rk.NotEnoughMemory) as caught:
        run(scenario, paths=10**6)
    most = int(re.search(r"at most ([\d,]+) paths", str(caught.value))[1].replace(",", ""))
    assert run(scenario, paths=most).paths == most > 8192
    with pytest.raises(rk.NotEnoughMemory, match=f"{most:,} paths of 2 rules need"):
        run(scenario, until={"ced95": 0.5}, max_paths=most)
    assert run(scenario, until={"ced95": 0.5}, max_paths=most // 2).paths == 4096
