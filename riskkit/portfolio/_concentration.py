"""Concentration of a portfolio by holding and by founder: shares, Herfindahl index and effective numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.frozen import FrozenMap
from riskkit._core.guessed_names import Hinted
from riskkit._core.validation import one_of, short_repr
from riskkit.portfolio._exposure_by_delta import HasDeltas, exposures_by_delta
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["Concentration", "concentration"]


@dataclass(frozen=True, repr=False)
class Concentration(Hinted):
    """Shares of gross assets by group, and numbers for how unequal they are; returned by `concentration`.

    Parameters
    ----------
    by : {"holding", "founder"}
        What makes a group.
    groups : FrozenMap of str to float
        Share of gross assets of each group, largest first; they are > 0 and sum to 1.
    """

    by: str
    groups: FrozenMap[float]

    @property
    def shares(self) -> pd.Series[float]:
        """Share of gross assets of each group, largest first."""
        return pd.Series(dict(self.groups), dtype=float, name="share").rename_axis("group")

    @property
    def herfindahl(self) -> float:
        """Sum of squared shares, from 1/n for n equal groups to 1 for a single one."""
        return float(np.sum(self._values**2))

    @property
    def effective_number(self) -> float:
        """Number of equal groups with the same Herfindahl index: its reciprocal."""
        return 1.0 / self.herfindahl

    @property
    def entropy_number(self) -> float:
        """Number of equal groups with the same Shannon entropy: exp(-sum of p log p)."""
        shares = self._values[self._values > 0.0]
        return float(np.exp(-np.sum(shares * np.log(shares))))

    @property
    def largest(self) -> float:
        """Share of the largest group."""
        return float(self._values[0])

    @property
    def largest_name(self) -> str:
        """Name of the largest group; of equal ones, the first held."""
        return next(iter(self.groups))

    @property
    def top5(self) -> float:
        """Share of the five largest groups together."""
        return float(self._values[:5].sum())

    @property
    def _values(self) -> Array:
        return np.fromiter(self.groups.values(), dtype=np.float64, count=len(self.groups))

    def __repr__(self) -> str:
        return "\n".join(
            [
                f"Concentration by {self.by}, {len(self.groups)} groups",
                f"  Herfindahl index  {self.herfindahl:.4f}",
                f"  effective number  {self.effective_number:.2f}",
                f"  entropy number    {self.entropy_number:.2f}",
                f"  largest           {percent(self.largest)} ({self.largest_name})",
                f"  top five          {percent(self.top5)}",
            ]
        )


def concentration(
    portfolio: Portfolio,
    by: str = "holding",
    *,
    instruments: HasDeltas | Iterable[HasDeltas] = (),
    market: Any = None,
) -> Concentration:
    """Measure how concentrated a portfolio is, instruments on it counted by their delta.

    Parameters
    ----------
    portfolio : Portfolio
        The portfolio. To look through funds, pass ``portfolio.look_through(...)``.
    by : {"holding", "founder"}
        By holding, each holding is a group. By founder, each founder is one group, over all holdings, and the part
        of a holding that is tied to nobody is a group of its own.
    instruments : Instrument or iterable of Instrument
        As at their opening. With delta d a unit held, the sum of share times delta over the instruments on a holding, a
        holding counts its value times 1 + d. The hedged rest is a group of its own, such as ``"TSLA hedged"``, and
        tied to nobody. An `ExchangeFund` moves value from one holding to another. Premiums and prepayments are left
        out.
    market : Market, optional
        For the dividend yields, 0 without it, and for the model's own volatility of instruments whose pricing has none.

    Returns
    -------
    Concentration
        Shares are of gross assets.

    Raises
    ------
    InvalidInput
        If `portfolio` is not a Portfolio or `by` is not one of the two; if an instrument is on an unknown holding, its
        volatility is not known, or the exposure to a holding would be below 0 or above its value.

    Notes
    -----
    The effective number and the entropy number are the Hill numbers of order 2 and 1 (Hill, *Diversity and evenness:
    a unifying notation and its consequences*, Ecology 54, 1973, 427-432). Shares are added up within a group before
    they are squared, so ten holdings of one founder count as one.

    Examples
    --------
    >>> from riskkit.portfolio._portfolio import Holding
    >>> holdings = [Holding("TSLA", 40, founder="Musk"), Holding("SpaceX", 25, founder="Musk"), Holding("Bonds", 35)]
    >>> concentration(Portfolio(holdings), by="founder")
    Concentration by founder, 2 groups
      Herfindahl index  0.5450
      effective number  1.83
      entropy number    1.91
      largest           65 % (Musk)
      top five          100 %

    A put on all of TSLA, whose delta is -0.38, leaves 62 % of its 40:

    >>> from riskkit.instruments import OptionPricing, Put
    >>> put = Put("TSLA", 1.0, pricing=OptionPricing(0.5, rate=0.03))
    >>> by_delta = concentration(Portfolio(holdings), by="founder", instruments=put)
    >>> by_delta.shares.round(4).to_dict()
    {'Musk': 0.4986, 'Bonds': 0.35, 'TSLA hedged': 0.1514}
    """
    if not isinstance(portfolio, Portfolio):
        raise InvalidInput(f"portfolio must be a Portfolio, got {short_repr(portfolio)}")
    one_of("by", by, ["holding", "founder"])
    exposures, hedged = exposures_by_delta(portfolio.holdings, instruments, market)
    if by == "holding":
        groups = dict(exposures)
    else:
        founders = portfolio.tied(exposures)
        groups = dict(founders)
        for holding in portfolio.holdings:
            free = 1.0 - holding.founder_share
            plain = free == 1.0 and holding.name not in founders
            # Founder shares such as three thirds sum to 1 only up to rounding.
            if free > 1e-12:
                groups[holding.name if plain else f"{holding.name} without founder"] = free * exposures[holding.name]
    groups |= hedged
    total = portfolio.total
    ordered = sorted(groups, key=groups.__getitem__, reverse=True)
    return Concentration(by, FrozenMap({name: groups[name] / total for name in ordered if groups[name] > 0}))
