"""Runs a scenario: the pilot that places the thresholds, then tiles in threads, then one set of columns."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.engine import layout
from riskkit.engine.layout import LANES
from riskkit.engine.outcomes import COLUMNS, THRESHOLDS, Outcomes
from riskkit.engine.plan import Plan, make_plan
from riskkit.engine.strata import Strata, stratify
from riskkit.engine.tile import Tile, run_tile
from riskkit.errors import Interrupted, NotEnoughMemory
from riskkit.market.contagion import expected_ticks
from riskkit.market.uncertain import GROUP
from riskkit.scenario import Scenario

__all__ = ["PILOT_PATHS", "run"]

#: Paths 0 … 4095 place the thresholds of the pooled drawdown tail, whatever else is asked.
PILOT_PATHS = 4096

#: Pooled quantiles of the pilot's month-end drawdowns at which thresholds stand, and the least gap between them.
PILOT_QUANTILES = (0.90, 0.94, 0.96, 0.98)
PILOT_GAP = 1e-6

#: A path that fell to 30 % of its peak and ends at most here, as a share of that peak, is a catastrophe.
CATASTROPHE_END = 0.4

#: Bytes of state, which is gone through at every date, and of events, which are read once, that a tile may hold.
STATE_BYTES = 4 * 2**20
EVENT_BYTES = 64 * 2**20
BYTES_AN_EVENT = 100

Progress = Callable[[int, int], None]


def run(
    scenario: Scenario, looks: Sequence[int], seed: int, workers: int, progress: Progress, on: tuple[str, ...] = ()
) -> Iterator[Outcomes]:
    """Run every rule of a scenario, and yield what became of paths 0 … n - 1 for each n of `looks`.

    Parameters
    ----------
    scenario : Scenario
    looks : sequence of int
        Numbers of paths, increasing; each run goes on where the one before ended.
    seed, workers : int
        Seed, and number of threads.
    progress : callable
        Called with the number of paths done and their total, in the calling thread.
    on : tuple of str
        Shocks by whose number of ticks the paths are stratified; none for a plain sample.

    Raises
    ------
    NotEnoughMemory
        If the columns would not fit.
    Interrupted
        On Ctrl-C.
    """
    plan = make_plan(scenario, seed)
    strata = stratify(scenario, on) if on else None
    collected = _Collected.empty(plan, 0)
    _refuse_too_large(plan, looks, tile_size(plan, looks[-1], workers), workers)
    done = 0
    for paths in looks:
        size = tile_size(plan, paths, workers)
        stop = threading.Event()
        with stopping(f"before the {paths:,} paths were done", stop):
            if done == 0:
                compile_kernel(plan)
                thresholds = pilot(scenario, seed, tile_size(plan, PILOT_PATHS, workers), workers, stop)
                plan = make_plan(scenario, seed, thresholds)
            collected = collected.extended(plan, paths)
            for count in _fill(collected, plan, strata, range(done, paths, size), workers, stop):
                done += count
                progress(done, paths)
        yield collected.outcomes(plan, paths, strata)


def _fill(
    collected: _Collected, plan: Plan, strata: Strata | None, tiles: range, workers: int, stop: threading.Event
) -> Iterator[int]:
    """Run the tiles that begin at these paths, and yield the number of paths of each that is done."""

    def work(start: int) -> int:
        count = min(tiles.step, tiles.stop - start)
        chosen = numbers(start, count)
        given = None if strata is None else strata.given(chosen, plan.streams)
        tile = run_tile(plan, chosen, given=given, stopped=stop.is_set)
        if not stop.is_set():
            collected.take(plan, tile, start, count)
        return count

    return _in_threads(work, tiles, workers, stop)


def numbers(start: int, count: int) -> NDArray[np.uint64]:
    """Path numbers from `start` on, filled up to whole blocks."""
    whole = -(-count // LANES) * LANES
    return np.arange(start, start + whole, dtype=np.uint64)


def event_bytes(plan: Plan) -> float:
    """Bytes that the events of a path are expected to take."""
    market = plan.scenario.market
    ticks = expected_ticks(market.shocks, market.contagion, plan.calendar.time(plan.calendar.steps))
    return BYTES_AN_EVENT * sum(float(n) * (len(s.impacts) + 1) for n, s in zip(ticks, market.shocks, strict=True))


def tile_size(plan: Plan, paths: int, workers: int) -> int:
    """Paths a tile: a power of two from 128 to 8192 that keeps its state in fast memory and all threads busy."""
    held = 1 + plan.tax.on + plan.limited + plan.can_be_ruined
    assets = len(plan.scenario.market.assets)
    state = 8.0 * (3 * assets + len(plan.books) * (held * plan.rows.size + layout.STATISTICS + 4))
    events = event_bytes(plan)
    size = 8192
    while size > LANES and (
        size * state > STATE_BYTES or size * events > EVENT_BYTES or size * workers > max(paths, LANES)
    ):
        size //= 2
    return size


def pilot(scenario: Scenario, seed: int, size: int, workers: int, stop: threading.Event) -> NDArray[np.float64]:
    """Place four thresholds a rule (rule, 4) at pooled quantiles of the pilot paths' month-end drawdowns."""
    plan = make_plan(scenario, seed)
    rules = len(scenario.rules)
    ends = [int(step) for step in plan.calendar.month_ends] or [plan.calendar.steps]
    pooled = np.empty((rules, len(ends), PILOT_PATHS))

    def work(start: int) -> int:
        count = min(size, PILOT_PATHS - start)

        def note(month: int) -> Callable[[Tile], None]:
            def write(tile: Tile) -> None:
                for rule in range(rules):
                    wealth, peak = tile.appraise(rule)[1], tile.statistic(rule, layout.PEAK)
                    pooled[rule, month, start : start + count] = (1.0 - wealth / peak)[:count]

            return write

        also = {step: note(month) for month, step in enumerate(ends)}
        run_tile(plan, numbers(start, count), also=also, stopped=stop.is_set)
        return count

    for _ in _in_threads(work, range(0, PILOT_PATHS, size), workers, stop):
        pass
    thresholds = np.empty((rules, THRESHOLDS))
    for rule in range(rules):
        values = pooled[rule].reshape(-1)
        ranks = [max(int(np.ceil(q * values.size - 1e-9)) - 1, 0) for q in PILOT_QUANTILES]
        found = np.partition(values, ranks)[ranks]
        for level in range(1, THRESHOLDS):
            found[level] = max(found[level], found[level - 1] + PILOT_GAP)
        thresholds[rule] = found
    return thresholds


