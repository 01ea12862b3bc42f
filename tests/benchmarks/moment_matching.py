"""Print the gain of moment matching: variance × time of plain sampling as a multiple, over independent runs.

Run: ``python tests/benchmarks/moment_matching.py [--runs 200] [--paths 8192]``.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace

import job
import numpy as np
from interval_coverage import cut

import riskkit as rk

METRICS = ["wealth_median", "goal_probability", "max_drawdown_median", "cdar95"]
SAMPLING = {"plain": {}, "moment matched": {"sampling": "moment matched"}}


def case() -> rk.Scenario:
    """The founding case in monthly steps, under three of its rules."""
    scenario = rk.scenarios.baron()
    rules = [rule for rule in scenario.rules if rule.name in ("hold", "cap 30 %", "rebalance yearly")]
    return replace(scenario, rules=rules, steps_per_year=12)


def variances(scenario: rk.Scenario, runs: int, paths: int) -> dict[str, np.ndarray]:
    """Variances of every metric of every rule (rule, metric) over runs of the same paths, plain and matched."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in SAMPLING}
    for seed, first in enumerate(range(0, runs, 20), start=1):
        count = min(20, runs - first)
        long = rk.compare(scenario, paths=count * paths, seed=seed, progress=False, sampling="moment matched")
        for run in range(count):
            better = cut(long, slice(run * paths, (run + 1) * paths))
            equal = replace(better.outcomes, path_weights=np.full(paths, 1.0 / paths))
            for name, result in {"plain": replace(better, outcomes=equal), "moment matched": better}.items():
                found[name].append(result.table(METRICS).to_numpy())
    return {name: np.var(values, axis=0, ddof=1) for name, values in found.items()}


def main() -> None:
    """Measure variances, then times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="independent runs behind each variance")
    parser.add_argument("--paths", type=int, default=8192, help="paths of each run")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    scenario = case()
    found = variances(scenario, options.runs, options.paths)

    def run(steps_per_year: int, sampling: str) -> None:
        chosen = replace(scenario, steps_per_year=steps_per_year)
        result = rk.compare(chosen, paths=100_000, seed=1, workers=1, progress=False, **SAMPLING[sampling])
        result.table(METRICS)
        result.errors(METRICS)

    times = {}
    for steps_per_year in (12, 252):
        plain = {"plain": lambda steps=steps_per_year: job.seconds(lambda: run(steps, "plain"))}
        times[steps_per_year] = job.ratios(
            lambda steps=steps_per_year: run(steps, "moment matched"), plain, options.rounds
        )["plain"]
    ratio = found["plain"] / found["moment matched"]
    print(f"Time of 100,000 paths, table and errors: monthly {times[12]:.2f} x plain, daily {times[252]:.2f} x plain.")
    print(f"Each variance is known to {math.sqrt(2.0 / (options.runs - 1)):.0%}, ratios somewhat better.\n")
    print(
        "| metric | rule | variance cut by | variance × time, monthly | variance × time, daily |\n|---|---|---|---|---|"
    )
    for column, metric in enumerate(METRICS):
        for row, rule in enumerate(scenario.names):
            cut = ratio[row, column]
            print(f"| `{metric}` | {rule} | {cut:.2f} × | {cut / times[12]:.2f} × | {cut / times[252]:.2f} × |")


if __name__ == "__main__":
    main()
