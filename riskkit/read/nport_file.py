"""Read a fund's portfolio from an SEC N-PORT file: holdings, their liquidity and founders, and the loan."""

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
from riskkit.read.founders import Founder, checked_founders, common_founder
from riskkit.read.holding_portfolio import ReadResult
from riskkit.read.nport_fund import Fund
from riskkit.read.nport_lines import read_nport
from riskkit.read.nport_securities import UniqueNames

__all__ = ["nport", "read_fund"]

_OTHER_NET_ASSETS = "other assets less liabilities"

_MAX_BORROWED_SHARE = 1.0 / 3.0
_RELATIVE_TOLERANCE = 1e-6  # of net assets: amounts are rounded to the cent


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
        The founder, or the shares of the value that depend on each founder, by ticker, by name (of the security, of its
        issuer or of the holding), by CUSIP or by ISIN; exact. None by default. References of derivatives are named in
        the same way.
    derivatives : {"leave out", "notional"}
        Lines with derivative information, or of a derivative category, are never holdings at their mark. They are left
        out, with a warning that states their exposure, or their exposure is added to the reference security: the
        notional of swaps, futures and forwards, contracts × shares per contract × spot × delta (without its sign) of
        options and warrants, long or short. Cash or a loan finances it, so that a fund of twice Tesla has 200 % of net
        in Tesla.
    unlisted : Liquidity, optional
        The liquidity of holdings without a market; ``TenderWindows()`` by default. The others are `Listed`.
    loan_rate : float
        Yearly interest on the fund's loan, 0 <= loan_rate < 1. The file does not contain it, and exposures do not need
        it: set it before simulating.
    max_loan_to_value : float, optional
        Share of gross assets above which the lender calls. By default one third, the most that section 18(f)(1) of the
        Investment Company Act of 1940 lets an open-end fund borrow from banks, or the fund's present loan, if that
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
        If derivatives are left out: with the exposure to each reference as a share of net assets, the data that are
        missing (a direction, a delta of "XXXX"), and their marks. At their notional: if a strike replaces a missing
        price, or an amount was converted at the file's exchange rate. If net shorts or worthless lines are left out:
        with their share of net assets. If the loan is not only money that the fund reports as borrowed, but also
        shorts, losses of derivatives or cash collateral of securities on loan. If a value differs from the percentage
        of net assets in the file by more than 0.01 percentage points.

    Raises
    ------
    InvalidInput
        With file and line: if the file is not well-formed XML, or declares a document type or entities; if it is
        another form of the SEC, such as a 13F, which is named; if an element is missing (netAssets, a line, its valUSD,
        its names); if a number is invalid, or net assets are not > 0; if no line has a value > 0; if net assets are
        negligible beside the holdings; if `founders` names no security, or gives one security two founders. If
        ``derivatives="notional"`` and the exposure of one of them is unknown.

    Notes
    -----
    Lines that share a CUSIP or an ISIN are one holding, shorts (by payoff profile, balance or value) netted against
    longs; so are those of unlisted stock without either that share the issuer (LEI or name). A holding is named by its
    ticker, else by its title, else by its issuer; where that is not unique the CUSIP, else the ISIN, else a number is
    added. What else it is called, CUSIP and ISIN too, is in its `aliases`. It is unlisted where more than half of it is
    of fair-value level 3 (unobservable inputs, FASB ASC 820) or restricted stock. The order is that of the file.

    A swap is long if the reference leg is received, and short if it is paid. The reference leg names the reference;
    else it is the only one that is not fixed, floating or a rate in words. The exposure of credit swaps, and of
    derivatives on other derivatives, is not their notional and counts as unknown. The spot of an option is value ÷
    balance of the security in the same file. A basket is split by the values of its components, as far as the file
    lists them. Contracts on currencies and interest rates have no reference security and are left out either way.

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
    result = read_fund(
        path,
        founders,
        derivatives=derivatives,
        unlisted=unlisted,
        loan_rate=loan_rate,
        max_loan_to_value=max_loan_to_value,
    )
    return result.with_warnings(os.fspath(path), 3)


def read_fund(
    path: str | os.PathLike[str],
    founders: Mapping[str, Founder] | None = None,
    *,
    derivatives: str = "leave out",
    unlisted: Liquidity | None = None,
    loan_rate: float = 0.0,
    max_loan_to_value: float | None = None,
) -> ReadResult[Portfolio]:
    """Read as `nport` does, and return the lines left out and the warnings instead of issuing them."""
    one_of("derivatives", derivatives, ["leave out", "notional"])
    filing = read_nport(path)
    fund = Fund.of(filing)
    if derivatives == "notional":
        fund.add_exposures()
    long_values = {name: value for name, value in fund.values.items() if value > 0.0}
    if not long_values:
        raise InvalidInput(f"{filing.path}: must hold at least one line with a value > 0, got none")
    names = [*long_values, *(names for group in fund.securities.values() for each in group for names in each.names)]
    founder_by_name = checked_founders(filing.path, founders, names)
    unlisted_liquidity = TenderWindows() if unlisted is None else unlisted
    aliases = fund.aliases(long_values)
    holdings = [
        _holding(fund, name, value, founder_by_name, unlisted_liquidity, aliases[name])
        for name, value in long_values.items()
    ]
    gross = number(f"{filing.path}: sum of all values", sum(long_values.values()))
    debt = gross - filing.net_assets
    loan = None
    if debt > _RELATIVE_TOLERANCE * filing.net_assets:
        number(f"{filing.path}: the loan as a share of all values", debt / gross, below=1.0)
        limit = max(_MAX_BORROWED_SHARE, debt / gross) if max_loan_to_value is None else max_loan_to_value
        with with_place(filing.error):
            loan = Loan(debt, loan_rate, limit)
    elif debt < -_RELATIVE_TOLERANCE * filing.net_assets:
        holdings.append(Holding(UniqueNames(long_values).take(_OTHER_NET_ASSETS), -debt))
    with with_place(filing.error):
        portfolio = Portfolio(holdings, loan=loan)
    return ReadResult(
        portfolio, tuple(fund.left_out(long_values)), tuple(fund.warning_texts(long_values, max(debt, 0.0)))
    )


def _holding(
    fund: Fund, name: str, value: float, founders: Mapping[str, Founder], unlisted: Liquidity, aliases: tuple[str, ...]
) -> Holding:
    keys = dict.fromkeys([name, *(called for security in fund.securities[name] for called in security.names)])
    founder = common_founder(fund.filing.path, name, [founders[key] for key in keys if key in founders])
    lines = fund.lines.get(name, ())
    without_market = sum(line.value for line in lines if line.unlisted)
    listed = not lines or without_market <= 0.5 * sum(line.value for line in lines)
    with with_place(lambda message: fund.filing.error(message, lines[0].line_number if lines else None)):
        return Holding(name, value, founder=founder, liquidity=Listed() if listed else unlisted, aliases=aliases)
