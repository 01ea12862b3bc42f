"""Liquidity: when a holding may be sold and bought, how much of it, and at what discount."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, cast

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import Converted, set_fields
from riskkit._core.validation import boolean, integer, number, short_repr

__all__ = ["Liquidity", "LiquidityTerms", "Listed", "Locked", "TenderWindows"]

# A date in years that is meant to be a step may miss it by rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class LiquidityTerms:
    """What a holding's liquidity allows at each step 0 … T of a calendar.

    Parameters
    ----------
    limit : ndarray of float, shape (T + 1,)
        Share of the units that an allowance is for, 0 … 1; at a step with limit 0 nothing may be sold.
    opens : ndarray of bool, shape (T + 1,)
        Whether a new allowance of `limit` times the units then held begins at that step, in place of what is left of
        the one before.
    discount : ndarray of float, shape (T + 1,)
        Fraction below the true price at which a sale is made, 0 <= discount < 1.
    buyable : ndarray of bool, shape (T + 1,)
        Whether the holding may be bought.
    listed : ndarray of bool, shape (T + 1,)
        Whether the holding has a market then; a margin call sells no others.
    """

    limit: Array
    opens: Bools
    discount: Array
    buyable: Bools
    listed: Bools


@dataclass(frozen=True)
class Liquidity:
    """Base class of liquidity: a subclass is a frozen dataclass that defines `terms`."""

    @property
    def listed(self) -> bool:
        """Whether the holding has a market of its own from the start, where its reported price is its true price."""
        return False

    def terms(self, calendar: Calendar, start: int = 0) -> LiquidityTerms:
        """Return what may be traded at each step of the calendar.

        Parameters
        ----------
        calendar : Calendar
            The grid of steps.
        start : int
            Step 0 … T from which these terms are in force; times in years are counted from it, months from the start of
            the calendar.

        Returns
        -------
        LiquidityTerms
            Arrays over the steps 0 … T; what they hold before `start` means nothing.
        """
        raise NotImplementedError(f"{type(self).__name__} must define terms(calendar, start)")

    @property
    def lists(self) -> bool:
        """Whether the holding is listed from the start or, by its terms, some time later."""
        return self.listed

    def listing(self, calendar: Calendar, start: int = 0) -> int:
        """First step at which the holding is listed, with a lock-up or without, and all see its price.

        Parameters
        ----------
        calendar : Calendar
            The grid of steps.
        start : int
            Step from which these terms are in force.

        Returns
        -------
        int
            The step, ``calendar.steps + 1`` where there is none.
        """
        return start if self.listed else calendar.steps + 1

    def describe(self) -> str:
        """Return the terms in words, to stand after the name of a holding."""
        return repr(self)


@dataclass(frozen=True)
class Listed(Liquidity):
    """A listed holding: it can be sold and bought at its price on every step.

    Parameters
    ----------
    monthly_limit : float, optional
        Share of the units held that the market takes in a month, 0 < monthly_limit <= 1; without one, all of them on
        every step. The allowance is for the units held when it opens: at the start and at each month end. What is left
        of one lapses when the next opens. Purchases have no limit.

    Raises
    ------
    InvalidInput
        If the limit is outside (0, 1].

    Examples
    --------
    >>> terms = Listed(0.2).terms(Calendar(0.25, 24))
    >>> terms.limit.tolist(), terms.opens.astype(int).tolist()
    ([0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2], [1, 0, 1, 0, 1, 0, 1])
    """

    monthly_limit: float | None = None

    def __post_init__(self) -> None:
        if self.monthly_limit is not None:
            limit = fraction("Listed: monthly_limit", self.monthly_limit, above=0.0, at_most=1.0)
            set_fields(self, monthly_limit=limit)

    @property
    def listed(self) -> bool:
        """Always True."""
        return True

    def terms(self, calendar: Calendar, start: int = 0) -> LiquidityTerms:
        """No discount, and no limit or the monthly one."""
        terms = _same_at_all_steps(calendar, limit=self.monthly_limit or 1.0, buyable=True, listed=True)
        if self.monthly_limit is None:
            terms.opens[:] = True
        else:
            terms.opens[start] = True
            terms.opens[calendar.month_ends] = True
        return terms

    def describe(self) -> str:
        """Say how much the market takes."""
        return "listed" + ("" if self.monthly_limit is None else f", at most {percent(self.monthly_limit)} a month")


@dataclass(frozen=True)
class TenderWindows(Liquidity):
    """An unlisted holding that can be sold only in tender windows, a limited share at a time and below its price.

    Parameters
    ----------
    months : iterable of int
        The months of each year, 1 … 12 counted from the start, at whose end there is a window; stored in order. A
        window on the last step is void.
    limit : float
        Share of the units held when the window opens that may be sold in it, 0 < limit <= 1.
    discount : float
        Fraction below the true price at which they are sold, 0 <= discount < 1.
    buyable : bool
        Whether the holding can be bought, at its price, at every step.
    until : float, optional
        Years for which this holds, > 0; then comes `then`, and one needs the other.
    then : Liquidity, optional
        What holds from the first step at or after `until`. A listing with a lock-up is a `Locked` one.

    Raises
    ------
    InvalidInput
        If there is no month, one is outside 1 … 12 or comes twice, a number is outside its bounds, or one of `until`
        and `then` is given without the other.

    Examples
    --------
    >>> terms = TenderWindows(until=1.5, then=Locked(0.5)).terms(Calendar(3, 4))
    >>> terms.limit.tolist()
    [0.0, 0.0, 0.1, 0.0, 0.1, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    >>> terms.discount[:6].tolist()
    [0.0, 0.0, 0.05, 0.0, 0.05, 0.0]
    """

    months: Converted[Iterable[int], tuple[int, ...]] = field(default=cast(Any, (6, 12)))
    limit: float = 0.10
    discount: float = 0.05
    buyable: bool = field(default=False, kw_only=True)
    until: float | None = field(default=None, kw_only=True)
    then: Liquidity | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        set_fields(self, months=_months(self.months))
        limit = fraction("TenderWindows: limit", self.limit, above=0.0, at_most=1.0)
        discount = fraction("TenderWindows: discount", self.discount, at_least=0.0, below=1.0)
        set_fields(self, limit=limit, discount=discount)
        boolean("TenderWindows: buyable", self.buyable)
        if (self.until is None) != (self.then is None):
            raise InvalidInput(
                "TenderWindows: until and then must be given together, got "
                f"until={self.until!r} and then={self.then!r}; then says what holds from `until` years on"
            )
        if self.until is not None:
            set_fields(self, until=number("TenderWindows: until", self.until, above=0.0))
            _checked("TenderWindows", self.then)

    def terms(self, calendar: Calendar, start: int = 0) -> LiquidityTerms:
        """The windows at month ends, and from `until` on the terms of `then`."""
        terms = _same_at_all_steps(calendar, limit=0.0, buyable=self.buyable, listed=False)
        years = range(math.ceil(calendar.years))
        ends = [calendar.month_end(12 * year + month) for year in years for month in self.months]
        windows = np.array([step for step in ends if 0 < step < calendar.steps], dtype=np.int64)
        terms.limit[windows] = self.limit
        terms.opens[windows] = True
        terms.discount[windows] = self.discount
        if self.until is None or self.then is None:
            return terms
        return _with_later_terms(terms, self.then, calendar, _first_step(calendar, start, self.until))

    @property
    def lists(self) -> bool:
        """Whether a listing comes after the windows."""
        return self.then is not None and self.then.lists

    def listing(self, calendar: Calendar, start: int = 0) -> int:
        """First step of `then`, if that is a listing or the lock-up of one; else the listing of `then`.

        Examples
        --------
        >>> calendar = Calendar(4, 12)
        >>> TenderWindows(until=1, then=Locked(0.5)).listing(calendar)
        12
        >>> TenderWindows(until=1, then=TenderWindows(until=1, then=Listed())).listing(calendar)
        24
        >>> TenderWindows(until=1, then=Locked(0.5, then=TenderWindows())).listing(calendar)
        49
        """
        if self.until is None or self.then is None:
            return calendar.steps + 1
        step = _first_step(calendar, start, self.until)
        return step if _is_lock_up(self.then) else self.then.listing(calendar, step)

    def describe(self) -> str:
        """Say when, how much and at what discount."""
        months = f"month{'s' if len(self.months) > 1 else ''} {', '.join(map(str, self.months))}"
        words = f"sold only at the end of {months} of each year, at most {percent(self.limit)} of it"
        words += f" and {percent(self.discount)} below its price" if self.discount else ""
        words += "" if self.buyable else ", never bought"
        if self.until is None or self.then is None:
            return words
        return f"for {_years(self.until)} {words}; then {self.then.describe()}"


@dataclass(frozen=True)
class Locked(Liquidity):
    """A holding that cannot be sold for some years.

    Parameters
    ----------
    years : float
        Length of the lock, > 0; it ends at the first step at or after that time.
    buyable : bool
        Whether the holding can be bought, at its price, while it is locked.
    then : Liquidity, optional
        What holds from that step on; `Listed` by default.

    Raises
    ------
    InvalidInput
        If `years` is not > 0.

    Examples
    --------
    >>> Locked(0.75).terms(Calendar(1, 4)).limit.tolist()
    [0.0, 0.0, 0.0, 1.0, 1.0]
    >>> Locked(0.5, then=Locked(0.25, then=Listed(0.2))).describe()
    'locked for 0.5 years; then locked for 0.25 years; then listed, at most 20 % a month'
    """

    years: float
    buyable: bool = field(default=False, kw_only=True)
    then: Liquidity | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        set_fields(self, years=number("Locked: years", self.years, above=0.0))
        boolean("Locked: buyable", self.buyable)
        set_fields(self, then=Listed() if self.then is None else _checked("Locked", self.then))

    def terms(self, calendar: Calendar, start: int = 0) -> LiquidityTerms:
        """Nothing may be sold up to the end of the lock."""
        terms = _same_at_all_steps(calendar, limit=0.0, buyable=self.buyable, listed=False)
        return _with_later_terms(terms, cast(Liquidity, self.then), calendar, _first_step(calendar, start, self.years))

    @property
    def lists(self) -> bool:
        """Whether a listing comes after the lock."""
        return cast(Liquidity, self.then).lists

    def listing(self, calendar: Calendar, start: int = 0) -> int:
        """The listing of `then`."""
        return cast(Liquidity, self.then).listing(calendar, _first_step(calendar, start, self.years))

    def describe(self) -> str:
        """Say for how long, and what follows."""
        bought = " (but bought)" if self.buyable else ""
        return f"locked{bought} for {_years(self.years)}; then {cast(Liquidity, self.then).describe()}"


def _same_at_all_steps(calendar: Calendar, *, limit: float, buyable: bool, listed: bool) -> LiquidityTerms:
    points = calendar.steps + 1
    return LiquidityTerms(
        limit=np.full(points, limit),
        opens=np.zeros(points, dtype=np.bool_),
        discount=np.zeros(points),
        buyable=np.full(points, buyable),
        listed=np.full(points, listed),
    )


def _first_step(calendar: Calendar, start: int, years: float) -> int:
    """The first step at or after `years` from step `start`; T + 1 where there is none."""
    within = min(years, calendar.years + 1.0)
    return min(start + math.ceil((within - _ROUNDING) * calendar.steps_per_year), calendar.steps + 1)


def _is_lock_up(liquidity: Liquidity | None) -> bool:
    """Whether a lock, or one after the other, leads straight to the market."""
    while isinstance(liquidity, Locked):
        liquidity = liquidity.then
        if isinstance(liquidity, Listed):
            return True
    return False


def _with_later_terms(terms: LiquidityTerms, then: Liquidity, calendar: Calendar, step: int) -> LiquidityTerms:
    """The terms, replaced by those of `then` from `step` on."""
    if step > calendar.steps:
        return terms
    later = then.terms(calendar, step)
    arrays: list[Any] = [
        np.concatenate([getattr(terms, each.name)[:step], getattr(later, each.name)[step:]]) for each in fields(terms)
    ]
    return LiquidityTerms(*arrays)


def _months(months: object) -> tuple[int, ...]:
    if isinstance(months, str) or not isinstance(months, Iterable):
        raise InvalidInput(f"TenderWindows: months must be a list of months of the year, got {short_repr(months)}")
    result = tuple(sorted(integer("TenderWindows: month", month, at_least=1, at_most=12) for month in months))
    if not result:
        raise InvalidInput("TenderWindows: months must hold at least one month, got none")
    if len(set(result)) < len(result):
        raise InvalidInput(f"TenderWindows: months must be distinct, got {short_repr(list(result), 80)}")
    return result


def _checked(what: str, then: object) -> Liquidity:
    if not isinstance(then, Liquidity):
        raise InvalidInput(f"{what}: then must be a Liquidity such as Listed(), got {short_repr(then)}")
    return then


def _years(years: float) -> str:
    return f"{years:.4g} year{'' if years == 1.0 else 's'}"
