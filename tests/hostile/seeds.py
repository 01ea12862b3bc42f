"""Small valid files for every reader, as seeds of hostile files, with most features of each form."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from file_seeds import HOLDING_FRAMES, HOLDINGS, NPORTS, PRICE_FRAMES, PRICES

import riskkit as rk
from riskkit.cli import commands
from riskkit.engine.outcomes import COLUMNS, Outcomes
from riskkit.market.hazards._scaled import ScaledHazard
from riskkit.market.history._replayed import Replayed

__all__ = ["scenarios", "sound_cases", "sound_result"]


class Own(rk.Rule):
    """A user's own rule, which a saved result stores as a StoredRule."""

    def decide(self, view, state):
        return None, state


def scenarios() -> list[rk.Scenario]:
    """Between them every class that a file can hold."""
    return [_busy(), _resampled(), _replayed(), rk.scenarios.baron()]


def _busy() -> rk.Scenario:
    windows = rk.TenderWindows((3, 9), 0.25, until=2.5, then=rk.Listed())
    portfolio = rk.Portfolio(
        [
            rk.Holding("TSLA", 40, founder="Ann", cost=[rk.Lot(30, 3), rk.Lot(10, 12)], method="hifo"),
            rk.Holding("X", 24, founder={"Ann": 0.7}, liquidity=windows, marks=rk.Marks(6)),
            rk.Holding("Y", 6, founder="Ann", cost=2.0, liquidity=rk.Locked(2.0, then=windows)),
            rk.Holding("Rest", 35, liquidity=rk.Listed(0.5)),
        ],
        loan=rk.Loan(10.0, 0.04, 0.5),
    )
    unsure = rk.Uncertain(0.08, 0.02, shared="all")
    assets = {
        "TSLA": rk.Asset(unsure, 0.5), "X": rk.Asset(0.1, rk.Uncertain(0.6, 0.1)), "Y": rk.Asset(0.0, 0.7),
        "Rest": rk.Asset(0.06, 0.16),
    }  # fmt: skip
    news = rk.Shock("news", 1.0, {"TSLA": rk.Impact(0.0, 0.1), "X": 0.05}, together=0.3, drift_after={"Rest": -0.01})
    scaled = ScaledHazard(0.5, rk.Mortality(54, "male")) + 0.02
    mortal = rk.founder_exit(portfolio, "Ann", scaled, rk.Impact(-0.5, 0.1))
    autumn = rk.Shock("autumn", rk.Seasonal(1.0, 0.5, 0.75), {"Rest": -0.1}, once=True)
    unsure_rate = rk.Shock("unsure", rk.Uncertain(0.2, 0.1), {"Y": rk.Uncertain(-0.3, 0.1)})
    link = rk.Contagion("founder exit", "news", 0.5, delay=0.1)
    regimes = rk.Regimes(
        {"calm": rk.Regime(0.7), "storm": rk.Regime(2.0, correlation={"TSLA": {"Rest": 0.9}})},
        switching={"calm": {"storm": 0.5}, "storm": {"calm": 4.0}},
    )
    market = rk.Market(
        assets, {"TSLA": {"X": 0.4, "Rest": 0.5}},
        shocks=[news, mortal, autumn, unsure_rate, link], tails=[rk.StudentT(4), regimes], compensate=True,
    )  # fmt: skip
    every = [
        rk.Hold(), rk.DiversifyNow(), rk.Rebalance(3), rk.Band(0.05, to="edge"), rk.Cap(0.4, to=0.3), rk.Trim(0.5, 2),
        rk.TakeProfit(2.0, 0.3), rk.SellLast(after=rk.Trim(1.0, 1.0)), rk.DrawdownControl(0.4), rk.BuyDips(0.2, 0.05),
        rk.CPPI(0.5, 2.0),
        rk.Hedged(rk.Cap(0.3), [rk.Collar("TSLA", 0.9, share=0.4), rk.ExchangeFund("TSLA", "Rest", share=0.1)]),
        rk.Hedged(rk.Hold(), rk.PrepaidForward("TSLA", 0.9, 1.2, into={"Rest": 1.0}, pricing=rk.OptionPricing(0.5))),
        rk.SellDown({"TSLA": [0.5, 0.1]}, {"Rest": 1.0}, {"TSLA": [0.6, 0.2]}, {"TSLA": [[0.5, 1.0, 2.0]] * 2}),
    ]  # fmt: skip
    flows = [rk.Deposit(1.0, "Rest"), rk.Vesting("TSLA", 4, 2, until="founder exit")]
    frictions = rk.Frictions(
        {"X": 0.02}, tax=rk.CapitalGains(0.238), spending=rk.Spending(0.01), death=0.02, flows=flows
    )
    return rk.Scenario(
        portfolio, market, every, frictions=frictions, years=3, steps_per_year=12, goal=2.0, inflation=0.02,
        baseline="hold", forced={"founder exit": 1.5},
    )  # fmt: skip


def _months() -> pd.DataFrame:
    drawn = np.random.default_rng(1).normal(0.01, 0.05, (25, 2))
    return pd.DataFrame(
        np.exp(drawn.cumsum(axis=0)).round(4), pd.date_range("2020-01-31", periods=25, freq="ME"), ["a", "b"]
    )


