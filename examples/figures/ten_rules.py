"""Where should the cap of a founder's weight be?
==============================================

Ten rules have ten colours and ten marks. Here nine caps of the founder's weight stand beside the rule that never sells,
in the founding case.
"""

from dataclasses import replace

import riskkit as rk

caps = [rk.Cap(level / 100, name=f"cap {level} %") for level in range(10, 55, 5)]
case = replace(rk.scenarios.baron(), rules=[rk.Hold(), *caps], baseline="hold", steps_per_year=12)
ax = rk.compare(case, paths=2000, seed=1).figure("frontier")
ax.figure.savefig("ten_rules.png", dpi=200)
