"""The text of ``riskkit demo``: the built-in scenario and a hedge, without a view and with a belief, side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from riskkit._core.format import grouped, percent
from riskkit.analysis._breakeven import BreakEven, breakeven
from riskkit.comparison._compare import compare
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.metrics import METRICS
from riskkit.instruments import Collar, Hedged, terms_of
from riskkit.portfolio._concentration import concentration
from riskkit.rules import Hold
from riskkit.scenario._scenario import Scenario
from riskkit.scenario.scenarios import baron

__all__ = ["BELIEF", "RULES", "demo", "scenario_with_collar", "sentences"]

#: Five times the money in ten years.
BELIEF = 0.1746
YARDSTICK = "diversify now"
WIDTH = 110

#: Paths of each run of the break-even, which take about half a second together.
BREAKEVEN_PATHS = 5_000

#: Beside the rules of the built-in scenario: a collar at no cost on the one company that is listed.
COLLAR = Collar("TSLA", 0.9)
HEDGE = Hedged(Hold(), COLLAR, name="collar")

#: Rule of the demo → its name in a sentence, and what it does.
RULES = {
    "hold": ("holding", "sells nothing"),
    "diversify now": ("selling now", "sells the founder's companies at once, for the diversified holding"),
    "client trim": ("trimming", "sells 27.5 % of a company once its price has doubled"),
    "last seller": (
        "selling last",
        "sells nothing while others sell in equal parts over 5 years, then the companies at once",
    ),
    "cap 30 %": ("a cap of 30 %", "sells companies whenever the founder's weight exceeds 30 %, down to 30 %"),
    "rebalance yearly": ("yearly rebalancing", "restores the weights of the start each year"),
    "drawdown control": ("drawdown control", "lowers the founder's weight as the drawdown grows, to zero at 50 %"),
    "collar": (
        "holding with a collar",
        "holds; each year the gains of TSLA above a cap pay for a floor at 90 % of its price",
    ),
}

# Metric → heading in two lines.
_COLUMNS = {
    "wealth_median": ("median", "wealth"),
    "certainty_equivalent": ("certainty", "equivalent"),
    "goal_probability": ("goal", "%"),
    "loss_probability": ("loss", "%"),
    "max_drawdown_median": ("draw-", "down %"),
    "ced95": ("CED", "95 %"),
}
_LEGEND = {
    "median wealth": "half of the paths end above it; in multiples of the start, like the certainty equivalent",
    "certainty equivalent": "the certain wealth that is worth as much to an investor of relative risk aversion 3",
    "goal": "probability of ending at {goal:g} times the start or more",
    "loss": "probability of ending below the start",
    "drawdown": "the median over paths of the maximum drawdown, the largest fall from a peak",
    "CED 95 %": "conditional expected drawdown: the mean of the worst 5 % of maximum drawdowns, in %",
    "(in brackets)": "the standard error, from the number of paths only; the assumptions are less certain",
}

_DRAWDOWNS = ("max_drawdown_median", "ced95")
_TITLES = (" without a view ", " with the belief ")


def scenario_with_collar(belief: float | None = None) -> Scenario:
    """Return the built-in scenario with one more rule: holding with a collar on TSLA.

    Examples
    --------
    >>> scenario_with_collar().names[-2:]
    ('drawdown control', 'collar')
    """
    built_in = baron(belief)
    return replace(built_in, rules=(*built_in.rules, HEDGE))


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
    scenarios = (replace(scenario_with_collar(belief), steps_per_year=steps_per_year) for belief in (None, BELIEF))
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
    baseline = scenario.baseline_name
    (founder,) = scenario.portfolio.founders
    share = percent(scenario.portfolio.exposure()[founder])
    yield f"A portfolio of which {share} rides on one person: hold it for {scenario.years:g} years, or sell now?"
    yield ""
    for sentence in _answer(plain, believed):
        yield from _wrapped(sentence)
    yield ""
    yield from _wrapped(_views(plain, believed))
    yield from _heading("Concentration")
    yield repr(scenario.portfolio)
    for by in ("holding", "founder"):
        groups = concentration(scenario.portfolio, by)
        yield (
            f"By {by}: effective number {groups.effective_number:.2f} (1 / Herfindahl index), "
            f"largest {percent(groups.largest)} ({groups.largest_name})"
        )
    yield from _heading("Assumptions without a view (± is a standard deviation)")
    for line in scenario.assumptions():
        yield from _wrapped(line, "- ")
    yield from _heading("Rules")
    yield from _definitions({name: RULES[name][1] for name in scenario.names})
    runs = f"the same {plain.paths:,} paths, seed {plain.seed}, {scenario.steps_per_year} steps a year"
    yield from _heading(f"Results of each rule: {runs}")
    metrics = list(_COLUMNS)
    yield from _table([(result.table(metrics), result.errors(metrics)) for result in (plain, believed)], "")
    yield ""
    yield from _definitions({name: words.format(goal=scenario.goal) for name, words in _LEGEND.items()})
    yield from _heading(f"Each rule minus {baseline}, as differences path by path")
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


def _answer(plain: Comparison, believed: Comparison) -> Iterator[str]:
    """Which of holding and selling now has the higher median, with and without the belief; the drawdowns of holding."""
    baseline = plain.scenario.baseline_name
    clauses = []
    for result, view in ((plain, "without a view"), (believed, "with the belief")):
        medians = result.table("wealth_median")["wealth_median"]
        lead = _significant_sign(_paired_difference(result, YARDSTICK, baseline))
        first, second = (YARDSTICK, baseline) if medians[YARDSTICK] > medians[baseline] else (baseline, YARDSTICK)
        leader = _phrase(first) if lead else "undecided"
        clauses.append(f"{leader} {view} ({medians[first]:.2f} > {medians[second]:.2f})")
    yield f"Higher median wealth: {', '.join(clauses)}."
    drawdown, ced = (percent(float(plain.table(name)[name][baseline]), decimals=0) for name in _DRAWDOWNS)
    yield (
        f"Maximum drawdown of {_phrase(baseline)}: {drawdown} in the median, {ced} in the mean of the worst 5 % "
        "(CED 95 %)."
    )


def _views(plain: Comparison, believed: Comparison) -> str:
    """The two sets of expected returns."""
    before, after = (result.scenario.market.assets for result in (plain, believed))
    believed_in = [name for name, asset in after.items() if asset.expected_return != before[name].expected_return]
    every = grouped({name: asset.mean_return for name, asset in before.items()})
    return (
        f"Wealth is in multiples of the start. Without a view every holding is expected to return {every} a year. The "
        f"belief is five times the money in ten years from {', '.join(believed_in[:-1])} and {believed_in[-1]}: "
        f"{percent(BELIEF, digits=4)} a year, as {1.0 + BELIEF:.4f}^10 = 5."
    )


def sentences(plain: Comparison, believed: Comparison, break_even: BreakEven) -> list[str]:
    """Interpret two comparisons of the same rules in five points; ± is one standard error.

    Parameters
    ----------
    plain, believed : Comparison
        Without a view, and with one. Both have the rules ``"diversify now"`` and ``"collar"`` and their baseline.
    tie : BreakEven
        The belief at which these two rules tie.
    """
    baseline = plain.scenario.baseline_name
    before, after = (_paired_difference(result, YARDSTICK, baseline) for result in (plain, believed))
    decimals = _decimals(before, after)
    return [
        f"Without a view {_best_rule(plain)} (± is one standard error).",
        f"With the belief {_best_rule(believed)}.",
        f"The median of {_phrase(YARDSTICK)} minus that of {_phrase(baseline)} goes from {_signed(before, decimals)} "
        f"to {_signed(after, decimals)}, {_effect_of_belief(before, after)}. {_break_even_sentence(break_even)}",
        _drawdown_sentence(plain, believed, baseline),
        _collar_sentence(plain, believed, baseline),
    ]


def _phrase(rule: str) -> str:
    """The name of a rule in a sentence."""
    return RULES[rule][0] if rule in RULES else repr(rule)


def _break_even_sentence(break_even: BreakEven) -> str:
    """The break-even with the names of rules and metric in words."""
    words = break_even.sentence().replace(break_even.metric, "median wealth")
    for rule in (break_even.first, break_even.second):
        words = words.replace(repr(rule), _phrase(rule))
    return words[0].upper() + words[1:]


def _best_rule(result: Comparison) -> str:
    """The rule with the highest median, its lead, and whether the lead is significant."""
    medians = result.table("wealth_median")["wealth_median"]
    winner, baseline = str(medians.idxmax()), result.scenario.baseline_name
    other = baseline if winner != baseline else YARDSTICK
    ahead = _paired_difference(result, winner, other)
    others = result.differences(baseline=winner, metrics="wealth_median")
    ties = [_phrase(str(rule)) for rule, high in others["high"].droplevel("metric").items() if not high < 0.0]
    doubt = f" (too few paths to tell it from {', '.join(ties)})" if ties else ""
    return (
        f"{_phrase(winner)} has the highest median wealth{doubt}, {medians[winner]:.2f} times the start. That is "
        f"{_signed(ahead, _decimals(ahead))} against {_phrase(other)}, which it beats on "
        f"{percent(ahead['won'], decimals=0)} of the paths"
    )


def _paired_difference(result: Comparison, rule: str, other: str) -> dict[str, float]:
    """The paired difference of median wealth."""
    gaps = result.differences(baseline=other, metrics="wealth_median").droplevel("metric")
    return {str(name): float(value) for name, value in gaps.loc[[rule]].to_dict("records")[0].items()}


def _effect_of_belief(before: dict[str, float], after: dict[str, float]) -> str:
    """The effect of the belief on a difference."""
    first, second = map(_significant_sign, (before, after))
    if first * second < 0:
        return "so the assumed return decides which of the two has the higher median"
    if first * second > 0:
        change = "wider" if abs(after["difference"]) > abs(before["difference"]) else "no wider"
        return f"so the order of the two does not depend on the belief, which makes the gap {change}"
    if first or second:
        return (
            f"so {'with the belief' if first else 'without a view'} the paths are too few to tell which has the higher "
            "median"
        )
    return "so the paths are too few to tell which has the higher median, with the belief or without"


def _significant_sign(gap: dict[str, float]) -> int:
    """The sign of a difference; 0 if its interval covers 0."""
    return int(gap["low"] > 0.0) - int(gap["high"] < 0.0)


def _drawdown_sentence(plain: Comparison, believed: Comparison, baseline: str) -> str:
    """Sentences on drawdown, loss and goal of the baseline and the yardstick."""
    metrics = ["max_drawdown_median", "loss_probability", "goal_probability"]
    tables = [result.table(metrics) for result in (plain, believed)]
    error = np.max([result.errors(metrics).loc[[baseline, YARDSTICK]].to_numpy() for result in (plain, believed)])
    accuracy = "" if np.isnan(error) else f" No standard error exceeds {100.0 * error:.1f} points."

    def texts_of(rule: str) -> list[str]:
        before, after = ([percent(float(table[name][rule]), decimals=0) for name in metrics] for table in tables)
        if before == after:
            return before
        words = ["with the belief ", "", ""]
        return [f"{one} ({word}{other})" for one, word, other in zip(before, words, after, strict=True)]

    drawdown, loss, goal = texts_of(baseline)
    *first, last = texts_of(YARDSTICK)
    return (
        f"{_phrase(baseline).capitalize()} has a median maximum drawdown of {drawdown}. It ends below the start with a "
        f"probability of {loss}, and at {plain.scenario.goal:g} times the start or more with a probability of {goal}. "
        f"For {_phrase(YARDSTICK)} these are {', '.join(first)} and {last}.{accuracy}"
    )


def _collar_sentence(plain: Comparison, believed: Comparison, baseline: str) -> str:
    """What the collar does to the drawdown and to the median wealth of its rule."""
    cap = COLLAR.cap_at(terms_of(COLLAR, plain.scenario.market))
    gaps = [_paired_difference(result, HEDGE.name, baseline) for result in (plain, believed)]
    before, after = (_signed(gap, _decimals(*gaps)) for gap in gaps)
    falls = plain.table("max_drawdown_median")["max_drawdown_median"]
    alone, hedged = (percent(float(falls[rule]), decimals=0) for rule in (baseline, HEDGE.name))
    return (
        f"{_phrase(HEDGE.name).capitalize()} gives up what TSLA gains in a year beyond {percent(cap)} of its price, "
        f"for a floor at {percent(COLLAR.floor)}. Its median maximum drawdown is {hedged}, that of {_phrase(baseline)} "
        f"{alone}; its median wealth differs by {before}, with the belief by {after}. The price of its options is an "
        "assumption."
    )


def _decimals(*gaps: dict[str, float]) -> int:
    """Decimals of differences and their errors in a sentence."""
    return 3 if any(gap["standard_error"] < 0.005 for gap in gaps) else 2


def _signed(gap: dict[str, float], decimals: int) -> str:
    return f"{gap['difference']:+z.{decimals}f} ± {gap['standard_error']:.{decimals}f}"


def _table(results: list[tuple[pd.DataFrame, pd.DataFrame]], sign: str) -> Iterator[str]:
    """Values with their standard errors below, a group of columns for each of two results."""
    rules = list(results[0][0].index)
    left = max(map(len, rules))
    groups = [_group(values, errors, sign) for values, errors in results]
    widths = [max(len(line) for line in group) for group in groups]
    titles = [f"{title:-^{width}}" for title, width in zip(_TITLES, widths, strict=True)]
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


def _definitions(words: dict[str, str]) -> Iterator[str]:
    """Terms and what they say, one a line."""
    width = max(map(len, words))
    for term, text in words.items():
        yield f"{term:<{width}}  {text}"


def _wrapped(words: str, bullet: str = "") -> list[str]:
    """Lines of a sentence, which is not broken before a percent sign or beside ±."""
    joined = words.replace(" %", "\xa0%").replace(" ± ", "\xa0±\xa0")
    lines = textwrap.wrap(joined, WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet))
    return [line.replace("\xa0", " ") for line in lines]
