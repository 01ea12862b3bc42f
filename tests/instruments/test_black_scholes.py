"""Legs against printed and independent closed forms, parities, and deltas against differences."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import riskkit as rk
from riskkit.instruments import Leg, Terms
from riskkit.instruments.black_scholes import option_value

#: 4 % compounded continuously.
RATE = math.exp(0.04) - 1.0

#: Floors and caps of the prepayments below.
FORWARDS = ((1.0, 1.2), (1.0, 1.25), (0.9, 1.2), (0.8, 1.2), (0.8, 1.0))

#: Volatility, years, put of strike 90, strike of the call that pays for it, and prepayments of `FORWARDS`, all for 100
#: of price without dividends. Black and Scholes (1973), closed form, computed independently of riskkit.
BLACK_SCHOLES = (
    (0.30, 1, 5.620188, 124.075912, 92.839060, 91.665205, 87.443187, 80.720273, 87.881212),
    (0.30, 2, 8.336828, 138.164705, 92.541984, 91.120420, 87.565474, 81.653265, 89.111281),
    (0.30, 3, 10.002098, 154.327317, 92.596175, 91.099319, 87.911928, 82.484432, 89.888257),
    (0.40, 1, 8.965578, 125.812528, 92.891032, 91.584581, 87.974790, 82.013694, 89.122662),
    (0.40, 2, 12.978852, 142.019491, 92.989025, 91.564851, 88.556983, 83.403341, 90.414315),
    (0.40, 3, 15.495205, 161.211201, 93.275720, 91.853885, 89.188755, 84.534465, 91.258745),
    (0.57, 1, 14.810427, 129.184737, 93.222374, 91.857431, 88.891933, 83.815379, 90.593006),
    (0.57, 2, 20.912367, 149.983090, 93.769941, 92.434633, 90.027767, 85.784940, 92.014999),
    (0.57, 3, 24.746074, 176.258165, 94.316527, 93.066903, 90.993513, 87.285330, 92.968802),
)

#: Years, put of strike 90, strike of the call that pays for it and the prepayment of 90 to 120, for 100 of price: at
#: 40 % volatility with one exit of hazard 2 % a year and impact -50 %, compensated while it can come. Computed
#: independently of riskkit.
ONE_EXIT = (
    (1, 9.247877, 125.542644, 87.925724),
    (2, 13.379303, 141.813541, 88.556459),
    (3, 15.969710, 161.131688, 89.222848),
)


def terms(years: float, *, rate: float = RATE, dividend_yield: float = 0.0) -> Terms:
    return Terms(rate=rate, dividend_yield=dividend_yield, volatility=0.25, years=years)


@pytest.mark.parametrize("row", BLACK_SCHOLES, ids=lambda row: f"{row[0]:g} for {row[1]}")
def test_premiums_against_black_and_scholes(row: tuple[float, ...]):
    volatility, years, put, cap, *prepayments = row
    pricing = rk.OptionPricing(volatility, rate=RATE)
    now = terms(years)
    assert 100.0 * rk.Put("A", 0.9, years=years, pricing=pricing).premium(now) == pytest.approx(put, abs=1e-4)
    collar = rk.Collar("A", 0.9, years=years, pricing=pricing)
    assert 100.0 * collar.cap_at(now) == pytest.approx(cap, abs=1e-4)
    assert collar.premium(now) == 0.0
    same = rk.Collar("A", 0.9, collar.cap_at(now), years=years, pricing=pricing)
    assert same.premium(now) == pytest.approx(0.0, abs=1e-12)
    for (floor, high), prepayment in zip(FORWARDS, prepayments, strict=True):
        forward = rk.PrepaidForward("A", floor, high, years=years, discount=0.0, pricing=pricing)
        assert -100.0 * forward.premium(now) == pytest.approx(prepayment, abs=1e-4)
        dear = rk.PrepaidForward("A", floor, high, years=years, discount=0.05, pricing=pricing)
        assert -100.0 * dear.premium(now) == pytest.approx(0.95 * prepayment, abs=1e-4)
        assert dear.mid(now) == forward.mid(now)


def with_one_exit(value: Callable[[float], float], years: float) -> float:
    """Mean of a value over the time of an exit that halves the price: hazard 2 %, compensated by 1 % a year before."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    times = 0.5 * years * (nodes + 1.0)
    within = sum(
        0.5 * years * weight * 0.02 * math.exp(-0.02 * time) * value(0.5 * math.exp(0.01 * time))
        for time, weight in zip(times.tolist(), weights.tolist(), strict=True)
    )
    return within + math.exp(-0.02 * years) * value(math.exp(0.01 * years))


