"""Stratified sampling: the number of events of rare shocks is set path by path, in fixed shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._core.errors import InvalidInput
from riskkit._random.streams import Stream
from riskkit.scenario._scenario import Scenario

__all__ = ["BATCH", "Strata", "stratify"]

#: Strata repeat after so many paths, and there are at most half as many.
BATCH = 64

#: Fraction of the paths allotted by probability; the rest is allotted equally.
BY_PROBABILITY = 0.25

#: The largest count with a stratum of its own, and the smallest probability of the counts beyond the last one.
LARGEST_COUNT, SMALLEST_REST = 3, 0.01


@dataclass(frozen=True, eq=False)
class Strata:
    """Strata by the number of events of some shocks, and the stratum of each path.

    Attributes
    ----------
    shocks : tuple of str
        Names of the shocks.
    laws : tuple of ndarray
        Law of the number of events of each shock (count).
    counts : ndarray of int64
        Events of each shock in each stratum (stratum, shock); the largest of a shock stands for itself and all beyond.
    probability : ndarray
        Of each stratum (stratum).
    pattern : ndarray of int64
        Stratum of each path of a batch (path).
    """

    shocks: tuple[str, ...]
    laws: tuple[Array, ...]
    counts: Ints
    probability: Array
    pattern: Ints

    def of(self, paths: UInts) -> Ints:
        """Stratum of each path, by its number (path)."""
        return self.pattern[(paths % np.uint64(BATCH)).astype(np.int64)]

    def event_counts(self, paths: UInts, streams: Callable[[str], Stream]) -> dict[str, Ints]:
        """Shock → number of its events on each path (path), drawn within the stratum of the path."""
        result = {}
        for name, law, counts in zip(self.shocks, self.laws, self.counts.T, strict=True):
            result[name] = counts[self.of(paths)]
            last = counts.max()
            beyond = np.flatnonzero(result[name] == last)
            share = np.cumsum(law[last:])
            uniform = streams(f"stratum {name}").uniforms(paths[beyond], 0)[0]
            result[name][beyond] += np.searchsorted(share, uniform * share[-1])
        return result

    def weights(self, stratum: Ints) -> Array:
        """Weight of each path (path): the probability of its stratum, shared among the paths that are in it."""
        return (self.probability / np.bincount(stratum, minlength=self.probability.size))[stratum]


def stratify(scenario: Scenario, on: tuple[str, ...]) -> Strata:
    """Strata of the number of events of the named shocks within the horizon.

    Parameters
    ----------
    scenario : Scenario
    on : tuple of str
        Shocks of its market.

    Returns
    -------
    Strata
        Each shock has the classes 0, 1, … events and at last "so many or more": none and any for a rare shock or one
        that comes once; one class more, up to three events or more, while what is beyond has a probability of 1 %. The
        strata are their combinations. A quarter of the paths is shared out by probability, the rest equally: rare
        strata get many paths, and no mean has more than four times the variance that it has in a plain sample.

    Raises
    ------
    InvalidInput
        If a shock is forced or cannot happen, or there are more than 32 strata.

    Notes
    -----
    Given their number, event times follow their conditional law (Glasserman, *Monte Carlo Methods in Financial
    Engineering* (2004), sections 4.3 and 3.5); a number beyond the classes is drawn from the truncated Poisson law.
    """
    horizon = scenario.calendar.time(scenario.calendar.steps)
    shocks = {shock.name: shock for shock in scenario.market.shocks}
    laws = []
    for name in on:
        if name in scenario.forced:
            raise InvalidInput(
                f"on: shock {name!r} must not be forced, got one with its event at a set time on every path"
            )
        law = shocks[name].count_law(horizon)
        if law is None:
            raise InvalidInput(f"on: shock {name!r} must define count_law(horizon), got None; sample it plainly")
        laws.append(law)
        if not laws[-1][1:].any():
            raise InvalidInput(
                f"on: shock {name!r} must have a rate > 0 within the horizon, got one that cannot happen"
            )
    classes = [_classes(law) for law in laws]
    joint = np.array([np.prod(each) for each in product(*classes)])
    if joint.size > BATCH // 2:
        raise InvalidInput(f"on must make at most {BATCH // 2} strata, got {joint.size}; name fewer shocks")
    return Strata(
        shocks=on,
        laws=tuple(laws),
        counts=np.array(list(product(*(range(each.size) for each in classes))), dtype=np.int64),
        probability=joint,
        pattern=_pattern(joint),
    )


def _classes(law: Array) -> Array:
    """Probabilities of 0, 1, … events and, last, of more."""
    last = 1
    while last < LARGEST_COUNT and law[last + 1 :].sum() >= SMALLEST_REST:
        last += 1
    return np.append(law[:last], law[last:].sum())


def _pattern(probability: Array) -> Ints:
    """Stratum of each path of a batch: shares rounded to whole paths, each stratum spread evenly over the batch."""
    shares = BATCH * (BY_PROBABILITY * probability + (1.0 - BY_PROBABILITY) / probability.size)
    paths = np.floor(shares).astype(np.int64)
    paths[np.argsort(paths - shares, kind="stable")[: BATCH - paths.sum()]] += 1
    stratum = np.repeat(np.arange(paths.size), paths)
    place = np.concatenate([(np.arange(count) + 0.5) / count for count in paths])
    return stratum[np.argsort(place, kind="stable")]
