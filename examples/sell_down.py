"""What should be sold of a fortune that rides on one founder, and when, if every sale is taxed?
=============================================================================================

The founding case, bought for 10 % of its value, at 23.8 % tax. A plan says what share of the start units of each
company to sell now and after one to five years. It is optimised over 20,000 simulated paths and evaluated out of sample
against standard rules. Purchase cost, returns, volatilities, correlations and shocks are assumptions.
"""

from __future__ import annotations

from dataclasses import replace

import riskkit as rk

PATHS, SEED, OTHER_SEED = 20_000, 0, 1
YEARS, INTO = 5, "diversified"
BASIS, TAX_RATE = 0.10, 0.238
BUDGET = 0.03
BELIEF = 0.1746
CLIENTS = rk.Trim(1.0, years=3, name="clients")


def main() -> None:
    scenario = taxed()
    for objective in ("wealth_es95", "certainty_equivalent"):
        print(f"\nOptimal by {objective}\n")
        plan = rk.optimize.sell_down(scenario, years=YEARS, into=INTO, objective=objective, paths=PATHS, seed=SEED)
        print(plan)
        judge(scenario, plan)
    print(f"\nThe same with at most {BUDGET:.0%} of the start wealth in tax a year, responding to prices\n")
    plan = rk.optimize.sell_down(scenario, years=YEARS, into=INTO, budget=BUDGET, respond=True, paths=PATHS, seed=SEED)
    print(plan)
    tell_answers(plan)
    judge(scenario, plan)
    print(f"\nWith {BELIEF:.2%} a year for the founder's companies, by certainty_equivalent\n")
    believed = taxed(BELIEF)
    plan = rk.optimize.sell_down(
        believed, years=YEARS, into=INTO, objective="certainty_equivalent", paths=PATHS, seed=SEED
    )
    print(plan)
    judge(believed, plan)
    print("\nWith a pledge to clients who sell in equal parts over three years: no sale before theirs are done\n")
    pledge = rk.SellLast(after=CLIENTS)
    plan = rk.optimize.sell_down(scenario, years=YEARS, into=INTO, constraints=[pledge], paths=PATHS, seed=SEED)
    print(plan)
    print("\nMoney is in multiples of the start. ± is the standard error, from the number of paths only.")


def taxed(belief: float | None = None) -> rk.Scenario:
    """The founding case with purchase costs and tax; monthly steps give the same law of prices at yearly dates."""
    case = rk.scenarios.baron(belief)
    bought = [replace(holding, cost=BASIS * holding.value) for holding in case.portfolio.holdings]
    frictions = replace(case.frictions, tax=rk.CapitalGains(TAX_RATE))
    return replace(case, portfolio=rk.Portfolio(bought), frictions=frictions, steps_per_year=12)


def judge(scenario: rk.Scenario, plan: rk.optimize.Plan) -> None:
    """The plan's out-of-sample objective, minus that of other rules, paired path by path."""
    weights = scenario.portfolio.weights[plan.table.index]
    total = float((plan.table.sum(axis=1) * weights).sum() / weights.sum())
    trim = rk.Trim(min(total, 1.0), years=YEARS, into={INTO: 1.0}, name=f"trim {total:.0%}")
    rules = [plan.as_rule("plan"), trim, rk.Cap(0.30, name="cap 30 %"), rk.Hold(), rk.DiversifyNow()]
    result = rk.compare(replace(scenario, rules=rules, baseline="plan"), paths=PATHS, seed=OTHER_SEED)
    value = result.table([plan.objective]).loc["plan", plan.objective]
    error = result.errors([plan.objective]).loc["plan", plan.objective]
    print(f"\nOut of sample, under the true tax: {value:.4f} ± {error:.4f}. The plan minus")
    for name, gap in result.differences(metrics=plan.objective).droplevel("metric").iterrows():
        print(f"  {name:<14} {-gap['difference']:+.4f} ± {gap['standard_error']:.4f}")


def tell_answers(plan: rk.optimize.Plan) -> None:
    """Print sales that depend on the price."""
    low, high = plan.rule.shares, plan.rule.shares_high
    for name in plan.table.index:
        for date, (bottom, top) in enumerate(zip(low[name], high[name], strict=True)):
            if abs(top - bottom) > 0.01:
                print(f"{name} after {date} years: {bottom:.0%} of it at the lowest price, {top:.0%} at the highest.")


if __name__ == "__main__":
    main()
