"""Hedged rules: what they pass on, their names, and the books that have instruments."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.calendar import Calendar
from riskkit.instruments import instruments_of
from riskkit.toml import from_toml, to_toml
from riskkit.toml.stored_instrument import StoredInstrument
from riskkit.toml.stored_rule import StoredRule

PORTFOLIO = rk.Portfolio([rk.Holding("A", 60.0, founder="Ann"), rk.Holding("Rest", 40.0)])
MARKET = rk.Market({"A": rk.Asset(0.08, 0.4), "Rest": rk.Asset(0.06, 0.15)})
COLLAR = rk.Collar("A", 0.9)


def scenario(*rules: rk.Rule, **options: Any) -> rk.Scenario:
    return rk.Scenario(PORTFOLIO, MARKET, rules, years=2, steps_per_year=12, **options)


class Counting(rk.Rule):
    """Returns its own state, so that what it is asked can be seen."""

    inner: rk.Rule | None = None

    def decide(self, view: rk.View, state: Any) -> Any:
        return None, (view, state)

    def dates(self, calendar: Calendar) -> Any:
        return np.array([1, 5])

    def watches(self) -> tuple[rk.Rule, ...]:
        return (rk.Trim(0.5, 2),)

    def trigger(self, portfolio: rk.Portfolio) -> rk.Trigger | None:
        return rk.Cap(0.2).trigger(portfolio)


class Straddle(rk.Instrument):
    """An instrument of a user's own."""

    strike: float = 1.0

    def legs(self, terms: rk.Terms) -> tuple[rk.Leg, ...]:
        return (rk.Leg("put", 1.0, self.strike, 0.3), rk.Leg("call", 1.0, self.strike, 0.3))


def test_all_but_the_instruments_is_the_rules():
    rule = Counting()
    hedged = rk.Hedged(rule, COLLAR)
    calendar, view = Calendar(1, 12), rk.View(PORTFOLIO, step=0, time=0.0, read={}.__getitem__)
    assert hedged.decide(view, "state") == (None, (view, "state"))
    assert hedged.dates(calendar).tolist() == [1, 5]
    assert hedged.watches() == (rk.Trim(0.5, 2),)
    np.testing.assert_array_equal(hedged.trigger(PORTFOLIO).values, rule.trigger(PORTFOLIO).values)  # type: ignore[union-attr]
    with pytest.raises(rk.InvalidInput, match="'Bob'"):
        rk.Hedged(rk.Cap(0.2, founder="Bob"), COLLAR).check(PORTFOLIO)
    assert rk.Hedged(rk.Hold(), ()).trigger(PORTFOLIO) is None


def test_names_and_instruments():
    put = rk.Put("A", 0.9)
    assert rk.Hedged(rk.Hold(), COLLAR).name == "hold + collar on A"
    assert rk.Hedged(rk.Hold(), [put, rk.ExchangeFund("A", "Rest")]).name == "hold + put on A + exchange fund on A"
    assert rk.Hedged(rk.Cap(0.2, name="my cap"), ()).name == "my cap"
    assert rk.Hedged(rk.Hold(), put, name="floor").name == "floor"
    assert rk.Hedged(rk.Hold(), put).instruments == (put,) == instruments_of(rk.Hedged(rk.Hold(), [put]))
    assert instruments_of(rk.Hold()) == instruments_of(rk.Hedged(rk.Hold(), ())) == ()
    many = rk.Hedged(rk.Hold(), [rk.Put("A", 0.9, share=0.01)] * 100)
    assert many.name == "hold + 100 instruments"


def test_hedged_rules_are_equal_by_value_hashable_and_picklable():
    one, other = rk.Hedged(rk.Hold(), COLLAR), rk.Hedged(rk.Hold(), [rk.Collar("A", 0.9)])
    assert one == other
    assert hash(one) == hash(other)
    assert one != rk.Hedged(rk.Hold(), rk.Collar("A", 0.8), name=one.name)
    whole = scenario(rk.Hold(), one)
    assert pickle.loads(pickle.dumps(whole)) == whole


def test_a_zero_cost_cap_is_computed_once_and_is_no_part_of_equality():
    collar = rk.Collar("A", 0.9)
    terms = rk.Terms(rate=0.04, dividend_yield=0.0, volatility=0.4, years=1.0)
    assert collar.cap_at(terms) == collar.cap_at(replace(terms))
    assert collar == rk.Collar("A", 0.9)
    assert pickle.loads(pickle.dumps(collar)) == collar


