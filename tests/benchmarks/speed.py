"""Prints how fast the engine is, as ratios measured in one process.

Run: ``python tests/benchmarks/speed.py [--paths 16384]``. On a machine with variables that hold OpenBLAS back, unset
them first.
"""

from __future__ import annotations

import argparse

import job
import numpy as np

import riskkit as rk


class HandCap(rk.Rule):
    """A user's own cap, in plain NumPy, for comparison with the built-in one."""

    every: int = 1
    at_start: bool = True

    def decide(self, view, state):  # type: ignore[no-untyped-def]
        founder = view.weights[0] + view.weights[1] + view.weights[2]
        over = founder > 0.4
        if not over.any():
            return None, None
        keep = np.where(over, 0.3 / founder, 1.0)
        target = view.weights.copy()
        target[:3] *= keep
        target[3:] *= 1 + (1 - keep) * founder / (1 - founder)
        return target, None


def report(what: str, found: dict[str, float], bounds: dict[str, float]) -> None:
    """Print each ratio with its bound."""
    for name, value in found.items():
        print(f"{what:<58} {value:6.2f} x {name} (bound {bounds[name]:g})")


def main() -> None:
    """Run every benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=16384, help="paths of the daily job")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    paths, steps = options.paths, 2520

    def run(scenario: rk.Scenario, count: int, workers: int = 1) -> rk.Comparison:
        result = rk.compare(scenario, paths=count, seed=1, workers=workers, progress=False)
        result.table()
        return result

    daily = job.job()
    normals = 6 * paths * steps
    rivals = {"NumPy normals": lambda: job.numpy_normals(normals), "own normals": lambda: job.own_normals(normals)}
    found = job.ratios(lambda: run(daily, paths), rivals, options.rounds)
    report(
        f"J: {paths:,} x {steps} daily steps, 5 rules monthly, 1 thread",
        found,
        {"NumPy normals": 0.60, "own normals": 4.6},
    )
    two = {"one thread": lambda: job.seconds(lambda: run(daily, paths, 1))}
    found = job.ratios(lambda: run(daily, paths, 2), two, options.rounds)
    print(f"{'J: two threads':<58} {1 / found['one thread']:6.2f} x as fast as one (bound 1.8)")

    months, many = 120, 20 * paths
    normals_monthly = 6 * many * months
    rivals = {
        "NumPy normals": lambda: job.numpy_normals(normals_monthly),
        "own normals": lambda: job.own_normals(normals_monthly),
    }
    yearly = job.job(12, 12)
    found = job.ratios(lambda: run(yearly, many), rivals, options.rounds)
    report(f"{many:,} x {months} monthly steps, rules yearly", found, {"NumPy normals": np.inf, "own normals": 4.0})
    every = job.job(12, 0)
    found = job.ratios(lambda: run(every, many), rivals, options.rounds)
    report(f"{many:,} x {months} monthly steps, rules every step", found, {"NumPy normals": 1.4, "own normals": 10.0})

    own = job.job(more=(HandCap(),))
    built_in = job.job(more=(rk.Cap(0.40, to=0.30, name="second cap"),))
    found = job.ratios(
        lambda: run(own, paths), {"a built-in one": lambda: job.seconds(lambda: run(built_in, paths))}, options.rounds
    )
    report("J with a user's own NumPy rule for a sixth", found, {"a built-in one": 1.15})


if __name__ == "__main__":
    main()
