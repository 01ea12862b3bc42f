"""Job J: the portfolio, market and rules of all engine benchmarks, and timers that interleave alternatives."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

import riskkit as rk

NAMES = ("listed", "private", "venture", "index", "bonds", "cash")
START = (35.0, 15.0, 10.0, 20.0, 15.0, 5.0)
RETURNS = (0.08, 0.10, 0.10, 0.06, 0.03, 0.02)
VOLATILITIES = (0.45, 0.60, 0.70, 0.18, 0.06, 0.002)
CORRELATIONS = {
    ("listed", "private"): 0.45, ("listed", "venture"): 0.40, ("listed", "index"): 0.50, ("private", "venture"): 0.35,
    ("private", "index"): 0.35, ("venture", "index"): 0.35, ("index", "bonds"): -0.10,
}  # fmt: skip


def rules(every: int = 1) -> list[rk.Rule]:
    """Five rules, each consulted every `every` months (0 = every step)."""
    return [
        rk.Hold(),
        rk.Rebalance(3 if every == 1 else every),
        rk.Band(0.10, every=every),
        rk.Cap(0.40, to=0.30, every=every),
        rk.DrawdownControl(0.40, every=every),
    ]


def job(steps_per_year: int = 252, every: int = 1, more: tuple[rk.Rule, ...] = ()) -> rk.Scenario:
    """Six holdings, three of them a founder's; yearly news on each of the three and a rare event on all; costs."""
    founders = dict.fromkeys(NAMES[:3], "founder")
    holdings = [rk.Holding(name, value, founder=founders.get(name)) for name, value in zip(NAMES, START, strict=True)]
    portfolio = rk.Portfolio(holdings)
    assets = {name: rk.Asset(m, s) for name, m, s in zip(NAMES, RETURNS, VOLATILITIES, strict=True)}
    nested: dict[str, dict[str, float]] = {}
    for (one, other), value in CORRELATIONS.items():
        nested.setdefault(one, {})[other] = value
    news = [rk.Shock(f"news {name}", 1.0, {name: rk.Impact(0.0, 0.10)}) for name in NAMES[:3]]
    exit_ = rk.founder_exit(portfolio, "founder", 0.02, rk.Impact(-0.6, 0.1))
    market = rk.Market(assets, nested, shocks=(*news, exit_))
    return rk.Scenario(
        portfolio, market, [*rules(every), *more], frictions=rk.Frictions(cost=0.002), years=10,
        steps_per_year=steps_per_year,
    )  # fmt: skip


def numpy_normals(count: int) -> float:
    """Seconds that NumPy takes merely to draw `count` normals with SFC64, its fastest generator."""
    generator = np.random.Generator(np.random.SFC64(1))
    buffer = np.empty(1 << 16)
    start = time.perf_counter()
    for _ in range(count // buffer.size):
        generator.standard_normal(out=buffer)
    return (time.perf_counter() - start) * count / (count // buffer.size * buffer.size)


def own_normals(count: int) -> float:
    """Seconds that the kernel's own generator takes to draw `count` normals."""
    from riskkit._random import draws
    from riskkit._random.streams import Stream

    paths, counters = np.arange(1 << 14, dtype=np.uint64), np.zeros(1 << 14, dtype=np.uint64)
    key = Stream(1, "benchmark").key
    out = np.empty((2, paths.size))
    rounds = max(count // (2 * paths.size), 1)
    draws.fill_normals(*key, paths, counters, out)
    start = time.perf_counter()
    for _ in range(rounds):
        draws.fill_normals(*key, paths, counters, out)
    return (time.perf_counter() - start) * count / (rounds * 2 * paths.size)


def seconds(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratios(work: Callable[[], object], rivals: dict[str, Callable[[], float]], rounds: int = 5) -> dict[str, float]:
    """Median over rounds of the time of `work` as a multiple of each rival's, all taken in turn in this process."""
    work()
    found: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        taken = seconds(work)
        for name, rival in rivals.items():
            found[name].append(taken / rival())
    return {name: statistics.median(values) for name, values in found.items()}


def run(
    scenario: rk.Scenario, paths: int, workers: int = 1, statistics: tuple[rk.Statistic, ...] = ()
) -> rk.Comparison:
    """Run a scenario, with every metric of the table."""
    result = rk.compare(scenario, paths=paths, seed=1, workers=workers, progress=False, statistics=statistics)
    result.table()
    return result


def against_normals(what: str, scenario: rk.Scenario, paths: int, rounds: int, bounds: tuple[float, float]) -> None:
    """Print a run on one thread as a multiple of merely drawing its normals, by NumPy and by the kernel's generator."""
    normals = len(NAMES) * paths * scenario.calendar.steps
    rivals = {"NumPy normals": lambda: numpy_normals(normals), "own normals": lambda: own_normals(normals)}
    found = ratios(lambda: run(scenario, paths), rivals, rounds)
    for (name, value), bound in zip(found.items(), bounds, strict=True):
        told = f"bound {bound:g}" if np.isfinite(bound) else "no bound"
        print(f"{what:<58} {value:6.2f} x {name} ({told})", flush=True)
