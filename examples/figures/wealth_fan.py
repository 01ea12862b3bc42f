"""What can ten years do to wealth?
================================

Wealth of the founding case under a rule that never sells: the median, bands of 50 % and 90 % of the paths, and single
paths. Its returns, volatilities, correlations and shocks are assumptions.
"""

from dataclasses import replace

import riskkit as rk

result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=2000, seed=1)
ax = result.figure("wealth_fan", rule="hold")
ax.figure.savefig("wealth_fan.png", dpi=200)
