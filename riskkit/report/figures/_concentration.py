"""Concentration of a portfolio: bars by founder and by holding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit.portfolio._concentration import concentration
from riskkit.portfolio._holding import NO_FOUNDER
from riskkit.portfolio._portfolio import Portfolio
from riskkit.report.figures._labels import formatted
from riskkit.report.figures._style import NOTE, rows_height, styled_axes
from riskkit.report.figures._themes import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["concentration_bars"]

#: The most single bars of each kind.
MOST_BARS = 12


def concentration_bars(portfolio: Portfolio, *, ax: Axes | None = None, theme: str = "light") -> Axes:
    """Shares of a portfolio by founder and by holding, holdings in the colours of their founders.

    Parameters
    ----------
    portfolio : Portfolio
        To see through funds, pass ``portfolio.look_through(...)``.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        A bar for each founder and for the share without a founder, then one for each holding, largest first, split
        where founders share it. Beyond twelve of a kind the rest are one bar.

    Raises
    ------
    InvalidInput
        If `portfolio` is not a Portfolio.

    Examples
    --------
    >>> import riskkit as rk
    >>> ax = concentration_bars(rk.scenarios.baron().portfolio)
    >>> [label.get_text() for label in ax.get_yticklabels()][:3]
    ['', 'Musk', 'no founder']
    """
    if not isinstance(portfolio, Portfolio):
        raise InvalidInput(f"portfolio must be a Portfolio, got {portfolio!r}")
    weights, persons = portfolio.weights, portfolio.founders
    tied = pd.DataFrame({person: weights * portfolio.shares(person) for person in persons})
    tied[NO_FOUNDER] = weights * (1.0 - portfolio.shares())
    whole = tied.sum()
    by_founder = pd.DataFrame(np.diag(whole), whole.index, whole.index)
    blocks = {"founder": _largest(by_founder), "holding": _largest(tied)}
    order = [person for person in by_founder.index[np.argsort(-whole, kind="stable")] if person != NO_FOUNDER]
    labels: list[str] = []
    with styled_axes(ax, theme, rows_height(2 + sum(map(len, blocks.values())))) as styled:
        colours = {person: PALETTE[place % len(PALETTE)] for place, person in enumerate(order)}
        colours[NO_FOUNDER] = styled.theme.ink
        for by, bars in blocks.items():
            number = concentration(portfolio, by).effective_number
            heading = f"by {by}: effective number {number:.2f}"
            styled.ax.annotate(heading, (0.0, len(labels)), (2.0, -2.0), textcoords="offset points", va="center")
            labels.append("")
            for name, segments in bars.iterrows():
                left = 0.0
                for person, size in segments[segments > 0.0].items():
                    faint = 0.45 if person == NO_FOUNDER else 0.9
                    styled.ax.barh(len(labels), size, 0.7, left, color=colours[str(person)], alpha=faint, label=person)
                    left += size
                styled.ax.annotate(
                    formatted(left, "share", ".1f"), (left, len(labels)), (4.0, 0.0), textcoords="offset points",
                    va="center", fontsize=NOTE,
                )  # fmt: skip
                labels.append(str(name))
        styled.rows(labels)
        styled.label("share of gross assets (%)", x_unit="share")
        styled.ax.set_xlim(0.0, 1.12 * max(bars.sum(axis=1).max() for bars in blocks.values()))
    return styled.ax


def _largest(bars: pd.DataFrame) -> pd.DataFrame:
    """Rows in falling order; those beyond the twelfth are added up."""
    sizes = bars.sum(axis=1)
    ordered = bars.loc[sizes[sizes > 0.0].sort_values(ascending=False, kind="stable").index]
    rest = ordered.iloc[MOST_BARS:]
    if rest.empty:
        return ordered
    return pd.concat([ordered.iloc[:MOST_BARS], rest.sum().to_frame(f"… and {len(rest)} more").T])
