"""Tables of the what-if: median wealth at each rate and impact, and under both conventions of expected returns."""

from __future__ import annotations

import math

from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.report.html.blocks import Table
from riskkit.report.html.extra_runs import alternative
from riskkit.report.html.what_if import Grid
from riskkit.report.text.numbers import cells, changes, counted, quoted
from riskkit.report.text.rules import metric_differences

__all__ = ["TIE", "conventions_table", "grid_table"]

#: Mark of a difference within two standard errors of 0.
TIE = "≈"


def grid_table(grid: Grid) -> Table:
    """Median wealth of the alternative minus that of the baseline at each rate and impact, with ties marked.

    With a single rule, its median wealth.
    """
    base = grid.base
    other, name = alternative(base), base.scenario.baseline_name
    points = [(impact, rate) for impact in grid.impacts for rate in grid.rates]
    results = [grid.on_the_same_paths(*point) for point in points]
    if other is None:
        what, note = f"Median final wealth under {quoted(name)}", ""
        texts = cells([result.estimate(name, "wealth_median") for result in results], "times")
    else:
        what = f"Median final wealth under {quoted(other.name)} minus that under {quoted(name)}"
        note = f"; {TIE} marks differences within two standard errors of a tie"
        gaps = [_difference(result, other.name) for result in results]
        texts = [
            f"{TIE} {text}" if within_two_errors(gap) else text
            for gap, text in zip(gaps, changes(gaps, "times"), strict=True)
        ]
    width = len(grid.rates)
    rows = tuple(
        (impact, *texts[width * place : width * (place + 1)]) for place, impact in enumerate(grid.impact_names)
    )
    caption = (
        f"{what} (times the start) by rate and largest impact of {quoted(grid.shock)}, on {_sizes(results)}; ± is one "
        f"standard error{note}"
    )
    return Table(caption, ("Largest impact", *grid.rate_names), rows, name="what-if-table")


def within_two_errors(gap: Estimate) -> bool:
    """Whether a difference is within two standard errors of 0; false where the error is NaN.

    Examples
    --------
    >>> within_two_errors(Estimate(0.19, 0.1)), within_two_errors(Estimate(-0.21, 0.1))
    (True, False)
    """
    return not math.isnan(gap.standard_error) and abs(gap.value) <= 2.0 * gap.standard_error


def _difference(result: Comparison, rule: str) -> Estimate:
    found = metric_differences(result, "wealth_median").to_dict("index")[rule]
    return Estimate(found["difference"], found["standard_error"])


def conventions_table(grid: Grid) -> Table | None:
    """Median wealth by rate, with the expected returns of the scenario, and with the growth between shocks of it.

    None where the scenario's expected returns do not include the shocks, or no rate is varied.
    """
    if not grid.fixed_drift:
        return None
    base = grid.base
    other = alternative(base)
    rules = [base.scenario.baseline_name, *([other.name] if other is not None else [])]
    columns, heads = [], []
    runs = [grid.on_the_same_paths(1.0, rate) for rate in grid.rates]
    for rule in rules:
        ways: dict[str, list[Comparison | None]] = {
            "expected returns as assumed": [*runs],
            "growth between shocks as in the base case": [grid.fixed_drift.get(rate) for rate in grid.rates],
        }
        for convention, results in ways.items():
            found = [_median(result, rule) for result in results]
            columns.append(cells(found, "times"))
            heads.append(f"{quoted(rule)}: {convention}")
    caption = (
        f"Median final wealth (times the start) by rate of {quoted(grid.shock)} under two conventions, on "
        f"{_sizes(runs)}; ± is one standard error"
    )
    rows = tuple(zip(grid.rate_names, *columns, strict=True))
    return Table(caption, ("Rate", *heads), rows, name="conventions-table")


def _median(result: Comparison | None, rule: str) -> Estimate:
    return Estimate(math.nan, math.nan) if result is None else result.estimate(rule, "wealth_median")


def _sizes(results: list[Comparison]) -> str:
    """The number of paths of these results, or its range."""
    sizes = [result.paths for result in results]
    fewest = "" if min(sizes) == max(sizes) else f"{min(sizes):,} to "
    return f"{fewest}{counted(max(sizes), 'path')}"
