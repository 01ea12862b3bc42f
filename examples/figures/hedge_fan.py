"""How much of wealth is a hedge worth over time?
==============================================

The value of puts on TSLA in the founding case, bought each year at 80 % of the price: small at each opening, and large
on those paths on which the price falls.
"""

from dataclasses import replace

import riskkit as rk

scenario = rk.scenarios.baron()
hedged = rk.Hedged(rk.Hold(), rk.Put("TSLA", 0.8))
result = rk.compare(replace(scenario, rules=[rk.Hold(), hedged], steps_per_year=12), paths=2000, seed=1)
ax = result.figure("hedge_fan")
ax.figure.savefig("hedge_fan.png", dpi=200)
