"""Assets that borrow another's returns: by hand, and what is refused."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest

from riskkit._core.errors import InvalidInput
from riskkit.market import fit
from riskkit.market.calibration._proxy import Proxy, with_proxies


def prices(rows: int = 200) -> pd.DataFrame:
    steps = 0.01 * np.random.default_rng(0).normal(size=(rows, 2)) @ [[1.0, 0.6], [0.0, 0.8]]
    return pd.DataFrame(np.exp(steps.cumsum(axis=0)), pd.bdate_range("2024-01-01", periods=rows), ["A", "B"])


def test_volatility_and_correlations_against_hand_calculation():
    """A has 30 % and B 20 %, correlation ½, so their covariance is .03.

    P takes twice A's returns and has 80 % of its own: √(4 · .09 + .64) = 100 %, correlation 2 · .3 / 1 = .6 with A and
    .6 · ½ with B. Q is B and nothing else: correlation 1 with B. P and Q share .6 · ½ · 1, R takes A upside down with
    40 %: √(.09 + .16) = 50 %, correlation -.6 with A, .6 · -.6 = -.36 with P.
    """
    own = np.array([[0.09, 0.03], [0.03, 0.04]])
    proxies = {"P": Proxy("A", 0.8, beta=2.0), "Q": Proxy("B", 0.0), "R": Proxy("A", 0.4, beta=-1.0)}
    found = with_proxies(own, ["A", "B"], proxies, ["A", "P", "B", "Q", "R"])
    volatility = np.sqrt(np.diagonal(found))
    assert volatility == pytest.approx([0.3, 1.0, 0.2, 0.2, 0.5], rel=1e-12)
    expected = [
        [1.0, 0.6, 0.5, 0.5, -0.6],
        [0.6, 1.0, 0.3, 0.3, -0.36],
        [0.5, 0.3, 1.0, 1.0, -0.3],
        [0.5, 0.3, 1.0, 1.0, -0.3],
        [-0.6, -0.36, -0.3, -0.3, 1.0],
    ]
    assert found / np.outer(volatility, volatility) == pytest.approx(np.array(expected), rel=1e-12)


def test_a_column_with_too_few_prices_stays_where_it_is_and_a_new_name_comes_last():
    table = prices()
    table.insert(1, "New", np.nan)
    table.iloc[-3:, 1] = [100.0, 90.0, 95.0]
    market = fit(table, expected_return=0.07, proxies={"Dark": Proxy("B", 0.3), "New": Proxy("A", 0.4)})
    plain = fit(prices(), expected_return=0.07)
    assert list(market.assets) == ["A", "New", "B", "Dark"]
    assert {name: market.assets[name] for name in "AB"} == dict(plain.assets)
    for name, proxy, extra in (("New", "A", 0.4), ("Dark", "B", 0.3)):
        swing = plain.assets[proxy].volatility
        assert market.assets[name].volatility == pytest.approx(math.hypot(swing, extra), rel=1e-12)
        expected = swing / math.hypot(swing, extra)
        assert market.correlation.loc[name, proxy] == pytest.approx(expected, rel=1e-9)


def test_prices_of_its_own_are_not_used():
    table = prices().assign(C=prices()["A"] ** 2)
    proxies = {"C": Proxy("B", 0.3)}
    assert fit(table, expected_return=0.07, proxies=proxies) == fit(prices(), expected_return=0.07, proxies=proxies)


def test_it_is_data():
    assert Proxy("TSLA", 1) == Proxy("TSLA", extra_volatility=1.0, beta=1.0)
    assert pickle.loads(pickle.dumps(Proxy("TSLA", 0.4))) == Proxy("TSLA", 0.4)
    assert len({Proxy("TSLA", 0.4), Proxy("TSLA", 0.4)}) == 1


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Proxy("", 0.4), "^Proxy: asset must be a non-empty string, got ''$"),
        (lambda: Proxy("A", -0.1), r"^Proxy: extra_volatility must be >= 0, got -0\.1$"),
        (lambda: Proxy("A", 0.1, beta=math.inf), "^Proxy: beta must be finite, got inf$"),
        (lambda: Proxy("A", 0.0, beta=0.0), "^Proxy: beta or extra_volatility must not be 0"),
    ],
)
def test_a_proxy_that_is_none_is_refused(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()


@pytest.mark.parametrize(
    ("proxies", "message"),
    [
        ([Proxy("A", 0.4)], r"^proxies must be a mapping \{name: rk.Proxy"),
        ({"C": "A"}, "^proxies: that of 'C' must be a Proxy, got 'A'$"),
        ({"C": Proxy("Z", 0.4)}, "^proxies: that of 'C' must name one of 'A', 'B', got 'Z'$"),
        ({"C": Proxy("B", 0.4), "B": Proxy("A", 0.1)}, "^proxies: that of 'C' must be an asset with prices .* 'B'"),
        ({"A": Proxy("A", 0.4)}, "^proxies: that of 'A' must be an asset with prices of its own, got 'A'"),
        ({"": Proxy("A", 0.4)}, "^proxies: name of an asset must be a non-empty string, got ''$"),
    ],
)
def test_proxies_that_lead_nowhere_are_refused(proxies, message):
    with pytest.raises(InvalidInput, match=message):
        fit(prices(), expected_return=0.07, proxies=proxies)