@dataclass(frozen=True, eq=False)
class _Collected:
    """The columns while they fill up."""

    columns: dict[str, NDArray[np.float64]]
    ticks: dict[str, NDArray[np.int64]]
    hazards: dict[str, NDArray[np.float64]]
    holdings: dict[str, NDArray[np.float64]]

    @classmethod
    def empty(cls, plan: Plan, paths: int) -> _Collected:
        scenario = plan.scenario
        nothing = np.broadcast_to(0.0, (len(scenario.rules), paths))
        idle = idle_columns(plan)
        columns = {name: nothing if name in idle else np.empty(nothing.shape) for name in COLUMNS}
        if not plan.marks.on:
            columns["reported_max_drawdown"] = columns["max_drawdown"]
        return cls(
            columns=columns,
            ticks={shock.name: np.empty(paths, np.int64) for shock in scenario.market.shocks},
            hazards={shock.name: np.empty(paths) for shock in scenario.market.shocks},
            holdings={scenario.portfolio.names[holding]: np.empty(paths) for holding in plan.watched},
        )

    def extended(self, plan: Plan, paths: int) -> _Collected:
        """Room for more paths, with these in their place."""
        more = _Collected.empty(plan, paths)
        for mine, theirs in zip(self._mappings(), more._mappings(), strict=True):
            for name, values in theirs.items():
                if values.flags.writeable:
                    values[..., : mine[name].shape[-1]] = mine[name]
        return more

    def _mappings(self) -> tuple[dict[str, NDArray[Any]], ...]:
        return self.columns, self.ticks, self.hazards, self.holdings

    def take(self, plan: Plan, tile: Tile, start: int, count: int) -> None:
        """Copy a finished tile's numbers into their place."""
        part = slice(start, start + count)
        for rule in range(len(plan.scenario.rules)):
            for name, values in rule_columns(plan, tile, rule).items():
                if self.columns[name].flags.writeable:
                    self.columns[name][rule, part] = values[:count]
        for name, ticks in tile.tape.ticks.items():
            self.ticks[name][part] = np.bincount(ticks.lanes[ticks.primary], minlength=tile.paths.size)[:count]
            self.hazards[name][part] = ticks.hazard[:count]
        price = tile.price()
        for row, holding in enumerate(plan.watched):
            high = tile.highs[:, 2 * row + 1].reshape(-1)
            fallen = (high > 0.0) & (price[holding] <= CATASTROPHE_END * high)
            self.holdings[plan.scenario.portfolio.names[holding]][part] = fallen[:count]

    def outcomes(self, plan: Plan, paths: int, strata: Strata | None) -> Outcomes:
        """The finished columns, with the weights of the paths."""
        stratum, weights = None, np.full(paths, 1.0 / paths)
        if strata is not None:
            stratum = strata.of(np.arange(paths, dtype=np.uint64))
            weights = strata.weights(stratum)
        return Outcomes(
            columns=self.columns,
            weights=weights,
            thresholds=plan.thresholds[: len(plan.scenario.rules)].copy(),
            ticks=self.ticks,
            hazards=self.hazards,
            holdings=self.holdings,
            stratum=stratum,
            group=GROUP if plan.scenario.market.uncertain else 1,
        )


