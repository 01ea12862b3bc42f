"""Spells under water and the table of drawdowns against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from strategies import wealth_paths, wealth_samples

from riskkit.measures import drawdown, drawdown_table, longest_under_water, max_drawdown, time_under_water

COLUMNS = ["peak", "trough", "recovery", "depth", "length", "to_trough", "to_recovery"]

# Steps 0 ... 9. Spells: 1 -> 4 (trough 3, 120 -> 90, back at 120), 5 -> 7 (trough 6, 150 -> 75), open from 7 on.
WEALTH = [100.0, 120.0, 96.0, 90.0, 120.0, 150.0, 75.0, 160.0, 144.0, 152.0]


def test_table_against_hand_calculation() -> None:
    table = drawdown_table(WEALTH)
    expected = pd.DataFrame(
        [
            [5, 6, 7.0, 0.5, 2, 1, 1.0],
            [1, 3, 4.0, 0.25, 3, 2, 1.0],
            [7, 8, np.nan, 0.1, 2, 1, np.nan],
        ],
        columns=COLUMNS,
    )
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)


def test_open_drawdown_is_not_counted_one_too_long() -> None:
    """Peak at step 1, last point at step 3: two steps, and no recovery."""
    table = drawdown_table([100.0, 110.0, 99.0, 104.5])
    assert table.loc[0, "length"] == longest_under_water([100.0, 110.0, 99.0, 104.5]) == 2
    assert np.isnan(table.loc[0, "recovery"])


def test_equal_depths_stay_in_the_order_of_time() -> None:
    """Forty times 2 -> 1 -> 2: forty drawdowns of one half."""
    assert drawdown_table([2.0, 1.0] * 40 + [2.0])["peak"].tolist() == list(range(0, 80, 2))


def test_spell_runs_from_the_last_point_at_the_peak_to_the_first_point_back() -> None:
    """A flat stretch at the peak is not under water: 100 100 90 100 100 is one spell from step 1 to step 3."""
    table = drawdown_table([100.0, 100.0, 90.0, 100.0, 100.0])
    assert table[["peak", "trough", "recovery", "length"]].to_numpy().tolist() == [[1, 2, 3, 2]]
    assert time_under_water([100.0, 100.0, 90.0, 100.0, 100.0]) == 0.2


def test_dates_and_calendar_days() -> None:
    """Friday 2024-01-05 -> Monday trough -> Tuesday 2024-01-16: 11 days; the weekend counts."""
    days = pd.to_datetime(["2024-01-05", "2024-01-08", "2024-01-16", "2024-01-17"])
    table = drawdown_table(pd.Series([100.0, 70.0, 105.0, 84.0], index=days))
    assert table.loc[0, ["peak", "trough", "recovery"]].tolist() == list(days[:3])
    assert table.loc[0, ["length", "to_trough", "to_recovery"]].tolist() == [11.0, 3.0, 8.0]
    assert table.loc[1, "recovery"] is pd.NaT
    assert table.loc[1, "length"] == 1.0
    assert longest_under_water(pd.Series([100.0, 70.0, 105.0, 84.0], index=days)) == 2


def test_days_are_those_of_the_local_calendar() -> None:
    """The clocks go forward in New York on 2024-03-10: from the 9th to the 11th it is still two days."""
    days = pd.to_datetime(["2024-03-09", "2024-03-10", "2024-03-11"]).tz_localize("America/New_York")
    table = drawdown_table(pd.Series([1.0, 0.5, 1.0], index=days))
    assert table.loc[0, "length"] == 2.0
    assert table.loc[0, "peak"] == days[0]


def test_other_labels_stay_and_lengths_are_steps() -> None:
    table = drawdown_table(pd.Series([1.0, 0.5, 1.0, 0.9], index=["a", "b", "c", "d"]))
    assert table["peak"].tolist() == ["a", "c"]
    assert table["length"].tolist() == [2, 1]
    quarters = pd.period_range("2024Q1", periods=3, freq="Q")
    assert drawdown_table(pd.Series([1.0, 0.5, 1.0], index=quarters)).loc[0, "trough"] == quarters[1]


def test_path_that_only_rises_has_an_empty_table() -> None:
    table = drawdown_table([1.0, 1.0, 2.0])
    assert table.empty
    assert list(table.columns) == COLUMNS
    assert longest_under_water([1.0, 1.0, 2.0]) == time_under_water([1.0, 1.0, 2.0]) == 0


def test_time_and_longest_spell_by_path_and_weighted() -> None:
    """Path 1 is under water at 2 of 4 points, path 2 at 3 (open from step 0); their longest spells are 2 and 3."""
    paths = np.array([[1.0, 4.0], [0.5, 3.0], [1.0, 2.0], [0.9, 3.0]])
    assert time_under_water(paths).tolist() == [0.5, 0.75]
    assert longest_under_water(paths).tolist() == [2, 3]
    assert time_under_water(paths, weights=[3, 1]) == 0.5625
    assert longest_under_water(paths, weights=[3, 1]) == 2.25
    table = pd.DataFrame(paths, columns=["A", "B"])
    assert longest_under_water(table).to_dict() == {"A": 2, "B": 3}


def test_ruin_is_a_spell_that_never_ends() -> None:
    table = drawdown_table([1.0, 2.0, 0.0, 0.0])
    assert table[["peak", "trough", "depth", "length"]].to_numpy().tolist() == [[1, 2, 1.0, 2]]


def _longest_step_by_step(wealth: np.ndarray) -> int:
    """The slow twin: walk the path, keep the last point at the peak, close a spell at the first point back at it."""
    peak, peak_step, under, longest = wealth[0], 0, False, 0
    for step, level in enumerate(wealth):
        if level >= peak:
            if under:
                longest = max(longest, step - peak_step)
            peak, peak_step, under = level, step, False
        else:
            under = True
            longest = max(longest, step - peak_step)
    return longest


@given(wealth_paths())
def test_longest_spell_against_a_walk_along_the_path(wealth: np.ndarray) -> None:
    assert longest_under_water(wealth) == _longest_step_by_step(wealth)


@given(wealth_paths())
def test_table_agrees_with_the_scalar_measures(wealth: np.ndarray) -> None:
    table = drawdown_table(wealth)
    depth = drawdown(wealth)
    assert table["depth"].max() == max_drawdown(wealth) if len(table) else max_drawdown(wealth) == 0.0
    assert (table["length"].max() if len(table) else 0) == longest_under_water(wealth)
    assert (table["depth"].diff().dropna() <= 0.0).all()
    assert (table["depth"].to_numpy() == depth[table["trough"].to_numpy(dtype=int)]).all()
    closed = table["recovery"].notna()
    assert (~closed).sum() == int(depth[-1] > 0.0)
    under = (table["length"] - closed).sum()
    assert under / len(wealth) == pytest.approx(time_under_water(wealth), abs=1e-12)


@given(wealth_samples())
def test_every_path_of_a_sample_is_measured_as_if_alone(wealth: np.ndarray) -> None:
    for measure in (time_under_water, longest_under_water, max_drawdown):
        assert measure(wealth).tolist() == [measure(path) for path in wealth.T]
