"""An independent package agrees on the prices it ships, where its definitions are ours: twenty stocks, 1990 to 2022."""

from __future__ import annotations

import pandas as pd
import pytest

from riskkit.measures import average_drawdown, cdar, drawdown, expected_shortfall, max_drawdown, ulcer_index


@pytest.fixture(scope="module")
def prices() -> pd.DataFrame:
    datasets = pytest.importorskip("skfolio.datasets")
    return datasets.load_sp500_dataset().iloc[-2000:]


def test_drawdown_measures_agree(prices: pd.DataFrame) -> None:
    theirs = pytest.importorskip("skfolio.measures")
    depth = -drawdown(prices).to_numpy()
    for position, name in enumerate(prices.columns):
        column = depth[:, position]
        assert max_drawdown(prices)[name] == pytest.approx(-column.min(), rel=1e-12)
        assert average_drawdown(prices[name]) == pytest.approx(theirs.average_drawdown(column), rel=1e-12)
        assert ulcer_index(prices[name]) == pytest.approx(theirs.ulcer_index(column), rel=1e-12)
        assert cdar(prices[name], 0.95) == pytest.approx(theirs.cdar(column, 0.95), rel=1e-12)


def test_expected_shortfall_agrees_at_levels_that_split_an_atom(prices: pd.DataFrame) -> None:
    theirs = pytest.importorskip("skfolio.measures")
    returns = prices.pct_change().iloc[1:]
    for level in (0.5, 0.9, 0.95, 0.9777, 0.99):
        ours = expected_shortfall(-returns, level)
        for name in prices:
            assert ours[name] == pytest.approx(theirs.cvar(returns[name].to_numpy(), level), rel=1e-11)
