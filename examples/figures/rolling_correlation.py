"""Was the correlation the same at all times?
==========================================

Correlation of daily log returns with those of one holding over a year. The prices are made up: one simulated path of
the founding case. Its correlations are constant but for the shocks.
"""

import pandas as pd

import riskkit as rk
from riskkit.report import figures

levels = rk.sample(rk.scenarios.baron().market, years=8, paths=1, seed=4).frame(path=0)
prices = levels.set_axis(pd.bdate_range("2018-01-01", periods=len(levels)))
ax = figures.rolling_correlation(prices, "TSLA", window=252)
ax.figure.savefig("rolling_correlation.png", dpi=200)
