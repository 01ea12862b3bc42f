"""BuyDips: one purchase a dip, paid by the holdings without a founder."""

from __future__ import annotations

import numpy as np
import pytest
from rule_views import PORTFOLIO, START, moment, paths, target_of

from riskkit._core.errors import InvalidInput
from riskkit.portfolio._liquidity import Liquidity
from riskkit.portfolio._portfolio import Holding, Portfolio
from riskkit.rules import BuyDips


def tesla(*prices, high=None):
    """A view with TSLA at these prices, one a path, and all else at 1; `high` are the highest so far."""
    high = [max(price, 1.0) for price in prices] if high is None else high
    one = [[(each, 1, 1, 1, 1) for each in row] for row in (prices, high)]
    return moment(*[START] * len(prices), price=one[0], high=one[1])


def test_a_dip_is_bought_from_the_holdings_without_founder():
    """TSLA 30 % below its start: 0.06 of wealth, 0.04 out of INDEX and 0.02 out of CASH. At 29.9 % nothing."""
    view = tesla(0.7, 0.701)
    target = target_of(BuyDips(0.3, 0.06), view)
    np.testing.assert_allclose(target[:, 0], (0.46, 0.2, 0.1, 0.16, 0.08), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(target[:, 1], view.weights[:, 1])


def test_a_dip_is_bought_once_until_a_new_high():
    """From 1: 0.6 buys, 0.5 and 1.0 do not (1.0 is no new high), so 0.6 again does not; 1.5 arms, 1.04 < 1.05 buys."""
    rule, state, high = BuyDips(0.3, 0.06), None, 1.0
    bought = []
    for price in (0.6, 0.5, 1.0, 0.6, 1.5, 1.06, 1.04, 1.03):
        high = max(high, price)
        target, state = rule.decide(tesla(price, high=[high]), state)
        bought.append(target is not None)
    assert bought == [True, False, False, False, False, False, True, False]


def test_a_new_high_between_two_dates_arms_the_rule_too():
    """Bought at 0.6 under a high of 1. On the next date the price is 0.7 again, and has been at 1 or at 1.2 since."""
    rule = BuyDips(0.3, 0.06)
    _, state = rule.decide(tesla(0.6, 0.6), None)
    target, state = rule.decide(tesla(0.7, 0.7, high=(1.0, 1.2)), state)
    np.testing.assert_allclose(target[0] - 0.4, (0.0, 0.06), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(state[0], (1.0, 1.2))


def test_each_path_has_a_dip_of_its_own():
    rule = BuyDips(0.3, 0.06)
    _, state = rule.decide(tesla(0.6, 1.0, 2.0), None)
    target, _ = rule.decide(tesla(0.6, 0.7, 1.41, high=(1.0, 1.0, 2.0)), state)
    np.testing.assert_allclose(target[0] - 0.4, (0.0, 0.06, 0.0), rtol=0, atol=1e-15)


def test_only_listed_founder_holdings_are_bought():
    """SPACEX is not listed and INDEX has no founder; NVDA is half a founder's and counts."""
    low = (1.0, 0.1, 0.5, 0.1, 0.1)
    target = target_of(BuyDips(0.3, 0.06), moment(price=[low]))
    np.testing.assert_allclose(target, paths((0.4, 0.2, 0.16, 0.16, 0.08)), rtol=0, atol=1e-15)
    assert target_of(BuyDips(0.3, 0.06), moment(price=[(1.0, 0.1, 1.0, 0.1, 0.1)])) is None


def test_purchases_stop_at_what_there_is_to_pay_with():
    """Two dips at 0.2 each want 0.4 of wealth and there are 0.3: 0.15 each, and INDEX and CASH are empty."""
    target = target_of(BuyDips(0.3, 0.2), moment(price=[(0.5, 1.0, 0.5, 1.0, 1.0)]))
    np.testing.assert_allclose(target, paths((0.55, 0.2, 0.25, 0.0, 0.0)), rtol=0, atol=1e-15)
    assert (target[3:] == 0.0).all()


def test_nothing_is_bought_with_nothing_and_the_dip_is_over():
    broke = (0.6, 0.3, 0.1, 0.0, 0.0)
    rule = BuyDips(0.3, 0.2)
    target, state = rule.decide(moment(broke, price=[(0.5, 1, 1, 1, 1)]), None)
    np.testing.assert_array_equal(target, paths(broke))
    assert target_of(rule, tesla(0.4), state) is None


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: BuyDips(0.0, 0.1), "BuyDips: drawdown must be > 0 and < 1, got 0.0"),
        (lambda: BuyDips(1.0, 0.1), "BuyDips: drawdown must be > 0 and < 1, got 1.0"),
        (lambda: BuyDips(0.3, -0.1), "BuyDips: amount must be > 0 and <= 1, got -0.1"),
        (lambda: BuyDips(0.3, 0.1, every=-1), "BuyDips: every must be >= 0, got -1"),
        (
            lambda: BuyDips(0.3, 0.1).check(
                Portfolio([Holding("SPACEX", 1, founder="Musk", liquidity=Liquidity()), Holding("CASH", 1)])
            ),
            "BuyDips: the portfolio must have a listed holding with a founder, got none",
        ),
        (
            lambda: BuyDips(0.3, 0.1).check(Portfolio([Holding("TSLA", 1, founder="Musk")])),
            "BuyDips: the portfolio must have a holding without a founder to pay from, got none",
        ),
    ],
)
def test_buy_dips_refuses(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()


def test_buy_dips_accepts_the_portfolio_of_these_tests():
    BuyDips(0.3, 0.1).check(PORTFOLIO)
