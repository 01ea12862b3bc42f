"""The text of ``riskkit demo``: the built-in scenario without a view and with a belief, side by side."""

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

#: Paths of each run of the break-even, which take about half a second together.
BREAKEVEN_PATHS = 5_000

# Metric → heading in two lines.
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
    """Run the built-in scenario without a view and with Baron's belief, and return the results as text.

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
    # Neither rule trades after the start, so yearly steps give the same law of final wealth, faster.
    yearly = replace(baron(), steps_per_year=1)
    baseline = yearly.baseline_name
    break_even = breakeven(
        yearly, baseline, YARDSTICK, vary="expected_return:Musk", paths=min(paths, BREAKEVEN_PATHS), seed=seed
    )
    if report is not None:
        plain.report(report, force=force)
    return "\n".join(_lines(plain, believed, break_even))


def _lines(plain: Comparison, believed: Comparison, break_even: BreakEven) -> Iterator[str]:
    scenario = plain.scenario
    baseline, assumed = scenario.baseline_name, scenario.assumptions()
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
    yield from _heading(f"Each rule minus {baseline!r}, paired path by path")
    found = [result.differences(metrics=metrics) for result in (plain, believed)]
    names = [name for name in scenario.names if name != baseline]
    yield from _table(
        [
            (_differences_by_metric(each, "difference", names), _differences_by_metric(each, "standard_error", names))
            for each in found
        ],
        "+",
    )
    yield from _heading("What the numbers mean")
    for number, sentence in enumerate(sentences(plain, believed, break_even), 1):
        yield from _wrapped(sentence, f"{number}. ")


def sentences(plain: Comparison, believed: Comparison, break_even: BreakEven) -> list[str]:
    """Interpret two comparisons of the same rules in three points; ± is one standard error.

    Parameters
    ----------
    plain, believed : Comparison
        Without a view, and with one. Both have the rule ``"diversify now"`` and their baseline.
    tie : BreakEven
        The belief at which these two rules tie.
    """
    baseline = plain.scenario.baseline_name
    before, after = (_paired_difference(result, YARDSTICK, baseline) for result in (plain, believed))
    return [
        f"With no view {_best_rule(plain)} (± is one standard error).",
        f"With the belief {_best_rule(believed)}; {YARDSTICK!r} minus {baseline!r} goes from {_signed(before)} to "
        f"{_signed(after)}, {_effect_of_belief(before, after)}. {break_even.sentence()}",
        _drawdown_sentence(plain, believed, baseline),
    ]


def _changed_returns(plain: Comparison, believed: Comparison) -> str:
    """The expected returns that differ between two results."""
    before, after = (result.scenario.market.assets for result in (plain, believed))
    names: dict[float, list[str]] = {}
    for name, asset in after.items():
        if asset.expected_return != before[name].expected_return:
            names.setdefault(asset.mean_return, []).append(name)
    return "; ".join(f"{100.0 * value:.4g} % ({', '.join(holdings)})" for value, holdings in names.items())


def _best_rule(result: Comparison) -> str:
    """The rule with the highest median, its lead, and whether the lead is significant."""
    medians = result.table("wealth_median")["wealth_median"]
    winner, baseline = str(medians.idxmax()), result.scenario.baseline_name
    other = baseline if winner != baseline else YARDSTICK
    ahead = _paired_difference(result, winner, other)
    others = result.differences(baseline=winner, metrics="wealth_median")
    ties = [repr(rule) for rule, high in others["high"].droplevel("metric").items() if not high < 0.0]
    doubt = f" (too few paths to tell it from {', '.join(ties)})" if ties else ""
    return (
        f"{winner!r} has the highest median wealth{doubt}, {medians[winner]:.2f} times the start, "
        f"{_signed(ahead)} against {other!r}, and does better than {other!r} on {_percent(ahead['won'])} of the paths"
    )


def _paired_difference(result: Comparison, rule: str, other: str) -> dict[str, float]:
    """The paired difference of median wealth."""
    gaps = result.differences(baseline=other, metrics="wealth_median").droplevel("metric")
    return {str(name): float(value) for name, value in gaps.loc[[rule]].to_dict("records")[0].items()}


def _effect_of_belief(before: dict[str, float], after: dict[str, float]) -> str:
    """The effect of the belief on a difference."""
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


def _drawdown_sentence(plain: Comparison, believed: Comparison, baseline: str) -> str:
    """A sentence on drawdown, loss and goal of the baseline and the yardstick."""
    metrics = ["max_drawdown_median", "loss_probability", "goal_probability"]
    tables = [result.table(metrics) for result in (plain, believed)]
    error = np.max([result.errors(metrics).loc[[baseline, YARDSTICK]].to_numpy() for result in (plain, believed)])
    sure = "" if np.isnan(error) else f"; no standard error exceeds {100.0 * error:.1f} points"

    def text_of(rule: str, metric: str) -> str:
        before, after = (_percent(float(table[metric][rule])) for table in tables)
        return before if before == after else f"{before} ({after} with the belief)"

    return (
        f"Under {baseline!r} the median maximum drawdown is {text_of(baseline, metrics[0])}, the probability of "
        f"ending below the start is {text_of(baseline, metrics[1])} and the probability of reaching "
        f"{plain.scenario.goal:g} times the start is {text_of(baseline, metrics[2])}; under {YARDSTICK!r} these are "
        f"{text_of(YARDSTICK, metrics[0])}, {text_of(YARDSTICK, metrics[1])} and "
        f"{text_of(YARDSTICK, metrics[2])}{sure}."
    )


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"


def _signed(gap: dict[str, float]) -> str:
    error = gap["standard_error"]
    return f"{gap['difference']:+z.2f} ± {error:.{3 if error < 0.005 else 2}f}"


def _table(results: list[tuple[pd.DataFrame, pd.DataFrame]], sign: str) -> Iterator[str]:
    """Values with their standard errors below, a group of columns for each of two results."""
    rules = list(results[0][0].index)
    left = max(map(len, rules))
    groups = [_group(values, errors, sign) for values, errors in results]
    widths = [max(len(line) for line in group) for group in groups]
    titles = (f"{title:-^{width}}" for title, width in zip((" no view ", " with the belief "), widths, strict=True))
    yield "  ".join([" " * left, *titles])
    labels = ["", "", *(label for rule in rules for label in (rule, ""))]
    for label, *cells in zip(labels, *groups, strict=True):
        yield "  ".join([f"{label:<{left}}", *cells]).rstrip()


def _differences_by_metric(differences: pd.DataFrame, column: str, rules: list[str]) -> pd.DataFrame:
    """One column of the differences as a table with a row for each rule."""
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
