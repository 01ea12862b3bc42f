"""Rules with a trigger decide about the paths that fire alone, to the bits of a rule that decides about all."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pytest
from friction_scenes import fits, random_friction_scenario
from hypothesis import given
from hypothesis import strategies as st
from scenes import house, house_market
from twin_check import these_quick

import riskkit as rk
from riskkit.engine.book_view import BookView, MarketView
from riskkit.engine.execution.task import Task, _unpacked
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.kernel.structs import TriggerArrays
from riskkit.engine.path_batch import PathBatch, run_batch

PATHS = np.arange(256, dtype=np.uint64)


class AboutAll(rk.Rule):
    """A rule without its trigger: it decides about all paths."""

    inner: rk.Rule

    def decide(self, view, state):
        return self.inner.decide(view, state)

    def dates(self, calendar):
        return self.inner.dates(calendar)

    def watches(self):
        return self.inner.watches()


def about_all(scenario: rk.Scenario) -> rk.Scenario:
    return replace(scenario, rules=tuple(AboutAll(rule, name=rule.name) for rule in scenario.rules))


def ran(scenario: rk.Scenario, seed: int = 5, **options) -> PathBatch:
    return run_batch(make_run_setup(scenario, seed, **options), PATHS)


def assert_same_books(one: PathBatch, other: PathBatch) -> None:
    for name, first, second in zip(one.books._fields, one.books, other.books, strict=True):
        np.testing.assert_array_equal(first, second, err_msg=name)
    np.testing.assert_array_equal(one.marks.highs, other.marks.highs)


def rules_with_triggers(every: int, at_start: bool = False) -> tuple[rk.Rule, ...]:
    """The built-in rules that have a trigger, with few and many paths that fire."""
    return (
        rk.Band(0.05, every=every),
        rk.Band(0.0, every=every, name="always"),
        rk.Band(0.3, every=every, name="seldom"),
        rk.Band(0.03, relative=0.2, to="edge", every=every, name="edge"),
        rk.Cap(0.4, to=0.3, every=every, at_start=at_start),
        rk.Cap(0.9, every=every, name="high cap"),
        rk.Cap(0.2, founder="Bob", every=every, name="cap of Bob"),
        rk.BuyDips(0.1, 0.05, every=every),
        rk.BuyDips(0.5, 0.5, every=every, name="deep dips"),
        rk.DrawdownControl(0.4, every=every),
        rk.DrawdownControl(0.05, every=every, name="tight control"),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Same bits
# ---------------------------------------------------------------------------------------------------------------------


def random_scenario_of_triggers(number: int) -> rk.Scenario:
    """Loans, taxes, lots, windows, marks, spending, deaths and ruin, with rules that have triggers."""
    scenario = random_friction_scenario(number)
    rules = [rule for rule in rules_with_triggers(number % 3, bool(number % 2)) if fits(rule, scenario.portfolio)]
    return replace(scenario, rules=tuple(rules))


@pytest.mark.parametrize("number", these_quick(range(12), {*range(12)} - {4, 6, 11}))
def test_same_bits_as_deciding_about_all_paths_under_every_friction(number):
    scenario = random_scenario_of_triggers(number)
    expected = ran(about_all(scenario), number)
    assert all(trigger is None for trigger in expected.setup.triggers)
    assert all(trigger is not None for trigger in ran(scenario, number).setup.triggers)
    assert_same_books(ran(scenario, number), expected)
    assert_same_books(ran(scenario, number, check_triggers=True), expected)


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("start", range(12, 132, 20))
def test_same_bits_in_many_more_scenarios(start):
    for number in range(start, start + 20):
        scenario = random_scenario_of_triggers(number)
        assert_same_books(ran(scenario, number, check_triggers=True), ran(about_all(scenario), number))


def test_same_bits_in_compare_trace_replay_and_under_stratified_sampling():
    market = house_market(rk.Shock("ruling", 0.5, {"private": -0.3}))
    scenario = house(*rules_with_triggers(0, at_start=True), market=market, years=1)
    other = about_all(scenario)
    for options in ({}, {"sampling": "stratified", "on": "ruling"}, {"workers": 2, "check_triggers": True}):
        asked = {"paths": 700, "seed": 2, "progress": False, "workers": 1} | options
        found, expected = rk.compare(scenario, **asked), rk.compare(other, **asked)
        for name, values in expected.outcomes.columns.items():
            np.testing.assert_array_equal(found.outcomes.columns[name], values, err_msg=name)
    for rule in scenario.rules:
        found, expected = (rk.trace(each, rule.name, paths=[3, 130, 5], seed=2) for each in (scenario, other))
        np.testing.assert_array_equal(found.wealth, expected.wealth)
        assert found.trades.equals(expected.trades)


def test_a_result_is_saved_and_a_scenario_written_without_a_word_of_triggers(tmp_path):
    scenario = house(*rules_with_triggers(1), years=1)
    scenario.save(tmp_path / "scenario.toml")
    assert rk.Scenario.load(tmp_path / "scenario.toml") == scenario
    assert "trigger" not in (tmp_path / "scenario.toml").read_text()
    result = rk.compare(scenario, paths=200, seed=1, progress=False)
    result.save(tmp_path / "saved")
    loaded = rk.Comparison.load(tmp_path / "saved")
    np.testing.assert_array_equal(loaded.values("cap", "wealth"), result.values("cap", "wealth"))


def test_a_task_carries_the_check_to_other_processes():
    for checked in (False, True):
        setup = make_run_setup(house(rk.Cap(0.4), years=1), 1, check_triggers=checked)
        assert _unpacked(Task(setup, 1, (), np.zeros((1, 4))).packed()).setup.check_triggers is checked


def test_a_companion_with_a_trigger_has_the_bits_of_one_without():
    cap = rk.Cap(0.1, to=0.0)
    one = ran(house(rk.SellLast(after=cap), rk.SellLast(after=rk.Trim(1.0, 1.0), then=cap, name="then")))
    bare = AboutAll(cap)
    other = ran(house(rk.SellLast(after=bare), rk.SellLast(after=rk.Trim(1.0, 1.0), then=bare, name="then")))
    assert [trigger is None for trigger in one.setup.triggers] == [True, True, False, True]
    assert_same_books(one, other)


# ---------------------------------------------------------------------------------------------------------------------
# What fires, and what the rule sees
# ---------------------------------------------------------------------------------------------------------------------

#: The house with a loan, a holding in windows that is marked twice a year, and taxes.
BOUND = replace(
    house(rk.Rebalance(1), rk.Hold(), years=2),
    portfolio=rk.Portfolio(
        [
            rk.Holding("listed", 40, founder="Ann", cost=20),
            rk.Holding("private", 20, founder="Ann", liquidity=rk.TenderWindows((3, 9)), marks=rk.Marks(6)),
            rk.Holding("venture", 10, founder={"Ann": 0.3, "Bob": 0.2}, liquidity=rk.Locked(1.0)),
            rk.Holding("index", 25),
            rk.Holding("cash", 5),
        ],
        loan=rk.Loan(20, 0.05, 0.5),
    ),
    frictions=rk.Frictions(0.01, tax=rk.CapitalGains(0.25), spending=rk.Spending(0.05)),
)


def plain_formula(trigger, values, wealth, peak, price, high):
    """The rows, prices and falls of DESIGN, written path by path; None where a row is decided by rounding."""
    found = []
    for path in range(wealth.size):
        excess = [
            float(v @ values[:, path] - w * wealth[path] - m * peak[path] + 1e-10 * wealth[path])
            for v, w, m in zip(trigger.values, trigger.wealth, trigger.peak, strict=True)
        ]
        size = 1e-13 * (1.0 + np.abs(values[:, path]).sum() + wealth[path] + peak[path])
        fires = bool((price[:, path] >= trigger.price).any())
        fires |= bool((price[:, path] <= (1.0 - trigger.fallen) * high[:, path]).any())
        fires |= any(each > size for each in excess)
        found.append(None if not fires and any(each > -size for each in excess) else fires)
    return found


@pytest.fixture(scope="module")
def books():
    """A batch of bound paths, late enough for the marks to lag behind, and plain ones."""
    found = []
    for scenario in (BOUND, house(rk.Rebalance(1), rk.Hold(), years=2)):
        setup = make_run_setup(scenario, 3)
        batch = PathBatch(setup, PATHS[:128])
        for step in range(1, 17):
            batch.advance(step)
            batch.process_date()
        batch.advance(17)
        found.append(batch)
    return found


numbers = st.one_of(st.sampled_from((0.0, 1.0, -1.0)), st.floats(-1.5, 1.5))
levels = st.one_of(st.just(np.inf), st.floats(0.0, 3.0))


@given(data=st.data())
def test_what_fires_against_the_plain_formula(books, data):
    batch, book = data.draw(st.sampled_from(books)), data.draw(st.integers(0, 1))
    rows = data.draw(st.integers(0, 3))

    def drawn(strategy, *shape):
        return np.array([data.draw(strategy) for _ in range(int(np.prod(shape)))], dtype=float).reshape(shape)

    trigger = rk.Trigger(
        drawn(numbers, rows, 5), drawn(numbers, rows), drawn(numbers, rows),
        price=data.draw(st.one_of(st.none(), st.just(drawn(levels, 5)))),
        fallen=data.draw(st.one_of(st.none(), st.just(drawn(levels, 5)))),
    )  # fmt: skip
    never = np.full(5, np.inf)
    arrays = TriggerArrays(
        *map(np.array, (trigger.values, trigger.wealth, trigger.peak)),
        *(never if each is None else np.array(each) for each in (trigger.price, trigger.fallen)),
    )
    batch.setup = replace(batch.setup, triggers=(arrays, arrays))
    seen = BookView(MarketView(batch), book)
    expected = plain_formula(arrays, batch.book_units(book) * seen.price, seen.wealth, seen.peak, seen.price, seen.high)
    for found, fires in zip(np.isin(np.arange(128), batch.fired(book)), expected, strict=True):
        assert fires is None or found == fires


def test_a_row_that_is_equal_fires_and_one_that_lacks_more_than_the_slack_does_not():
    """At time 0 wealth is 1: a row of Σ V > 1 + x fires for x = 0 and 0.9e-10, not for 1.1e-10."""
    fired = {}
    for more in (0.0, 0.9e-10, 1.1e-10):
        setup = make_run_setup(house(rk.Hold()), 0)
        row = TriggerArrays(
            np.ones((1, 5)), np.array([1.0 + more]), np.zeros(1), np.full(5, np.inf), np.full(5, np.inf)
        )
        batch = PathBatch(replace(setup, triggers=(row,)), PATHS[:128])
        fired[more] = batch.fired(0).size / 128
    assert fired == {0.0: 1.0, 0.9e-10: 1.0, 1.1e-10: 0.0}


def test_the_highest_price_so_far_is_that_of_every_step_as_reported():
    """`view.high` against the running maximum of the reported prices of a replay at each step."""
    seen = {}

    class Look(rk.Rule):
        every: int = 6

        def decide(self, view, state):
            seen[view.step] = view.high.copy(), view.price.copy()
            return None, None

    scenario = replace(BOUND, rules=(Look(),))
    found = [np.ones((5, 128))]
    rk.replay(
        scenario, scenario.rules, range(128), seed=1, steps=range(1, 24),
        observe=lambda moment, first: found.append(np.maximum(found[-1], moment.reported)),
    )  # fmt: skip
    assert list(seen) == [6, 12, 18]
    for step, (high, price) in seen.items():
        np.testing.assert_array_equal(high, found[step])
        assert (high > price).any()


ARRAYS = ("units", "weights", "wealth", "peak", "drawdown", "price", "high", "gain", "sellable")
SEEN: dict[bool, list] = {}


class Fallen(rk.Rule):
    """Moves a tenth of what has fallen into cash, and notes what it sees; it watches another book."""

    fall: float = 0.3
    with_trigger: bool = True
    every: int = 1

    def decide(self, view, state):
        seen = {name: getattr(view, name).copy() for name in ARRAYS}
        seen |= {"listed": view.listed.copy(), "of all": view.founder_weight(), "step": view.step}
        seen |= {f"events of {name}": count.copy() for name, count in view.events.items()}
        seen |= {f"watched {name}": getattr(view.watched[0], name).copy() for name in ARRAYS}
        SEEN[self.with_trigger].append(seen)
        down = view.price[0] <= (1.0 - self.fall) * view.high[0]
        target = view.weights.copy()
        target[0] = np.where(down, 0.9 * view.weights[0], view.weights[0])
        target[4] += view.weights[0] - target[0]
        return target, None

    def trigger(self, portfolio):
        never = np.full(4, np.inf)
        return rk.Trigger(np.zeros((0, 5)), [], [], fallen=[self.fall, *never]) if self.with_trigger else None

    def watches(self):
        return (rk.Trim(1.0, 2.0),)


def test_a_rule_with_a_trigger_sees_the_paths_that_fire_and_no_others():
    for with_trigger in (True, False):
        SEEN[with_trigger] = []
        ran(replace(BOUND, rules=(Fallen(with_trigger=with_trigger),)))
    by_step = {seen["step"]: seen for seen in SEEN[False]}
    assert 0 < len(SEEN[True]) <= len(SEEN[False]) == 23
    for seen in SEEN[True]:
        whole = by_step[seen["step"]]
        fired = whole["price"][0] <= 0.7 * whole["high"][0]
        assert 0 < fired.sum() < 256
        assert seen.keys() == whole.keys()
        for name, values in seen.items():
            expected = whole[name] if name in ("listed", "step") else whole[name][..., fired]
            np.testing.assert_array_equal(values, expected, err_msg=name)
        assert any(name.startswith("events of") for name in seen)
    idle = set(by_step) - {seen["step"] for seen in SEEN[True]}
    assert all((by_step[step]["price"][0] > 0.7 * by_step[step]["high"][0]).all() for step in idle)


def test_a_rule_is_not_asked_where_no_path_fires():
    class Refusing(rk.Rule):
        def decide(self, view, state):
            raise AssertionError("it was asked")

        def trigger(self, portfolio):
            return rk.Trigger(np.zeros((0, 5)), [], [], price=[1e9] * 5)

    scenario = house(Refusing(), rk.Hold())
    result = rk.compare(scenario, paths=200, progress=False)
    np.testing.assert_array_equal(result.values("refusing", "wealth"), result.values("hold", "wealth"))


def test_the_view_of_fired_paths_is_read_only_and_ends_with_the_date():
    kept = []

    class Keeping(rk.Rule):
        every: int = 12

        def decide(self, view, state):
            kept.append(view)
            for array in (view.weights, view.events["crash"]):
                with pytest.raises(ValueError, match="read-only"):
                    array[:] = 0
            return None, None

        def trigger(self, portfolio):
            return rk.Trigger([[1.0, 0, 0, 0, 0]], [0.4], [0.0])

    ran(house(Keeping()))
    assert kept[0].weights.shape[1] < 256
    with pytest.raises(rk.InvalidInput, match="only while decide"):
        _ = kept[0].price


# ---------------------------------------------------------------------------------------------------------------------
# States
# ---------------------------------------------------------------------------------------------------------------------

Pair = namedtuple("Pair", "count last")


class Typed(NamedTuple):
    count: np.ndarray
    last: np.ndarray


@dataclass(frozen=True)
class Frozen:
    count: np.ndarray
    last: np.ndarray


@dataclass(slots=True)
class Slotted:
    count: np.ndarray
    last: Frozen | None


FORMS = {
    "array": (lambda count, last: count + 0.5 * (last[0] > 1.0), lambda state: (np.floor(state), None)),
    "tuple": (lambda count, last: (count, last), lambda state: state),
    "dict": (lambda count, last: {"count": count, 7: last}, lambda state: (state["count"], state[7])),
    "named tuple": (Pair, lambda state: (state.count, state.last)),
    "typed tuple": (Typed, lambda state: state),
    "frozen dataclass": (Frozen, lambda state: (state.count, state.last)),
    "nested": (
        lambda count, last: {"in": (Slotted(count, Frozen(last, last > 1.0)), None), "empty": ()},
        lambda state: (state["in"][0].count, state["in"][0].last.count),
    ),
}


class Ladder(rk.Rule):
    """Each time the listed price is a tenth above its last rung: a tenth of it into cash. It counts rungs by path."""

    form: str = "tuple"
    every: int = 0

    def decide(self, view, state):
        make, read = FORMS[self.form]
        count, last = (np.zeros(view.wealth.shape), np.ones_like(view.price)) if state is None else read(state)
        last = 1.1**count * np.ones_like(view.price) if last is None else last
        up = view.price[0] >= 1.1 * last[0]
        target = view.weights.copy()
        target[0] = np.where(up, 0.9 * view.weights[0], view.weights[0])
        target[4] += view.weights[0] - target[0]
        return target, make(count + up, np.where(up, 1.1 * last, last))

    def trigger(self, portfolio):
        return rk.Trigger(np.zeros((0, 5)), [], [], price=[1.1, *np.full(4, np.inf)])


@pytest.mark.parametrize("form", FORMS)
def test_a_state_of_each_form_is_that_of_deciding_about_all_paths(form):
    scenario = house(Ladder(form), years=1, steps_per_year=52)
    assert_same_books(ran(scenario, check_triggers=True), ran(about_all(scenario)))
    count = ran(scenario).account(0, 0)  # rebalances
    assert count.min() == 0.0
    assert count.max() > 3.0


class Latch(rk.Rule):
    """Sells the listed holding once, when its price is 1.2; before that it has no state at all."""

    every: int = 1

    def decide(self, view, state):
        sold = np.zeros(view.wealth.shape, bool) if state is None else state
        now = (view.price[0] >= 1.2) & ~sold
        if not now.any():
            return None, state
        target = view.weights.copy()
        target[0] = np.where(now, 0.0, view.weights[0])
        target[4] += view.weights[0] - target[0]
        return target, sold | now

    def trigger(self, portfolio):
        return rk.Trigger(np.zeros((0, 5)), [], [], price=[1.2, *np.full(4, np.inf)])


def test_a_rule_may_have_no_state_until_it_acts():
    scenario = house(Latch())
    assert_same_books(ran(scenario, check_triggers=True), ran(about_all(scenario)))


class Changing(rk.Rule):
    """Its state has another form after the second time that a path fires: none, then one number, then two."""

    every: int = 1

    def decide(self, view, state):
        target = view.weights.copy()
        share = 0.9 if state is None else 0.8 if isinstance(state, np.ndarray) else 0.7
        target[0] *= share
        target[4] += view.weights[0] - target[0]
        one = np.zeros(view.wealth.shape)
        return target, one if state is None else (one, one)

    def trigger(self, portfolio):
        return rk.Trigger(np.zeros((0, 5)), [], [], price=[1.2, *np.full(4, np.inf)])


def test_paths_whose_states_have_other_forms_are_asked_apart():
    """Fired once, twice and three times: 0.9, 0.8 and 0.7 of what there was, each path by its own count."""
    prices, units = {}, {}

    def note(moment, first):
        prices[moment.step], units[moment.step] = moment.price[0], moment.book("changing").units[0]

    scenario = replace(house(Changing(), years=1), frictions=rk.Frictions())
    rk.replay(scenario, scenario.rules, range(256), seed=1, observe=note, steps=range(1, 13))
    count = np.zeros(256, int)
    for step in range(1, 12):
        fires = prices[step] >= 1.2
        share = np.where(fires, np.array([0.9, 0.8, 0.7])[np.minimum(count, 2)], 1.0)
        np.testing.assert_allclose(units[step + 1], units[step] * share, rtol=1e-12)
        count += fires
    assert set(count) >= {0, 1, 2, 3}


class Stateful(rk.Rule):
    """Returns whatever state it is given to return."""

    make: object = None
    every: int = 1

    def decide(self, view, state):
        return None, self.make(view.wealth.size)

    def trigger(self, portfolio):
        return rk.Trigger([[1.0, 0, 0, 0, 0]], [0.39], [0.0])


@pytest.mark.parametrize(
    ("make", "received"),
    [
        (lambda paths: [np.zeros(paths)], r"list \[array\("),
        (lambda paths: 7, "int 7"),
        (lambda paths: (np.zeros(paths), "text"), "str 'text'"),
        (lambda paths: {"a": np.zeros(paths + 1)}, r"an array of shape \(\d+,\) on \d+ paths"),
        (lambda paths: np.zeros((paths, 5)), r"an array of shape \(\d+, 5\) on \d+ paths"),
        (lambda paths: np.float64(1.0), "float64 np.float64|float64 1.0"),
        (lambda paths: np.array(1.0), r"an array of shape \(\)"),
        (lambda paths: object(), "object <object"),
        (lambda paths: Frozen, "type <class"),
        (lambda paths: Frozen(np.zeros(paths), {1, 2}), "set {1, 2}"),
        (lambda paths: np.ma.zeros(paths), "MaskedArray"),
    ],
)
def test_a_state_of_another_form_is_refused_at_the_first_date(make, received):
    allowed = "must be None or arrays with the path as last axis, in tuples, dicts or dataclasses, got"
    with pytest.raises(rk.InvalidInput, match=rf"rule 'stateful': the state of a rule with a trigger {allowed}") as at:
        ran(house(Stateful(make)))
    import re

    assert re.search(received, str(at.value))
    assert str(at.value).endswith("at step 1 (0.08333 years)")


def test_a_stored_state_is_a_copy():
    """The rule returns one array of its own each time; what is stored of it must not change it, nor follow it."""
    own = {}

    class Reusing(rk.Rule):
        every: int = 1

        def decide(self, view, state):
            mine = own.setdefault(view.wealth.size, np.zeros(view.wealth.size))
            if state is not None:
                assert (state == 0.0).all()
                state += 1.0
            assert (mine == 0.0).all()
            return None, mine

        def trigger(self, portfolio):
            return rk.Trigger([[1.0, 0, 0, 0, 0]], [0.39], [0.0])

    ran(house(Reusing()))
    assert len(own) > 3


# ---------------------------------------------------------------------------------------------------------------------
# Wrong triggers
# ---------------------------------------------------------------------------------------------------------------------


class Wrong(rk.Rule):
    """A cap on the listed holding whose trigger lies too high, or that is wrong in another way."""

    how: str = ""
    every: int = 1

    def decide(self, view, state):
        limit = np.full(view.wealth.shape, 0.42)
        if self.how == "looks at its neighbours":
            limit[:] = 0.5 * view.weights[0].mean() + 0.2
        if self.how == "counts from its first date":
            state = np.full(view.wealth.shape, view.time) if state is None else state
            limit = limit + 0.05 * (view.time - state)
        if self.how == "counts its dates":
            state = np.zeros(view.wealth.shape) if state is None else state
            state = state + 1.0
        over = view.weights[0] > limit
        target = view.weights.copy()
        target[0] = np.where(over, limit, view.weights[0])
        target[4] += view.weights[0] - target[0]
        return target, state

    def trigger(self, portfolio):
        limit = 0.45 if self.how == "trades below" else 0.42
        return rk.Trigger([np.array([1.0, 0, 0, 0, 0]) - limit], [0.0], [0.0])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("trades below", "its trigger must fire wherever it trades, but it does not on path"),
        ("counts its dates", "its trigger must fire wherever its state changes, but it does not on path"),
        ("looks at its neighbours", "it trades, but it does not on path|must treat each path by itself"),
        ("counts from its first date", "must treat each path by itself, but it decides otherwise about all paths than"),
    ],
)
def test_the_check_finds_a_wrong_trigger(how, message):
    scenario = house(Wrong(how))
    with pytest.raises(rk.InvalidInput, match=rf"rule 'wrong', at step \d+ \(.* years\): .*({message})") as refused:
        rk.compare(scenario, paths=300, seed=1, progress=False, check_triggers=True)
    assert "its weights are [" in str(refused.value)
    rk.compare(scenario, paths=300, seed=1, progress=False)  # which is not looked for without the check


def test_the_check_finds_no_fault_in_a_right_one():
    scenario = house(Wrong("nothing"), Ladder(), Latch())
    rk.compare(scenario, paths=300, seed=1, progress=False, check_triggers=True)


def test_the_check_is_true_or_false():
    with pytest.raises(rk.InvalidInput, match="check_triggers must be True or False, got 1"):
        rk.compare(house(rk.Hold()), paths=10, check_triggers=1)


@pytest.mark.parametrize(
    ("trigger", "received"),
    [("always", "'always'"), (True, "True"), (rk.Trigger([[1.0, 2.0]], [0], [0]), "one of 2 assets")],
)
def test_what_is_no_trigger_of_the_portfolio_is_refused(trigger, received):
    class Other(rk.Rule):
        def decide(self, view, state):
            return None, None

        def trigger(self, portfolio):
            return trigger

    message = rf"rule 'other': trigger\(portfolio\) must return None or a Trigger of 5 assets, got {received}"
    with pytest.raises(rk.InvalidInput, match=message):
        rk.compare(house(Other()), paths=10, progress=False)


def test_a_target_of_all_paths_is_refused_where_some_fire():
    class TooMany(rk.Rule):
        def decide(self, view, state):
            return np.full((5, 256), 0.2), None

        def trigger(self, portfolio):
            return rk.Trigger([[1.0, 0, 0, 0, 0]], [0.4], [0.0])

    with pytest.raises(rk.InvalidInput, match=r"target must be an array of numbers of shape \(asset, path\) = \(5, "):
        ran(house(TooMany()))


def test_a_target_that_is_not_valid_is_refused_with_the_number_of_its_path():
    class Greedy(rk.Rule):
        def decide(self, view, state):
            return 2.0 * view.weights, None

        def trigger(self, portfolio):
            return rk.Trigger([[1.0, 0, 0, 0, 0]], [0.4], [0.0])

    batch = PathBatch(make_run_setup(house(Greedy()), 5), PATHS)
    batch.advance(1)
    first = int(batch.fired(0)[0])
    assert first > 0
    with pytest.raises(rk.InvalidInput, match=rf"\(sum 2\) on path {first} at step 1 "):
        batch.process_date()


def test_a_class_that_decides_anew_does_not_inherit_a_trigger():
    class Eager(rk.Cap):
        def decide(self, view, state):
            return super().decide(view, state)

    class Same(rk.Cap):
        pass

    portfolio = house().portfolio
    assert Eager(0.4).trigger(portfolio) is None
    assert Same(0.4).trigger(portfolio) == rk.Cap(0.4).trigger(portfolio)
