"""What does each figure show, and how is it drawn?
================================================

Every figure of `riskkit.report.figures` for the founding case, written as PNG into the folder given as an argument, or
into a temporary one: concentration, fan charts, single paths, drawdowns, comparisons of rules, risk attribution and
break-even. It takes seconds with few paths and monthly steps; the error bands are wide. Returns, volatilities,
correlations and shocks are assumptions, and the figures list their shocks.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import riskkit as rk
from riskkit.report import figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PATHS, RUNS_OF_QUESTIONS, SEED = 2_000, 500, 1
GRID = {"expected_return:Musk": [0.0, 0.05, 0.10, 0.15, 0.20], "rate:founder exit": [0.0, 0.02, 0.05, 0.10]}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    reader.add_argument("folder", nargs="?", type=Path, help="where the figures go; by default a temporary folder")
    folder = reader.parse_args().folder or Path(tempfile.mkdtemp(prefix="riskkit-figures-"))
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, ax) in enumerate(drawn(), 1):
        file = folder / f"{number:02}_{name}.png"
        ax.figure.savefig(file, dpi=200)
        print(f"{file.name:<28} {' over '.join(filter(None, [ax.get_ylabel(), ax.get_xlabel()]))}".replace("\n", " "))
    print(f"\nWritten to {folder}")


def drawn() -> Iterator[tuple[str, Axes]]:
    """Every figure and its name."""
    case = replace(rk.scenarios.baron(), steps_per_year=12)
    result = rk.compare(case, paths=PATHS, seed=SEED)
    yield "concentration", figures.concentration_bars(case.portfolio)
    yield "wealth", figures.wealth_fan(result, "hold")
    yield "founder_weight", figures.founder_weight_fan(result, "client trim")
    yield "under_water", figures.under_water(result, "hold")
    yield "max_drawdowns", figures.max_drawdowns(result)
    yield "drawdown_probability", figures.drawdown_probability(result)
    yield "frontier", figures.frontier(result, x="ced95", y="wealth_median")
    yield "differences", figures.paired_differences(result, "wealth_median")
    causes = rk.attribution(case, "hold", "max_drawdown_mean", paths=RUNS_OF_QUESTIONS, seed=SEED)
    yield "causes", figures.waterfall(causes)
    two = replace(case, rules=[rule for rule in case.rules if rule.name in ("hold", "diversify now")])
    swept = rk.sweep(two, GRID, paths=RUNS_OF_QUESTIONS, seed=SEED)
    yield "what_must_be_true", figures.sweep_map(swept, "hold", against="diversify now")


if __name__ == "__main__":
    main()
