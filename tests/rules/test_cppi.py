"""CPPI: the founder weight from the cushion, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from rule_views import PORTFOLIO, START, moment, target_of

from riskkit._core.errors import InvalidInput
from riskkit.portfolio._portfolio import Holding, Portfolio
from riskkit.rules import CPPI


def test_the_founder_weight_against_hand_calculation():
    """Floor 0.8, multiple 2. At wealth 1 the cushion is 0.2: Musk falls from 0.6 to 0.4, two thirds of each holding.

    At wealth 1.6 the cushion is half of wealth, and 2 · 0.5 = 1: all there is of INDEX and CASH, 0.3, goes into TSLA,
    as SPACEX is not listed. At 0.8 and below the cushion is 0.
    """
    rule = CPPI(0.8, 2, founder="Musk")
    target = target_of(rule, moment(START, START, START, START, wealth=[1.0, 1.6, 0.8, 0.1]))
    expected = (0.4 * 2 / 3, 0.2 * 2 / 3, 0.1, 0.2 + 0.4 / 3, 0.1 + 0.2 / 3)
    np.testing.assert_allclose(target[:, 0], expected, rtol=0, atol=1e-15)
    np.testing.assert_allclose(target[:, 1], (0.7, 0.2, 0.1, 0.0, 0.0), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(target[:2, 2:], 0.0)


def test_the_rest_has_the_proportions_of_the_start_where_there_is_none():
    """All in founder holdings: what is sold goes 2 : 1 into INDEX and CASH. At wealth 1 the weight is 3 · 0.2 = 0.6."""
    two = Portfolio([Holding("A", 70, founder="Ann"), Holding("INDEX", 20), Holding("CASH", 10)])
    target = target_of(CPPI(0.8, 3), moment((1.0, 0.0, 0.0), portfolio=two))
    np.testing.assert_allclose(target[:, 0], (0.6, 0.4 * 2 / 3, 0.4 / 3), rtol=0, atol=1e-15)


def test_a_floor_of_0_is_a_constant_mix():
    """Multiple 0.3 of all wealth, whatever it is; at wealth 0 there is no cushion."""
    target = target_of(CPPI(0.0, 0.3, founder="Musk"), moment(START, START, START, wealth=[0.2, 7.0, 0.0]))
    np.testing.assert_allclose(target[:2].sum(axis=0), (0.3, 0.3, 0.0), rtol=0, atol=1e-15)


def test_at_the_weight_wanted_nothing_is_traded():
    assert target_of(CPPI(0.7, 2.0, founder="Musk"), moment()) is None


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: CPPI(1.0, 2.0), "CPPI: floor must be >= 0 and < 1, got 1.0"),
        (lambda: CPPI(-0.1, 2.0), "CPPI: floor must be >= 0 and < 1, got -0.1"),
        (lambda: CPPI(0.5, 0.0), "CPPI: multiple must be > 0 and <= 1000, got 0.0"),
        (lambda: CPPI(0.5, float("inf")), "CPPI: multiple must be > 0 and <= 1000, got inf"),
        (lambda: CPPI(0.5, 2.0, every=-1), "CPPI: every must be >= 0, got -1"),
        (lambda: CPPI(0.5, 2.0, at_start=2), "CPPI: at_start must be True or False, got 2"),
        (lambda: CPPI(0.5, 2.0, founder="X").check(PORTFOLIO), "CPPI: founder must name one of"),
        (lambda: CPPI(0.5, 2.0, into={"X": 1}).check(PORTFOLIO), "CPPI: into must name one of"),
        (
            lambda: CPPI(0.5, 2.0).check(Portfolio([Holding("A", 1)])),
            "CPPI: the portfolio must have a holding with a founder, got none",
        ),
        (
            lambda: CPPI(0.5, 2.0).check(Portfolio([Holding("A", 1, founder="Ann")])),
            "CPPI: the proceeds must have somewhere to go, but no other holding with a value > 0 is without a founder",
        ),
    ],
)
def test_cppi_refuses(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()
