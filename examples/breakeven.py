"""What would have to be true for never selling to be the right choice?
====================================================================

The founding case with no view: never sell, sell now, or cap at 30 %. At which expected return of the founder's
companies does never selling tie with the cap, by median growth and by drawdown? Then a grid of the two assumptions that
holders debate, the expected return and the rate of the founder's exit. Monthly steps give the same law of final wealth
as daily ones, faster. Returns, volatilities, correlations and shocks are assumptions.
"""

from __future__ import annotations

from dataclasses import replace

import riskkit as rk

PATHS, SEED = 4_000, 1
RULES = ["hold", "diversify now", "cap 30 %"]
GRID = {"expected_return:Musk": [0.08, 0.14, 0.20, 0.26], "rate:founder exit": [0.0, 0.02, 0.05]}


def main() -> None:
    whole = rk.scenarios.baron()
    chosen = [rule for rule in whole.rules if rule.name in RULES]
    case = replace(whole, rules=chosen, steps_per_year=12)
    for metric in ("growth_median", "ced95"):
        found = rk.breakeven(
            case, "hold", "cap 30 %", vary="expected_return:Musk", metric=metric, paths=PATHS, seed=SEED
        )
        print(found)
    print("\nThe rule whose median grows fastest, by both assumptions\n")
    table = rk.sweep(case, GRID, metric="growth_median", paths=PATHS, seed=SEED)
    best = table["growth_median"].unstack("rule").idxmax(axis=1).unstack("rate:founder exit")
    print(best.to_string())
    error = 100 * table["standard_error"].max()
    print(f"\n{table.attrs['runs']} runs of {PATHS:,} paths; no standard error exceeds {error:.1f} points of growth.")
    print("Expected returns include the exit, so its rate does not change the mean, only the median.")


if __name__ == "__main__":
    main()
