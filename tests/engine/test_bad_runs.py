"""Runs that are refused or stopped: bad arguments, bad targets, expired views, too little memory, Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import threading
import time

import numpy as np
import pytest
from scenes import house, house_market, house_portfolio

import riskkit as rk
from riskkit.engine import _trace as engine_trace
from riskkit.engine import pilot
from riskkit.engine.execution import memory


def quick(*rules, **more):
    return house(*(rules or (rk.Hold(),)), **{"years": 1, **more})


def compare(scenario, paths=10, seed=0, workers=1, progress=False):
    return rk.compare(scenario, paths=paths, seed=seed, workers=workers, progress=progress)


# ---------------------------------------------------------------------------------------------------------------------
# Arguments
# ---------------------------------------------------------------------------------------------------------------------

SEEDS = [
    (1.0, r"seed must be a whole number, got 1\.0"),
    (True, "seed must be a whole number, got True"),
    ("7", "seed must be a whole number, got '7'"),
    (None, "seed must be a whole number, got None"),
    (float("nan"), "seed must be a whole number, got nan"),
    (-1, r"seed must be from 0 to 2\*\*64 - 1, got -1"),
    (2**64, r"seed must be from 0 to 2\*\*64 - 1, got 18446744073709551616"),
]
PATHS = [
    (0, "paths must be >= 1, got 0"),
    (-5, "paths must be >= 1, got -5"),
    (1.5, r"paths must be a whole number, got 1\.5"),
    (100.0, r"paths must be a whole number, got 100\.0"),
    (True, "paths must be a whole number, got True"),
    (None, "paths must be a whole number, got None"),
]


@pytest.mark.parametrize(("value", "message"), SEEDS)
def test_seeds_that_are_not_whole_numbers_are_refused(value, message):
    with pytest.raises(rk.InvalidInput, match=message):
        compare(quick(), seed=value)
    with pytest.raises(rk.InvalidInput, match=message):
        rk.trace(quick(), "hold", paths=1, seed=value)
    with pytest.raises(rk.InvalidInput, match=message):
        rk.sample(house_market(), years=1, paths=1, seed=value)


@pytest.mark.parametrize(("value", "message"), PATHS)
def test_counts_of_paths_below_one_or_not_whole_are_refused(value, message):
    with pytest.raises(rk.InvalidInput, match=message):
        compare(quick(), paths=value)
    with pytest.raises(rk.InvalidInput, match=message):
        rk.trace(quick(), "hold", paths=value)
    with pytest.raises(rk.InvalidInput, match=message):
        rk.sample(house_market(), years=1, paths=value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "paths must name at least one path, got none"),
        ([3, -1], r"paths: each number must be >= 0 .*got -1"),
        ([0.0], r"paths: each number must be a whole number, got 0\.0"),
        (np.array([1.0]), "paths: each number must be a whole number, got"),
        ("12", "paths: each number must be a whole number, got '1'"),
    ],
)
def test_lists_of_paths_that_are_no_numbers_are_refused(value, message):
    with pytest.raises(rk.InvalidInput, match=message):
        rk.trace(quick(), "hold", paths=value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"workers": 0}, "workers must be >= 1, got 0"),
        ({"workers": 1.5}, r"workers must be a whole number, got 1\.5"),
        ({"workers": True}, "workers must be a whole number, got True"),
        ({"progress": "yes"}, "progress must be None, True, False or a callable, got 'yes'"),
        ({"progress": 1}, "progress must be None, True, False or a callable, got 1"),
    ],
)
def test_other_arguments_of_compare_are_refused_with_what_came(more, message):
    with pytest.raises(rk.InvalidInput, match=message):
        compare(quick(), **more)


def test_objects_of_another_kind_are_refused():
    with pytest.raises(rk.InvalidInput, match="scenario must be a Scenario, got 'baron'"):
        compare("baron")
    with pytest.raises(rk.InvalidInput, match="scenario must be a Scenario, got None"):
        rk.trace(None, "hold")
    with pytest.raises(rk.InvalidInput, match=r"market must be a Market, got \{\}"):
        rk.sample({}, years=1)
    with pytest.raises(rk.InvalidInput, match="rule must be a Rule or the name of one, got 3"):
        rk.trace(quick(), 3)
    with pytest.raises(rk.InvalidInput, match="rule must be a Rule or the name of one, got <class"):
        rk.trace(quick(), rk.Hold)


def test_a_rule_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(
        rk.InvalidInput, match=r"rule must name one of 'hold', 'cap', got 'capp' \(did you mean 'cap'\?\)"
    ):
        rk.trace(quick(rk.Hold(), rk.Cap(0.4)), "capp")


def test_a_rule_that_cannot_be_applied_is_refused_by_trace_as_by_a_scenario():
    with pytest.raises(rk.InvalidInput, match="Cap: founder must name one of 'Ann', 'Bob', got 'Carl'"):
        rk.trace(quick(), rk.Cap(0.4, founder="Carl"))


@pytest.mark.parametrize(
    ("years", "steps", "message"),
    [
        (0, 12, r"years must be > 0, got 0\.0"),
        (-1, 12, r"years must be > 0, got -1\.0"),
        (1, 0, "steps_per_year must be >= 1, got 0"),
        (0.3, 12, r"years \* steps_per_year must be a whole number of steps"),
    ],
)
def test_horizons_that_cannot_be_stepped_are_refused(years, steps, message):
    with pytest.raises(rk.InvalidInput, match=message):
        rk.sample(house_market(), years=years, steps_per_year=steps, paths=1)
    with pytest.raises(rk.InvalidInput, match=message):
        quick(years=years, steps_per_year=steps)


@pytest.mark.slow
def test_a_loan_is_refused_or_carried_but_never_forgotten():
    """Wealth is net of the loan and starts at 1."""
    portfolio = rk.Portfolio(house_portfolio().holdings, loan=rk.Loan(30, 0.05, 0.5))
    refusal = ""
    try:
        scenario = rk.Scenario(portfolio, house_market(), [rk.Hold()], years=1, steps_per_year=12)
        start = rk.trace(scenario, "hold").wealth[0, 0]
    except rk.InvalidInput as error:
        refusal, start = str(error), 1.0
    assert "loan" in refusal or start == pytest.approx(1.0)


# ---------------------------------------------------------------------------------------------------------------------
# Targets
# ---------------------------------------------------------------------------------------------------------------------


def spoiled(spoil):
    """A rule that from month 3 on spoils the weights of the path whose first price is the lowest."""

    def spoil_one(view):
        target = view.weights.copy()
        return spoil(target, int(np.argmin(view.price[0]))) if view.step >= 3 else target

    return rk.rule(spoil_one, name="spoiler")


def lowest_path():
    prices = rk.sample(house_market(), years=1, steps_per_year=12, paths=128, seed=0).prices
    return int(np.argmin(prices[3, 0]))


def put(row, value):
    def spoil(target, path):
        target[row, path] = value
        return target

    return spoil


def scaled(factor):
    def spoil(target, path):
        target[:, path] *= factor
        return target

    return spoil


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoil",
    [
        put(1, np.nan),
        put(0, np.inf),
        put(2, -np.inf),
        put(4, -0.2),
        scaled(0.9),
        scaled(1.1),
        scaled(0.0),
        scaled(-1.0),
    ],
    ids=["nan", "inf", "-inf", "negative", "sum .9", "sum 1.1", "sum 0", "sum -1"],
)
def test_a_target_that_is_no_weights_is_refused_with_rule_path_and_date(spoil, monkeypatch):
    monkeypatch.setattr(pilot, "PILOT_PATHS", 128)
    message = (
        r"rule 'spoiler': a path's target must be finite, >= 0 and sum to 1, got \[.*\] \(sum .*\) "
        rf"on path {lowest_path()} at step 3 \(0\.25 years\)"
    )
    with pytest.raises(rk.InvalidInput, match=message):
        compare(quick(spoiled(spoil)), paths=128)
    with pytest.raises(rk.InvalidInput, match=message):
        rk.trace(quick(spoiled(spoil)), "spoiler", paths=128)


@pytest.mark.parametrize(
    ("spoil", "came"),
    [
        (lambda target, path: target.T, r"float64 of shape \(128, 5\)"),
        (lambda target, path: target[:4], r"float64 of shape \(4, 128\)"),
        (lambda target, path: target[:, 0], r"float64 of shape \(5,\)"),
        (lambda target, path: 0.5, "float"),
        (lambda target, path: "sell", "str"),
        (lambda target, path: target > 0.2, r"bool of shape \(5, 128\)"),
        (lambda target, path: target + 0j, r"complex128 of shape \(5, 128\)"),
        (lambda target, path: target.astype(object), r"object of shape \(5, 128\)"),
    ],
)
def test_a_target_of_the_wrong_shape_is_refused_with_rule_and_date(spoil, came):
    message = (
        r"rule 'spoiler': target must be an array of numbers of shape \(asset, path\) = \(5, 128\), "
        rf"got {came} at step 3 \(0\.25 years\)"
    )
    with pytest.raises(rk.InvalidInput, match=message):
        rk.trace(quick(spoiled(spoil)), "spoiler", paths=128)


def test_whole_numbers_and_single_precision_are_targets():
    def all_cash(view):
        target = np.zeros(view.weights.shape, dtype=np.int64)
        target[4] = 1
        return target

    def all_cash_single(view):
        return all_cash(view).astype(np.float32)

    result = compare(quick(rk.rule(all_cash), rk.rule(all_cash_single)))
    np.testing.assert_array_equal(result.values("all cash", "wealth"), result.values("all cash single", "wealth"))


def test_an_error_in_a_rule_names_the_rule_and_the_date():
    def divide(view):
        raise ZeroDivisionError("as users write")

    for run in (lambda: compare(quick(rk.rule(divide)), workers=2), lambda: rk.trace(quick(rk.rule(divide)), "divide")):
        with pytest.raises(ZeroDivisionError, match="as users write") as caught:
            run()
        assert caught.value.__notes__ == ["while rule 'divide' decided at step 1 (0.08333 years)"]


def test_a_rule_that_does_not_return_a_pair_is_named_with_the_date():
    class Alone(rk.Rule):
        def decide(self, view, state):
            return view.weights

    with pytest.raises((TypeError, ValueError)) as caught:
        compare(quick(Alone()))
    assert "rule 'alone'" in "".join([str(caught.value), *getattr(caught.value, "__notes__", [])])


def test_a_date_that_is_listed_twice_is_one_date():
    class Twice(rk.Rule):
        def decide(self, view, state):
            decided = 1 if state is None else state + 1
            assert decided == view.step
            return None, decided

        def dates(self, calendar):
            return np.array([3, 1, 1, 2, 3])

    rk.trace(quick(Twice()), "twice")


def test_dates_beyond_the_horizon_and_the_last_step_are_void():
    decided = []

    class Late(rk.Rule):
        def decide(self, view, state):
            decided.append(view.step)
            return None, None

        def dates(self, calendar):
            return np.array([-1, 0, 11, 12, 13])

    rk.trace(quick(Late()), "late")
    assert decided == [0, 11]


# ---------------------------------------------------------------------------------------------------------------------
# Views
# ---------------------------------------------------------------------------------------------------------------------


def test_a_view_cannot_be_read_after_decide():
    views = []

    class Keeper(rk.Rule):
        def decide(self, view, state):
            for old in views:
                with pytest.raises(rk.InvalidInput, match=r"a view can be read only while decide\(\) runs"):
                    _ = old.weights
            views.append(view)
            return None, None

    rk.trace(quick(Keeper()), "keeper")
    assert len(views) == 11
    for name in ("units", "wealth", "peak", "drawdown", "price", "sellable", "events"):
        with pytest.raises(rk.InvalidInput, match="return what you need later as the state"):
            getattr(views[-1], name)


def test_a_view_is_read_only():
    refused = []

    class Writer(rk.Rule):
        def decide(self, view, state):
            for name in ("units", "weights", "wealth", "peak", "drawdown", "price", "sellable"):
                with pytest.raises(ValueError, match="read-only"):
                    getattr(view, name)[...] = 0.0
                refused.append(name)
            return None, None

    rk.trace(quick(Writer()), "writer")
    assert len(refused) == 7 * 11


def test_the_events_of_a_view_are_read_only():
    """Books share what they see: a rule that writes into it would change what the next one is shown."""

    class Writer(rk.Rule):
        def decide(self, view, state):
            with pytest.raises(ValueError, match="read-only"):
                view.events["crash"][...] = 7
            with pytest.raises(TypeError):
                view.events["crash"] = np.zeros(1)
            return None, None

    rk.trace(quick(Writer()), "writer")


@pytest.mark.parametrize("name", ["time", "step", "portfolio", "watched", "weights"])
def test_a_view_cannot_be_given_other_values(name):
    class Writer(rk.Rule):
        def decide(self, view, state):
            with pytest.raises(AttributeError):
                setattr(view, name, 0)
            return None, None

    rk.trace(quick(Writer()), "writer")


# ---------------------------------------------------------------------------------------------------------------------
# Memory
# ---------------------------------------------------------------------------------------------------------------------


def test_a_run_that_cannot_fit_is_refused_with_the_figures(monkeypatch):
    monkeypatch.setattr(memory, "memory_size", lambda: 2.0 * 2**30)
    message = r"1,000,000,000 paths of 2 rules need [\d.]+ GB .* machine has 2\.0 GB; ask for at most [\d,]+ paths"
    with pytest.raises(rk.NotEnoughMemory, match=message):
        compare(quick(rk.Hold(), rk.Rebalance()), paths=10**9)


def test_the_number_of_paths_that_is_named_does_fit(monkeypatch):
    monkeypatch.setattr(memory, "memory_size", lambda: 2.0**20)
    with pytest.raises(rk.NotEnoughMemory) as caught:
        compare(quick(), paths=10**6)
    most = int(re.search(r"at most ([\d,]+) paths", str(caught.value))[1].replace(",", ""))
    assert most > 1000
    assert compare(quick(), paths=most).paths == most
    with pytest.raises(rk.NotEnoughMemory):
        compare(quick(), paths=int(1.01 * most))


def test_columns_need_no_more_than_is_estimated(monkeypatch):
    """The estimate is of the result's arrays; it may be larger, not smaller."""
    scenario, paths = quick(rk.Hold(), rk.Rebalance()), 500
    outcomes = compare(scenario, paths=paths).outcomes
    arrays = [*outcomes.columns.values(), outcomes.path_weights]
    for mapping in (outcomes.event_counts, outcomes.hazards, outcomes.holdings):
        arrays += mapping.values()
    column_bytes = sum(array.nbytes for array in arrays)
    monkeypatch.setattr(memory, "memory_size", lambda: column_bytes / 0.8 - 1.0)
    with pytest.raises(rk.NotEnoughMemory):
        compare(scenario, paths=paths)


