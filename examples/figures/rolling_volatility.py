"""Was volatility the same at all times?
=====================================

Volatility of daily log returns over half a year. The prices are made up: one simulated path of the founding case. Its
volatility is constant but for the shocks, so the rest of the movement is noise.
"""

import pandas as pd

import riskkit as rk
from riskkit.report import figures

levels = rk.sample(rk.scenarios.baron().market, years=8, paths=1, seed=4).frame(path=0)
prices = levels.set_axis(pd.bdate_range("2018-01-01", periods=len(levels)))
ax = figures.rolling_volatility(prices)
ax.figure.savefig("rolling_volatility.png", dpi=200)
