"""What must be true for never selling to be right?
================================================

Yearly growth of the median under a rule that never sells, minus that of selling everything now, over two assumptions.
The line is where the two rules tie. In a hatched cell the difference is within two standard errors of a tie.
"""

from dataclasses import replace

import riskkit as rk
from riskkit.report import figures

rules = [rk.Hold(), rk.DiversifyNow()]
case = replace(rk.scenarios.baron(), rules=rules, baseline="hold", steps_per_year=12)
grid = {"expected_return:Musk": [0.0, 0.05, 0.10, 0.15, 0.20], "rate:founder exit": [0.0, 0.02, 0.05, 0.10]}
ax = figures.sweep_map(rk.sweep(case, grid, paths=500, seed=1), "hold", against="diversify now")
ax.figure.savefig("sweep_map.png", dpi=200)
