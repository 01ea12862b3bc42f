"""The section on history: past prices, if there are any, beside which the assumptions can be judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.size_limits import MOST_ASSETS
from riskkit.comparison._comparison import Comparison
from riskkit.market.calibration._past_returns import MIN_RETURNS
from riskkit.measures import max_drawdown
from riskkit.portfolio._portfolio import Portfolio
from riskkit.report import figures
from riskkit.report.figures._labels import formatted
from riskkit.report.figures._price_history import log_returns, past_prices, span
from riskkit.report.html.blocks import Block, Paragraph, Section, Table
from riskkit.report.html.figures import rendered
from riskkit.report.text.numbers import counted, quoted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["history_sections"]

#: The most columns in the section.
MOST = 6


def history_sections(result: Comparison, prices: pd.DataFrame | None) -> tuple[Section, ...]:
    """The section on the prices passed, or on those that the market draws from; none without prices."""
    market = result.scenario.market
    if prices is None and market.history is None:
        return ()
    levels = past_prices(market if prices is None else prices, MOST_ASSETS)
    drawn = _largest(levels, result.scenario.portfolio)
    use = (
        "Simulated returns are drawn from these prices."
        if prices is None
        else "The results depend on the assumptions above, not on these prices. The scenario file does not hold them."
    )
    sentences = [
        f"The prices run from {span(levels)}, on {counted(len(levels), 'date')}.",
        use,
        "They are those of survivors: companies that failed are not among them.",
    ]
    if drawn.shape[1] < levels.shape[1]:
        sentences.append(
            f"Of {counted(levels.shape[1], 'column')} the section has {drawn.shape[1]}: those of the largest holdings, "
            f"of at least {MIN_RETURNS} returns each."
        )
    blocks = [Paragraph(tuple(sentences)), *(_pictures(drawn) if drawn.shape[1] else ())]
    return (Section("history", "History", tuple(blocks)),)


def _largest(levels: pd.DataFrame, portfolio: Portfolio) -> pd.DataFrame:
    """Prices of the largest holdings with enough returns, largest first; columns that are no holding come last."""
    weights = portfolio.weights.reindex(levels.columns).fillna(0.0)
    order = [place for place in np.argsort(-weights, kind="stable") if levels.iloc[:, place].count() > MIN_RETURNS]
    return levels.iloc[:, order[:MOST]].dropna(how="all")


def _pictures(levels: pd.DataFrame) -> Iterator[Block]:
    """A table of the columns, and the figures of their prices."""
    yield _table(levels)
    first, several = str(levels.columns[0]), levels.shape[1] > 1
    if several:
        yield _drawn(figures.correlation_matrix, "Correlations of past log returns.", levels)
    yield _drawn(figures.price_drawdowns, "Drawdown of each past price below its running peak.", levels)
    yield _drawn(figures.rolling_volatility, "Volatility of past log returns over a rolling window.", levels)
    if several:
        caption = f"Correlation of past log returns with those of {quoted(first)} over a rolling window."
        yield _drawn(figures.rolling_correlation, caption, levels)
    yield _drawn(figures.monthly_returns, f"Past return of {quoted(first)} in each month.", levels)


def _drawn(figure: Callable[..., Axes], caption: str, levels: pd.DataFrame) -> Block:
    """A figure, or the reason why it cannot be drawn, such as a history shorter than a window."""
    try:
        return rendered(figure, caption, levels)
    except InvalidInput as refused:
        return Paragraph((f"{caption.removesuffix('.')}: not drawn, because {refused}.",))


def _table(levels: pd.DataFrame) -> Table:
    """Volatility, growth and maximum drawdown of each column."""
    past = log_returns(levels)
    heads = ("", "First price", "Volatility (% a year)", "Growth (% a year)", "Max drawdown (%)")
    rows = []
    for place, (name, column) in enumerate(levels.items()):
        own = column.dropna()
        growth = float(np.expm1(np.nansum(past.returns[:, place]) / past.years[place]))
        numbers = (float(past.sample_volatility[place]), growth, float(max_drawdown(own)))
        rows.append((str(name), f"{own.index[0]:%Y-%m-%d}", *(_percent(value) for value in numbers)))
    return Table("The past", heads, tuple(rows))


def _percent(value: Any) -> str:
    return formatted(value, "share", ".1f")
