"""How much of the drawdown is the founder, how much plain volatility?
===================================================================

Shapley attribution of the mean maximum drawdown in the founding case, under a rule that never sells: what each risk
factor adds, with 95 % intervals.
"""

from dataclasses import replace

import riskkit as rk
from riskkit.report import figures

case = replace(rk.scenarios.baron(), steps_per_year=12)
ax = figures.waterfall(rk.attribution(case, "hold", "max_drawdown_mean", paths=500, seed=1))
ax.figure.savefig("waterfall.png", dpi=200)
