"""How much does the founder's age matter?
=======================================

The founding case, with an exit of the founder that is no longer 2 % a year at any age: he may die, as often as the
life table of 2023 for the United States says for a man of his age (rk.Mortality), or leave for other reasons at 1 % a
year. That 1 %, what an exit does to the prices, and all returns, volatilities and correlations are assumptions.
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
    clocks: dict[str, float | rk.Hazard] = {"2 % a year": 0.02}
    clocks |= {f"aged {age}": rk.Mortality(age, "male") + OTHER_REASONS for age in AGES}
    print(f"Exit of the founder within {YEARS} years\n")
    for name, clock in clocks.items():
        passed = float(clock.cumulative(YEARS)) if isinstance(clock, rk.Hazard) else clock * YEARS
        print(f"  {name:<12}{-math.expm1(-passed):6.1%}, as often as at {passed / YEARS:.1%} a year")
    for compensate in (True, False):
        print(f"\n'hold', expected returns of 8% a year {'with' if compensate else 'without'} the shocks\n")
        print(cells({name: held(clock, compensate) for name, clock in clocks.items()}).to_string())
    print("\nAged 54 is much like 2 % a year. As long as the expected return is what it is, the age hardly shows:")
    print("these shares fall deep enough without an exit. It shows where nothing makes up for the risk of one.")
    print("Money is in multiples of the start. ± is the standard error, from the number of paths only.")


def held(clock: float | rk.Hazard, compensate: bool) -> rk.Comparison:
    """The founding case, held for ten years, with another clock for the exit."""
    case = rk.scenarios.baron()
    shocks = [replace(shock, rate=clock) if shock.name == "founder exit" else shock for shock in case.market.shocks]
    market = replace(case.market, shocks=shocks, compensate=compensate)
    return rk.compare(replace(case, market=market, rules=[rk.Hold()]), paths=PATHS, seed=SEED)


def cells(results: dict[str, rk.Comparison]) -> pd.DataFrame:
    """A row a clock; each number with its standard error."""
    rows = {}
    for name, result in results.items():
        found = [result.estimate("hold", metric) for metric in METRICS]
        rows[name] = [f"{each.value:.3f} ±{each.standard_error:.3f}" for each in found]
    return pd.DataFrame.from_dict(rows, orient="index", columns=METRICS)


if __name__ == "__main__":
    main()
