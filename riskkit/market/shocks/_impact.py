"""Impacts: what an event changes a price by, certain or random, and their draws for the events of a shock."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._core.fraction_bounds import IMPACT, plausible
from riskkit._core.frozen import set_fields
from riskkit._core.random_stream import RandomStream
from riskkit._core.validation import number
from riskkit.market.diffusion._uncertain import (
    Uncertain,
    checked_parameter,
    lognormal_factor,
    mean_of,
    prior_scores,
    scaled_prior,
)

__all__ = ["Impact", "impact_levels", "sample_impacts", "scaled_impact"]


@dataclass(frozen=True)
class Impact:
    """A proportional change of a price, certain or random.

    Parameters
    ----------
    mean : float or Uncertain
        Expected change, > -1: -0.5 halves the price on average, 0.3 adds 30 %. An uncertain one differs
        from path to path, and is the same at all events of a path.
    sd : float
        Standard deviation of the change, 0 <= sd < 1e6; 0 is a point mass.

    Raises
    ------
    InvalidInput
        If a number is outside its bounds.

    Warns
    -----
    RiskkitWarning
        If a number is above 10, eleven times the price: most likely a percentage was meant.

    Notes
    -----
    1 + change is lognormal with the given mean and standard deviation: its logarithm is normal with variance
    ln(1 + (sd / (1 + mean))²) and mean ln(1 + mean) less half of that. Jumps with a mean near 0 and events of both
    signs are those of Merton ("Option pricing when underlying stock returns are discontinuous", *Journal of Financial
    Economics* 3 (1976) 125-144). `Shock.describe` tells the share of events of the other sign than the mean where it
    is above 1 %.

    Examples
    --------
    >>> impact = Impact(-0.5, sd=0.15)
    >>> round(impact.log_mean, 4), round(impact.log_sd, 4), round(impact.wrong_sign, 4)
    (-0.7362, 0.2936, 0.0061)
    >>> round(Impact(-0.03, 0.10).wrong_sign, 3)
    0.364
    """

    mean: float | Uncertain
    sd: float = 0.0

    def __post_init__(self) -> None:
        set_fields(
            self,
            mean=checked_parameter("Impact: mean", self.mean, IMPACT, above=-1.0),
            sd=plausible("Impact: sd", number("Impact: sd", self.sd, at_least=0.0, below=1e6), IMPACT),
        )

    @property
    def expected(self) -> float:
        """`mean`, or the mean of an uncertain one."""
        return mean_of(self.mean)

    @property
    def log_mean(self) -> float:
        """Mean of ln(1 + change)."""
        return math.log1p(self.expected) - 0.5 * self.log_sd**2

    @property
    def log_sd(self) -> float:
        """Standard deviation of ln(1 + change)."""
        return math.sqrt(math.log1p((self.sd / (1.0 + self.expected)) ** 2))

    @property
    def wrong_sign(self) -> float:
        """Share of events whose change has the other sign than the mean; 0 for a fixed impact and for mean 0."""
        unsure = self.mean.sd if isinstance(self.mean, Uncertain) else 0.0
        spread = math.sqrt(self.log_sd**2 + math.log1p((unsure / (1.0 + self.expected)) ** 2))
        if spread == 0.0 or self.expected == 0.0:
            return 0.0
        from scipy.special import ndtr

        centre = math.log1p(self.expected) - 0.5 * spread**2
        return float(ndtr(math.copysign(1.0, -self.expected) * centre / spread))


def scaled_impact(whole: Impact, share: float, shared: str) -> Impact:
    """The impact on something that is hit in part; what is uncertain is off alike for all that name `shared`."""
    mean = scaled_prior(share, whole.mean)
    if isinstance(mean, Uncertain) and mean.shared is None:
        mean = replace(mean, shared=shared)
    return Impact(mean, abs(share) * whole.sd)


def sample_impacts(
    impacts: Mapping[str, Impact], together: float, stream: RandomStream, paths: UInts, number: Ints
) -> Array:
    """Draw the price factors 1 + impact of events, with log factors correlated `together`.

    Holdings get their normals in the order of their names, so that equal shocks draw alike.

    Parameters
    ----------
    impacts : mapping of str to Impact
        Of each holding that is hit; uncertain means count as known.
    together : float
        Correlation of the log impacts of one event.
    stream : RandomStream
    paths : ndarray of uint64
        Number of the path of each event (event).
    number : ndarray of int64
        Number of the event on its path (event); with the path's number it keys the draws.

    Returns
    -------
    ndarray
        In the order of `impacts` (holding, event).
    """
    laws, places = list(impacts.values()), sorted(range(len(impacts)), key=list(impacts).__getitem__)
    size = len(laws)
    factors = np.empty((size, paths.size))
    for factor, impact in zip(factors, laws, strict=True):
        if impact.sd == 0.0:
            factor[:] = 1.0 + impact.expected
    if any(impact.sd > 0.0 for impact in laws):
        own = np.sqrt(max(1.0 - together, 0.0))
        shared = (np.sqrt(max(1.0 + (size - 1) * together, 0.0)) - own) / size
        normals = [row for pair in range((size + 1) // 2) for row in stream.normals(paths, number, 1 + pair)][:size]
        common = shared * sum(normals) if size > 1 and shared else 0.0
        for normal, row in zip(normals, places, strict=True):
            impact = laws[row]
            if impact.sd > 0.0:
                scores = own * normal + common if size > 1 else normal
                log_factor = impact.log_sd * scores
                log_factor += impact.log_mean
                np.exp(log_factor, out=factors[row])
    return factors


def impact_levels(impacts: Mapping[str, Impact], shock: str, stream: RandomStream, paths: UInts) -> dict[str, Array]:
    """Draw, for each holding with an uncertain mean impact, the factor on 1 + impact of each path (path), mean 1."""
    levels = {}
    for holding, impact in impacts.items():
        if isinstance(impact.mean, Uncertain):
            scores = prior_scores(impact.mean, f"impact of {shock!r} on {holding!r}", stream.named, paths)
            levels[holding] = lognormal_factor(impact.mean.sd / (1.0 + impact.expected), scores)
    return levels
