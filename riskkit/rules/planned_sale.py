"""SellDown: sell planned shares of the start units on yearly dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import Any, ClassVar, cast

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import Converted, FrozenMap, set_fields
from riskkit._core.validation import number, require_known, short_repr
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import TOUCH, check_sale, sell, shares_of_one
from riskkit.rules.schedule import refuse_other_dates, refuse_uneven_dates, schedule

__all__ = ["SellDown", "rank"]

# Shares typed to a few digits, or found by a solver, are meant to add up.
_ROUNDING = 1e-9


class SellDown(Rule):
    """Sell the given shares of the start units of each holding at t = 0, 1, 2, … years.

    Parameters
    ----------
    shares : mapping of str to sequence of float
        Of each holding that is sold, the share of its start units for each date from t = 0 on, each >= 0, together at
        most 1. All holdings have the same number of dates.
    into : mapping, optional
        Shares of the proceeds by holding, sum 1; default: pro rata into the holdings with no founder.
    shares_high : mapping of str to sequence of float, optional
        Where given, `shares` is sold at the lowest rank of the holding's price and this at the highest, and between
        them in proportion to the rank. The larger of the two sum to at most 1 over the dates.
    prices : mapping of str to sequence of sequence of float, optional
        Needed with `shares_high`: of each holding and date the prices (1 at the start) at evenly spaced ranks from 0 to
        1, increasing. Ranks between them are interpolated, and beyond them are 0 and 1.

    Notes
    -----
    What a date cannot sell is due again on the next one; nothing is bought back. Dates at or after the horizon
    are left out. As ``SellLast(then=...)`` it begins on the first date that finds it free to sell: what earlier dates
    would have sold is left out. The state is what was to be sold so far, a share of the start units (holding, path).
    `riskkit.optimize.sell_down` finds the shares.

    Examples
    --------
    >>> SellDown({"TSLA": [0.5, 0.25], "SpaceX": [0.0, 0.1]}, into={"INDEX": 1.0}).shares
    {'TSLA': (0.5, 0.25), 'SpaceX': (0.0, 0.1)}
    """

    shares: Converted[Mapping[str, Iterable[float]], Mapping[str, tuple[float, ...]]]
    into: Mapping[str, float] | None = None
    shares_high: Converted[Mapping[str, Iterable[float]] | None, Mapping[str, tuple[float, ...]] | None] = field(
        default=cast(Any, None)
    )
    prices: Converted[
        Mapping[str, Iterable[Iterable[float]]] | None, Mapping[str, tuple[tuple[float, ...], ...]] | None
    ] = field(default=cast(Any, None))
    at_start: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(self, shares=_shares("SellDown: shares", self.shares))
        if self.into is not None:
            set_fields(self, into=shares_of_one("SellDown: into", self.into))
        if (self.shares_high is None) != (self.prices is None):
            raise InvalidInput("SellDown: shares_high and prices must be given together, got one without the other")
        if self.shares_high is not None:
            set_fields(self, shares_high=_shares("SellDown: shares_high", self.shares_high), prices=_knots(self.prices))
            for name, rows in (("shares_high", self.shares_high), ("prices", self.prices)):
                refuse_other_dates(f"SellDown: {name}", rows, "shares", self.shares)
        for name in self.shares:
            most = float(np.maximum(*self._ends(name)).sum())
            number(f"SellDown: sum of the shares of {name!r}", most, at_most=1.0 + _ROUNDING)

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Sell what is held above the plan."""
        date = round(view.time)
        sold = tuple(view.names.index(name) for name in self.shares)
        planned = np.zeros((len(sold), view.weights.shape[1])) if state is None else state.copy()
        keep = []
        for place, (name, row) in enumerate(zip(self.shares, sold, strict=True)):
            low, high = (end[date] for end in self._ends(name))
            planned[place] += low
            if self.prices is not None:
                planned[place] += (high - low) * rank(view.price[row], self.prices[name][date])
            goal = 1.0 - planned[place]
            goal = np.where(goal < _ROUNDING, 0.0, goal)
            units = view.units[row]
            keep.append(np.where(units > goal + TOUCH, goal / np.maximum(units, TOUCH), 1.0))
        if all((fraction == 1.0).all() for fraction in keep):
            return None, planned
        return sell(view, sold, keep, self.into), planned

    def dates(self, calendar: Calendar) -> Ints:
        """The yearly dates before the horizon, 0 included."""
        steps = np.arange(self._dates, dtype=np.int64) * calendar.steps_per_year
        return steps[steps < calendar.steps]

    def check(self, portfolio: Portfolio) -> None:
        """Refuse an unknown holding, and a portfolio where the proceeds have nowhere to go."""
        require_known("SellDown: shares", self.shares, portfolio.names)
        for name in self.shares:
            number(f"SellDown: start value of {name!r} in shares", portfolio.holding(name).value, above=0.0)
        check_sale("SellDown", portfolio, tuple(portfolio.names.index(name) for name in self.shares), self.into)

    @property
    def _dates(self) -> int:
        return len(next(iter(self.shares.values())))

    def _ends(self, name: str) -> tuple[Array, Array]:
        """Shares (date) at the lowest and at the highest rank of the price."""
        high = self.shares if self.shares_high is None else self.shares_high
        return np.array(self.shares[name]), np.array(high[name])


def rank(price: Array, knots: Sequence[float] | Array) -> Array:
    """Rank 0 … 1 of each price (path), interpolated between prices at evenly spaced ranks from 0 to 1 (knot)."""
    return np.asarray(np.interp(price, knots, np.linspace(0.0, 1.0, len(knots))))


def _shares(what: str, shares: Any) -> FrozenMap[tuple[float, ...]]:
    checked = schedule(what, shares, "share", partial(fraction, at_least=0.0, at_most=1.0))
    refuse_uneven_dates(what, checked)
    return FrozenMap(checked)


def _knots(prices: Any) -> FrozenMap[tuple[tuple[float, ...], ...]]:
    if not isinstance(prices, Mapping):
        raise InvalidInput(
            f"SellDown: prices must be a mapping from names of holdings to prices by date, got {short_repr(prices)}"
        )
    checked = {}
    for name, dates in prices.items():
        what = f"SellDown: price of {name!r}"
        checked[name] = tuple(tuple(number(what, price, at_least=0.0) for price in knots) for knots in dates)
        for knots in checked[name]:
            if len(knots) < 2 or list(knots) != sorted(knots):
                raise InvalidInput(
                    f"{what} must be at least two numbers a date, increasing, got {short_repr(list(knots))}"
                )
    return FrozenMap(checked)
