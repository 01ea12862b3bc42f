"""Uncertain: a number that nobody knows, drawn anew for each group of paths."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit._core.format import percent
from riskkit._core.random_stream import RandomStream
from riskkit._core.validation import number, text

__all__ = ["GROUP", "Uncertain", "about", "central", "checked", "lognormal_factor", "prior_scores", "scaled"]

Array = NDArray[np.float64]

#: Consecutive paths that share a draw.
GROUP = 16


@dataclass(frozen=True)
class Uncertain:
    """A parameter that is not known: its mean, and how far off it may be.

    Parameters
    ----------
    mean : float
        What is expected.
    sd : float
        Standard deviation of what it may turn out to be, >= 0.
    shared : str, optional
        Parameters with the same word here, such as a founder's name, are off together: they share one draw.

    Notes
    -----
    One draw serves 16 consecutive paths. A volatility or a rate is lognormal with this mean and sd; so is 1 + impact.
    Log growth is normal, with the variance that makes 1 + expected return lognormal with this sd, and with its mean
    lowered by half that variance times the horizon, so that E[S_T] = (1 + m)**T at the horizon T.

    Examples
    --------
    >>> Uncertain(0.15, 0.05, shared="Musk")
    Uncertain(mean=0.15, sd=0.05, shared='Musk')
    """

    mean: float
    sd: float
    shared: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", number("Uncertain: mean", self.mean))
        object.__setattr__(self, "sd", number("Uncertain: sd", self.sd, at_least=0.0, below=1e6))
        if self.shared is not None:
            text("Uncertain: shared", self.shared)

    def describe(self) -> str:
        """Return mean and sd as percentages."""
        return f"{percent(self.mean)} ± {percent(self.sd)}"


def central(value: float | Uncertain) -> float:
    """Return a number, or the mean of an uncertain one."""
    return value.mean if isinstance(value, Uncertain) else value


def about(mean: float, value: float | Uncertain) -> float | Uncertain:
    """Return another number, as uncertain as `value` is."""
    return Uncertain(mean, value.sd, value.shared) if isinstance(value, Uncertain) else mean


def scaled(factor: float, value: float | Uncertain) -> float | Uncertain:
    """Return a multiple of a number, and of how uncertain it is."""
    if isinstance(value, Uncertain):
        return Uncertain(factor * value.mean, abs(factor) * value.sd, value.shared)
    return factor * value


def checked(what: str, value: Any, **bounds: float) -> float | Uncertain:
    """Return a number within bounds, or an `Uncertain` whose mean is; a sd of 0 makes it a number."""
    if not isinstance(value, Uncertain):
        return number(what, value, **bounds)
    number(f"{what}: mean", value.mean, **bounds)
    return value if value.sd > 0.0 else value.mean


def prior_scores(
    parameter: Uncertain, place: str, streams: Callable[[str], RandomStream], paths: NDArray[np.uint64]
) -> Array:
    """Draw a standard normal for each path, the same within a group (path).

    Parameters
    ----------
    parameter : Uncertain
        Parameters that share a word share their draws.
    place : str
        Names the parameter, such as ``"rate of failure"``; its stream is named after it.
    streams : callable
        Gives the stream of a name.
    paths : ndarray of uint64
        Numbers of the paths (path).
    """
    word = f"of {place}" if parameter.shared is None else f"shared {parameter.shared}"
    normals: Array = streams(f"uncertain {word}").normals(paths // np.uint64(GROUP), 0)[0]
    return normals


def lognormal_factor(relative_sd: float, scores: Array) -> Array:
    """Turn normal scores into lognormal draws with mean 1 and the given standard deviation."""
    sd = math.sqrt(math.log1p(relative_sd**2))
    factor: Array = np.exp(sd * scores - 0.5 * sd * sd)
    return factor
