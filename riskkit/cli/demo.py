"""The text of ``riskkit demo``: the built-in case with no view and with a belief, side by side, and what it means."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from riskkit.analysis._breakeven import BreakEven, breakeven
from riskkit.comparison._compare import compare
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.metrics import METRICS
from riskkit.portfolio._concentration import concentration
from riskkit.scenario.scenarios import baron

__all__ = ["BELIEF", "demo", "sentences"]

#: Five times the money in ten years.
BELIEF = 0.1746
YARDSTICK = "diversify now"
WIDTH = 110

#: Paths of each of the many runs behind the break-even, which take about half a second together.
TIE_PATHS = 5_000

# Metric → its heading, in two lines.
_COLUMNS = {
    "wealth_median": ("median", "wealth"),
    "wealth_mean": ("mean", "wealth"),
    "certainty_equivalent": ("cert.", "equiv."),
    "goal_probability": ("goal", "%"),
    "loss_probability": ("loss", "%"),
    "max_drawdown_median": ("max", "DD %"),
    "ced95": ("CED", "95 %"),
}
_LEGEND = (
    "Wealth is in multiples of the start. Cert. equiv.: certainty equivalent at relative risk aversion 3. Goal: paths "
    "that end at {goal:g} times the start or more. Loss: paths that end below the start. Max DD: median maximum "
    "drawdown. CED 95 %: conditional expected drawdown, the mean of the worst 5 % of maximum drawdowns, in %. In "
    "brackets: the standard error. It measures Monte-Carlo error only, not how uncertain the assumptions are."
)


def demo(
    *,
    paths: int = 20_000,
    seed: int = 0,
    steps_per_year: int = 252,
    report: str | Path | None = None,
    force: bool = False,
) -> str:
    """Run the built-in scenario without a view and with Baron's belief, and tell what comes out.

    Parameters
    ----------
    paths, seed : int
        As for `compare`.
    steps_per_year : int
        252 for daily steps.
    report : str or Path, optional
        File for the report of the scenario without a view.
    force : bool
        Whether a file that exists may be replaced.

    Returns
    -------
    str
        Lines of at most 110 characters.

    Raises
    ------
    InvalidInput
        If a number is out of its bounds.
    """
    scenarios = (replace(baron(belief), steps_per_year=steps_per_year) for belief in (None, BELIEF))
    plain, believed = (compare(scenario, paths=paths, seed=seed) for scenario in scenarios)
    # Neither rule trades after the start, so that yearly steps give the same law of final wealth, sooner.
    yearly = replace(baron(), steps_per_year=1)
    base = yearly.baseline_name
    tie = breakeven(yearly, base, YARDSTICK, vary="expected_return:Musk", paths=min(paths, TIE_PATHS), seed=seed)
    if report is not None:
        plain.report(report, force=force)
    return "\n".join(_lines(plain, believed, tie))


def _lines(plain: Comparison, believed: Comparison, tie: BreakEven) -> Iterator[str]:
    scenario = plain.scenario
    base, assumed = scenario.baseline_name, scenario.assumptions()
    yield f"A portfolio that rides on one person: {scenario.years:g} years, {scenario.steps_per_year} steps a year"
    yield from _heading("Concentration")
    yield repr(scenario.portfolio)
    for by in ("holding", "founder"):
        groups = concentration(scenario.portfolio, by)
        yield (
            f"By {by}: effective number {groups.effective_number:.2f} (1 / Herfindahl index), "
            f"largest {groups.largest:.1%} ({groups.largest_name})"
        )
    yield from _heading("Assumptions")
    for line in [*assumed, f"With the belief: expected return a year {_changed_returns(plain, believed)}."]:
        yield from _wrapped(line, "- ")
    yield from _heading(f"Results of each rule: the same {plain.paths:,} paths, seed {plain.seed}")
    metrics = list(_COLUMNS)
    yield from _table([(result.table(metrics), result.errors(metrics)) for result in (plain, believed)], "")
    yield ""
    yield from _wrapped(_LEGEND.format(goal=scenario.goal))
    yield from _heading(f"Each rule minus {base!r}, paired path by path")
    found = [result.differences(metrics=metrics) for result in (plain, believed)]
    names = [name for name in scenario.names if name != base]
    yield from _table([(_wide(each, "difference", names), _wide(each, "standard_error", names)) for each in found], "+")
    yield from _heading("What the numbers mean")
    for number, sentence in enumerate(sentences(plain, believed, tie), 1):
        yield from _wrapped(sentence, f"{number}. ")


def sentences(plain: Comparison, believed: Comparison, tie: BreakEven) -> list[str]:
    """Say in three points what two comparisons of the same rules mean; ± is one standard error.

    Parameters
    ----------
    plain, believed : Comparison
        Without a view, and with one. Both have the rule ``"diversify now"`` beside their baseline.
    tie : BreakEven
        The belief at which these two tie.
    """
    base = plain.scenario.baseline_name
    before, after = (_against(result, YARDSTICK, base) for result in (plain, believed))
    return [
        f"With no view {_winner(plain)} (± is one standard error).",
        f"With the belief {_winner(believed)}; {YARDSTICK!r} minus {base!r} goes from {_signed(before)} to "
        f"{_signed(after)}, {_verdict(before, after)}. {tie.sentence()}",
        _depths(plain, believed, base),
    ]


def _changed_returns(plain: Comparison, believed: Comparison) -> str:
    """The expected returns that differ between the two."""
    before, after = (result.scenario.market.assets for result in (plain, believed))
    names: dict[float, list[str]] = {}
    for name, asset in after.items():
        if asset.expected_return != before[name].expected_return:
            names.setdefault(asset.mean_return, []).append(name)
    return "; ".join(f"{100.0 * value:.4g} % ({', '.join(held)})" for value, held in names.items())


def _winner(result: Comparison) -> str:
    """Which rule ends highest, by how much, and whether that is sure."""
    medians = result.table("wealth_median")["wealth_median"]
    winner, base = str(medians.idxmax()), result.scenario.baseline_name
    other = base if winner != base else YARDSTICK
    ahead = _against(result, winner, other)
    others = result.differences(baseline=winner, metrics="wealth_median")
    ties = [repr(rule) for rule, high in others["high"].droplevel("metric").items() if not high < 0.0]
    doubt = f" (too few paths to tell it from {', '.join(ties)})" if ties else ""
    return (
        f"{winner!r} has the highest median wealth{doubt}, {medians[winner]:.2f} times the start, "
        f"{_signed(ahead)} against {other!r}, and does better than {other!r} on {_percent(ahead['won'])} of the paths"
    )


def _against(result: Comparison, rule: str, other: str) -> dict[str, float]:
    """The paired difference of median wealth."""
    gaps = result.differences(baseline=other, metrics="wealth_median").droplevel("metric")
    return {str(name): float(value) for name, value in gaps.loc[[rule]].to_dict("records")[0].items()}


def _verdict(before: dict[str, float], after: dict[str, float]) -> str:
    """What the belief does to a difference."""
    first, second = (int(gap["low"] > 0.0) - int(gap["high"] < 0.0) for gap in (before, after))
    if first * second < 0:
        return "so the assumed return decides which of the two has the higher median"
    if first * second > 0:
        change = "wider" if abs(after["difference"]) > abs(before["difference"]) else "no wider"
        return f"so the order of the two does not depend on the belief, which makes the gap {change}"
    if first or second:
        return (
            f"so {'with the belief' if first else 'with no view'} the paths are too few to tell which has the higher "
            "median"
        )
    return "so the paths are too few to tell which has the higher median, with the belief or without"


def _depths(plain: Comparison, believed: Comparison, base: str) -> str:
    """How deep the falls are, and how likely loss and goal, for the baseline and the yardstick."""
    metrics = ["max_drawdown_median", "loss_probability", "goal_probability"]
    tables = [result.table(metrics) for result in (plain, believed)]
    error = np.max([result.errors(metrics).loc[[base, YARDSTICK]].to_numpy() for result in (plain, believed)])
    sure = "" if np.isnan(error) else f"; no standard error exceeds {100.0 * error:.1f} points"

    def told(rule: str, metric: str) -> str:
        before, after = (_percent(float(table[metric][rule])) for table in tables)
        return before if before == after else f"{before} ({after} with the belief)"

    return (
        f"Under {base!r} the median maximum drawdown is {told(base, metrics[0])}, the probability of ending below the "
        f"start is {told(base, metrics[1])} and the probability of reaching {plain.scenario.goal:g} times the start is "
        f"{told(base, metrics[2])}; under {YARDSTICK!r} these are {told(YARDSTICK, metrics[0])}, "
        f"{told(YARDSTICK, metrics[1])} and {told(YARDSTICK, metrics[2])}{sure}."
    )


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"


def _signed(gap: dict[str, float]) -> str:
    error = gap["standard_error"]
    return f"{gap['difference']:+z.2f} ± {error:.{3 if error < 0.005 else 2}f}"


def _table(parts: list[tuple[pd.DataFrame, pd.DataFrame]], sign: str) -> Iterator[str]:
    """Values with their errors below, a group of columns for each of the two results."""
    rules = list(parts[0][0].index)
    left = max(map(len, rules))
    groups = [_group(values, errors, sign) for values, errors in parts]
    widths = [max(len(line) for line in group) for group in groups]
    titles = (f"{title:-^{width}}" for title, width in zip((" no view ", " with the belief "), widths, strict=True))
    yield "  ".join([" " * left, *titles])
    labels = ["", "", *(label for rule in rules for label in (rule, ""))]
    for label, *cells in zip(labels, *groups, strict=True):
        yield "  ".join([f"{label:<{left}}", *cells]).rstrip()


def _wide(differences: pd.DataFrame, column: str, rules: list[str]) -> pd.DataFrame:
    """One column of the differences as a table, a row a rule."""
    return pd.DataFrame({metric: differences[column].xs(metric, level="metric").loc[rules] for metric in _COLUMNS})


def _group(values: pd.DataFrame, errors: pd.DataFrame, sign: str) -> list[str]:
    columns = []
    for metric, heading in _COLUMNS.items():
        scale, digits = (100.0, 1) if METRICS[metric].unit == "share" else (1.0, 2)
        cells = list(heading)
        for value, error in zip(scale * values[metric], scale * errors[metric], strict=True):
            least = 10.0**-digits
            small = f"<{least:.{digits}f}" if 0.0 < error < 0.5 * least else f"{error:.{digits}f}"
            cells += [f"{value:{sign}z.{digits}f}", f"({small.replace('<0', '<')})"]
        width = max(map(len, cells))
        columns.append([f"{cell:>{width}}" for cell in cells])
    return [" ".join(line) for line in zip(*columns, strict=True)]


def _heading(words: str) -> list[str]:
    return ["", words, "-" * len(words)]


def _wrapped(words: str, bullet: str = "") -> list[str]:
    return textwrap.wrap(words, WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet))
