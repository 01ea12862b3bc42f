"""How likely is it that I lose a third, half or most of my wealth on the way, in a table that Excel opens?
========================================================================================================

The founding case under every rule: the probability that the maximum drawdown of ten years is above 30, 50 and 70 %, and
that the final wealth is below half of the start and below the start. Returns, volatilities, correlations and shocks are
assumptions; the workbook lists them.

::

    python examples/drawdown_probabilities.py [FILE.xlsx]

Without a file the table is printed only. The file needs openpyxl, which the extra ``excel`` installs.
"""

from __future__ import annotations

import sys

import riskkit as rk


def main() -> None:
    result = rk.compare(rk.scenarios.baron(), paths=10_000, seed=1)
    drawdowns = result.probability("max_drawdown", above=[0.3, 0.5, 0.7])
    losses = result.probability("wealth", below=[0.5, 1.0])
    print(f"Probability of a maximum drawdown above, %\n{(100 * drawdowns).round(1).to_string()}\n")
    wide = 100 * losses["probability"].unstack(sort=False)
    print(f"Probability of a final wealth below, %\n{wide.round(1).to_string()}")
    if len(sys.argv) > 1:
        result.to_excel(sys.argv[1], sheets={"drawdowns": drawdowns, "losses": losses})
        print(f"\nTables, errors, differences and assumptions are in {sys.argv[1]}.")


if __name__ == "__main__":
    main()
