"""Figures of a result: each function takes what is drawn and returns the matplotlib Axes that it is drawn on.

All of them take ``ax``, an Axes to draw on (by default one of its own, 600 pixels wide, which a notebook shows), and
``theme``: ``"light"``, ``"dark"``, or ``"page"`` for `svg`, whose text takes the colour of the page that it stands in.
They need the extra ``plot``.
"""

from __future__ import annotations

from riskkit.report.figures.contributions import waterfall
from riskkit.report.figures.depths import drawdown_probability, max_drawdowns
from riskkit.report.figures.embedding import svg
from riskkit.report.figures.fans import founder_weight_fan, wealth_fan
from riskkit.report.figures.grids import sweep_map
from riskkit.report.figures.groups import concentration_bars
from riskkit.report.figures.rivals import frontier, paired_differences
from riskkit.report.figures.single_paths import under_water

__all__ = [
    "concentration_bars",
    "drawdown_probability",
    "founder_weight_fan",
    "frontier",
    "max_drawdowns",
    "paired_differences",
    "svg",
    "sweep_map",
    "under_water",
    "waterfall",
    "wealth_fan",
]
