"""SellLast: the other book first, path by path."""

from __future__ import annotations

import numpy as np
import pytest
from rule_views import PORTFOLIO, START, moment, target_of

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit.portfolio._portfolio import Holding, Portfolio
from riskkit.rules import Cap, DiversifyNow, Hold, Rebalance, Rule, SellLast, Trim, rule

IN, OUT = (1, 1, 1, 1, 1), (0, 9e-7, 0, 2, 2)


def beside(*others, month=1, weights=None, companions=()):
    """A view of as many paths as other books are given (their units), at the start weights."""
    weights = weights or [START] * len(others)
    other = moment(*weights, units=others, month=month)
    return moment(*weights, month=month, watched=(other, *companions))


def test_nothing_is_sold_while_the_other_book_holds_any_founder_holding():
    """Out means below 1e-6 of the start units of TSLA, SPACEX and NVDA, all three."""
    view = beside(IN, (0, 0, 1e-6, 5, 5), (0, 0.5, 0, 2, 2))
    assert target_of(SellLast(Trim(1.0, 5)), view) is None


def test_then_everything_is_sold_on_those_paths_alone():
    view = beside(IN, OUT)
    target = target_of(SellLast(Trim(1.0, 5)), view)
    np.testing.assert_array_equal(target[:, 0], view.weights[:, 0])
    np.testing.assert_allclose(target[:, 1], (0, 0, 0, 2 / 3, 1 / 3), rtol=0, atol=1e-15)
    into_cash = target_of(SellLast(Trim(1.0, 5), into={"CASH": 1}), view)
    np.testing.assert_allclose(into_cash[:, 1], (0, 0, 0, 0.2, 0.8), rtol=0, atol=1e-15)


