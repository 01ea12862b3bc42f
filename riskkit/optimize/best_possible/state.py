"""The state of a plan on a date: prices, events, what is left to sell, and what the proceeds have bought."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from riskkit._core.array_types import Array

__all__ = ["PlanState"]


@dataclass(frozen=True, eq=False)
class PlanState:
    """State on one date, before or after its sales, on many points (paths, or draws of paths).

    Attributes
    ----------
    price : ndarray (holding, point)
        Prices, 1 at the start.
    events : ndarray (event source, point)
        Number of events so far of each shock that happens once.
    remaining : ndarray (holding sold, point)
        Share of the start units not yet sold.
    bought : ndarray (holding bought, point)
        Value at start prices of the units that the proceeds have bought.
    credit : ndarray (point,)
        Tax at the horizon that the purchase cost of these units saves.
    """

    price: Array
    events: Array
    remaining: Array
    bought: Array
    credit: Array

    @property
    def size(self) -> int:
        """Number of points."""
        return int(self.credit.size)

    def moved(self, price: Array, events: Array) -> PlanState:
        """The state at other prices and events, with the same units."""
        return replace(self, price=price, events=events)

    def rows(self, chosen: slice) -> PlanState:
        """The state on some of the points."""
        return PlanState(
            self.price[:, chosen],
            self.events[:, chosen],
            self.remaining[:, chosen],
            self.bought[:, chosen],
            self.credit[chosen],
        )

    def repeated(self, count: int) -> PlanState:
        """Each point `count` times, one after the other."""
        return PlanState(*(np.repeat(array, count, axis=-1) for array in
                           (self.price, self.events, self.remaining, self.bought, self.credit)))  # fmt: skip
