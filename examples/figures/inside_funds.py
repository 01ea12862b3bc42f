"""How concentrated is a portfolio inside its funds?
=================================================

A fund that is 22 % in one of the portfolio's own holdings. Looked through, the holdings of the fund stand beside those
held directly. All numbers are made up.
"""

import riskkit as rk
from riskkit.report import figures

portfolio = rk.Portfolio([rk.Holding("Orbit", 65, founder="Ann"), rk.Holding("fund", 35)])
fund = rk.Portfolio(
    [rk.Holding("Orbit", 22, founder="Ann"), rk.Holding("Lab", 13, founder="Bob"), rk.Holding("rest", 65)]
)
ax = figures.concentration_bars(portfolio.look_through({"fund": fund}))
ax.figure.savefig("inside_funds.png", dpi=200)
