"""Hazards of shocks, defined by their integrated intensity."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import set_fields
from riskkit._core.size_limits import MOST_HAZARDS
from riskkit._core.validation import number, require_at_most, short_repr

__all__ = ["AnyHazard", "Constant", "Hazard", "SumHazard", "as_hazard"]

# A level that is not reached after this many years counts as never reached.
_MAX_YEARS = 2.0**20


class Hazard(ABC):
    """The intensity of a Poisson process, defined by its integral.

    A subclass gives `cumulative`; a frozen dataclass is equal by value, as `Market` and `Scenario` are. Hazards add up,
    with each other and with plain rates.

    Examples
    --------
    A rate that grows by 0.001 a year each year, on top of 2 % a year:

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Ageing(Hazard):
    ...     growth: float
    ...     def cumulative(self, t):
    ...         return 0.5 * self.growth * np.asarray(t) ** 2
    >>> float((Ageing(0.001) + 0.02).cumulative(10.0).round(6))
    0.25
    """

    @abstractmethod
    def cumulative(self, t: ArrayLike) -> Array:
        """Return the intensity integrated from 0 to `t`.

        Parameters
        ----------
        t : array
            Years from the start, >= 0.

        Returns
        -------
        ndarray, of the shape of `t`
            Expected number of events in (0, t]: 0 at 0, and nondecreasing.
        """

    def inverse(self, h: ArrayLike) -> Array:
        """Return the first time at which `cumulative` reaches `h`.

        Parameters
        ----------
        h : array
            Integrated intensity, >= 0.

        Returns
        -------
        ndarray, of the shape of `h`
            Years; infinite where `h` is never reached.

        Notes
        -----
        Bisection to the last bit, for any nondecreasing `cumulative`. A subclass with a closed form overrides it.
        """
        target = np.asarray(h, dtype=np.float64)
        lower, upper = np.zeros_like(target), np.where(target > 0.0, 1.0, 0.0)
        # Far beyond any horizon a growing intensity may overflow to infinity, which is large enough.
        with np.errstate(over="ignore"):
            while np.any(not_reached := (self.cumulative(upper) < target) & (upper < _MAX_YEARS)):
                upper = np.where(not_reached, 2.0 * upper, upper)
            is_reached = self.cumulative(upper) >= target
            middle = 0.5 * upper
            while np.any((lower < middle) & (middle < upper)):
                is_enough = self.cumulative(middle) >= target
                lower, upper = np.where(is_enough, lower, middle), np.where(is_enough, middle, upper)
                middle = 0.5 * (lower + upper)
        return np.where(is_reached, upper, np.inf)

    def __add__(self, other: object) -> SumHazard:
        return SumHazard((*_summands(self), *_summands(as_hazard(other))))

    __radd__ = __add__


class HasCumulative(Protocol):
    """Any object with ``cumulative(t)``."""

    def cumulative(self, t: Array, /) -> ArrayLike:
        """Return the intensity integrated from 0 to `t`."""


#: The types of a hazard, apart from a constant rate.
AnyHazard: TypeAlias = Hazard | HasCumulative


@dataclass(frozen=True)
class Constant(Hazard):
    """The same intensity at all times.

    Parameters
    ----------
    rate : float
        Expected events a year, >= 0.

    Examples
    --------
    >>> Constant(0.02).cumulative([0.0, 10.0]).tolist()
    [0.0, 0.2]
    """

    rate: float

    def __post_init__(self) -> None:
        set_fields(self, rate=number("rate", self.rate, at_least=0.0))

    def cumulative(self, t: ArrayLike) -> Array:
        """Return rate * t."""
        with np.errstate(over="ignore"):
            return self.rate * np.asarray(t, dtype=np.float64)

    def inverse(self, h: ArrayLike) -> Array:
        """Return h / rate, infinite where the rate is 0 and h is not."""
        target = np.asarray(h, dtype=np.float64)
        if self.rate == 0.0:
            return np.where(target <= 0.0, 0.0, np.inf)
        return target / self.rate


@dataclass(frozen=True)
class SumHazard(Hazard):
    """The sum of several intensities.

    Parameters
    ----------
    parts : iterable of float or Hazard
        Yearly rates and hazards, at least one. Stored as a tuple of `Hazard`.

    Raises
    ------
    InvalidInput
        If there is no part, or one is neither a rate >= 0 nor a hazard.
    """

    parts: Sequence[float | Hazard]

    def __post_init__(self) -> None:
        if isinstance(self.parts, str) or not isinstance(self.parts, Iterable):
            raise InvalidInput(f"SumHazard: parts must be a list of rates and hazards, got {short_repr(self.parts)}")
        parts = tuple(self.parts)
        require_at_most("SumHazard: parts", parts, MOST_HAZARDS)
        set_fields(self, parts=tuple(as_hazard(part, "SumHazard: part") for part in parts))
        if not self.parts:
            raise InvalidInput("SumHazard: parts must hold at least one rate or hazard, got none")

    @property
    def hazards(self) -> tuple[Hazard, ...]:
        """`parts` with their type after conversion."""
        return cast("tuple[Hazard, ...]", self.parts)

    def cumulative(self, t: ArrayLike) -> Array:
        """Return the sum of the parts' integrated intensities."""
        with np.errstate(over="ignore"):
            return np.asarray(sum(part.cumulative(t) for part in self.hazards))

    def __repr__(self) -> str:
        return " + ".join(f"{part.rate:g}" if isinstance(part, Constant) else repr(part) for part in self.parts)


