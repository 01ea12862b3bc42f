"""Everything about a run that is the same for all its paths: books, dates, terms of trade, random streams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from riskkit.calendar import Calendar
from riskkit.rules import Rule
from riskkit.scenario import Scenario
from riskkit.streams import Stream

__all__ = ["Plan", "make_plan"]


@dataclass(frozen=True, eq=False)
class Plan:
    """A scenario and a seed, unfolded for the engine.

    Attributes
    ----------
    scenario : Scenario
    calendar : Calendar
    streams : callable
        Gives the stream of a name.
    books : tuple of Rule
        The scenario's rules, then the companions that they watch.
    companions : tuple of tuple of int
        For each book, the books that it watches.
    due : mapping of int to tuple of int
        Step → books that are asked on it.
    dates : tuple of int
        The steps on which some book is asked, increasing.
    rows : ndarray of int64
        Market asset of each holding.
    start : ndarray
        Value of each holding at the start, in multiples of the net start wealth.
    cost : ndarray
        Trading cost of each holding.
    limit, discount, buyable : ndarray
        Terms of trade (step, holding).
    founder : ndarray
        Share of each holding that is tied to a founder.
    thresholds : ndarray
        Drawdown levels of each scenario rule's pooled tail (rule, 4).
    """

    scenario: Scenario
    calendar: Calendar
    streams: Callable[[str], Stream]
    books: tuple[Rule, ...]
    companions: tuple[tuple[int, ...], ...]
    due: dict[int, tuple[int, ...]]
    dates: tuple[int, ...]
    rows: NDArray[np.int64]
    start: NDArray[np.float64]
    cost: NDArray[np.float64]
    limit: NDArray[np.float64]
    discount: NDArray[np.float64]
    buyable: NDArray[np.float64]
    founder: NDArray[np.float64]
    thresholds: NDArray[np.float64] = field(repr=False)

    @property
    def watched(self) -> NDArray[np.int64]:
        """Holdings that are tied to a founder, whose own prices are watched."""
        return np.flatnonzero(self.founder > 0.0)


def make_plan(scenario: Scenario, seed: int, thresholds: NDArray[np.float64] | None = None) -> Plan:
    """Unfold a scenario; without thresholds the pooled tails stay empty."""
    portfolio, calendar = scenario.portfolio, scenario.calendar
    books, companions = _books(tuple(scenario.rules))
    due: dict[int, tuple[int, ...]] = {}
    for book, rule in enumerate(books):
        for step in sorted({int(step) for step in rule.dates(calendar)}):
            if 0 <= step < calendar.steps:
                due[step] = (*due.get(step, ()), book)
    terms = [holding.liquidity.terms(calendar) for holding in portfolio.holdings]
    names = list(scenario.market.assets)
    levels = np.full((len(books), 4), 2.0)
    if thresholds is not None:
        levels[: len(scenario.rules)] = thresholds
    return Plan(
        scenario=scenario,
        calendar=calendar,
        streams=partial(Stream, seed),
        books=books,
        companions=companions,
        due=due,
        dates=tuple(sorted(due)),
        rows=np.array([names.index(name) for name in portfolio.names], dtype=np.int64),
        start=np.array([holding.value for holding in portfolio.holdings]) / portfolio.net,
        cost=scenario.frictions.costs(portfolio),
        limit=np.stack([term.limit for term in terms], axis=1),
        discount=np.stack([term.discount for term in terms], axis=1),
        buyable=np.stack([term.buyable for term in terms], axis=1).astype(float),
        founder=portfolio.shares(),
        thresholds=levels,
    )


def _books(rules: tuple[Rule, ...]) -> tuple[tuple[Rule, ...], tuple[tuple[int, ...], ...]]:
    """The rules and every companion they watch, each once, and who watches whom."""
    books = list(rules)
    companions: list[tuple[int, ...]] = []
    for rule in books:  # grows while companions are found
        watched = []
        for companion in rule.watches():
            if companion not in books:
                books.append(companion)
            watched.append(books.index(companion))
        companions.append(tuple(watched))
    return tuple(books), tuple(companions)
