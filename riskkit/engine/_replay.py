"""`replay`: run chosen paths again, and observe every rule's book at chosen steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from riskkit._core.array_types import Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import integer, number, require_known, seed_number, short_repr
from riskkit.engine.execution.batch_size import compile_kernel, paths_per_batch, split_ranges
from riskkit.engine.execution.interrupt import stopping
from riskkit.engine.inputs.run_setup import RunSetup, make_run_setup
from riskkit.engine.kernel.layout import LANES
from riskkit.engine.moment import Moment
from riskkit.engine.path_batch import PathBatch
from riskkit.engine.recorded_date import Date, process_and_record_date
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["path_numbers", "replay"]

#: The most paths of a batch, and the highest number of a path.
LARGEST_BATCH, LAST_PATH = 8192, 2**62


@stopping("before the paths were replayed")
def replay(
    scenario: Scenario,
    rules: Rule | str | Iterable[Rule | str],
    paths: Iterable[int],
    *,
    seed: int = 0,
    observe: Callable[[Moment, int], object],
    steps: Iterable[int] | None = None,
    fixed: Mapping[str, float] | None = None,
) -> None:
    """Run chosen paths of a scenario again, and observe prices and books at chosen steps.

    Parameters
    ----------
    scenario : Scenario
    rules : Rule or str, or an iterable of them
        The rules to replay: any rules, or names of the scenario's. Their companions (`Rule.watches`) run with them.
    paths : iterable of int
        Numbers of the paths, >= 0, in any order.
    seed : int
        Path 17 here is path 17 of `compare` with that seed, bit for bit.
    observe : callable
        Called as ``observe(moment, first)`` at each of `steps`, after the step's price moves and statistics and before
        its spending and trades. Paths come in batches, one after the other: ``moment.paths`` are the numbers of a
        batch, ``first`` the position of its first path in `paths`, so that
        ``stored[first : first + moment.paths.size] = ...`` stores a quantity (path) in the order of `paths`. A batch
        goes through all steps before the next one begins. The return value of `observe` is ignored; an error that it
        raises ends the replay.
    steps : iterable of int, optional
        Steps to observe, increasing, in 0 … T; by default every month end and T.
    fixed : mapping of str to float, optional
        Shock → year in (0, years] in which it happens on every path, and at no other time, in addition to the
        scenario's own (see `Scenario.with_event`).

    Raises
    ------
    InvalidInput
        If an argument does not meet its requirement, or a rule returns a target that is not valid.
    Interrupted
        On Ctrl-C.

    Notes
    -----
    ``moment`` has ``step``, ``time`` (years), ``names``, ``paths``, and as arrays (asset, path) ``price`` and
    ``reported``, 1 at the start; ``events``, the number of events of each shock so far (path); ``event_table()``;
    ``book(rule)`` with ``units``, ``stake``, ``weights``, ``unit_cost``, ``pledged`` (asset, path), ``hedges``
    (instrument, path), ``wealth``, ``wealth_after_tax``, ``peak``, ``drawdown``, ``max_drawdown`` (path) and
    ``accounts``; and ``trades(rule)``, the trades on the last date before the step. Wealth, peak and drawdowns are
    before the tax of selling; ``wealth_after_tax`` is after the tax of selling everything at that step. Money is in
    multiples of the net start wealth. Arrays are read-only copies that stay valid; nothing more can be read from the
    moment once `observe` has returned. See `riskkit.engine.moment`.

    Results have the same bits for any batches, and for any other paths and rules replayed. A replay needs the memory
    of one batch, at most 8192 paths, and of the arrays that `observe` stores.

    Examples
    --------
    The weight of TSLA where it was highest at a year's end, on two paths:

    >>> import numpy as np
    >>> import riskkit as rk
    >>> case = rk.scenarios.baron()
    >>> highest = np.zeros(2)
    >>> def observe(moment, first):
    ...     rows = slice(first, first + moment.paths.size)
    ...     weight = moment.book("hold").weights[moment.names.index("TSLA")]
    ...     highest[rows] = np.maximum(highest[rows], weight)
    >>> rk.replay(case, "hold", [17, 4], seed=1, observe=observe, steps=range(0, 2521, 252))
    >>> bool((highest >= 0.4).all())
    True
    """
    if not isinstance(scenario, Scenario):
        raise InvalidInput(f"scenario must be a Scenario, got {short_repr(scenario)}")
    if not callable(observe):
        raise InvalidInput(f"observe must be a function of a moment and a position, got {short_repr(observe)}")
    chosen = path_numbers(paths)
    steps_to_observe = _steps(steps, scenario.calendar)
    events = {**scenario.forced, **_fixed(fixed, scenario)}
    setup = make_run_setup(
        replace(scenario, rules=_rules(rules, scenario), baseline=None, forced=events), seed_number(seed)
    )
    compile_kernel(setup)
    for positions in split_ranges([range(chosen.size)], paths_per_batch(setup, LARGEST_BATCH, workers=1)):
        _run_batch(setup, chosen[positions.start : positions.stop], steps_to_observe, positions.start, observe)


def path_numbers(paths: Iterable[int]) -> Ints:
    """Return path numbers as a new read-only array; anything else is refused."""
    if not isinstance(paths, Iterable):
        raise InvalidInput(f"paths must be the numbers of paths, such as range(100), got {short_repr(paths)}")
    if isinstance(paths, range) or (isinstance(paths, np.ndarray) and paths.ndim == 1 and paths.dtype.kind in "iu"):
        for end in (min(paths, default=0), max(paths, default=0)):
            integer("paths: each number", int(end), at_least=0, at_most=LAST_PATH)
        chosen = np.array(paths, dtype=np.int64)
    else:
        chosen = np.array(
            [integer("paths: each number", path, at_least=0, at_most=LAST_PATH) for path in paths], np.int64
        )
    if not chosen.size:
        raise InvalidInput("paths must name at least one path, got none")
    chosen.flags.writeable = False
    return chosen


def _run_batch(
    setup: RunSetup, numbers: Ints, steps: list[int], first: int, observe: Callable[[Moment, int], object]
) -> None:
    """Run one batch to the last of `steps`, and observe it at each of them."""
    padding = np.full(-numbers.size % LANES, numbers[-1])  # repetitions of the last path, up to whole blocks
    batch = PathBatch(setup, np.concatenate([numbers, padding]).astype(np.uint64))
    dates = [date for date in setup.dates if date < steps[-1]]
    # Of the dates between two observed steps, `Moment.trades` reads only the last.
    recorded = {dates[count - 1] for count in np.searchsorted(dates, steps) if count}
    others, observed = set(dates) - recorded, set(steps)
    last: Date | None = None
    for step in sorted({*dates, *steps}):
        batch.advance(step)
        if step in observed:
            moment = Moment(batch, numbers, last)
            try:
                observe(moment, first)
            except Exception as error:
                error.add_note(f"while observe was called at step {step} ({moment.time:.4g} years)")
                raise
            finally:
                moment.close()
        if step in recorded:
            last = process_and_record_date(batch)
        elif step in others:
            batch.process_date()


def _rules(rules: Rule | str | Iterable[Rule | str], scenario: Scenario) -> tuple[Rule, ...]:
    """The rules to replay; names are replaced by the scenario's rules."""
    if isinstance(rules, Rule | str):
        rules = (rules,)
    if not isinstance(rules, Iterable):
        raise InvalidInput(f"rules must be rules or names of the scenario's, got {short_repr(rules)}")
    found = []
    for rule in rules:
        if isinstance(rule, str):
            require_known("rule", [rule], scenario.names)
            found.append(scenario.rules[scenario.names.index(rule)])
        elif isinstance(rule, Rule):
            found.append(rule)
        else:
            raise InvalidInput(f"rules must be Rule objects or names of the scenario's, got {short_repr(rule)}")
    return tuple(found)


