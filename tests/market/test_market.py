"""Markets: plain values that check themselves and say what they assume."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.market import Asset, Impact, Market, Shock

ASSETS = {"TSLA": Asset(0.08, 0.57), "SpaceX": Asset(0.08, 0.45), "Rest": Asset(0.05, 0.16)}
CORRELATION = {"TSLA": {"SpaceX": 0.15, "Rest": 0.45}, "SpaceX": {"Rest": 0.3}}
EXIT = Shock("founder exit", 0.02, {"TSLA": Impact(-0.5, 0.15), "SpaceX": -0.6}, once=True)
CRASH = Shock("crash", 0.1, {"Rest": -0.3}, drift_after={"TSLA": -0.01})


def market(**changes) -> Market:
    return Market(**{"assets": ASSETS, "correlation": CORRELATION, "shocks": [EXIT, CRASH], **changes})


def test_correlation_is_a_read_only_frame_in_the_order_of_the_assets():
    shuffled = pd.DataFrame(CORRELATION).reindex(["Rest", "SpaceX"]).T  # rows TSLA, SpaceX; columns Rest, SpaceX
    shuffled.loc["SpaceX", "SpaceX"] = 1.0
    built = market(correlation=shuffled)
    assert list(built.correlation.index) == list(built.correlation.columns) == list(ASSETS)
    assert built.correlation.to_numpy().tolist() == [[1.0, 0.15, 0.45], [0.15, 1.0, 0.3], [0.45, 0.3, 1.0]]
    with pytest.raises(ValueError, match="read-only"):
        built.correlation.iloc[0, 1] = 0.0


def test_factor_is_lower_triangular_read_only_and_squares_to_the_correlation():
    built = market()
    assert np.array_equal(built.factor, np.tril(built.factor))
    assert np.abs(built.factor @ built.factor.T - built.correlation.to_numpy()).max() < 1e-15
    assert built.factor is built.factor
    with pytest.raises(ValueError, match="read-only"):
        built.factor[0, 0] = 2.0


def test_markets_are_equal_by_value_hashable_and_pickle():
    built = market()
    same = Market(ASSETS, built.correlation, shocks=(EXIT, CRASH))
    assert built == same == pickle.loads(pickle.dumps(built)) == copy.deepcopy(built)
    assert hash(built) == hash(same) == hash(pickle.loads(pickle.dumps(built)))
    assert not pickle.loads(pickle.dumps(built)).factor.flags.writeable
    assert built != 1
    for changed in (
        market(correlation=None),
        market(shocks=[CRASH, EXIT]),
        market(compensate=True),
        market(assets={**ASSETS, "Rest": Asset(0.06, 0.16)}),
        market(assets=dict(reversed(ASSETS.items()))),
    ):
        assert built != changed


def test_a_changed_copy_keeps_the_rest():
    assert replace(market(), shocks=()) == Market(ASSETS, CORRELATION)
    assert Market(ASSETS, shocks=EXIT).shocks == (EXIT,)
    assert Market(ASSETS, {"TSLA": {"Rest": -0.0}}) == Market(ASSETS)


def test_a_frozen_market_cannot_be_changed():
    with pytest.raises(AttributeError):
        market().compensate = True
    with pytest.raises(TypeError):
        market().assets["TSLA"] = Asset(0.1, 0.1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"assets": {}}, r"^Market: assets must hold at least one Asset, got none$"),
        ({"assets": [Asset(0.1, 0.2)]}, r"^Market: assets must be a mapping \{name: Asset\}, got"),
        ({"assets": {"TSLA": 0.5}}, r"^Market: asset 'TSLA' must be an Asset, got 0\.5$"),
        ({"assets": {"": Asset(0.1, 0.2)}}, r"^Market: name of an asset must be a non-empty string, got ''$"),
        ({"correlation": {"TSLA": {"Spacex": 0.1}}}, r"got 'Spacex' \(did you mean 'SpaceX'\?\)$"),
        ({"correlation": {"TSLA": {"Rest": 1.5}}}, r"^correlation of 'TSLA' and 'Rest' must be from -1 to 1, got"),
        ({"correlation": {"TSLA": {"Rest": 0.5}, "Rest": {"TSLA": 0.4}}}, r"^correlation must be symmetric"),
        (
            {"correlation": {"TSLA": {"Rest": 0.9, "SpaceX": 0.9}, "Rest": {"SpaceX": -0.9}}},
            r"^correlation must be positive semidefinite, got smallest eigenvalue -0\.8\d*; rk\.nearest_correlation",
        ),
        ({"shocks": "exit"}, r"^Market: shocks must be a list of Shock objects, got 'exit'$"),
        ({"shocks": None}, r"^Market: shocks must be a list of Shock objects, got None$"),
        ({"shocks": [0.02]}, r"^Market: shocks must be Shock, Contagion or EventSource objects, got 0\.02$"),
        ({"shocks": [EXIT, EXIT]}, r"^Market: names of shocks must be unique, got 'founder exit' twice$"),
        (
            {"shocks": [Shock("exit", 0.1, {"xAI": -0.5})]},
            r"^Market: impact of shock 'exit' must name one of 'TSLA', 'SpaceX', 'Rest', got 'xAI'",
        ),
        (
            {"shocks": [Shock("exit", 0.1, {"TSLA": -0.5}, drift_after={"xAI": -0.5})]},
            r"^Market: drift_after of shock 'exit' must name one of 'TSLA', 'SpaceX', 'Rest', got 'xAI'",
        ),
        ({"compensate": 1}, r"^Market: compensate must be True or False, got 1$"),
    ],
)
def test_bad_input_is_refused_by_name(changes, message):
    with pytest.raises(InvalidInput, match=message):
        market(**changes)


def test_assumptions_group_equal_numbers_and_list_every_shock():
    assert market().assumptions() == [
        "Expected return a year: 8 % (TSLA, SpaceX), 5 % (Rest).",
        "Volatility a year: 57 % (TSLA), 45 % (SpaceX), 16 % (Rest).",
        "Correlation of log returns: from 0.15 to 0.45.",
        "founder exit: 2 % a year, once; TSLA -50 % ± 15 %, SpaceX -60 % (assumption).",
        "crash: 10 % a year; Rest -30 %; log drift a year after each event: TSLA -1 % (assumption).",
        "Shocks come on top of the expected returns.",
    ]
    assert market(compensate=True).assumptions()[-1] == "Expected returns already include the shocks."


def test_assumptions_leave_out_what_does_not_move():
    """Cash has no correlation to speak of; one asset has none at all; no shocks, no word of them."""
    calm = Market({"A": Asset(0.08, 0.2), "B": Asset(0.08, 0.2), "cash": Asset(0.03, 0.0)}, {"A": {"B": 0.5}})
    assert calm.assumptions()[1:] == ["Volatility a year: 20 % (A, B), 0 % (cash).", "Correlation of log returns: 0.5."]
    assert Market({"A": Asset(0.08, 0.2)}).assumptions() == ["Expected return a year: 8 %.", "Volatility a year: 20 %."]


def test_many_different_numbers_are_given_as_a_range():
    many = Market({f"A{number}": Asset(0.07, 0.1 + 0.01 * number) for number in range(11)})
    assert many.assumptions()[1] == "Volatility a year: from 10 % (A0) to 20 % (A10), median 15 %."


def test_repr_shows_assets_and_shocks_and_cuts_long_lists():
    assert repr(market()).splitlines() == [
        "Market: 3 assets, correlation from 0.15 to 0.45, expected returns without the shocks",
        "        expected_return  volatility",
        "TSLA                8 %        57 %",
        "SpaceX              8 %        45 %",
        "Rest                5 %        16 %",
        EXIT.describe(),
        CRASH.describe(),
    ]
    many = Market({f"A{number}": Asset(0.07, 0.1) for number in range(15)})
    assert repr(many).splitlines()[-1] == "… and 3 more"


def test_cash_is_an_asset_more_and_changes_no_price_of_the_others():
    """After ten years at 3 % cash has grown by 1.03^10 on every path."""
    with_cash = market().with_cash("CASH", 0.03)
    assert list(with_cash.assets) == [*ASSETS, "CASH"]
    assert with_cash.assets["CASH"] == Asset(0.03, 0.0)
    assert with_cash.correlation.loc["CASH"].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert with_cash.shocks == market().shocks
    plain, more = (rk.sample(each, years=10, steps_per_year=12, paths=4, seed=1) for each in (market(), with_cash))
    np.testing.assert_array_equal(more.prices[:, :3], plain.prices)
    np.testing.assert_allclose(more.prices[-1, 3], 1.03**10, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "rate", "message"),
    [
        ("TSLA", 0.03, "with_cash: names of assets must be unique, got 'TSLA' twice"),
        ("tsla", 0.03, "with_cash: names of assets must differ by more than case and punctuation"),
        ("", 0.03, "with_cash: name must be a non-empty string"),
        ("CASH", -1, "with_cash: rate must be > -1, got -1.0"),
        ("CASH", "3 %", "with_cash: rate must be a number, got '3 %'"),
    ],
)
def test_cash_that_is_none_is_refused(name, rate, message):
    with pytest.raises(InvalidInput, match=message):
        market().with_cash(name, rate)
