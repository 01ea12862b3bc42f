"""How long does a two-year sell-down take when part of it can be sold only in tender windows?
===========================================================================================

The founding case, with all of SpaceX and xAI unlisted: twice a year a tenth of the units can be sold, 5 % below the
price, and the price is marked only twice a year. What does the waiting cost, what does the discount cost, and how far
is the reported drawdown from the true one? Returns, volatilities, correlations, shocks, tender terms and marks are
assumptions.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

import riskkit as rk

PATHS, TRACED, SEED = 10_000, 1_000, 1
UNLISTED = ("SpaceX", "xAI")
WINDOWS = rk.TenderWindows(months=(6, 12), limit=0.10, discount=0.05)
TERMS: dict[str, rk.TenderWindows | rk.Listed] = {
    "listed": rk.Listed(),
    "tenders, no discount": replace(WINDOWS, discount=0.0),
    "tenders, 5 % discount": WINDOWS,
}
RULES = [rk.Hold(), rk.Trim(1.0, years=2, name="trim in two years")]
METRICS = ["wealth_median", "wealth_p05", "max_drawdown_mean", "reported_max_drawdown_mean", "founder_weight_end"]


def main() -> None:
    print("How long does it take?\n")
    tell_units()
    print("\nWeight of the founder (share of gross assets, mean of the paths) after so many years\n")
    print(weights_over_time().to_string())
    results = {title: rk.compare(traded(terms), paths=PATHS, seed=SEED) for title, terms in TERMS.items()}
    for title, result in results.items():
        print(f"\nSpaceX and xAI {title}\n")
        print(cells(result).to_string())
    print("\nTrim in two years, tender windows minus listed, paired path by path: final wealth and maximum drawdown\n")
    print(costs(results).to_string())
    print_gap(results["tenders, 5 % discount"])
    print("\nMoney is in multiples of the start. ± is the standard error, from the number of paths only.")


def traded(liquidity: rk.TenderWindows | rk.Listed) -> rk.Scenario:
    """The founding case with other terms for unlisted holdings."""
    case = rk.scenarios.baron()
    marks = None if liquidity == rk.Listed() else rk.Marks(every=6)
    held = [
        replace(holding, liquidity=liquidity, marks=marks) if holding.name in UNLISTED else holding
        for holding in case.portfolio.holdings
    ]
    return replace(case, portfolio=rk.Portfolio(held), rules=RULES)


def tell_units() -> None:
    """Units left of SpaceX in the trace, the same on every path, and by hand."""
    books = rk.trace(traded(WINDOWS), "trim in two years", paths=1, seed=SEED)
    place = books.names.index("SpaceX")
    units = books.weights[:, place, 0] * books.wealth[:, 0] / books.prices[:, place, 0]
    left = units / units[0]
    windows = int(np.count_nonzero(np.diff(left) < -1e-9))
    print(f"{windows} windows in ten years; the last day has none. Units of SpaceX left in the end {left[-1]:.1%},")
    print(f"by hand 0.9^{windows} = {0.9**windows:.1%}; after two years {left[505]:.1%}, by hand 0.9^4 = {0.9**4:.1%}.")
    half = np.argmax(left < 0.5) / 252
    print(f"Half of it is sold after {half:.1f} years. TSLA, which is listed, is sold out after two.")


def weights_over_time() -> pd.DataFrame:
    """A row for each kind of terms, a column for each year."""
    years = (0, 1, 2, 3, 5, 7, 10)
    rows = {}
    for title in ("listed", "tenders, 5 % discount"):
        scenario = replace(traded(TERMS[title]), steps_per_year=12)
        books = rk.trace(scenario, "trim in two years", paths=TRACED, seed=SEED)
        tied = np.tensordot(scenario.portfolio.shares(), books.weights, axes=(0, 1))  # (time, path)
        # Weights are those before the step's trades: a month later the trades of the year's end are in.
        at = [tied[min(12 * year + 1, len(tied) - 1) if year else 0] for year in years]
        rows[title] = [f"{each.mean():.3f} ±{each.std() / TRACED**0.5:.3f}" for each in at]
    return pd.DataFrame.from_dict(rows, orient="index", columns=[f"{year} years" for year in years])


def cells(result: rk.Comparison) -> pd.DataFrame:
    """A row for each rule; each number with its standard error."""
    rows = {}
    for rule in result.scenario.names:
        found = [result.estimate(rule, metric) for metric in METRICS]
        rows[rule] = [f"{each.value:.3f} ±{each.standard_error:.3f}" for each in found]
    return pd.DataFrame.from_dict(rows, orient="index", columns=METRICS)


def costs(results: dict[str, rk.Comparison]) -> pd.DataFrame:
    """Paired differences to listed holdings, and trading costs including the discount."""
    rows = {}
    for title in list(TERMS)[1:]:
        row = {}
        for quantity in ("wealth", "max_drawdown", "cost_paid"):
            mine, free = (results[each].values("trim in two years", quantity) for each in (title, "listed"))
            row[quantity] = f"{(mine - free).mean():+.4f} ±{(mine - free).std() / mine.size**0.5:.4f}"
        rows[title] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def print_gap(result: rk.Comparison) -> None:
    """The difference of the true and the reported maximum drawdown."""
    print("\nTrue minus reported maximum drawdown, paired path by path\n")
    for rule in result.scenario.names:
        gap = result.values(rule, "max_drawdown") - result.values(rule, "reported_max_drawdown")
        print(
            f"  {rule:<18} {gap.mean():+.3f} ±{gap.std() / gap.size**0.5:.3f} on average, "
            f"more than 0.05 on {np.mean(gap > 0.05):.0%} of the paths"
        )


if __name__ == "__main__":
    main()
