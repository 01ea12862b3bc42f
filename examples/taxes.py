"""Which rule is best once selling is taxed, and what does it matter whether the tax is ever paid?
===============================================================================================

Everything in the founding case was bought long ago, for 10 % of its value today, and a sale pays 23.8 % of its gain.
Four endings: no tax; everything is sold and taxed at the end; the heirs' purchase cost is stepped up at the end, so
unsold holdings are never taxed; or death, and with it the step-up, comes at random before the end.
Returns, volatilities, correlations, shocks, purchase cost and the rate of death are assumptions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

import riskkit as rk

PATHS, SEED = 20_000, 1
BASIS, TAX_RATE, DEATH_RATE = 0.10, 0.238, 0.04
BELIEF = 0.1746
BELIEFS = (0.08, 0.12, 0.14, 0.16, BELIEF)
METRICS = ["wealth_median", "wealth_mean", "certainty_equivalent", "goal_probability", "max_drawdown_median"]

ENDINGS: dict[str, dict[str, Any]] = {
    "no tax": {},
    "sell": {"tax": rk.CapitalGains(TAX_RATE, at_end="sell")},
    "step_up": {"tax": rk.CapitalGains(TAX_RATE, at_end="step_up")},
    "random death": {"tax": rk.CapitalGains(TAX_RATE, at_end="sell"), "death": DEATH_RATE},
}


def main() -> None:
    print(
        f"Every holding was bought for {BASIS:.0%} of its value; a sale pays {TAX_RATE:.1%} of its gain (assumptions)."
    )
    print("sell: after ten years all gains are taxed. step_up: then none is.")
    print(f"random death: sell, but {DEATH_RATE:.0%} a year die (assumption); that steps purchase costs up to market")
    print("value, so only later gains are taxed.")
    for view, belief in (("8% for everything", None), (f"{BELIEF:.2%} for the founder's companies", BELIEF)):
        best = {}
        for ending in ENDINGS:
            result = rk.compare(taxed(ending, belief), paths=PATHS, seed=SEED)
            print(f"\nExpected return a year {view}, {ending}\n")
            print(cells(result).to_string())
            best[ending] = {metric: leader(result, metric) for metric in METRICS}
        print(f"\nThe best rule by each number, {view}; 'of' n: the paths cannot tell it from n - 1 others\n")
        print(pd.DataFrame(best).T.to_string())
    print("\nBreak-even: median of final wealth, hold minus diversify now, by the belief in the founder's companies\n")
    print(break_even().to_string())
    print("\nMoney is in multiples of the start. ± is the standard error, from the number of paths only.")


def taxed(ending: str, belief: float | None = None) -> rk.Scenario:
    """The founding case with a purchase cost and one of the endings."""
    case = rk.scenarios.baron(belief)
    bought = [replace(holding, cost=BASIS * holding.value) for holding in case.portfolio.holdings]
    return replace(case, portfolio=rk.Portfolio(bought), frictions=replace(case.frictions, **ENDINGS[ending]))


def cells(result: rk.Comparison) -> pd.DataFrame:
    """A row for each rule; each number with its standard error."""
    return (result.table(METRICS).map("{:.3f}".format) + result.errors(METRICS).map(" ±{:.3f}".format)).rename_axis(
        None
    )


def leader(result: rk.Comparison, metric: str) -> str:
    """The best rule, and the number of rules not significantly worse: their paired 95 % interval contains 0."""
    column = result.table(metric)[metric]
    first = str(column.idxmin() if "drawdown" in metric else column.idxmax())
    apart = result.differences(baseline=first, metrics=metric).droplevel("metric")
    level = int(((apart["low"] <= 0.0) & (apart["high"] >= 0.0)).sum())
    return f"{first} of {1 + level}" if level else first


def break_even() -> pd.DataFrame:
    """Paired differences of the medians: a row for each ending, a column for each belief; above 0 holding is better.

    Monthly steps give the same law of final wealth as daily ones, sooner.
    """
    rows: dict[str, dict[str, str]] = {ending: {} for ending in ENDINGS}
    for ending in ENDINGS:
        for belief in BELIEFS:
            case = replace(taxed(ending, belief), rules=[rk.Hold(), rk.DiversifyNow()], steps_per_year=12)
            result = rk.compare(case, paths=PATHS, seed=SEED)
            found = result.differences(baseline="diversify now", metrics="wealth_median").iloc[0]
            rows[ending][f"{belief:.2%}"] = f"{found['difference']:+.3f} ±{found['standard_error']:.3f}"
    return pd.DataFrame.from_dict(rows, orient="index")


if __name__ == "__main__":
    main()
