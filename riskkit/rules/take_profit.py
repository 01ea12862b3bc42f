"""TakeProfit: sell part of a founder holding once, when its price has risen enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import TOUCH, accept_fields, check_founder_sale, linked, sell

__all__ = ["TakeProfit"]


class TakeProfit(Rule):
    """Once per founder holding, when its reported price reaches `multiple` times the start: sell `fraction` of it.

    Parameters
    ----------
    multiple : float
        Price, in multiples of the start price, from which a holding is sold, > 1.
    fraction : float
        Share of the units then held that is sold, above 0 and at most 1.
    founder : str, optional
        The founder whose holdings are sold; default: every holding with a founder.
    into : mapping, optional
        Shares of the proceeds by holding, sum 1; default: pro rata into the holdings with no founder.
    every : int
        Months between consultations; 0 means every step.

    Notes
    -----
    What a date cannot sell is due again on the next, at whatever price. Nothing is bought back. The state is
    the number of units to be kept of each founder holding (holding, path), NaN before its price was reached.

    Examples
    --------
    >>> TakeProfit(10, 0.3).multiple
    10.0
    """

    multiple: float
    fraction: float
    founder: str | None = None
    into: Mapping[str, float] | None = None
    every: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        accept_fields(self)
        set_fields(
            self,
            multiple=number("TakeProfit: multiple", self.multiple, above=1.0),
            fraction=fraction("TakeProfit: fraction", self.fraction, above=0.0, at_most=1.0),
        )

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Sell the holdings whose price is reached, down to the units that were to be kept."""
        sold = linked(view.portfolio, self.founder)
        rows = list(sold)
        units = view.units[rows]
        goal = np.full_like(units, np.nan) if state is None else state
        reached = np.isnan(goal) & (view.price[rows] >= self.multiple) & (units > 0.0)
        goal = np.where(reached, (1.0 - self.fraction) * units, goal)
        above = units > goal + TOUCH
        if not above.any():
            return None, goal
        keep = np.where(above, goal / np.maximum(units, TOUCH), 1.0)
        return sell(view, sold, list(keep), self.into), goal

    def check(self, portfolio: Portfolio) -> None:
        """Refuse an unknown founder, and a portfolio where the proceeds have nowhere to go."""
        check_founder_sale("TakeProfit", portfolio, self.founder, self.into)
