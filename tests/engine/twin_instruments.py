"""Instruments of the slow, readable twin: what each consists of and what that is worth, as in SEMANTICS.

Prices of legs are multiples of the ex-dividend price at the opening, so that a strike of 1 is at the money.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from scipy.special import ndtr
from twin_liquidity import month_end

import riskkit as rk

#: The least implied volatility, and what the model's own lacks of that of the ten largest stocks.
LEAST_VOLATILITY, PREMIUM_OF_OPTIONS = 0.01, 0.04

#: What can require delivery, and so pledges what it covers; an exchange fund pledges what it brings.
DELIVERS = ("CoveredCall", "Collar", "PrepaidForward")


@dataclass(frozen=True)
class Leg:
    """A bought (quantity > 0) or sold call or put, or the asset itself at the expiry ("forward")."""

    kind: str
    quantity: float
    strike: float = 0.0
    volatility: float = 0.0

    def value(self, x: float, years: float, rate: float, dividend_yield: float) -> float:
        """Black, Scholes and Merton's, at x times the opening price and so many years before the expiry."""
        asset, money = x * (1.0 + dividend_yield) ** -years, self.strike * (1.0 + rate) ** -years
        if self.kind == "forward":
            return self.quantity * (asset - money)
        sign = {"call": 1.0, "put": -1.0}[self.kind]
        if x <= 0.0 or years <= 0.0:
            return self.quantity * max(sign * (asset - money), 0.0)
        swing = self.volatility * math.sqrt(years)
        d1 = math.log(asset / money) / swing + 0.5 * swing
        return self.quantity * sign * (asset * float(ndtr(sign * d1)) - money * float(ndtr(sign * (d1 - swing))))

    def exposure(self, x: float, years: float, rate: float, dividend_yield: float) -> float:
        """Delta times the price: the value of the asset that moves as the leg does."""
        asset, money = x * (1.0 + dividend_yield) ** -years, self.strike * (1.0 + rate) ** -years
        if self.kind == "forward":
            return self.quantity * asset
        sign = {"call": 1.0, "put": -1.0}[self.kind]
        if x <= 0.0 or years <= 0.0:
            return self.quantity * sign * asset * (sign * (asset - money) > 0.0)
        swing = self.volatility * math.sqrt(years)
        return self.quantity * sign * asset * float(ndtr(sign * (math.log(asset / money) / swing + 0.5 * swing)))


# ---------------------------------------------------------------------------------------------------------------------
# What an instrument consists of
# ---------------------------------------------------------------------------------------------------------------------


def kind_of(instrument: Any) -> str:
    return type(instrument).__name__


def instruments_of(rule: rk.Rule) -> tuple[Any, ...]:
    return tuple(rule.instruments) if type(rule).__name__ == "Hedged" else ()


@dataclass(frozen=True)
class Law:
    """The terms on which an instrument is priced."""

    volatility: float  # at the money
    slope: float
    rate: float
    spread: float
    dividend_yield: float
    years: float  # the tenor

    def implied(self, strike: float) -> float:
        """At the money plus slope times the log distance from the forward, in units of the root of the tenor."""
        forward = ((1.0 + self.rate) / (1.0 + self.dividend_yield)) ** self.years
        moneyness = math.log(strike / forward) / math.sqrt(self.years)
        return max(self.volatility + self.slope * moneyness, LEAST_VOLATILITY)

    def option(self, kind: str, quantity: float, strike: float) -> Leg:
        return Leg(kind, quantity, strike, self.implied(strike))

    def worse(self, leg: Leg) -> Leg:
        """The leg at the volatility at which it is traded: half the spread dearer if bought, cheaper if sold."""
        side = math.copysign(0.5 * self.spread, leg.quantity)
        return Leg(leg.kind, leg.quantity, leg.strike, max(leg.volatility + side, LEAST_VOLATILITY))

    def value(self, legs: list[Leg], x: float, years: float) -> float:
        return sum(leg.value(x, years, self.rate, self.dividend_yield) for leg in legs)

    def exposure(self, legs: list[Leg], x: float, years: float) -> float:
        return sum(leg.exposure(x, years, self.rate, self.dividend_yield) for leg in legs)


@lru_cache(maxsize=64)
def law_of(instrument: Any, market: rk.Market) -> Law:
    pricing = instrument.pricing
    volatility = pricing.volatility
    if volatility is None:
        volatility = model_volatility(market, instrument.on, instrument.years) + PREMIUM_OF_OPTIONS
    dividend_yield = market.assets[instrument.on].dividend_yield
    return Law(volatility, pricing.slope, pricing.rate, pricing.spread, dividend_yield, instrument.years)


def model_volatility(market: rk.Market, name: str, years: float) -> float:
    """√(σ² + Σ λ E[(ln(1 + impact))²]) at the means, λ the expected arrivals a year up to the expiry."""
    volatility = market.assets[name].volatility
    variance = (volatility.mean if isinstance(volatility, rk.Uncertain) else volatility) ** 2
    for shock in market.shocks:
        if name in shock.impact:
            impact = shock.impact[name]
            mean = impact.mean.mean if isinstance(impact.mean, rk.Uncertain) else impact.mean
            square = math.log(1.0 + (impact.sd / (1.0 + mean)) ** 2)
            arrivals = float(shock.hazard.cumulative(years))
            arrivals = 1.0 - math.exp(-arrivals) if shock.once else arrivals
            variance += arrivals / years * (square + (math.log(1.0 + mean) - 0.5 * square) ** 2)
    return math.sqrt(variance)


