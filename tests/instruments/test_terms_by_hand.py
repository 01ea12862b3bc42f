"""Dates, flows and words of instruments against calculation by hand."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.calendar import Calendar
from riskkit.instruments import Leg, Position, Terms

PORTFOLIO = rk.Portfolio([rk.Holding("A", 60.0, founder="Ann"), rk.Holding("Rest", 30.0), rk.Holding("Cash", 10.0)])
TERMS = Terms(rate=0.04, dividend_yield=0.0, volatility=0.4, years=1.0)


def view(time: float = 0.0, price: float = 1.0) -> rk.View:
    prices = np.full((3, 2), price)
    return rk.View(PORTFOLIO, step=round(12 * time), time=time, read={"price": prices}.__getitem__)


def position(instrument: rk.Instrument, **changed: Any) -> Position:
    """Covered units 0.3 and 0.6, opened at a price of 1 for a premium of 0.1 a unit, now worth 0.04 a unit."""
    units = np.array([0.3, 0.6])
    fields = {
        "units": units,
        "price": np.ones(2),
        "premium": 0.1 * units,
        "value": 0.04 * units,
        "legs": instrument.legs(TERMS),
        "opened": 0,
        "time": 0.0,
        "years": instrument.years,
        "pledges": instrument.pledges,
    }
    return Position(**{**fields, **changed})


def rows(*values: Any) -> Any:
    """An array (asset, path) of rows; 0 stands for a row of zeros."""
    return np.array([np.zeros(2) if isinstance(row, int) else row for row in values])


@pytest.mark.parametrize(
    ("years", "roll", "horizon", "steps_per_year", "openings", "expiries"),
    [
        (0.5, True, 2, 12, [0, 6, 12, 18], [6, 12, 18, 24]),
        (0.5, False, 2, 12, [0], [6]),
        (0.75, True, 2, 12, [0, 9, 18], [9, 18, 27]),
        (0.25, True, 1, 252, [0, 63, 126, 189], [63, 126, 189, 252]),
        # Month ends of weekly steps: floor(13/3 k + 1/2) = 4, 9, 13, 17, 22.
        (1 / 12, True, 20 / 52, 52, [0, 4, 9, 13, 17], [4, 9, 13, 17, 22]),
    ],
)
def test_openings_and_expiries(
    years: float, roll: bool, horizon: float, steps_per_year: int, openings: list[int], expiries: list[int]
):
    put, calendar = rk.Put("A", 0.9, years=years, roll=roll), Calendar(horizon, steps_per_year)
    assert put.openings(calendar).tolist() == openings
    assert put.expiries(calendar).tolist() == expiries


def test_a_forward_and_a_fund_are_opened_once():
    calendar = Calendar(10, 12)
    for instrument in (rk.PrepaidForward("A", 0.9, 1.2), rk.ExchangeFund("A", "Rest")):
        assert instrument.openings(calendar).tolist() == [0]
    assert rk.PrepaidForward("A", 0.9, 1.2).expiries(calendar).tolist() == [36]
    assert rk.ExchangeFund("A", "Rest").expiries(calendar).tolist() == [84]


def test_legs_of_each_instrument():
    pricing = rk.OptionPricing(0.3)
    put, call = Leg("put", 1.0, 0.9, 0.3), Leg("call", -1.0, 1.2, 0.3)
    assert rk.Put("A", 0.9, pricing=pricing).legs(TERMS) == (put,)
    assert rk.CoveredCall("A", 1.2, pricing=pricing).legs(TERMS) == (call,)
    assert rk.Collar("A", 0.9, 1.2, pricing=pricing).legs(TERMS) == (put, call)
    assert rk.PrepaidForward("A", 0.9, 1.2, pricing=pricing).legs(TERMS) == (put, call, Leg("cash", -0.9))
    assert rk.ExchangeFund("A", "Rest").legs(TERMS) == ()


def test_a_premium_is_paid_and_what_can_require_delivery_is_pledged():
    """Premium 0.1 and mid 0.04 a unit: the spread, 0.06 a unit, is the cost."""
    for instrument in (rk.Put("A", 0.9), rk.CoveredCall("A", 1.2), rk.Collar("A", 0.9, 1.2)):
        flow = instrument.open(position(instrument), view())
        assert flow.source == instrument.label
        np.testing.assert_allclose(flow.cash, [-0.03, -0.06], atol=1e-15)
        np.testing.assert_allclose(flow.cost, [0.018, 0.036], atol=1e-15)
        assert (flow.units, flow.into, flow.external) == (None, None, False)
        if instrument.pledges:
            np.testing.assert_array_equal(flow.pledge, rows([0.3, 0.6], 0, 0))
        else:
            assert flow.pledge is None


@pytest.mark.parametrize(("years", "kind"), [(11 / 12, "short"), (1.0, "capital"), (2.0, "capital")])
def test_a_settlement_pays_the_value_and_its_gain_is_long_from_a_year_on(years: float, kind: str):
    """Value 0.04 less premium 0.1 a unit is a loss of 0.06 a unit."""
    collar = rk.Collar("A", 0.9, 1.2, years=years)
    flow = collar.settle(position(collar), view(years))
    np.testing.assert_allclose(flow.cash, [0.012, 0.024], atol=1e-15)
    np.testing.assert_allclose(flow.gain, [-0.018, -0.036], atol=1e-15)
    assert flow.kind == kind
    np.testing.assert_array_equal(flow.pledge, rows([-0.3, -0.6], 0, 0))
    assert collar.accrue(position(collar), view(), 1 / 12) is None


def test_a_prepayment_buys_what_has_no_founder_and_its_discount_is_a_cost():
    """Fair prepayment 0.8 a unit, discount 5 %: received 0.76, cost 0.04 a unit."""
    forward = rk.PrepaidForward("A", 0.9, 1.2)
    units = np.array([0.3, 0.6])
    lot = position(forward, premium=-0.76 * units, value=-0.8 * units)
    flow = forward.open(lot, view())
    np.testing.assert_allclose(flow.cash, 0.76 * units, atol=1e-15)
    np.testing.assert_allclose(flow.cost, 0.04 * units, atol=1e-15)
    assert flow.into == ("Rest", "Cash")
    assert replace(forward, into="Cash").open(lot, view()).into == {"Cash": 1.0}
    assert replace(forward, into={"Rest": 0.5, "Cash": 0.5}).open(lot, view()).into == {"Rest": 0.5, "Cash": 0.5}
    # At expiry 0.9 a unit is owed: the gain beside the sale of units is 0.76 - 0.9.
    flow = forward.settle(position(forward, premium=-0.76 * units, value=-0.9 * units), view(3.0))
    np.testing.assert_allclose(flow.cash, -0.9 * units, atol=1e-15)
    np.testing.assert_allclose(flow.gain, -0.14 * units, atol=1e-15)


def test_a_fund_takes_units_at_equal_value_with_their_cost_and_shrinks_by_its_fee():
    """A fee of 1 %: after a year 0.99 of the units are left; in the next month 0.99 (1 - 0.99^(1/12)) are lost."""
    fund = rk.ExchangeFund("A", "Rest", fee=0.01)
    units, lot = np.array([0.3, 0.6]), position(fund, premium=np.zeros(2), value=np.zeros(2))
    flow = fund.open(lot, view())
    np.testing.assert_array_equal(flow.units, rows(-units, units, 0))
    np.testing.assert_array_equal(flow.pledge, rows(0, units, 0))
    assert (flow.basis, flow.proceeds, flow.kind) == ("carried over", None, "none")
    assert flow.cash == flow.gain == flow.cost == 0.0
    flow = fund.accrue(lot, view(13 / 12), 1 / 12)
    lost = 0.99 * (1.0 - 0.99 ** (1 / 12)) * units
    np.testing.assert_allclose(flow.units, rows(0, -lost, 0), atol=1e-15)
    np.testing.assert_allclose(flow.pledge, rows(0, -lost, 0), atol=1e-15)
    assert (flow.cost, flow.basis) == (0.0, "carried over")  # their value is counted where the flow is executed
    flow = fund.settle(lot, view(7.0))
    np.testing.assert_allclose(flow.pledge, rows(0, -(0.99**7) * units, 0), atol=1e-15)
    assert flow.units is None


def test_pledges_and_settlements():
    assert [each.pledges for each in (rk.Put, rk.CoveredCall, rk.Collar, rk.PrepaidForward, rk.ExchangeFund)] == [
        False,
        True,
        True,
        True,
        True,
    ]
    assert rk.Put("A", 0.9).settlement == "cash"
    delivered = (rk.CoveredCall("A", 1.2), rk.Collar("A", 0.9), rk.PrepaidForward("A", 0.9, 1.2))
    assert {each.settlement for each in delivered} == {"units"}
    assert (rk.ExchangeFund("A", "Rest").roll, rk.PrepaidForward("A", 0.9, 1.2).roll) == (False, False)


def test_instruments_in_words():
    words = {
        rk.Put("A", 0.9, years=0.25, roll=False): "put on A at 90 % of the price for 3 months, on all units",
        rk.CoveredCall("A", 1.2, share=0.5): "covered call on A at 120 % of the price for 1 year, rolled, on 50 % of "
        "the units",
        rk.Collar(
            "A", 0.9, 1.2
        ): "collar on A with a floor of 90 % and a cap of 120 % for 1 year, rolled, on all units",
        rk.PrepaidForward("A", 0.9, 1.2, into="Rest"): "prepaid forward on A with a floor of 90 % and a cap of 120 % "
        "for 3 years, on 30 % of the units; the prepayment, 5 % below its fair value, buys Rest",
        rk.ExchangeFund("A", "Rest", share=1.0): "exchange fund on A: at the start all units become units of Rest, "
        "which cannot be sold for 7 years and bear a fee of 0.75 % a year",
    }
    for instrument, text in words.items():
        assert instrument.describe() == text


def test_how_options_are_priced_in_words():
    text = rk.OptionPricing(0.3, slope=-0.05, rate=0.03, spread=0.02).describe(TERMS)
    assert text == (
        "Black-Scholes-Merton at an implied volatility of 30 % at the money, -5 points by ln(strike / forward) / "
        "√years, and interest of 3 % a year; the spread is 2 points"
    )


class Strangle(rk.Instrument):
    """Bought puts and calls of a user's own."""

    low: float
    high: float = 1.2
    roll: bool = False
    pricing: rk.OptionPricing = rk.OptionPricing(0.3)

    def legs(self, terms: rk.Terms) -> tuple[rk.Leg, ...]:
        sides = (("put", self.low), ("call", self.high))
        return tuple(rk.Leg(kind, 1.0, strike, self.pricing.implied(strike, terms)) for kind, strike in sides)  # type: ignore[arg-type]


class Rolled(rk.Instrument):
    """One whose field has the default of the contract."""

    roll: bool

    def legs(self, terms: rk.Terms) -> tuple[rk.Leg, ...]:
        return ()


def test_an_instrument_of_a_users_own_is_a_frozen_data_class():
    strangle = Strangle("A", 0.8)
    assert strangle == Strangle(on="A", low=0.8, high=1.2)
    assert hash(strangle) == hash(Strangle("A", 0.8)) != hash(Strangle("A", 0.7))
    assert pickle.loads(pickle.dumps(strangle)) == strangle
    assert strangle.label == "strangle on A"
    assert strangle.premium(TERMS) == pytest.approx(
        rk.Put("A", 0.8, pricing=strangle.pricing).premium(TERMS)
        - rk.CoveredCall("A", 1.2, pricing=strangle.pricing).premium(TERMS),
        abs=1e-15,
    )
    with pytest.raises(FrozenInstanceError):
        strangle.low = 0.7  # type: ignore[misc]
    assert (Rolled("A").roll, Rolled("A", True).roll) == (False, True)


def test_an_instrument_without_legs_says_so():
    class Nothing(rk.Instrument):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing must define legs\(terms\)"):
        Nothing("A").legs(TERMS)
