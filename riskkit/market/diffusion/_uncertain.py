"""Uncertain parameters, drawn from a prior for each group of paths."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from riskkit._core.array_types import Array, UInts
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import FractionBounds, fraction, plausible
from riskkit._core.frozen import set_fields
from riskkit._core.random_stream import RandomStream
from riskkit._core.validation import number, text

__all__ = [
    "GROUP", "Uncertain", "checked_parameter", "lognormal_factor", "mean_of", "prior_scores", "scaled_prior",
    "with_mean",
]  # fmt: skip


#: Number of consecutive paths that share a draw.
GROUP = 16


@dataclass(frozen=True)
class Uncertain:
    """An uncertain parameter: the mean and standard deviation of its prior.

    Parameters
    ----------
    mean : float
        The mean of the prior.
    sd : float
        The standard deviation of the prior, >= 0.
    shared : str, optional
        Parameters with the same word here, such as a founder's name, share one draw.

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
        set_fields(
            self,
            mean=number("Uncertain: mean", self.mean),
            sd=number("Uncertain: sd", self.sd, at_least=0.0, below=1e6),
        )
        if self.shared is not None:
            text("Uncertain: shared", self.shared)

    def describe(self) -> str:
        """Return mean and sd as percentages."""
        return f"{percent(self.mean)} ± {percent(self.sd)}"


def mean_of(value: float | Uncertain) -> float:
    """Return a number, or the mean of an `Uncertain`."""
    return value.mean if isinstance(value, Uncertain) else value


def with_mean(mean: float, value: float | Uncertain) -> float | Uncertain:
    """Return `value` with another mean and the same standard deviation."""
    return Uncertain(mean, value.sd, value.shared) if isinstance(value, Uncertain) else mean


def scaled_prior(factor: float, value: float | Uncertain) -> float | Uncertain:
    """Return a multiple of a number or of an `Uncertain`."""
    if isinstance(value, Uncertain):
        return Uncertain(factor * value.mean, abs(factor) * value.sd, value.shared)
    return factor * value


def checked_parameter(
    what: str, value: Any, bounds: FractionBounds | None = None, **limits: float
) -> float | Uncertain:
    """Return a validated number, or an `Uncertain` with its mean within limits; one with sd 0 becomes a number.

    Of an `Uncertain` both mean and sd must be `plausible`.
    """
    if not isinstance(value, Uncertain):
        result = fraction(what, value, **limits)
        return result if bounds is None else plausible(what, result, bounds)
    fraction(f"{what}: mean", value.mean, **limits)
    if bounds is not None:
        plausible(f"{what}: mean", value.mean, bounds)
        plausible(f"{what}: sd", value.sd, bounds)
    return value if value.sd > 0.0 else value.mean


def prior_scores(parameter: Uncertain, quantity: str, streams: Callable[[str], RandomStream], paths: UInts) -> Array:
    """Draw a standard normal for each path, the same within a group (path).

    Parameters
    ----------
    parameter : Uncertain
        Parameters with the same `shared` share their draws.
    quantity : str
        The name of the parameter, such as ``"rate of failure"``; its stream is named after it.
    streams : callable
        Returns the stream of a name.
    paths : ndarray of uint64
        Numbers of the paths (path).
    """
    stream_name = f"of {quantity}" if parameter.shared is None else f"shared {parameter.shared}"
    normals: Array = streams(f"uncertain {stream_name}").normals(paths // np.uint64(GROUP), 0)[0]
    return normals


def lognormal_factor(relative_sd: float, scores: Array) -> Array:
    """Turn normal scores into lognormal draws with mean 1 and the given standard deviation."""
    sd = math.sqrt(math.log1p(relative_sd**2))
    factor: Array = np.exp(sd * scores - 0.5 * sd * sd)
    return factor
