"""Time changes as a user would write them, which several tests share; processes import them from here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import riskkit as rk

__all__ = ["Heston", "Interpreted", "Switching"]


@dataclass(frozen=True)
class Heston(rk.TimeChange):
    """A variance rate that is a square-root diffusion around 1 (Heston 1993), held within a step.

    Its steps are those of Andersen (2008, "Simple and efficient simulation of the Heston stochastic volatility model",
    QE), which keep the conditional mean and variance exactly; it starts from its stationary law, which is gamma.
    """

    reversion: float
    volatility: float

    @property
    def variance(self):
        """Stationary variance of the rate."""
        return self.volatility**2 / (2.0 * self.reversion)

    def start(self, stream, paths, dt):
        from scipy.stats import gamma

        return gamma(1.0 / self.variance, scale=self.variance).ppf(stream.uniforms(paths, 2**40)[0])

    def advance(self, stream, paths, steps, dt, state):
        rate = np.empty((steps.size, paths.size))
        for row, step in enumerate(steps):
            rate[row] = state
            state = self.after(state, dt, stream.normals(paths, step)[0], stream.uniforms(paths, step, 1)[0])
        return np.sqrt(rate), None, state

    def after(self, rate, dt, normal, uniform):
        """The rate one step later."""
        kept = np.exp(-self.reversion * dt)
        mean = 1.0 + (rate - 1.0) * kept
        spread = 2.0 * self.variance * (1.0 - kept) * (rate * kept + 0.5 * (1.0 - kept)) / mean**2
        near = 2.0 / np.minimum(spread, 1.5)
        b2 = near - 1.0 + np.sqrt(near * (near - 1.0))
        smooth = mean / (1.0 + b2) * (np.sqrt(b2) + normal) ** 2
        stuck = (np.maximum(spread, 1.5) - 1.0) / (np.maximum(spread, 1.5) + 1.0)
        jumped = np.where(uniform <= stuck, 0.0, np.log((1.0 - stuck) / (1.0 - uniform)) * mean / (1.0 - stuck))
        return np.where(spread <= 1.5, smooth, np.maximum(jumped, 0.0))

    def second_moment(self, dt):
        return 1.0 + self.variance


@dataclass(frozen=True)
class Interpreted(rk.TimeChange):
    """A built-in time change that is run by its contract, not by the kernel, on the same random numbers."""

    part: rk.TimeChange

    @property
    def regimes(self):
        return self.part.regimes

    def start(self, stream, paths, dt):
        return self.part.start(stream.named("clock"), paths, dt)

    def advance(self, stream, paths, steps, dt, state):
        return self.part.advance(stream.named("clock"), paths, steps, dt, state)

    def tables(self, moving, correlation, dt):
        return self.part.tables(moving, correlation, dt)

    def recentring(self, moving, dt, steps):
        return self.part.recentring(moving, dt, steps)


@dataclass(frozen=True)
class Switching(rk.TimeChange):
    """Calm and rough years take turns; rough ones have another correlation of the first two assets, and may drift."""

    rough: float = 1.5
    correlation: float | None = None
    drift: float = 0.0
    regimes = 2

    def start(self, stream, paths, dt):
        return (stream.uniforms(paths, 2**40)[0] < 0.5).astype(np.int64)

    def advance(self, stream, paths, steps, dt, state):
        regime = (np.floor(steps * dt).astype(np.int64)[:, None] + state) % 2
        return np.ones(regime.shape), regime, state

    def tables(self, moving, correlation, dt):
        count = len(moving)
        volatility = np.sqrt(np.array([[2.0 - self.rough], [self.rough]])).repeat(count, axis=1)
        drift = np.zeros((2, count)) if not self.drift else np.array([[0.0], [self.drift * dt]]).repeat(count, axis=1)
        other = correlation.copy()
        other[0, 1] = other[1, 0] = self.correlation or correlation[0, 1]
        return rk.RegimeTables(volatility, drift, np.stack([correlation, other]))
