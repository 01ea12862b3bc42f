"""The contract of instruments: `Instrument`, its `Leg`, a book's `Position` in it, and the `Flow` that it pays."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, dataclass_transform

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.format import in_years, percent
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import freeze_mappings, name_in_words, set_fields
from riskkit._core.validation import boolean, checked_name, number, one_of, require_known, short_repr
from riskkit.instruments.dates import require_dates
from riskkit.instruments.flow import Flow, Position, on_row
from riskkit.instruments.leg import Leg
from riskkit.instruments.model_volatility import require_model_volatility
from riskkit.instruments.option_pricing import OptionPricing, Terms
from riskkit.instruments.terms import terms_of, terms_of_delta
from riskkit.market import Market
from riskkit.portfolio._liquidity import Listed
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import View

__all__ = ["Flow", "Instrument", "Leg", "Position", "Terms", "in_years", "terms_of"]

#: Months, by which a number of years may differ from a whole number of months.
_WHOLE_MONTH = 1e-6

#: Of the value of what is covered: a cost below it is rounding.
_ROUNDING = 1e-12

#: A tenor of 100 years, in years.
_LONGEST_TENOR = 100.0


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

    # Without annotations these are no fields, and a subclass may declare fields of their names.

    #: How its options are priced.
    pricing = OptionPricing(rate=0.0)

    #: Whether it is opened again at each expiry.
    roll = False

    #: What pays for a settlement after cash-like holdings: the units that it frees (``"units"``), or all that can be
    #: sold (``"cash"``).
    settlement = "cash"

    #: Whether what it covers is pledged until expiry, because it can require delivery.
    pledges: ClassVar[bool] = False

    #: Whether the investor's death makes its mark the premium that its gain is counted from.
    premium_steps_up: ClassVar[bool] = True

    #: Whether a tenor that passes the horizon is taken: the instrument then stands at its mark at the end.
    may_outlast_horizon: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
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
            legs = tuple(leg.worsened(half_spread) for leg in legs)
        time = terms.years if years is None else years
        return math.fsum(float(leg.value(1.0, time, terms)) for leg in legs)

    def deltas(self, market: Market | None = None) -> Mapping[str, float]:
        """Return what it adds to the exposure to each holding at the opening, as a share of the value of `on`.

        Parameters
        ----------
        market : Market, optional
            For the dividend yield, 0 without it, and for the model's own volatility if `pricing` has none.

        Returns
        -------
        mapping of str to float
            By default share times delta of the legs, at mid volatilities, of `on` alone: below 0 for a hedge.

        Raises
        ------
        InvalidInput
            If there is neither a volatility nor a market, or `on` is no asset of it.

        Examples
        --------
        >>> from riskkit.instruments.put import Put
        >>> put = Put("TSLA", 1.0, share=0.5, pricing=OptionPricing(0.2, rate=0.0))
        >>> round(put.deltas()["TSLA"], 4)
        -0.2301
        """
        terms = terms_of_delta(self, market)
        return {self.on: self.share * math.fsum(float(leg.delta(1.0, terms.years, terms)) for leg in self.legs(terms))}

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
        cost = lot.premium - lot.value
        # Of a collar at no cost the two differ by rounding only, and a cost below 0 would be none.
        cost = np.where(np.abs(cost) > _ROUNDING * lot.units * lot.price, cost, 0.0)
        return Flow(self.label, cash=-lot.premium, cost=cost, pledge=self._pledge(lot.units, view))

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
        """Return the units that a book gives or receives at a month end or at T, before a settlement on that date.

        It is asked while a position is open. A fee is paid in units, as that of `ExchangeFund` is: cash, gains and
        proceeds belong to `open` and `settle`, and are refused.

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
            With `units`, `basis`, `pledge` and `cost`. By default None: nothing.
        """

    def _pledge(self, units: Array, view: View) -> Array | None:
        return on_row(units, self.on, view) if self.pledges else None

    def check(self, portfolio: Portfolio, market: Market, calendar: Calendar) -> None:
        """Refuse a portfolio, market or calendar that the instrument cannot be used in.

        Raises
        ------
        InvalidInput
            If `on` is unknown or not `Listed`; the tenor is shorter than a step or, without `roll`, ends beyond the
            horizon; positions overlap; cash received has nowhere to go; the volatility is the model's own and this one
            is not known; or `legs` returns something else than legs.
        """
        what = f"{type(self).__name__} on {self.on!r}"
        require_known(f"{type(self).__name__}: on", [self.on], portfolio.names)
        liquidity = portfolio.holding(self.on).liquidity
        if not isinstance(liquidity, Listed):
            raise InvalidInput(f"{what}: on must be a holding that is Listed, got one with {short_repr(liquidity)}")
        if self.years * calendar.steps_per_year < 1.0 - 1e-9:
            raise InvalidInput(
                f"{what}: years must be at least a step of {calendar.dt:.4g} years, got {self.years:.4g}; give a "
                "longer tenor or more steps_per_year"
            )
        require_dates(what, self.openings(calendar), self.expiries(calendar), calendar)
        if not self.roll and not self.may_outlast_horizon and self.expiries(calendar)[0] > calendar.steps:
            raise InvalidInput(
                f"{what}: years must be at most the horizon of {calendar.years:g} years without roll, got "
                f"{self.years:.4g}; give a shorter tenor or roll=True"
            )
        self._check_legs(what, portfolio, market)

    def _check_legs(self, what: str, portfolio: Portfolio, market: Market) -> None:
        """Refuse what is no leg, a model's own volatility that is not known, and cash received that nothing takes."""
        legs: Any = self.legs(terms_of(self, market))
        if not isinstance(legs, tuple) or not all(isinstance(leg, Leg) for leg in legs):
            raise InvalidInput(f"{what}: legs(terms) must return a tuple of Leg objects, got {short_repr(legs)}")
        if self.pricing.volatility is None and any(leg.is_option for leg in legs):
            require_model_volatility(what, market, self.on)
        cash_like = any(market.assets[name].mean_volatility == 0.0 for name in portfolio.names)
        if legs and not cash_like and not (portfolio.shares() == 0.0).any():
            raise InvalidInput(
                f"{what}: the portfolio must have a holding that takes cash received, cash-like (volatility 0) or with "
                "no founder, got neither; add cash"
            )

    def describe(self) -> str:
        """Return what it is in a few words, without a full stop."""
        return self.label

    def assumptions(self, market: Market) -> list[str]:
        """Return what is assumed of it as sentences: its terms, and how its options are priced.

        Examples
        --------
        >>> from riskkit.instruments.put import Put
        >>> from riskkit.market import Asset
        >>> print(*Put("TSLA", 0.9).assumptions(Market({"TSLA": Asset(0.08, 0.57)})), sep="\\n")
        Put on TSLA at 90 % of the price for 1 year, rolled, on all units.
        Options of the put on TSLA are priced by Black-Scholes-Merton at an implied volatility of 61 % (the model's \
own 57 % and 4 points; assumption) and interest of 4 % a year.
        """
        sentence = self.describe()
        lines = [f"{sentence[0].upper()}{sentence[1:]}."]
        terms = terms_of(self, market)
        if any(leg.is_option for leg in self.legs(terms)):
            lines.append(f"Options of the {self.label} are priced by {self.pricing.describe(terms)}.")
        return lines

    def _cover(self) -> str:
        """Tenor and cover in words, for `describe`."""
        units = "all units" if self.share == 1.0 else f"{percent(self.share)} of the units"
        return f"for {in_years(self.months)}{', rolled' if self.roll else ''}, on {units}"
