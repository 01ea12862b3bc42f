"""Statistics that views are about: the mean, a probability or a quantile of a quantity of the paths."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number
from riskkit.comparison.reweighting.functionals import Functional, MeanOf, SumOf
from riskkit.comparison.reweighting.quantities import LinearTerms, PathQuantity, as_quantity, joined
from riskkit.comparison.run_data import RunData

__all__ = ["Mean", "Moment", "OfOneQuantity", "Probability", "Quantile", "StatisticSum", "ViewStatistic"]


@dataclass(frozen=True, eq=False)
class Moment:
    """A mean over the paths, and its bounds.

    Attributes
    ----------
    description : str
        The mean in words.
    values : ndarray
        What is averaged (path).
    low, high : float
        Bounds of its mean; infinite where there is none.
    """

    description: str
    values: Array
    low: float
    high: float


class ViewStatistic(LinearTerms):
    """A statistic of the paths, for views of `Comparison.tilt`.

    Statistics are added, subtracted and multiplied by numbers, except quantiles.
    """

    def moments(self, result: RunData, low: float, high: float) -> list[Moment] | None:
        """The statistic's bounds as bounds of means over the paths; None where it is no mean."""
        return None

    def functional(self, result: RunData, paths: Bools) -> Functional:
        """The statistic as a function of the weights of some paths."""
        raise InvalidInput(f"a view on a sum must not have a quantile in it, got {self.describe()}; state it alone")

    @abstractmethod
    def describe(self) -> str:
        """The statistic in words."""

    def combined(self, terms: tuple[tuple[float, Any], ...]) -> StatisticSum:
        """The sum of terms of this kind."""
        return StatisticSum(terms)

    def same_kind(self, other: object) -> bool:
        """Whether the other is a statistic, too."""
        return isinstance(other, ViewStatistic)


@dataclass(frozen=True)
class StatisticSum(ViewStatistic):
    """A linear combination of statistics."""

    of: tuple[tuple[float, ViewStatistic], ...]

    def terms(self) -> tuple[tuple[float, Any], ...]:
        """Coefficients and the statistics that they multiply."""
        return self.of

    def moments(self, result: RunData, low: float, high: float) -> list[Moment] | None:
        """The mean of the combination, where all terms are means."""
        values = np.zeros(result.paths)
        for factor, statistic in self.of:
            found = None if isinstance(statistic, Quantile) else statistic.moments(result, low, high)
            if found is None:
                return None
            values += factor * found[0].values
        return [Moment(self.describe(), values, low, high)]

    def functional(self, result: RunData, paths: Bools) -> Functional:
        """The combination of the terms' functionals."""
        return SumOf([(factor, statistic.functional(result, paths)) for factor, statistic in self.of])

    def describe(self) -> str:
        """The combination in words."""
        return joined([(factor, statistic.describe()) for factor, statistic in self.of])


@dataclass(frozen=True)
class OfOneQuantity(ViewStatistic):
    """A statistic of one quantity.

    Parameters
    ----------
    quantity : str or Quantity
        With a rule, a quantity of `Comparison.values`; without one, the name of a shock, for its number of events. Or a
        `Quantity`, or a linear combination of them.
    rule : str, optional
        Name of a rule.
    """

    quantity: str | PathQuantity
    rule: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        as_quantity(type(self).__name__, self.quantity, self.rule)

    @property
    def subject(self) -> str:
        """The quantity in words."""
        return as_quantity(type(self).__name__, self.quantity, self.rule).describe()

    def values(self, result: RunData) -> Array:
        """The quantity in a result (path)."""
        return as_quantity(type(self).__name__, self.quantity, self.rule).values(result)

    def numbers(self, result: RunData) -> Array:
        """The quantity in a result (path), refused where it is NaN."""
        values = self.values(result)
        if np.isnan(values).any():
            raise InvalidInput(f"{self.describe()} must be of a number on every path, got NaN on some; say Probability")
        return values


