"""How do I get from the positions of my broker and a file of prices to a comparison of rules?
===========================================================================================

Two files in a folder: ``holdings.csv`` with the positions, and ``prices.csv`` with a column of prices for each. The
founder of a holding, the expected return and the founder's exit are assumptions of yours: no file has them. Cash has no
prices; the market gets it by name.

::

    python examples/own_files.py [FOLDER]

Without a folder the files are made up: 500 days of three companies, two of them run by the same person.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import riskkit as rk

FOUNDERS = {"ACME": "Ann", "BOLT": "Ann"}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else made_up(Path(tempfile.mkdtemp()))
    portfolio = rk.read.holdings(folder / "holdings.csv", founders=FOUNDERS)
    prices = rk.read.prices(folder / "prices.csv")
    print(f"{portfolio}\n\n{rk.concentration(portfolio, by='founder')}\n")
    fitted = rk.fit(prices, expected_return=0.07).with_cash("CASH", 0.03)
    exit_ = rk.founder_exit(portfolio, "Ann", rate=0.02, impact=-0.5)
    market = replace(fitted, shocks=[exit_], compensate=True)
    scenario = rk.Scenario(portfolio, market, [rk.Hold(), rk.Cap(0.3), rk.DiversifyNow()], goal=2.0)
    print(rk.compare(scenario, paths=4_000, seed=1))


def made_up(folder: Path) -> Path:
    """Write the two files; prices move by 2.5, 2 and 1 % a day, with a common 0.7 %."""
    held = {"ticker": ["ACME", "BOLT", "WIDE", "CASH"], "value": [400, 250, 300, 50], "cost": [40, 100, 250, 50]}
    pd.DataFrame(held).to_csv(folder / "holdings.csv", index=False)
    rng = np.random.default_rng(7)
    moves = rng.normal(0.0, [0.025, 0.02, 0.01], (500, 3)) + rng.normal(0.0, 0.007, (500, 1))
    dates = pd.bdate_range("2024-01-02", periods=500, name="date")
    prices = pd.DataFrame(100.0 * np.exp(moves.cumsum(axis=0)), dates, ["ACME", "BOLT", "WIDE"])
    prices.round(4).to_csv(folder / "prices.csv")
    return folder


if __name__ == "__main__":
    main()
