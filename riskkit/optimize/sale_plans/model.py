"""The model of a plan: its variables, their effects on each path, and their constraints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize._limits import named_limits
from riskkit.optimize.cutting_plane.feasible_set import Region
from riskkit.optimize.sale_plans.limits import allowances
from riskkit.optimize.sale_plans.scenario_paths import Sales
from riskkit.scenario._scenario import Scenario

__all__ = ["SaleModel"]


@dataclass(frozen=True, eq=False)
class SaleModel:
    """Shares of the start units that are sold, by date and holding, as variables.

    There is a variable for each date and holding, in this order. If the plan responds to prices, these are the shares
    at the lowest rank of the price, followed by as many at the highest.

    Attributes
    ----------
    scenario : Scenario
    sold : list of int
        Rows of the holdings to sell.
    into : ndarray
        Share of the proceeds that each holding of the portfolio receives (holding).
    sales : Sales
    ranks : ndarray, optional
        Rank 0 … 1 of the price (date, holding sold, path) if the plan responds to it.
    """

    scenario: Scenario
    sold: list[int]
    into: Array
    sales: Sales
    ranks: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Number of dates, and of holdings to sell."""
        return self.sales.gain.shape[0], self.sales.gain.shape[1]

    def slopes(self, values: Array) -> Array:
        """What each variable adds on each path (path, variable), if a sale is worth `values` (date, holding, path)."""
        flat = values.reshape(-1, values.shape[-1]).T
        if self.ranks is None:
            return flat
        rank = self.ranks.reshape(-1, values.shape[-1]).T
        return np.hstack([flat * (1.0 - rank), flat * rank])

    def mean_slopes(self, values: Array) -> Array:
        """Mean effect of each variable by date and holding (date, holding, variable)."""
        mean = np.diag(values.mean(axis=2).ravel())
        if self.ranks is not None:
            high = np.diag((values * self.ranks).mean(axis=2).ravel())
            mean = np.hstack([mean - high, high])
        return mean.reshape(*self.shape, -1)

    def ends(self, x: Array) -> tuple[Array, Array]:
        """Shares at the lowest and at the highest rank (date, holding)."""
        shares = x.reshape(-1, *self.shape)
        return shares[0], shares[-1]

    def projected(self, x: Array) -> Array:
        """The shares without a solver's rounding errors: none below 0, and no sum of a holding above 1."""
        shares = np.clip(x, 0.0, 1.0).reshape(-1, *self.shape)
        total = np.maximum(shares.max(axis=0).sum(axis=0), 1.0)
        return np.asarray((shares / total).ravel())

    def region(self, budget: float | None, constraints: Any) -> Region:
        """The feasible shares, under a budget of expected tax per date and limits on the weights afterwards."""
        import cvxpy as cp

        dates, holdings = self.shape
        places, ends = dates * holdings, 1 if self.ranks is None else 2
        x = cp.Variable(ends * places)
        fixed_constraints, most = [], x
        if self.ranks is not None:
            most = cp.Variable(places)
            # A price that is the same on all paths has no rank to respond to.
            same = np.flatnonzero(np.ptp(self.ranks, axis=2).ravel() == 0.0)
            fixed_constraints = [x[:places] <= most, x[places:] <= most, x[same] == x[places + same]]
        fixed_constraints.append(np.tile(np.eye(holdings), dates) @ most <= 1.0)
        limits = self._liquidity(most)
        pledged = np.flatnonzero(~self.sales.free.any(axis=2).ravel())
        if pledged.size:
            limits["the pledge to sell last"] = [most[pledged] <= 0.0]
        if budget is not None:
            limits[f"budget of {budget:g}"] = [self.mean_slopes(self.sales.tax).sum(axis=1) @ x <= budget]
        start, change = self._weights()
        limits |= named_limits(constraints, start + change @ x, self.scenario.portfolio.names)
        return Region(x, np.zeros(x.size), np.ones(x.size), fixed_constraints, limits)

    def _liquidity(self, most: Any) -> dict[str, Any]:
        """Constraints of liquidity on the largest shares (date * holding), by holding."""
        found: dict[str, Any] = {}
        dates, holdings = self.shape
        for place, row in enumerate(self.sold):
            holding = self.scenario.portfolio.holdings[row]
            rows = allowances(holding, self.scenario.calendar, dates)
            if rows:
                slopes, sides = map(np.array, zip(*rows, strict=True))
                found[f"liquidity of {holding.name!r}"] = [slopes @ most[place::holdings] <= sides]
        return found

    def _weights(self) -> tuple[Array, Array]:
        """Expected weights after the plan at start prices: without sales, and their slopes in the shares."""
        start = np.asarray(self.scenario.portfolio.weights, dtype=np.float64)
        moved = start[self.sold, None] * self.mean_slopes(self.sales.free).sum(axis=0)
        change = np.outer(self.into, moved.sum(axis=0))
        change[self.sold] -= moved
        return start, change
