"""How likely is a drawdown of more than half?
===========================================

The probability that the maximum drawdown exceeds any depth, under each rule of the founding case. Read off 50 % on the
axis for the question above.
"""

from dataclasses import replace

import riskkit as rk

result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=2000, seed=1)
ax = result.figure("drawdown_probability")
ax.figure.savefig("drawdown_probability.png", dpi=200)
