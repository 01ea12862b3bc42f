"""The contract of instruments: `Instrument`, its `Leg`, a book's `Position` in it, and the `Flow` that it pays."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, dataclass_transform

import numpy as np
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array, Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import freeze_mappings, name_in_words, set_fields
from riskkit._core.validation import boolean, checked_name, number, one_of, short_repr
from riskkit.instruments.black_scholes import option_delta, option_value
from riskkit.instruments.option_pricing import LEAST_VOLATILITY, OptionPricing, Terms
from riskkit.market import Market
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import View

__all__ = ["Flow", "Instrument", "Leg", "Position", "Terms"]

#: Months, by which a number of years may differ from a whole number of months.
_WHOLE_MONTH = 1e-6

#: A tenor of 100 years, in years.
_LONGEST_TENOR = 100.0


@dataclass(frozen=True)
class Leg:
    """One simple claim of an instrument on a covered unit, in units of the price at the opening.

    With x the price now, without accrued dividend, over that at the opening, the claim at expiry is max(x - strike, 0)
    for a call, max(strike - x, 0) for a put, x - strike for a forward and 1 for cash.

    Parameters
    ----------
    kind : {"call", "put", "forward", "cash"}
    quantity : float
        Claims a covered unit; below 0 they are owed.
    strike : float
        In units of the price at the opening; above 0 for calls and puts.
    volatility : float
        Implied volatility a year of calls and puts, >= 0, fixed at the opening.

    Raises
    ------
    InvalidInput
        If the kind is another one or a number is outside its bounds.

    Examples
    --------
    >>> terms = Terms(rate=0.04, dividend_yield=0.0, volatility=0.3, years=1.0)
    >>> Leg("put", 1.0, strike=0.9, volatility=0.3).value(0.8, 0.0, terms).round(12).tolist()
    0.1
    """

    kind: Literal["call", "put", "forward", "cash"]
    quantity: float
    strike: float = 0.0
    volatility: float = 0.0

    def __post_init__(self) -> None:
        one_of("Leg: kind", self.kind, ("call", "put", "forward", "cash"))
        least = {"above": 0.0} if self.is_option else {"at_least": 0.0}
        set_fields(
            self,
            quantity=number(f"Leg of kind {self.kind!r}: quantity", self.quantity),
            strike=number(f"Leg of kind {self.kind!r}: strike", self.strike, **least),
            volatility=number(f"Leg of kind {self.kind!r}: volatility", self.volatility, at_least=0.0),
        )

    @property
    def is_option(self) -> bool:
        """Whether it is a call or a put."""
        return self.kind in ("call", "put")

    def value(self, price: ArrayLike, years: ArrayLike, terms: Terms) -> Array:
        """Return its value for a covered unit.

        Parameters
        ----------
        price : array
            Price now, without accrued dividend, over that at the opening.
        years : array
            Time to expiry, >= 0; at 0 the value is the pay-off.
        terms : Terms
            For the rate and the dividend yield.

        Returns
        -------
        ndarray
            In units of the price at the opening, of the shape of `price` and `years`.
        """
        if self.kind in ("call", "put"):
            return self.quantity * option_value(self.kind, price, **self._arguments(years, terms))
        time = np.asarray(years, dtype=np.float64)
        paid = np.exp(-math.log1p(terms.rate) * time)
        if self.kind == "cash":
            return self.quantity * np.broadcast_to(paid, np.broadcast_shapes(np.shape(price), time.shape))
        unit = np.asarray(price, dtype=np.float64) * np.exp(-math.log1p(terms.dividend_yield) * time)
        return np.asarray(self.quantity * (unit - self.strike * paid))

    def delta(self, price: ArrayLike, years: ArrayLike, terms: Terms) -> Array:
        """Return the derivative of `value` by the price: covered units to which the leg amounts; parameters as there.

        Examples
        --------
        >>> terms = Terms(rate=0.0, dividend_yield=0.0, volatility=0.2, years=1.0)
        >>> Leg("call", -1.0, strike=1.0, volatility=0.2).delta(1.0, 1.0, terms).round(4).tolist()
        -0.5398
        """
        if self.kind in ("call", "put"):
            return self.quantity * option_delta(self.kind, price, **self._arguments(years, terms))
        time = np.asarray(years, dtype=np.float64)
        unit = np.exp(-math.log1p(terms.dividend_yield) * time) if self.kind == "forward" else np.zeros_like(time)
        return self.quantity * np.broadcast_to(unit, np.broadcast_shapes(np.shape(price), time.shape))

    def _arguments(self, years: ArrayLike, terms: Terms) -> dict[str, Any]:
        return {
            "strike": self.strike,
            "years": years,
            "rate": terms.rate,
            "dividend_yield": terms.dividend_yield,
            "volatility": self.volatility,
        }


@dataclass(frozen=True, eq=False)
class Position:
    """What a book has in one instrument from an opening to its expiry, on many paths.

    Units times prices are multiples of the net start wealth; prices are 1 at the start.

    Attributes
    ----------
    units : ndarray
        Covered units of the underlying (path); 0 where nothing was opened.
    price : ndarray
        Price of the underlying at the opening, without accrued dividend (path).
    premium : ndarray
        Paid at the opening for all of it, spread or discount included (path); below 0 it was received.
    value : ndarray
        Of all of it now, at mid volatilities (path); at expiry the pay-off.
    legs : tuple of Leg
        As fixed at the opening.
    opened : int
        Step of the opening.
    time : float
        Years from the start to the opening.
    years : float
        Tenor at the opening.
    pledges : bool
        Whether the instrument pledges what it covers.
    """

    units: Array
    price: Array
    premium: Array
    value: Array
    legs: tuple[Leg, ...]
    opened: int
    time: float
    years: float
    pledges: bool


@dataclass(frozen=True, eq=False)
class Flow:
    """What the ledger executes for all that pays or delivers outside a rule's trade.

    Amounts are multiples of the net start wealth, and so are units at the start price of 1. Flows of a position are
    linear in its covered units.

    Parameters
    ----------
    source : str
        The line of the accounts and of attribution.
    cash : ndarray or float
        Received by the book (path); below 0 it is paid.
    units : ndarray, optional
        Units received (asset, path); below 0 they are given.
    basis : ndarray or "carried over", optional
        Purchase cost of units received (asset, path). None: their value that day. ``"carried over"``: the cost of the
        units given; where none are received it stays with the rest of that holding.
    proceeds : ndarray, optional
        Taxable proceeds of units given (asset, path). None: giving them is no sale.
    gain : ndarray or float
        Taxable gain or loss that is not from units (path).
    kind : {"capital", "short", "dividend", "none"}
        How the gain is taxed; ``"capital"`` is long-term.
    cost : ndarray or float
        Spread, fee or discount within the flow (path), a line of ``cost_paid``.
    into : str, mapping of str to float or tuple of str, optional
        What cash received buys: a holding, shares by holding, or several pro rata of their present values. None: the
        cash-like holdings, or else those with no founder.
    external : bool
        Whether it is a deposit, vesting or spending, which time-weighted measures count as a flow.
    pledge : ndarray, optional
        Units pledged (asset, path); below 0 they are freed.

    Examples
    --------
    >>> Flow("put on TSLA", cash=np.array([-0.01]), cost=np.array([0.001])).kind
    'capital'
    """

    source: str
    cash: Array | float = 0.0
    units: Array | None = None
    basis: Array | Literal["carried over"] | None = None
    proceeds: Array | None = None
    gain: Array | float = 0.0
    kind: Literal["capital", "short", "dividend", "none"] = "capital"
    cost: Array | float = 0.0
    into: str | Mapping[str, float] | tuple[str, ...] | None = None
    external: bool = False
    pledge: Array | None = None


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
@dataclass(frozen=True)
class Instrument:
    """An instrument on a listed holding: what it pays is a list of legs, or flows of its own.

    A subclass becomes a frozen dataclass by being written. It defines `legs`; all else has a default. It may declare
    the fields ``pricing`` (an `OptionPricing`; by default the model's own volatility and a rate of 0), ``roll`` (opened
    again at each expiry; default False) and ``settlement`` (default ``"cash"``), and the class variable ``pledges``.

    Parameters
    ----------
    on : str
        The holding that it is on.
    years : float
        Tenor, > 0, a whole number of months.
    share : float
        Share of the units of `on` that it covers at each opening, 0 < share <= 1.

    Raises
    ------
    InvalidInput
        If a field is outside its bounds; and, in a `Scenario`, if `on` is no listed holding, or the tenor is shorter
        than a step or, without `roll`, longer than the horizon.

    Examples
    --------
    A bought call, at the money and not rolled:

    >>> class Call(Instrument):
    ...     strike: float = 1.0
    ...     def legs(self, terms):
    ...         return (Leg("call", 1.0, self.strike, self.pricing.implied(self.strike, terms)),)
    >>> call = Call("TSLA", years=0.5)
    >>> call, call.label
    (Call(on='TSLA', years=0.5, share=1.0, strike=1.0), 'call on TSLA')
    >>> round(call.premium(Terms(rate=0.0, dividend_yield=0.0, volatility=0.26, years=0.5)), 4)
    0.0845
    """

    on: str
    years: float = dataclasses.field(default=1.0, kw_only=True)
    share: float = dataclasses.field(default=1.0, kw_only=True)

    #: Whether what it covers is pledged until expiry, because it can require delivery.
    pledges: ClassVar[bool] = False

    #: Whether the investor's death makes its mark the premium that its gain is counted from.
    premium_steps_up: ClassVar[bool] = True

    #: Whether a tenor that passes the horizon is taken: the instrument then stands at its mark at the end.
    may_outlast_horizon: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in ("pricing", "roll", "settlement"):
            if name in cls.__dict__.get("__annotations__", {}) and name not in cls.__dict__:
                setattr(cls, name, dataclasses.field())  # else the property below would be its default
        dataclasses.dataclass(frozen=True)(cls)

    def __post_init__(self) -> None:
        kind = type(self).__name__
        set_fields(self, on=checked_name(f"{kind}: on", self.on))
        what = f"{kind} on {self.on!r}"
        years = number(f"{what}: years", self.years, above=0.0, at_most=_LONGEST_TENOR)
        if self.months < 1 or abs(12.0 * years - self.months) > _WHOLE_MONTH:
            raise InvalidInput(
                f"{what}: years must be a whole number of months, got {self.years!r} ({12.0 * years:g} months)"
            )
        share = fraction(f"{what}: share", self.share, above=0.0, at_most=1.0)
        set_fields(self, years=self.months / 12.0, share=share)
        boolean(f"{what}: roll", self.roll)
        one_of(f"{what}: settlement", self.settlement, ("units", "cash"))
        if not isinstance(self.pricing, OptionPricing):
            raise InvalidInput(f"{what}: pricing must be an OptionPricing, got {short_repr(self.pricing)}")
        freeze_mappings(self)

    @property
    def pricing(self) -> OptionPricing:
        """How its options are priced."""
        return OptionPricing(rate=0.0)

    @property
    def roll(self) -> bool:
        """Whether it is opened again at each expiry."""
        return False

    @property
    def settlement(self) -> Literal["units", "cash"]:
        """What pays for a settlement after cash-like holdings: the units that it frees, or all that can be sold."""
        return "cash"

    @property
    def label(self) -> str:
        """What it is called in tables, and the source of its flows."""
        return f"{name_in_words(type(self))} on {self.on}"

    @property
    def months(self) -> int:
        """The tenor in months."""
        return round(12.0 * self.years)

    def openings(self, calendar: Calendar) -> Ints:
        """Return the steps before T at which it is opened: 0 and, rolled, each expiry.

        Examples
        --------
        >>> from riskkit.instruments.put import Put
        >>> put = Put("TSLA", 0.9, years=0.5)
        >>> put.openings(Calendar(2, 12)).tolist(), put.expiries(Calendar(1.75, 12)).tolist()
        ([0, 6, 12, 18], [6, 12, 18, 24])
        """
        steps = [0]
        while self.roll and (expiry := calendar.month_end(len(steps) * self.months)) < calendar.steps:
            steps.append(expiry)
        return np.array(steps, dtype=np.int64)

    def expiries(self, calendar: Calendar) -> Ints:
        """Return the step of the expiry of each opening; that of the last one may be beyond T."""
        count = self.openings(calendar).size
        return np.array([calendar.month_end((number + 1) * self.months) for number in range(count)], dtype=np.int64)

    def legs(self, terms: Terms) -> tuple[Leg, ...]:
        """Return the legs of an opening, at mid volatilities.

        Parameters
        ----------
        terms : Terms
            Rate, dividend yield, the model's own volatility and the tenor.

        Returns
        -------
        tuple of Leg
            For one covered unit, in units of the price at the opening.
        """
        raise NotImplementedError(f"{type(self).__name__} must define legs(terms)")

    def mid(self, terms: Terms, years: float | None = None) -> float:
        """Return the value of the legs at the opening, for a covered unit in units of its price; see `premium`."""
        return self._value(terms, years, 0.0)

    def premium(self, terms: Terms, years: float | None = None) -> float:
        """Return what is paid at the opening for a covered unit, in units of its price.

        Parameters
        ----------
        terms : Terms
            As for `legs`.
        years : float, optional
            Time to expiry that it is valued for, `terms.years` by default. The step of the expiry is up to half a step
            beside the tenor.

        Returns
        -------
        float
            `mid` with half of the spread: the volatility of bought options is higher by it, that of sold ones lower,
            at least 1 %. Below 0 the premium is received.
        """
        return self._value(terms, years, 0.5 * self.pricing.spread)

    def _value(self, terms: Terms, years: float | None, half_spread: float) -> float:
        legs = self.legs(terms)
        if half_spread > 0.0:
            legs = tuple(worsened(leg, half_spread) if leg.is_option else leg for leg in legs)
        time = terms.years if years is None else years
        return math.fsum(float(leg.value(1.0, time, terms)) for leg in legs)

    def open(self, lot: Position, view: View) -> Flow:
        """Return what a book pays and pledges at an opening.

        Parameters
        ----------
        lot : Position
            The position as it is opened, before any scaling down of its cover.
        view : View
            The moment.

        Returns
        -------
        Flow
            By default the premium is paid, and the covered units are pledged if the instrument `pledges`.
        """
        return Flow(self.label, cash=-lot.premium, cost=lot.premium - lot.value, pledge=self._pledge(lot.units, view))

    def settle(self, lot: Position, view: View) -> Flow:
        """Return what a book receives and frees at expiry, and what of it is taxed.

        Parameters
        ----------
        lot : Position
            The position, its value the pay-off.
        view : View
            The moment.

        Returns
        -------
        Flow
            By default the pay-off is received, the gain is the pay-off less the premium, long-term if the tenor is a
            year or more, and pledged units are freed.
        """
        gain = lot.value - lot.premium
        return Flow(
            self.label,
            cash=lot.value,
            gain=gain,
            kind="capital" if lot.years >= 1.0 else "short",
            pledge=self._pledge(-lot.units, view),
        )

    def accrue(self, lot: Position, view: View, years: float) -> Flow | None:
        """Return what a book pays at a month end or at T while a position is open, before a settlement on that date.

        Parameters
        ----------
        lot : Position
            The open position.
        view : View
            The moment.
        years : float
            Time since the last such date, or since the opening.

        Returns
        -------
        Flow or None
            By default None: nothing.
        """

    def _pledge(self, units: Array, view: View) -> Array | None:
        return on_row(units, self.on, view) if self.pledges else None

    def check(self, portfolio: Portfolio, market: Market, calendar: Calendar) -> None:
        """Refuse a portfolio, market or calendar that the instrument cannot be used in."""

    def describe(self) -> str:
        """Return what it is in a few words, without a full stop."""
        return self.label

    def assumptions(self, market: Market) -> list[str]:
        """Return what is assumed of it as sentences."""
        return [f"{self.describe()}."]


def worsened(leg: Leg, points: float) -> Leg:
    """Return an option at a volatility that is worse for the book: higher if bought, lower if sold, at least 1 %."""
    volatility = leg.volatility + math.copysign(points, leg.quantity)
    return dataclasses.replace(leg, volatility=max(volatility, LEAST_VOLATILITY))


def on_row(values: Array, name: str, view: View) -> Array:
    """Return values (path) of one holding as an array (asset, path) with zeros elsewhere."""
    rows = np.zeros((len(view.names), values.size))
    rows[view.names.index(name)] = values
    return rows