def test_events_count_in_the_memory_of_a_run(monkeypatch):
    """2000 events on each of the 128 paths of the smallest batch: their times alone take 2 MB, the columns 2 KB."""
    monkeypatch.setattr(memory, "memory_size", lambda: 2.0 * 2**20)
    busy = quick(market=house_market(rk.Shock("ticker", 2000.0, {"cash": 0.0})))
    with pytest.raises(rk.NotEnoughMemory):
        compare(busy)


def test_stored_paths_that_cannot_fit_are_refused_with_the_figures(monkeypatch):
    monkeypatch.setattr(engine_trace, "memory_size", lambda: 2.0**30)
    message = r"1,000,000 stored paths over 2,520 steps need 93\.9 GB and the machine has 1\.0 GB"
    with pytest.raises(rk.NotEnoughMemory, match=message):
        rk.sample(house_market(), years=10, steps_per_year=252, paths=10**6)
    with pytest.raises(rk.NotEnoughMemory, match=r"the books of 1,000,000 paths over 2,520 steps need"):
        rk.trace(house(rk.Hold(), years=10, steps_per_year=252), "hold", paths=10**6)


def test_not_enough_memory_is_a_memory_error():
    assert issubclass(rk.NotEnoughMemory, MemoryError)
    assert issubclass(rk.InvalidInput, ValueError)


