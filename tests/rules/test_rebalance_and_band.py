import math

import numpy as np
import pytest
from rule_views import PORTFOLIO, START, asked, moment, paths

from riskkit.calendar import Calendar
from riskkit.errors import InvalidInput
from riskkit.portfolio import Holding, Portfolio
from riskkit.rules import Band, Rebalance

THREE = Portfolio([Holding("A", 50, founder="Ann"), Holding("B", 30), Holding("C", 20)])


def three(*weights):
    return moment(*weights, portfolio=THREE)


def test_rebalance_returns_to_the_start_weights():
    target = asked(Rebalance(), moment((0.7, 0.1, 0.1, 0.05, 0.05), START))
    np.testing.assert_allclose(target, paths(START, START), rtol=0, atol=1e-16)


def test_rebalance_to_given_weights_sells_what_is_not_named():
    target = asked(Rebalance(1, to={"CASH": 0.25, "TSLA": 0.75}), moment())
    np.testing.assert_array_equal(target, paths((0.75, 0, 0, 0, 0.25)))


def test_rebalance_dates():
    assert Rebalance().dates(Calendar(3, 12)).tolist() == [12, 24]
    assert Rebalance(every=0).dates(Calendar(3, 1)).tolist() == [1, 2]


def test_shares_that_sum_to_1_but_for_their_last_digit_are_scaled():
    assert sum(Rebalance(to={"A": 0.3333333333, "B": 0.3333333333, "C": 0.3333333333}).to.values()) == pytest.approx(
        1.0, abs=1e-15
    )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Rebalance(every=None), "Rebalance: every must be a whole number, got None"),
        (lambda: Rebalance(to={"A": 0.6}), "Rebalance: to: shares must sum to 1, got 0.6"),
        (lambda: Rebalance(to={"A": 1.0, "B": 0.0}), "Rebalance: to: share of 'B' must be > 0, got 0.0"),
        (lambda: Rebalance(to={"D": 1.0}).check(THREE), "Rebalance: to must name one of 'A', 'B', 'C', got 'D'"),
        (lambda: Band(-0.1), "Band: width must be >= 0, got -0.1"),
        (lambda: Band(math.nan), "Band: width must be >= 0, got nan"),
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
    target = asked(Band(0.1), view)
    np.testing.assert_allclose(target[:, 0], (0.5, 0.3, 0.2), rtol=0, atol=1e-16)
    np.testing.assert_array_equal(target[:, 1], view.weights[:, 1])


def test_band_takes_the_larger_of_the_two_widths():
    """Relative 0.4 of 0.5, 0.3, 0.2 is 0.2, 0.12, 0.08; with width 0.1 the bands are ±0.2, ±0.12, ±0.1."""
    assert asked(Band(0.1, relative=0.4), three((0.65, 0.19, 0.16))) is None
    assert asked(Band(0.1, relative=0.4), three((0.62, 0.29, 0.09))) is not None
    assert asked(Band(0.0, relative=0.4), three((0.5, 0.409, 0.091))) is not None


