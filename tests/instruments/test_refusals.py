"""What instruments refuse and warn of, each by name: when they are built, and in a scenario."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import riskkit as rk

PORTFOLIO = rk.Portfolio(
    [
        rk.Holding("A", 40.0, founder="Ann"),
        rk.Holding("B", 20.0, founder="Ann", liquidity=rk.Locked(2.0)),
        rk.Holding("Rest", 40.0),
    ]
)
MARKET = rk.Market({"A": rk.Asset(0.08, 0.4), "B": rk.Asset(0.08, 0.4), "Rest": rk.Asset(0.06, 0.15)})


def scenario(*instruments: rk.Instrument, **changes: Any) -> rk.Scenario:
    whole = {"years": 2, "steps_per_year": 12, **changes}
    return rk.Scenario(
        whole.pop("portfolio", PORTFOLIO), whole.pop("market", MARKET), rk.Hedged(rk.Hold(), instruments), **whole
    )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: rk.Put("", 0.9), "Put: on must be a non-empty string, got ''"),
        (lambda: rk.Put("A", 0.0), "Put on 'A': strike must be > 0, got 0.0"),
        (
            lambda: rk.Put("A", 90),
            "Put on 'A': strike must be at most 5 times the price at the opening, got 90.0: 1.2 is 120 %, write 0.9 "
            "for 90 %",
        ),
        (
            lambda: rk.CoveredCall("A", 120.0),
            "CoveredCall on 'A': strike must be at most 5 times the price at the opening, got 120.0: 1.2 is 120 %, "
            "write 1.2 for 120 %",
        ),
        (
            lambda: rk.Collar("A", 90),
            "Collar on 'A': floor must be at most 5 times the price at the opening, got 90.0: 1.2 is 120 %, write 0.9 "
            "for 90 %",
        ),
        (
            lambda: rk.PrepaidForward("A", 0.9, 5.1),
            "PrepaidForward on 'A': cap must be at most 5 times the price at the opening, got 5.1: 1.2 is 120 %, write "
            "0.051 for 5.1 %",
        ),
        (
            lambda: rk.Collar("A", 1.1, 0.9),
            "Collar on 'A': floor must be below cap, got floor=1.1 and cap=0.9",
        ),
        (
            lambda: rk.PrepaidForward("A", 1.0, 1.0),
            "PrepaidForward on 'A': floor must be below cap, got floor=1.0 and cap=1.0",
        ),
        (
            lambda: rk.Put("A", 0.9, years=0.3),
            "Put on 'A': years must be a whole number of months, got 0.3 (3.6 months)",
        ),
        (
            lambda: rk.ExchangeFund("A", "Rest", years=0.01),
            "ExchangeFund on 'A': years must be a whole number of months, got 0.01 (0.12 months)",
        ),
        (lambda: rk.Put("A", 0.9, years=0.0), "Put on 'A': years must be > 0 and <= 100, got 0.0"),
        (lambda: rk.Put("A", 0.9, share=0.0), "Put on 'A': share must be > 0 and <= 1, got 0.0"),
        (
            lambda: rk.Put("A", 0.9, share=50),
            "Put on 'A': share must be > 0 and <= 1, got 50.0: 50 is 5000 %; write 0.5 for 50 %",
        ),
        (lambda: rk.Put("A", 0.9, roll=1), "Put on 'A': roll must be True or False, got 1"),
        (
            lambda: rk.Put("A", 0.9, settlement="shares"),
            "Put on 'A': settlement must be one of 'units', 'cash', got 'shares'",
        ),
        (lambda: rk.Put("A", 0.9, pricing=0.3), "Put on 'A': pricing must be an OptionPricing, got 0.3"),
        (lambda: rk.OptionPricing(-0.3), "OptionPricing: volatility must be >= 0.01, got -0.3"),
        (lambda: rk.OptionPricing(0.001), "OptionPricing: volatility must be >= 0.01, got 0.001"),
        (
            lambda: rk.OptionPricing(30.0),
            "OptionPricing: volatility must be at most 10 (1000 % a year), got 30: 30 is 3000 % a year; write 0.3 for "
            "30 %",
        ),
        (lambda: rk.OptionPricing(spread=-0.01), "OptionPricing: spread must be >= 0 and <= 1, got -0.01"),
        (lambda: rk.OptionPricing(rate=-1.0), "OptionPricing: rate must be > -1, got -1.0"),
        (
            lambda: rk.OptionPricing(slope=-5.0),
            "OptionPricing: slope must be from -1 to 1, got -5: the implied volatility would change by 500 % from the "
            "forward to a strike 2.7 times as high in a year",
        ),
        (
            lambda: rk.PrepaidForward("A", 0.9, 1.2, discount=1.0),
            "PrepaidForward on 'A': discount must be >= 0 and < 1, got 1.0: 1 is 100 %; write 0.01 for 1 %",
        ),
        (
            lambda: rk.PrepaidForward("A", 0.9, 1.2, into={"Rest": 0.5}),
            "PrepaidForward on 'A': into: shares must sum to 1, got 0.5",
        ),
        (
            lambda: rk.ExchangeFund("A", "A"),
            "ExchangeFund on 'A': into must be another holding than on, got 'A' for both",
        ),
        (
            lambda: rk.ExchangeFund("A", "Rest", fee=0.75e2),
            "ExchangeFund on 'A': fee must be >= 0 and < 1, got 75.0: 75 is 7500 %; write 0.75 for 75 %",
        ),
        (
            lambda: rk.Hedged(rk.Hold, rk.Put("A", 0.9)),
            f"Hedged: rule must be a Rule (wrap a plain function in rk.rule), got {rk.Hold!r}",
        ),
        (lambda: rk.Hedged(rk.Hold(), "put"), "Hedged: instruments must be a list of instruments, got 'put'"),
        (
            lambda: rk.Hedged(rk.Hold(), [rk.Hold()]),
            f"Hedged: instruments must be Instrument objects such as rk.Put, got {rk.Hold()!r}",
        ),
        (
            lambda: rk.Hedged(rk.Hedged(rk.Hold(), ()), ()),
            f"Hedged: rule must not be hedged itself, got {rk.Hedged(rk.Hold(), ())!r}; give the instruments of both "
            "to one Hedged",
        ),
        (
            lambda: rk.Hedged(rk.Hold(), [rk.Collar("A", 0.9), rk.PrepaidForward("A", 0.9, 1.2)]),
            "Hedged: the shares of 'A' that are pledged must sum to at most 1, got 1.3: collar on A 1, prepaid "
            "forward on A 0.3; lower share",
        ),
        (
            lambda: rk.Hedged(rk.Hold(), [rk.Put("A", 0.9), rk.Put("A", 0.8, share=0.1)]),
            "Hedged: the shares of 'A' that are covered by puts must sum to at most 1, got 1.1: put on A 1, put on "
            "A 0.1; lower share",
        ),
    ],
)
def test_when_they_are_built(build: Callable[[], object], message: str):
    with pytest.raises(rk.InvalidInput, match=f"^{re.escape(message)}$"):
        build()


def test_more_instruments_than_a_run_can_value():
    one = rk.Put("A", 0.9, share=0.001)
    with pytest.raises(rk.InvalidInput, match=r"^Hedged: instruments must be at most 1,000, got 1,001$"):
        rk.Hedged(rk.Hold(), [one] * 1001)
    rules = [rk.Hedged(rk.Hold(), [one] * 501, name=name) for name in ("first", "second")]
    with pytest.raises(rk.InvalidInput, match=r"^instruments of all rules must be at most 1,000, got 1,002$"):
        rk.Scenario(PORTFOLIO, MARKET, rules)


def test_shares_that_sum_to_one_and_puts_beside_pledges_are_taken():
    tenths = [rk.CoveredCall("A", 1.0 + 0.1 * number, share=0.1) for number in range(10)]
    others = [rk.Put("A", 0.9), rk.CoveredCall("Rest", 1.1)]
    assert len(rk.Hedged(rk.Hold(), [*tenths, *others]).instruments) == 12


@pytest.mark.parametrize(
    ("instrument", "changes", "message"),
    [
        (rk.Put("C", 0.9), {}, "Put: on must name one of 'A', 'B', 'Rest', got 'C'"),
        (
            rk.Put("B", 0.9),
            {},
            f"Put on 'B': on must be a holding that is Listed, got one with {PORTFOLIO.holding('B').liquidity!r}",
        ),
        (
            rk.Put("A", 0.9, years=1 / 12),
            {"steps_per_year": 4},
            "Put on 'A': years must be at least a step of 0.25 years, got 0.08333; give a longer tenor or more "
            "steps_per_year",
        ),
        *[
            (
                each,
                {"years": 1.0},
                f"{type(each).__name__} on 'A': years must be at most the horizon of 1 years without roll, got 1.5; "
                "give a shorter tenor or roll=True",
            )
            for each in (
                rk.Put("A", 0.9, years=1.5, roll=False),
                rk.CoveredCall("A", 1.2, years=1.5, roll=False),
                rk.Collar("A", 0.9, years=1.5, roll=False),
            )
        ],
        (
            rk.PrepaidForward("A", 0.9, 1.2, into="C"),
            {},
            "PrepaidForward on 'A': into must name one of 'A', 'B', 'Rest', got 'C'",
        ),
        (rk.ExchangeFund("A", "C"), {}, "ExchangeFund on 'A': into must name one of 'A', 'B', 'Rest', got 'C'"),
    ],
)
def test_in_a_scenario(instrument: rk.Instrument, changes: dict[str, Any], message: str):
    with pytest.raises(rk.InvalidInput, match=f"^{re.escape(message)}$"):
        scenario(instrument, **changes)


def test_what_rolls_or_may_outlast_the_horizon_is_taken():
    longer = [rk.Put("A", 0.9, years=1.5), rk.PrepaidForward("A", 0.9, 1.2), rk.ExchangeFund("A", "Rest")]
    assert scenario(*longer, years=1.0).years == 1.0
    assert scenario(rk.Put("A", 0.9, years=0.25), steps_per_year=4).steps_per_year == 4


def test_a_portfolio_in_which_nothing_takes_cash():
    alone = rk.Portfolio([rk.Holding("A", 40.0, founder="Ann")])
    message = (
        "^CoveredCall on 'A': the portfolio must have a holding that takes cash received, cash-like \\(volatility 0\\) "
        "or with no founder, got neither; add cash$"
    )
    with pytest.raises(rk.InvalidInput, match=message):
        scenario(rk.CoveredCall("A", 1.2), portfolio=alone)
    tied_cash = rk.Portfolio([rk.Holding("A", 40.0, founder="Ann"), rk.Holding("B", 1.0, founder="Ann")])
    market = replace(MARKET, assets={**MARKET.assets, "B": rk.Asset(0.03, 0.0)})
    assert scenario(rk.CoveredCall("A", 1.2), portfolio=tied_cash, market=market).names
    # An exchange of units brings no cash.
    exchanged = rk.Portfolio([rk.Holding("A", 40.0, founder="Ann"), rk.Holding("B", 1.0, founder="Ann")])
    assert scenario(rk.ExchangeFund("A", "B"), portfolio=exchanged).names


def test_no_call_pays_for_the_put():
    """With a yield of 20 % the forward is 1.04 / 1.2 = 0.87, and a put of 1.5 costs more than any call above 1.5."""
    market = replace(MARKET, assets={**MARKET.assets, "A": rk.Asset(0.08, 0.4, dividend_yield=0.2)})
    message = (
        r"^Collar on 'A': cap must be given, because no call at a strike from 1\.5 to 100 times the price pays for the "
        r"put at 1\.5, which costs [\d.]+ % of the price, got cap=None; lower the floor or give a cap$"
    )
    with pytest.raises(rk.InvalidInput, match=message):
        scenario(rk.Collar("A", 1.5), market=market)
    assert scenario(rk.Collar("A", 1.5, 2.0), market=market).names


def test_a_narrow_collar_is_warned_of():
    narrow = r"^Collar on 'A': cap - floor should be at least 0\.15, got 0\.1 \(floor 0\.95, cap 1\.05\)"
    with pytest.warns(rk.RiskkitWarning, match=narrow):
        rk.Collar("A", 0.95, 1.05)
    for floor, cap in ((0.95, 1.10), (0.9, 1.05), (1.0, 1.15)):
        assert rk.Collar("A", floor, cap).cap == cap
    with pytest.warns(rk.RiskkitWarning, match=r"^Collar on 'A': cap - floor should be at least 0\.15, got 0\.0"):
        scenario(rk.Collar("A", 1.0, years=1 / 12, pricing=rk.OptionPricing(0.3)))


class NoLegs(rk.Instrument):
    """Returns a list of numbers."""

    def legs(self, terms: rk.Terms) -> Any:
        return [1.0]


class Dated(rk.Instrument):
    """Opened and expired at steps of a user's own."""

    opened: tuple[float, ...]
    ends: tuple[float, ...]

    def openings(self, calendar: Any) -> Any:
        return np.array(self.opened)

    def expiries(self, calendar: Any) -> Any:
        return np.array(self.ends)

    def legs(self, terms: rk.Terms) -> tuple[rk.Leg, ...]:
        return (rk.Leg("forward", 1.0, 1.0),)


