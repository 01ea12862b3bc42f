"""Print the gain of stratified sampling: variance of a 99.9 % expected shortfall, and time, against plain sampling.

Run: ``python tests/benchmarks/rare_events.py [--runs 400] [--paths 16384]``.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import job
import numpy as np

import riskkit as rk
from riskkit.engine.outcomes import Outcomes

LEVEL = 0.999
SAMPLING = {"plain": {}, "stratified": {"sampling": "stratified", "on": "founder exit"}}


def case(volatility: float = 0.40, years: float = 1.0, steps_per_year: int = 4) -> rk.Scenario:
    """Two companies of one founder and nothing else; he leaves at 2 % a year, and they lose 70 %."""
    portfolio = rk.Portfolio([rk.Holding("listed", 60, founder="Ann"), rk.Holding("private", 40, founder="Ann")])
    exit_ = rk.founder_exit(portfolio, "Ann", 0.02, -0.70)
    assets = {name: rk.Asset(0.08, volatility) for name in portfolio.names}
    market = rk.Market(assets, {"listed": {"private": 0.3}}, shocks=exit_)
    return rk.Scenario(portfolio, market, rk.Hold(), years=years, steps_per_year=steps_per_year)


def shortfalls(scenario: rk.Scenario, runs: int, paths: int, sampling: str) -> np.ndarray:
    """The expected shortfall of `runs` runs: pieces of one long run, which are independent of each other."""
    outcomes = rk.compare(scenario, paths=runs * paths, seed=1, progress=False, **SAMPLING[sampling]).outcomes
    return np.array([shortfall(outcomes, slice(run * paths, (run + 1) * paths)) for run in range(runs)])


def shortfall(outcomes: Outcomes, part: slice) -> float:
    """Mean of the worst thousandth of the losses of the first rule."""
    losses = 1.0 - outcomes.columns["wealth"][0, part]
    return float(rk.measures.expected_shortfall(losses, LEVEL, weights=outcomes.path_weights[part]))


def main() -> None:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400, help="independent runs behind each variance")
    parser.add_argument("--paths", type=int, default=16384, help="paths of each run; whole batches of 64")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print("| case | shortfall, plain | stratified | variance cut by |")
    print("|---|---|---|---|")
    for label, scenario in {
        "1 year, volatility 40 % (bound 15)": case(),
        "1 year, volatility 57 %": case(volatility=0.57),
        "3 years, volatility 40 %": case(years=3),
        "10 years, volatility 40 %": case(years=10),
    }.items():
        found = {name: shortfalls(scenario, options.runs, options.paths, name) for name in SAMPLING}
        told = " | ".join(f"{values.mean():.4f} ± {values.std(ddof=1):.4f}" for values in found.values())
        print(f"| {label} | {told} | {found['plain'].var(ddof=1) / found['stratified'].var(ddof=1):.1f} × |")

    daily = replace(case(), steps_per_year=252)

    def run(sampling: str) -> None:
        rk.compare(daily, paths=100_000, seed=1, workers=1, progress=False, **SAMPLING[sampling]).table()

    found = job.ratios(lambda: run("stratified"), {"plain": lambda: job.seconds(lambda: run("plain"))}, options.rounds)
    print(f"\ntime of 100,000 daily paths and their table: {found['plain']:.2f} x plain (bound 1.15)")


if __name__ == "__main__":
    main()
