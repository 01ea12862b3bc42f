"""A seasonal hazard: the intensity has a yearly cycle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number
from riskkit.market.hazards._hazard import Hazard

__all__ = ["Seasonal"]


@dataclass(frozen=True)
class Seasonal(Hazard):
    """An intensity with a yearly cycle: rate · (1 + amplitude · cos(2π (t - peak))).

    Parameters
    ----------
    rate : float
        Expected events a year, >= 0, averaged over the cycle.
    amplitude : float
        Amplitude of the cycle as a fraction of `rate`, from 0 to 1: at 1 the intensity is twice the rate at the
        peak and 0 half a year later.
    peak : float
        Time of the maximum in years after the start of the simulation, 0 <= peak < 1: 0 is the day of the start itself,
        and 0.75 is October for a simulation that starts in January.

    Raises
    ------
    InvalidInput
        If a number is outside its bounds.

    Examples
    --------
    Of four events a year, the two quarters around the peak get 82 %:

    >>> quarters = np.diff(Seasonal(4.0, amplitude=1.0, peak=0.5).cumulative([0.0, 0.25, 0.5, 0.75, 1.0]))
    >>> quarters.round(3).tolist()
    [0.363, 1.637, 1.637, 0.363]
    """

    rate: float
    amplitude: float
    peak: float

    def __post_init__(self) -> None:
        set_fields(self, rate=number("Seasonal: rate", self.rate, at_least=0.0))
        amplitude = number("Seasonal: amplitude", self.amplitude, at_least=0.0, at_most=1.0)
        set_fields(self, amplitude=amplitude, peak=number("Seasonal: peak", self.peak, at_least=0.0, below=1.0))

    def cumulative(self, t: ArrayLike) -> Array:
        """Return rate · (t + amplitude · sin(π t) cos(π (t - 2 peak)) / π)."""
        half_turns = math.pi * np.asarray(t, dtype=np.float64)
        swing = np.sin(half_turns) * np.cos(half_turns - 2.0 * math.pi * self.peak)
        with np.errstate(over="ignore"):
            return np.asarray(self.rate / math.pi * (half_turns + self.amplitude * swing))
