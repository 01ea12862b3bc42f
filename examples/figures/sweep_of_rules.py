"""Which belief favours which rule?
================================

Yearly growth of the median under each rule of the founding case, minus that of a cap of 30 %, over the expected return
of the founder's companies. Hatched cells are within two standard errors of a tie.
"""

from dataclasses import replace

import riskkit as rk
from riskkit.report import figures

case = replace(rk.scenarios.baron(), baseline="cap 30 %", steps_per_year=12)
table = rk.sweep(case, {"expected_return:Musk": [0.0, 0.05, 0.10, 0.15, 0.20]}, paths=1000, seed=1)
ax = figures.sweep_map(table, against="cap 30 %")
ax.figure.savefig("sweep_of_rules.png", dpi=200)
