"""Paths and books are exported as frames, files, labelled arrays and return series without loss."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput, MissingExtra
from riskkit.engine.trace_data import Paths, Trace, step_dates

EVENTS = pd.DataFrame({"path": [], "shock": [], "time": [], "step": []})
TIMES = np.array([0.0, 0.5, 1.0])
#: (time, asset, path): the number says where it stands, 100 time + 10 asset + path.
PRICES = np.add.outer(np.add.outer([0.0, 100.0, 200.0], [0.0, 10.0]), [0.0, 1.0])
PATHS = Paths(("A", "B"), TIMES, PRICES, EVENTS)
WEALTH = np.array([[1.0, 1.0], [1.25, 0.5], [1.0, 0.0]])
AFTER_TAX = 0.75 * WEALTH
ACCOUNTS = {"cost": WEALTH / 100.0}


def book(wealth: np.ndarray = WEALTH, times: np.ndarray = TIMES) -> Trace:
    return Trace(
        ("A", "B"), np.array([3, 17]), times, wealth, AFTER_TAX, PRICES / 1000.0, PRICES, EVENTS, EVENTS, ACCOUNTS
    )


# Frames and files


def test_prices_as_a_frame_written_by_hand():
    frame = PATHS.to_pandas()
    assert frame.columns.tolist() == ["path", "time", "price: A", "price: B"]
    assert frame.to_numpy().tolist() == [
        [0, 0.0, 0, 10],
        [0, 0.5, 100, 110],
        [0, 1.0, 200, 210],
        [1, 0.0, 1, 11],
        [1, 0.5, 101, 111],
        [1, 1.0, 201, 211],
    ]


def test_books_as_a_frame_written_by_hand():
    frame = book().to_pandas()
    assert frame.columns[:5].tolist() == ["path", "time", "wealth", "wealth_after_tax", "cost"]
    assert frame.columns[5:].tolist() == ["weight: A", "weight: B", "price: A", "price: B"]
    assert frame.iloc[1].tolist() == [3, 0.5, 1.25, 0.9375, 0.0125, 0.1, 0.11, 100.0, 110.0]
    assert frame.iloc[5].tolist() == [17, 1.0, 0.0, 0.0, 0.0, 0.201, 0.211, 201.0, 211.0]


@pytest.mark.parametrize("exported", [PATHS, book()], ids=["paths", "books"])
def test_a_file_holds_the_frame(exported: Any, tmp_path: Path):
    exported.to_parquet(tmp_path / "record.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "record.parquet"), exported.to_pandas())


def test_what_is_drawn_has_the_prices_of_each_path():
    market = rk.Market({"A": rk.Asset(0.08, 0.3), "cash": rk.Asset(0.03, 0.0)})
    drawn = rk.sample(market, years=1, steps_per_year=12, paths=3, seed=1)
    for path, frame in drawn.to_pandas().groupby("path"):
        assert frame.set_index("time")["price: A"].tolist() == drawn.frame(path)["A"].tolist()


# xarray


def test_labelled_arrays_written_by_hand():
    pytest.importorskip("xarray", reason="xarray is an extra")
    drawn, books = PATHS.to_xarray(), book().to_xarray()
    assert float(drawn.price.sel(time=0.5, asset="B", path=1)) == 111.0
    assert float(books.price.sel(time=1.0, holding="A", path=17)) == 201.0
    assert float(books.weight.sel(time=1.0, holding="A", path=17)) == 0.201
    assert books.wealth.sel(path=3).values.tolist() == [1.0, 1.25, 1.0]
    assert books.cost.dims == ("time", "path")


@pytest.mark.parametrize("exported", [PATHS, book()], ids=["paths", "books"])
def test_without_xarray_the_error_names_what_to_install(exported: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(MissingExtra, match="to_xarray needs xarray: pip install xarray"):
        exported.to_xarray()


# Returns


def test_returns_written_by_hand():
    """1 to 1.25 is a gain of 25 %, back to 1 a loss of 20 %; steps of half a year end on 30 June and 31 December."""
    returns = book().returns(3)
    assert returns.tolist() == [0.25, pytest.approx(-0.2)]
    assert returns.index.strftime("%Y-%m-%d").tolist() == ["2026-06-30", "2026-12-31"]
    assert returns.name == "path 3"
    assert book().returns().equals(returns)


def test_ruin_is_a_return_of_minus_one_and_nothing_comes_after():
    ruined = book(np.array([[1.0, 1.0], [0.0, 0.5], [0.0, 0.0]]))
    assert ruined.returns(3).tolist() == [-1.0, 0.0]
    assert ruined.returns(17).tolist() == [-0.5, -1.0]


@pytest.mark.parametrize(("steps", "each_month"), [(12, 1), (24, 2), (252, 21), (360, 30)])
def test_each_month_has_its_steps_and_each_year_its_own(steps: int, each_month: int):
    days = step_dates(np.arange(3 * steps + 1) / steps, "2023-01-01")
    assert set(days.to_period("M").value_counts()) == {each_month}
    assert set(days.year.value_counts()) == {steps}
    assert days.is_unique
    assert days.is_monotonic_increasing
    assert days[-1].date() == datetime.date(2025, 12, 31)


def test_a_path_may_begin_on_any_day():
    """The month that begins on 31 January ends before 28 February, its last day is the 27th."""
    days = step_dates(np.arange(4) / 12, datetime.date(2026, 1, 31))
    assert days.strftime("%Y-%m-%d").tolist() == ["2026-02-27", "2026-03-30", "2026-04-29"]


def test_weeks_are_a_week_apart():
    days = step_dates(np.arange(53) / 52, "2026-01-01")
    assert set(np.diff(days) / np.timedelta64(1, "D")) <= {6.0, 7.0, 8.0}
    assert days[-1] == pd.Timestamp("2026-12-31")


def traced() -> Trace:
    return rk.trace(rk.scenarios.baron(), "hold", paths=[17], seed=1)


def test_the_measures_of_quantstats_are_those_of_the_wealth():
    quantstats = pytest.importorskip("quantstats", reason="quantstats is one of those that take the returns")
    found = traced()
    returns, wealth = found.returns(17), found.wealth[:, 0]
    assert quantstats.stats.max_drawdown(returns) == pytest.approx(-rk.measures.max_drawdown(wealth), rel=1e-9)
    assert quantstats.stats.comp(returns) == pytest.approx(wealth[-1] - 1.0, rel=1e-9)
    assert quantstats.stats.cagr(returns) == pytest.approx(wealth[-1] ** 0.1 - 1.0, rel=1e-9)


def test_the_measures_of_empyrical_are_those_of_the_wealth():
    empyrical = pytest.importorskip("empyrical", reason="empyrical-reloaded is one of those that take the returns")
    found = traced()
    returns, wealth = found.returns(17), found.wealth[:, 0]
    assert empyrical.max_drawdown(returns) == pytest.approx(-rk.measures.max_drawdown(wealth), rel=1e-9)
    assert empyrical.annual_return(returns) == pytest.approx(wealth[-1] ** 0.1 - 1.0, rel=1e-9)
    assert len(empyrical.aggregate_returns(returns, "yearly")) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": 5}, "path must be one of those traced, 3, 17, got 5"),
        ({"path": 3.0}, "path must be a whole number, got 3.0"),
        ({"path": -1}, "path must be >= 0, got -1"),
        ({"start": "soon"}, "start must be a date, such as '2026-01-01', got 'soon'"),
        ({"start": "2026-02-30"}, "start must be a date, .* got '2026-02-30'"),
        ({"start": 2026}, "start must be a date, .* got 2026"),
        ({"start": pd.NaT}, "start must be a date, .* got NaT"),
    ],
)
def test_a_path_that_was_not_traced_and_a_day_that_is_none_are_refused(arguments: dict[str, Any], message: str):
    with pytest.raises(InvalidInput, match=message):
        book().returns(**arguments)