def test_infinite_band_never_trades():
    wild = three((1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    for rule in (Band(math.inf), Band(0.0, relative=math.inf), Band(math.inf, to="edge")):
        assert asked(rule, wild) is None


@pytest.mark.parametrize("to", ["target", "edge"])
def test_band_of_width_0_is_rebalancing(to):
    view = three((0.65, 0.2, 0.15), (0.1, 0.2, 0.7), (0.5, 0.3, 0.2))
    np.testing.assert_allclose(asked(Band(0, to=to, every=0), view), asked(Rebalance(0), view), rtol=0, atol=1e-15)


def test_edge_moves_the_outlier_to_its_edge_and_the_rest_pro_rata():
    """A 0.65 → 0.6; B and C share the 0.05 as 0.2 : 0.15, times 0.4/0.35."""
    target = asked(Band(0.1, to="edge"), three((0.65, 0.2, 0.15)))
    np.testing.assert_allclose(target, paths((0.6, 0.2 * 0.4 / 0.35, 0.15 * 0.4 / 0.35)), rtol=0, atol=1e-15)


def test_edge_raises_an_outlier_from_below():
    """A 0.38 → 0.4; B and C give 0.02 as 0.36 : 0.26, times 0.6/0.62."""
    target = asked(Band(0.1, to="edge"), three((0.38, 0.36, 0.26)))
    np.testing.assert_allclose(target, paths((0.4, 0.36 * 0.6 / 0.62, 0.26 * 0.6 / 0.62)), rtol=0, atol=1e-15)


def test_edge_never_carries_the_rest_out_of_their_own_bands():
    """Bands 0.4-0.6, 0.2-0.4, 0.1-0.3; weights 0.2, 0.5, 0.3: A → 0.4, B → 0.4, C must fall to 0.2, inside its band.

    Weights 0.85, 0.05, 0.1: A → 0.6 and B → 0.2 leave 0.2 for C. Weights 0.7, 0.295, 0.005: A → 0.6, C → 0.1, B 0.3.
    With relative 0.1 the bands are 0.45-0.55, 0.27-0.33, 0.18-0.22; weights 0.6, 0.2, 0.2: A → 0.55, B → 0.27, and
    pro rata C would fall to 0.18, just inside.
    """
    view = three((0.2, 0.5, 0.3), (0.85, 0.05, 0.1), (0.7, 0.295, 0.005))
    expected = paths((0.4, 0.4, 0.2), (0.6, 0.2, 0.2), (0.6, 0.3, 0.1))
    np.testing.assert_allclose(asked(Band(0.1, to="edge"), view), expected, rtol=0, atol=1e-15)
    tight = asked(Band(0, relative=0.1, to="edge"), three((0.6, 0.2, 0.2)))
    np.testing.assert_allclose(tight, paths((0.55, 0.27, 0.18)), rtol=0, atol=1e-15)


def test_edge_fills_the_room_in_the_bands_where_pro_rata_does_not_fit():
    """Four equal targets, width 0.1, bands 0.15-0.35. Weights 0.64, 0.34, 0.02, 0: A → 0.35, C and D → 0.15.

    The edges and B make 0.99; 0.01 is missing and B, alone inside, has room for exactly that: 0.35.
    Weights 0.88, 0.12, 0, 0: edges 0.35, 0.15, 0.15, 0.15 make 0.8. Nobody is inside; the 0.2 is split by room
    (0, 0.2, 0.2, 0.2), a third of it each: 0.15 + 0.0667.
    Weights 0.65, 0.34, 0.01, 0: again 0.99. Weights 0.3, 0.34, 0.36, 0: C → 0.35, D → 0.15 make 1.14 with A and B;
    pro rata A and B fall to 0.3·0.5/0.64 and 0.34·0.5/0.64, inside.
    Weights 0.66, 0.16, 0.16, 0.02: A → 0.35, D → 0.15: B and C must make 0.5 from 0.32, 0.25 each.
    """
    four = Portfolio([Holding(name, 25) for name in "ABCD"])
    view = moment(
        (0.64, 0.34, 0.02, 0.0), (0.88, 0.12, 0.0, 0.0), (0.3, 0.34, 0.36, 0.0), (0.66, 0.16, 0.16, 0.02), portfolio=four
    )
    third = 0.15 + 0.2 / 3
    expected = paths(
        (0.35, 0.35, 0.15, 0.15),
        (0.35, third, third, third),
        (0.3 * 0.5 / 0.64, 0.34 * 0.5 / 0.64, 0.35, 0.15),
        (0.35, 0.25, 0.25, 0.15),
    )
    np.testing.assert_allclose(asked(Band(0.1, to="edge"), view), expected, rtol=0, atol=1e-15)


def test_edge_spreads_by_room_when_pro_rata_would_leave_a_band():
    """Targets 0.4, 0.3, 0.2, 0.1, width 0.05. Weights 0.56, 0.27, 0.16, 0.01: A → 0.45, D → 0.05 leave 0.5 for B, C.

    Pro rata of 0.27 : 0.16 that is 0.31395 and 0.18605, inside: pro rata stands. Weights 0.60, 0.34, 0.05, 0.01:
    A → 0.45, C → 0.15, D → 0.05; B would have to be 0.35, its edge. Weights 0.50, 0.345, 0.15, 0.005: A → 0.45,
    D → 0.05; pro rata B would be 0.345·0.5/0.495 = 0.34848, inside. Weights 0.55, 0.345, 0.1, 0.005: A → 0.45,
    C → 0.15, D → 0.05, and B must be 0.35. Weights 0.55, 0.34, 0.155, -0.045 cannot be. So take width 0.05 and
    weights 0.52, 0.345, 0.13, 0.005 … again B alone is inside. With two inside and one near its edge:
    0.46, 0.35 - 1e-3, 0.15 + 1e-3, 0.04: A → 0.45, D → 0.05: nothing is missing and nobody else moves.
    """
    book = Portfolio([Holding("A", 40), Holding("B", 30), Holding("C", 20), Holding("D", 10)])
    view = moment((0.56, 0.27, 0.16, 0.01), (0.46, 0.349, 0.151, 0.04), portfolio=book)
    expected = paths((0.45, 0.27 * 0.5 / 0.43, 0.16 * 0.5 / 0.43, 0.05), (0.45, 0.349, 0.151, 0.05))
    np.testing.assert_allclose(asked(Band(0.05, to="edge"), view), expected, rtol=0, atol=1e-15)
