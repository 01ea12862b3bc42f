"""Drawdowns, their averages and their tails against cases small enough to work by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from riskkit.measures import (
    average_drawdown,
    cdar,
    conditional_expected_drawdown,
    drawdown,
    max_drawdown,
    ulcer_index,
)

# Drawdowns 0, .05, .10, 0, .02, .20, .30, .25, 0, .01 of a path whose peaks are 100, 110 and 120.
SERIES_DRAWDOWNS = [0.0, 0.05, 0.10, 0.0, 0.02, 0.20, 0.30, 0.25, 0.0, 0.01]
SERIES = [100.0, 95.0, 90.0, 110.0, 107.8, 88.0, 77.0, 82.5, 120.0, 118.8]


def test_drawdown_is_the_fraction_below_the_running_peak() -> None:
    np.testing.assert_allclose(drawdown(SERIES), SERIES_DRAWDOWNS, atol=1e-15)


def test_drawdown_is_exactly_zero_at_every_peak_and_one_at_ruin() -> None:
    depth = drawdown(np.array([0.1, 0.3, 0.3, 0.7, 0.0, 0.0]))
    assert depth.tolist() == [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]


def test_first_period_loss_counts_because_the_start_is_a_peak() -> None:
    """100 -> 50 is 50 %; a code that starts its peaks at 50 would see only 55 -> 52.25, 5 %."""
    assert max_drawdown([100.0, 50.0, 55.0, 52.25]) == 0.5


def test_losses_compound() -> None:
    """Three times -60 %: 1 - .4^3 = .936; added up it would be 180 %."""
    assert max_drawdown(np.cumprod([1.0, 0.4, 0.4, 0.4])) == pytest.approx(0.936, abs=1e-15)


def test_a_path_that_starts_at_one_is_still_levels() -> None:
    """1.00, 1.02, .97, .99 could be taken for returns; as levels the drop is 1.02 -> .97, 5/102."""
    path = np.array([1.0, 1.02, 0.97, 0.99])
    assert max_drawdown(path) == pytest.approx(5.0 / 102.0, rel=1e-13)
    assert max_drawdown(path) == pytest.approx(max_drawdown(1000.0 * path), rel=1e-13)


def test_small_levels_are_not_taken_for_returns() -> None:
    """.01, .02, .005, .01: levels all, the drop is from .02 to .005."""
    assert max_drawdown([0.01, 0.02, 0.005, 0.01]) == 0.75


def test_average_drawdown_counts_the_start_and_the_peaks() -> None:
    """The ten drawdowns sum to .93."""
    assert average_drawdown(SERIES) == pytest.approx(0.093, abs=1e-15)


def test_ulcer_index_is_a_fraction_over_all_points() -> None:
    """Drawdowns 0, .4, .4, .8, 0: sqrt(.96 / 5) = .43818; over n - 1 it would be .48990, in percent 43.8."""
    assert ulcer_index([100.0, 60.0, 60.0, 20.0, 100.0]) == pytest.approx(np.sqrt(0.192), rel=1e-14)


@pytest.mark.parametrize(
    ("level", "expected"),
    [(0.0, 0.093), (0.5, 0.18), (0.8, 0.275), (0.85, 0.85 / 3.0), (0.9, 0.30), (0.99, 0.30)],
)
def test_cdar_counts_the_atom_at_the_edge_by_its_fraction(level: float, expected: float) -> None:
    """Ten drawdowns, .30 .25 .20 .10 .05 on top. The worst 15 % are .30 and half of .25: (.30 + .125) / 1.5."""
    assert cdar(SERIES, level) == pytest.approx(expected, abs=1e-14)


def test_cdar_is_continuous_in_the_level() -> None:
    """Its slope in the level is (CDaR - quantile) / (1 - level), at most .30 / .1 here: 1e-6 moves it by 3e-6."""
    grid = np.linspace(0.0, 0.9, 181)
    for level in grid:
        assert 0.0 <= cdar(SERIES, level + 1e-6) - cdar(SERIES, level) <= 3.1e-6


def test_ced_is_the_tail_mean_of_the_maximum_drawdowns() -> None:
    """Of .1 .2 .3 .6 .7 the worst 30 % are .7 and half of .6: (.7 + .3) / 1.5 = 2/3."""
    assert conditional_expected_drawdown([0.3, 0.7, 0.1, 0.6, 0.2], 0.7) == pytest.approx(2.0 / 3.0, rel=1e-12)


def test_ced_and_pooled_cdar_of_two_paths_differ_as_worked_by_hand() -> None:
    """Drawdowns of path 1: 0, .5, 0, .2; of path 2: 0, .1, .4, .3.

    Of the eight pooled, the worst quarter are .5 and .4: CDaR75 = .45. The maxima are .5 and .4, of which the worst
    half is .5: CED50 = .5. With weights 1 and 3 they sum to 16: the worst quarter, 4, has .5 once and .4 three times.
    """
    paths = np.array([[100.0, 100.0], [50.0, 90.0], [100.0, 60.0], [80.0, 70.0]])
    assert cdar(paths, 0.75) == pytest.approx(0.45, rel=1e-13)
    assert conditional_expected_drawdown(max_drawdown(paths), 0.5) == pytest.approx(0.5, rel=1e-13)
    assert cdar(paths, 0.75, weights=[1.0, 3.0]) == pytest.approx((0.5 + 3 * 0.4) / 4, rel=1e-13)
    assert average_drawdown(paths, weights=[1.0, 3.0]) == pytest.approx((0.7 + 3 * 0.8) / 16, rel=1e-13)
    assert max_drawdown(paths, weights=[1.0, 3.0]) == pytest.approx((0.5 + 3 * 0.4) / 4, rel=1e-13)


def test_time_asset_path_arrays_keep_the_asset_axis() -> None:
    """(time, asset, path) of 4 x 2 x 3: a value a path and asset; pooled or weighted, a value an asset."""
    rng = np.random.default_rng(1)
    wealth = np.exp(np.cumsum(0.2 * rng.normal(size=(4, 2, 3)), axis=0))
    assert drawdown(wealth).shape == (4, 2, 3)
    assert max_drawdown(wealth).shape == (2, 3)
    assert cdar(wealth, 0.8).shape == (2,)
    for asset in range(2):
        assert cdar(wealth, 0.8)[asset] == cdar(wealth[:, asset], 0.8)
        assert cdar(wealth, 0.8, weights=[1, 2, 3])[asset] == cdar(wealth[:, asset], 0.8, weights=[1, 2, 3])
        assert average_drawdown(wealth, weights=[1, 2, 3])[asset] == pytest.approx(
            average_drawdown(wealth[:, asset], weights=[1, 2, 3]), rel=1e-14
        )


def test_series_and_tables_keep_their_labels_and_agree_with_scalars() -> None:
    days = pd.date_range("2024-01-01", periods=10, name="date")
    table = pd.DataFrame({"A": SERIES, "B": SERIES[::-1]}, index=days)
    pd.testing.assert_index_equal(drawdown(table["A"]).index, days)
    assert drawdown(table["A"]).name == "A"
    pd.testing.assert_frame_equal(drawdown(table)[["A"]], drawdown(table["A"]).to_frame())
    for measure in (max_drawdown, average_drawdown, ulcer_index, cdar):
        by_column = measure(table)
        assert list(by_column.index) == ["A", "B"]
        for name in table:
            assert by_column[name] == pytest.approx(measure(table[name]), rel=1e-14)
            assert isinstance(measure(table[name]), float)
            assert measure(table[name]) == measure(table[name].to_numpy()) == measure(table[name].tolist())


def test_weights_make_one_number_of_a_table() -> None:
    """The columns become paths, and a Series of weights goes by their names."""
    table = pd.DataFrame({"A": [1.0, 0.5], "B": [1.0, 0.9]})
    weights = pd.Series({"A": 1.0, "B": 3.0})
    assert max_drawdown(table, weights=weights) == pytest.approx((0.5 + 3 * 0.1) / 4, rel=1e-13)
    assert cdar(table, 0.5, weights=weights) == pytest.approx((0.5 + 3 * 0.1) / 4, rel=1e-13)


def test_one_point_has_no_drawdown() -> None:
    assert max_drawdown([5.0]) == average_drawdown([5.0]) == ulcer_index([5.0]) == cdar([5.0]) == 0.0


def test_whole_numbers_and_nullable_columns_are_numbers() -> None:
    assert max_drawdown([4, 1]) == 0.75
    assert max_drawdown(pd.Series([4, 1], dtype="Int64")) == 0.75
