"""Compare the engine with its slow twin on many random scenarios, such as each night.

Run: ``python tests/fuzz/random_scenarios.py [--count 1000] [--first 1000] [--seconds 3600] [--markets] [--frictions]``.
Prices, wealth, weights, units, accounts, trades and every column of two paths of every rule are compared; the first
scenario that differs is reported with its number, and the exit code is 1. About half a second a scenario. With
``--markets`` the scenarios have tails, clustering, regimes, contagion, returns of the past and uncertain parameters
too, and with few exceptions several of them at once. With ``--frictions`` they have taxes, lots, deaths, windows,
marks, loans, spending, inflation and worthless holdings, in all combinations; these numbers are equal to 1e-9.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import riskkit as rk
from riskkit._core.fraction_bounds import without_bounds

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))


def main() -> int:
    """Compare until all are done, the time is up, or one differs."""
    from friction_scenes import random_friction_scenario
    from scenes import random_scenario
    from twin_check import CLOSE, FRICTIONS, assert_equals_twin, fixed_thresholds

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1000, help="number of the first; the tests have 0 to 59")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--markets", action="store_true", help="markets of every kind")
    parser.add_argument("--frictions", action="store_true", help="every friction")
    options = parser.parse_args()
    until = time.monotonic() + options.seconds
    with fixed_thresholds():
        for number in range(options.first, options.first + options.count):
            if time.monotonic() > until:
                print(f"{number - options.first:,} of {options.count:,} scenarios agree; the time is up")
                return 0
            try:
                scenario = random_friction_scenario(number) if options.frictions else random_scenario(number)
                scenario = in_another_market(scenario, number) if options.markets else scenario
                assert_equals_twin(scenario, [0, 3], FRICTIONS if options.frictions else CLOSE)
            except Exception:
                traceback.print_exc()
                print(f"scenario {number} differs")
                return 1
    print(f"{options.count:,} scenarios agree, numbers {options.first} to {options.first + options.count - 1}")
    return 0


@without_bounds()  # some prices are meant to lose everything
def in_another_market(scenario: rk.Scenario, number: int) -> rk.Scenario:
    """The scenario in a market with more that can happen."""
    draw = np.random.default_rng([2027, number])
    market = scenario.market
    shocks = tuple(unsure(shock, draw) for shock in market.shocks)
    pairs = itertools.product(shocks, repeat=2)
    links = [
        rk.Contagion(one.name, other.name, float(draw.uniform(0.0, 0.3)), delay=float(draw.choice([0.0, 0.1])))
        for one, other in pairs
        if draw.random() < 0.4 and (one is not other or not one.once)
    ]
    if number % 5 == 0:
        past = resampled(list(market.assets), scenario.calendar.steps_per_year, draw)
        return replace(scenario, market=rk.Market(past, shocks=[*shocks, *links], compensate=market.compensate))
    assets = {
        name: rk.Asset(
            rk.Uncertain(asset.expected_return, 0.05, shared="all") if draw.random() < 0.2 else asset.expected_return,
            rk.Uncertain(asset.volatility, 0.1 * asset.volatility)
            if asset.volatility and draw.random() < 0.2
            else asset.volatility,
        )
        for name, asset in market.assets.items()
    }
    tails = [rk.StudentT(float(draw.uniform(2.5, 9.0))), rk.NormalInverseGaussian(float(draw.uniform(1.0, 20.0)))]
    parts = [
        regimes(list(assets), draw),
        rk.Clustered(float(draw.uniform(0.02, 0.5)), float(draw.uniform(0.2, 1.2))),
        tails[int(draw.integers(2))],
    ]
    parts = [part for part in parts if draw.random() < 0.5]
    return replace(
        scenario,
        market=rk.Market(
            assets, market.correlation, shocks=[*shocks, *links], tails=parts, compensate=market.compensate
        ),
    )


def unsure(shock: rk.Shock, draw: np.random.Generator) -> rk.Shock:
    """The shock, sometimes with an uncertain rate."""
    if isinstance(shock.rate, float) and draw.random() < 0.3:
        return replace(shock, rate=rk.Uncertain(shock.rate, 0.3 * shock.rate))
    return shock


def regimes(names: list[str], draw: np.random.Generator) -> rk.Regimes:
    """Two or three regimes that differ in volatility, drift and, one of them, in correlation."""
    count = int(draw.integers(2, 4))
    states = {
        f"regime {n}": rk.Regime(
            {name: float(draw.uniform(0.4, 2.5)) for name in names},
            drift={name: float(draw.normal(0.0, 0.5)) for name in names if draw.random() < 0.5},
            correlation={} if n == 1 else None,
        )
        for n in range(count)
    }
    switching = {one: {other: float(draw.uniform(0.2, 8.0)) for other in states if other != one} for one in states}
    return rk.Regimes(states, switching=switching)


def resampled(names: list[str], steps_per_year: int, draw: np.random.Generator) -> rk.Resampled:
    """Made-up prices of the same frequency as the steps; the last name is cash where there are several."""
    often = {12: "ME", 52: "7D", 252: "B"}[steps_per_year]
    moving, cash = (names[:-1], {names[-1]: 0.02}) if len(names) > 1 else (names, {})
    returns = draw.normal(0.0, 0.03, (60, len(moving)))
    returns += 0.1 / steps_per_year - returns.mean(axis=0)  # 60 days by chance may gain many times 100 % a year
    prices = pd.DataFrame(np.exp(returns.cumsum(axis=0)), pd.date_range("2020-01-01", periods=60, freq=often), moving)
    return rk.Resampled(prices, float(draw.uniform(1.0, 12.0)), cash=cash)


if __name__ == "__main__":
    sys.exit(main())
