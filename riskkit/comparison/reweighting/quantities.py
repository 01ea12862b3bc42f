"""Quantities of the paths that views are about, and linear combinations of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number, require_known, short_repr, text
from riskkit.comparison.run_data import RunData

__all__ = ["LinearTerms", "PathQuantity", "Quantity", "as_quantity", "joined"]


class LinearTerms(ABC):
    """What can be added, subtracted and multiplied by numbers."""

    def terms(self) -> tuple[tuple[float, Any], ...]:
        """Coefficients and what they multiply."""
        return ((1.0, self),)

    @abstractmethod
    def combined(self, terms: tuple[tuple[float, Any], ...]) -> Any:
        """The sum of terms of this kind."""

    @abstractmethod
    def same_kind(self, other: object) -> bool:
        """Whether the other can be added to this one."""

    def scaled(self, factor: float) -> Any:
        """The multiple of this one by a number."""
        factor = number("the factor of a term", factor)
        return self.combined(tuple((factor * each, term) for each, term in self.terms()))

    def __add__(self, other: Self) -> Any:
        if not self.same_kind(other):
            return NotImplemented
        return self.combined((*self.terms(), *other.terms()))

    def __sub__(self, other: Self) -> Any:
        if not self.same_kind(other):
            return NotImplemented
        return self + other.scaled(-1.0)

    def __mul__(self, factor: float) -> Any:
        return self.scaled(factor)

    def __rmul__(self, factor: float) -> Any:
        return self.scaled(factor)

    def __truediv__(self, divisor: float) -> Any:
        divisor = number("the divisor of a term", divisor)
        if divisor == 0.0:
            raise InvalidInput("the divisor of a term must not be 0")
        return self.scaled(1.0 / divisor)

    def __neg__(self) -> Any:
        return self.scaled(-1.0)


def joined(terms: Sequence[tuple[float, str]]) -> str:
    """A sum in words.

    Examples
    --------
    >>> joined([(1.0, "a"), (-2.0, "b")]), joined([(-1.0, "a"), (0.5, "b")])
    ('a - 2 b', '-a + 0.5 b')
    """
    words = ""
    for factor, name in terms:
        sign = ("-" if factor < 0.0 else "") if not words else (" - " if factor < 0.0 else " + ")
        words += sign + ("" if abs(factor) == 1.0 else f"{abs(factor):.10g} ") + name
    return words


class PathQuantity(LinearTerms):
    """One number a path: a quantity, or a linear combination of quantities."""

    @abstractmethod
    def values(self, result: RunData) -> Array:
        """Its values in a result (path)."""

    @abstractmethod
    def describe(self) -> str:
        """The quantity in words."""

    def combined(self, terms: tuple[tuple[float, Any], ...]) -> PathQuantity:
        """The sum of terms of this kind."""
        return _Combination(terms)

    def same_kind(self, other: object) -> bool:
        """Whether the other is a quantity, too."""
        return isinstance(other, PathQuantity)


@dataclass(frozen=True)
class Quantity(PathQuantity):
    """A quantity of the paths, for views on linear combinations in `Comparison.tilt`.

    Quantities are added, subtracted and multiplied by numbers, and take the place of a name in `Mean`, `Probability`,
    `Quantile`, `TailMean`, `Variance` and `Correlation`.

    Parameters
    ----------
    quantity : str
        With a rule, a quantity of `Comparison.values`; without one, the name of a shock, for its number of events.
    rule : str, optional
        Name of a rule.

    Examples
    --------
    >>> hold, cap = Quantity("wealth", rule="hold"), Quantity("wealth", rule="cap")
    >>> (cap - 2 * hold).describe()
    '(wealth of cap - 2 wealth of hold)'
    """

    quantity: str
    rule: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        text("Quantity: quantity", self.quantity)
        if self.rule is not None:
            text("Quantity: rule", self.rule)

    def values(self, result: RunData) -> Array:
        """Its values in a result (path)."""
        if self.rule is not None:
            return result.values(self.rule, self.quantity)
        require_known("quantity without rule=", [self.quantity], result.outcomes.event_counts)
        return np.asarray(result.outcomes.event_counts[self.quantity], dtype=np.float64)

    def describe(self) -> str:
        """The quantity in words."""
        return f"events of {self.quantity}" if self.rule is None else f"{self.quantity} of {self.rule}"


@dataclass(frozen=True)
class _Combination(PathQuantity):
    """A linear combination of quantities."""

    of: tuple[tuple[float, Quantity], ...]

    def __post_init__(self) -> None:
        merged: dict[Quantity, float] = {}
        for factor, quantity in self.of:
            merged[quantity] = merged.get(quantity, 0.0) + factor
        set_fields(self, of=tuple((factor, quantity) for quantity, factor in merged.items() if factor != 0.0))
        if not self.of:
            raise InvalidInput("a combination of quantities must have a coefficient that is not 0, got none")

    def terms(self) -> tuple[tuple[float, Any], ...]:
        """Coefficients and the quantities that they multiply."""
        return self.of

    def values(self, result: RunData) -> Array:
        """Its values in a result (path)."""
        total: Array = sum((factor * quantity.values(result) for factor, quantity in self.of), np.zeros(result.paths))
        return total

    def describe(self) -> str:
        """The combination in words."""
        return f"({joined([(factor, quantity.describe()) for factor, quantity in self.of])})"


def as_quantity(label: str, quantity: Any, rule: str | None) -> PathQuantity:
    """The quantity of a view: a name, with a rule or without one, or a `Quantity` that names its own."""
    if isinstance(quantity, PathQuantity):
        if rule is not None:
            raise InvalidInput(f"{label}: rule must be left out where quantity is a Quantity, got {short_repr(rule)}")
        return quantity
    text(f"{label}: quantity", quantity)
    if rule is not None:
        text(f"{label}: rule", rule)
    return Quantity(quantity, rule=rule)
