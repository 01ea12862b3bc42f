"""DrawdownControl: a ceiling on the founder weight that falls as the drawdown deepens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit._core.validation import require_known
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import TOUCH, accept_fields, check_sale, linked, sell, start_founder_weight
from riskkit.rules.trigger import Trigger

__all__ = ["DrawdownControl"]


class DrawdownControl(Rule):
    """Keep the founder weight below a ceiling that falls to 0 as the drawdown nears the limit.

    Parameters
    ----------
    limit : float
        Drawdown of wealth, above 0 and below 1, at which nothing of the founder holdings is kept.
    founder : str, optional
        The founder whose holdings are sold; default: every holding with a founder.
    into : mapping, optional
        Shares of the proceeds by holding, sum 1; default: pro rata into the holdings with no founder.
    every : int
        Months between consultations; 0 means every step.

    Notes
    -----
    At drawdown d the ceiling is w0 max(0, (limit - d) / (limit (1 - d))), w0 the founder weight at the start: the
    share of wealth above the floor (1 - limit) peak, times w0 / limit, which is the form of the optimal policy of
    Grossman and Zhou (1993), "Optimal investment strategies for controlling drawdowns", Mathematical Finance 3.
    The ceiling only sells: when it rises again nothing is bought back. Jumps, locked holdings and the time between
    two dates can carry the drawdown beyond the limit.

    Examples
    --------
    >>> DrawdownControl(0.25).limit
    0.25
    """

    limit: float
    founder: str | None = None
    into: Mapping[str, float] | None = None
    every: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        accept_fields(self)
        set_fields(self, limit=fraction("DrawdownControl: limit", self.limit, above=0.0, below=1.0))

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Scale the founder holdings down on the paths above the ceiling."""
        lost = np.minimum(view.drawdown, self.limit)
        start = start_founder_weight(view.portfolio, self.founder)
        ceiling = start * (self.limit - lost) / (self.limit * (1.0 - lost))
        weight = view.founder_weight(self.founder)
        over = weight > ceiling + TOUCH
        if not over.any():
            return None, None
        keep = np.where(over, ceiling / np.maximum(weight, TOUCH), 1.0)
        return sell(view, linked(view.portfolio, self.founder), keep, self.into), None

    def check(self, portfolio: Portfolio) -> None:
        """Refuse an unknown founder, and a portfolio where the proceeds have nowhere to go."""
        if self.founder is not None:
            require_known("DrawdownControl: founder", [self.founder], portfolio.founders)
        check_sale("DrawdownControl", portfolio, linked(portfolio, self.founder), self.into)

    def trigger(self, portfolio: Portfolio) -> Trigger:
        """Fire where the founder holdings are worth more than the ceiling allows.

        With F their value, G all assets, W net wealth, M its peak and L the limit, the rule acts where
        F / G > w0 (W - (1 - L) M) / (L W). Where W is at most G this implies L F > w0 (W - (1 - L) M), and where W is
        at least G it implies L F > w0 (G - (1 - L) M); all three are the same without a loan.
        """
        share, start = portfolio.shares(self.founder), start_founder_weight(portfolio, self.founder)
        floor = -start * (1.0 - self.limit)
        rows = [self.limit * share, self.limit * share - start]
        return Trigger(rows, [start, 0.0], [floor, floor])
