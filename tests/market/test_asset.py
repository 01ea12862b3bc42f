"""Assets refuse what cannot be, and are plain values."""

from __future__ import annotations

import math
import pickle

import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market import Asset, Market, Uncertain


@pytest.mark.parametrize("value", [-1.0, -2, math.nan, math.inf, "0.1", None, True])
def test_expected_return_must_be_finite_and_above_minus_one(value):
    with pytest.raises(InvalidInput, match=r"^Asset: expected_return must be .*, got"):
        Asset(value, 0.2)


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, "0.1", None])
def test_volatility_must_be_finite_and_not_negative(value):
    with pytest.raises(InvalidInput, match=r"^Asset: volatility must be .*, got"):
        Asset(0.1, value)


def test_the_message_says_what_was_required_and_what_came():
    with pytest.raises(InvalidInput, match=r"^Asset: expected_return must be > -1, got -1\.0$"):
        Asset(-1.0, 0.2)
    with pytest.raises(InvalidInput, match=r"^Asset: volatility must be >= 0, got -0\.2$"):
        Asset(0.1, -0.2)


def test_asset_is_a_hashable_value_that_pickles():
    asset = Asset(0, 0)
    assert asset == Asset(0.0, 0.0) == pickle.loads(pickle.dumps(asset))
    assert hash(asset) == hash(Asset(0.0, 0.0))
    assert repr(asset) == "Asset(expected_return=0.0, volatility=0.0, dividend_yield=0.0)"
    with pytest.raises(AttributeError):
        asset.volatility = 0.1


@pytest.mark.parametrize("value", [-0.01, 1.0, 2, math.nan, "0.1", None])
def test_dividend_yield_must_be_from_0_to_below_1(value):
    with pytest.raises(InvalidInput, match=r"^Asset: dividend_yield must be .*, got"):
        Asset(0.1, 0.2, dividend_yield=value)


def test_a_dividend_yield_typed_in_percent_is_warned_of():
    with pytest.warns(RiskkitWarning, match=r"^Asset: dividend_yield should be at most 0\.2 \(20 % a year\), got 0\.3"):
        Asset(0.1, 0.2, dividend_yield=0.3)


def test_a_market_says_which_assets_pay_dividends_and_keeps_them_at_means():
    market = Market({"A": Asset(Uncertain(0.08, 0.02), 0.2, dividend_yield=0.03), "B": Asset(0.04, 0.0)})
    sentence = "Dividend yield a year, part of the expected return: 3 % (A)"
    assert f"{sentence}." in market.assumptions()
    assert sentence in repr(market)
    assert market.at_means().assets["A"] == Asset(0.08, 0.2, dividend_yield=0.03)
    assert not any("ividend" in line for line in Market({"B": Asset(0.04, 0.0)}).assumptions())


def test_a_scenario_says_what_dividends_buy_after_which_tax():
    market = Market({"A": Asset(0.08, 0.2, dividend_yield=0.03)})

    def line(holding, tax=None):
        case = rk.Scenario(rk.Portfolio([holding]), market, rk.Hold(), frictions=rk.Frictions(tax=tax))
        return next(line for line in case.assumptions() if line.startswith("Dividends"))

    bought = "buy more of the holding that pays them"
    assert line(rk.Holding("A", 1)) == f"Dividends are paid at month ends and {bought} (assumption)."
    taxed = line(rk.Holding("A", 1, liquidity=rk.Locked(1)), rk.CapitalGains(0.2, dividend_rate=0.4))
    assert taxed.startswith(f"Dividends are paid at month ends and after 40 % tax {bought}; those of an unlisted")
