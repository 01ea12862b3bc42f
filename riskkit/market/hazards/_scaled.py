"""A hazard multiplied by a constant factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number, short_repr
from riskkit.market.hazards._hazard import Hazard

__all__ = ["ScaledHazard"]


@dataclass(frozen=True, repr=False)
class ScaledHazard(Hazard):
    """A hazard with a constant multiple of the intensity of another.

    Parameters
    ----------
    factor : float
        At least 0.
    hazard : Hazard
        The hazard to multiply; nested factors are combined into one.

    Examples
    --------
    >>> from riskkit.market.hazards._hazard import Constant
    >>> twice = ScaledHazard(2.0, Constant(0.02))
    >>> twice, float(twice.cumulative(10.0)), float(twice.inverse(0.4))
    (2 × Constant(rate=0.02), 0.4, 10.0)
    """

    factor: float
    hazard: Hazard

    def __post_init__(self) -> None:
        set_fields(self, factor=number("ScaledHazard: factor", self.factor, at_least=0.0))
        if not isinstance(self.hazard, Hazard):
            raise InvalidInput(f"ScaledHazard: hazard must be a Hazard, got {short_repr(self.hazard)}")
        if isinstance(self.hazard, ScaledHazard):
            product = number("ScaledHazard: product of the factors", self.factor * self.hazard.factor)
            set_fields(self, factor=product, hazard=self.hazard.hazard)

    def cumulative(self, t: ArrayLike) -> Array:
        """Return factor times the integrated intensity of `hazard`."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.factor * self.hazard.cumulative(t))

    def inverse(self, h: ArrayLike) -> Array:
        """Return the time at which `hazard` reaches h / factor; infinity for factor 0 and h > 0."""
        target = np.asarray(h, dtype=np.float64)
        if self.factor == 0.0:
            return np.where(target <= 0.0, 0.0, np.inf)
        return self.hazard.inverse(target / self.factor)

    def __repr__(self) -> str:
        return f"{self.factor:g} × {self.hazard!r}"
