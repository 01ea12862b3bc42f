"""What would a fall do to me today, and how is half of my wealth most likely to be lost?
======================================================================================

The founding case, with and without a loan of 20 % of gross assets. First a stress test: the assumed worst loss of each
company at once. Then ten years with the founder's exit forced after one year. Then a reverse stress test: what most
likely happened if half of the wealth is lost after ten years? Returns, volatilities, correlations, shocks and the loan
are assumptions.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

import riskkit as rk

PATHS, SEED, STEPS = 10_000, 1, 52
FALL = {"TSLA": -0.6, "SpaceX": -0.5, "xAI": -0.8, "diversified": -0.2}
METRICS = ["wealth_median", "wealth_p05", "loss_probability", "max_drawdown_median"]


def main() -> None:
    case = replace(rk.scenarios.baron(), steps_per_year=STEPS)
    lent = replace(case.portfolio, loan=rk.Loan(20.0, 0.05, 0.35))
    print("Everything falls today, without and with a loan of 20\n")
    print(rk.stress(case.portfolio, FALL))
    print()
    print(rk.stress(lent, FALL))
    print("\nFounder's exit forced after one year, minus at its random time: the same paths\n")
    print(event_effect(case, case.with_event("founder exit", year=1.0)).to_string())
    print("\nHalf of the wealth is gone after ten years: what happened?\n")
    found = rk.reverse_stress(case, loss=0.5, rule="hold", paths=PATHS, seed=SEED)
    print(found)
    follow(case, found.path)
    print("\nMoney is in multiples of the start. ± is the standard error, from the number of paths only.")


def event_effect(free: rk.Scenario, forced: rk.Scenario) -> pd.DataFrame:
    """Each metric of each rule with the event, minus without it."""
    with_it, without = (rk.compare(each, paths=PATHS, seed=SEED).table(METRICS) for each in (forced, free))
    return (with_it - without).map("{:+.3f}".format).rename_axis(None)


def follow(case: rk.Scenario, path: int | None) -> None:
    """Print one path year by year: wealth, prices and events; nothing without a path."""
    if path is None:
        return
    books = rk.trace(case, "hold", paths=[path], seed=SEED)
    print(f"\nPath {path}, year by year\n")
    print("year  wealth  " + "  ".join(f"{name:>11}" for name in books.names))
    for year in range(case.calendar.steps // STEPS + 1):
        prices = "  ".join(f"{price:11.2f}" for price in books.prices[year * STEPS, :, 0])
        print(f"{year:4d}  {books.wealth[year * STEPS, 0]:6.2f}  {prices}")
    for event in books.events.itertuples():
        print(f"After {event.time:.1f} years: {event.shock}.")


if __name__ == "__main__":
    main()