def _resampled() -> rk.Scenario:
    past = rk.Resampled(_months(), 3.0, expected_return={"a": 0.1, "b": 0.05}, cash={"cash": 0.02})
    market = rk.Market(past, shocks=rk.Shock("crash", 0.2, {"a": -0.3}))
    portfolio = rk.Portfolio([rk.Holding(name, 1.0) for name in ("a", "b", "cash")])
    return rk.Scenario(portfolio, market, [rk.Hold(), rk.Rebalance(1)], years=2, steps_per_year=12)


def _replayed() -> rk.Scenario:
    portfolio = rk.Portfolio([rk.Holding("a", 1.0), rk.Holding("b", 2.0)])
    return rk.Scenario(portfolio, rk.Market(Replayed(_months())), [rk.Hold()], years=1, steps_per_year=12)


def _clustered() -> rk.Scenario:
    """Clustering and the other tail, and a rule that is not in files."""
    portfolio = rk.Portfolio([rk.Holding("TSLA", 40, founder="Ann"), rk.Holding("Rest", 60)])
    market = rk.Market(
        {"TSLA": rk.Asset(rk.Uncertain(0.08, 0.02), 0.57), "Rest": rk.Asset(0.08, 0.16)},
        tails=[rk.Clustered(0.1, 0.9), rk.NormalInverseGaussian(8)],
    )
    return rk.Scenario(portfolio, market, [rk.Hold(), Own(name="own 0.5")], years=2, steps_per_year=12)


def _hedged() -> rk.Scenario:
    """An instrument, money that leaves, and tax that is paid in the next year, each with columns of its own."""
    portfolio = rk.Portfolio([rk.Holding("TSLA", 40, founder="Ann"), rk.Holding("Rest", 60)])
    market = rk.Market({"TSLA": rk.Asset(0.08, 0.57), "Rest": rk.Asset(0.08, 0.16)})
    rules = [rk.Hold(), rk.Hedged(rk.Hold(), rk.Put("TSLA", 0.9, pricing=rk.OptionPricing(0.6)))]
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2, paid="next april"), spending=rk.Spending(0.02))
    return rk.Scenario(portfolio, market, rules, frictions=frictions, years=2, steps_per_year=12)


def sound_result() -> dict[str, bytes]:
    """A saved result of ten made-up paths."""
    scenario = rk.Scenario(
        rk.Portfolio([rk.Holding("TSLA", 40, founder="Ann"), rk.Holding("Rest", 60)]),
        rk.Market(
            {"TSLA": rk.Asset(0.08, 0.57), "Rest": rk.Asset(0.08, 0.16)},
            shocks=rk.Shock("exit", 0.1, {"TSLA": -0.5}, once=True),
        ),
        [rk.Hold(), rk.Rebalance(12)],
        years=2,
    )
    return _saved(scenario)


def _saved(scenario: rk.Scenario, **drawing: Any) -> dict[str, bytes]:
    drawn = np.random.default_rng(0)
    rules, shocks = len(scenario.rules), [shock.name for shock in scenario.market.shocks]
    columns = {name: drawn.uniform(0.1, 0.9, (rules, 10)) for name in COLUMNS}
    thresholds = np.sort(drawn.uniform(size=(rules, 4)), axis=1)
    columns |= {f"excess_{n + 1}": np.maximum(columns["ulcer"] - thresholds[:, [n]], 0.0) for n in range(4)}
    outcomes = Outcomes(
        columns=columns,
        path_weights=np.full(10, 0.1),
        thresholds=thresholds,
        event_counts={name: drawn.integers(0, 2, 10) for name in shocks},
        hazards={name: drawn.uniform(size=10) for name in shocks},
        holdings={"TSLA": drawn.integers(0, 2, 10).astype(float)},
        **drawing,
    )
    with tempfile.TemporaryDirectory() as folder:
        rk.Comparison(scenario, outcomes, seed=1, notes={"version": "0"}).save(folder)
        return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


def sound_cases() -> dict[str, list[dict[str, bytes]]]:
    """Reader → sound cases."""
    with tempfile.TemporaryDirectory() as folder:
        tomls = []
        for scenario in scenarios():
            scenario.save(Path(folder) / "scenario.toml")
            tomls.append((Path(folder) / "scenario.toml").read_bytes())
    tomls.append(Path(commands.__file__).with_name("new.toml").read_bytes())
    strata = _saved(_clustered(), stratum=np.arange(10) // 4, group=2, sequential=True)
    return {
        "scenario": [{"scenario.toml": content} for content in tomls],
        "prices": [{"prices.csv": content} for content in PRICES],
        "price_frame": [{"frame.csv": content} for content in PRICE_FRAMES],
        "holdings": [{"holdings.csv": content} for content in HOLDINGS],
        "holding_frame": [{"frame.csv": content} for content in HOLDING_FRAMES],
        "nport": [{"primary_doc.xml": content} for content in NPORTS],
        "result": [sound_result(), strata, _saved(_hedged())],
    }
