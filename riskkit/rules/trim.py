"""Trim: sell a fraction of every founder holding in equal parts over some years."""

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

__all__ = ["Trim"]


class Trim(Rule):
    """Sell `fraction` of the start units of every founder holding in equal parts at month ends over `years`.

    Parameters
    ----------
    fraction : float
        Share of the start units to be sold in all, above 0 and at most 1.
    years : float
        Length of the sale, > 0; it may be longer than the horizon.
    founder : str, optional
        The founder whose holdings are sold; default: every holding with a founder.
    into : mapping, optional
        Shares of the proceeds by holding, sum 1; default: pro rata into the holdings with no founder.
    every : int
        Months between consultations; 0 means every step.

    Notes
    -----
    At the end of month m no more than 1 - fraction min(1, m / (12 years)) of the start units is kept. What a date
    cannot sell is so due again, and nothing is bought back. Months count from the start; for a rule that
    begins later (``SellLast(then=Trim(...))``) from one interval before its first decision, so that the first part
    is sold on the first date. The state is that month (path).

    Examples
    --------
    >>> Trim(0.3, years=5).name
    'trim'
    """

    fraction: float
    years: float
    founder: str | None = None
    into: Mapping[str, float] | None = None
    every: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        accept_fields(self)
        set_fields(
            self,
            fraction=fraction("Trim: fraction", self.fraction, above=0.0, at_most=1.0),
            years=number("Trim: years", self.years, above=0.0),
        )

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Sell what is held above the schedule."""
        # A month end lies up to half a step beside the month; counted in whole months the parts are equal.
        month = 12.0 * view.time if self.every == 0 else float(round(12.0 * view.time))
        if state is None:
            interval = max(float(self.every), 12.0 * view.time / max(view.step, 1))
            state = np.full(view.weights.shape[1], max(0.0, month - interval))
        goal = 1.0 - self.fraction * np.minimum(1.0, (month - state) / (12.0 * self.years))
        sold = linked(view.portfolio, self.founder)
        # Of a holding that starts with nothing there is nothing to sell.
        begun = [view.portfolio.holdings[row].value > 0.0 for row in sold]
        above = [(view.units[row] > goal + TOUCH) & own for row, own in zip(sold, begun, strict=True)]
        if not any(paths.any() for paths in above):
            return None, state
        keep = [
            np.where(paths, goal / np.maximum(view.units[row], TOUCH), 1.0)
            for row, paths in zip(sold, above, strict=True)
        ]
        return sell(view, sold, keep, self.into), state

    def check(self, portfolio: Portfolio) -> None:
        """Refuse an unknown founder, and a portfolio where the proceeds have nowhere to go."""
        check_founder_sale("Trim", portfolio, self.founder, self.into)
