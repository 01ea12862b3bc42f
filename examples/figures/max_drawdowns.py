"""How deep are the drawdowns under each rule?
===========================================

Distribution of the maximum drawdown of the founding case under seven rules, with the median and the 5 and 95 %
quantiles. All rules run on the same paths.
"""

from dataclasses import replace

import riskkit as rk

result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=2000, seed=1)
ax = result.figure("max_drawdowns")
ax.figure.savefig("max_drawdowns.png", dpi=200)
