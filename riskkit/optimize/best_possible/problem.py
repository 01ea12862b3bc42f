"""The problem of selling down: what is sold when, what a sale is worth at the horizon, and what limits it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit.optimize.best_possible.state import PlanState
from riskkit.optimize.best_possible.utility import PowerUtility

__all__ = ["SellDownProblem"]


@dataclass(frozen=True, eq=False)
class SellDownProblem:
    """Sales of some holdings on given dates, whose proceeds buy one fixed mix that is retained to the horizon.

    Money is in multiples of the start wealth and, under inflation, in its purchasing power at the start. The horizon is
    the last date: what is left is then worth its value after tax.

    Attributes
    ----------
    value, cost : ndarray (holding,)
        Start value and purchase cost of each holding.
    sold, retained, receivers : ndarray of int
        Rows of the holdings that are sold; of all others; and, among these, of those that the proceeds buy.
    mix : ndarray (receiver,)
        Value bought of each receiver for one unit of money.
    discount : ndarray (date, holding sold)
        Fraction below the price at which a sale is made.
    limit : ndarray (date, holding sold)
        Largest share of the units then held that a date lets go, 0 … 1.
    trading_cost : ndarray (holding sold,)
        Cost of selling, a fraction of the value sold.
    rate : float
        Tax on gains at a sale.
    end_rate : ndarray (holding,)
        Tax on gains at the horizon.
    utility : PowerUtility
    """

    value: Array
    cost: Array
    sold: Ints
    retained: Ints
    receivers: Ints
    mix: Array
    discount: Array
    limit: Array
    trading_cost: Array
    rate: float
    end_rate: Array
    utility: PowerUtility

    @property
    def dates(self) -> int:
        """Number of dates before the horizon."""
        return int(self.limit.shape[0])

    def one_unit_of_money(self, price: Array, marginal: Array, priced: Array) -> Array:
        """What one unit of money put into the mix on a date is worth at the horizon, in expected utility (point).

        Parameters
        ----------
        price : ndarray (holding, point)
            Prices of the date.
        marginal : ndarray (point,)
            Expected marginal utility, or an increment of it.
        priced : ndarray (holding retained, point)
            The same of marginal utility times the final price of each retained holding.
        """
        places = np.searchsorted(self.retained, self.receivers)
        rate = self.end_rate[self.receivers]
        grown = priced[places] / price[self.receivers]
        return np.asarray((self.mix * (1.0 - rate)) @ grown + (self.mix @ rate) * marginal)

    def start(self, price: Array, events: Array) -> PlanState:
        """The state before any sale."""
        points = price.shape[1]
        return PlanState(
            price,
            events,
            np.ones((self.sold.size, points)),
            np.zeros((self.receivers.size, points)),
            np.zeros(points),
        )

    def proceeds(self, date: int, price: Array) -> Array:
        """Money after cost and tax from selling all start units of each holding sold (holding sold, point)."""
        value = self.value[self.sold, None] * price[self.sold] * (1.0 - self.discount[date][:, None])
        tax = self.rate * (value - self.cost[self.sold, None])
        return np.asarray(value * (1.0 - self.trading_cost[:, None]) - tax)

    def after_sale(self, date: int, state: PlanState, sales: Array) -> PlanState:
        """The state after selling shares of the start units (holding sold, point)."""
        money = (sales * self.proceeds(date, state.price)).sum(axis=0)
        bought = state.bought + self.mix[:, None] * money / state.price[self.receivers]
        credit = state.credit + (self.mix @ self.end_rate[self.receivers]) * money
        return PlanState(state.price, state.events, state.remaining - sales, bought, credit)

    def worth_unsold(self, price: Array) -> Array:
        """Value after the tax at the horizon of all start units of each holding (holding, point)."""
        value = self.value[:, None] * price
        return np.asarray(value - self.end_rate[:, None] * (value - self.cost[:, None]))

    def worth_of_sales(self, prices: Array) -> Array:
        """Final worth of selling all start units of a holding on each date, the last being the horizon.

        Parameters
        ----------
        prices : ndarray (date, holding, point)
            On all dates and, last, at the horizon.

        Returns
        -------
        ndarray (date, holding sold, point)
        """
        last, rate = prices[-1], self.end_rate[self.receivers, None]
        worth = np.empty((self.dates + 1, self.sold.size, last.shape[1]))
        for date in range(self.dates):
            grown = rate + (1.0 - rate) * last[self.receivers] / prices[date][self.receivers]
            worth[date] = self.proceeds(date, prices[date]) * (self.mix @ grown)
        worth[-1] = self.worth_unsold(last)[self.sold]
        return worth

    def base(self, price: Array) -> Array:
        """Final worth of what is not for sale (point)."""
        return np.asarray(self.worth_unsold(price)[self.retained].sum(axis=0))

    def liquidation(self, state: PlanState) -> tuple[Array, Array]:
        """Wealth if all were sold at the horizon's tax and no cost (point), and the part of each holding for sale."""
        worth = self.worth_unsold(state.price)
        parts = state.remaining * worth[self.sold]
        bought = (1.0 - self.end_rate[self.receivers]) @ (state.bought * state.price[self.receivers])
        rest = worth[self.retained].sum(axis=0) + bought + state.credit
        return np.asarray(parts.sum(axis=0) + rest), parts

    def states(self, prices: Array, events: Array, sales: Array) -> list[PlanState]:
        """The state on each date before its sales, and at the horizon.

        Parameters
        ----------
        prices : ndarray (date, holding, path)
        events : ndarray (date, event source, path)
        sales : ndarray (date, holding sold, path)
            Shares of the start units sold on each date before the horizon.
        """
        states = [self.start(prices[0], events[0])]
        for date in range(self.dates):
            after = self.after_sale(date, states[-1], sales[date])
            states.append(after.moved(prices[date + 1], events[date + 1]))
        return states
