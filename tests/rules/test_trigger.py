"""Trigger: its fields, and the triggers of the built-in rules against what these rules do."""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_views import PORTFOLIO

from riskkit._core.errors import InvalidInput
from riskkit.rules import (
    CPPI,
    Band,
    BuyDips,
    Cap,
    DiversifyNow,
    DrawdownControl,
    Hold,
    Rebalance,
    SellDown,
    SellLast,
    TakeProfit,
    Trigger,
    Trim,
    View,
)

WITH_TRIGGER = [
    Band(0.05),
    Band(0.0),
    Band(0.15),
    Band(0.02, relative=0.3),
    Band(0.02, relative=0.2, to="edge"),
    Band(math.inf),
    Band(0.05, relative=math.inf),
    Cap(0.3),
    Cap(0.0),
    Cap(1.0),
    Cap(0.25, founder="Huang", to=0.01),
    Cap(0.2, holding="INDEX"),
    BuyDips(0.2, 0.3),
    DrawdownControl(0.4),
    DrawdownControl(1e-6),
    DrawdownControl(0.999),
    DrawdownControl(0.3, founder="Huang"),
]
#: Those that sell later what a date cannot sell, or are to act on each date.
WITHOUT = [Hold(), DiversifyNow(), Rebalance(), Trim(0.5, 5), TakeProfit(2, 0.5), SellDown({"TSLA": [0.5]}),
           SellLast(Hold()), DrawdownControl(0.4, buy_back=True), CPPI(0.5, 2)]  # fmt: skip
PATHS = 4


def fired(trigger, values, wealth, peak, price, high):
    """The formula in SEMANTICS, for one path: a row, a price or a fall."""
    rows = [
        sum(v * x for v, x in zip(row, values, strict=True)) > w * wealth + m * peak - 1e-10 * wealth
        for row, w, m in zip(trigger.values, trigger.wealth, trigger.peak, strict=True)
    ]
    prices = [] if trigger.price is None else [p >= level for p, level in zip(price, trigger.price, strict=True)]
    falls = [] if trigger.fallen is None else [
        p <= (1.0 - fall) * top for p, top, fall in zip(price, high, trigger.fallen, strict=True)
    ]  # fmt: skip
    return any(rows) or any(prices) or any(falls)


