"""Which rules no other rule beats?
================================

The median of final wealth over CED 95 %, the mean of the worst 5 % of maximum drawdowns, for each rule of the founding
case. Bars are 95 % intervals, ellipses hold both values with 95 %; the arrow points to more wealth and less drawdown.
"""

from dataclasses import replace

import riskkit as rk

result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=2000, seed=1)
ax = result.figure("frontier")
ax.figure.savefig("frontier.png", dpi=200)
