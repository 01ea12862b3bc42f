"""How deep did the prices fall, and for how long?
===============================================

Each price below its running peak. The prices are made up: one simulated path of the founding case.
"""

import pandas as pd

import riskkit as rk
from riskkit.report import figures

levels = rk.sample(rk.scenarios.baron().market, years=8, paths=1, seed=4).frame(path=0)
prices = levels.set_axis(pd.bdate_range("2018-01-01", periods=len(levels)))
ax = figures.price_drawdowns(prices)
ax.figure.savefig("price_drawdowns.png", dpi=200)
