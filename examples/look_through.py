"""How much rides on one person once I look into the funds that I own too?
=======================================================================

The case is Ron Baron's own wealth as he described it in November 2025: about 65 % in the companies of one founder, and
35 % in his own funds, which as a whole have 22 % in the same companies; how these 22 % are split is assumed.

::

    python examples/look_through.py [FILING.xml]

FILING.xml is the N-PORT filing of a fund with the SEC, such as ``primary_doc.xml`` of Baron Partners. Without it, it is
looked for in the folder ``../shared/data`` beside the project, or in the folder that the variable RISKKIT_DATA names;
that part is skipped where it is not.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import riskkit as rk

FOLDER = Path(os.environ.get("RISKKIT_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
FILE = FOLDER / "nport" / "baron_partners_2026-06-30_reconstructed.xml"

FOUNDER = "Musk"
FOUNDERS = {"SPCX": FOUNDER, "TSLA": FOUNDER}
OWN = rk.Portfolio(
    [rk.Holding("TSLA", 40, founder=FOUNDER), rk.Holding("SPCX", 25, founder=FOUNDER), rk.Holding("FUND", 35)]
)


def main(arguments: list[str]) -> None:
    if len(arguments) > 1:
        sys.exit("usage: look_through.py [FILING.xml]")
    print("What I own\n")
    print(OWN)
    print("\nThrough a fund with 22 % in the same companies\n")
    fund = rk.Portfolio(
        [rk.Holding("TSLA", 12, founder=FOUNDER), rk.Holding("SPCX", 10, founder=FOUNDER), rk.Holding("the rest", 78)]
    )
    tell(fund)
    print("\nThrough a fund of funds that has half of its money in that fund\n")
    tell(rk.Portfolio([rk.Holding("SUB", 50), rk.Holding("bonds", 50)]), {"SUB": fund})
    file = Path(arguments[0]) if arguments else FILE
    if not arguments and not file.exists():
        print(f"\nSkipped: {file.name} is not in {file.parent}.")
        return
    print(f"\nThrough the fund of {file.name}\n")
    filed = rk.read.nport(file, founders=FOUNDERS)
    tell_filing(filed)
    tell(filed)


def tell(fund: rk.Portfolio, inner: dict[str, rk.Portfolio] | None = None) -> None:
    """The founder's share before and after look-through."""
    seen = OWN.look_through({"FUND": fund, **(inner or {})})
    before, after = (portfolio.exposure(of="net")[FOUNDER] for portfolio in (OWN, seen))
    tesla = seen.holding("TSLA").value / seen.net
    print(
        f"{before:.1%} on {FOUNDER} as it stands in my account is {after:.1%} through the fund; TSLA alone {tesla:.1%}."
    )
    if seen.loan is not None:
        gross = seen.exposure()[FOUNDER]
        print(f"My part of what the fund borrows is {seen.loan.amount:.1f}: of gross assets it is {gross:.1%}.")


def tell_filing(fund: rk.Portfolio) -> None:
    unlisted = [holding.name for holding in fund.holdings if not holding.liquidity.listed]
    print(f"{len(fund.names)} holdings worth {fund.total / fund.net:.1%} of net assets of {fund.net / 1e9:.2f} bn USD.")
    print(f"Without a market, as far as the file tells: {', '.join(unlisted) or 'none'}.")
    largest = fund.exposure("holding", of="net").nlargest(3)
    print(f"The largest, of net assets: {', '.join(f'{name} {share:.1%}' for name, share in largest.items())}.\n")


if __name__ == "__main__":
    main(sys.argv[1:])
