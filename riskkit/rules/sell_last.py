"""SellLast: sell nothing until the book of another rule has sold all its founder holdings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import set_fields
from riskkit._core.validation import integer, short_repr
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.diversify_now import DiversifyNow
from riskkit.rules.proceeds import check_sale, linked, shares_of_one
from riskkit.rules.state import merged

__all__ = ["SellLast"]

# Units, of those at the start, below which a holding counts as sold.
OUT = 1e-6


class SellLast(Rule):
    """Hold while the book of the rule `after` still has a founder holding; once it is out, follow `then`.

    Parameters
    ----------
    after : Rule
        Rule of the book that goes first; it is run beside this one from the same start.
    then : Rule, optional
        What this book does on a path from the first date on which the other is out there; it decides on its own
        dates, and its count of months begins then. Default: sell every founder holding as far as it may be sold.
    into : mapping, optional
        Shares of the proceeds by holding, sum 1, for the default `then`; default: pro rata into the holdings with no
        founder.
    every : int, optional
        Months between consultations for the default `then`; default 1.

    Notes
    -----
    The other book is out on a path when it has less than 1e-6 of the start units of each founder holding. It counts
    as out from then on, whatever it buys later. The state is the paths on which it is out and the state of `then`.

    Examples
    --------
    >>> from riskkit.rules.trim import Trim
    >>> SellLast(after=Trim(1.0, years=5)).watches() == (Trim(1.0, years=5),)
    True
    """

    after: Rule
    then: Rule | None = None
    into: Mapping[str, float] | None = None
    every: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for field, rule in (("after", self.after), ("then", self.then)):
            if not isinstance(rule, Rule) and (field == "after" or rule is not None):
                raise InvalidInput(
                    f"SellLast: {field} must be a Rule (wrap a plain function in rk.rule), got {short_repr(rule)}"
                )
        if self.then is not None:
            for field, value in (("into", self.into), ("every", self.every)):
                if value is not None:
                    raise InvalidInput(
                        f"SellLast: {field} must be left out where then is given, got {short_repr(value)}"
                    )
        if self.into is not None:
            set_fields(self, into=shares_of_one("SellLast: into", self.into))
        if self.every is not None:
            set_fields(self, every=integer("SellLast: every", self.every, at_least=0))

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Follow `then` on the paths where the other book is out."""
        weights = view.weights
        earlier, inner = (np.zeros(weights.shape[1], dtype=np.bool_), None) if state is None else state
        sold = np.ones_like(earlier)
        for row in linked(view.portfolio):
            sold &= view.watched[0].units[row] < OUT
        out = earlier | sold
        if not out.any():
            return None, (out, None)
        moment = View(
            view.portfolio, step=view.step, time=view.time, read=partial(getattr, view), watched=view.watched[1:]
        )
        target: Array | None = None
        states: list[Any] = []
        # Paths that begin now start from no state, so that the months of `then` are counted from here on them.
        groups = [(out, None)] if inner is None else [(out & ~earlier, None), (earlier, inner)]
        for paths, before in groups:
            if paths.any():
                decided, now = self._follower.decide(moment, before)
                states.append(now)
                if decided is not None:
                    if np.shape(decided) != weights.shape:
                        raise InvalidInput(
                            f"SellLast: then, {self._follower.name!r}, must return weights of shape (asset, path) = "
                            f"{weights.shape}, got {np.shape(decided)}"
                        )
                    target = np.where(paths, decided, weights if target is None else target)
        return target, (out, states[0] if len(states) == 1 else merged(out & ~earlier, *states))

    def dates(self, calendar: Calendar) -> Ints:
        """Steps after 0 on which `then` decides; at time 0 no book has sold anything."""
        steps = self._follower.dates(calendar)
        return steps[steps > 0]

    def check(self, portfolio: Portfolio) -> None:
        """Refuse a portfolio with no founder holding, and what `after` or `then` refuse."""
        if not linked(portfolio):
            raise InvalidInput("SellLast: the portfolio must have a holding with a founder, got none")
        if self.then is None:
            check_sale("SellLast", portfolio, linked(portfolio), self.into)
        else:
            self.then.check(portfolio)
        self.after.check(portfolio)

    def watches(self) -> tuple[Rule, ...]:
        """The rule that goes first, then those that `then` watches itself."""
        return (self.after, *self._follower.watches())

    @property
    def _follower(self) -> Rule:
        return DiversifyNow(self.into, 1 if self.every is None else self.every) if self.then is None else self.then
