"""How much does the founder's age matter?
=======================================

The founding case, with a founder's exit whose rate depends on his age instead of 2 % a year: he may die, with the
probability in the 2023 life table of the United States for a man of his age (rk.Mortality), or leave for other reasons
at 1 % a year. That 1 %, the impact of an exit, and all returns, volatilities and correlations are assumptions.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

import riskkit as rk

PATHS, SEED, YEARS = 10_000, 1, 10
OTHER_REASONS = 0.01
AGES = (34, 54, 74)
METRICS = ["wealth_mean", "wealth_median", "wealth_p05", "ced95"]


def main() -> None:
    rates: dict[str, float | rk.Hazard] = {"2 % a year": 0.02}
    rates |= {f"aged {age}": rk.Mortality(age, "male") + OTHER_REASONS for age in AGES}
    print(f"Exit of the founder within {YEARS} years\n")
    for name, rate in rates.items():
        passed = float(rate.cumulative(YEARS)) if isinstance(rate, rk.Hazard) else rate * YEARS
        print(f"  {name:<12}{-math.expm1(-passed):6.1%}, the same as a rate of {passed / YEARS:.1%} a year")
    for compensate in (True, False):
        print(f"\n'hold', expected returns of 8% a year {'with' if compensate else 'without'} the shocks\n")
        print(cells({name: held(rate, compensate) for name, rate in rates.items()}).to_string())
    print("\nAge 54 is close to 2 % a year. With a fixed expected return the age has little effect, because these")
    print("shares have large drawdowns without an exit. It matters if expected returns do not include the exit.")
    print("Money is in multiples of the start. ± is the standard error, from the number of paths only.")


def held(rate: float | rk.Hazard, compensate: bool) -> rk.Comparison:
    """The founding case, held for ten years, with another hazard rate of the exit."""
    case = rk.scenarios.baron()
    shocks = [replace(shock, rate=rate) if shock.name == "founder exit" else shock for shock in case.market.shocks]
    market = replace(case.market, shocks=shocks, compensate=compensate)
    return rk.compare(replace(case, market=market, rules=[rk.Hold()]), paths=PATHS, seed=SEED)


def cells(results: dict[str, rk.Comparison]) -> pd.DataFrame:
    """A row for each hazard rate; each number with its standard error."""
    rows = {}
    for name, result in results.items():
        found = [result.estimate("hold", metric) for metric in METRICS]
        rows[name] = [f"{each.value:.3f} ±{each.standard_error:.3f}" for each in found]
    return pd.DataFrame.from_dict(rows, orient="index", columns=METRICS)


if __name__ == "__main__":
    main()
