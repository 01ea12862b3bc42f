"""Print the time of richer markets as ratios to job J in one process.

Run: ``python tests/benchmarks/markets.py [--paths 16384]``.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import job
import numpy as np
import pandas as pd

import riskkit as rk


def history() -> rk.Resampled:
    """Ten years of made-up days of the six assets, to draw from."""
    days = pd.bdate_range("2014-01-01", periods=2610)
    moves = np.random.default_rng(0).normal(0.0, 0.01, (len(days), len(job.NAMES))).cumsum(axis=0)
    return rk.Resampled(pd.DataFrame(np.exp(moves), days, list(job.NAMES)), block=20)


def main() -> None:
    """Run every benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=16384)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    plain = job.job()
    storm = rk.Regime(
        2.5, correlation={name: dict.fromkeys(job.NAMES[:index], 0.7) for index, name in enumerate(job.NAMES)}
    )
    switching = {"calm": {"storm": 0.5}, "storm": {"calm": 4.0}}
    regimes = rk.Regimes({"calm": rk.Regime(0.7), "storm": storm}, switching=switching)
    wobble = rk.Uncertain(0.08, 0.03, shared="founder")
    unsure = {name: replace(asset, expected_return=wobble) for name, asset in plain.market.assets.items()}
    markets = {
        "StudentT": (replace(plain.market, tails=rk.StudentT(4)), 1.5),
        "NormalInverseGaussian": (replace(plain.market, tails=rk.NormalInverseGaussian(8)), 1.5),
        "Clustered": (replace(plain.market, tails=rk.Clustered(0.2, 0.8)), 1.5),
        "Regimes, own correlation": (replace(plain.market, tails=regimes), 1.6),
        "NIG, Clustered and Regimes": (
            replace(plain.market, tails=[rk.NormalInverseGaussian(8), rk.Clustered(0.2, 0.8), regimes]), 2.0,
        ),
        "Resampled": (rk.Market(history(), shocks=plain.market.shocks), 1.0),
        "Uncertain": (replace(plain.market, assets=unsure), 1.05),
    }  # fmt: skip
    for name, (market, bound) in markets.items():
        rich = replace(plain, market=market)

        def run(scenario: rk.Scenario) -> None:
            rk.compare(scenario, paths=options.paths, seed=1, workers=1, progress=False).table()

        found = job.ratios(lambda rich=rich: run(rich), {"J": lambda: job.seconds(lambda: run(plain))}, options.rounds)
        print(f"{name:<30} {found['J']:5.2f} x J (bound {bound:g})")


if __name__ == "__main__":
    main()