@dataclass(frozen=True)
class Mean(OfOneQuantity):
    """The mean of a quantity, for `Comparison.tilt`.

    Parameters
    ----------
    quantity : str or Quantity
        With a rule, a quantity of `Comparison.values`; without one, the name of a shock, for its number of events. Or a
        `Quantity`, or a linear combination of them.
    rule : str, optional
        Name of a rule.

    Examples
    --------
    >>> Mean("wealth", rule="hold").describe(), Mean("founder exit").describe()
    ('mean of wealth of hold', 'mean of events of founder exit')
    """

    def moments(self, result: RunData, low: float, high: float) -> list[Moment]:
        """The mean itself."""
        return [Moment(self.describe(), self.numbers(result), low, high)]

    def functional(self, result: RunData, paths: Bools) -> Functional:
        """The mean, among other statistics."""
        return MeanOf(self.numbers(result)[paths])

    def describe(self) -> str:
        """The statistic in words."""
        return f"mean of {self.subject}"


@dataclass(frozen=True)
class Probability(OfOneQuantity):
    """The probability that a quantity is at least or at most a number, or both, for `Comparison.tilt`.

    Parameters
    ----------
    quantity : str or Quantity
        With a rule, a quantity of `Comparison.values`; without one, the name of a shock, for its number of events. Or a
        `Quantity`, or a linear combination of them.
    rule : str, optional
        Name of a rule.
    at_least, at_most : float, optional
        The ends, included; one of them may be left out.

    Raises
    ------
    InvalidInput
        If both ends are left out, or one is not finite.

    Examples
    --------
    >>> Probability("founder exit", at_least=1).describe()
    'P(events of founder exit >= 1)'
    """

    at_least: float | None = field(default=None, kw_only=True)
    at_most: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("at_least", "at_most"):
            if getattr(self, name) is not None:
                set_fields(self, **{name: number(f"Probability: {name}", getattr(self, name))})
        if self.at_least is None and self.at_most is None:
            raise InvalidInput("Probability must be given at_least, at_most or both, got neither")

    def moments(self, result: RunData, low: float, high: float) -> list[Moment]:
        """The share of the paths."""
        return [Moment(self.describe(), self._inside(result), low, high)]

    def functional(self, result: RunData, paths: Bools) -> Functional:
        """The share, among other statistics."""
        return MeanOf(self._inside(result)[paths])

    def _inside(self, result: RunData) -> Array:
        """1 where the quantity lies between the ends, else 0 (path)."""
        values = self.values(result)
        inside = np.ones(values.shape, bool)
        if self.at_least is not None:
            inside &= values >= self.at_least
        if self.at_most is not None:
            inside &= values <= self.at_most
        return inside.astype(np.float64)

    def describe(self) -> str:
        """The statistic in words."""
        if self.at_least is None:
            return f"P({self.subject} <= {self.at_most:g})"
        if self.at_most is None:
            return f"P({self.subject} >= {self.at_least:g})"
        return f"P({self.at_least:g} <= {self.subject} <= {self.at_most:g})"


@dataclass(frozen=True)
class Quantile(OfOneQuantity):
    """The value that a quantity stays at or below with a given probability, for `Comparison.tilt`.

    Parameters
    ----------
    quantity : str or Quantity
        With a rule, a quantity of `Comparison.values`; without one, the name of a shock, for its number of events. Or a
        `Quantity`, or a linear combination of them.
    p : float
        In (0, 1); 0.5 is the median.
    rule : str, optional
        Name of a rule.

    Raises
    ------
    InvalidInput
        If p is not in (0, 1).

    Notes
    -----
    The view fixes the probability of staying at or below the value. For a quantity with atoms, such as a number of
    events, say that with `Probability`.

    Examples
    --------
    >>> Quantile("wealth", 0.05, rule="hold").describe()
    '5 % quantile of wealth of hold'
    """

    p: float

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(self, p=fraction("Quantile: p", self.p, above=0.0, below=1.0))

    def moments(self, result: RunData, low: float, high: float) -> list[Moment]:
        """The quantile is v where the share of paths at or below v is p."""
        values = self.values(result)
        at_most = Moment(
            f"P({self.subject} <= {high:g})",
            (values <= high).astype(np.float64),
            self.p,
            self.p if low == high else np.inf,
        )
        if low == high:
            return [at_most]
        return [Moment(f"P({self.subject} < {low:g})", (values < low).astype(np.float64), -np.inf, self.p), at_most]

    def describe(self) -> str:
        """The statistic in words."""
        return f"{percent(self.p, digits=10)} quantile of {self.subject}"
