"""Hold and DiversifyNow: the two ends, nothing and everything."""

from __future__ import annotations

import numpy as np
import pytest
from rule_views import PORTFOLIO, START, moment, paths, target_of

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit.portfolio._portfolio import Holding, Portfolio
from riskkit.rules import DiversifyNow, Hold


def test_hold_never_trades():
    assert Hold().decide(moment(), None) == (None, None)
    Hold().check(PORTFOLIO)


def test_hold_refuses():
    with pytest.raises(InvalidInput, match="Hold: every must be >= 0, got -2"):
        Hold(every=-2)


def test_diversify_now_sells_every_founder_holding_whole():
    """0.4 + 0.2 + 0.1 = 0.7 goes 2 : 1 into INDEX and CASH; NVDA is sold whole though half of it has no founder."""
    target = target_of(DiversifyNow(), moment())
    np.testing.assert_allclose(target, paths((0, 0, 0, 2 / 3, 1 / 3)), rtol=0, atol=1e-15)
    assert (target[:3] == 0.0).all()


def test_diversify_now_asks_again_for_what_could_not_be_sold():
    """After SPACEX could not be sold, only its 0.2 is still to be sold: INDEX 0.5 + 0.2·5/8, CASH 0.3 + 0.2·3/8."""
    target = target_of(DiversifyNow(), moment((0.0, 0.2, 0.0, 0.5, 0.3)))
    np.testing.assert_allclose(target, paths((0, 0, 0, 0.625, 0.375)), rtol=0, atol=1e-15)


def test_diversify_now_leaves_paths_that_are_out_alone():
    out = (0.0, 0.0, 0.0, 0.7, 0.3)
    assert target_of(DiversifyNow(), moment(out)) is None
    target = target_of(DiversifyNow(), moment(START, out))
    np.testing.assert_array_equal(target[:, 1], out)


def test_diversify_now_puts_proceeds_into_the_named_holdings():
    target = target_of(DiversifyNow(into={"CASH": 1.0}), moment())
    np.testing.assert_allclose(target, paths((0, 0, 0, 0.2, 0.8)), rtol=0, atol=1e-15)


def test_diversify_now_begins_at_time_0():
    assert DiversifyNow().dates(Calendar(0.5, 12)).tolist() == [0, 1, 2, 3, 4, 5]


def test_diversify_now_refuses():
    with pytest.raises(InvalidInput, match=r"DiversifyNow: into: shares must sum to 1, got 0\.9"):
        DiversifyNow(into={"CASH": 0.9})
    with pytest.raises(InvalidInput, match=r"DiversifyNow: into must name one of .* got 'GOLD'"):
        DiversifyNow(into={"GOLD": 1}).check(PORTFOLIO)
    with pytest.raises(InvalidInput, match="DiversifyNow: the proceeds must have somewhere to go"):
        DiversifyNow().check(Portfolio([Holding("TSLA", 1, founder="Musk")]))
