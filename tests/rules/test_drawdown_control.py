"""DrawdownControl: the ceiling on the founder weight, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from rule_views import PORTFOLIO, START, moment, target_of

from riskkit._core.errors import InvalidInput
from riskkit.rules import DrawdownControl


def test_the_ceiling_against_hand_calculation():
    """Limit 0.25, Musk 0.6 at the start. At drawdown 0.1 the ceiling is 0.6·0.15/(0.25·0.9) = 0.4.

    So both Musk holdings keep two thirds; 0.2 goes 2 : 1 into INDEX and CASH. At 0.2: 0.6·0.05/(0.25·0.8) = 0.15.
    """
    target = target_of(DrawdownControl(0.25, founder="Musk"), moment(START, START, drawdown=[0.1, 0.2]))
    expected = (0.4 * 2 / 3, 0.2 * 2 / 3, 0.1, 0.2 + 0.4 / 3, 0.1 + 0.2 / 3)
    np.testing.assert_allclose(target[:, 0], expected, rtol=0, atol=1e-15)
    np.testing.assert_allclose(target[:, 1], (0.1, 0.05, 0.1, 0.5, 0.25), rtol=0, atol=1e-15)


def test_everything_is_sold_at_the_limit_and_beyond():
    """Also at a drawdown of 1, where the formula has 0/0."""
    target = target_of(DrawdownControl(0.25), moment(START, START, START, drawdown=[0.25, 0.6, 1.0]))
    np.testing.assert_array_equal(target[:3], 0.0)
    np.testing.assert_allclose(target.sum(axis=0), 1.0, rtol=0, atol=1e-15)


def test_nothing_is_sold_at_the_peak_and_nothing_bought_back():
    low = (0.1, 0.1, 0.1, 0.6, 0.1)
    assert target_of(DrawdownControl(0.25), moment(START, low, drawdown=[0.0, 0.0])) is None
    view = moment(START, low, drawdown=[0.1, 0.05])
    target = target_of(DrawdownControl(0.25), view)
    np.testing.assert_array_equal(target[:, 1], low)
    assert target[0, 0] < START[0]


def test_at_the_peak_a_founder_weight_above_the_start_is_cut_back():
    """Musk has grown to 0.8 without a drawdown: back to 0.6, three quarters of each."""
    target = target_of(DrawdownControl(0.25, founder="Musk"), moment((0.6, 0.2, 0.1, 0.1, 0.0)))
    np.testing.assert_allclose(target[:, 0], (0.45, 0.15, 0.1, 0.3, 0.0), rtol=0, atol=1e-15)


def test_founder_shares_count_in_part():
    """All founders: 0.65. At drawdown 0.1 two thirds of TSLA, SPACEX and NVDA are kept, and of the weight."""
    target = target_of(DrawdownControl(0.25), moment(drawdown=[0.1]))
    assert float(PORTFOLIO.shares() @ target[:, 0]) == pytest.approx(0.65 * 2 / 3, abs=1e-15)
    np.testing.assert_allclose(target[2], 0.1 * 2 / 3, rtol=0, atol=1e-15)


def test_buying_back_against_hand_calculation():
    """Limit 0.25, Musk 0.6 at the start, now TSLA 0.1 and SPACEX 0.1, NVDA 0.1, INDEX 0.5 and CASH 0.2.

    At drawdown 0.1 the ceiling is 0.4 (above): 0.2 is bought of TSLA alone, as SPACEX is not listed, and paid for
    5 : 2 by INDEX and CASH, 0.2 · 5/7 and 0.2 · 2/7. At 0.2 the ceiling is 0.15: three quarters are kept.
    """
    now = (0.1, 0.1, 0.1, 0.5, 0.2)
    rule = DrawdownControl(0.25, founder="Musk", buy_back=True)
    target = target_of(rule, moment(now, now, drawdown=[0.1, 0.2]))
    np.testing.assert_allclose(target[:, 0], (0.3, 0.1, 0.1, 0.5 - 1 / 7, 0.2 - 0.4 / 7), rtol=0, atol=1e-15)
    np.testing.assert_allclose(target[:, 1], (0.075, 0.075, 0.1, 0.5 + 0.25 / 7, 0.2 + 0.1 / 7), rtol=0, atol=1e-15)


def test_what_is_bought_after_all_was_sold_has_the_proportions_of_the_start():
    """Of every founder: TSLA and NVDA are listed, 4 : 1 at the start, and NVDA counts half: 0.9 a unit of the mix.

    At drawdown 0 the ceiling is 0.65, and 0.65 / 0.9 is bought: 0.8 of it TSLA, 0.2 NVDA.
    """
    target = target_of(DrawdownControl(0.25, buy_back=True), moment((0.0, 0.0, 0.0, 0.6, 0.4)))
    bought = 0.65 / 0.9
    expected = (0.8 * bought, 0.0, 0.2 * bought, 0.6 * (1 - bought), 0.4 * (1 - bought))
    np.testing.assert_allclose(target[:, 0], expected, rtol=0, atol=1e-15)


def test_purchases_are_paid_by_the_holdings_that_take_the_proceeds():
    """CASH has 0.1 of the 0.2 that TSLA lacks; INDEX is left alone."""
    rule = DrawdownControl(0.25, founder="Musk", into={"CASH": 1.0}, buy_back=True)
    target = target_of(rule, moment((0.3, 0.1, 0.1, 0.4, 0.1)))
    np.testing.assert_allclose(target[:, 0], (0.4, 0.1, 0.1, 0.4, 0.0), rtol=0, atol=1e-15)


def test_at_the_ceiling_nothing_is_traded():
    assert target_of(DrawdownControl(0.25, buy_back=True), moment()) is None


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: DrawdownControl(0.0), "DrawdownControl: limit must be > 0 and < 1, got 0.0"),
        (lambda: DrawdownControl(1), "DrawdownControl: limit must be > 0 and < 1, got 1.0"),
        (lambda: DrawdownControl(float("inf")), "DrawdownControl: limit must be > 0 and < 1, got inf"),
        (lambda: DrawdownControl(0.2, buy_back=1), "DrawdownControl: buy_back must be True or False, got 1"),
        (lambda: DrawdownControl(0.2, every=-1), "DrawdownControl: every must be >= 0, got -1"),
        (lambda: DrawdownControl(0.2, founder="X").check(PORTFOLIO), "DrawdownControl: founder must name one of"),
        (lambda: DrawdownControl(0.2, into={"X": 1}).check(PORTFOLIO), "DrawdownControl: into must name one of"),
    ],
)
def test_drawdown_control_refuses(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()
