"""What is a listing worth to a holder who wants out, and what does its lock-up take back?
=======================================================================================

The founding case with SpaceX and xAI unlisted: a tenth may be sold each half year, 5 % below the price. In one case
they are listed after three years, at once free to sell or after a lock-up of half a year. New shares can fall while
insiders are locked: SpaceX, listed as SPCX on 2026-06-12, fell by 46.3 % in 50 days. That such a fall comes within the
half year after the listing has a chance of one in four here. It and all returns, volatilities, correlations, shocks and
tender terms are assumptions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

import riskkit as rk

PATHS, SINGLE_PATHS, SEED = 10_000, 2_000, 1
UNLISTED = ("SpaceX", "xAI")
YEARS, LOCK_UP = 3.0, 0.5
FALL, CHANCE = 0.463, 0.25
TERMS: dict[str, rk.TenderWindows | rk.Listed] = {
    "never listed": rk.TenderWindows(),
    "listed with a lock-up": rk.TenderWindows(until=YEARS, then=rk.Locked(LOCK_UP)),
    "listed without one": rk.TenderWindows(until=YEARS, then=rk.Listed()),
    "listed today": rk.Listed(),
}
PAIRS = (
    ("listed without one", "never listed"),
    ("listed with a lock-up", "listed without one"),
    ("listed today", "listed with a lock-up"),
)
METRICS = ["wealth_median", "wealth_p05", "max_drawdown_mean", "ced95", "founder_weight_end"]


@dataclass(frozen=True)
class Within(rk.Hazard):
    """A hazard rate between two times only, with a given probability of at least one event."""

    start: float
    end: float
    chance: float

    def cumulative(self, t: ArrayLike) -> NDArray[np.float64]:
        passed = np.clip((np.asarray(t) - self.start) / (self.end - self.start), 0.0, 1.0)
        return -math.log(1.0 - self.chance) * passed


def main() -> None:
    print(f"Listed after {YEARS:g} years, lock-up of {LOCK_UP:g} years. In the half year after the listing there is a")
    print(f"chance of {CHANCE:.0%} of a fall of {FALL:.1%} (assumption).")
    print("Expected returns are 8% a year for everything, all shocks included.\n")
    tell_lock_up()
    results = {title: rk.compare(traded(terms), paths=PATHS, seed=SEED) for title, terms in TERMS.items()}
    print("\n'diversify now': sells all founder holdings as soon as possible and buys the diversified ones\n")
    print(cells(results).to_string())
    print("\nPaired differences, mean of the paths\n")
    print(differences(results).to_string())
    print("\nWeight of the founder (share of gross assets, mean of the paths)\n")
    print(weights().to_string())
    print("\nMoney is in multiples of the start. ± is the standard error, from the number of paths only.")


def market() -> rk.Market:
    """The market of the founding case, with the fall after the listing."""
    case = rk.scenarios.baron()
    hazard = Within(YEARS, YEARS + LOCK_UP, CHANCE)
    fall = rk.Shock("fall after the listing", hazard, {"SpaceX": -FALL}, once=True)
    return replace(case.market, shocks=[*case.market.shocks, fall])


def traded(liquidity: rk.TenderWindows | rk.Listed) -> rk.Scenario:
    """The founding case with other terms for SpaceX and xAI."""
    case = rk.scenarios.baron()
    held = [
        replace(holding, liquidity=liquidity) if holding.name in UNLISTED else holding
        for holding in case.portfolio.holdings
    ]
    return replace(case, portfolio=rk.Portfolio(held), market=market(), rules=[rk.DiversifyNow()], baseline=None)


def tell_lock_up() -> None:
    """The maximum drawdown of SpaceX during the lock-up, on single paths."""
    drawn = rk.sample(market(), years=YEARS + LOCK_UP, paths=SINGLE_PATHS, seed=SEED)
    locked = drawn.prices[round(252 * YEARS) :, drawn.names.index("SpaceX")]
    depths = rk.measures.max_drawdown(locked)
    share = float(np.mean(depths >= FALL))
    error = math.sqrt(share * (1.0 - share) / SINGLE_PATHS)
    print(
        f"During the lock-up SpaceX falls by {FALL:.1%} or more from a high on {share:.1%} ±{error:.1%} of the paths;"
    )
    print(f"its median maximum drawdown is {np.median(depths):.1%}.")


def cells(results: dict[str, rk.Comparison]) -> pd.DataFrame:
    """A row for each kind of terms; each number with its standard error."""
    rows = {}
    for title, result in results.items():
        found = [result.estimate("diversify now", metric) for metric in METRICS]
        rows[title] = [f"{each.value:.3f} ±{each.standard_error:.3f}" for each in found]
    return pd.DataFrame.from_dict(rows, orient="index", columns=METRICS)


def differences(results: dict[str, rk.Comparison]) -> pd.DataFrame:
    """Paired differences: the gain of the listing, the loss of the lock-up, the gain of an earlier listing."""
    rows = {}
    for one, other in PAIRS:
        row = {}
        for quantity in ("wealth", "max_drawdown", "cost_paid"):
            mine, theirs = (results[title].values("diversify now", quantity) for title in (one, other))
            row[quantity] = f"{(mine - theirs).mean():+.4f} ±{(mine - theirs).std() / mine.size**0.5:.4f}"
        rows[f"{one} - {other}"] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def weights() -> pd.DataFrame:
    """A row for each kind of terms: the founder weight a month after each date, when all trades are done."""
    years = (0.5, 1.0, 2.0, 3.0, 3.5, 4.0, 9.5)
    rows = {}
    for title, terms in TERMS.items():
        scenario = replace(traded(terms), steps_per_year=12)
        books = rk.trace(scenario, "diversify now", paths=SINGLE_PATHS, seed=SEED)
        tied = np.tensordot(scenario.portfolio.shares(), books.weights, axes=(0, 1))  # (time, path)
        at = [tied[round(12 * year) + 1] for year in years]
        rows[title] = [f"{each.mean():.3f} ±{each.std() / SINGLE_PATHS**0.5:.3f}" for each in at]
    return pd.DataFrame.from_dict(rows, orient="index", columns=[f"{year:g} years" for year in years])


if __name__ == "__main__":
    main()
