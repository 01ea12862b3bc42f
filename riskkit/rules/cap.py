"""Cap: a ceiling on the weight of a founder or of one holding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit._core.validation import boolean, checked_name, require_known, short_repr
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import TOUCH, accept_fields, check_sale, linked, sell
from riskkit.rules.trigger import Trigger

__all__ = ["Cap"]


class Cap(Rule):
    """When the weight of a founder, or of a holding, exceeds the limit, scale its holdings down to `to`.

    Parameters
    ----------
    limit : float
        Highest share of gross assets, 0 … 1, that is left alone.
    founder : str, optional
        The founder whose weight is capped: the sum over holdings of founder share times weight. Default, without
        `holding`: all founders together.
    holding : str, optional
        The holding whose weight is capped, in place of a founder's.
    to : float, optional
        Weight after the sale, 0 … limit; default the limit.
    into : mapping, optional
        Shares of the proceeds by holding, sum 1; default: pro rata into the holdings with no founder.
    every : int
        Months between consultations; 0 means every step.
    at_start : bool
        Whether the rule also decides at time 0.

    Notes
    -----
    Holdings that cannot be sold on a date are not made up for by the others, so the weight may stay above the limit.

    Examples
    --------
    >>> Cap(0.3, founder="Musk", to=0.25).to
    0.25
    """

    limit: float
    founder: str | None = None
    holding: str | None = None
    to: float | None = None
    into: Mapping[str, float] | None = None
    every: int = 1
    at_start: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        accept_fields(self)
        boolean("Cap: at_start", self.at_start)
        set_fields(self, limit=fraction("Cap: limit", self.limit, at_least=0.0, at_most=1.0))
        if self.to is not None:
            set_fields(self, to=fraction("Cap: to", self.to, at_least=0.0, at_most=self.limit))
        if self.holding is not None:
            set_fields(self, holding=checked_name("Cap: holding", self.holding))
            if self.founder is not None:
                raise InvalidInput(
                    "Cap: founder must be left out where holding is given, "
                    f"got {short_repr(self.founder)} and {self.holding!r}"
                )

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Scale down on the paths above the limit."""
        sold = self._sold(view.portfolio)
        weight = view.founder_weight(self.founder) if self.holding is None else view.weights[sold[0]]
        over = weight > self.limit + TOUCH
        if not over.any():
            return None, None
        to = self.limit if self.to is None else self.to
        keep = np.where(over, to / np.maximum(weight, TOUCH), 1.0)
        return sell(view, sold, keep, self.into), None

    def check(self, portfolio: Portfolio) -> None:
        """Refuse an unknown founder or holding, and a portfolio where the proceeds have nowhere to go."""
        if self.founder is not None:
            require_known("Cap: founder", [self.founder], portfolio.founders)
        if self.holding is not None:
            require_known("Cap: holding", [self.holding], portfolio.names)
        check_sale("Cap", portfolio, self._sold(portfolio), self.into)

    def trigger(self, portfolio: Portfolio) -> Trigger:
        """Fire where the weight is above the limit."""
        if self.holding is None:
            share = portfolio.shares(self.founder)
        else:
            share = np.array([float(name == self.holding) for name in portfolio.names])
        return Trigger([share - self.limit], [0.0], [0.0])

    def _sold(self, portfolio: Portfolio) -> tuple[int, ...]:
        return linked(portfolio, self.founder) if self.holding is None else (portfolio.names.index(self.holding),)
