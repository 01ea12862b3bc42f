"""A sale plan by date: sales of each holding, their expected tax, and what is left."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr
from riskkit.optimize.sale_plans.sale_plan import Plan
from riskkit.report.figures._style import in_unit, styled_axes
from riskkit.report.figures._themes import LINES

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["sales_by_year"]

#: Width of a bar in years, and its outline, in dark and bright themes alike.
WIDTH = 0.34
EDGE: Mapping[str, Any] = MappingProxyType({"edgecolor": "#8b949e", "linewidth": 0.6})


def sales_by_year(plan: Plan, *, ax: Axes | None = None, theme: str = "light") -> Axes:
    """Sales of each holding, their expected tax, and the weight not yet sold, on each date of a plan.

    Parameters
    ----------
    plan : Plan
        What `sell_down` returns.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        All in percent of the start wealth. Sales and what is left after them are at start prices: the share of the
        start units times the start weight, stacked by holding. The tax is the expected one at the prices of its date;
        without a tax there is no bar for it.

    Raises
    ------
    InvalidInput
        If it is not a plan.

    Examples
    --------
    >>> from riskkit.optimize import sell_down
    >>> from riskkit.scenario.scenarios import baron
    >>> ax = sales_by_year(sell_down(baron(), years=1, into="diversified", paths=1000))
    >>> ax.get_ylabel()
    'sales at start prices, and tax (% of the start wealth)'
    """
    if not isinstance(plan, Plan):
        raise InvalidInput(f"plan must be what sell_down returns, got {short_repr(plan)}")
    sales = _largest(plan.table.mul(plan.weights, axis=0))
    left = plan.weights.sum() - sales.sum().cumsum()
    years, taxed = sales.columns.to_numpy(dtype=np.float64), bool(plan.expected_tax.any())
    with styled_axes(ax, theme) as styled:
        handles: list[Artist] = []
        place, below = years - (0.5 * WIDTH if taxed else 0.0), np.zeros(len(years))
        for colour, (_, sold) in zip(LINES, sales.iterrows(), strict=False):
            handles.append(styled.ax.bar(place, sold, WIDTH, below, color=colour, **EDGE)[0])
            below += sold.to_numpy()
        labels = [f"{name} sold" for name in sales.index]
        if taxed:
            tax = styled.ax.bar(years + 0.5 * WIDTH, plan.expected_tax, WIDTH, color="none", hatch="///", **EDGE)
            handles.append(tax[0])
            labels.append("expected tax")
        handles += styled.ax.plot(years, left, color=styled.theme.ink, marker="o", markersize=5.0, linestyle="--")
        labels.append("not yet sold")
        styled.ax.set_xticks(years)
        styled.ax.set_ylim(bottom=0.0)
        styled.ax.grid(visible=False, axis="x")
        styled.label("years from the start", "sales at start prices, and tax (% of the start wealth)", y_unit="share")
        in_unit(styled.ax.xaxis, "years")
        styled.legend(handles, labels)
    return styled.ax


def _largest(sales: pd.DataFrame) -> pd.DataFrame:
    """Sales by holding, in their order; if there are more than colours, the smallest are added up."""
    if len(sales) <= len(LINES):
        return sales
    largest = sales.sum(axis=1).nlargest(len(LINES) - 1).index
    chosen = sales.index.isin(largest)
    rest = sales[~chosen]
    return pd.concat([sales[chosen], rest.sum().to_frame(f"{len(rest)} other holdings").T])
