"""A metric over a grid of assumptions: a heat map, with the line on which two rules tie."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.checks import known, number
from riskkit.comparison.metrics import METRICS
from riskkit.errors import InvalidInput
from riskkit.report.figures.canvas import NOTE, Sheet, in_unit, rows_height, sheet
from riskkit.report.figures.wording import ASSUMPTION, UNITS, named_unit, plain, quoted, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["sweep_map"]

Array = NDArray[np.float64]

#: Kind of an assumption → how it is put on an axis.
WORDS = {
    "expected_return": "expected return of {}'s companies (% a year)",
    "shift": "change of the expected return of {}'s companies (% a year)",
    "rate": "rate of {} (% a year)",
    "impact": "impact of {} (%)",
}

#: Cells up to which each has its number in it, and ticks that an axis has room for.
CELLS_TOLD, TICKS = 56, 9


def sweep_map(
    table: pd.DataFrame,
    rule: str | None = None,
    against: str | None = None,
    *,
    break_even: Any = None,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Heat map of a sweep: how a metric changes with one or two assumptions, and where two rules tie.

    Parameters
    ----------
    table : DataFrame
        As `sweep` returns it: indexed by one or two assumptions and ``rule``, its first column the metric.
    rule : str, optional
        The rule that is shown. By default the first one for two assumptions, and all, a row each, for one.
    against : str, optional
        Rule that is taken off; a line is drawn where nothing is left.
    break_even : float, list of float, or break-even, optional
        Values of the first assumption at which lines are drawn; or what `breakeven` returns, whose ``vary`` names the
        assumption and ``values`` the ties.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        Its first image-like artist is the mesh, with a cell centred on each point of the grid. The line of ties
        is drawn between the points by linear interpolation.
    """
    ...
