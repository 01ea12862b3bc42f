"""Print the time of a report, against its run and against a tearsheet by quantstats.

Run: ``python tests/benchmarks/report.py [--paths 100000]``. The tearsheet is of one series of returns as long as one of
the paths, given as a table; riskkit's report is of all paths of all rules, with its runs for the causes, the break-even
and the sliders. It is another piece of work, the nearest that there is.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import job
import pandas as pd

import riskkit as rk


def tearsheet(scenario: rk.Scenario, folder: Path) -> None:
    """A tearsheet of the first holding on one path."""
    import quantstats

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # of fonts that quantstats asks for in vain
    prices = rk.sample(scenario.market, years=10, steps_per_year=252, paths=1, seed=1).prices[:, 0, 0]
    returns = pd.Series(prices, pd.bdate_range("2000-01-03", periods=prices.size)).pct_change().dropna()
    quantstats.reports.html(returns, output=str(folder / "tearsheet.html"), title="one path")


def main() -> None:
    """Run the founding case, report it, and time all three in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    case = rk.scenarios.baron()
    case = replace(case, rules=[*case.rules, rk.Band(0.05)])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        result = job.run(case, arguments.paths)
        page = folder / "report.html"
        rivals = {"the run on one thread": lambda: job.seconds(lambda: job.run(case, arguments.paths))}
        try:
            tearsheet(case, folder)
        except ImportError:
            print("quantstats is not installed")
        else:
            peer = f"a tearsheet of one path by quantstats {metadata.version('quantstats')}"
            rivals[peer] = lambda: job.seconds(lambda: tearsheet(case, folder))
        found = job.ratios(lambda: result.report(page, force=True), rivals, arguments.rounds)
        taken = statistics.median(job.seconds(lambda: result.report(page, force=True)) for _ in range(arguments.rounds))
        what = f"report of {len(case.rules)} rules on {arguments.paths:,} paths"
        for name, value in found.items():
            print(f"{what}: {value:.2f} x {name}")
        print(f"{what}: {taken:.1f} s (bound 10), {page.stat().st_size / 1e6:.2f} MB (bound 3)")


if __name__ == "__main__":
    main()
