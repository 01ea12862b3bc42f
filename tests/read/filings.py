"""N-PORT files for tests, written line by line."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

__all__ = [
    "TESLA",
    "currency_forward",
    "derivative",
    "filing",
    "future",
    "investment",
    "option",
    "reference",
    "swap",
    "written",
]

_ATTRIBUTES = ("ticker", "isin")


def investment(value: object, /, inside: str = "", **texts: object) -> str:
    """One line: its value, and elements by their names; `ticker` and `isin` are among the identifiers.

    `inside` is XML that stands last in it.
    """
    texts = {tag: str(text) for tag, text in texts.items()}
    elements = "".join(f"<{tag} value={quoteattr(texts.pop(tag))}/>" for tag in _ATTRIBUTES if tag in texts)
    plain = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in {**texts, "valUSD": str(value)}.items())
    return f"<invstOrSec>{plain}<identifiers>{elements}</identifiers>{inside}</invstOrSec>\n"


def reference(issuer: str = "N/A", title: str = "N/A", **identifiers: str) -> str:
    """A reference of a derivative: a security by its names and identifiers."""
    elements = "".join(f"<{kind} value={quoteattr(value)}/>" for kind, value in identifiers.items())
    return (
        f"<descRefInstrmnt><otherRefInst><issuerName>{escape(issuer)}</issuerName><issueTitle>{escape(title)}"
        f"</issueTitle><identifiers>{elements}</identifiers></otherRefInst></descRefInstrmnt>"
    )


TESLA = reference("Tesla Inc", "Tesla Inc", cusip="88160R101", isin="US88160R1014")
_COUNTERPARTY = "<counterparties><counterpartyName>A Bank</counterpartyName></counterparties>"


def derivative(mark: object, kind: str, inside: str, /, **texts: object) -> str:
    """A line with a derivative of that element; its value is the mark."""
    line = {"name": "A Bank", "title": "a derivative", "cusip": "000000000", "payoffProfile": "N/A", "assetCat": "DE"}
    category = {"swapDeriv": "SWP", "futrDeriv": "FUT", "fwdDeriv": "FWD", "othDeriv": "OTH"}.get(kind, "OPT")
    derivative_info = f'<derivativeInfo><{kind} derivCat="{category}">{_COUNTERPARTY}{inside}</{kind}></derivativeInfo>'
    return investment(mark, derivative_info, **{**line, **texts})


def swap(
    mark: object,
    notional: object,
    *,
    on: str = TESLA,
    received: str = '<otherRecDesc fixedOrFloating="Other">Tesla Inc</otherRecDesc>',
    paid: str = '<floatingPmntDesc fixedOrFloating="Floating" floatingRtIndex="OBFR" curCd="USD"/>',
    currency: str = "USD",
    **texts: object,
) -> str:
    """A total return swap on Tesla, of which the return is received."""
    terms = f"<notionalAmt>{notional}</notionalAmt><curCd>{currency}</curCd>"
    return derivative(mark, "swapDeriv", f"{on}<swapFlag>Y</swapFlag>{received}{paid}{terms}", **texts)


def option(
    mark: object,
    right: str,
    side: str,
    contracts: object,
    delta: object,
    *,
    shares: object = 100,
    strike: object = 5,
    currency: str = "USD",
    on: str = TESLA,
    **texts: object,
) -> str:
    """An option on Tesla; contracts are negative if it is written."""
    terms = (
        f"<putOrCall>{right}</putOrCall><writtenOrPur>{side}</writtenOrPur>{on}<shareNo>{shares}</shareNo>"
        f"<exercisePrice>{strike}</exercisePrice><exercisePriceCurCd>{currency}</exercisePriceCurCd>"
        f"<expDt>2027-01-15</expDt><delta>{delta}</delta><unrealizedAppr>1</unrealizedAppr>"
    )
    count = {"balance": contracts, "units": "NC"}
    return derivative(mark, "optionSwaptionWarrantDeriv", terms, **{**count, **texts})


def future(
    mark: object, profile: str, notional: object, *, on: str = TESLA, kind: str = "futrDeriv", **texts: object
) -> str:
    """A future, or a forward on a security."""
    terms = f"<payOffProf>{profile}</payOffProf>{on}<expDate>2027-01-15</expDate><notionalAmt>{notional}</notionalAmt>"
    return derivative(mark, kind, f"{terms}<curCd>USD</curCd>", **texts)


def currency_forward(mark: object, sold: str = "USD", bought: str = "EUR", **texts: object) -> str:
    """A forward on a currency."""
    terms = (
        f"<amtCurSold>50</amtCurSold><curSold>{sold}</curSold><amtCurPur>46</amtCurPur><curPur>{bought}</curPur>"
        "<settlementDt>2027-01-15</settlementDt>"
    )
    return derivative(mark, "fwdDeriv", terms, **{"assetCat": "DFE", "title": f"{bought}/{sold}", **texts})


def filing(*investments: str, net: object) -> str:
    """A file of these lines and net assets; the first line is line 3."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<edgarSubmission xmlns="http://www.sec.gov/edgar/nport"><formData>'
        f"<fundInfo><netAssets>{net}</netAssets></fundInfo><invstOrSecs>\n{''.join(investments)}</invstOrSecs>"
        "</formData></edgarSubmission>\n"
    )


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "primary_doc.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
