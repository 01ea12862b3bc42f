"""How much of wealth rides on the founder in ten years?
=====================================================

The weight of the founder's companies in the founding case, under a rule that trims them every year. What the rule
sells, the companies may win back by growing faster than the rest.
"""

from dataclasses import replace

import riskkit as rk

result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=2000, seed=1)
ax = result.figure("founder_weight_fan", rule="client trim")
ax.figure.savefig("founder_weight_fan.png", dpi=200)
