"""What trading costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.checks import known, number
from riskkit.frozen import FrozenMap
from riskkit.portfolio import Portfolio

__all__ = ["Frictions"]


@dataclass(frozen=True)
class Frictions:
    """Costs that every rule lives under.

    Parameters
    ----------
    cost : float or mapping of str to float
        Trading cost as a fraction of the value traded, 0 <= cost < 1; one number, or one for each holding
        (holdings that are not named trade free).

    Raises
    ------
    InvalidInput
        If a cost is outside [0, 1), and, in a `Scenario`, if it names a holding that is not there.

    Examples
    --------
    >>> Frictions(cost={"xAI": 0.05})
    Frictions(cost={'xAI': 0.05})
    """

    cost: float | Mapping[str, float] = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.cost, Mapping):
            costs = {
                name: number(f"Frictions: cost of {name!r}", value, at_least=0.0, below=1.0)
                for name, value in self.cost.items()
            }
            object.__setattr__(self, "cost", FrozenMap(costs))
        else:
            object.__setattr__(self, "cost", number("Frictions: cost", self.cost, at_least=0.0, below=1.0))

    def check(self, portfolio: Portfolio) -> None:
        """Refuse costs of holdings that the portfolio does not have."""
        if isinstance(self.cost, Mapping):
            known("Frictions: cost", self.cost, portfolio.names)

    def costs(self, portfolio: Portfolio) -> NDArray[np.float64]:
        """Cost of trading each holding (asset), a fraction of the value traded."""
        if isinstance(self.cost, Mapping):
            return np.array([self.cost.get(name, 0.0) for name in portfolio.names])
        return np.full(len(portfolio.names), self.cost)
