"""What must a fund that is half one founder's sell to be at 30 %, and what is the least tax that it costs?
========================================================================================================

The fund holds two of his companies and another fund that holds them too: with look-through half of it rides on him. The
holdings have different purchase costs, so sales of the same size owe very different taxes, and one holding cannot be
sold at once. Holdings, purchase costs, returns and volatilities are assumptions.
"""

from __future__ import annotations

import pandas as pd

import riskkit as rk

PATHS, SEED = 10_000, 1
LIMIT, YEARS = 0.30, 2
TAX_RATE, BUDGET = 0.238, 0.015

GROWTH_FUND = rk.Portfolio(
    [rk.Holding("SPCX", 30, founder="Musk"), rk.Holding("TSLA", 10, founder="Musk"), rk.Holding("others", 60)]
)
FOUNDERS_PART = float(GROWTH_FUND.exposure()["Musk"])
HOLDINGS = [
    # Half a year of its lock-up is left; then the market takes a fifth of it a month.
    rk.Holding("SPCX", 32, founder="Musk", cost=2, liquidity=rk.Locked(0.5, then=rk.Listed(0.2))),
    rk.Holding("TSLA", 10, founder="Musk", cost=4),
    rk.Holding("growth fund", 20, founder={"Musk": FOUNDERS_PART}, cost=17),
    rk.Holding("index", 38, cost=30),
]
ASSETS = {
    "SPCX": rk.Asset(0.08, 0.45),
    "TSLA": rk.Asset(0.08, 0.57),
    "growth fund": rk.Asset(0.08, 0.30),
    "index": rk.Asset(0.08, 0.16),
}


def main() -> None:
    portfolio = rk.Portfolio(HOLDINGS)
    seen = portfolio.look_through({"growth fund": GROWTH_FUND})
    print(f"Of the fund {seen.exposure()['Musk']:.0%} rides on one founder; it is to be {LIMIT:.0%}.\n")
    print(tax_of_each(portfolio).to_string())
    frictions = rk.Frictions(tax=rk.CapitalGains(TAX_RATE))
    scenario = rk.Scenario(portfolio, rk.Market(ASSETS), [rk.Hold()], frictions=frictions, years=3, steps_per_year=12)
    for words, budget in (("", None), (f", with at most {BUDGET:.1%} of the fund on any one date", BUDGET)):
        print(f"\nThe least tax{words}\n")
        print(least_tax(scenario, budget))
    alike = pro_rata(portfolio)
    print(f"\nSelling the same share of all his holdings, if possible at once, would cost {alike:.4f}.")


def least_tax(scenario: rk.Scenario, budget: float | None) -> rk.optimize.Plan:
    """The plan that takes the fund to its limit."""
    return rk.optimize.sell_down(
        scenario,
        years=YEARS,
        into="index",
        objective="expected_tax",
        budget=budget,
        constraints=[rk.optimize.founder_limit("Musk", LIMIT, scenario.portfolio)],
        paths=PATHS,
        seed=SEED,
    )


def tax_of_each(portfolio: rk.Portfolio) -> pd.DataFrame:
    """Tax for reducing the founder's weight by one point through a sale of each holding."""
    rows = {}
    for holding in portfolio.holdings:
        if holding.founder_share:
            tax = TAX_RATE * (1.0 - holding.basis / holding.value)
            rows[holding.name] = {
                "tax of a sale": f"{tax:.1%}",
                "of it the founder's": f"{holding.founder_share:.0%}",
                "tax of a point less": f"{tax / holding.founder_share:.3f}",
            }
    return pd.DataFrame(rows).T


def pro_rata(portfolio: rk.Portfolio) -> float:
    """Tax of selling the same share of every founder holding."""
    exposure = float(portfolio.exposure()["Musk"])
    gains = sum(holding.value - holding.basis for holding in portfolio.holdings if holding.founder_share)
    return TAX_RATE * gains / portfolio.total * (1.0 - LIMIT / exposure)


if __name__ == "__main__":
    main()