def test_once_out_stays_out():
    """SPACEX could not be sold at first; it is sold later though the other book has bought back meanwhile."""
    plan = SellLast(Trim(1.0, 5))
    _, state = plan.decide(beside(OUT, IN), None)
    half = (0.0, 0.2, 0.0, 0.5, 0.3)
    view = beside(IN, IN, weights=[half, START])
    target, _ = plan.decide(view, state)
    np.testing.assert_allclose(target[:, 0], (0, 0, 0, 0.625, 0.375), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(target[:, 1], START)


def test_then_another_rule_is_followed():
    """Musk 0.6 down to 0.3 on the second path only."""
    view = beside(IN, OUT)
    target = target_of(SellLast(Trim(1.0, 5), then=Cap(0.3, founder="Musk")), view)
    np.testing.assert_array_equal(target[:, 0], view.weights[:, 0])
    np.testing.assert_allclose(target[:, 1], (0.2, 0.1, 0.1, 0.4, 0.2), rtol=0, atol=1e-15)
    assert target_of(SellLast(Trim(1.0, 5), then=Hold()), view) is None


def test_the_months_of_then_begin_on_each_path_when_the_other_book_is_out():
    """`then` trims everything over a year. The first path is out at month 30, the second at month 32.

    At month 32 the first has three parts of twelve to sell, the second one; its weights fall to 9/12 and 11/12 of
    the start, as nothing was sold before.
    """
    plan = SellLast(Trim(1.0, 2.5), then=Trim(1.0, 1))
    state = None
    for month, others in ((29, (IN, IN)), (30, (OUT, IN)), (31, (OUT, IN))):
        _, state = plan.decide(beside(*others, month=month), state)
    target, state = plan.decide(beside(OUT, OUT, month=32), state)
    np.testing.assert_allclose(target[0], (0.4 * 9 / 12, 0.4 * 11 / 12), rtol=0, atol=1e-15)
    target, state = plan.decide(beside(OUT, OUT, month=33), state)
    np.testing.assert_allclose(target[0], (0.4 * 8 / 12, 0.4 * 10 / 12), rtol=0, atol=1e-15)


def test_rules_that_watch_can_be_nested():
    """The last of three sells only on the path where the first and the second book are both out."""
    last = SellLast(Trim(1.0, 1), then=SellLast(Trim(1.0, 2)))
    assert last.watches() == (Trim(1.0, 1), Trim(1.0, 2))
    second = moment(START, START, START, units=(IN, OUT, OUT))
    view = beside(OUT, IN, OUT, companions=(second,))
    target = target_of(last, view)
    np.testing.assert_array_equal(target[:, :2], view.weights[:, :2])
    assert (target[:3, 2] == 0.0).all()


def test_a_state_that_is_not_an_array_cannot_begin_twice():
    class Counting(Rule):
        def decide(self, view, state):
            return None, (state or 0) + 1

    plan = SellLast(Trim(1.0, 1), then=Counting())
    _, state = plan.decide(beside(OUT, IN), None)
    _, state = plan.decide(beside(OUT, IN), state)
    with pytest.raises(InvalidInput, match=r"must be arrays with the path as last axis .*, got 1 beside 3"):
        plan.decide(beside(OUT, OUT), state)


def test_states_in_tuples_lists_and_dicts_begin_path_by_path():
    class Remembering(Rule):
        def decide(self, view, state):
            months = np.ones(view.weights.shape[1]) if state is None else state["months"][0] + 1
            return None, {"months": [months], "label": ("plan", 7)}

    plan = SellLast(Trim(1.0, 1), then=Remembering())
    state = None
    for others in ((OUT, IN), (OUT, IN), (OUT, OUT)):
        _, state = plan.decide(beside(*others), state)
    np.testing.assert_array_equal(state[1]["months"][0], (3, 1))
    assert state[1]["label"] == ("plan", 7)


def test_then_of_the_wrong_shape_is_refused():
    plan = SellLast(Trim(1.0, 1), then=rule(lambda view: view.weights[:, :1], name="first"))
    with pytest.raises(InvalidInput, match=r"then, 'first', must return weights of shape .* \(5, 2\), got \(5, 1\)"):
        plan.decide(beside(OUT, OUT), None)


def test_sell_last_decides_on_the_dates_of_then_but_not_at_time_0():
    calendar = Calendar(1, 12)
    assert SellLast(Hold()).dates(calendar).tolist() == list(range(1, 12))
    assert SellLast(Hold(), every=4).dates(calendar).tolist() == [4, 8]
    assert SellLast(Hold(), then=Cap(0.3, every=6)).dates(calendar).tolist() == [6]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: SellLast("trim"), r"SellLast: after must be a Rule \(wrap a plain function in rk.rule\), got 'trim'"),
        (lambda: SellLast(None), "SellLast: after must be a Rule"),
        (lambda: SellLast(Hold(), then=len), "SellLast: then must be a Rule"),
        (lambda: SellLast(Hold(), then=Hold(), every=3), "SellLast: every must be left out where then is given, got 3"),
        (lambda: SellLast(Hold(), then=Hold(), into={"A": 1}), "SellLast: into must be left out where then is given"),
        (lambda: SellLast(Hold(), every=-1), "SellLast: every must be >= 0, got -1"),
        (lambda: SellLast(Hold(), into={"A": 2}), "SellLast: into: shares must sum to 1, got 2"),
        (lambda: SellLast(Hold(), into={"A": 1}).check(PORTFOLIO), "SellLast: into must name one of .* got 'A'"),
        (lambda: SellLast(Cap(0.1, founder="X")).check(PORTFOLIO), "Cap: founder must name one of"),
        (lambda: SellLast(Hold(), then=Rebalance(to={"X": 1})).check(PORTFOLIO), "Rebalance: to must name one of"),
        (
            lambda: SellLast(Hold()).check(Portfolio([Holding("A", 1), Holding("B", 1)])),
            "SellLast: the portfolio must have a holding with a founder, got none",
        ),
        (
            lambda: SellLast(Hold()).check(Portfolio([Holding("A", 1, founder="Ann")])),
            "SellLast: the proceeds must have somewhere to go",
        ),
    ],
)
def test_sell_last_refuses(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()


def test_sell_last_default_is_diversify_now():
    view = beside(OUT)
    np.testing.assert_array_equal(target_of(SellLast(Hold()), view), target_of(DiversifyNow(), view))