@pytest.mark.parametrize(
    ("opened", "ends"),
    [
        ((), ()),
        ((0,), (3, 6)),
        ((-1,), (3,)),
        ((0, 24), (3, 30)),
        ((0, 2), (3, 6)),
        ((6, 0), (9, 3)),
        ((3,), (3,)),
        ((0.0,), (3.0,)),
    ],
)
def test_dates_at_which_positions_overlap_or_that_are_no_steps(opened: tuple[float, ...], ends: tuple[float, ...]):
    message = r"^Dated on 'A': openings\(calendar\) must return increasing steps from 0 to 23, and expiries"
    with pytest.raises(rk.InvalidInput, match=message):
        scenario(Dated("A", opened, ends))


def test_dates_of_a_users_own():
    assert scenario(Dated("A", (0, 3, 9), (3, 6, 24))).years == 2


class Wrapper(rk.Rule):
    """Asks another rule for its decisions."""

    inner: rk.Rule

    def decide(self, view: rk.View, state: Any) -> Any:
        return self.inner.decide(view, state)


def test_legs_that_are_no_legs():
    with pytest.raises(rk.InvalidInput, match=r"^NoLegs on 'A': legs\(terms\) must return a tuple of Leg objects, got"):
        scenario(NoLegs("A"))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (rk.SellLast(after=rk.Trim(1.0, 1), then=rk.Hedged(rk.Cap(0.1), rk.Put("A", 0.9))), "'sell last': then"),
        (Wrapper(rk.Hedged(rk.Hold(), rk.Put("A", 0.9))), "'wrapper': inner"),
        (Wrapper(Wrapper(rk.Hedged(rk.Hold(), rk.Put("A", 0.9)))), "'wrapper': inner"),
        (rk.Hedged(Wrapper(rk.Hedged(rk.Hold(), ())), rk.Put("A", 0.9)), "'wrapper': inner"),
    ],
)
def test_a_hedge_that_no_book_would_have_is_refused(rule: rk.Rule, message: str):
    with pytest.raises(rk.InvalidInput, match=rf"^rule {message} must not be hedged, got Hedged\(.*hedge the whole"):
        rk.Scenario(PORTFOLIO, MARKET, rule)


def test_instruments_of_watched_books_are_checked():
    for rule in (
        rk.SellLast(after=rk.Hedged(rk.Trim(1.0, 1), rk.Put("C", 0.9))),
        rk.SellLast(after=rk.SellLast(after=rk.Hedged(rk.Trim(1.0, 1), rk.Put("C", 0.9)))),
        rk.Hedged(rk.SellLast(after=rk.Hedged(rk.Trim(1.0, 1), rk.Put("C", 0.9))), rk.Put("A", 0.9)),
    ):
        with pytest.raises(rk.InvalidInput, match=r"^Put: on must name one of 'A', 'B', 'Rest', got 'C'$"):
            rk.Scenario(PORTFOLIO, MARKET, rule)
