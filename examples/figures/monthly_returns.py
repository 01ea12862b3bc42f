"""What were the good and the bad months?
======================================

Return of each month, a row a year. The prices are made up: one simulated path of the founding case.
"""

import pandas as pd

import riskkit as rk
from riskkit.report import figures

levels = rk.sample(rk.scenarios.baron().market, years=8, paths=1, seed=4).frame(path=0)
prices = levels.set_axis(pd.bdate_range("2018-01-01", periods=len(levels)))
ax = figures.monthly_returns(prices, "SpaceX")
ax.figure.savefig("monthly_returns.png", dpi=200)
