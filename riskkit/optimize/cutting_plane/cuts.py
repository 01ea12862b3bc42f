"""Cuts: linear lower bounds of a convex function, in a pool that related problems share."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array

__all__ = ["Cuts"]


class Cuts:
    """A growing set of cuts, f(x) >= constant + gradient @ x for all x.

    They depend only on the objective, not on the constraints, so problems with the same objective can share them.

    Parameters
    ----------
    size : int
        Length of x.

    Examples
    --------
    >>> cuts = Cuts(2)
    >>> cuts.add(np.array([1.0, -1.0]), 0.5)
    >>> len(cuts), cuts.gradients.tolist(), cuts.constants.tolist()
    (1, [[1.0, -1.0]], [0.5])
    """

    def __init__(self, size: int) -> None:
        self._rows = np.empty((64, size + 1))
        self._count = 0

    def add(self, gradient: Array, constant: float) -> None:
        """Add one cut."""
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self._count, :-1] = gradient
        self._rows[self._count, -1] = constant
        self._count += 1

    @property
    def gradients(self) -> Array:
        """Gradients (cut, variable); a view."""
        return self._rows[: self._count, :-1]

    @property
    def constants(self) -> Array:
        """Constants (cut,); a view."""
        return self._rows[: self._count, -1]

    def __len__(self) -> int:
        return self._count
