"""What is a holding worth with a collar?
=====================================

A put at 90 % of the price, paid for by a call sold on the same units, for one year: below the floor and above the cap
the price no longer matters at expiry. Before, the two count less than at expiry.
"""

import riskkit as rk

market = rk.scenarios.baron().market
ax = rk.report.figures.payoff(rk.Collar("TSLA", 0.9), market)
ax.figure.savefig("payoff.png", dpi=200)
