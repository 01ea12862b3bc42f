"""How far is each rule from the best?
===================================

The founding case at an expected return of 12 %, bought for a tenth of its value and taxed. Bars are certainty
equivalents. No plan that sells once a year into the diversified holding, however clever, ends above the line, up to its
95 % interval. Beside each bar is its gap in percent of the bound; a rule that buys back is not of this class.
"""

from dataclasses import replace

import riskkit as rk
from riskkit.report import figures

case = rk.scenarios.baron(0.12)
bought = rk.Portfolio([replace(holding, cost=0.1 * holding.value) for holding in case.portfolio.holdings])
taxed = replace(case, portfolio=bought, frictions=replace(case.frictions, tax=rk.CapitalGains(0.238)))
rules = [rk.Hold(), rk.DiversifyNow(), rk.Cap(0.3, every=12, at_start=True), rk.Rebalance(12)]
result = rk.compare(replace(taxed, rules=rules, baseline=None, steps_per_year=12), paths=1000, seed=1)
ax = figures.gap_bars(result.gap(into="diversified"))
ax.figure.savefig("gap_bars.png", dpi=200)
