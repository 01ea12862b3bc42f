"""How long does a drawdown last?
==============================

Drawdowns of two paths of the founding case under a rule that never sells: one with the median of all maximum drawdowns,
one with their 95 % quantile. Marks are shocks.
"""

from dataclasses import replace

import riskkit as rk

result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=2000, seed=1)
ax = result.figure("under_water", rule="hold")
ax.figure.savefig("under_water.png", dpi=200)
