"""How concentrated is a fortune that rides on one founder, what can ten years do to it, and which rule helps?
===========================================================================================================

The case is Ron Baron's own wealth as he described it in November 2025, rounded: 40 % Tesla, 24 % SpaceX, 1 % xAI, and
35 % in his own mutual funds. Returns, volatilities, correlations and shocks are assumptions; the result lists them.
"""

from __future__ import annotations

import numpy as np

import riskkit as rk

PATHS, SINGLE_PATHS, SEED = 20_000, 1_000, 1


def main() -> None:
    scenario = rk.scenarios.baron()
    print("1. How concentrated is it?\n")
    measure(scenario.portfolio)
    print("\n2. What can ten years do to it, if nothing is ever sold?\n")
    path = hold(scenario)
    print("\n3. What are the results of each rule?\n")
    compare(scenario)
    print("\n4. One path on which the founder leaves\n")
    follow(scenario, path)


def measure(portfolio: rk.Portfolio) -> None:
    """Concentration by holding, by founder, and through the funds."""
    print(portfolio)
    for by in ("holding", "founder"):
        found = rk.concentration(portfolio, by)
        print(f"By {by} it is as concentrated as {found.effective_number:.2f} equal parts.")
    for share, where in ((0.22, "the funds as a whole"), (0.50, "Baron Partners at 2026-06-30")):
        fund = rk.Portfolio([rk.Holding("Musk in fund", share, founder="Musk"), rk.Holding("rest of fund", 1 - share)])
        through = portfolio.look_through({"diversified": fund}).exposure()["Musk"]
        print(
            f"With {share:.0%} of the diversified 35% in his companies too, as in {where}, {through:.1%} rides on him."
        )


def hold(scenario: rk.Scenario) -> int:
    """Measure drawdowns on single paths, and return the number of one on which the founder leaves."""
    drawn = rk.sample(scenario.market, years=scenario.years, paths=SINGLE_PATHS, seed=SEED)
    start = scenario.portfolio.weights.to_numpy()
    wealth = np.tensordot(drawn.prices, start, axes=(1, 0))  # (time, path)
    depths = rk.measures.max_drawdown(wealth)
    print(f"{SINGLE_PATHS:,} paths of ten years, day by day:")
    print(f"  median maximum drawdown                              {np.median(depths):.1%}")
    print(f"  mean of the worst 5 % of them (CED 95 %)             {ced95(depths):.1%}")
    print(f"  mean of the worst 5 % of all drawdowns (CDaR 95 %)   {rk.measures.cdar(wealth):.1%}")
    print(f"  share of time below the peak, mean of the paths      {rk.measures.time_under_water(wealth).mean():.1%}")
    exits = drawn.events[drawn.events["shock"] == "founder exit"]
    print(
        f"The founder leaves on {len(exits) / SINGLE_PATHS:.1%}; at 2% a year it must be near {1 - np.exp(-0.2):.1%}."
    )
    first = exits.iloc[0]
    path = int(first["path"])
    print(
        f"\nThe three largest drawdowns of path {path}, where he leaves after {first['time']:.1f} years (in years):\n"
    )
    held = drawn.frame(path) @ scenario.portfolio.weights
    table = rk.measures.drawdown_table(held).head(3)
    print(table[["peak", "trough", "recovery", "depth"]].to_string(index=False, float_format="{:.2f}".format))
    return path


def ced95(depths: np.ndarray) -> float:
    return float(rk.measures.conditional_expected_drawdown(depths, 0.95))


def compare(scenario: rk.Scenario) -> None:
    """All rules on the same paths, and the difference of each from holding."""
    result = rk.compare(scenario, paths=PATHS, seed=SEED)
    print(result)
    print(
        f"\nEach rule minus {scenario.baseline_name!r}, paired path by path; won: share of paths on which it is better."
    )
    for metric in ("wealth_median", "max_drawdown_median"):
        table = result.differences(metrics=metric).droplevel("metric")
        print(f"\n{metric}\n{table.to_string(float_format='{:.3f}'.format)}")
    print("\nErrors and intervals measure Monte-Carlo error only, not how uncertain the assumptions are.")


def follow(scenario: rk.Scenario, path: int) -> None:
    """The founder's exit under two rules on the same path."""
    for rule in ("hold", "cap 30 %"):
        books = rk.trace(scenario, rule, paths=[path], seed=SEED)
        leaves = int(books.events.loc[books.events["shock"] == "founder exit", "step"].iloc[0])
        before, after = books.wealth[leaves - 1, 0], books.wealth[leaves, 0]
        dates, cost = books.trades["time"].nunique(), books.trades["cost"].sum()
        print(
            f"{rule}: {dates} dates with trades, which cost {cost:.2%} of the start in all. On the day he leaves "
            f"{before:.2f} becomes {after:.2f} times the start ({after / before - 1:+.0%}); "
            f"in the end it is {books.wealth[-1, 0]:.2f}."
        )


if __name__ == "__main__":
    main()
