"""Print the time of job J under tax, windows and a loan as a multiple of job J, in one process.

Run: ``python tests/benchmarks/frictions.py [--paths 16384]``.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import job

import riskkit as rk


def burdened(scenario: rk.Scenario) -> rk.Scenario:
    """Job J with a tax on gains, two holdings with tender windows, and a loan."""
    windows = {"private": rk.TenderWindows(), "venture": rk.TenderWindows(months=(12,), limit=0.2)}
    holdings = [
        replace(holding, cost=0.5 * holding.value, liquidity=windows.get(holding.name, rk.Listed()))
        for holding in scenario.portfolio.holdings
    ]
    portfolio = rk.Portfolio(holdings, loan=rk.Loan(10.0, 0.04, 0.5))
    return replace(scenario, portfolio=portfolio, frictions=rk.Frictions(0.002, tax=rk.CapitalGains(0.238)))


def main() -> None:
    """Run J with and without."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=16384)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    plain = job.job()

    def run(scenario: rk.Scenario) -> rk.Comparison:
        return rk.compare(scenario, paths=options.paths, seed=1, workers=1, progress=False)

    for label, scenario in {
        "tax": replace(plain, frictions=rk.Frictions(0.002, tax=rk.CapitalGains(0.238))),
        "tax, windows and a loan": burdened(plain),
    }.items():
        found = job.ratios(
            lambda scenario=scenario: run(scenario), {"J": lambda: job.seconds(lambda: run(plain))}, options.rounds
        )
        print(f"J with {label:<30} {found['J']:6.2f} x J (bound 1.4)")


if __name__ == "__main__":
    main()
