"""How correlated were the holdings?
=================================

Correlations of daily log returns. They say little about a founder's exit, which may not lie in the past at all. The
prices are made up: one simulated path of the founding case.
"""

import pandas as pd

import riskkit as rk
from riskkit.report import figures

levels = rk.sample(rk.scenarios.baron().market, years=8, paths=1, seed=4).frame(path=0)
prices = levels.set_axis(pd.bdate_range("2018-01-01", periods=len(levels)))
ax = figures.correlation_matrix(prices)
ax.figure.savefig("correlation_matrix.png", dpi=200)
