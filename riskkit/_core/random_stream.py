"""The interface of a stream of random numbers, for what draws from a stream without knowing how it is made."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array, Ints, UInts

__all__ = ["RandomStream"]


class RandomStream(Protocol):
    """Random numbers that depend on the seed, the stream's name and a counter alone, whoever asks and when.

    The counter is the path's number with a step, or an event's number, and the number of the draw within it.
    """

    def uniforms(self, paths: NDArray[np.integer], step: int | NDArray[np.integer], draw: int = 0) -> Array:
        """Return two independent uniforms in (0, 1) for each path (2, path).

        Parameters
        ----------
        paths : ndarray of int
            Numbers of the paths (path).
        step : int or ndarray of int
            Step, or number of the event, of each path.
        draw : int
            Number of the draw within the step, below 65536.
        """

    def normals(self, paths: NDArray[np.integer], step: int | NDArray[np.integer], draw: int = 0) -> Array:
        """Return two independent standard normals for each path (2, path); arguments as in `uniforms`."""

    def arrivals(self, paths: UInts, limits: Array, *, once: bool = False) -> tuple[Ints, Ints, Array, Array]:
        """Return the arrivals of a Poisson process of rate 1 on each path before its limit.

        Parameters
        ----------
        paths : ndarray of uint64
            Numbers of the paths (path).
        limits : ndarray
            Where each path ends (path).
        once : bool
            Whether only the first arrival counts.

        Returns
        -------
        path, number : ndarray of int64
            Position in `paths`, and number of the arrival on that path from 0 on (arrival).
        time : ndarray
            Time (arrival).
        first : ndarray
            Time of the first arrival, also where it lies beyond the limit (path).
        """

    def named(self, name: str) -> RandomStream:
        """Return the stream of another name with the same seed."""
