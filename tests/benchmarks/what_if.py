"""Print the time of reweighting as a share of the run that it replaces, and the difference of the two results.

Run: ``python tests/benchmarks/what_if.py [--paths 100000]``.
"""

from __future__ import annotations

import argparse
import statistics
import warnings
from dataclasses import replace

import job
import numpy as np

import riskkit as rk

EXIT = "founder exit"


def at_rate(scenario: rk.Scenario, rate: float) -> rk.Scenario:
    """The scenario with another rate of the founder's exit."""
    shocks = [replace(shock, rate=rate) if shock.name == EXIT else shock for shock in scenario.market.shocks]
    return replace(scenario, market=replace(scenario.market, shocks=shocks))


def gaps(first: rk.Comparison, second: rk.Comparison) -> np.ndarray:
    """Distance of two independent answers in standard errors, on every metric of every rule that has an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)
        error = np.hypot(first.errors(), second.errors()).to_numpy()
        gap = np.abs((first.table() - second.table()).to_numpy())
    told = error > 0.0
    return gap[told] / error[told]


def main() -> None:
    """Run job J once at 2 % and once at 4 %, and take the first to 4 % by reweighting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=100_000)
    options = parser.parse_args()
    scenario = job.job()

    def run(rate: float, seed: int) -> rk.Comparison:
        return rk.compare(at_rate(scenario, rate), paths=options.paths, seed=seed, progress=False)

    run(0.02, 0)
    found: list[rk.Comparison] = []
    simulated = job.seconds(lambda: found.append(run(0.04, 2)))
    result = run(0.02, 1)

    def share(work: str) -> float:
        def answer() -> None:
            reweighted = result.reweight({EXIT: 0.04})
            if work == "table":
                reweighted.table()
            elif work == "two metrics":
                reweighted.table(["wealth_median", "ced95"])

        answer()
        return statistics.median(job.seconds(answer) for _ in range(9)) / simulated

    print(f"J, {options.paths:,} paths: {simulated:.1f} s")
    for work in ("weights alone", "two metrics", "table"):
        print(f"reweighted, {work}: {share(work):.2%} of it")
    off = gaps(result.reweight({EXIT: 0.04}), found[0])
    print(
        f"{off.size} numbers: at most {off.max():.2f} standard errors apart, {np.sqrt(np.mean(off**2)):.2f} in the mean"
    )


if __name__ == "__main__":
    main()
