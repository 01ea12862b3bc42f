"""An event that is forced happens then, on every path, and changes nothing else."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput

YEARS, LOSS, GROWTH = 3, -0.4, 0.05


def scenario(*, volatility: float = 0.3, once: bool = True, compensate: bool = False) -> rk.Scenario:
    portfolio = rk.Portfolio([rk.Holding("A", 1.0, founder="Ann")])
    shocks = [rk.Shock("exit", 0.2, {"A": LOSS}, once=once), rk.Shock("crash", 0.3, {"A": rk.Impact(-0.2, 0.05)})]
    market = rk.Market({"A": rk.Asset(GROWTH, volatility)}, shocks=shocks, compensate=compensate)
    return rk.Scenario(portfolio, market, [rk.Hold()], years=YEARS, steps_per_year=12)


def prices(case: rk.Scenario, paths: int = 200) -> np.ndarray:
    return rk.trace(case, "hold", paths=paths, seed=1).prices[:, 0]


@pytest.mark.parametrize("once", [True, False])
@pytest.mark.parametrize("compensate", [True, False])
def test_price_against_the_formula(once: bool, compensate: bool):
    """Without volatility and with no other event, S_t = (1 + m)^t, times 0.6 from one year on; where the risk is
    compensated, times exp(0.2 * 0.4 t), up to the event if the shock happens once. Month 12 is where it shows."""
    case = scenario(volatility=0.0, once=once, compensate=compensate).with_event("exit", year=1.0)
    shocks = [shock for shock in case.market.shocks if shock.name == "exit"]
    case = replace(case, market=replace(case.market, shocks=shocks))
    t = np.arange(12 * YEARS + 1) / 12
    expected = (1 + GROWTH) ** t * np.where(t >= 1.0, 1 + LOSS, 1.0)
    if compensate:
        expected *= np.exp(-0.2 * LOSS * (np.minimum(t, 1.0) if once else t))
    np.testing.assert_allclose(prices(case), np.repeat(expected[:, None], 200, axis=1), rtol=1e-12)


def test_all_else_stays_as_it_was_path_by_path():
    """Where the exit did not happen by itself, the forced path is the free one, times 0.6 from the event on."""
    free, forced = scenario(), scenario().with_event("exit", year=1.5)
    one, other = prices(free), prices(forced)
    untouched = rk.compare(free, paths=200, seed=1).outcomes.event_counts["exit"] == 0
    assert 0 < untouched.sum() < 200
    factor = np.where(np.arange(12 * YEARS + 1) >= 18, 1 + LOSS, 1.0)[:, None]
    np.testing.assert_allclose(other[:, untouched], (one * factor)[:, untouched], rtol=1e-12)


def test_every_path_has_the_event_once_and_other_shocks_as_before():
    free = rk.compare(scenario(once=False), paths=2000, seed=3).outcomes
    forced = rk.compare(scenario(once=False).with_event("exit", year=0.1), paths=2000, seed=3).outcomes
    assert (forced.event_counts["exit"] == 1).all()
    np.testing.assert_array_equal(forced.event_counts["crash"], free.event_counts["crash"])


def test_events_add_up_and_the_last_word_counts():
    case = scenario().with_event("exit", year=1).with_event("crash", year=2.5).with_event("exit", year=2)
    assert case.forced == {"exit": 2.0, "crash": 2.5}
    assert pickle.loads(pickle.dumps(case)) == case
    assert hash(case) == hash(scenario().with_event("crash", year=2.5).with_event("exit", year=2.0))
    assert case != scenario()
    assert case.assumptions()[-3:-1] == [
        "exit is forced: on every path it happens after 2 years, and at no other time.",
        "crash is forced: on every path it happens after 2.5 years, and at no other time.",
    ]


@pytest.mark.parametrize(
    ("name", "year", "message"),
    [
        ("exot", 1.0, r"forced event must name one of 'exit', 'crash', got 'exot' \(did you mean 'exit'\?\)"),
        ("exit", 0.0, "forced event 'exit': year must be > 0 and <= 3, got 0.0"),
        ("exit", 3.1, "forced event 'exit': year must be > 0 and <= 3, got 3.1"),
        ("exit", "soon", "forced event 'exit': year must be a number, got 'soon'"),
    ],
)
def test_bad_forced_events_are_refused(name: str, year: object, message: str):
    with pytest.raises(InvalidInput, match=message):
        scenario().with_event(name, year=year)


def test_forced_must_be_a_mapping():
    with pytest.raises(InvalidInput, match=r"forced must be a mapping \{shock: year\}, got 'exit'"):
        rk.Scenario(scenario().portfolio, scenario().market, [rk.Hold()], forced="exit")
