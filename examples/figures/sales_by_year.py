"""What should be sold, and when, on a budget of tax?
==================================================

The optimal sell-down of the founding case, bought for a tenth of its value, by the mean of the worst 5 % of final
wealth, with at most 3 % of the start wealth in tax a year. Sales and what is left are at start prices.
"""

from dataclasses import replace

import riskkit as rk

case = replace(rk.scenarios.baron(), steps_per_year=12)
bought = rk.Portfolio([replace(holding, cost=0.1 * holding.value) for holding in case.portfolio.holdings])
taxed = replace(case, portfolio=bought, frictions=replace(case.frictions, tax=rk.CapitalGains(0.238)))
plan = rk.optimize.sell_down(taxed, years=5, into="diversified", budget=0.03, paths=2000)
ax = plan.figure()
ax.figure.savefig("sales_by_year.png", dpi=200)
