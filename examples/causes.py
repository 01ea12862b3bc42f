"""How much of the risk is the founder, how much is plain volatility, and what does a cap take away?
=================================================================================================

The founding case under two rules: never sell, and never more than 30 % with the founder. Each source of risk is
switched off in every combination on the same random numbers, which shares out the depth of the falls; and the worst
5 % of final wealth are shared out among the holdings and the persons behind them. Returns, volatilities, correlations
and shocks are assumptions.
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
    print("\nPoints of expected maximum drawdown, by what causes them\n")
    print(side_by_side({rule: 100 * each.sources for rule, each in found.items()}).to_string())
    print("\nWhat is lost in the worst 5 % of final wealth, by the person behind it, in % of the start wealth\n")
    print(side_by_side({rule: 100 * each.founders for rule, each in found.items()}).to_string())
    print("\nAnd how much rides on him at the start: " + f"{case.portfolio.exposure()['Musk']:.0%}.")
    print("± is the standard error, from the number of paths only.")


def side_by_side(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A column a rule, each number with its standard error."""
    columns = {
        rule: frame["contribution"].map("{:.1f}".format) + frame["standard_error"].map(" ±{:.1f}".format)
        for rule, frame in parts.items()
    }
    return pd.DataFrame(columns).rename_axis(None)


if __name__ == "__main__":
    main()
