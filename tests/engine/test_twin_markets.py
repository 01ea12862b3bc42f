"""Prices of every kind of market equal those of the slow readable twin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scenes import Ageing
from twin_events import events_of
from twin_market import prices_of

import riskkit as rk

#: Rounding only, over some hundred steps.
CLOSE = {"rtol": 1e-11}
SEED = 6
CORRELATION = {"a": {"b": 0.4, "c": -0.2}, "b": {"c": 0.1}}
STORM = {"a": {"b": 0.9, "c": 0.6}, "b": {"c": 0.7}}
REGIMES = rk.Regimes(
    {
        "calm": rk.Regime(0.7, drift=0.1),
        "storm": rk.Regime({"a": 2.5, "b": 3.0}, drift={"a": -2.0, "c": 1.5}, correlation=STORM),
        "slow": rk.Regime(correlation={}),
    },
    switching={"calm": {"storm": 3.0, "slow": 1.0}, "storm": {"calm": 8.0}, "slow": {"calm": 2.0, "storm": 0.5}},
)
SHOCKS = (
    rk.Shock("news", 2.0, {"a": rk.Impact(-0.2, 0.05), "b": 0.1}, together=-0.5, drift_after={"c": 0.02}),
    rk.Shock("exit", 0.4, {"a": rk.Impact(-0.5, 0.1), "c": -0.2}, once=True),
    rk.Shock("crash", Ageing(0.8), {"a": -0.3, "b": rk.Impact(-0.2, 0.05)}),
)
LINKS = (
    rk.Contagion("news", "exit", 0.3, delay=0.1),
    rk.Contagion("exit", "crash", 1.0),
    rk.Contagion("crash", "news", 0.6, delay=0.25),
    rk.Contagion("news", "news", 0.5),
    rk.Contagion("crash", "exit", 0.2),
)


@dataclass(frozen=True)
class Gamma(rk.Tail):
    """A user's own tail."""

    shape: float

    def law(self, dt):
        from scipy.stats import gamma

        return gamma(self.shape, scale=1.0 / self.shape)


def assets(**changes: rk.Asset) -> dict[str, rk.Asset]:
    return {"a": rk.Asset(0.1, 0.5), "b": rk.Asset(0.05, 0.2), "c": rk.Asset(-0.02, 0.3), **changes}


def unsure() -> rk.Market:
    """Everything that can be uncertain, some of it shared."""
    founder = rk.Uncertain(0.1, 0.05, shared="founder")
    shocks = [
        rk.Shock("news", rk.Uncertain(2.0, 0.8), {"a": rk.Impact(rk.Uncertain(-0.2, 0.05), 0.05), "b": 0.1}),
        rk.Shock("exit", rk.Uncertain(0.4, 0.2), {"a": rk.Uncertain(-0.5, 0.1), "c": -0.2}, once=True),
    ]
    return rk.Market(
        assets(a=rk.Asset(founder, rk.Uncertain(0.5, 0.1)), b=rk.Asset(founder, 0.2), c=rk.Asset(0.0, 0.3)),
        CORRELATION,
        shocks=[*shocks, rk.Contagion("news", "exit", 0.3, delay=0.1), rk.Contagion("exit", "news", 0.5)],
        compensate=True,
    )


def past(block: float) -> rk.Resampled:
    """Fifty weeks of three assets whose returns depend on those before, and cash."""
    noise = np.random.default_rng(3).normal(0.0, 0.02, (51, 3))
    returns = noise + 0.6 * np.roll(noise, 1, axis=0)
    weeks = pd.date_range("2020-01-01", periods=51, freq="7D")
    prices = pd.DataFrame(np.exp(returns.cumsum(axis=0)), weeks, ["a", "b", "c"])
    return rk.Resampled(prices, block, expected_return=0.07, cash={"cash": 0.02})


MARKETS = {
    "Student's t": rk.Market(assets(), CORRELATION, tails=rk.StudentT(3)),
    "normal inverse Gaussian": rk.Market(assets(), CORRELATION, tails=rk.NormalInverseGaussian(8)),
    "a user's tail": rk.Market(assets(), CORRELATION, tails=Gamma(0.5)),
    "clustered": rk.Market(assets(), CORRELATION, tails=rk.Clustered(0.1, 0.9)),
    "regimes": rk.Market(assets(cash=rk.Asset(0.02, 0.0)), CORRELATION, tails=REGIMES),
    "tails, clustering, regimes and shocks": rk.Market(
        assets(),
        CORRELATION,
        tails=[REGIMES, rk.Clustered(0.1, 0.9), rk.NormalInverseGaussian(8)],
        shocks=SHOCKS,
        compensate=True,
    ),
    "contagion": rk.Market(assets(), CORRELATION, shocks=[*SHOCKS, *LINKS]),
    "contagion, compensated": rk.Market(assets(), CORRELATION, shocks=[*SHOCKS, *LINKS], compensate=True),
    "uncertain": unsure(),
    "history": rk.Market(past(4.0)),
    "history, drawn row by row": rk.Market(past(1.0)),
    "history with shocks": rk.Market(past(10.0), shocks=[*SHOCKS, *LINKS], compensate=True),
}


def scenario(market: rk.Market, steps_per_year: int) -> rk.Scenario:
    portfolio = rk.Portfolio([rk.Holding(name, 1.0) for name in market.assets])
    return rk.Scenario(portfolio, market, [rk.Hold()], years=2, steps_per_year=steps_per_year)


@pytest.mark.parametrize("kind", MARKETS)
def test_prices_equal_the_twins(kind):
    whole, paths = scenario(MARKETS[kind], 52), [0, 17, 200]
    traced = rk.trace(whole, "hold", paths=paths, seed=SEED)
    for place, path in enumerate(paths):
        expected = [list(prices.values()) for prices in prices_of(whole, path, SEED)]
        np.testing.assert_allclose(traced.prices[:, :, place], expected, **CLOSE, err_msg=f"path {path}")


def test_steps_of_another_length_equal_the_twins():
    market = MARKETS["tails, clustering, regimes and shocks"]
    whole = scenario(market, 12)
    expected = [list(prices.values()) for prices in prices_of(whole, 5, SEED)]
    np.testing.assert_allclose(rk.trace(whole, "hold", paths=[5], seed=SEED).prices[:, :, 0], expected, **CLOSE)


def test_triggered_events_are_those_of_the_twin():
    """Own and triggered events, each at its time; some of both, or the test says nothing."""
    whole = scenario(MARKETS["contagion"], 12)
    events = rk.trace(whole, "hold", paths=range(20), seed=SEED).events
    own = rk.trace(scenario(rk.Market(assets(), shocks=SHOCKS), 12), "hold", paths=range(20), seed=SEED).events
    assert 0 < len(own) < len(events)
    for path in range(20):
        expected = sorted(
            (event.time, name) for name, events in events_of(whole, path, SEED).items() for event in events
        )
        mine = events[events["path"] == path].sort_values(["time", "shock"])
        assert mine["shock"].tolist() == [name for _, name in expected]
        np.testing.assert_allclose(mine["time"], [time for time, _ in expected], rtol=1e-13)
