"""Figures of results: each function takes the data and returns matplotlib Axes.

All of them take ``ax``, an Axes to draw on (by default one in a new figure, 600 pixels wide), and ``theme``:
``"light"``, ``"dark"``, or ``"page"`` for `svg`, whose text takes the colour of the surrounding page. A notebook
displays the Axes.
"""

from __future__ import annotations

from riskkit.report.figures._concentration import concentration_bars
from riskkit.report.figures._drawdown_distribution import drawdown_probability, max_drawdowns
from riskkit.report.figures._fan_charts import founder_weight_fan, hedge_fan, wealth_fan
from riskkit.report.figures._gap_bars import gap_bars
from riskkit.report.figures._payoff import payoff
from riskkit.report.figures._price_lines import price_drawdowns, rolling_correlation, rolling_volatility
from riskkit.report.figures._price_tables import correlation_matrix, monthly_returns
from riskkit.report.figures._rule_comparison import frontier, paired_differences
from riskkit.report.figures._sale_plan import sales_by_year
from riskkit.report.figures._svg import svg
from riskkit.report.figures._sweep_heatmap import sweep_map
from riskkit.report.figures._underwater import under_water
from riskkit.report.figures._waterfall import waterfall

__all__ = [
    "concentration_bars",
    "correlation_matrix",
    "drawdown_probability",
    "founder_weight_fan",
    "frontier",
    "gap_bars",
    "hedge_fan",
    "max_drawdowns",
    "monthly_returns",
    "paired_differences",
    "payoff",
    "price_drawdowns",
    "rolling_correlation",
    "rolling_volatility",
    "sales_by_year",
    "svg",
    "sweep_map",
    "under_water",
    "waterfall",
    "wealth_fan",
]
