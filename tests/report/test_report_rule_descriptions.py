"""Rules of a report in words: every setting stands in the sentence, as a reader would say it."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest

import riskkit as rk
from riskkit.report.text.rule_descriptions import rule_description
from riskkit.rules import FunctionRule, Rule
from riskkit.toml.stored_rule import StoredRule


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (rk.Hold(), "Never trades."),
        (
            rk.Hedged(rk.Hold(), [rk.Put("A", 0.9), rk.CoveredCall("B", 1.2, years=0.25, share=0.5)]),
            "Never trades. Beside it: put on A at 90 % of the price for 1 year, rolled, on all units; covered call on "
            "B at 120 % of the price for 3 months, rolled, on 50 % of the units.",
        ),
        (rk.Hedged(rk.Rebalance(3), ()), "Returns to the start weights quarterly."),
        (
            rk.DiversifyNow(into={"A": 0.6, "B": 0.4}, every=3),
            "Sells every founder holding at the start as far as it may be sold, and the rest as soon as it may, "
            "checked quarterly, and puts the proceeds into 60 % 'A' and 40 % 'B'.",
        ),
        (
            rk.Cap(0.3),
            "Sells the founder holdings down to 30 % of gross assets whenever their weight exceeds 30 %, checked "
            "monthly.",
        ),
        (
            rk.Cap(0.3, founder="Ann", to=0.25, every=6, at_start=False),
            "Sells the holdings of 'Ann' down to 25 % of gross assets whenever their weight exceeds 30 %, checked "
            "every 6 months, not at the start.",
        ),
        (
            rk.Cap(0.1, holding="A", every=0),
            "Sells 'A' down to 10 % of gross assets whenever its weight exceeds 10 %, checked at every step.",
        ),
        (
            rk.Trim(0.5, years=1),
            "Sells 50 % of the start units of every founder holding in equal parts over 1 year, monthly.",
        ),
        (
            rk.TakeProfit(2.0, 0.275, founder="Ann"),
            "Sells 27.5 % of each holding of 'Ann' once, when its reported price reaches 2 times the start, checked "
            "monthly.",
        ),
        (
            rk.SellLast(after=rk.Trim(1.0, years=5)),
            "Holds until another owner is out of every founder holding, one who follows 'trim' (sells 100 % of the "
            "start units of every founder holding in equal parts over 5 years, monthly); then sells every founder "
            "holding as far as it may be sold, checked monthly.",
        ),
        (
            rk.SellLast(after=rk.Trim(1.0, years=5, name="clients"), then=rk.Rebalance(12)),
            "Holds until another owner is out of every founder holding, one who follows 'clients' (sells 100 % of the "
            "start units of every founder holding in equal parts over 5 years, monthly); then follows 'rebalance': "
            "returns to the start weights yearly.",
        ),
        (rk.Rebalance(3, to={"A": 0.5, "B": 0.5}), "Returns to 50 % 'A' and 50 % 'B' quarterly."),
        (
            rk.Band(0.05, relative=0.25, to="edge"),
            "Moves the holdings outside their bands to the nearer edge whenever one is off its start weight by more "
            "than 5 points, or by 25 % of that weight if this is more, checked monthly.",
        ),
        (rk.Band(math.inf), "Never trades, because its bands are infinitely wide."),
        (
            rk.BuyDips(0.3, amount=0.02),
            "Buys 2 % of gross assets of a listed founder holding once per dip, when its price is 30 % below its "
            "running high, checked monthly, paid pro rata from the holdings with no founder.",
        ),
        (
            rk.DrawdownControl(0.5),
            "Keeps the weight of the founder holdings below a ceiling that falls from their start weight to 0 as the "
            "drawdown of wealth nears 50 %, checked monthly.",
        ),
        (
            rk.DrawdownControl(0.5, buy_back=True),
            "Keeps the weight of the founder holdings at a ceiling that falls from their start weight to 0 as the "
            "drawdown of wealth nears 50 %, checked monthly.",
        ),
        (
            rk.CPPI(0.7, 2.0, at_start=True),
            "Keeps 2 times the wealth above a floor, which is 70 % of the start wealth, in the founder holdings, "
            "checked monthly, from the start on.",
        ),
        (
            rk.SellDown({"A": [0.5, 0.25], "B": [0.0, 0.1]}),
            "Sells planned shares of the start units after 0, 1, 2 … years: 'A' 50 %, 25 %; 'B' 0 %, 10 %.",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Rule) else "",
)
def test_sentence_states_the_settings(rule, sentence):
    assert rule_description(rule) == sentence


class Documented(rk.Rule):
    """Sell `share` of everything.

    At some time.
    """

    share: float = 0.1

    def decide(self, view, state):
        return None, None


class Plain(rk.Rule):
    size: float = 0.1

    def decide(self, view, state):
        return None, None


def test_rules_of_a_user_are_their_docstring_or_their_repr():
    assert rule_description(Documented()) == "Sell 0.1 of everything."
    assert rule_description(Documented(0.3)) == "Sell 0.3 of everything. (share = 0.3)"
    assert rule_description(Plain(0.3, name="mine")) == "A user's own rule: Plain(size=0.3, name='mine')"
    assert rule_description(StoredRule("Own(x=1)", name="own")).endswith("only the name and repr: Own(x=1)")

    def a_function(view):
        return None

    def documented(view):
        """Do nothing."""

    # No address in memory, which would differ in each run.
    assert rule_description(rk.rule(a_function)) == (
        "A user's own rule: FunctionRule(function=a_function, every=1, name='a function')"
    )
    assert rule_description(rk.rule(documented, every=12)) == "Do nothing. (every = 12)"


class Slow(rk.Cap):
    """Cap with patience."""


def test_subclass_of_a_rule_is_a_rule_of_its_own():
    """Its decisions may differ from those of its parent."""
    assert rule_description(Slow(0.3)) == "Cap with patience. (limit = 0.3)"


def test_every_rule_of_the_package_has_a_sentence():
    """A class of `riskkit.rules` without one would be described as a user's rule, by its docstring."""
    classes = [each for each in vars(rk.rules).values() if isinstance(each, type) and issubclass(each, Rule)]
    from riskkit.report.text.rule_descriptions import _SENTENCES

    described = set(_SENTENCES)
    assert {each for each in classes if each not in (Rule, FunctionRule)} <= described
    for each, (_, stated) in _SENTENCES.items():
        names = {field.name for field in fields(each)}
        assert set(stated) <= names
        assert names - set(stated) <= {"every", "into", "name"}
