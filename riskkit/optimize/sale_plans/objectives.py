"""Objectives of a plan: convex functions of the shares sold to minimise, with subgradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize._tail_oracles import tail_shares
from riskkit.optimize.sale_plans.model import SaleModel

__all__ = ["OBJECTIVES", "CertaintyEquivalent", "ExpectedTax", "FinalWealth", "Objective", "TailWealth"]


#: Share of the worst paths.
TAIL = 0.05


class Objective(Protocol):
    """A convex function to minimise."""

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Return the function and a subgradient at the shares x."""

    def reported_value(self, value: float) -> float:
        """Return the user's objective from a value of the minimised function."""


@dataclass(frozen=True, eq=False)
class FinalWealth:
    """Final wealth as a linear function of the shares sold.

    Parameters
    ----------
    base : ndarray (path,)
        Final wealth without sales.
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
    """Mean of the worst 5 % of final wealth, with the fractional atom; its negative is minimised."""

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Return the negative mean and its subgradient."""
        wealth = self.at(x)
        paths, shares = tail_shares(-wealth, TAIL)
        return -float(shares @ wealth[paths]), -(shares @ self.gain[paths])

    def reported_value(self, value: float) -> float:
        """Return the mean."""
        return -value


class CertaintyEquivalent(FinalWealth):
    """Certainty equivalent of final wealth under constant relative risk aversion 3.

    Its inverse (E wealth**-2)**(1/2) is minimised: a norm of the convex 1 / wealth, so convex itself.
    """

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Return the inverse and its gradient."""
        wealth = self.at(x)
        square = wealth**-2.0
        value = float(np.sqrt(square.mean()))
        return value, -((square / wealth) @ self.gain) / (value * wealth.size)

    def reported_value(self, value: float) -> float:
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
        """Return the expected tax and its gradient."""
        return float(self.slope @ x), self.slope

    def reported_value(self, value: float) -> float:
        """Return the value unchanged."""
        return value


#: Objectives by name.
OBJECTIVES: dict[str, Callable[[SaleModel], Objective]] = {
    "wealth_es95": TailWealth.of,
    "certainty_equivalent": CertaintyEquivalent.of,
    "expected_tax": ExpectedTax.of,
}