def idle_columns(plan: Plan) -> set[str]:
    """Columns that are 0 throughout, and for which no memory need be taken."""
    idle = set() if plan.tax.on else {"tax_paid", "deferred_tax"}
    if plan.scenario.portfolio.loan is None:
        idle |= {"margin_call", "margin_unmet"}
    if not plan.can_be_ruined:
        idle |= {"ruin", "shortfall"}
    return idle


def rule_columns(plan: Plan, tile: Tile, book: int) -> dict[str, NDArray[np.float64]]:
    """Every column of one book of a finished tile (path)."""
    calendar = plan.calendar
    points, years = calendar.steps + 1, calendar.time(calendar.steps)
    weights, wealth = tile.appraise(book)

    def row(index: int) -> NDArray[np.float64]:
        return tile.statistic(book, index)

    fallen = row(layout.FALLEN)
    founder = np.zeros(tile.paths.size)
    for holding in plan.watched:
        founder += plan.founder[holding] * weights[holding]
    frictions = plan.scenario.frictions
    deferred = tile.tax_on_all(book)
    final = wealth - deferred if frictions.tax is not None and frictions.tax.taxed_at_end else wealth
    reported = tile.reported_highs[:, 2 * book + 1].reshape(-1) if plan.marks.on else row(layout.DEEPEST)
    columns = {
        "wealth": np.maximum(final, 0.0) / (1.0 + plan.scenario.inflation) ** years,
        "max_drawdown": row(layout.DEEPEST),
        "average_drawdown": row(layout.DEPTH) / points,
        "ulcer": np.sqrt(row(layout.SQUARES) / points),
        "under_water": row(layout.UNDER) / points,
        "longest_under_water": row(layout.LONGEST) * calendar.dt,
        "still_under_water": (row(layout.AGE) > 0.0).astype(float),
        "catastrophe": ((fallen > 0.0) & (wealth <= CATASTROPHE_END * fallen)).astype(float),
        "rebalances": tile.account(book, layout.REBALANCES) / years,
        "turnover": tile.account(book, layout.TURNOVER) / years,
        "cost_paid": tile.account(book, layout.COST),
        "tax_paid": tile.account(book, layout.TAX),
        "deferred_tax": deferred,
        "reported_max_drawdown": reported,
        "margin_call": (tile.account(book, layout.CALLS) > 0.0).astype(float),
        "margin_unmet": tile.account(book, layout.UNMET),
        "ruin": (wealth <= 0.0).astype(float),
        "shortfall": tile.account(book, layout.SHORTFALL),
        "founder_weight_end": founder,
    }
    for level in range(THRESHOLDS):
        columns[f"excess_{level + 1}"] = row(layout.EXCESS + level) / points
        columns[f"above_{level + 1}"] = row(layout.ABOVE + level) / points
    return columns


