"""Print the speed of the optimisers, as ratios to a cvxpy programme and to skfolio in one process.

Run: ``python tests/benchmarks/cvar.py [--quick]``. On a machine with variables that hold OpenBLAS back, unset them
first. Every line says how far the answer is proven and, where a rival solved the same problem, how far the objectives
are apart.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from typing import Any

import cvxpy as cp
import numpy as np

import riskkit as rk

LEVEL = 0.95


def heavy_tails(scenarios: int, assets: int, seed: int = 0) -> np.ndarray:
    """Yearly returns (scenario, asset): three common factors and own noise, with the tails of a Student t of 4."""
    generator = np.random.default_rng(seed)
    loads = generator.normal(0.8, 0.4, (assets, 3)) * np.array([0.15, 0.06, 0.06])
    own = generator.uniform(0.1, 0.35, assets)
    clock = np.sqrt(4.0 / generator.chisquare(4, scenarios))[:, np.newaxis]
    logs = generator.standard_normal((scenarios, 3)) @ loads.T + generator.standard_normal((scenarios, assets)) * own
    growth = np.exp(np.clip(logs * clock, -3.0, 3.0))
    return growth - growth.mean(axis=0) + generator.uniform(0.02, 0.10, assets)


def timed(work: Callable[[], Any], rounds: int = 1) -> tuple[Any, float]:
    """What `work` returns, and the least of its times."""
    least = np.inf
    for _ in range(rounds):
        start = time.perf_counter()
        result = work()
        least = min(least, time.perf_counter() - start)
    return result, least


def plain_cvar(returns: np.ndarray) -> float:
    """Least CVaR by one linear programme with a row a scenario, in cvxpy and Clarabel."""
    scenarios, assets = returns.shape
    weights, edge, excess = cp.Variable(assets), cp.Variable(), cp.Variable(scenarios, nonneg=True)
    objective = cp.Minimize(edge + cp.sum(excess) / (scenarios * (1.0 - LEVEL)))
    limits = [excess >= -returns @ weights - edge, cp.sum(weights) == 1.0, weights >= 0.0]
    return float(cp.Problem(objective, limits).solve(solver=cp.CLARABEL))


def skfolio_cvar(returns: np.ndarray) -> float:
    """Least CVaR by skfolio, with its own solver and settings."""
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk

    model = MeanRisk(risk_measure=RiskMeasure.CVAR, cvar_beta=LEVEL).fit(returns)
    return float(rk.measures.expected_shortfall(-returns @ model.weights_, LEVEL))


def plain_cdar(steps: np.ndarray) -> float:
    """Least CDaR by one linear programme with three rows a point of a path, in cvxpy and Clarabel."""
    times, assets, paths = steps.shape
    gains = np.zeros((times + 1, paths, assets))
    np.cumsum(steps.transpose(0, 2, 1), axis=0, out=gains[1:])
    weights, edge = cp.Variable(assets), cp.Variable()
    peak, excess = cp.Variable((times + 1, paths)), cp.Variable((times + 1, paths), nonneg=True)
    level = cp.reshape(gains.reshape(-1, assets) @ weights, (times + 1, paths), order="C")
    objective = cp.Minimize(edge + cp.sum(excess) / ((times + 1) * paths * (1.0 - LEVEL)))
    limits = [peak >= level, peak[1:] >= peak[:-1], excess >= peak - level - edge, cp.sum(weights) == 1, weights >= 0]
    return float(cp.Problem(objective, limits).solve(solver=cp.CLARABEL))


def memory() -> float:
    """The most memory that this process has held so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def report(what: str, found: rk.optimize.Allocation, seconds: float, rivals: dict[str, tuple[float, float]]) -> None:
    """Print the gap, and how many times as long every rival took for which objective."""
    line = f"{what:<30} {seconds:7.3f} s, {found.iterations:4d} evaluations, gap {found.gap:.0e}"
    for name, (objective, took) in rivals.items():
        line += f"; {name} {took / seconds:6.1f} x as long, objective {found.objective / objective - 1:+.0e}"
    print(line, flush=True)


def main() -> None:
    """Run every benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only what takes seconds")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rk.optimize.min_cvar(heavy_tails(100, 3))
    rivals = {"Clarabel": plain_cvar}
    try:
        import skfolio  # noqa: F401
    except ImportError:
        print("skfolio is not installed")
    else:
        rivals["skfolio"] = skfolio_cvar

    def cvar(scenarios: int, assets: int, against: dict[str, Callable[[np.ndarray], float]]) -> float:
        returns = heavy_tails(scenarios, assets)
        found, seconds = timed(lambda: rk.optimize.min_cvar(returns), options.rounds)
        rounds = 2 if scenarios <= 10_000 else 1
        report(
            f"CVaR {scenarios:,} x {assets}",
            found,
            seconds,
            {name: timed(lambda rival=rival: rival(returns), rounds) for name, rival in against.items()},
        )
        return seconds

    cvar(10_000, 20, rivals)
    small = heavy_tails(10_000, 50)
    _, clarabel = timed(lambda: plain_cvar(small), 2)
    print(f"  of which Clarabel takes for 10,000 x 50: {cvar(100_000, 50, {}) / clarabel:.2f} (bound 2)")
    before = memory()
    cvar(1_000_000, 6, {})
    print(f"  of the process: at most {memory():.2f} GiB, before it {before:.2f} (bound 1)")
    if options.quick:
        return
    cvar(100_000, 20, rivals)
    for times, assets, paths, against in [(520, 6, 100, {"Clarabel": plain_cdar}), (520, 20, 1000, {})]:
        flat = heavy_tails(times * paths, assets) / 52.0**0.5
        steps = flat.reshape(times, paths, assets).transpose(0, 2, 1)
        found, seconds = timed(lambda steps=steps: rk.optimize.min_cdar(steps), options.rounds)
        others = {name: timed(lambda rival=rival, steps=steps: rival(steps)) for name, rival in against.items()}
        report(f"CDaR {paths} x {times} x {assets}", found, seconds, others)


if __name__ == "__main__":
    main()