def legs_of(instrument: Any, law: Law) -> list[Leg]:
    """From the side of the book, at mid volatilities."""
    kind = kind_of(instrument)
    if kind == "Put":
        return [law.option("put", 1.0, instrument.strike)]
    if kind == "CoveredCall":
        return [law.option("call", -1.0, instrument.strike)]
    if kind == "Collar":
        cap = zero_cost_cap(law, instrument.floor) if instrument.cap is None else instrument.cap
        return [law.option("put", 1.0, instrument.floor), law.option("call", -1.0, cap)]
    if kind == "PrepaidForward":
        calls = [law.option("call", 1.0, instrument.floor), law.option("call", -1.0, instrument.cap)]
        return [Leg("forward", -1.0), *calls]
    assert kind == "ExchangeFund"
    return []


@lru_cache(maxsize=64)
def zero_cost_cap(law: Law, floor: float) -> float:
    """The least strike above the floor and 1 at which the call sold pays for the put bought, spread included."""

    def missing(strike: float) -> float:
        legs = [law.option("put", 1.0, floor), law.option("call", -1.0, strike)]
        return law.value([law.worse(leg) for leg in legs], 1.0, law.years)

    least = max(floor, 1.0)
    strikes = [least * (100.0 / least) ** (step / 4000) for step in range(4001)]
    for low, high in pairwise(strikes):
        if missing(low) < 0.0 <= missing(high):
            for _ in range(100):
                middle = 0.5 * (low + high)
                low, high = (middle, high) if missing(middle) < 0.0 else (low, middle)
            return 0.5 * (low + high)
    raise AssertionError(f"no cap below 100 makes a collar with a floor of {floor} cost nothing")


def price_of(instrument: Any, law: Law, legs: list[Leg], years: float) -> float:
    """What the book pays a covered unit, in units of the opening price: less than 0 where it receives."""
    paid = law.value([law.worse(leg) for leg in legs], 1.0, years)
    return paid * (1.0 - instrument.discount) if kind_of(instrument) == "PrepaidForward" else paid


# ---------------------------------------------------------------------------------------------------------------------
# What a book has of it
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Position:
    """An instrument from its opening to its expiry."""

    units: float  # covered, or exchanged
    price: float  # of one of these units at the opening
    opened: int
    expires: int
    premium: float  # paid for all of it
    basis: float  # what counts as paid for it where its gain is taxed
    pledged: float = 0.0  # units of the holding that the contract pledges
    accrued: int = 0  # step of the last fee


@dataclass
class Contract:
    """One instrument of a book: its terms, and what it is at the moment."""

    instrument: Any
    row: int  # of the holding that it is on
    pledges: int | None  # row of the holding of which it pledges units
    openings: dict[int, int]  # step → step of the expiry
    law: Law | None
    legs: list[Leg] = field(default_factory=list)
    position: Position | None = None
    owed: float = 0.0

    @classmethod
    def of(cls, instrument: Any, scenario: rk.Scenario) -> Contract:
        names, kind = scenario.portfolio.names, kind_of(instrument)
        row = names.index(instrument.on)
        months = round(12 * instrument.years)
        rolls = getattr(instrument, "roll", False)
        if kind == "ExchangeFund":
            return cls(instrument, row, names.index(instrument.into), opening_steps(scenario, months, rolls), None)
        law = law_of(instrument, scenario.market)
        pledges = row if kind in DELIVERS else None
        return cls(instrument, row, pledges, opening_steps(scenario, months, rolls), law, legs_of(instrument, law))

    def moved(self, price: float, step: int, dt: float) -> tuple[float, float]:
        """Ex-dividend price now as a multiple of that at the opening, and years to the expiry."""
        assert self.law is not None
        assert self.position is not None
        years = (step - self.position.opened) * dt
        x = price / self.position.price / (1.0 + self.law.dividend_yield) ** years
        return x, (self.position.expires - step) * dt

    def mark(self, price: float, step: int, dt: float) -> float:
        if self.position is None or self.law is None:
            return 0.0
        x, years = self.moved(price, step, dt)
        return self.position.units * self.position.price * self.law.value(self.legs, x, years)

    def exposure(self, price: float, step: int, dt: float) -> float:
        if self.position is None or self.law is None:
            return 0.0
        x, years = self.moved(price, step, dt)
        return self.position.units * self.position.price * self.law.exposure(self.legs, x, years)

    def interest(self, dt: float) -> float:
        """What its loan has grown by in a step."""
        grown = 0.0 if self.law is None else self.owed * ((1.0 + self.law.rate) ** dt - 1.0)
        self.owed += grown
        return grown


def opening_steps(scenario: rk.Scenario, months: int, rolls: bool) -> dict[int, int]:
    """At time 0, and where it rolls at each expiry before T; to each opening its expiry."""
    last, openings, month = round(scenario.years * scenario.steps_per_year), {}, 0
    while (step := month_end(scenario, month)) < last and (rolls or month == 0):
        month += months
        openings[step] = month_end(scenario, month)
    return openings