# ---------------------------------------------------------------------------------------------------------------------
# Ctrl-C
# ---------------------------------------------------------------------------------------------------------------------

STOPPED = r"stopped by Ctrl-C before the 10,000 paths were done; nothing was stored"


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_during_progress_stops_the_run_with_a_clear_message(workers):
    reports = []

    def progress(done, total):
        reports.append(done)
        raise KeyboardInterrupt

    with pytest.raises(rk.Interrupted, match=STOPPED):
        compare(quick(), paths=10_000, workers=workers, progress=progress)
    assert len(reports) == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_within_a_rule_stops_the_run_with_a_clear_message(workers):
    decided = []

    def interrupt(view):
        decided.append(view.step)
        raise KeyboardInterrupt

    with pytest.raises(rk.Interrupted, match=STOPPED):
        compare(quick(rk.rule(interrupt)), paths=10_000, workers=workers)
    assert len(decided) <= 2 * workers


def test_interrupted_is_a_keyboard_interrupt():
    """So that nothing which catches ordinary errors swallows it."""
    assert issubclass(rk.Interrupted, KeyboardInterrupt)
    assert not issubclass(rk.Interrupted, Exception)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_during_progress_stops_the_threads(workers):
    before = threading.active_count()

    def progress(done, total):
        raise RuntimeError("the bar broke")

    with pytest.raises(RuntimeError, match="the bar broke"):
        compare(quick(), paths=10_000, workers=workers, progress=progress)
    assert threading.active_count() == before


@pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_a_long_run_at_once(workers):
    """A run of many seconds, stopped after half a second, is over within two more."""
    scenario = house(rk.Hold(), rk.Rebalance(0), years=10, steps_per_year=252)
    compare(quick(rk.Hold(), rk.Rebalance(0)))  # compiled before the time is taken
    sent = []

    def send():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.5, send)
    timer.start()
    try:
        with pytest.raises(rk.Interrupted, match="stopped by Ctrl-C"):
            compare(scenario, paths=300_000, workers=workers)
        assert time.monotonic() - sent[0] < 2.0
    finally:
        timer.cancel()
        timer.join()
