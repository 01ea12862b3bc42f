"""Past prices over time: drawdowns, rolling volatilities and rolling correlations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import integer, require_known
from riskkit.market.history._checked_prices import rows_a_year
from riskkit.measures import drawdown
from riskkit.report.figures._labels import formatted, quoted, shortened
from riskkit.report.figures._path_data import thinned
from riskkit.report.figures._price_history import Prices, log_returns, past_prices
from riskkit.report.figures._style import StyledAxes, styled_axes
from riskkit.report.figures._themes import LINES, line_styles

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["price_drawdowns", "rolling_correlation", "rolling_volatility"]

#: Lines of one figure: as many as differ in colour and in marker.
MOST = len(LINES) + 1

#: Marks of a line over its length, and dates of the axis.
MARKS, DATES = 7, 8

#: Returns of the shortest window by default.
SHORTEST_WINDOW = 12


def price_drawdowns(prices: Prices, *, ax: Axes | None = None, theme: str = "light") -> Axes:
    """Underwater plot of past prices: how far each lies below its running peak, over time.

    Parameters
    ----------
    prices : DataFrame, Series, Market or Resampled
        Prices > 0, adjusted for splits and dividends; one row per date (DatetimeIndex, old to new), at most ten
        columns. NaN is a date without a price. Of a market: those from which it draws its returns.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        A line a column, drawn downwards from 0 at the top, with its maximum drawdown in the legend. The first price of
        a column counts as a peak.

    Raises
    ------
    InvalidInput
        If the prices are not valid, or the market has no history.

    Examples
    --------
    >>> days = pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-07"])
    >>> ax = price_drawdowns(pd.DataFrame({"TSLA": [100.0, 75.0, 90.0]}, days))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['TSLA: at worst 25 %']
    """
    lines = {str(name): drawdown(own.dropna()) for name, own in past_prices(prices, MOST).items()}
    depths = {name: float(line.max()) for name, line in lines.items()}
    with styled_axes(ax, theme) as styled:
        labels = [
            f"{shortened(name, 22)}: at worst {formatted(depth, 'share', '.0f')} %" for name, depth in depths.items()
        ]
        _draw_lines(styled, lines, lines, labels, "drawdown (% below the peak)", "share")
        styled.ax.set_ylim(max(1.05 * max(depths.values()), 0.01), 0.0)
    return styled.ax


def rolling_volatility(
    prices: Prices, *, window: int | None = None, ax: Axes | None = None, theme: str = "light"
) -> Axes:
    """Volatility of past prices over a rolling window.

    Parameters
    ----------
    prices : DataFrame, Series, Market or Resampled
        As in `price_drawdowns`.
    window : int, optional
        Returns in the window, at least 2; by default those of half a year, at least 12.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        A line a column: the yearly standard deviation (n - 1) of its log returns in the window that ends at each date.
        A return is the move from one of the column's own prices to its next; moves over long gaps are left out, as in
        `fit`.

    Raises
    ------
    InvalidInput
        If the prices are not valid, a column has fewer returns than the window, or the market has no history.

    Examples
    --------
    >>> steps = np.random.default_rng(0).normal(0.0, 0.01, (300, 2))
    >>> prices = pd.DataFrame(np.exp(steps.cumsum(axis=0)), pd.bdate_range("2025-01-01", periods=300), ["TSLA", "VTI"])
    >>> rolling_volatility(prices, window=63).get_ylabel()
    'volatility over the last 63 returns (% a year)'
    """
    levels = past_prices(prices, MOST)
    width = _window(window, levels)
    past, lines = log_returns(levels), {}
    for place, name in enumerate(past.names):
        own = pd.Series(past.returns[:, place], levels.index).dropna()
        deviation = _whole_windows(name, own.rolling(width).std(), width, len(own))
        lines[name] = deviation * np.sqrt(len(own) / past.years[place])
    with styled_axes(ax, theme) as styled:
        _draw_lines(styled, lines, lines, lines, f"volatility over the last {width} returns (% a year)", "share")
        styled.ax.set_ylim(bottom=0.0)
    return styled.ax


def rolling_correlation(
    prices: Prices,
    name: str | None = None,
    *,
    window: int | None = None,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Correlation of one column of past prices with each other one over a rolling window.

    Parameters
    ----------
    prices : DataFrame, Market or Resampled
        As in `price_drawdowns`, at least two columns.
    name : str, optional
        The column; by default the first.
    window : int, optional
        Returns in the window, at least 2; by default those of half a year, at least 12.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        A line for each other column: Pearson's correlation of the two columns' log returns in the window that ends at
        each date. Returns are moves from one date on which both have a price to the next such date.

    Raises
    ------
    InvalidInput
        If the prices are not valid or have only one column, there is no such column, two columns have fewer common
        returns than the window, or the market has no history.

    Examples
    --------
    >>> steps = np.random.default_rng(0).normal(0.0, 0.01, (300, 2))
    >>> prices = pd.DataFrame(np.exp(steps.cumsum(axis=0)), pd.bdate_range("2025-01-01", periods=300), ["TSLA", "VTI"])
    >>> rolling_correlation(prices, "VTI").get_ylabel()
    "correlation with 'VTI' over the last 130 returns (−1 to 1)"
    """
    levels = past_prices(prices, MOST)
    names = [str(column) for column in levels.columns]
    require_known("name", [] if name is None else [name], names)
    if len(names) < 2:
        raise InvalidInput("prices must have at least two columns for a correlation, got one")
    first, width, lines = names[0] if name is None else name, _window(window, levels), {}
    for other in (each for each in names if each != first):
        both = levels[[first, other]].dropna()
        moves = (
            pd.DataFrame(log_returns(both).returns, both.index, both.columns).dropna() if len(both) > 1 else both[:0]
        )
        found = moves[first].rolling(width).corr(moves[other])
        lines[other] = _whole_windows(f"{first} and {other}", found, width, len(moves))
    with styled_axes(ax, theme) as styled:
        label = f"correlation with {quoted(first)} over the last {width} returns (−1 to 1)"
        _draw_lines(styled, lines, names, lines, label, "times")
        styled.ax.axhline(0.0, color=styled.theme.ink, linewidth=0.8)
    return styled.ax


