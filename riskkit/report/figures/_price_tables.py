"""Past prices as heat maps: correlations of all pairs, and the return of each month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.size_limits import MOST_ASSETS
from riskkit._core.validation import require_known
from riskkit.market.calibration._past_returns import MIN_RETURNS
from riskkit.report.figures._heat_cells import draw_cells, draw_colour_scale
from riskkit.report.figures._labels import formatted, quoted, shortened
from riskkit.report.figures._price_history import Prices, log_returns, past_prices, span
from riskkit.report.figures._style import rows_height, styled_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["correlation_matrix", "monthly_returns"]

#: The most columns of a matrix, and the most with a number in each cell.
MOST, MOST_NUMBERS = 30, 12

#: Characters of the names below a matrix, if they lie on their sides.
LINE_OF_NAMES, LONGEST = 56, 20

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def correlation_matrix(prices: Prices, *, ax: Axes | None = None, theme: str = "light") -> Axes:
    """Correlations of the log returns of past prices, a cell a pair.

    Parameters
    ----------
    prices : DataFrame, Market or Resampled
        Prices > 0, adjusted for splits and dividends; one row per date (DatetimeIndex, old to new), 2 to 30 columns.
        NaN is a date without a price. Of a market: those from which it draws its returns.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        Pearson's correlation of each pair over the periods between dates on which both have a price, without long gaps:
        that of `fit` with ``shrink=False``. A pair with fewer than 20 common returns is blank.

    Raises
    ------
    InvalidInput
        If the prices are not valid or have only one column, or the market has no history.

    Examples
    --------
    >>> steps = np.random.default_rng(0).normal(0.0, 0.01, (300, 2))
    >>> prices = pd.DataFrame(np.exp(steps.cumsum(axis=0)), pd.bdate_range("2025-01-01", periods=300), ["TSLA", "VTI"])
    >>> correlation_matrix(prices).get_xlabel().replace("\\n", " ")
    'correlation of log returns, 2025-01-01 to 2026-02-24 (−1 to 1)'
    """
    levels = past_prices(prices, MOST)
    names = [str(column) for column in levels.columns]
    if len(names) < 2:
        raise InvalidInput("prices must have at least two columns for a correlation, got one")
    pairs = log_returns(levels).pairs
    mesh = pd.DataFrame(np.where(pairs.counts < MIN_RETURNS, np.nan, pairs.correlation))
    texts = mesh.map(lambda value: "" if np.isnan(value) else formatted(value, "times", ".2f"))
    with styled_axes(ax, theme, rows_height(len(names))) as styled:
        styled.rows(names)
        short = [shortened(name, LONGEST) for name in names]
        fits = len(short) * max(map(len, short)) <= LINE_OF_NAMES
        styled.ax.set_xticks(range(len(short)), short, rotation=0 if fits else 90)
        styled.ax.tick_params(axis="x", length=0)
        styled.ax.grid(visible=False)
        drawn = draw_cells(
            styled, mesh, texts if len(names) <= MOST_NUMBERS else None, vmin=-1.0, vmax=1.0, cmap="PuOr"
        )
        draw_colour_scale(styled, drawn, "", "times", 0.02)
        styled.label(f"correlation of log returns, {span(levels)} (−1 to 1)")
    return styled.ax


def monthly_returns(prices: Prices, name: str | None = None, *, ax: Axes | None = None, theme: str = "light") -> Axes:
    """Returns of one column of past prices, a row a year and a column a month.

    Parameters
    ----------
    prices : DataFrame, Series, Market or Resampled
        As in `correlation_matrix`; any number of columns.
    name : str, optional
        The column to draw; by default the first.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        The last price of a month over the last one of the month before, less 1. A month is blank if it or the month
        before has no price; so is the first one.

    Raises
    ------
    InvalidInput
        If the prices are not valid, there is no such column, no two successive months have a price, or the market has
        no history.

    Examples
    --------
    >>> days = pd.to_datetime(["2025-12-31", "2026-01-15", "2026-01-30"])
    >>> ax = monthly_returns(pd.DataFrame({"TSLA": [100.0, 75.0, 90.0]}, days))
    >>> [text.get_text() for text in ax.texts if text.get_text()]
    ['−10.0']
    """
    levels = past_prices(prices, MOST_ASSETS)
    names = [str(column) for column in levels.columns]
    require_known("name", [] if name is None else [name], names)
    column = names[0] if name is None else name
    returns = _months(levels[column].dropna())
    if returns.isna().all(axis=None):
        raise InvalidInput(f"prices of {column!r} must cover two successive months, got {span(levels)}")
    years, mesh = [str(year) for year in returns.index], returns.reset_index(drop=True)
    top = float(np.nanmax(np.abs(mesh.to_numpy()))) or 1.0
    texts = mesh.map(lambda value: "" if np.isnan(value) else formatted(value, "share", ".1f"))
    with styled_axes(ax, theme, rows_height(len(years))) as styled:
        styled.rows(years)
        styled.ax.set_xticks(range(len(MONTHS)), MONTHS)
        styled.ax.tick_params(axis="x", length=0)
        styled.ax.grid(visible=False)
        drawn = draw_cells(styled, mesh, texts, vmin=-top, vmax=top, cmap="PuOr")
        draw_colour_scale(styled, drawn, "", "share", 0.02)
        styled.label(f"return of {quoted(column)} in each month (%)")
    return styled.ax


def _months(own: pd.Series[float]) -> pd.DataFrame:
    """Return in each month (year, month), NaN where the month or the one before has no price."""
    dates = pd.DatetimeIndex(own.index)
    closes = own.groupby(np.asarray(12 * dates.year + dates.month - 1)).last()
    closes = closes.reindex(range(12 * dates[0].year, 12 * dates[-1].year + 12))
    returns = (closes / closes.shift() - 1.0).to_numpy().reshape(-1, 12)
    return pd.DataFrame(returns, pd.RangeIndex(dates[0].year, dates[-1].year + 1, name="year"))
