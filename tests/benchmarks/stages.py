"""Print where the time of job J goes on one thread, by stage, in nanoseconds per path and step.

Run: ``python tests/benchmarks/stages.py [--paths 16384] [--every 0]``. The phases of the compiled kernel are timed by
themselves on one block of paths, so their sum may differ a little from the kernel's time in the run.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import job
import numpy as np
from numba import njit

from riskkit.engine.execution import run
from riskkit.engine.execution.batch_size import numbers
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.kernel import advance as kernel
from riskkit.engine.kernel.diffusion import diffuse
from riskkit.engine.kernel.layout import LANES, book_of, wide
from riskkit.engine.kernel.path_statistics import update_founder_highs, update_price_highs, update_statistics
from riskkit.engine.kernel.valuation import gross_wealth
from riskkit.engine.path_batch import PathBatch

STEPS = kernel.STEPS_AT_ONCE

#: What is timed in a run: stage, object, attribute. A stage does not count the time of a later one within it.
STAGES = (
    ("pilot", run, "placed_thresholds"),
    ("a batch's inputs: events, start", PathBatch, "__init__"),
    ("compiled kernel", PathBatch, "_advance"),
    ("rules: views and decisions", PathBatch, "decide"),
    ("trades", PathBatch, "trade"),
)


@njit(error_model="numpy")
def move_prices(paths: Any, prices: Any, diffusion: Any, repeats: int) -> None:
    """Normals, correlation, growth, exponentials."""
    wide()
    scratch = kernel.step_scratch(prices.price.shape[1], prices.price.shape[1], 0)
    for i in range(LANES):
        scratch.paths[i] = paths[i]
    market = kernel.market_of(prices, 0)
    for step in range(repeats * STEPS):
        diffuse(market, diffusion, None, None, 0, step, scratch)


@njit(error_model="numpy")
def value_books(books: Any, prices: Any, repeats: int) -> None:
    """Wealth of every book."""
    wide()
    holdings = prices.shape[1]
    scratch = kernel.step_scratch(holdings, holdings, 0)
    scratch.true[:] = prices
    for _ in range(repeats):
        for k in range(books.thresholds.shape[0]):
            gross_wealth(book_of(books, 0, k).units, scratch.true, scratch.wealth, STEPS)


@njit(error_model="numpy")
def measure_books(books: Any, wealth: Any, repeats: int) -> None:
    """Statistics of every book."""
    wide()
    scratch = kernel.step_scratch(1, 1, 0)
    for r in range(repeats):
        scratch.wealth[:] = wealth[r * STEPS : (r + 1) * STEPS]
        for k in range(books.thresholds.shape[0]):
            update_statistics(book_of(books, 0, k), scratch, STEPS)


@njit(error_model="numpy")
def raise_highs(marks: Any, founders: Any, prices: Any, repeats: int) -> None:
    """Highest prices, of holdings and of those of founders."""
    wide()
    holdings = prices.shape[1]
    scratch = kernel.step_scratch(holdings, holdings, 0)
    scratch.true[:] = prices
    for _ in range(repeats):
        update_price_highs(marks, 0, scratch, STEPS, False)
        update_founder_highs(founders, 0, scratch, STEPS)


def phases(scenario: Any, repeats: int = 30, rounds: int = 50) -> Iterator[tuple[str, float]]:
    """The smallest time of each phase of the kernel on one block."""
    setup = make_run_setup(scenario, 1)
    levels = np.tile([0.3, 0.35, 0.4, 0.5], (len(scenario.rules), 1))
    batch = PathBatch(setup, numbers(0, LANES), thresholds=levels)
    batch.advance(min(252, setup.calendar.steps))
    prices = np.repeat(batch.prices.price, STEPS, axis=0)
    generator = np.random.default_rng(0)
    wealth = np.exp(np.cumsum(generator.normal(0.0, 0.01, (repeats * STEPS, LANES)), axis=0))
    calls: dict[str, Callable[[], None]] = {
        "normals and prices": lambda: move_prices(batch.paths, batch.prices, batch.diffusion, repeats),
        "wealth of the books": lambda: value_books(batch.books, prices, repeats),
        "statistics of the books": lambda: measure_books(batch.books, wealth, repeats),
        "highest prices": lambda: raise_highs(batch.marks, batch.founders, prices, repeats),
    }
    for name, call in calls.items():
        call()
        yield name, min(job.seconds(call) for _ in range(rounds)) / (repeats * STEPS * LANES)


@contextmanager
def stopwatch() -> Iterator[Counter[str]]:
    """Seconds of each stage of a run, without those of the stages within it."""
    taken: Counter[str] = Counter()
    running: list[str] = []
    since = [0.0]

    def turn() -> None:
        now = time.perf_counter()
        if running:
            taken[running[-1]] += now - since[0]
        since[0] = now

    def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            if "pilot" in running:  # all of it is the pilot
                return function(*arguments, **keywords)
            turn()
            running.append(stage)
            try:
                return function(*arguments, **keywords)
            finally:
                turn()
                running.pop()

        return call

    with ExitStack() as stack:
        for stage, owner, name in STAGES:
            stack.enter_context(mock.patch.object(owner, name, timed(stage, getattr(owner, name))))
        yield taken


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=16_384)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--every", type=int, default=1, help="months between the dates of the rules; 0: every step")
    arguments = parser.parse_args()
    scenario = job.job(every=arguments.every)
    path_steps = arguments.paths * scenario.calendar.steps
    normals = len(job.NAMES) * path_steps
    job.run(scenario, arguments.paths)
    rounds = []
    for _ in range(arguments.rounds):
        with stopwatch() as taken:
            whole = job.seconds(lambda: job.run(scenario, arguments.paths))
        rounds.append({**taken, "whole": whole, "own": job.own_normals(normals)})
    median = {name: float(np.median([each[name] for each in rounds])) for name in rounds[0]}
    own = median.pop("own")
    whole = median.pop("whole")
    lines = [("merely drawing its normals", own), *median.items()]
    lines += [("columns, table and the rest", whole - sum(median.values())), ("in all", whole)]
    within = [(f"kernel: {name}", seconds * path_steps) for name, seconds in phases(scenario)]
    print("| stage | ns per path and step | multiple of its normals |\n|---|---|---|")
    for name, seconds in [*lines, *within]:
        print(f"| {name} | {seconds / path_steps * 1e9:.1f} | {seconds / own:.2f} |")


if __name__ == "__main__":
    main()
