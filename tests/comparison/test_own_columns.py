"""Columns of a user's statistic beside the built-in ones: in metrics, in saved results, and under new weights."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_folder import rewrite

import riskkit as rk


class Fallen(rk.Statistic):
    """Years until half of the peak is lost, and the share of the points at which a tenth of it is."""

    columns = ("years_to_half", "share_below")
    nan_means = "never within the horizon"

    def start(self, paths, calendar):
        return np.full(paths.size, -1), np.zeros(paths.size)

    def update(self, state, first_step, wealth, peak):
        first, count = state
        lost = wealth <= 0.5 * peak
        first = np.where((first < 0) & lost.any(axis=0), first_step + lost.argmax(axis=0), first)
        return first, count + (wealth <= 0.9 * peak).sum(axis=0)

    def finish(self, state, calendar):
        first, count = state
        return {
            "years_to_half": np.where(first < 0, np.nan, first * calendar.dt),
            "share_below": count / (calendar.steps + 1),
        }


def half(columns, path_weights):
    return rk.influence.probability(columns["years_to_half"] <= 2.0, path_weights)


def below(columns, path_weights):
    return rk.influence.mean(columns["share_below"], path_weights)


HALF = rk.Metric("half_within_two_years", half, unit="share", better=-1)
BELOW = rk.Metric("share_below", below, unit="share", better=-1)


def scenario() -> rk.Scenario:
    return replace(rk.scenarios.baron(), rules=[rk.Hold(), rk.Cap(0.3)], steps_per_year=12)


@pytest.fixture(scope="module")
def result() -> rk.Comparison:
    return rk.compare(scenario(), paths=2000, seed=3, workers=1, progress=False, statistics=Fallen())


def test_metrics_of_own_columns_have_values_errors_and_differences(result):
    """Value and standard error of a mean by hand: the mean, and the standard deviation over the root of the number."""
    values = result.values("cap", "share_below")
    assert result.table([BELOW, HALF]).loc["cap"].tolist() == pytest.approx(
        [values.mean(), np.mean(result.values("cap", "years_to_half") <= 2.0)], rel=1e-12
    )
    assert result.errors(BELOW).loc["cap", "share_below"] == pytest.approx(values.std() / np.sqrt(2000), rel=1e-3)
    gap = result.values("cap", "share_below") - result.values("hold", "share_below")
    assert result.differences(metrics=BELOW).loc[("cap", "share_below"), "difference"] == pytest.approx(gap.mean())
    assert "years_to_half" not in result.table().columns


def test_an_unknown_column_is_refused_with_those_that_exist(result):
    with pytest.raises(rk.InvalidInput, match=r"quantity must name one of .*\(did you mean 'share_below'\?\)"):
        result.values("hold", "share_belo")
    plain = rk.compare(scenario(), paths=200, seed=3, workers=1, progress=False)
    with pytest.raises(KeyError, match=r"'share_below'; a metric can read wealth, .*founder_weight_end"):
        plain.table(BELOW)


def test_every_bit_comes_back_from_a_folder(result, tmp_path):
    result.save(tmp_path)
    back = rk.Comparison.load(tmp_path)
    assert list(back.outcomes.columns) == list(result.outcomes.columns)
    for name, values in result.outcomes.columns.items():
        assert back.outcomes.columns[name].tobytes() == values.tobytes(), name
    assert back.outcomes.own_columns == dict.fromkeys(Fallen().columns, "never within the horizon")
    pd.testing.assert_frame_equal(back.errors([BELOW, HALF]), result.errors([BELOW, HALF]), check_exact=True)


def test_a_result_without_statistics_is_saved_as_before(tmp_path):
    """Facts name no columns, and facts that name none are read."""
    rk.compare(scenario(), paths=200, seed=3, workers=1, progress=False).save(tmp_path)
    assert "statistics" not in tomllib.loads((tmp_path / "result.toml").read_text(encoding="utf-8"))
    assert rk.Comparison.load(tmp_path).outcomes.own_columns == {}


@pytest.mark.parametrize(
    ("statistics", "came"),
    [
        (["share_below"], r"statistics must be a dict, got \['share_below'\]"),
        ({"wealth": ""}, "statistics: column 'wealth' must not be a name that results have"),
        ({"share below": ""}, "a column must be a Python identifier such as 'recovery', got 'share below'"),
        ({"share_below": 3}, "statistics.share_below must be"),
        ({"share_below": ""}, "column 'years_to_half: hold' and 1 more must not be there"),
        ({"share_below": "", "years_to_half": "", "more": ""}, "must have one column 'more: hold', got 0"),
        ({"share_below": "", "years_to_half": ""}, r"column 'years_to_half: hold' must be finite, got nan in row \d+"),
    ],
)
def test_facts_that_do_not_fit_the_columns_are_refused(result, tmp_path, statistics, came):
    result.save(tmp_path)
    rewrite(tmp_path, statistics=statistics)
    with pytest.raises(rk.InvalidInput, match=came):
        rk.Comparison.load(tmp_path)


def test_own_columns_are_exported(result, tmp_path: Path):
    frame = result.to_pandas()
    place = frame.columns.tolist().index("founder_delta_end")
    assert frame.columns.tolist()[place + 1 : place + 3] == ["years_to_half", "share_below"]
    result.to_parquet(tmp_path / "paths.parquet")
    back = pd.read_parquet(tmp_path / "paths.parquet")
    for rule in ("hold", "cap"):
        for name in Fallen().columns:
            np.testing.assert_array_equal(back.loc[back["rule"] == rule, name], result.values(rule, name))


def test_own_columns_are_in_the_dataset(result):
    pytest.importorskip("xarray")
    data = result.to_xarray()
    np.testing.assert_array_equal(data["share_below"].sel(rule="cap"), result.values("cap", "share_below"))


def test_reweighted_and_tilted_results_weight_own_columns(result):
    """The probability under new weights by hand, and a view of an own column that is met."""
    uncompensated = replace(scenario(), market=replace(scenario().market, compensate=False))
    plain = rk.compare(uncompensated, paths=2000, seed=3, workers=1, progress=False, statistics=Fallen())
    risky, within = plain.reweight(factors={"founder exit": 1.5}), plain.values("hold", "years_to_half") <= 2.0
    assert risky.table(HALF).loc["hold"].item() == pytest.approx(risky.path_weights @ within, rel=1e-12)
    tilted = result.tilt({rk.Mean("share_below", rule="hold"): 0.6})
    assert tilted.path_weights @ result.values("hold", "share_below") == pytest.approx(0.6, rel=1e-9)
    likelier = result.tilt({rk.Probability("years_to_half", rule="hold", at_most=2.0): 0.3})
    assert likelier.table(HALF).loc["hold"].item() == pytest.approx(0.3, rel=1e-9)


def test_a_view_of_the_mean_of_a_column_with_nan_is_refused(result):
    with pytest.raises(rk.InvalidInput, match="mean of years_to_half of hold must be of a number on every path"):
        result.tilt({rk.Mean("years_to_half", rule="hold"): 2.0})


def test_stratified_paths_weight_own_columns():
    """The stratified estimate is within four standard errors of the plain one."""
    settings = {"seed": 3, "workers": 1, "progress": False, "statistics": Fallen()}
    drawn = rk.compare(scenario(), paths=4096, sampling="stratified", on="founder exit", **settings)
    plain = rk.compare(scenario(), paths=4096, **settings)
    for metric in (BELOW, HALF):
        gap = drawn.table(metric) - plain.table(metric)
        assert (gap.abs() < 4.0 * np.hypot(drawn.errors(metric), plain.errors(metric))).all(axis=None)
