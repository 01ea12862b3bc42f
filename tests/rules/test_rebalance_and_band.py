"""Rebalance and Band: back to targets, or to the edges of bands, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from rule_views import START, moment, paths, target_of

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit.portfolio._portfolio import Holding, Portfolio
from riskkit.rules import Band, Rebalance

THREE = Portfolio([Holding("A", 50, founder="Ann"), Holding("B", 30), Holding("C", 20)])


def three(*weights):
    return moment(*weights, portfolio=THREE)


def test_rebalance_returns_to_the_start_weights():
    target = target_of(Rebalance(), moment((0.7, 0.1, 0.1, 0.05, 0.05), START))
    np.testing.assert_allclose(target, paths(START, START), rtol=0, atol=1e-16)


def test_rebalance_to_given_weights_sells_what_is_not_named():
    target = target_of(Rebalance(1, to={"CASH": 0.25, "TSLA": 0.75}), moment())
    np.testing.assert_array_equal(target, paths((0.75, 0, 0, 0, 0.25)))


def test_rebalance_dates():
    assert Rebalance().dates(Calendar(3, 12)).tolist() == [12, 24]
    assert Rebalance(every=0).dates(Calendar(3, 1)).tolist() == [1, 2]


def test_shares_that_sum_to_1_but_for_their_last_digit_are_scaled():
    shares = Rebalance(to=dict.fromkeys("ABC", 0.3333333333)).to
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Rebalance(every=None), "Rebalance: every must be a whole number, got None"),
        (lambda: Rebalance(to={"A": 0.6}), "Rebalance: to: shares must sum to 1, got 0.6"),
        (lambda: Rebalance(to={"A": 1.0, "B": 0.0}), "Rebalance: to: share of 'B' must be > 0, got 0.0"),
        (lambda: Rebalance(to={"D": 1.0}).check(THREE), "Rebalance: to must name one of 'A', 'B', 'C', got 'D'"),
        (lambda: Band(-0.1), "Band: width must be >= 0 and <= 1, got -0.1"),
        (lambda: Band(math.nan), "Band: width must be >= 0 and <= 1, got nan"),
        (lambda: Band(0.1, relative=-math.inf), "Band: relative must be >= 0, got -inf"),
        (lambda: Band(0.1, to="middle"), "Band: to must be one of 'target', 'edge', got 'middle'"),
        (lambda: Band(0.1, every=-3), "Band: every must be >= 0, got -3"),
    ],
)
def test_rebalance_and_band_refuse(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()


def test_band_trades_only_the_paths_that_left_it():
    """Targets 0.5, 0.3, 0.2 and width 0.1: the first path is off by 0.15, the second by at most 0.09."""
    view = three((0.65, 0.2, 0.15), (0.59, 0.25, 0.16))
    target = target_of(Band(0.1), view)
    np.testing.assert_allclose(target[:, 0], (0.5, 0.3, 0.2), rtol=0, atol=1e-16)
    np.testing.assert_array_equal(target[:, 1], view.weights[:, 1])


def test_band_takes_the_larger_of_the_two_widths():
    """Relative 0.4 of 0.5, 0.3, 0.2 is 0.2, 0.12, 0.08; with width 0.1 the bands are ±0.2, ±0.12, ±0.1."""
    assert target_of(Band(0.1, relative=0.4), three((0.65, 0.19, 0.16))) is None
    assert target_of(Band(0.1, relative=0.4), three((0.62, 0.29, 0.09))) is not None
    assert target_of(Band(0.0, relative=0.4), three((0.5, 0.409, 0.091))) is not None


def test_infinite_band_never_trades():
    wild = three((1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    for rule in (Band(math.inf), Band(0.0, relative=math.inf), Band(math.inf, to="edge")):
        assert target_of(rule, wild) is None


@pytest.mark.parametrize("to", ["target", "edge"])
def test_band_of_width_0_is_rebalancing(to):
    view = three((0.65, 0.2, 0.15), (0.1, 0.2, 0.7), (0.5, 0.3, 0.2))
    np.testing.assert_allclose(
        target_of(Band(0, to=to, every=0), view), target_of(Rebalance(0), view), rtol=0, atol=1e-15
    )


def test_edge_moves_the_outlier_to_its_edge_and_the_rest_pro_rata():
    """A 0.65 → 0.6; B and C share the 0.05 as 0.2 : 0.15, times 0.4/0.35."""
    target = target_of(Band(0.1, to="edge"), three((0.65, 0.2, 0.15)))
    np.testing.assert_allclose(target, paths((0.6, 0.2 * 0.4 / 0.35, 0.15 * 0.4 / 0.35)), rtol=0, atol=1e-15)


def test_edge_raises_an_outlier_from_below():
    """A 0.38 → 0.4; B and C give 0.02 as 0.36 : 0.26, times 0.6/0.62."""
    target = target_of(Band(0.1, to="edge"), three((0.38, 0.36, 0.26)))
    np.testing.assert_allclose(target, paths((0.4, 0.36 * 0.6 / 0.62, 0.26 * 0.6 / 0.62)), rtol=0, atol=1e-15)


def test_edge_with_two_outliers_leaves_the_difference_to_the_third():
    """Bands 0.4-0.6, 0.2-0.4, 0.1-0.3.

    Weights 0.2, 0.5, 0.3: A and B go to 0.4, C falls to 0.2. Weights 0.85, 0.05, 0.1: A → 0.6, B → 0.2, C → 0.2.
    Weights 0.7, 0.295, 0.005: A → 0.6, C → 0.1, B → 0.3.
    """
    view = three((0.2, 0.5, 0.3), (0.85, 0.05, 0.1), (0.7, 0.295, 0.005))
    expected = paths((0.4, 0.4, 0.2), (0.6, 0.2, 0.2), (0.6, 0.3, 0.1))
    np.testing.assert_allclose(target_of(Band(0.1, to="edge"), view), expected, rtol=0, atol=1e-15)


def test_edge_fills_the_room_in_the_bands_where_pro_rata_does_not_fit():
    """Five equal targets of 0.2, width 0.1, so all bands are 0.1-0.3.

    1. Weights 0.55, 0.29, 0.16, 0, 0: the edges are 0.3, 0.1, 0.1, and 0.5 is left for B and C, which have 0.45.
       Pro rata B would get 0.322, outside. By room, 0.01 : 0.14, B gets 0.05/15 more and C 0.05·14/15.
    2. Weights 0.7, 0.3, 0, 0, 0: the edges and B make 0.9. B has no room; C, D, E take a third of 0.1 each.
    3. Weights 1, 0, 0, 0, 0: the edges make 0.7; nobody is inside; B to E take a quarter of 0.3 each.
    """
    five = Portfolio([Holding(name, 20) for name in "ABCDE"])
    view = moment((0.55, 0.29, 0.16, 0, 0), (0.7, 0.3, 0, 0, 0), (1, 0, 0, 0, 0), portfolio=five)
    third, quarter = 0.1 + 0.1 / 3, 0.1 + 0.3 / 4
    expected = paths(
        (0.3, 0.29 + 0.05 / 15, 0.16 + 0.05 * 14 / 15, 0.1, 0.1),
        (0.3, 0.3, third, third, third),
        (0.3, quarter, quarter, quarter, quarter),
    )
    np.testing.assert_allclose(target_of(Band(0.1, to="edge"), view), expected, rtol=0, atol=1e-15)


def test_edge_takes_from_the_room_below_when_there_is_too_much():
    """Five equal targets of 0.2, bands 0.1-0.3. Weights 0.3, 0.3, 0.3, 0.1, 0: E → 0.1, and 0.1 is too much.

    Pro rata of the other four would put D at 0.09, outside. By room above the lower edge, 0.2 : 0.2 : 0.2 : 0, each of
    A, B, C gives a third of 0.1.
    """
    five = Portfolio([Holding(name, 20) for name in "ABCDE"])
    less = 0.3 - 0.1 / 3
    target = target_of(Band(0.1, to="edge"), moment((0.3, 0.3, 0.3, 0.1, 0), portfolio=five))
    np.testing.assert_allclose(target, paths((less, less, less, 0.1, 0.1)), rtol=0, atol=1e-15)


def test_edge_keeps_the_other_paths_bit_for_bit():
    view = three((0.65, 0.2, 0.15), (0.59, 0.25, 0.16))
    np.testing.assert_array_equal(target_of(Band(0.1, to="edge"), view)[:, 1], view.weights[:, 1])
