"""A portfolio from an SEC N-PORT file: a holding a security, its liquidity and founder, and what the fund owes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import number, one_of, with_place
from riskkit.portfolio._holding import Holding
from riskkit.portfolio._liquidity import Liquidity, Listed, TenderWindows
from riskkit.portfolio._loan import Loan
from riskkit.portfolio._portfolio import Portfolio
from riskkit.read.founders import Founder, checked_founders, one_founder
from riskkit.read.holding_portfolio import Reading
from riskkit.read.nport_fund import Fund
from riskkit.read.nport_lines import read_nport
from riskkit.read.nport_securities import FreeNames

__all__ = ["nport", "read_fund"]

_OTHER = "other assets less liabilities"

_MOST_BORROWED = 1.0 / 3.0
_ROUNDING = 1e-6  # of net assets: amounts are told to the cent


def nport(
    path: str | os.PathLike[str],
    founders: Mapping[str, Founder] | None = None,
    *,
    derivatives: Literal["leave out", "notional"] = "leave out",
    unlisted: Liquidity | None = None,
    loan_rate: float = 0.0,
    max_loan_to_value: float | None = None,
) -> Portfolio:
    """Read a fund's portfolio from its N-PORT filing with the SEC.

    Parameters
    ----------
    path : str or path
        The XML file of the filing (``primary_doc.xml``). It is read as a stream; elements that are not needed are
        ignored.
    founders : mapping of str to (str or mapping of str to float), optional
        The founder, or the shares of the value tied to each person, by ticker, by name (of the security, of its issuer
        or of the holding), by CUSIP or by ISIN; exact. None by default. What derivatives refer to is named in the same
        way.
    derivatives : {"leave out", "notional"}
        Lines with derivative information, or of a derivative category, are never holdings at their mark. They are left
        out, with a warning that tells what they stand for, or each reference gets what its derivatives stand for:
        the notional of swaps, futures and forwards, contracts × shares a contract × spot × delta (without its sign) of
        options and warrants, long or short. Cash or a loan finances it, so that a fund of twice Tesla has 200 % of net
        in Tesla.
    unlisted : Liquidity, optional
        How holdings can be traded that have no market; ``TenderWindows()`` by default. The others are `Listed`.
    loan_rate : float
        Yearly interest on what the fund owes, 0 <= loan_rate < 1. The file does not tell it, and exposures do not need
        it: give it before simulating.
    max_loan_to_value : float, optional
        Share of gross assets above which the lender calls. By default one third, the most that section 18(f)(1) of the
        Investment Company Act of 1940 lets an open-end fund borrow from banks, or what the fund owes already, if that
        is more.

    Returns
    -------
    Portfolio
        In US dollars; its net value is the fund's net assets, so that ``exposure("holding", of="net")`` are the file's
        percentages of them. If the holdings are worth more than that, the rest is a loan; if less, a holding ``"other
        assets less liabilities"`` (cash, receivables).

    Warns
    -----
    RiskkitWarning
        If derivatives are left out: with the share of net assets that each reference stands for, what the file does not
        tell (a direction, a delta of "XXXX"), and their marks. At their notional: if a strike was taken for a price
        that the file does not tell, or an amount was converted at the file's rate of exchange. If what is short after
        netting, or worth nothing, is left out: with its share of net assets. If what the fund owes is not the money
        that the file says is borrowed, but shorts, losses of derivatives or cash collateral of securities on loan. If a
        value is not the percentage of net assets that the file tells, to 0.01 percentage points.

    Raises
    ------
    InvalidInput
        With file and line: if the file is not well-formed XML, or declares a document type or entities; if it is
        another form of the SEC, such as a 13F, which is named; if an element is missing (netAssets, a line, its valUSD,
        its names); if a number is none, or net assets are not > 0; if no line has a value > 0; if net assets are
        nothing beside what the fund holds; if `founders` names no security, or one security is given two founders. If
        ``derivatives="notional"`` and the file does not tell what one of them stands for.
    MissingExtra
        If defusedxml is not installed (``pip install 'riskkit[read]'``).

    Notes
    -----
    Lines that share a CUSIP or an ISIN are one holding, shorts (by payoff profile, balance or value) netted against
    longs; so are those of unlisted stock without either that share the issuer (LEI or name). A holding is named by its
    ticker, else by its title, else by its issuer; where that is not unique the CUSIP, else the ISIN, else a number is
    added. What else it is called, CUSIP and ISIN too, is in its `aliases`. It is unlisted where more than half of it is
    of fair-value level 3 (unobservable inputs, FASB ASC 820) or restricted stock. The order is that of the file.

    A swap is long if the side that follows the reference is received, and short if it is paid: the side that names the
    reference, else the only one that is neither fixed, floating nor a rate in words. Credit swaps, and derivatives on
    other derivatives, are not told by a notional. The spot of an option is value ÷ balance of the security in the same
    file. A basket is taken apart by the values of what it holds, as far as the file tells them. Contracts on currencies
    and interest rates refer to no security and are left out either way.

    Source of the elements: SEC, *EDGAR Form N-PORT XML Technical Specification*.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> line = "<invstOrSec><name>{}</name><valUSD>{}</valUSD><fairValLevel>{}</fairValLevel></invstOrSec>"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "primary_doc.xml"
    ...     _ = file.write_text(
    ...         "<edgarSubmission><formData><fundInfo><netAssets>100</netAssets></fundInfo><invstOrSecs>"
    ...         + line.format("SpaceX", 35, 3) + line.format("Bonds", 72, 2)
    ...         + "</invstOrSecs></formData></edgarSubmission>"
    ...     )
    ...     fund = nport(file, founders={"SpaceX": "Musk"}, loan_rate=0.05)
    >>> fund
    Portfolio: gross 107, net 100, loan 7 at 0.05 a year
            value weight founder
    SpaceX     35  32.7%    Musk
    Bonds      72  67.3%
    >>> float(fund.exposure(of="net")["Musk"]), fund.holding("SpaceX").liquidity.listed
    (0.35, False)
    """
    reading = read_fund(
        path,
        founders,
        derivatives=derivatives,
        unlisted=unlisted,
        loan_rate=loan_rate,
        max_loan_to_value=max_loan_to_value,
    )
    return reading.with_warnings(os.fspath(path), 3)


def read_fund(
    path: str | os.PathLike[str],
    founders: Mapping[str, Founder] | None = None,
    *,
    derivatives: str = "leave out",
    unlisted: Liquidity | None = None,
    loan_rate: float = 0.0,
    max_loan_to_value: float | None = None,
) -> Reading[Portfolio]:
    """Read a filing as `nport` does, with the lines that are left out, and warn of nothing."""
    one_of("derivatives", derivatives, ["leave out", "notional"])
    filing = read_nport(path)
    fund = Fund.of(filing)
    if derivatives == "notional":
        fund.add_exposures()
    held = {name: value for name, value in fund.values.items() if value > 0.0}
    if not held:
        raise InvalidInput(f"{filing.path}: must hold at least one line with a value > 0, got none")
    called = [*held, *(called for same in fund.securities.values() for each in same for called in each.names)]
    given = checked_founders(filing.path, founders, called)
    market = TenderWindows() if unlisted is None else unlisted
    aliases = fund.aliases(held)
    holdings = [_holding(fund, name, value, given, market, aliases[name]) for name, value in held.items()]
    gross = number(f"{filing.path}: sum of all values", sum(held.values()))
    owed = gross - filing.net_assets
    loan = None
    if owed > _ROUNDING * filing.net_assets:
        number(f"{filing.path}: what is owed, as a share of all values,", owed / gross, below=1.0)
        limit = max(_MOST_BORROWED, owed / gross) if max_loan_to_value is None else max_loan_to_value
        with with_place(filing.fault):
            loan = Loan(owed, loan_rate, limit)
    elif owed < -_ROUNDING * filing.net_assets:
        holdings.append(Holding(FreeNames(held).take(_OTHER), -owed))
    with with_place(filing.fault):
        portfolio = Portfolio(holdings, loan=loan)
    return Reading(portfolio, tuple(fund.left_out(held)), tuple(fund.doubts(held, max(owed, 0.0))))


def _holding(
    fund: Fund, name: str, value: float, founders: Mapping[str, Founder], unlisted: Liquidity, aliases: tuple[str, ...]
) -> Holding:
    keys = dict.fromkeys([name, *(called for same in fund.securities[name] for called in same.names)])
    founder = one_founder(fund.filing.path, name, [founders[key] for key in keys if key in founders])
    lines = fund.lines.get(name, ())
    without_market = sum(line.value for line in lines if line.unlisted)
    listed = not lines or without_market <= 0.5 * sum(line.value for line in lines)
    with with_place(lambda message: fund.filing.fault(message, lines[0].place if lines else None)):
        return Holding(name, value, founder=founder, liquidity=Listed() if listed else unlisted, aliases=aliases)
