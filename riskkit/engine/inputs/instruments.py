"""The instruments of all books as plain arrays: when they open and expire, and the terms of their legs at each step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riskkit._core.array_types import Array, Bools, Ints
from riskkit.engine.kernel.option_values import LEG_TERMS
from riskkit.instruments import Instrument, Leg, Terms, instruments_of, terms_of
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["InstrumentTable", "Opening", "instrument_table"]

KINDS = ("call", "put", "forward", "cash")


@dataclass(frozen=True)
class Opening:
    """One opening of an instrument.

    Attributes
    ----------
    step, expiry : int
        Its steps; the expiry may lie beyond the last one.
    premium, mid : float
        What a covered unit costs, with spread or discount, and its mark, in units of the price at the opening.
    """

    step: int
    expiry: int
    premium: float
    mid: float


@dataclass(frozen=True, eq=False)
class InstrumentTable:
    """The instruments of all books; an instrument that several books have stands once.

    Attributes
    ----------
    instruments : tuple of Instrument
    of_book : tuple of tuple of int
        For each book, the indices of its instruments.
    holding : ndarray of int64
        The underlying of each (instrument).
    openings : tuple of mapping of int to Opening
        For each instrument, step → what opens there.
    expiries : tuple of mapping of int to Opening
        For each instrument, step → what expires there.
    terms : tuple of Terms
        Of each instrument.
    legs : tuple of tuple of Leg
        Of each instrument.
    first_leg, kind, quantity, leg_terms, is_open, ex_dividend, owed_growth, steps_up : ndarray
        As in `riskkit.engine.kernel.structs.InstrumentArrays`.
    accruing : frozenset of int
        Steps on which some instrument may accrue something.
    """

    instruments: tuple[Instrument, ...]
    of_book: tuple[tuple[int, ...], ...]
    holding: Ints
    openings: tuple[dict[int, Opening], ...]
    expiries: tuple[dict[int, Opening], ...]
    terms: tuple[Terms, ...]
    legs: tuple[tuple[Leg, ...], ...]
    first_leg: Ints
    kind: Ints
    quantity: Array
    leg_terms: Array
    is_open: Bools
    ex_dividend: Array
    owed_growth: Array
    steps_up: Bools
    accruing: frozenset[int]

    @cached_property
    def opening(self) -> frozenset[int]:
        """Steps on which something opens."""
        return frozenset(step for each in self.openings for step in each)

    @cached_property
    def settling(self) -> frozenset[int]:
        """Steps on which something accrues or expires."""
        return frozenset(step for each in self.expiries for step in each) | self.accruing

    @property
    def dates(self) -> set[int]:
        """Steps on which something opens, accrues or expires."""
        return {*self.opening, *self.settling}


def instrument_table(scenario: Scenario, books: Iterable[Rule]) -> InstrumentTable:
    """The instruments of the books."""
    instruments, of_book = _distinct(books)
    calendar, market, names = scenario.calendar, scenario.market, scenario.portfolio.names
    count = len(instruments)
    all_terms = [terms_of(instrument, market) for instrument in instruments]
    legs = tuple(tuple(instrument.legs(terms)) for instrument, terms in zip(instruments, all_terms, strict=True))
    first_leg = np.concatenate([[0], np.cumsum([len(each) for each in legs])]).astype(np.int64)
    flat = [leg for each in legs for leg in each]
    leg_terms = np.zeros((calendar.steps + 1, len(flat), LEG_TERMS))
    is_open = np.zeros((calendar.steps + 1, count), np.bool_)
    openings: list[dict[int, Opening]] = []
    for k, (instrument, terms) in enumerate(zip(instruments, all_terms, strict=True)):
        opened: dict[int, Opening] = {}
        for step, expiry in zip(instrument.openings(calendar), instrument.expiries(calendar), strict=True):
            years = calendar.time(int(expiry) - int(step))
            premium, mid = instrument.premium(terms, years), instrument.mid(terms, years)
            opened[int(step)] = Opening(int(step), int(expiry), premium, mid)
            steps = np.arange(step + 1, min(int(expiry), calendar.steps) + 1)
            is_open[steps, k] = True
            left = (expiry - steps) * calendar.dt
            for place, leg in enumerate(legs[k], start=int(first_leg[k])):
                leg_terms[steps, place] = _leg_terms(leg, terms.rate, terms.dividend_yield, left)
        openings.append(opened)
    yields = np.array([terms.dividend_yield for terms in all_terms])
    rates = np.array([terms.rate for terms in all_terms])
    times = np.arange(calendar.steps + 1)[:, None] * calendar.dt
    return InstrumentTable(
        instruments=instruments,
        of_book=of_book,
        holding=np.array([names.index(instrument.on) for instrument in instruments], np.int64),
        openings=tuple(openings),
        expiries=tuple({each.expiry: each for each in opened.values()} for opened in openings),
        terms=tuple(all_terms),
        legs=legs,
        first_leg=first_leg,
        kind=np.array([KINDS.index(leg.kind) for leg in flat], np.int64),
        quantity=np.array([leg.quantity for leg in flat], np.float64),
        leg_terms=leg_terms,
        is_open=is_open,
        ex_dividend=(1.0 + yields) ** -times,
        owed_growth=(1.0 + rates) ** calendar.dt,
        accruing=_accruing(scenario, instruments),
        steps_up=np.array([instrument.premium_steps_up for instrument in instruments], np.bool_),
    )


def _distinct(books: Iterable[Rule]) -> tuple[tuple[Instrument, ...], tuple[tuple[int, ...], ...]]:
    """Every instrument once, or as often as one book has it, and the instruments of each book."""
    found: list[tuple[Instrument, int]] = []
    of_book = []
    for rule in books:
        rows: list[int] = []
        carried = instruments_of(rule)
        for place, instrument in enumerate(carried):
            key = (instrument, carried[:place].count(instrument))
            if key not in found:
                found.append(key)
            rows.append(found.index(key))
        of_book.append(tuple(rows))
    return tuple(instrument for instrument, _ in found), tuple(of_book)


def _accruing(scenario: Scenario, instruments: tuple[Instrument, ...]) -> frozenset[int]:
    """The month ends and T, if some instrument accrues something, or what is pledged may pay dividends."""
    calendar, assets = scenario.calendar, scenario.market.assets
    accrues = any(type(instrument).accrue is not Instrument.accrue for instrument in instruments)
    accrues |= bool(instruments) and any(assets[name].dividend_yield > 0.0 for name in scenario.portfolio.names)
    return frozenset([*calendar.month_ends.tolist(), calendar.steps] if accrues else [])


def _leg_terms(leg: Leg, rate: float, dividend_yield: float, years: Array) -> Array:
    """The terms of a leg with so many years left (step, row)."""
    r, y = np.log1p(rate), np.log1p(dividend_yield)
    discount, dividends = np.exp(-r * years), np.exp(-y * years)
    rows = np.zeros((years.size, LEG_TERMS))
    if leg.kind in ("call", "put"):
        deviation = leg.volatility * np.sqrt(years)
        rows[:, 0] = np.log(leg.strike) - (r - y) * years
        rows[:, 1] = deviation
        rows[:, 2] = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0.0)
    rows[:, 3] = discount if leg.kind == "cash" else leg.strike * discount
    rows[:, 4] = dividends
    return rows
