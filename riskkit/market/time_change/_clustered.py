"""Clustering: calm and storm alternate, for all assets at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

from riskkit._core.frozen import set_fields
from riskkit._core.validation import number

__all__ = ["Clustered"]


@dataclass(frozen=True)
class Clustered:
    """The market's clock runs at a rate that wanders around 1 and comes back.

    Parameters
    ----------
    half_life : float
        Years after which half of a deviation of the log rate is gone, > 0.
    spread : float
        Standard deviation of the log rate, > 0; at 1 the volatility of a stormy day (one sd) is e^0.5 = 1.65 times
        its median.

    Notes
    -----
    The log rate is a stationary Ornstein–Uhlenbeck process, followed exactly from step to step and held within a
    step; the rate has mean 1, so the volatility of an asset stays the root of the mean square. Each path starts
    at a draw from the stationary law. With a tail the two multiply. The autocorrelation of absolute returns k steps
    apart is (2/π) e^(-s²/4) (e^(ρ s²/4) - 1) / (1 - (2/π) e^(-s²/4)) for s = spread and ρ = 2^(-k dt / half_life)
    (log-normal stochastic volatility; Taylor 1986, "Modelling financial time series", section 3.5).

    Examples
    --------
    >>> Clustered(half_life=0.1, spread=0.8).describe()
    'Volatility clusters: sd of the log of the variance rate 0.8, half-life 0.1 years'
    """

    half_life: float
    spread: float

    def __post_init__(self) -> None:
        set_fields(
            self,
            half_life=number("Clustered: half_life", self.half_life, above=0.0),
            spread=number("Clustered: spread", self.spread, above=0.0, at_most=3.0),
        )

    def persistence(self, dt: float) -> float:
        """Correlation of the log rate with that of the step before; `dt` is the length of a step in years."""
        return math.exp2(-dt / self.half_life)

    def describe(self) -> str:
        """Return what it does, in words."""
        return (
            f"Volatility clusters: sd of the log of the variance rate {self.spread:g}, half-life {self.half_life:g} "
            "years"
        )
