"""How do several figures fit on one page?
=======================================

Every figure takes ``ax``, an Axes to draw on. Here two figures of the founding case stand side by side.
"""

from dataclasses import replace

from matplotlib.figure import Figure

import riskkit as rk

result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=2000, seed=1)
page = Figure(figsize=(12, 5), layout="constrained")
left, right = page.subplots(1, 2)
result.figure("frontier", ax=left)
result.figure("paired_differences", ax=right)
page.savefig("one_page.png", dpi=200)
