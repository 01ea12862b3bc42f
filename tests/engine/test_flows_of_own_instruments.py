"""A user's own instrument: what its flows are executed as, by hand; and all that would not be executed is refused."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
import twin
from by_hand import LOST, jumps, live, sinking, world

import riskkit as rk

NEAR = 1e-10
CASH = [rk.Holding("a", 60, founder="Ann", cost=30), rk.Holding("cash", 40)]


def own(**methods):
    """An instrument on all of a for half a year, whose methods return a `Flow` with the given fields.

    A field may be a function of the position and the view.
    """

    def flow(instrument, lot, view):
        fields = methods.get(instrument, {})
        if not isinstance(fields, dict):
            return fields
        made = {name: value(lot, view) if callable(value) else value for name, value in fields.items()}
        return rk.Flow("own on a", **made)

    class Own(rk.Instrument):
        years: float = 0.5

        def legs(self, terms):
            return ()

        def open(self, lot, view):
            return flow("open", lot, view)

        def settle(self, lot, view):
            return flow("settle", lot, view)

        def accrue(self, lot, view, years):
            return flow("accrue", lot, view) if "accrue" in methods else None

    return rk.Hedged(rk.Hold(), Own("a"))


def of(name, units):
    """So many units of a holding, and none of the others (holding, path)."""

    def rows(lot, view):
        made = np.zeros((len(view.names), lot.units.size))
        made[view.names.index(name)] = units
        return made

    return rows


def taxed(**terms):
    return rk.Frictions(tax=rk.CapitalGains(0.25, at_end="keep", **terms))


# ---------------------------------------------------------------------------------------------------------------------
# What is executed
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "rate"), [("capital", 0.25), ("short", 0.4), ("none", 0.0)])
def test_a_gain_at_settlement_is_taxed_as_its_kind_says(kind, rate):
    """.1 is received and .1 is the gain; its tax is taken from the cash, the rest buys cash."""
    settled = {"cash": 0.1, "gain": 0.1, "kind": kind}
    found = live(CASH, own(settle=settled), cash=["cash"], frictions=taxed(short_rate=0.4))
    assert found.tax[-1] == pytest.approx(0.1 * rate, rel=NEAR)
    np.testing.assert_allclose(found.end, [0.6, 0.4 + 0.1 * (1.0 - rate)], rtol=NEAR)


@pytest.mark.parametrize(("kind", "rate"), [("capital", 0.25), ("none", 0.0)])
def test_units_that_a_settlement_sells_have_a_gain_of_that_kind(kind, rate):
    """A third of a, .2 bought for .1, is given for .2 in cash: the gain is .1."""
    settled = {"cash": 0.2, "units": of("a", -0.2), "proceeds": of("a", 0.2), "kind": kind}
    found = live(CASH, own(settle=settled), cash=["cash"], frictions=taxed())
    assert found.tax[-1] == pytest.approx(0.1 * rate, rel=NEAR)
    np.testing.assert_allclose(found.end, [0.4, 0.6 - 0.1 * rate], rtol=NEAR)


@pytest.mark.parametrize("cash", [0.0, 0.01, 0.1])
def test_a_gain_at_an_opening_is_taxed_there(cash):
    """The tax of .025 on .1 is taken from the cash received, and beyond it from cash-like holdings."""
    found = live(CASH, own(open={"cash": cash, "gain": 0.1}), cash=["cash"], frictions=taxed())
    assert found.tax[-1] == pytest.approx(0.025, rel=NEAR)
    np.testing.assert_allclose(found.end, [0.6, 0.4 + cash - 0.025], rtol=NEAR)


def test_a_loss_at_an_opening_is_set_against_a_later_gain():
    flows = {"open": {"gain": -0.04}, "settle": {"cash": 0.1, "gain": 0.1}}
    found = live(CASH, own(**flows), cash=["cash"], frictions=taxed())
    assert found.tax[-1] == pytest.approx(0.25 * 0.06, rel=NEAR)


def test_tax_at_an_opening_that_nothing_can_pay_is_owed():
    """All is pledged: the tax of .025 is owed, without interest, until the pledge ends; then a pays it at T."""
    holdings = [rk.Holding("a", 100, cost=100)]
    flows = {"open": {"gain": 0.1, "pledge": of("a", 1.0)}, "settle": {"pledge": of("a", -1.0)}}
    found = live(holdings, own(**flows), frictions=taxed())
    assert found.tax[-1] == pytest.approx(0.025, rel=NEAR)
    assert found.columns["shortfall"] == 1.0
    assert found.wealth[-1] == pytest.approx(0.975, rel=1e-9)


def test_what_accrues_may_bring_units_at_their_cost_and_take_others():
    """In each of months 1 to 6 .01 of b comes at a cost of .004 and .01 of a goes at its value; b doubles at last."""
    holdings = [rk.Holding("a", 60), rk.Holding("b", 40, founder="Ann")]
    accrued = {
        "units": lambda lot, view: of("b", 0.01)(lot, view) - of("a", 0.01)(lot, view),
        "basis": of("b", 0.004),
        "cost": 0.001,
    }
    found = live(holdings, own(accrue=accrued), frictions=rk.Frictions(tax=rk.CapitalGains(0.25)))
    np.testing.assert_allclose(found.end, [0.54, 0.46], rtol=NEAR)
    assert found.cost[-1] == pytest.approx(0.006, rel=NEAR)
    assert found.columns["deferred_tax"] == pytest.approx(0.25 * (0.46 - 0.4 - 6 * 0.004), rel=NEAR)


@pytest.mark.parametrize(
    ("into", "bought"),
    [
        (None, [0.0, 0.0, 0.1]),
        ("b", [0.0, 0.1, 0.0]),
        (("a", "b"), [0.075, 0.025, 0.0]),
        (["a", "b"], [0.075, 0.025, 0.0]),
        ({"a": 0.6, "cash": 0.4}, [0.06, 0.0, 0.04]),
    ],
)
def test_cash_received_buys_what_the_flow_names(into, bought):
    holdings = [rk.Holding("a", 60), rk.Holding("b", 20), rk.Holding("cash", 20)]
    for method in ("open", "settle"):
        found = live(holdings, own(**{method: {"cash": 0.1, "into": into}}), cash=["cash"])
        np.testing.assert_allclose(found.end, np.array([0.6, 0.2, 0.2]) + bought, rtol=NEAR)


BUILT_IN = {
    "put": rk.Put("a", 0.9, years=0.25),
    "covered call": rk.CoveredCall("a", 1.05, years=0.25),
    "collar": rk.Collar("a", 0.9, 1.3, years=0.5, roll=False),
    "prepaid forward": rk.PrepaidForward("a", 0.9, 1.2, years=0.5, share=0.5),
    "prepaid forward into two": rk.PrepaidForward("a", 0.9, 1.2, years=0.5, into={"b": 0.3, "cash": 0.7}),
    "exchange fund": rk.ExchangeFund("a", "b", years=0.5, fee=0.02),
}


@pytest.mark.parametrize("instrument", BUILT_IN.values(), ids=list(BUILT_IN))
def test_built_in_instruments_are_executed_as_by_the_twin(instrument):
    holdings = [rk.Holding("a", 60, founder="Ann", cost=30), rk.Holding("b", 20, cost=10), rk.Holding("cash", 20)]
    hedged = rk.Hedged(rk.Hold(), instrument)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)
        terms = {"cash": ["cash"], "frictions": rk.Frictions(0.01, tax=rk.CapitalGains(0.25, short_rate=0.4)),
                 "shocks": jumps(12, a={2: 0.7, 8: 1.6}), "dividends": {"a": 0.03}}  # fmt: skip
        found = live(holdings, hedged, **terms)
        book, _ = twin.run(world(holdings, hedged, **terms), hedged, 0, 0)
    np.testing.assert_allclose(found.wealth, book.wealth, rtol=NEAR)
    np.testing.assert_allclose(found.tax, book.accounts["tax"], rtol=NEAR, atol=1e-14)


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------

LENT = {"units": of("a", -0.2), "basis": of("cash", 0.2)}
ANYWHERE = {
    "another kind": ({"kind": "dividend"}, "kind of its Flow must be one of 'capital', 'short', 'none', got 'divi"),
    "no kind": ({"kind": None}, "kind of its Flow must be one of 'capital', 'short', 'none', got None"),
    "external": ({"external": True}, "external of its Flow must be False, got True; only a rk.Deposit, rk.Vesting or"),
    "external: no truth": ({"external": 1}, "external of its Flow must be True or False, got 1"),
    "basis": ({"basis": "carried"}, "basis of its Flow as a string must be one of 'carried over', got 'carried'"),
    "basis of nothing": (LENT, "basis of its Flow must be 0 where no units are received, got 0.2 for 'cash'; return"),
    "more than there is": (
        {"units": of("a", -0.7)},
        "units of its Flow must be given of those that the book has, got 0.7 of 0.6 units of 'a'; pledge in open"),
    "no number": ({"cost": "much"}, "cost of its Flow must be finite numbers of shape ("),
    "not finite": ({"cost": np.inf}, "cost of its Flow must be finite numbers of shape ("),
    "shape": ({"pledge": np.ones(3)}, "pledge of its Flow must be finite numbers of shape (2, "),
}  # fmt: skip

INTO = {
    "unknown": ("cas", "into of its Flow must name one of 'a', 'cash', got 'cas' (did you mean 'cash'?)"),
    "unknown among several": (("a", "c"), "into of its Flow must name one of 'a', 'cash', got 'c'"),
    "unknown share": ({"c": 1.0}, "into of its Flow must name one of 'a', 'cash', got 'c'"),
    "no name": ((1,), "into of its Flow must name one of 'a', 'cash', got 1"),
    "none": (
        (),
        "into of its Flow must be a holding, a tuple of holdings or a mapping from holdings to shares",
    ),
    "no shares": ({}, "into of its Flow must be a mapping from names of holdings to shares, got {}"),
    "no names at all": (7, "into of its Flow must be a holding, a tuple of holdings or a mapping from holdings to"),
    "negative": ({"a": 1.5, "cash": -0.5}, "into of its Flow: share of 'cash' must be > 0, got -0.5"),
    "half": ({"a": 0.25, "cash": 0.25}, "into of its Flow: shares must sum to 1, got 0.5"),
}

REFUSED = {
    **{f"{method}: {name}": (method, fields, message)
       for method in ("open", "settle", "accrue") for name, (fields, message) in ANYWHERE.items()},
    **{f"{method}: into: {name}": (method, {"cash": 0.1, "into": into}, message)
       for method in ("open", "settle") for name, (into, message) in INTO.items()},
    "open: proceeds": (
        "open", {"units": of("a", -0.1), "proceeds": of("a", 0.1)},
        "proceeds of its Flow must be left out, got array"),
    "accrue: cash": (
        "accrue", {"cash": -0.01}, "cash of its Flow must be left out, got -0.01; pay with units, and return"),
    "accrue: gain": ("accrue", {"gain": 0.01}, "gain of its Flow must be left out, got 0.01; return it from settle"),
    "accrue: proceeds": (
        "accrue", {"units": of("a", -0.1), "proceeds": of("a", 0.1)},
        "proceeds of its Flow must be left out, got array"),
    "accrue: into": ("accrue", {"into": "cash"}, "into of its Flow must be left out, got 'cash'; there is no cash"),
    "settle: proceeds of nothing": (
        "settle", {"units": of("a", -0.1), "proceeds": of("cash", 0.1)},
        "proceeds of its Flow must be 0 where no units are given, got 0.1 for 'cash'; return the units too"),
}  # fmt: skip


@pytest.mark.parametrize(("method", "fields", "message"), REFUSED.values(), ids=list(REFUSED))
def test_what_would_not_be_executed_is_refused_by_name(method, fields, message):
    beginning = rf"^own on a: {method}: {re.escape(message)}"
    with pytest.raises(rk.InvalidInput, match=beginning):
        rk.compare(world(CASH, own(**{method: fields}), cash=["cash"], frictions=taxed()), paths=128)


@pytest.mark.parametrize("method", ["open", "settle", "accrue"])
def test_something_else_than_a_flow_is_refused(method):
    with pytest.raises(rk.InvalidInput, match=rf"^own on a: {method} must return a Flow, got float$"):
        rk.compare(world(CASH, own(**{method: 0.1}), cash=["cash"]), paths=128)


def test_a_ruined_path_gives_nothing():
    """All is lost in month 3: from then on there is nothing that the fee could be taken of, and that is no error."""
    fee = {"units": lambda lot, view: -of("a", 0.01 * lot.units)(lot, view)}
    holdings = [rk.Holding("a", 60, founder="Ann"), rk.Holding("b", 40)]
    found = live(holdings, own(accrue=fee), shocks=sinking(a={3: LOST}, b={3: LOST}))
    assert found.columns["ruin"] == 1.0