@st.composite
def dates(draw):
    """Consecutive dates of some books: shares of gross 1, net wealth below it (a loan) or above it (hedges), highs."""
    sizes = st.one_of(st.just(0.0), st.floats(1e-9, 1.0), st.just(1e-300))
    near = st.sampled_from((0.0, 1e-16, -1e-16, 1e-13, -1e-13, 1e-9, 0.02, -0.02))
    found, high = [], np.ones((5, PATHS))
    for _ in range(3):
        if draw(st.booleans()):
            weights = np.array(PORTFOLIO.weights)[:, None] * np.ones((5, PATHS))
            weights += np.array([[draw(near) for _ in range(PATHS)] for _ in range(5)])
            weights = np.maximum(weights, 0.0)
        else:
            weights = np.array([[draw(sizes) for _ in range(PATHS)] for _ in range(5)])
            weights[draw(st.integers(0, 4))] += 0.1
        price = np.array([[draw(st.floats(0.1, 4.0)) for _ in range(PATHS)] for _ in range(5)])
        high = np.maximum(high, np.maximum(price, draw(st.floats(0.1, 5.0))))
        wealth = np.array([draw(st.one_of(st.just(1.0), st.floats(1e-12, 1.5))) for _ in range(PATHS)])
        fall = np.array([draw(st.one_of(st.floats(0.0, 1.0 - 1e-9), st.just(0.0))) for _ in range(PATHS)])
        found.append(
            {
                "weights": weights / weights.sum(axis=0),
                "wealth": wealth,
                "peak": wealth / (1.0 - fall),
                "price": price,
                "high": high,
            }
        )
    for each in found:
        each["drawdown"] = 1.0 - each["wealth"] / each["peak"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("rule", WITH_TRIGGER, ids=repr)
@settings(max_examples=60, deadline=None)
@given(dates=dates())
def test_a_rule_neither_trades_nor_changes_its_state_where_its_trigger_does_not_fire(rule, dates):
    trigger, state = rule.trigger(PORTFOLIO), None
    for month, date in enumerate(dates, start=1):
        view = View(PORTFOLIO, step=21 * month, time=month / 12, read=date.__getitem__)
        target, after = rule.decide(view, state)
        for path in range(PATHS):
            values, price, high = (date[name][:, path] for name in ("weights", "price", "high"))
            if fired(trigger, values, date["wealth"][path], date["peak"][path], price, high):
                continue
            if target is not None:
                np.testing.assert_allclose(target[:, path], values, rtol=0, atol=1e-12)
            if after is not None:
                np.testing.assert_array_equal(after[..., path], 0.0 if state is None else state[..., path])
        state = after


@pytest.mark.parametrize("rule", WITH_TRIGGER, ids=repr)
def test_a_trigger_does_not_fire_everywhere(rule):
    """On a path on which the rule is idle by far: no trigger fires, but where the rule is never idle."""
    calm = np.array([0.05, 0.02, 0.01, 0.1, 0.82]) if isinstance(rule, (Cap, DrawdownControl)) else PORTFOLIO.weights
    idle = not fired(rule.trigger(PORTFOLIO), np.array(calm), 1.0, 1.0, np.ones(5), np.ones(5))
    assert idle == (rule not in (Band(0.0), Cap(0.0), Cap(0.0625, founder="Huang")))


def test_the_trigger_of_a_band_by_hand():
    """Two holdings, 70 % and 30 %, in bands of 0.4: 0.3 … 1.1 and -0.1 … 0.7. Only two of the four edges exist."""
    from riskkit.portfolio._portfolio import Holding, Portfolio

    two = Portfolio([Holding("A", 70, founder="Ann"), Holding("B", 30)])
    trigger = Band(0.4).trigger(two)
    np.testing.assert_allclose(trigger.values, [[-0.7, 0.3], [-0.7, 0.3]], rtol=0, atol=2e-12)
    assert len(Band(math.inf).trigger(two).values) == 0


def test_the_triggers_of_the_other_rules_by_hand():
    """TSLA 40 %, SPACEX 20 % (not listed), NVDA 10 % (half a founder's), INDEX 20 %, CASH 10 %."""
    assert Cap(0.3).trigger(PORTFOLIO) == Trigger([np.array([1.0, 1.0, 0.5, 0.0, 0.0]) - 0.3], [0], [0])
    assert Cap(0.3, holding="INDEX").trigger(PORTFOLIO) == Trigger([np.array([0, 0, 0, 1, 0]) - 0.3], [0], [0])
    dips = BuyDips(0.2, 0.1).trigger(PORTFOLIO)
    assert dips == Trigger(np.zeros((0, 5)), [], [], fallen=[0.2, math.inf, 0.2, math.inf, math.inf])
    control = DrawdownControl(0.4).trigger(PORTFOLIO)
    share = np.array([1.0, 1.0, 0.5, 0.0, 0.0])
    np.testing.assert_allclose(control.values, [0.4 * share, 0.4 * share - 0.65], rtol=1e-15)
    np.testing.assert_allclose(control.wealth, [0.65, 0.0], rtol=1e-15)
    np.testing.assert_allclose(control.peak, [-0.39, -0.39], rtol=1e-15)


@pytest.mark.parametrize("rule", WITHOUT, ids=repr)
def test_rules_that_ask_again_or_on_each_date_have_no_trigger(rule):
    assert rule.trigger(PORTFOLIO) is None


# ---------------------------------------------------------------------------------------------------------------------
# The data
# ---------------------------------------------------------------------------------------------------------------------

FULL = Trigger([[0.7, -0.3], [1, 0]], [0.0, 0.5], [0, -0.1], price=[2.0, math.inf], fallen=[math.inf, 0.3])


def test_a_trigger_is_frozen_data():
    assert pickle.loads(pickle.dumps(FULL)) == FULL
    assert copy.deepcopy(FULL) == FULL == copy.copy(FULL)
    assert hash(copy.deepcopy(FULL)) == hash(FULL)
    for same in (FULL, pickle.loads(pickle.dumps(FULL))):
        with pytest.raises(ValueError, match="read-only"):
            same.values[0, 0] = 1.0
        with pytest.raises(FrozenInstanceError):
            same.price = None
    assert repr(FULL).startswith("Trigger(values=array(")
    assert all(array.dtype == np.float64 for array in (FULL.values, FULL.wealth, FULL.peak, FULL.price, FULL.fallen))


def test_what_is_passed_is_copied():
    values = np.array([[1.0, 2.0]])
    trigger = Trigger(values, [0], [0])
    values[:] = 5.0
    assert trigger == Trigger([[1, 2]], [0.0], [0.0])


def test_triggers_are_equal_by_value():
    assert Trigger([[1.0, 0.0]], [0], [0]) == Trigger(np.array([[1, -0.0]]), [-0.0], [0])
    others = [
        Trigger([[1.0, 1.0]], [0], [0]),
        Trigger([[1.0, 0.0]], [1], [0]),
        Trigger([[1.0, 0.0]], [0], [1]),
        Trigger([[1.0, 0.0]], [0], [0], price=[math.inf] * 2),
        Trigger([[1.0, 0.0]], [0], [0], fallen=[math.inf] * 2),
        Trigger(np.zeros((0, 2)), [], []),
        Trigger(np.zeros((0, 3)), [], []),
    ]
    assert len({*others, Trigger([[1.0, 0.0]], [0], [0])}) == 8
    assert Trigger([[1.0]], [0], [0]) != "trigger"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Trigger([1.0, 2.0], [0], [0]), r"values must be numbers of shape \(row, asset\), got \[1.0, 2.0\]"),
        (lambda: Trigger(np.ones((1, 2, 3)), [0], [0]), r"values must be .*, got float64 of shape \(1, 2, 3\)"),
        (lambda: Trigger([[1.0], [1.0, 2.0]], [0], [0]), "values must be numbers of shape"),
        (lambda: Trigger([["a"]], [0], [0]), "values must be numbers of shape"),
        (lambda: Trigger([[True]], [0], [0]), "values must be numbers of shape"),
        (lambda: Trigger(None, [0], [0]), "values must be numbers of shape .*, got None"),
        (lambda: Trigger(np.zeros((1, 0)), [0], [0]), "values must have at least one asset"),
        (lambda: Trigger([[math.nan]], [0], [0]), r"values must be finite, got \[\[nan\]\]"),
        (lambda: Trigger([[1.0]], [0, 0], [0]), r"wealth must be numbers of shape \(row\) = \(1,\), got \[0, 0\]"),
        (lambda: Trigger([[1.0]], 0.0, [0]), r"wealth must be numbers of shape \(row\) = \(1,\), got 0.0"),
        (lambda: Trigger([[1.0]], [0], [math.inf]), r"peak must be finite, got \[inf\]"),
        (lambda: Trigger([[1.0]], [0], [0], [1.0, 2.0]), r"price must be numbers of shape \(asset\) = \(1,\), got"),
        (lambda: Trigger([[1.0]], [0], [0], [math.nan]), r"price must be >= 0 \(inf: never\), got \[nan\]"),
        (lambda: Trigger([[1.0]], [0], [0], fallen=[-0.1]), r"fallen must be >= 0 \(inf: never\), got \[-0.1\]"),
    ],
)
def test_a_trigger_refuses(build, message):
    with pytest.raises(InvalidInput, match=f"Trigger: {message}"):
        build()
