"""Statistics that views are about: the mean, a probability or a quantile of a quantity of the paths."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number, require_known, text
from riskkit.comparison.run_data import RunData

__all__ = ["Mean", "Moment", "Probability", "Quantile", "ViewStatistic"]


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


@dataclass(frozen=True)
class ViewStatistic(ABC):
    """A statistic of one quantity, for views of `Comparison.tilt`.

    Parameters
    ----------
    quantity : str
        With a rule, a quantity of `Comparison.values`; without one, the name of a shock, for its number of events.
    rule : str, optional
        Name of a rule.
    """

    quantity: str
    rule: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        text(f"{type(self).__name__}: quantity", self.quantity)
        if self.rule is not None:
            text(f"{type(self).__name__}: rule", self.rule)

    @abstractmethod
    def moments(self, values: Array, low: float, high: float) -> list[Moment]:
        """The statistic's bounds as bounds of means over the paths."""

    @abstractmethod
    def describe(self) -> str:
        """The statistic in words."""

    @property
    def subject(self) -> str:
        """The quantity in words."""
        return f"events of {self.quantity}" if self.rule is None else f"{self.quantity} of {self.rule}"

    def values(self, result: RunData) -> Array:
        """The quantity in a result (path)."""
        if self.rule is not None:
            return result.values(self.rule, self.quantity)
        require_known("quantity without rule=", [self.quantity], result.outcomes.event_counts)
        return np.asarray(result.outcomes.event_counts[self.quantity], dtype=np.float64)


@dataclass(frozen=True)
class Mean(ViewStatistic):
    """The mean of a quantity, for `Comparison.tilt`.

    Parameters
    ----------
    quantity : str
        With a rule, a quantity of `Comparison.values`; without one, the name of a shock, for its number of events.
    rule : str, optional
        Name of a rule.

    Examples
    --------
    >>> Mean("wealth", rule="hold").describe(), Mean("founder exit").describe()
    ('mean of wealth of hold', 'mean of events of founder exit')
    """

    def moments(self, values: Array, low: float, high: float) -> list[Moment]:
        """The mean itself."""
        if np.isnan(values).any():
            raise InvalidInput(f"{self.describe()} must be of a number on every path, got NaN on some; say Probability")
        return [Moment(self.describe(), values, low, high)]

    def describe(self) -> str:
        """The statistic in words."""
        return f"mean of {self.subject}"


@dataclass(frozen=True)
class Probability(ViewStatistic):
    """The probability that a quantity is at least or at most a number, or both, for `Comparison.tilt`.

    Parameters
    ----------
    quantity : str
        With a rule, a quantity of `Comparison.values`; without one, the name of a shock, for its number of events.
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

    def moments(self, values: Array, low: float, high: float) -> list[Moment]:
        """The share of the paths."""
        inside = np.ones(values.shape, bool)
        if self.at_least is not None:
            inside &= values >= self.at_least
        if self.at_most is not None:
            inside &= values <= self.at_most
        return [Moment(self.describe(), inside.astype(np.float64), low, high)]

    def describe(self) -> str:
        """The statistic in words."""
        if self.at_least is None:
            return f"P({self.subject} <= {self.at_most:g})"
        if self.at_most is None:
            return f"P({self.subject} >= {self.at_least:g})"
        return f"P({self.at_least:g} <= {self.subject} <= {self.at_most:g})"


@dataclass(frozen=True)
class Quantile(ViewStatistic):
    """The value that a quantity stays at or below with a given probability, for `Comparison.tilt`.

    Parameters
    ----------
    quantity : str
        With a rule, a quantity of `Comparison.values`; without one, the name of a shock, for its number of events.
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
        set_fields(self, p=number("Quantile: p", self.p, above=0.0, below=1.0))

    def moments(self, values: Array, low: float, high: float) -> list[Moment]:
        """The quantile is v where the share of paths at or below v is p."""
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
