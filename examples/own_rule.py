"""Does a rule of my own do better than those that come with riskkit?
==================================================================

A rule decides its target weights on its own dates (each month by default). It sees a view: arrays over many paths at
once, and nothing of the future.

Most used are

- ``view.weights``, ``view.price``, ``view.units`` (asset, path): shares of gross assets; prices and units from 1;
- ``view.wealth``, ``view.peak``, ``view.drawdown`` (path): in multiples of the start; the fraction lost from the peak;
- ``view.events[shock]`` (path): number of events of a shock so far;
- ``view.founder_share()`` (asset) and ``view.founder_weight()`` (path): share and weight tied to a founder;
- ``view.time`` (years), ``view.names``, ``view.portfolio``.

The answer is the wanted weights (asset, path), each path with sum 1; a path whose answer equals its weights does not
trade. What a rule must remember it returns as its state, and gets back the next time. Every function here is plain
NumPy. A rule that needs no memory can be a plain function of the view.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import riskkit as rk

PATHS, SEED = 10_000, 1


class SellIntoStrength(rk.Rule):
    """Each time a founder holding has doubled since its last sale, sell a quarter of it: a repeated `TakeProfit`."""

    multiple: float = 2.0
    fraction: float = 0.25

    def decide(self, view: rk.View, state: Any) -> tuple[np.ndarray, Any]:
        tied = view.founder_share() > 0.0
        mark = np.ones_like(view.price) if state is None else state
        due = tied[:, None] & (view.price >= self.multiple * mark)
        remaining = np.where(due, (1.0 - self.fraction) * view.weights, view.weights)
        return into_the_rest(remaining, tied), np.where(due, view.price, mark)


def leave_with_him(view: rk.View) -> np.ndarray:
    """Bet on the founder: after the exit, sell all founder holdings."""
    tied = view.founder_share() > 0.0
    gone = tied[:, None] & (view.events["founder exit"] > 0)
    return into_the_rest(np.where(gone, 0.0, view.weights), tied)


def into_the_rest(remaining: np.ndarray, tied: np.ndarray) -> np.ndarray:
    """Distribute the rest to 1 over the holdings without a founder, pro rata."""
    rest = np.where(tied[:, None], 0.0, remaining)
    return remaining + (1.0 - remaining.sum(axis=0)) * rest / rest.sum(axis=0)


def main() -> None:
    rules = [
        rk.Hold(),
        rk.DiversifyNow(),
        rk.TakeProfit(multiple=2.0, fraction=0.25),
        SellIntoStrength(),
        SellIntoStrength(multiple=1.5, name="sell into strength, early"),
        rk.rule(leave_with_him),
    ]
    result = rk.compare(replace(rk.scenarios.baron(), rules=rules), paths=PATHS, seed=SEED)
    print(result)
    print("\nFinal wealth, each rule of our own minus 'take profit', median, paired path by path:\n")
    differences = result.differences(baseline="take profit", metrics="wealth_median").droplevel("metric")
    for name in ("sell into strength", "sell into strength, early", "leave with him"):
        row = differences.loc[name]
        verdict = "better" if row["low"] > 0.0 else "worse" if row["high"] < 0.0 else "too close to tell"
        print(f"  {name:<26} {row['difference']:+.3f} ± {row['standard_error']:.3f}  ({verdict})")
    print("\nReturns and shocks are assumptions; ± is the standard error, from the number of paths only.")


if __name__ == "__main__":
    main()
