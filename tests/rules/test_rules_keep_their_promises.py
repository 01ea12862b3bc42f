"""What holds for every built-in rule, whatever the moment."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_views import PORTFOLIO, moment

from riskkit.rules import (
    CPPI,
    Band,
    BuyDips,
    Cap,
    DiversifyNow,
    DrawdownControl,
    Hold,
    Rebalance,
    SellLast,
    TakeProfit,
    Trim,
)

RULES = [
    Hold(),
    DiversifyNow(),
    DiversifyNow(into={"CASH": 0.3, "INDEX": 0.7}),
    Rebalance(),
    Rebalance(to={"NVDA": 0.1, "CASH": 0.9}),
    Band(0.05),
    Band(0.02, relative=0.2, to="edge"),
    Band(math.inf),
    Cap(0.3),
    Cap(0.25, founder="Huang", to=0.01),
    Cap(0.2, holding="INDEX"),
    Trim(0.7, years=0.2),
    Trim(1.0, years=0.1, founder="Musk", into={"NVDA": 0.5, "CASH": 0.5}),
    TakeProfit(1.2, 0.3),
    BuyDips(0.2, 0.3),
    DrawdownControl(0.4),
    DrawdownControl(0.4, buy_back=True),
    DrawdownControl(0.5, founder="Musk", into={"NVDA": 0.5, "CASH": 0.5}, buy_back=True),
    CPPI(0.3, 2.0),
    CPPI(0.0, 1e3, founder="Huang"),
    SellLast(Hold()),
    SellLast(Hold(), then=Trim(0.5, years=0.2)),
]
SELLERS = [
    rule
    for rule in RULES
    if not isinstance(rule, (Rebalance, Band, BuyDips, CPPI)) and not getattr(rule, "buy_back", False)
]
PATHS = 3


@st.composite
def books(draw):
    """Three months of three paths: weights that sum to 1 with some of them 0, units, prices and drawdowns."""
    views = []
    size = st.one_of(st.just(0.0), st.floats(1e-9, 1.0), st.just(1e-300))
    units = st.sampled_from((0.0, 1e-7, 0.3, 1.0))
    for _ in range(3):
        raw = np.array([[draw(size) for _ in range(PATHS)] for _ in range(5)])
        raw[draw(st.integers(0, 4))] += 0.1
        views.append(
            {
                "weights": raw / raw.sum(axis=0),
                "units": np.array([[draw(units) for _ in range(PATHS)] for _ in range(5)]),
                "price": np.array([[draw(st.floats(0.1, 4.0)) for _ in range(PATHS)] for _ in range(5)]),
                "drawdown": np.array([draw(st.floats(0.0, 1.0)) for _ in range(PATHS)]),
                "wealth": np.array([draw(st.floats(0.0, 5.0)) for _ in range(PATHS)]),
            }
        )
    return views


def consulted(rule, months, columns=slice(None)):
    """Targets of consecutive months, on some of the paths; the present weights where the rule wants no trade."""
    state, targets, high = None, [], 1.0
    for month, quantities in enumerate(months, start=1):
        part = {name: values[..., columns] for name, values in quantities.items()}
        high = np.maximum(high, part["price"])
        weights, units, price = part["weights"].T, part["units"].T, part["price"].T
        other = moment(*weights, units=units, month=month)
        seen = {"units": units, "price": price, "high": high.T, "drawdown": part["drawdown"], "wealth": part["wealth"]}
        view = moment(*weights, **seen, month=month, watched=(other,))
        target, state = rule.decide(view, state)
        targets.append(part["weights"] if target is None else target)
    return targets


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES, ids=repr)
@settings(max_examples=40, deadline=None)
@given(months=books())
def test_targets_are_weights(rule, months):
    rule.check(PORTFOLIO)
    for target in consulted(rule, months):
        assert np.isfinite(target).all()
        assert (target >= 0.0).all()
        np.testing.assert_allclose(target.sum(axis=0), 1.0, rtol=0, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES, ids=repr)
@settings(max_examples=25, deadline=None)
@given(months=books())
def test_a_path_has_the_same_target_in_a_batch_of_any_size(rule, months):
    together = consulted(rule, months)
    for path in range(PATHS):
        alone = consulted(rule, months, slice(path, path + 1))
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[:, 0], all_of_them[:, path])


@pytest.mark.slow
@pytest.mark.parametrize("rule", SELLERS, ids=repr)
@settings(max_examples=25, deadline=None)
@given(months=books())
def test_rules_that_sell_never_buy_what_they_sell(rule, months):
    for month, target in zip(months, consulted(rule, months), strict=True):
        founder = PORTFOLIO.shares() > 0.0
        if getattr(rule, "into", None):
            founder &= [name not in rule.into for name in PORTFOLIO.names]
        if getattr(rule, "holding", None):
            founder = np.array([name == rule.holding for name in PORTFOLIO.names])
        assert (target[founder] <= month["weights"][founder]).all()


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_rules_are_plain_data(rule):
    assert pickle.loads(pickle.dumps(rule)) == rule
    assert copy.copy(rule) == rule
    assert hash(copy.deepcopy(rule)) == hash(rule)
    assert repr(rule).startswith(type(rule).__name__)
    with pytest.raises(AttributeError):
        rule.name = "other"


def test_default_names_are_the_classes_in_words():
    assert [rule.name for rule in (Hold(), DiversifyNow(), Rebalance(), Band(0.1), Cap(0.3), Trim(0.5, 5))] == [
        "hold", "diversify now", "rebalance", "band", "cap", "trim",
    ]  # fmt: skip
    names = [rule.name for rule in (TakeProfit(2, 0.5), BuyDips(0.3, 0.1), SellLast(Hold()), DrawdownControl(0.3))]
    assert names == ["take profit", "buy dips", "sell last", "drawdown control"]
    assert CPPI(0.7, 2).name == "cppi"
    assert Cap(0.3, name="mine").name == "mine"
