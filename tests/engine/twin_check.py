"""Comparison of `compare` and `trace` with the slow, readable twin: prices, books, accounts, trades, columns."""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterable
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import twin
from twin_columns import columns_of

import riskkit as rk
from riskkit.engine.outcomes import COLUMNS

#: Rounding only: exp and log differ by an ulp from the math library's, over up to a thousand steps.
CLOSE = {"rtol": 1e-11, "atol": 1e-12}
#: With taxes, loans and marks an amount can be the small difference of large ones.
FRICTIONS = {"rtol": 1e-9, "atol": 1e-9}
SEED = 5


def these_quick(numbers: Iterable[int], quick: Container[int]) -> list[object]:
    """Numbers of random scenarios as parameters: those of `quick` run each time, the others are marked slow."""
    return [pytest.param(number, marks=[pytest.mark.slow] * (number not in quick)) for number in numbers]


def fixed_thresholds():
    """Levels that no path stands on: from the pilot, one of them may be a path's own drawdown to the last bit."""
    levels = [0.0312359, 0.101923, 0.219283, 0.340918]
    return mock.patch(
        "riskkit.engine.execution.run.placed_thresholds",
        lambda setup, *rest: np.tile(levels, (len(setup.scenario.rules), 1)),
    )


def assert_equals_twin(scenario: rk.Scenario, paths: list[int], close: dict[str, float] = CLOSE) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Collar on", rk.RiskkitWarning)  # a collar at no cost may be a narrow one
        compare_with_twin(scenario, paths, close)


def compare_with_twin(scenario: rk.Scenario, paths: list[int], close: dict[str, float]) -> None:
    result = rk.compare(scenario, paths=max(paths) + 1, seed=SEED, workers=1, progress=False)
    for row, rule in enumerate(scenario.rules):
        traced = rk.trace(scenario, rule, paths=paths, seed=SEED)
        trades = []
        for place, path in enumerate(paths):
            book, prices = twin.run(scenario, rule, path, SEED)
            which = f"rule {rule.name!r}, path {path}"
            expected = [[price[name] for name in traced.names] for price in prices]
            np.testing.assert_allclose(traced.prices[:, :, place], expected, **CLOSE, err_msg=f"{which}: prices")
            np.testing.assert_allclose(traced.wealth[:, place], book.wealth, **close, err_msg=f"{which}: wealth")
            left = traced.wealth_after_tax[:, place]
            np.testing.assert_allclose(left, book.wealth_after_tax, **close, err_msg=f"{which}: wealth after tax")
            assert scenario.start_after_tax == pytest.approx(book.wealth_after_tax[0], rel=1e-12, abs=1e-12)
            np.testing.assert_allclose(traced.weights[:, :, place], book.weights, **close, err_msg=f"{which}: weights")
            assert sorted(traced.accounts) == sorted(book.accounts)
            for name, values in book.accounts.items():
                found = traced.accounts[name][:, place]
                np.testing.assert_allclose(found, values, **close, err_msg=f"{which}: {name}")
            assert_same_units(traced, place, book, close, which)
            trades += [(path, scenario.calendar.time(step), *trade) for step, *trade in book.trades]
            columns = columns_of(scenario, book, result.outcomes.thresholds[row].tolist())
            assert sorted(columns) == sorted(COLUMNS)
            for name, value in columns.items():
                found = result.outcomes.columns[name][row, path]
                np.testing.assert_allclose(found, value, **close, err_msg=f"{which}: {name}")
        assert_same_trades(traced.trades, trades)


def assert_same_units(traced: rk.Trace, place: int, book: twin.Book, close, which: str) -> None:
    """Units of the trace: what a weight of gross assets is worth, at the price. Gross assets are net wealth and what is
    owed less the marks of the instruments.

    Where the price is below 1e-12 units are not compared: a trade in them is smaller than the rounding of wealth.
    """
    gross = traced.wealth[:, place] + sum(traced.accounts[name][:, place] for name in ("debt", "owed")) - book.marks
    prices = traced.prices[:, :, place]
    worth = traced.weights[:, :, place] * gross[:, None]
    found = np.divide(worth, prices, out=np.zeros_like(worth), where=prices > 1e-12)
    expected = np.where(prices > 1e-12, book.units, 0.0)
    np.testing.assert_allclose(found, expected, **close, err_msg=f"{which}: units")


def assert_same_trades(found: pd.DataFrame, expected: list[tuple]) -> None:
    assert found.columns.tolist() == ["path", "time", "holding", "amount", "cost", "tax"]
    table = pd.DataFrame(expected, columns=found.columns)
    order = ["path", "time", "holding"]
    found, table = (without_rounding(frame).sort_values(order, ignore_index=True) for frame in (found, table))
    assert found[order].values.tolist() == table[order].values.tolist()
    # An amount is a difference of units, so that it is known to rounding of the holding, not of itself.
    for name in ("amount", "cost", "tax"):
        one, other = found[name].astype(float), table[name].astype(float)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-10, err_msg=name)


def without_rounding(trades: pd.DataFrame) -> pd.DataFrame:
    """Without rows that are rounding only: what is left of an allowance that was to be used up may be 1e-17."""
    return trades[(trades["amount"].astype(float).abs() > 1e-13) | (trades["cost"].astype(float) > 1e-13)]
