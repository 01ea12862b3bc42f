"""How much of the risk is the founder, how much is plain volatility, and what does a cap take away?
=================================================================================================

The founding case under two rules: never sell, and never more than 30 % with the founder. Shapley values attribute the
mean maximum drawdown to risk factors, each switched off in every combination on the same random numbers. The mean of
the worst 5 % of final wealth is attributed to holdings and founders. Returns, volatilities, correlations and shocks are
assumptions.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

import riskkit as rk

PATHS, SEED = 4_000, 1
RULES = ["hold", "cap 30 %"]


def main() -> None:
    case = replace(rk.scenarios.baron(), steps_per_year=52)
    found = {rule: rk.attribution(case, rule, "max_drawdown_mean", paths=PATHS, seed=SEED) for rule in RULES}
    for each in found.values():
        print(each.sentence())
    print("\nAttribution of the mean maximum drawdown, in points\n")
    print(side_by_side({rule: 100 * each.sources for rule, each in found.items()}).to_string())
    print("\nLoss in the worst 5 % of final wealth by founder, in % of the start wealth\n")
    print(side_by_side({rule: 100 * each.founders for rule, each in found.items()}).to_string())
    print("\nAnd how much rides on him at the start: " + f"{case.portfolio.exposure()['Musk']:.0%}.")
    print("± is the standard error, from the number of paths only.")


def side_by_side(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A column for each rule; each number with its standard error."""
    columns = {
        rule: frame["contribution"].map("{:.1f}".format) + frame["standard_error"].map(" ±{:.1f}".format)
        for rule, frame in parts.items()
    }
    return pd.DataFrame(columns).rename_axis(None)


if __name__ == "__main__":
    main()