@pytest.mark.parametrize(("years", "put", "cap", "prepayment"), ONE_EXIT)
def test_legs_under_one_exit_by_quadrature(years: int, put: float, cap: float, prepayment: float):
    """Given the time of the exit the price is lognormal, so that the value is a mean of closed forms over that time."""

    def value(*legs: Leg) -> float:
        now = terms(years)
        return 100.0 * with_one_exit(lambda price: sum(float(leg.value(price, years, now)) for leg in legs), years)

    bought = Leg("put", 1.0, 0.9, 0.4)
    assert value(bought) == pytest.approx(put, abs=1e-4)
    # The strike is printed to 1e-6 of 100, and a call changes by less than its strike does.
    assert value(bought, Leg("call", -1.0, cap / 100.0, 0.4)) == pytest.approx(0.0, abs=1e-4)
    owed = value(bought, Leg("call", -1.0, 1.2, 0.4), Leg("cash", -0.9))
    assert -owed == pytest.approx(prepayment, abs=1e-4)


def test_calls_and_puts_add_up_to_mertons_with_jumps():
    """Spot and strike 100, 1 year, 5 % continuous, 20 %, jumps of rate 1 with logs N(-0.1, 0.15): 12.761289, 7.884231.

    Merton (1976), equation (19): a Poisson mixture of Black-Scholes values.
    """
    jump = math.exp(-0.1 + 0.5 * 0.15**2)
    values = {"call": 0.0, "put": 0.0}
    for count in range(40):
        chance = math.exp(-1.0) / math.factorial(count)
        price = math.exp(1.0 - jump) * jump**count
        volatility = math.sqrt(0.2**2 + count * 0.15**2)
        for kind in values:
            leg = Leg(kind, 100.0, 1.0, volatility)  # type: ignore[arg-type]
            values[kind] += chance * float(leg.value(price, 1.0, terms(1.0, rate=math.exp(0.05) - 1.0)))
    assert values["call"] == pytest.approx(12.761289, abs=1e-6)
    assert values["put"] == pytest.approx(7.884231, abs=1e-6)


PRICES = np.array([0.0, 1e-9, 0.3, 0.7, 1.0, 1.1, 1.9, 6.0, 1e6])
YEARS = np.array([0.0, 1e-4, 0.1, 1.0, 3.0])[:, None]
ALL_TERMS = [terms(1.0, rate=rate, dividend_yield=y) for rate in (-0.01, 0.0, 0.05) for y in (0.0, 0.03)]


@pytest.mark.parametrize("now", ALL_TERMS)
@pytest.mark.parametrize("volatility", [0.0, 0.01, 0.3, 2.0])
def test_put_call_parity(now: Terms, volatility: float):
    """C - P = S e^{-yτ} - K e^{-rτ}; relative to the price where it is a million."""
    for strike in (0.5, 1.0, 1.3):
        call, put = (Leg(kind, 1.0, strike, volatility).value(PRICES, YEARS, now) for kind in ("call", "put"))  # type: ignore[arg-type]
        spot = PRICES * (1.0 + now.dividend_yield) ** -YEARS
        paid = strike * (1.0 + now.rate) ** -YEARS
        np.testing.assert_allclose(call - put, spot - paid, rtol=1e-10, atol=1e-10)
        assert (call >= 0.0).all()
        assert (put >= 0.0).all()
        assert np.isfinite(call).all()


@pytest.mark.parametrize("now", ALL_TERMS)
def test_a_share_with_a_bought_put_and_a_sold_call_of_one_strike_is_a_bond(now: Terms):
    """Put - call = K e^{-rτ} - S e^{-yτ}, so that with the share, less its dividends, it is K e^{-rτ}."""
    strike = 1.1
    legs = (Leg("put", 1.0, strike, 0.3), Leg("call", -1.0, strike, 0.3))
    hedge = sum(leg.value(PRICES[:-1], YEARS, now) for leg in legs)
    share = PRICES[:-1] * (1.0 + now.dividend_yield) ** -YEARS
    bond = np.broadcast_to(strike * (1.0 + now.rate) ** -YEARS, share.shape)
    np.testing.assert_allclose(hedge, bond - share, atol=1e-10)
    np.testing.assert_allclose(hedge + share, bond, atol=1e-10)
    np.testing.assert_allclose(hedge, -Leg("forward", 1.0, strike).value(PRICES[:-1], YEARS, now), atol=1e-10)


