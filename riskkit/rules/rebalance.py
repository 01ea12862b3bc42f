"""Rebalance: return to fixed weights on fixed dates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.frozen import set_fields
from riskkit._core.validation import require_known
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import accept_fields, shares_of_one, start_weights

__all__ = ["Rebalance"]


class Rebalance(Rule):
    """Return to the start weights, or to those given, on every date.

    Parameters
    ----------
    every : int
        Months between rebalancings; 0 means every step.
    to : mapping, optional
        Target shares of gross assets by holding, > 0, sum 1; a holding that is not named is sold. Default: the
        start weights.

    Examples
    --------
    >>> Rebalance(3, name="quarterly").every
    3
    """

    every: int = 12
    to: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        accept_fields(self)
        if self.to is not None:
            set_fields(self, to=shares_of_one("Rebalance: to", self.to))

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Return the same target weights for all paths."""
        if self.to is None:
            targets = start_weights(view.portfolio)
        else:
            targets = np.array([[self.to.get(name, 0.0)] for name in view.names])
        weights = np.empty((targets.shape[0], view.peak.size))  # of what a view has, the peak costs least
        weights[:] = targets
        return weights, None

    def check(self, portfolio: Portfolio) -> None:
        """Refuse a target for a holding that the portfolio does not have."""
        if self.to is not None:
            require_known("Rebalance: to", self.to, portfolio.names)
