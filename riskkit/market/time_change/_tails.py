"""Tails: time runs fast on some days and slow on others, for all assets at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from riskkit._core.array_types import Array, Bools, Ints, UInts
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import set_fields
from riskkit._core.random_stream import RandomStream
from riskkit._core.validation import number
from riskkit.market.time_change._time_change import CompiledForm, TimeChange

__all__ = ["TABLE_EDGE", "TABLE_SIZE", "NormalInverseGaussian", "StudentT", "Tail", "pace_table"]


#: Knots of a table of paces, evenly spaced in the normal score from -TABLE_EDGE to TABLE_EDGE.
TABLE_SIZE = 4097
TABLE_EDGE = 8.0

# Logarithms of quantiles at those scores lie within.
_FAR_OUT = 60.0


class Tail(TimeChange):
    """A time change that is independent from step to step: the law of the time that passes in one step.

    A step's log growth is normal given G, the time that passes in it: ln(1 + m) dt - σ² G / 2 + σ √G Z, with one
    G for all assets and E G = dt. So E[S_t] = (1 + m)**t under every law of G. A subclass gives `law`; a frozen
    dataclass is equal by value, as `Market` is.

    Examples
    --------
    A market that now and then has a day as long as twenty:

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Gamma(Tail):
    ...     shape: float
    ...     def law(self, dt):
    ...         from scipy.stats import gamma
    ...         return gamma(self.shape, scale=1.0 / self.shape)
    >>> float(Gamma(0.5).law(1 / 252).mean())
    1.0
    """

    persistent: ClassVar[bool] = False

    @abstractmethod
    def law(self, dt: float) -> Any:
        """Return the law of G / dt.

        Parameters
        ----------
        dt : float
            Length of a step in years.

        Returns
        -------
        scipy.stats frozen distribution, or anything with its ``ppf``, ``isf`` and ``var``
            Of a positive variable with mean 1.
        """

    def start(self, stream: RandomStream, paths: UInts, dt: float) -> None:
        """Return no state: steps are independent."""

    def advance(
        self, stream: RandomStream, paths: UInts, steps: Ints, dt: float, state: Any
    ) -> tuple[Array, None, None]:
        """Return paces from the table that the kernel reads too."""
        scores = np.linspace(-TABLE_EDGE, TABLE_EDGE, TABLE_SIZE)
        normals = np.stack([stream.normals(paths, int(step))[0] for step in steps])
        return np.interp(normals, scores, pace_table(self, dt)), None, None

    def compiled(self, dt: float) -> CompiledForm:
        """Return the table of paces."""
        return CompiledForm(pace_table=pace_table(self, dt))

    def second_moment(self, dt: float) -> float:
        """Return 1 and the variance of G / dt."""
        return float(1.0 + self.law(dt).var())

    def quadrature(self, dt: float) -> tuple[Array, Array]:
        """Return the table of paces, and the probability of each."""
        density = np.exp(-0.5 * np.linspace(-TABLE_EDGE, TABLE_EDGE, TABLE_SIZE) ** 2)
        return pace_table(self, dt), density / density.sum()

    def largest_exponent(self, dt: float) -> float:
        """Return the largest c for which E exp(c G / dt) is finite: whether wealth has negative moments rests on it.

        By default it is read from the far quantiles of `law`: an exponential tail has -ln(q) / isf(q) → c as q → 0.
        """
        far = np.array([1e-300])
        return float((-np.log(far) / self.law(dt).isf(far))[0])

    def describe(self) -> str:
        """Return what it does, in words."""
        return f"Days are uneven for all assets at once: {self!r}"


@dataclass(frozen=True)
class StudentT(Tail):
    """Log returns of a step with Student's t tails.

    Parameters
    ----------
    dof : float
        Degrees of freedom, > 2.

    Notes
    -----
    G / dt is inverse gamma with shape dof / 2, scaled to mean 1, and independent from step to step; the drift's
    -σ² G / 2 leaves E[S_t] finite and equal to (1 + m)**t, while plain Student-t log returns have no finite mean
    price. Its normal score is cut off at ±8 (probability 1.2e-15). The law is that of a step: with longer steps the
    yearly law has heavier tails. The excess kurtosis of a step's log return is 6 / (dof - 4) for dof > 4 (to the
    first order in σ² dt), infinite below.

    Examples
    --------
    >>> StudentT(5)
    StudentT(dof=5.0)
    """

    dof: float

    def __post_init__(self) -> None:
        set_fields(self, dof=number("StudentT: dof", self.dof, above=2.0))

    def describe(self) -> str:
        """Return what it does, in words."""
        return f"Log returns of a step have Student's t tails with {self.dof:g} degrees of freedom"

    def law(self, dt: float) -> Any:
        """Return the inverse gamma law with mean 1."""
        from scipy.stats import invgamma

        half = 0.5 * self.dof
        return invgamma(half, scale=half - 1.0)

    def largest_exponent(self, dt: float) -> float:
        """Return 0: an inverse gamma variable has no exponential moment."""
        return 0.0


@dataclass(frozen=True)
class NormalInverseGaussian(Tail):
    """Normal inverse Gaussian log returns, whose law over a year does not depend on the step.

    Parameters
    ----------
    kurtosis : float
        Excess kurtosis of the log return of one day (1/252 year), > 0; over h years it is kurtosis / (252 h).

    Notes
    -----
    G is inverse Gaussian with mean dt and variance kurtosis · dt / 756; such laws add up over steps (Barndorff-Nielsen
    1997, "Normal inverse Gaussian distributions and stochastic volatility modelling"). The kurtosis is that of the
    symmetric part; the drift's -σ² G / 2 adds a share of order σ²/252 to it.

    Examples
    --------
    >>> round(float(NormalInverseGaussian(6.0).law(1 / 252).var()), 9)
    2.0
    """

    kurtosis: float

    def __post_init__(self) -> None:
        set_fields(self, kurtosis=number("NormalInverseGaussian: kurtosis", self.kurtosis, above=0.0))

    def describe(self) -> str:
        """Return what it does, in words."""
        return f"Log returns are normal inverse Gaussian; the excess kurtosis of a day is {self.kurtosis:g}"

    def law(self, dt: float) -> Any:
        """Return the inverse Gaussian law with mean 1."""
        return _InverseGaussian(self.kurtosis / (756.0 * dt))

    def largest_exponent(self, dt: float) -> float:
        """Return that of the inverse Gaussian law: 1 / (2 variance)."""
        return 378.0 * dt / self.kurtosis


class _InverseGaussian:
    """The inverse Gaussian law with mean 1, as SciPy has it, with quantiles that do not give up far out."""

    def __init__(self, variance: float) -> None:
        from scipy.stats import invgauss

        self.variance = variance
        self.law = invgauss(variance, scale=1.0 / variance)

    def __getattr__(self, name: str) -> Any:
        if name == "law":
            raise AttributeError(name)
        return getattr(self.law, name)

    def ppf(self, p: Array) -> Array:
        """Where the distribution function reaches p."""
        return _crossing(lambda x: self._probabilities(x)[0] < p, p.shape)

    def isf(self, q: Array) -> Array:
        """Where the survival function falls to q."""
        return _crossing(lambda x: self._probabilities(x)[1] > q, q.shape)

    def _probabilities(self, x: Array) -> tuple[Array, Array]:
        """Probability below and above x; the smaller one to full precision (Seshadri 1993, eq. 1.32, scaled)."""
        from scipy.special import erfcx

        root = np.sqrt(0.5 / (self.variance * x))
        near, far = root * (x - 1.0), root * (x + 1.0)
        size, sign = np.abs(near), np.where(near < 0.0, -1.0, 1.0)
        tail = 0.5 * np.exp(-(near**2)) * (erfcx(size) - sign * erfcx(far))
        return np.where(near < 0.0, tail, 1.0 - tail), np.where(near < 0.0, 1.0 - tail, tail)


def _crossing(short: Callable[[Array], Bools], shape: tuple[int, ...]) -> Array:
    """The positive numbers below which `short` is true, to the last bits, by bisection of their logarithms."""
    low, high = np.full(shape, -_FAR_OUT), np.full(shape, _FAR_OUT)
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = short(np.exp(middle))
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    crossing: Array = np.exp(0.5 * (low + high))
    return crossing


@lru_cache(maxsize=32)
def pace_table(tail: Tail, dt: float) -> Array:
    """Return √(G / dt) at evenly spaced normal scores, so that one normal and a look-up draw a step's pace.

    Parameters
    ----------
    tail : Tail
    dt : float
        Length of a step in years.

    Returns
    -------
    ndarray
        At TABLE_SIZE scores from -TABLE_EDGE to TABLE_EDGE, to be read linearly between them; scaled so that the mean
        of its square, read that way, is 1; read-only.
    """
    from scipy.special import ndtr

    law = tail.law(dt)
    scores = np.linspace(-TABLE_EDGE, TABLE_EDGE, TABLE_SIZE)
    below = scores < 0.0
    quantiles = np.empty(TABLE_SIZE)
    quantiles[below] = law.ppf(ndtr(scores[below]))
    quantiles[~below] = law.isf(ndtr(-scores[~below]))
    if not (np.isfinite(quantiles).all() and quantiles.min() >= 0.0):
        raise InvalidInput(f"{tail!r}: law must be of a positive variable with mean 1, got quantiles below 0 or NaN")
    table = np.sqrt(quantiles)
    table /= np.sqrt(_mean_square(table, scores))
    table.flags.writeable = False
    return table


def _mean_square(table: Array, scores: Array) -> float:
    """E[q(Z)²] of the piecewise linear q, cut off at the ends; from the moments of the normal in each piece."""
    from scipy.special import ndtr

    probability = np.where(
        scores[:-1] < 0.0, ndtr(scores[1:]) - ndtr(scores[:-1]), ndtr(-scores[:-1]) - ndtr(-scores[1:])
    )
    density = np.exp(-0.5 * scores**2) / np.sqrt(2.0 * np.pi)
    first = density[:-1] - density[1:]
    second = probability + scores[:-1] * density[:-1] - scores[1:] * density[1:]
    slope = np.diff(table) / np.diff(scores)
    start = table[:-1] - slope * scores[:-1]
    inside = float((start**2 * probability + 2.0 * start * slope * first + slope**2 * second).sum())
    return inside + float(ndtr(-TABLE_EDGE) * (table[0] ** 2 + table[-1] ** 2))