def test_assumptions_name_every_instrument_of_every_book_once():
    hedged = rk.Hedged(rk.Hold(), COLLAR)
    last = rk.SellLast(after=rk.Hedged(rk.Trim(1.0, 1), [rk.Put("A", 0.8), COLLAR]))
    lines = scenario(hedged, last, frictions=rk.Frictions(tax=rk.CapitalGains(0.2))).assumptions()
    assert sum("Collar on A with a floor of 90 % and a cap at no cost" in line for line in lines) == 1
    assert sum("Put on A at 80 %" in line for line in lines) == 1
    assert sum("the cap of the collar" in line.lower() for line in lines) == 1
    assert "Rules of tax on constructive sales, straddles and holding periods are not modelled." in lines
    assert "Weights of holdings, and rules that act on them, leave the deltas of instruments out." in lines
    assert not any("constructive" in line for line in scenario(hedged).assumptions())
    assert scenario(rk.Hold()).assumptions() == scenario(rk.Hedged(rk.Hold(), ())).assumptions()


INSTRUMENTS = [
    rk.Put("A", 0.9, years=0.25, share=0.5, pricing=rk.OptionPricing(0.5, slope=-0.1, rate=0.03, spread=0.02)),
    rk.Put("A", 0.9, roll=False, settlement="units"),
    rk.CoveredCall("A", 1.2),
    COLLAR,
    rk.Collar("A", 0.9, 1.2),
    rk.PrepaidForward("A", 0.9, 1.2, years=1.5, discount=0.1, into="Rest"),
    rk.PrepaidForward("A", 0.9, 1.2, into={"A": 0.5, "Rest": 0.5}),
    rk.ExchangeFund("A", "Rest", share=0.25, years=5.0, fee=0.01),
]


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda each: each.label)
def test_instruments_are_read_back_equal_from_a_file(instrument: rk.Instrument):
    for rule in (rk.Hedged(rk.Cap(0.3), instrument), rk.SellLast(after=rk.Hedged(rk.Trim(1.0, 1), instrument))):
        whole = scenario(rk.Hold(), rule)
        assert from_toml(rk.Scenario, to_toml(whole)) == whole
        assert from_toml(rk.Scenario, to_toml(whole, strict=False)) == whole


def test_a_hedged_rule_is_written_and_read_by_hand():
    by_hand = """
        name = "floor"
        rule = { type = "Cap", limit = 0.3 }
        instruments = [
            { type = "Collar", on = "A", floor = 0.9, pricing = { volatility = 0.5, spread = 0.02 } },
            { type = "ExchangeFund", on = "A", into = "Rest", share = 0 },
        ]
    """
    with pytest.raises(rk.InvalidInput, match=r"share must be > 0 and <= 1, got 0\.0"):
        from_toml(rk.Hedged, by_hand)
    read = from_toml(rk.Hedged, by_hand.replace("share = 0 ", "share = 0.001 ").replace('"A", floor', '"B", floor'))
    collar = rk.Collar("B", 0.9, pricing=rk.OptionPricing(0.5, spread=0.02))
    assert read == rk.Hedged(rk.Cap(0.3), [collar, rk.ExchangeFund("A", "Rest", share=0.001)], name="floor")


def test_an_instrument_of_a_users_own_is_read_by_import_path_only_if_allowed():
    whole = scenario(rk.Hedged(rk.Hold(), Straddle("A", 1.1)))
    text = to_toml(whole)
    assert 'type = "test_hedged:Straddle"' in text
    assert from_toml(rk.Scenario, text, allow_import=True) == whole
    with pytest.raises(rk.InvalidInput, match=r"instruments\[0\]\.type must name a class of riskkit's"):
        from_toml(rk.Scenario, text)


def test_a_saved_result_stores_label_and_repr_of_an_instrument_of_a_users_own():
    whole = scenario(rk.Hedged(Counting(), [Straddle("A", 1.1), Straddle("A", 0.9)]), rk.SellLast(after=Counting()))
    back = from_toml(rk.Scenario, to_toml(whole, strict=False))
    assert back.names == whole.names == ("counting + straddle on A + straddle on A", "sell last")
    assert repr(back.rules) == repr(whole.rules)
    hedged = back.rules[0]
    assert isinstance(hedged, rk.Hedged)
    assert isinstance(hedged.rule, StoredRule)
    assert isinstance(hedged.instruments[0], StoredInstrument)
    assert replace(back, rules=whole.rules) == whole
    assert from_toml(rk.Scenario, to_toml(back, strict=False)) == back
    assert any("Straddle(on='A'" in line for line in back.assumptions())
    with pytest.raises(rk.InvalidInput, match="instrument 'straddle on A' must be one that can be run"):
        hedged.instruments[0].legs(rk.Terms(0.04, 0.0, 0.4, 1.0))
    with pytest.raises(rk.InvalidInput, match=r"must be of a class of riskkit that a file can hold"):
        to_toml(scenario(rk.Hedged(rk.Hold(), hedged.instruments[0])))
