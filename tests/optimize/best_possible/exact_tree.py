"""An exact tree: one stock that moves by exp(±.45) a year over six years, 64 paths, beside an index at 5 %."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from riskkit.optimize.best_possible.problem import SellDownProblem
from riskkit.optimize.best_possible.utility import PowerUtility

DATES, MOVE, INDEX, TAX, BASIS, WEIGHT = 6, 0.45, 0.05, 0.238, 0.1, 0.65


@dataclass(frozen=True, eq=False)
class Tree:
    """The tree for an expected return; nodes are the events of a state, so that functions may look them up."""

    expected_return: float

    @property
    def up(self) -> float:
        return float((1 + self.expected_return - np.exp(-MOVE)) / (np.exp(MOVE) - np.exp(-MOVE)))

    @property
    def moves(self):
        return np.array(list(itertools.product([1.0, 0.0], repeat=DATES))).T

    @property
    def probability(self):
        return np.prod(np.where(self.moves == 1.0, self.up, 1 - self.up), axis=0)

    @property
    def prices(self):
        """Prices of stock and index (date, holding, path)."""
        stock = np.exp(MOVE * np.vstack([np.zeros(64), np.cumsum(2 * self.moves - 1, axis=0)]))
        index = np.repeat((1 + INDEX) ** np.arange(DATES + 1.0)[:, None], 64, axis=1)
        return np.stack([stock, index], axis=1)

    @property
    def nodes(self):
        """Number of the node (date, 1, path): 1 at the start, then 2 n or 2 n + 1."""
        node = np.ones((DATES + 1, 1, 64))
        for date in range(DATES):
            node[date + 1, 0] = 2 * node[date, 0] + self.moves[date]
        return node

    def fit(self, date, state, targets, positive):
        """The targets of each node, as a `ConditionalFit`."""
        table = np.zeros((len(targets), 2 ** (date + 1)))
        table[:, state.events[0].astype(int)] = targets
        return lambda point: table[:, point.events[0].astype(int)]

    def mean(self, date, state, functions):
        """Exact conditional mean over the two moves, as a `ConditionalMean`."""
        total = 0.0
        for move, chance in ((1.0, self.up), (0.0, 1 - self.up)):
            price = state.price * np.array([[np.exp(MOVE * (2 * move - 1))], [1 + INDEX]])
            total = total + chance * functions.at(date + 1, state.moved(price, 2 * state.events + move))
        return total

    @property
    def problem(self) -> SellDownProblem:
        """Selling the stock into the index; the index is not taxed."""
        return SellDownProblem(
            value=np.array([WEIGHT, 1 - WEIGHT]), cost=np.array([WEIGHT * BASIS, 1 - WEIGHT]),
            sold=np.array([0]), retained=np.array([1]), receivers=np.array([1]), mix=np.array([1.0]),
            discount=np.zeros((DATES, 1)), limit=np.ones((DATES, 1)), trading_cost=np.zeros(1),
            rate=TAX, end_rate=np.array([TAX, 0.0]), utility=PowerUtility(3.0),
        )  # fmt: skip

    @property
    def worth(self):
        """Final worth of all of the stock sold on each date (date, path), by hand."""
        stock = self.prices[:, 0]
        return WEIGHT * (stock - TAX * (stock - BASIS)) * (1 + INDEX) ** (DATES - np.arange(DATES + 1.0))[:, None]

    def value(self, sales):
        """Certainty equivalent of sales (date without the horizon, path), CRRA 3, by hand."""
        left = 1 - sales.sum(axis=0)
        wealth = (1 - WEIGHT) * (1 + INDEX) ** DATES + (sales * self.worth[:-1]).sum(axis=0) + left * self.worth[-1]
        return float((self.probability @ wealth**-2.0) ** -0.5)

    def best_static(self):
        """Sales (date, path) of the best plan that does not look at prices, by a general solver."""
        found = minimize(
            lambda share: -self.value(np.repeat(share[:, None], 64, axis=1)), np.full(DATES, 1 / (DATES + 1)),
            bounds=[(0, 1)] * DATES, constraints=[{"type": "ineq", "fun": lambda share: 1 - share.sum()}],
            method="SLSQP", options={"maxiter": 500, "ftol": 1e-15},
        )  # fmt: skip
        return np.repeat(np.maximum(found.x, 0.0)[:, None], 64, axis=1)

    def best_adaptive(self):
        """Sales (date, path) of the best plan of all, by a general solver over the nodes."""
        node = self.nodes[:DATES, 0].astype(int)
        chosen = np.zeros((DATES, 64, 64))
        for date in range(DATES):
            chosen[date, np.arange(64), node[date]] = 1.0
        total = chosen.sum(axis=0)
        gain = np.einsum("tp,tpk->pk", self.worth[:-1] - self.worth[-1], chosen)
        held = (1 - WEIGHT) * (1 + INDEX) ** DATES + self.worth[-1]

        def loss(x):
            wealth = np.maximum(held + gain @ x, 1e-6)
            return 0.5 * self.probability @ wealth**-2.0, -(self.probability * wealth**-3.0) @ gain

        start = np.zeros(64)
        for date, row in enumerate(self.best_static()):
            start[2**date : 2 ** (date + 1)] = row[0]
        found = minimize(
            loss, start, jac=True, bounds=[(0, 1)] * 64, method="SLSQP", options={"maxiter": 1000, "ftol": 1e-15},
            constraints=[{"type": "ineq", "fun": lambda x: 1 - total @ x, "jac": lambda x: -total}],
        )  # fmt: skip
        return np.einsum("tpn,n->tp", chosen, np.clip(found.x, 0, 1))
