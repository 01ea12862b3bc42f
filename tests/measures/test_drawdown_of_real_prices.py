"""Tesla and the index: figures that were found by two independent routes, in percent to three decimals."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from riskkit.measures import (
    average_drawdown,
    cdar,
    drawdown_table,
    expected_shortfall,
    max_drawdown,
    ulcer_index,
    var,
)


@pytest.fixture(scope="module")
def closes(data: Path) -> pd.DataFrame:
    return pd.read_csv(data / "tsla_spy_daily.csv", index_col="date", parse_dates=True)


def _percent(value: float) -> float:
    return round(100.0 * value, 3)


def test_drawdowns_of_tesla(closes: pd.DataFrame) -> None:
    assert len(closes) == 4062
    found = {
        "max": _percent(max_drawdown(closes)["TSLA"]),
        "average": _percent(average_drawdown(closes["TSLA"])),
        "ulcer": _percent(ulcer_index(closes["TSLA"])),
        "cdar90": _percent(cdar(closes["TSLA"], 0.90)),
        "cdar95": _percent(cdar(closes["TSLA"], 0.95)),
    }
    assert found == {"max": 73.632, "average": 22.751, "ulcer": 27.396, "cdar90": 53.745, "cdar95": 58.522}


def test_drawdowns_of_the_index(closes: pd.DataFrame) -> None:
    assert _percent(cdar(closes, 0.95)["SPY"]) == 18.911
    assert _percent(average_drawdown(closes)["SPY"]) == 3.637
    assert _percent(ulcer_index(closes)["SPY"]) == 6.185


def test_daily_tails(closes: pd.DataFrame) -> None:
    losses = -closes.pct_change().iloc[1:]
    assert _percent(var(losses, 0.95)["TSLA"]) == 5.129
    assert _percent(expected_shortfall(losses, 0.95)["TSLA"]) == 7.840
    assert _percent(expected_shortfall(losses["TSLA"], 0.99)) == 12.692
    assert _percent(expected_shortfall(losses, 0.95)["SPY"]) == 2.573


def test_dates_of_the_deepest_drawdown_of_tesla(closes: pd.DataFrame) -> None:
    """2021-11-04 -> 2023-01-03 are 425 days, on to 2024-12-11 708 more."""
    deepest = drawdown_table(closes["TSLA"]).iloc[0]
    dates = pd.to_datetime(["2021-11-04", "2023-01-03", "2024-12-11"])
    assert deepest[["peak", "trough", "recovery"]].tolist() == list(dates)
    assert deepest[["length", "to_trough", "to_recovery"]].tolist() == [1133.0, 425.0, 708.0]


def test_dates_of_the_deepest_drawdown_of_the_index(data: Path) -> None:
    prices = pd.read_csv(data / "spy_daily.csv", index_col="date", parse_dates=True).iloc[:, 0]
    deepest = drawdown_table(prices).iloc[0]
    assert _percent(deepest["depth"]) == 55.189
    assert deepest["peak"] == pd.Timestamp("2007-10-09")
    assert deepest["trough"] == pd.Timestamp("2009-03-09")
    assert deepest["recovery"] == pd.Timestamp("2012-08-16")
