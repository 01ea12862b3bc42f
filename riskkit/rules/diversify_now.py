"""DiversifyNow: sell every founder holding as soon as it may be sold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from riskkit._core.array_types import Array
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import accept_fields, check_sale, linked, sell

__all__ = ["DiversifyNow"]


class DiversifyNow(Rule):
    """The benchmark: sell every founder holding at time 0 as far as it may be sold, and the rest as soon as it may.

    Parameters
    ----------
    into : mapping, optional
        Shares of the proceeds by holding, sum 1; default: pro rata into the holdings with no founder.
    every : int
        Months between consultations after the first, which is at time 0.

    Notes
    -----
    A holding that is tied to a founder in part is sold whole.

    Examples
    --------
    >>> DiversifyNow(into={"INDEX": 0.6, "CASH": 0.4}).into
    {'INDEX': 0.6, 'CASH': 0.4}
    """

    into: Mapping[str, float] | None = None
    every: int = 1
    at_start: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        accept_fields(self)

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Sell all of every founder holding."""
        sold = linked(view.portfolio)
        if not any(view.weights[row].any() for row in sold):
            return None, None
        nothing = np.zeros(view.weights.shape[1])
        return sell(view, sold, nothing, self.into), None

    def check(self, portfolio: Portfolio) -> None:
        """Refuse a portfolio with no founder holding, or none that could take the proceeds."""
        check_sale("DiversifyNow", portfolio, linked(portfolio), self.into)