def _window(window: int | None, levels: pd.DataFrame) -> int:
    """Returns in a window: those of half a year by default."""
    if window is not None:
        return integer("window", window, at_least=2)
    if len(levels) < 3:
        raise InvalidInput(f"prices must have at least 3 rows, got {len(levels)}")
    return max(round(rows_a_year(cast(pd.DatetimeIndex, levels.index)) / 2.0), SHORTEST_WINDOW)


def _whole_windows(name: str, values: pd.Series[float], window: int, returns: int) -> pd.Series[float]:
    """The values at the ends of whole windows; refused if there is none."""
    if returns < window:
        raise InvalidInput(
            f"prices of {name!r} must have at least {window} returns for a window of {window}, got {returns}; pass a "
            "shorter window"
        )
    return values.iloc[window - 1 :]


def _draw_lines(
    styled: StyledAxes,
    lines: Mapping[str, pd.Series[float]],
    names: Iterable[str],
    labels: Iterable[str],
    axis_label: str,
    unit: str,
) -> None:
    """Draw lines over dates, with markers staggered so that they do not overlap.

    Each of all `names` has its own style, so a column has the same one in every figure of the same prices.
    """
    from matplotlib.dates import AutoDateFormatter, AutoDateLocator

    handles: list[Artist] = []
    styles = line_styles(names, styled.theme)
    for place, name in enumerate(lines):
        style = styles[name]
        line = lines[name].iloc[thinned(np.asarray(lines[name], dtype=np.float64))]
        apart = max(len(line) // MARKS, 1)
        handles += styled.ax.plot(
            line.index, line, color=style.colour, marker=style.marker, markersize=4.0, linewidth=1.0, label=name,
            markevery=(apart * place // len(lines), apart),
        )  # fmt: skip
    # Matplotlib has no types for these.
    locator = AutoDateLocator(minticks=3, maxticks=DATES)  # type: ignore[no-untyped-call]
    styled.ax.xaxis.set_major_locator(locator)
    styled.ax.xaxis.set_major_formatter(AutoDateFormatter(locator))  # type: ignore[no-untyped-call]
    styled.label("date", axis_label, y_unit=unit)
    styled.legend(handles, labels)
