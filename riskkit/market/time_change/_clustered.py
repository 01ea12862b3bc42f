"""Clustering: calm and storm alternate, for all assets at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._core.frozen import set_fields
from riskkit._core.random_stream import RandomStream
from riskkit._core.validation import number
from riskkit.market.time_change._time_change import CompiledForm, TimeChange

__all__ = ["Clustered"]


# Nodes of Gauss and Hermite's rule over the log rate.
_NODES = 41


@dataclass(frozen=True)
class Clustered(TimeChange):
    """Time runs at a rate that wanders around 1 and comes back.

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

    def innovation(self, dt: float) -> float:
        """Standard deviation of what a step adds to the log rate."""
        return self.spread * float(np.sqrt(1.0 - self.persistence(dt) ** 2))

    def start(self, stream: RandomStream, paths: UInts, dt: float) -> Array:
        """Draw the log rate of the first step, less its mean, from the stationary law (path)."""
        drawn: Array = self.spread * stream.named("clustering").normals(paths, 0)[0]
        return drawn

    def advance(
        self, stream: RandomStream, paths: UInts, steps: Ints, dt: float, state: Array
    ) -> tuple[Array, None, Array]:
        """Return the paces, and the log rate of the next step, less its mean."""
        pace = np.empty((steps.size, paths.size))
        for row, step in enumerate(steps):
            pace[row] = np.exp(0.5 * state - 0.25 * self.spread**2)
            state = self.persistence(dt) * state + self.innovation(dt) * stream.normals(paths, int(step))[1]
        return pace, None, state

    def compiled(self, dt: float) -> CompiledForm:
        """Return the AR(1) process of the log rate."""
        return CompiledForm(log_variance=(self.persistence(dt), self.innovation(dt), 0.25 * self.spread**2))

    def second_moment(self, dt: float) -> float:
        """Return that of the lognormal rate."""
        return math.exp(self.spread**2)

    def quadrature(self, dt: float) -> tuple[Array, Array]:
        """Return nodes of Gauss and Hermite's rule, and their probabilities."""
        scores, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        return np.exp(0.5 * self.spread * scores - 0.25 * self.spread**2), weights / weights.sum()

    def largest_exponent(self, dt: float) -> float:
        """Return 0: a lognormal rate has no exponential moment."""
        return 0.0

    def describe(self) -> str:
        """Return what it does, in words."""
        return (
            f"Volatility clusters: sd of the log of the variance rate {self.spread:g}, half-life {self.half_life:g} "
            "years"
        )
