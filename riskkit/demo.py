"""The text of ``riskkit demo``: the built-in case with no view and with a belief, side by side, and what it means."""

from __future__ import annotations

import math
import textwrap
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace

import pandas as pd

from riskkit.comparison.metrics import METRICS
from riskkit.comparison.result import Comparison
from riskkit.comparison.running import compare
from riskkit.errors import RiskkitWarning
from riskkit.exposure import concentration
from riskkit.scenario import Scenario
from riskkit.scenarios import baron

__all__ = ["BELIEF", "demo", "sentences"]

#: Five times the money in ten years.
BELIEF = 0.1746
YARDSTICK = "diversify now"
WIDTH = 110

# Metric → its heading, in two lines.
_COLUMNS = {
    "wealth_median": ("median", "wealth"),
    "wealth_mean": ("mean", "wealth"),
    "certainty_equivalent": ("sure", "wealth"),
    "goal_probability": ("goal", "%"),
    "loss_probability": ("loss", "%"),
    "max_drawdown_median": ("max", "DD %"),
    "ced95": ("worst", "DD %"),
}
_LEGEND = (
    "Wealth is in multiples of the start; 'sure' is the sure wealth of equal worth at risk aversion 3. Goal: paths that "
    "end at {goal:g} times the start or more. Loss: paths that end below the start. Max DD: the median over the paths "
    "of the deepest fall from a peak; worst DD: its mean over the worst 5 % of the paths. Below each number, in "
    "brackets, its standard error, which speaks of the {paths:,} paths only, not of how sure the assumptions are."
)

Cell = Callable[[Comparison, str, str], tuple[float, float]]


def demo(*, paths: int = 20_000, seed: int = 0, steps_per_year: int = 252) -> str:
    """Run the built-in scenario without a view and with Baron's belief, and tell what comes out.

    Parameters
    ----------
    paths, seed : int
        As for `compare`.
    steps_per_year : int
        252 for daily steps.

    Returns
    -------
    str
        Lines of at most 110 characters.

    Raises
    ------
    InvalidInput
        If a number is out of its bounds.
    """
    scenarios = [replace(baron(belief), steps_per_year=steps_per_year) for belief in (None, BELIEF)]
    results = [compare(scenario, paths=paths, seed=seed) for scenario in scenarios]
    return "\n".join(_lines(*results))


def _lines(plain: Comparison, believed: Comparison) -> Iterator[str]:
    scenario = plain.scenario
    yield f"A portfolio that rides on one person: {scenario.years:g} years, {scenario.steps_per_year} steps a year"
    yield from _headed("How concentrated it is")
    yield repr(scenario.portfolio)
    yield ""
    yield from _concentration(scenario)
    yield from _headed("What is assumed")
    for line in [*scenario.assumptions(), f"With the belief instead: {_view(believed)}."]:
        yield from textwrap.wrap(line, WIDTH, initial_indent="- ", subsequent_indent="  ")
    yield from _headed(f"The rules on the same {plain.paths:,} paths, seed {plain.seed}")
    yield from _table(plain, believed, list(scenario.names), _value)
    yield ""
    yield from _wrapped(_LEGEND.format(goal=scenario.goal, paths=plain.paths))
    yield from _notes(plain, believed)
    base = scenario.baseline_name
    yield from _headed(f"Each rule minus {base!r}, path by path")
    yield from _table(plain, believed, [name for name in scenario.names if name != base], _difference())
    yield from _headed("What the numbers mean")
    for number, sentence in enumerate(sentences(plain, believed), 1):
        yield from textwrap.wrap(sentence, WIDTH, initial_indent=f"{number}. ", subsequent_indent="   ")
