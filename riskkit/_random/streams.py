"""Named streams of random numbers: seed, name, path and step determine each number, in any order of draws."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._core.validation import seed_number, text

__all__ = ["DRAWS_PER_STEP", "Stream", "Streams"]

#: A counter is (path, step * DRAWS_PER_STEP + draw).
DRAWS_PER_STEP = 1 << 16


@dataclass(frozen=True)
class Stream:
    """A counter-based stream: Threefry-2x64 with 13 rounds, keyed by BLAKE2 from the seed and a name.

    Parameters
    ----------
    seed : int
        From 0 to 2**64 - 1.
    name : str
        What the numbers are for. Streams with different names are independent, so a new shock changes no other draw.

    References
    ----------
    Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC11.

    Examples
    --------
    >>> import numpy as np
    >>> stream = Stream(0, "diffusion")
    >>> together = stream.normals(np.array([3, 17]), step=5)
    >>> alone = stream.normals(np.array([17]), step=5)
    >>> bool((together[:, 1] == alone[:, 0]).all())
    True
    """

    seed: int
    name: str

    def __post_init__(self) -> None:
        seed_number(self.seed)
        text("name of a stream", self.name)

    @cached_property
    def key(self) -> tuple[np.uint64, np.uint64]:
        """The two words of the key."""
        data = int(self.seed).to_bytes(8, "little") + self.name.encode()
        words = np.frombuffer(hashlib.blake2b(data, digest_size=16).digest(), dtype="<u8")
        return np.uint64(words[0]), np.uint64(words[1])

    def normals(self, paths: NDArray[np.integer], step: int | NDArray[np.integer], draw: int = 0) -> Array:
        """Return two independent standard normals for each path (2, path).

        Parameters
        ----------
        paths : ndarray of int
            Numbers of the paths (path).
        step : int or ndarray of int
            Step, or event number, of each path.
        draw : int
            Number of the draw within the step, below 65536.
        """
        from riskkit._random import draws

        return draws.normals(*self.key, *self._counters(paths, step, draw))

    def uniforms(self, paths: NDArray[np.integer], step: int | NDArray[np.integer], draw: int = 0) -> Array:
        """Return two independent uniforms in (0, 1) for each path (2, path); arguments as in `normals`."""
        from riskkit._random import draws

        drawn: Array = draws.uniforms(*self.key, *self._counters(paths, step, draw))
        return drawn

    def arrivals(self, paths: UInts, limits: Array, *, once: bool = False) -> tuple[Ints, Ints, Array, Array]:
        """Return the arrivals of a Poisson process of rate 1 on each path before its limit.

        See `riskkit._core.random_stream.RandomStream.arrivals`.
        """
        from riskkit._random import draws

        return draws.arrivals(self.key, paths, limits, once=once)

    def named(self, name: str) -> Stream:
        """Return the stream of another name with the same seed."""
        return Stream(self.seed, name)

    def _counters(self, paths: NDArray[np.integer], step: int | NDArray[np.integer], draw: int) -> tuple[UInts, UInts]:
        numbers = np.ascontiguousarray(paths, dtype=np.uint64)
        counters = np.asarray(step, dtype=np.uint64) * np.uint64(DRAWS_PER_STEP) + np.uint64(draw)
        return numbers, np.ascontiguousarray(np.broadcast_to(counters, numbers.shape))


#: The stream of each name.
Streams = Callable[[str], Stream]