def _in_threads(work: Callable[[int], int], starts: range, workers: int, stop: threading.Event) -> Iterator[int]:
    """Do the work at each start in `workers` threads; yield each result as it comes, in the calling thread."""
    if workers == 1:
        yield from map(work, starts)
        return
    with ThreadPoolExecutor(workers) as pool:
        try:
            pending: set[Future[int]] = set()
            queue = iter(starts)
            for start in queue:
                pending.add(pool.submit(work, start))
                if len(pending) < 2 * workers:
                    continue
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
            while pending:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        except BaseException:
            stop.set()
            raise


@contextlib.contextmanager
def stopping(when: str, stop: threading.Event | None = None) -> Iterator[None]:
    """Turn Ctrl-C into `Interrupted`, with the threads told to stop at their next date."""
    try:
        yield
    except KeyboardInterrupt:
        if stop is not None:
            stop.set()
        raise Interrupted(f"stopped by Ctrl-C {when}; nothing was kept") from None


def compile_kernel(plan: Plan) -> None:
    """Compile, or load from the cache, what a run needs; say so when it takes more than a moment."""
    note = "riskkit: compiling the kernel for this machine, once; about ten seconds"
    timer = threading.Timer(1.5, lambda: print(note, file=sys.stderr, flush=True))
    timer.daemon = True
    timer.start()
    try:
        tile = Tile(plan, numbers(0, LANES))
        tile.advance(1)
        tile.trade(0, tile.appraise(0)[0])
    finally:
        timer.cancel()


def _refuse_too_large(plan: Plan, looks: Sequence[int], size: int, workers: int) -> None:
    """Refuse a run whose columns, or the events of whose tiles, would not fit into the machine's memory."""
    scenario, have, paths = plan.scenario, memory_size(), looks[-1]
    if have is None:
        return
    columns = len(COLUMNS) * len(scenario.rules) + 2 * len(scenario.market.shocks) + len(scenario.portfolio.names) + 1
    # While a run goes on, what it goes on from is kept.
    need = 8.0 * sum(looks[-2:]) * columns
    if need > 0.8 * have:
        raise NotEnoughMemory(
            f"{paths:,} paths of {len(scenario.rules)} rules need {need / 2**30:.1f} GB for their columns, and the "
            f"machine has {have / 2**30:.1f} GB; ask for at most {int(0.8 * have * paths / need):,} paths"
        )
    # Tiles are made smaller for their events; only the smallest tile can be too large.
    events = workers * size * event_bytes(plan) if size == LANES else 0.0
    if need + events > 0.8 * have:
        raise NotEnoughMemory(
            f"the shocks' ticks need {events / 2**30:.1f} GB for {workers} workers with {size} paths each, and the "
            f"machine has {have / 2**30:.1f} GB; lower the rates, the horizon or the number of workers"
        )


def memory_size() -> float | None:
    """Bytes of the machine's memory, where the system tells it."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