def _steps(steps: Iterable[int] | None, calendar: Calendar) -> list[int]:
    """The validated steps at which `observe` is called."""
    if steps is None:
        return sorted({*calendar.month_ends.tolist(), calendar.steps})
    if isinstance(steps, str) or not isinstance(steps, Iterable):
        raise InvalidInput(
            f"steps must be steps of the calendar, such as range(0, {calendar.steps}), got {short_repr(steps)}"
        )
    checked = [integer("steps: each step", step, at_least=0, at_most=calendar.steps) for step in steps]
    if not checked:
        raise InvalidInput("steps must name at least one step, got none")
    for before, after in pairwise(checked):
        if after <= before:
            raise InvalidInput(f"steps must increase, got {after} after {before}")
    return checked


def _fixed(fixed: Mapping[str, float] | None, scenario: Scenario) -> dict[str, float]:
    """The validated fixed events."""
    if fixed is None:
        return {}
    if not isinstance(fixed, Mapping):
        raise InvalidInput(f"fixed must be a mapping {{shock: year}}, got {short_repr(fixed)}")
    require_known("fixed: each shock", fixed, (shock.name for shock in scenario.market.shocks))
    return {
        name: number(f"fixed: year of {name!r}", year, above=0.0, at_most=scenario.years)
        for name, year in fixed.items()
    }