@dataclass(frozen=True)
class _AdaptedHazard(Hazard):
    """A hazard made of any object with ``cumulative(t)``."""

    source: Any

    def cumulative(self, t: ArrayLike) -> Array:
        return np.asarray(self.source.cumulative(np.asarray(t, dtype=np.float64)), dtype=np.float64)

    def __repr__(self) -> str:
        return repr(self.source)


def as_hazard(value: object, what: str = "rate") -> Hazard:
    """Return a hazard for a yearly rate, a hazard, or any object with ``cumulative(t)``.

    Parameters
    ----------
    value : float or object
        A rate >= 0; or a hashable object whose ``cumulative(t)`` takes and returns arrays.
    what : str
        The name in errors.

    Returns
    -------
    Hazard
        `Constant` for a number.

    Raises
    ------
    InvalidInput
        If the rate is negative or not finite, or ``cumulative`` is not 0 at 0, falls, gives NaN or another shape.

    Examples
    --------
    >>> as_hazard(0.02)
    Constant(rate=0.02)
    """
    if not callable(getattr(value, "cumulative", None)) or isinstance(value, type):
        return Constant(number(what, value, at_least=0.0))
    if isinstance(value, Constant):
        return value
    hazard = value if isinstance(value, Hazard) else _AdaptedHazard(value)
    _check(hazard, what)
    return hazard


def _check(hazard: Hazard, what: str) -> None:
    try:
        hash(hazard)
    except TypeError:
        raise InvalidInput(f"{what} must be hashable (a frozen dataclass is), got {short_repr(hazard)}") from None
    years = np.array([0.0, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0])
    values = np.asarray(hazard.cumulative(years))
    if values.shape != years.shape:
        raise InvalidInput(f"{what}: cumulative(t) must have the shape of t, got {values.shape} for {years.shape}")
    if np.isnan(values).any() or values[0] != 0.0 or np.any(values[1:] < values[:-1]):
        raise InvalidInput(
            f"{what}: cumulative(t) must be 0 at 0 and nondecreasing, got {values.tolist()} at {years.tolist()} years"
        )


def _summands(hazard: Hazard) -> tuple[Hazard, ...]:
    return hazard.hazards if isinstance(hazard, SumHazard) else (hazard,)
