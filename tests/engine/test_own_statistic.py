"""A user's own statistic of wealth along the paths: its inputs, its columns against others, refusals."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, dataclass, replace
from unittest import mock

import numpy as np
import pytest
from friction_scenes import random_friction_scenario
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracles import brownian_first_passage, discrete_drawdown_gap
from own_statistics import Drawdowns, FirstPassage
from scenes import house
from test_same_bits import assert_same_outcomes

import riskkit as rk
from riskkit.engine import own_statistics
from riskkit.engine.columns import rule_columns
from riskkit.engine.execution import batch_size
from riskkit.engine.execution import memory as budget
from riskkit.engine.execution import run as engine_run
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.own_statistics import recorded_steps
from riskkit.engine.path_batch import run_batch

PATHS = 700
SAME = {
    "own_max_drawdown": "max_drawdown",
    "own_average_drawdown": "average_drawdown",
    "own_longest_under_water": "longest_under_water",
}


def scenario():
    """Rules that trade each month and at every step, over two years of weeks."""
    return house(rk.Hold(), rk.Rebalance(0), rk.Cap(0.4, to=0.3), steps_per_year=52, years=2)


def compared(requested=None, statistics=(), **more):
    options = {"paths": PATHS, "seed": 1, "workers": 1, "progress": False} | more
    return rk.compare(requested or scenario(), statistics=statistics, **options)


@pytest.fixture(scope="module")
def alone():
    """One thread, and the batches that the engine chooses."""
    return compared(statistics=[Drawdowns(), FirstPassage(0.7)])


# ---------------------------------------------------------------------------------------------------------------------
# What it is given
# ---------------------------------------------------------------------------------------------------------------------


class Everything(rk.Statistic):
    """Keeps all that it is given."""

    columns = ("points",)

    def start(self, paths, calendar):
        return [(-1, paths, None)]

    def update(self, state, first_step, wealth, peak):
        return [*state, (first_step, wealth.copy(), peak.copy())]

    def finish(self, state, calendar):
        return {"points": np.full(state[0][1].size, sum(len(wealth) for _, wealth, _ in state[1:]))}


@pytest.mark.parametrize("steps_per_year", [12, pytest.param(252, marks=pytest.mark.slow)])
def test_every_point_comes_once_and_in_order_with_the_wealth_of_the_trace(steps_per_year):
    """The trace reads wealth by another route at each step; the peak is its running maximum, the start included."""
    requested = house(rk.Hold(), rk.Cap(0.4), rk.Rebalance(0), steps_per_year=steps_per_year, years=2)
    batch = run_batch(make_run_setup(requested, 3, (Everything(),)), np.arange(256, dtype=np.uint64))
    for book, rule in enumerate(requested.rules):
        (_, paths, _), *calls = batch.own_statistics.states[0, book]
        assert paths.tolist() == list(range(256))
        ends = np.cumsum([len(wealth) for _, wealth, _ in calls])
        assert [first for first, _, _ in calls] == [0, *ends[:-1]]
        assert all(1 <= len(wealth) <= 64 for _, wealth, _ in calls)
        wealth = np.concatenate([wealth for _, wealth, _ in calls])
        peak = np.concatenate([peak for _, _, peak in calls])
        traced = rk.trace(requested, rule, paths=256, seed=3).wealth
        np.testing.assert_array_equal(wealth, traced)
        np.testing.assert_array_equal(peak, np.maximum.accumulate(traced))


def test_wealth_under_a_loan_is_net_and_0_after_ruin():
    """What is left to the trace after the lender: the same numbers, and some paths are ruined."""
    portfolio = rk.Portfolio([rk.Holding("A", 100.0, founder="Ann")], loan=rk.Loan(80.0, 0.05, 0.95))
    requested = rk.Scenario(portfolio, rk.Market({"A": rk.Asset(0.0, 0.6)}), [rk.Hold()], years=2, steps_per_year=12)
    batch = run_batch(make_run_setup(requested, 3, (Everything(),)), np.arange(128, dtype=np.uint64))
    wealth = np.concatenate([wealth for _, wealth, _ in batch.own_statistics.states[0, 0][1:]])
    np.testing.assert_array_equal(wealth, rk.trace(requested, "hold", paths=128, seed=3).wealth)
    ruined = wealth[-1] == 0.0
    assert 0 < ruined.sum() < 128


def test_what_is_given_can_be_neither_changed_nor_stored():
    class Writes(FirstPassage):
        def update(self, state, first_step, wealth, peak):
            wealth[0] = 1.0
            return state

    @dataclass
    class Last:
        row: np.ndarray

    class Stores(FirstPassage):
        deep: bool = False

        def update(self, state, first_step, wealth, peak):
            return {"last": (Last(wealth[-1]),)} if self.deep else peak[-1]

    with pytest.raises(ValueError, match="read-only") as caught:
        compared(statistics=Writes(0.5))
    assert caught.value.__notes__ == ["while statistic 'writes' was called: update at step 0, of rule 'hold'"]
    for deep in (False, True):
        with pytest.raises(rk.InvalidInput, match=r"statistic 'stores': the state must not have views .* a copy"):
            compared(statistics=Stores(0.5, deep))


# ---------------------------------------------------------------------------------------------------------------------
# That its columns are right
# ---------------------------------------------------------------------------------------------------------------------


# The quick ones have a loan, a tax and a death; hedges beside them have kernels of their own, which compile for long.
@pytest.mark.parametrize(
    ("numbers", "examples"),
    [((0, 5, 8, 9), 6), pytest.param(range(61), 40, marks=pytest.mark.slow)],
    ids=["few", "all"],
)
def test_recomputed_drawdowns_equal_the_built_in_ones_with_every_friction_for_any_chunk(numbers, examples):
    """Taxes, lots, deaths, windows, marks, loans, spending, ruin: random scenarios by the month, week and day."""

    @settings(max_examples=examples)
    @given(st.sampled_from(numbers), st.sampled_from([1, 3, 7, 64, 100]))
    @example(numbers[2], 100)
    def holds(number, longest):
        requested = random_friction_scenario(number)
        setup = make_run_setup(requested, number, (Drawdowns(),))
        with mock.patch.object(own_statistics, "LONGEST_CHUNK", longest):
            batch = run_batch(setup, np.arange(128, dtype=np.uint64))
        for book in range(len(requested.rules)):
            built_in, own = rule_columns(setup, batch, book), batch.own_statistics.columns(book)
            for name, same in SAME.items():
                np.testing.assert_allclose(own[name], built_in[same], rtol=1e-12, atol=1e-12, err_msg=f"{name} {book}")

    holds()


def test_random_scenarios_have_every_friction():
    requested = [random_friction_scenario(number) for number in range(61)]
    assert any(each.portfolio.loan for each in requested)
    assert any(holding.marks for each in requested for holding in each.portfolio.holdings)
    for what in ("tax", "spending", "death"):
        assert any(getattr(each.frictions, what) for each in requested), what


@pytest.mark.parametrize("longest", [1, 7, 64, 100])
def test_long_chunks_between_dates_give_the_same_numbers(longest):
    """Daily, with no date in two years, so that chunks are as long as they may be."""
    requested = house(rk.Hold(), rk.Rebalance(12), steps_per_year=252, years=2)
    setup = make_run_setup(requested, 4, (Drawdowns(),))
    with mock.patch.object(own_statistics, "LONGEST_CHUNK", longest):
        assert recorded_steps(setup) == longest
        batch = run_batch(setup, np.arange(128, dtype=np.uint64))
    for book in range(2):
        built_in, own = rule_columns(setup, batch, book), batch.own_statistics.columns(book)
        for name, same in SAME.items():
            np.testing.assert_allclose(own[name], built_in[same], rtol=1e-12, atol=1e-12)


def test_first_passage_against_the_law_of_brownian_motion():
    """Log wealth of one untouched holding is a Brownian motion; the level is moved for reading it once a day.

    Four standard errors of a probability are 4 sqrt(p (1 - p) / n); the correction's own error is of smaller order.
    """
    paths, level, volatility = 20_000, 0.8, 0.3
    market = rk.Market({"A": rk.Asset(0.05, volatility)})
    requested = rk.Scenario(rk.Portfolio([rk.Holding("A", 1.0)]), market, [rk.Hold()], years=2, steps_per_year=252)
    found = compared(requested, FirstPassage(level), paths=paths).values("hold", "first_passage")
    drift, gap = np.log(1.05) - 0.5 * volatility**2, 0.5 * discrete_drawdown_gap(volatility, 1 / 252)
    for years in (0.25, 0.5, 1.0, 2.0):
        expected = float(brownian_first_passage(-np.log(level) + gap, drift, volatility, years))
        error = np.sqrt(expected * (1.0 - expected) / paths)
        assert abs(np.mean(found <= years) - expected) < 4.0 * error, years
        # Without the correction the test would see the difference.
        uncorrected = float(brownian_first_passage(-np.log(level), drift, volatility, years))
        assert uncorrected - expected > 2.0 * error


# ---------------------------------------------------------------------------------------------------------------------
# The same bits
# ---------------------------------------------------------------------------------------------------------------------


def test_built_in_columns_have_the_same_bits_with_statistics_and_without(alone):
    without = compared().outcomes
    assert_same_outcomes(alone.outcomes, without)
    assert list(alone.outcomes.columns) == [*without.columns, *SAME, "first_passage"]


@pytest.mark.parametrize("workers", [2, 3])
def test_same_bits_for_any_number_of_threads(alone, workers):
    found = compared(statistics=[Drawdowns(), FirstPassage(0.7)], workers=workers)
    assert_same_outcomes(found.outcomes, alone.outcomes)


@pytest.mark.parametrize("size", [128, 384, 8192])
def test_same_bits_for_any_batch_size(monkeypatch, alone, size):
    monkeypatch.setattr(engine_run, "paths_per_batch", lambda *arguments: size)
    found = compared(statistics=[Drawdowns(), FirstPassage(0.7)])
    assert_same_outcomes(found.outcomes, alone.outcomes)


def test_same_bits_in_a_longer_run_and_for_other_statistics_beside(alone):
    found = compared(statistics=[FirstPassage(0.7)], paths=3 * PATHS).outcomes
    values = alone.outcomes.columns["first_passage"]
    np.testing.assert_array_equal(found.columns["first_passage"][:, :PATHS], values)


def test_processes_give_the_bits_of_threads(alone):
    found = compared(statistics=[Drawdowns(), FirstPassage(0.7)], workers=2, backend="loky")
    assert_same_outcomes(found.outcomes, alone.outcomes)
    assert found.outcomes.own_columns == alone.outcomes.own_columns


def test_a_run_on_disk_gives_the_same_bits(monkeypatch, alone):
    monkeypatch.setattr(budget, "PROGRAM_BYTES", 0)
    found = compared(statistics=[Drawdowns(), FirstPassage(0.7)], memory="0.1MB")
    assert found.outcomes.on_disk
    for rule in alone.scenario.names:
        for name in (*SAME, "first_passage"):
            np.testing.assert_array_equal(found.values(rule, name), alone.values(rule, name))


def test_a_stopped_run_goes_on_in_its_folder_to_the_same_bits(tmp_path):
    def stop(done, total):
        if done >= 1000:
            raise KeyboardInterrupt

    requested = {"statistics": [Drawdowns(), FirstPassage(0.7)], "paths": 3000}
    with pytest.raises(rk.Interrupted):
        compared(**requested, checkpoint=tmp_path, progress=stop)
    found = compared(**requested, checkpoint=tmp_path)
    assert_same_outcomes(found.outcomes, compared(**requested).outcomes, 3000)


def test_a_folder_of_other_statistics_is_refused(tmp_path):
    class Other(FirstPassage):
        def finish(self, state, calendar):
            return {"first_passage": np.where(state < 0, np.nan, 1.0 + state)}

    compared(statistics=FirstPassage(0.7), paths=300, checkpoint=tmp_path)
    for statistics in ((), FirstPassage(0.6), Other(0.7, name="first passage"), [FirstPassage(0.7), Drawdowns()]):
        with pytest.raises(rk.InvalidInput, match="of another run: statistics"):
            compared(statistics=statistics, paths=300, checkpoint=tmp_path)


@pytest.mark.parametrize("sampling", [{}, {"sampling": "stratified", "on": "crash"}])
def test_paths_added_until_an_error_is_small_have_their_columns_too(sampling):
    requested = {"statistics": FirstPassage(0.7), **sampling}
    found = compared(**requested, until={"wealth_mean": 0.006}, max_paths=20_000)
    whole = compared(**requested, paths=found.paths)
    assert found.paths > 4096
    np.testing.assert_array_equal(found.outcomes.columns["first_passage"], whole.outcomes.columns["first_passage"])


def test_batches_are_small_where_much_is_recorded(monkeypatch):
    """Rules that are asked once a year are given 64 steps at a time: 16 bytes of each for each path and rule."""
    requested = house(*(rk.Rebalance(12, name=f"rebalance {i}") for i in range(8)), steps_per_year=252)
    with_, without = (make_run_setup(requested, 0, statistics) for statistics in ((Drawdowns(),), ()))
    size = batch_size.paths_per_batch(with_, 10**6, 1)
    assert size < batch_size.paths_per_batch(without, 10**6, 1)
    assert size * 16 * 64 * 8 <= batch_size.RECORD_BYTES


# ---------------------------------------------------------------------------------------------------------------------
# What it is
# ---------------------------------------------------------------------------------------------------------------------


def test_a_statistic_is_frozen_and_equal_by_value_and_pickles():
    mine = FirstPassage(0.7)
    assert mine == FirstPassage(0.7) == pickle.loads(pickle.dumps(mine))
    assert hash(mine) == hash(FirstPassage(0.7))
    assert mine != FirstPassage(0.6)
    assert (mine.name, mine.columns) == ("first passage", ("first_passage",))
    with pytest.raises(FrozenInstanceError):
        mine.level = 0.5
    other = replace(mine, level=0.6, name="at 60 %", columns=["at_60"])
    assert other.columns == ("at_60",)
    found = compared(statistics=(mine, other), paths=128)
    assert (found.values("hold", "at_60") >= found.values("hold", "first_passage")).any()


def test_a_name_or_columns_written_with_their_types_are_keywords_still():
    class Annotated(FirstPassage):
        name: str = "mine"
        columns: tuple[str, ...] = ("other",)

    assert Annotated(0.7) == Annotated(level=0.7, name="mine", columns=("other",))


class Constant(rk.Statistic):
    """Returns a constant."""

    answer: object = None
    columns = ("constant",)

    def start(self, paths, calendar):
        return paths.size

    def update(self, state, first_step, wealth, peak):
        return state

    def finish(self, state, calendar):
        return self.answer(state) if callable(self.answer) else self.answer


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        (None, "a mapping of column to array, got None"),
        ({}, "the columns 'constant', got none"),
        ({"other": 1.0}, "the columns 'constant', got 'other'"),
        (lambda n: {"constant": np.zeros(n), "more": np.zeros(n)}, "the columns 'constant', got 'constant', 'more'"),
        ({"constant": 1.0}, r"'constant' as an array of numbers of shape \(path,\) = \(\d+,\), got float"),
        (lambda n: {"constant": np.zeros(n - 1)}, r"= \((\d+),\), got float64 of shape \(\d+,\)"),
        (lambda n: {"constant": np.zeros((1, n))}, r"got float64 of shape \(1, \d+\)"),
        (lambda n: {"constant": np.zeros(n, complex)}, "got complex128 of shape"),
        (lambda n: {"constant": np.full(n, "a")}, "got <U1 of shape"),
        (
            lambda n: {"constant": np.where(np.arange(n) == 5, np.nan, 0.0)},
            "finite .* nan on path 5 of rule 'hold'; ",
        ),
        (lambda n: {"constant": np.full(n, np.inf)}, "finite numbers as 'constant', got inf on path 0 of rule 'hold'$"),
    ],
)
def test_columns_that_are_not_what_they_must_be_are_refused(answer, came):
    with pytest.raises(rk.InvalidInput, match=f"statistic 'constant': finish must return .*{came}"):
        compared(statistics=Constant(answer), paths=128)


def test_nan_is_taken_where_the_class_says_what_it_means_and_infinity_is_not():
    for kind in (bool, np.int32, np.float32):
        found = compared(statistics=Constant(lambda n, kind=kind: {"constant": np.ones(n, kind)}), paths=128)
        assert found.values("hold", "constant").dtype == np.float64
    found = compared(statistics=Constant(lambda n: {"constant": np.full(n, np.nan)}, nan_means="nothing"), paths=128)
    assert np.isnan(found.values("hold", "constant")).all()
    assert found.outcomes.own_columns == {"constant": "nothing"}
    with pytest.raises(rk.InvalidInput, match="finite numbers as 'constant', got inf"):
        compared(statistics=Constant(lambda n: {"constant": np.full(n, np.inf)}, nan_means="nothing"), paths=128)


@pytest.mark.parametrize(
    ("columns", "came"),
    [
        ((), r"columns must be a tuple of one or more names, got \(\)"),
        ("recovery", "columns must be a tuple of one or more names, got 'recovery'"),
        (("a b",), "a column must be a Python identifier such as 'recovery', got 'a b'"),
        ((3,), "a column must be a Python identifier such as 'recovery', got 3"),
        (("wealth",), "column 'wealth' must not be a name that results have already"),
        (("excess_1",), "column 'excess_1' must not be"),
        (("ticks",), "column 'ticks' must not be"),
        (("events",), "column 'events' must not be"),
        (("hazard",), "column 'hazard' must not be"),
        (("path",), "column 'path' must not be"),
        (("a", "a"), "columns must be unique, got 'a' twice"),
    ],
)
def test_names_of_columns_that_are_none_or_taken_are_refused(columns, came):
    with pytest.raises(rk.InvalidInput, match=f"statistic 'constant': {came}"):
        Constant(columns=columns)


@pytest.mark.parametrize(
    ("statistics", "came"),
    [
        (3, "statistics must be Statistic objects, got 3"),
        ("drawdowns", "statistics must be Statistic objects, got 'drawdowns'"),
        ([Drawdowns], r"must be Statistic objects, got .*; call the class, as in MyStatistic\(\)"),
        ([Drawdowns(), Drawdowns()], "statistics: names must be unique, got 'drawdowns' twice"),
        (
            [FirstPassage(0.7), FirstPassage(0.6, name="second")],
            r"statistic 'second': column 'first_passage' must not be that of another statistic, got that of "
            r"'first passage'; give columns=",
        ),
    ],
)
def test_what_is_no_statistic_or_comes_twice_is_refused(statistics, came):
    with pytest.raises(rk.InvalidInput, match=came):
        compared(statistics=statistics)


def test_a_class_that_lacks_a_method_cannot_be_used():
    class Half(rk.Statistic):
        columns = ("half",)

        def start(self, paths, calendar):
            return None

    with pytest.raises(TypeError, match=r"abstract .*finish.*update"):
        Half()


@pytest.mark.parametrize("method", ["start", "update", "finish"])
def test_an_error_of_ones_own_says_where_it_was(method):
    def fails(self, *arguments):
        raise ZeroDivisionError("mine")

    Broken = type("Broken", (FirstPassage,), {method: fails, "__module__": __name__})
    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        compared(statistics=Broken(0.7), paths=128)
    assert f"while statistic 'broken' was called: {method}" in caught.value.__notes__[0]
