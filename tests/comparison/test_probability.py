"""`Comparison.probability`: shares of paths beyond thresholds, with errors, under every sampling design."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from random_results import random_result

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning

RESULT = random_result(paths=1000)


def wilson_error(share: float, n: float) -> float:
    """Half of Wilson's 95 % interval (1927) over its z; its ends are the roots P of (p - P)² = z² P(1 - P)/n."""
    z = 1.959963984540054
    low, high = sorted(np.roots([1.0 + z * z / n, -(2.0 * share + z * z / n), share * share]).real)
    return (high - low) / (2.0 * z)


def test_shares_and_errors_by_counting():
    found = RESULT.probability("max_drawdown", above=[0.4, 0.5, 0.9])
    assert found.index.names == ["rule", "above"]
    assert found.columns.tolist() == ["probability", "standard_error"]
    assert found.attrs["assumptions"] == RESULT.assumptions()
    for rule in RESULT.scenario.names:
        depth = RESULT.values(rule, "max_drawdown")
        for threshold in (0.4, 0.5, 0.9):
            share = sum(value > threshold for value in depth) / 1000
            probability, error = found.loc[(rule, threshold)]
            assert probability == pytest.approx(share, abs=1e-12)
            assert error == pytest.approx(wilson_error(share, 1000), rel=1e-6)


def test_wealth_below_the_start_is_the_loss_probability():
    found = RESULT.probability("wealth", below=1).xs(1.0, level="below")
    pd.testing.assert_series_equal(
        found["probability"], RESULT.table("loss_probability")["loss_probability"], check_names=False
    )
    pd.testing.assert_series_equal(
        found["standard_error"], RESULT.errors("loss_probability")["loss_probability"], check_names=False
    )


def test_a_path_at_a_threshold_lies_neither_above_nor_below_it():
    """Both sides and the ties sum to 1; 0 or 1 of a flag leaves all paths at one of two thresholds."""
    flags = RESULT.values("hold", "catastrophe")
    above = RESULT.probability("catastrophe", above=[0, 1]).loc["hold", "probability"].tolist()
    below = RESULT.probability("catastrophe", below=[0, 1]).loc["hold", "probability"].tolist()
    assert above == pytest.approx([flags.mean(), 0.0])
    assert below == pytest.approx([0.0, 1.0 - flags.mean()])


def test_path_weights_count():
    """All weight on the paths that end above the median: none of them ends below it, and half of the paths count."""
    wealth = RESULT.values("hold", "wealth")
    weights = (wealth > np.median(wealth)) / 500.0
    tilted = replace(RESULT, outcomes=replace(RESULT.outcomes, path_weights=weights))
    found = tilted.probability("wealth", below=[float(np.median(wealth)), float(wealth.max()) * 2]).loc["hold"]
    assert found["probability"].tolist() == pytest.approx([0.0, 1.0])
    assert found["standard_error"].iloc[0] == pytest.approx(wilson_error(0.0, 500), rel=1e-6)


def test_strata_take_their_variance_away():
    """Two strata, all of one deep and none of the other: the share is known, up to Wilson's width at no variance."""
    depth = np.tile([0.2, 0.8], (3, 500))
    outcomes = replace(
        RESULT.outcomes,
        columns={**RESULT.outcomes.columns, "max_drawdown": depth},
        stratum=np.tile([0, 1], 500),
    )
    plain = replace(RESULT, outcomes=replace(outcomes, stratum=None)).probability("max_drawdown", above=0.5)
    split = replace(RESULT, outcomes=outcomes).probability("max_drawdown", above=0.5)
    assert split["probability"].tolist() == plain["probability"].tolist() == [0.5] * 3
    assert plain["standard_error"].iloc[0] == pytest.approx(wilson_error(0.5, 1000), rel=1e-6)


def test_a_replayed_history_has_no_errors():
    replayed = replace(RESULT, outcomes=replace(RESULT.outcomes, overlapping=True))
    with pytest.warns(RiskkitWarning, match="probability of wealth of hold, cap <30 %>, trim: history is one draw"):
        found = replayed.probability("wealth", below=[0.5, 1.0])
    assert found["standard_error"].isna().all()


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ({}, "probability must be given thresholds as above= or as below=, got neither"),
        ({"above": 0.1, "below": 0.2}, "probability must be given thresholds as above= or as below=, got both"),
        ({"above": []}, "above must hold at least one threshold, got none"),
        ({"above": [0.5, 0.3]}, "above: thresholds must rise, each once, got 0.3 after 0.5"),
        ({"below": [0.3, 0.3]}, "below: thresholds must rise, each once, got 0.3 after 0.3"),
        (
            {"above": 30},
            "above: threshold of max_drawdown, a fraction such as 0.3 for 30 %, must be >= 0 and <= 1, got 30",
        ),
        ({"above": [-0.3]}, "above: threshold of max_drawdown, a fraction such as 0.3 for 30 %, must be >= 0 and"),
        ({"above": [float("nan")]}, "above: threshold of max_drawdown, a fraction such as 0.3 for 30 %, must be >= 0"),
        ({"above": "0.3"}, "above must be a number or a list of numbers, got '0.3'"),
        (
            {"above": ["0.3"]},
            "above: threshold of max_drawdown, a fraction such as 0.3 for 30 %, must be a number, got",
        ),
    ],
)
def test_thresholds_that_are_none_are_refused(thresholds, message):
    with pytest.raises(InvalidInput) as refusal:
        RESULT.probability("max_drawdown", **thresholds)
    assert str(refusal.value).startswith(message)


def test_an_unknown_quantity_is_refused_with_those_that_exist():
    with pytest.raises(InvalidInput, match=r"quantity must name one of 'wealth', .* got 'drawdown'"):
        RESULT.probability("drawdown", above=0.3)
    with pytest.raises(InvalidInput, match=r"below: threshold of wealth must be >= 0, got -1\.0"):
        RESULT.probability("wealth", below=-1)


class YearsToHalf(rk.Statistic):
    """Years until wealth has first lost half; NaN on paths where it never has."""

    name: str = "years to half"
    columns: tuple[str, ...] = ("years_to_half",)
    nan_means: str = "never within the horizon"

    def start(self, paths, calendar):
        return np.full(paths.size, -1.0)

    def update(self, state, first_step, wealth, peak):
        reached = wealth <= 0.5
        first = np.where(reached.any(axis=0), first_step + reached.argmax(axis=0), -1.0)
        return np.where(state < 0.0, first, state)

    def finish(self, state, calendar):
        return {"years_to_half": np.where(state < 0.0, np.nan, state * calendar.dt)}


def test_a_path_on_which_a_statistic_is_nan_lies_on_neither_side():
    scenario = replace(rk.scenarios.baron(), steps_per_year=12)
    result = rk.compare(scenario, paths=200, seed=1, statistics=[YearsToHalf()])
    years = result.values("hold", "years_to_half")
    assert np.isnan(years).any()
    below = result.probability("years_to_half", below=[5, 99])["probability"].loc["hold"]
    assert below.tolist() == pytest.approx([(years < 5).mean(), 1.0 - np.isnan(years).mean()])
