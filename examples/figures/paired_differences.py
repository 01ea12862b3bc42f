"""Is another rule better than never selling?
==========================================

The difference of each rule's median final wealth from that of the rule that never sells, with 95 % intervals. Both run
on the same paths, so what moves both alike cancels.
"""

from dataclasses import replace

import riskkit as rk

result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=2000, seed=1)
ax = result.figure("paired_differences", metric="wealth_median")
ax.figure.savefig("paired_differences.png", dpi=200)
