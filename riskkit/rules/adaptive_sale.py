"""AdaptiveSellDown: sell down to limits on weights, which depend on date, price, other weights and events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, ClassVar, cast

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import Converted, FrozenMap, set_fields
from riskkit._core.validation import integer, number, require_known, short_repr
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import check_sale, sell, shares_of_one, total
from riskkit.rules.schedule import refuse_other_dates, refuse_uneven_dates, schedule

__all__ = ["LARGEST_SCORE", "AdaptiveSellDown", "weight_limit"]

_Schedule = Converted[Mapping[str, Iterable[float]], Mapping[str, tuple[float, ...]]]

#: Scores beyond this give limits of 0 and 1.
LARGEST_SCORE = 40.0


class AdaptiveSellDown(Rule):
    """On evenly spaced dates, sell what is above a limit on each holding's weight; never buy back.

    The limit is 1 / (1 + exp(-x)), x = level + price * ln(price of the holding) + others * (weight of the other
    holdings for sale) + sum of event * (number of events so far), with coefficients for each holding and date.

    Parameters
    ----------
    level : mapping of str to sequence of float
        Of each holding that is sold, one number for each date from t = 0 on.
    price, others : mapping of str to sequence of float
        The same; price is 1 at the start, and weights are those before the trades of the date.
    events : mapping of str to mapping of str to sequence of float, optional
        Shock → holding → the same.
    into : mapping, optional
        Shares of the proceeds by holding, sum 1; default: pro rata into the holdings with no founder.
    per_year : int
        Dates a year, 1 to 12, which divides 12 and the scenario's steps a year.

    Notes
    -----
    A path above several limits sells down to each. What a date cannot sell, because of a window or a lock, is asked for
    again on the next one. Dates at or after the horizon are left out; there are none after the last given one.
    `riskkit.optimize.adaptive_sell_down` finds the coefficients.

    Examples
    --------
    A limit of 50 % of wealth at the start and of 27 % a year later, higher where the price has risen:

    >>> rule = AdaptiveSellDown({"TSLA": [0.0, -1.0]}, {"TSLA": [0.0, 0.5]}, {"TSLA": [0.0, 0.0]}, into={"INDEX": 1.0})
    >>> rule.dates(Calendar(10, 12)).tolist()
    [0, 12]
    """

    level: _Schedule
    price: _Schedule
    others: _Schedule
    events: Converted[
        Mapping[str, Mapping[str, Iterable[float]]] | None, Mapping[str, Mapping[str, tuple[float, ...]]]
    ] = field(default=cast(Any, None))
    into: Mapping[str, float] | None = None
    per_year: int = 1
    at_start: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        label = "AdaptiveSellDown"
        level = _schedule(f"{label}: level", self.level, None)
        events = {} if self.events is None else self.events
        if not isinstance(events, Mapping):
            raise InvalidInput(f"{label}: events must be a mapping from shocks to schedules, got {short_repr(events)}")
        set_fields(
            self,
            level=level,
            price=_schedule(f"{label}: price", self.price, level),
            others=_schedule(f"{label}: others", self.others, level),
            events=FrozenMap({shock: _schedule(f"{label}: events of {shock!r}", rows, level)
                              for shock, rows in events.items()}),
            per_year=integer(f"{label}: per_year", self.per_year, at_least=1, at_most=12),
        )  # fmt: skip
        if 12 % self.per_year:
            raise InvalidInput(f"{label}: per_year must divide 12, got {self.per_year}")
        if self.into is not None:
            set_fields(self, into=shares_of_one(f"{label}: into", self.into))

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Sell what is above the limits."""
        date = round(view.time * self.per_year)
        rows = tuple(view.names.index(name) for name in self.level)
        require_known("AdaptiveSellDown: shock in events", self.events, view.events)
        for_sale = np.asarray(total(view.weights[row] for row in rows))
        keep = []
        for name, row in zip(self.level, rows, strict=True):
            score = self.level[name][date] + self.others[name][date] * (for_sale - view.weights[row])
            if self.price[name][date]:
                # A worthless holding has no weight to limit.
                score = score + self.price[name][date] * np.log(np.maximum(view.price[row], 1e-300))
            for shock, numbers in self.events.items():
                score = score + numbers[name][date] * view.events[shock]
            weight = view.weights[row]
            limit = weight_limit(score)
            keep.append(np.where(weight > limit, limit / np.where(weight > limit, weight, 1.0), 1.0))
        if all((fraction == 1.0).all() for fraction in keep):
            return None, None
        return sell(view, rows, keep, self.into), None

    def dates(self, calendar: Calendar) -> Ints:
        """The dates before the horizon, 0 included."""
        if calendar.steps_per_year % self.per_year:
            raise InvalidInput(
                f"rule {self.name!r}: per_year must divide the {calendar.steps_per_year} steps a year of the scenario, "
                f"got {self.per_year}"
            )
        count = len(next(iter(self.level.values())))
        steps = np.arange(count, dtype=np.int64) * (calendar.steps_per_year // self.per_year)
        return steps[steps < calendar.steps]

    def check(self, portfolio: Portfolio) -> None:
        """Refuse an unknown holding, and a portfolio where the proceeds have nowhere to go."""
        require_known("AdaptiveSellDown: level", self.level, portfolio.names)
        check_sale("AdaptiveSellDown", portfolio, tuple(portfolio.names.index(name) for name in self.level), self.into)


def weight_limit(score: Array) -> Array:
    """The limit on a weight, 1 / (1 + exp(-score)); 0 and 1 far out."""
    limit: Array = 1.0 / (1.0 + np.exp(-np.clip(score, -LARGEST_SCORE, LARGEST_SCORE)))
    return np.where(score <= -LARGEST_SCORE, 0.0, limit)


def _schedule(what: str, rows: Any, like: Mapping[str, tuple[float, ...]] | None) -> FrozenMap[tuple[float, ...]]:
    """Numbers by holding and date; all holdings have the same dates, and those of `like`."""
    checked = schedule(what, rows, "number", number)
    if like is None:
        refuse_uneven_dates(what, checked)
        return FrozenMap(checked)
    refuse_other_dates(what, checked, "level", like)
    return FrozenMap({name: checked[name] for name in like})
