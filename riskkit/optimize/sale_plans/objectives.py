"""What a plan is chosen by, as convex functions of the shares sold that are made small, each with a subgradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from riskkit.optimize._tail_oracles import worst
from riskkit.optimize.sale_plans.model import SaleModel

__all__ = ["OBJECTIVES", "CertaintyEquivalent", "ExpectedTax", "FinalWealth", "Goal", "TailWealth"]

Array = NDArray[np.float64]

#: Share of the paths that count as the worst.
TAIL = 0.05


class Goal(Protocol):
    """A convex function to be made small."""

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Return it and a subgradient at the shares x."""

    def told(self, value: float) -> float:
        """Return the objective as it is told, from what is made small."""


@dataclass(frozen=True, eq=False)
class FinalWealth:
    """Final wealth as a linear function of the shares sold.

    Parameters
    ----------
    base : ndarray (path,)
        Where nothing is sold.
    gain : ndarray (path, variable)
        Its slope.
    """

    base: Array
    gain: Array

    @classmethod
    def of(cls, model: SaleModel) -> Self:
        """The final wealth of a model."""
        return cls(model.sales.base, model.slopes(model.sales.gain))

    def at(self, x: Array) -> Array:
        """Final wealth (path)."""
        return np.asarray(self.base + self.gain @ x)


class TailWealth(FinalWealth):
    """Mean of the worst 5 % of final wealth, with the fractional atom; less it is made small."""

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Return less the mean and its subgradient."""
        wealth = self.at(x)
        paths, shares = worst(-wealth, TAIL)
        return -float(shares @ wealth[paths]), -(shares @ self.gain[paths])

    def told(self, value: float) -> float:
        """Return the mean."""
        return -value


class CertaintyEquivalent(FinalWealth):
    """The sure wealth that an investor of constant relative risk aversion 3 would take instead.

    What is made small is 1 over it, (E wealth**-2)**(1/2): a norm of 1 / wealth, which is convex, and so convex itself.
    """

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Return 1 over it and its gradient."""
        wealth = self.at(x)
        square = wealth**-2.0
        value = float(np.sqrt(square.mean()))
        return value, -((square / wealth) @ self.gain) / (value * wealth.size)

    def told(self, value: float) -> float:
        """Return the certainty equivalent."""
        return 1.0 / value


@dataclass(frozen=True, eq=False)
class ExpectedTax:
    """Expected tax of all sales.

    Parameters
    ----------
    slope : ndarray (variable,)
        Expected tax of selling all.
    """

    slope: Array

    @classmethod
    def of(cls, model: SaleModel) -> Self:
        """The expected tax of a model."""
        return cls(model.mean_slopes(model.sales.tax).sum(axis=(0, 1)))

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Return it and its gradient."""
        return float(self.slope @ x), self.slope

    def told(self, value: float) -> float:
        """Return it as it is."""
        return value


#: What a plan can be chosen by.
OBJECTIVES: dict[str, Callable[[SaleModel], Goal]] = {
    "wealth_es95": TailWealth.of,
    "certainty_equivalent": CertaintyEquivalent.of,
    "expected_tax": ExpectedTax.of,
}
