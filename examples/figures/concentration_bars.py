"""How much of a portfolio rides on each person?
=============================================

Four holdings by name, and the same four by founder: 65 % of the founding case depends on one person. A holding has the
colour of its founder, and the effective number says how many equal holdings would be as concentrated.
"""

import riskkit as rk
from riskkit.report import figures

ax = figures.concentration_bars(rk.scenarios.baron().portfolio)
ax.figure.savefig("concentration_bars.png", dpi=200)
