"""Print the coverage of 95 % intervals: 2000 small runs against one with 500 times the paths of a run.

Run: ``python tests/benchmarks/interval_coverage.py [--on "founder exit"] [--sampling "moment matched"]``; a few
minutes on two cores.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

import riskkit as rk
from riskkit.comparison.estimation.paired_difference import paired_difference
from riskkit.comparison.metrics import select
from riskkit.comparison.reweighting.moment_matching import matched

RULES = ("hold", "diversify now", "cap 30 %", "rebalance yearly")

#: Runs that are cut from one long run, whose paths are independent: a run of a long run is a run of its own.
PIECES = 50

#: A cell is left out if fewer paths of a run than this are expected on either side of a probability, and if more than
#: this share of the runs say that its error cannot be told.
FEWEST, MOST_FLAGGED = 20, 0.05

Cell = tuple[str, str]


@dataclass
class Tally:
    """How often a cell was told, and how often its interval held the truth."""

    told: Counter[Cell] = field(default_factory=Counter)
    held: Counter[Cell] = field(default_factory=Counter)


def case() -> rk.Scenario:
    """The founding case in monthly steps, under four of its rules."""
    scenario = rk.scenarios.baron()
    rules = [rule for rule in scenario.rules if rule.name in RULES]
    return replace(scenario, steps_per_year=12, rules=rules)


def cut(long: rk.Comparison, rows: slice) -> rk.Comparison:
    """Some consecutive paths as a run of their own, whose weights are matched by themselves where those of all are."""
    outcomes = long.outcomes
    named = {
        kind: {name: values[rows] for name, values in getattr(outcomes, kind).items()}
        for kind in ("event_counts", "hazards", "holdings", "brownian", "log_martingale")
    }
    weights = np.ones(long.paths) if outcomes.brownian else outcomes.path_weights
    outcomes = replace(
        outcomes,
        columns={name: values[:, rows] for name, values in outcomes.columns.items()},
        path_weights=weights[rows] / weights[rows].sum(),
        stratum=None if outcomes.stratum is None else outcomes.stratum[rows],
        **named,
    )
    result = replace(long, outcomes=outcomes, fixed_moments=())
    return matched(result)[0] if outcomes.brownian else result


def cells(result: rk.Comparison) -> Iterator[tuple[Cell, float, float, float]]:
    """Every metric of every rule, and every paired difference: its cell, value and both ends of its interval."""
    for metric in select(None, result.scenario):
        base = result.estimate(RULES[0], metric)
        for rule in RULES:
            found = result.estimate(rule, metric)
            yield (metric, rule), found.value, *found.interval(0.95)
            if rule != RULES[0]:
                gap = paired_difference(found, base, result.outcomes.design, 0.95)
                yield (metric, f"{rule} - {RULES[0]}"), gap.value, gap.low, gap.high


def tally(scenario: rk.Scenario, truth: dict[Cell, float], runs: int, paths: int, sampling: dict[str, str]) -> Tally:
    """Cut long runs into small ones and count."""
    found = Tally()
    for seed in range(1, -(-runs // PIECES) + 1):
        long = rk.compare(scenario, paths=PIECES * paths, seed=seed, progress=False, **sampling)
        for run in range(min(PIECES, runs - (seed - 1) * PIECES)):
            result = cut(long, slice(run * paths, (run + 1) * paths))
            for cell, _, low, high in cells(result):
                found.told[cell] += not math.isnan(low)
                found.held[cell] += low <= truth[cell] <= high
    return found


def why_not(cell: Cell, reference: rk.Comparison, paths: int, told: float) -> str | None:
    """Why a cell is left out."""
    metric, name = cell
    rules = name.split(" - ")
    if all(reference.estimate(rule, metric).standard_error == 0.0 for rule in rules):
        return "no variance"
    if metric.endswith("probability") or metric == "still_under_water":
        shares = [reference.estimate(rule, metric).value for rule in rules]
        if min(min(share, 1.0 - share) for share in shares) * paths < FEWEST:
            return "rare"
    return "flagged" if told < 1.0 - MOST_FLAGGED else None


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--paths", type=int, default=4096, help="paths of a small run; whole batches of 64")
    parser.add_argument("--on", help="stratify on this shock")
    parser.add_argument("--sampling", default="plain", choices=("plain", "moment matched"))
    options = parser.parse_args()
    sampling = {"sampling": "stratified", "on": options.on} if options.on else {"sampling": options.sampling}
    scenario = case()
    reference = rk.compare(scenario, paths=500 * options.paths, seed=0, progress=False, **sampling)
    truth = {cell: value for cell, value, _, _ in cells(reference)}
    found = tally(scenario, truth, options.runs, options.paths, sampling)
    counted: list[float] = []
    print("| metric | cells | lowest | mean | highest | left out |\n|---|---|---|---|---|---|")
    for metric in select(None, scenario):
        covered, left = [], Counter[str]()
        for cell in truth:
            if cell[0] == metric:
                reason = why_not(cell, reference, options.paths, found.told[cell] / options.runs)
                if reason is None:
                    covered.append(found.held[cell] / found.told[cell])
                else:
                    left[reason] += 1
        told = ", ".join(f"{count} {reason}" for reason, count in left.items())
        span = (min(covered), sum(covered) / len(covered), max(covered)) if covered else ()
        print(
            f"| `{metric}` | {len(covered)} |",
            " | ".join(f"{share:.1%}" for share in span) or "– | – | –",
            f"| {told} |",
        )
        counted += covered
    good = sum(0.93 <= share <= 0.97 for share in counted) / len(counted)
    print(f"\n{len(counted)} cells: {good:.1%} of them in 93–97 % (bound 95 %), lowest {min(counted):.1%} (bound 90 %)")


if __name__ == "__main__":
    main()