@pytest.mark.parametrize("now", ALL_TERMS)
@pytest.mark.parametrize("slope", [0.0, -0.1])
def test_the_mark_of_a_prepaid_forward(now: Terms, slope: float):
    """-(S e^{-yτ} - C(floor) + C(cap)), and P(floor) - C(cap) - floor e^{-rτ}, which are equal by parity."""
    pricing = rk.OptionPricing(0.4, slope=slope, rate=now.rate)
    legs = rk.PrepaidForward("A", 0.9, 1.2, pricing=pricing).legs(now)
    price, years = np.array([0.2, 0.8, 1.0, 1.5]), np.array([0.0, 0.5, 1.0])[:, None]
    mark = sum(leg.value(price, years, now) for leg in legs)

    def option(kind: str, strike: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return option_value(
            kind,
            price,
            strike=strike,
            years=years,
            rate=now.rate,
            dividend_yield=now.dividend_yield,
            volatility=pricing.implied(strike, now),
        )

    share = price * (1.0 + now.dividend_yield) ** -years
    np.testing.assert_allclose(mark, -(share - option("call", 0.9) + option("call", 1.2)), atol=1e-12)
    floor = 0.9 * (1.0 + now.rate) ** -years
    np.testing.assert_allclose(mark, option("put", 0.9) - option("call", 1.2) - floor, atol=1e-12)
    # At expiry the lender gets min(S, floor) + (S - cap)+.
    np.testing.assert_allclose(-mark[0], [0.2, 0.8, 0.9, 1.2], atol=1e-12)


@pytest.mark.parametrize("now", ALL_TERMS)
@pytest.mark.parametrize("kind", ["call", "put", "forward", "cash"])
def test_deltas_against_differences(now: Terms, kind: str):
    """Central differences of 1e-5: their error is below 1e-10 times the third derivative, here below 100, and rounding
    below 1e-16 / 1e-5."""
    leg = Leg(kind, -1.5, 1.1, 0.3)  # type: ignore[arg-type]
    price, years, step = np.array([0.5, 0.9, 1.1, 1.4, 3.0]), np.array([0.2, 1.0, 3.0])[:, None], 1e-5
    slope = (leg.value(price + step, years, now) - leg.value(price - step, years, now)) / (2.0 * step)
    np.testing.assert_allclose(leg.delta(price, years, now), slope, atol=2e-9)


def test_at_expiry_a_leg_is_its_pay_off():
    price, now = np.array([0.0, 0.9, 1.1, 2.0]), terms(1.0)
    expected = {"call": [0, 0, 0, 0.9], "put": [1.1, 0.2, 0, 0], "forward": [-1.1, -0.2, 0, 0.9], "cash": [1, 1, 1, 1]}
    deltas = {"call": [0, 0, 0, 1], "put": [-1, -1, 0, 0], "forward": [1, 1, 1, 1], "cash": [0, 0, 0, 0]}
    for kind, pay_off in expected.items():
        leg = Leg(kind, 2.0, 1.1, 0.3)  # type: ignore[arg-type]
        np.testing.assert_allclose(leg.value(price, 0.0, now), 2.0 * np.array(pay_off), atol=1e-15)
        np.testing.assert_allclose(leg.delta(price, 0.0, now), 2.0 * np.array(deltas[kind]), atol=1e-15)
        assert leg.value(price, np.ones((3, 1)), now).shape == leg.delta(price, np.ones((3, 1)), now).shape == (3, 4)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Leg("swap", 1.0), r"Leg: kind must be one of 'call', 'put', 'forward', 'cash', got 'swap'"),  # type: ignore[arg-type]
        (lambda: Leg("put", 1.0), r"Leg of kind 'put': strike must be > 0, got 0\.0"),
        (lambda: Leg("forward", 1.0, -1.0), r"Leg of kind 'forward': strike must be >= 0, got -1\.0"),
        (lambda: Leg("call", math.nan, 1.0), r"Leg of kind 'call': quantity must be finite, got nan"),
        (lambda: Leg("call", 1.0, 1.0, -0.1), r"Leg of kind 'call': volatility must be >= 0, got -0\.1"),
    ],
)
def test_legs_that_are_refused(build: Callable[[], Leg], message: str):
    with pytest.raises(rk.InvalidInput, match=f"^{message}$"):
        build()
