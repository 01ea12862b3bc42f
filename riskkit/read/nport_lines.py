"""What an SEC N-PORT file says of a fund: its net assets, and its investments line by line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from riskkit.errors import InvalidInput
from riskkit.read.amounts import amount
from riskkit.read.csv_file import NOTHING
from riskkit.read.xml_file import Element, elements, xml_fault

__all__ = ["Filing", "Line", "read_nport"]

_ROOT = "edgarSubmission"
_NET = (_ROOT, "formData", "fundInfo", "netAssets")
_LINE = (_ROOT, "formData", "invstOrSecs", "invstOrSec")

#: Elements of a line whose text is read. Others of the same names stand deeper, in what a derivative refers to.
_TEXTS = {
    (*_LINE, tag): tag
    for tag in (
        "name", "lei", "title", "cusip", "valUSD", "pctVal", "payoffProfile", "assetCat", "isRestrictedSec",
        "fairValLevel",
    )
}  # fmt: skip
#: Elements of which an attribute is read.
_ATTRIBUTES = {
    (*_LINE, "identifiers", "ticker"): ("ticker", "value"),
    (*_LINE, "identifiers", "isin"): ("isin", "value"),
    (*_LINE, "assetConditional"): ("assetCat", "assetCat"),
}
_EQUITY = ("EC", "EP")  # common and preferred
_MOST_LINES = 100_000  # several times the largest funds


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of the schedule of investments, equal to itself alone; a text that is not given is empty.

    Parameters
    ----------
    issuer, lei, title, ticker, cusip, isin : str
        Names of the company and of the security; a number that stands for none, such as 000000000, is empty.
    value : float
        In US dollars; negative for what is owed.
    percent : float or None
        Of net assets, as the file tells it.
    short : bool
        Whether the payoff profile is "Short".
    equity : bool
        Whether it is common or preferred stock.
    unlisted : bool
        Whether its fair value is of level 3, or it is stock that is restricted.
    """

    issuer: str
    lei: str
    title: str
    ticker: str
    cusip: str
    isin: str
    value: float
    percent: float | None
    short: bool
    equity: bool
    unlisted: bool

    @property
    def label(self) -> str:
        """Ticker, else title, else issuer."""
        return self.ticker or self.title or self.issuer

    @property
    def names(self) -> tuple[str, ...]:
        """All that it can be called by."""
        return tuple(name for name in (self.ticker, self.title, self.issuer, self.cusip) if name)


@dataclass(frozen=True)
class Filing:
    """An N-PORT file.

    Parameters
    ----------
    path : str
        The file, as it is named in errors.
    net_assets : float
        In US dollars, > 0.
    lines : tuple of Line
        At least one.
    """

    path: str
    net_assets: float
    lines: tuple[Line, ...]


def read_nport(path: str | os.PathLike[str]) -> Filing:
    """Read an N-PORT file; elements that are not needed are ignored.

    Parameters
    ----------
    path : str or path
        The XML file of a filing, primary_doc.xml.

    Returns
    -------
    Filing
        With all lines, in the order of the file.

    Raises
    ------
    InvalidInput
        With file and line: what `elements` refuses; if the root is not edgarSubmission; if there is no netAssets or it
        is not > 0; if there is no line, or more than 100,000; if a line has no valUSD, or no ticker, title or name; if
        a number is none, a text has more than 10,000 characters, or one of these elements comes twice.
    """
    name = os.fspath(path)
    net: float | None = None
    lines: list[Line] = []
    fields: dict[str, str] = {}
    for element in elements(name):
        if element.path[0] != _ROOT:
            wanted = f"the root must be <{_ROOT}>, got <{element.path[0]}>; take primary_doc.xml of the filing itself"
            raise xml_fault(name, wanted, element.line)
        if element.path in _TEXTS:
            _put(name, fields, element)
        elif element.path in _ATTRIBUTES:
            key, attribute = _ATTRIBUTES[element.path]
            fields.setdefault(key, element.attributes.get(attribute, ""))
        elif element.path == _LINE:
            if len(lines) == _MOST_LINES:
                raise xml_fault(name, f"must have at most {_MOST_LINES:,} <invstOrSec>, got more", element.line)
            lines.append(_line(name, element.line, fields))
            fields = {}
        elif element.path == _NET:
            if net is not None:
                raise xml_fault(name, "<netAssets> must stand there once, got it twice", element.line)
            net = amount(element.text or "")
            if net is None or net <= 0.0:
                raise xml_fault(name, f"<netAssets> must be a number > 0, got {element.text!r}", element.line)
    if net is None:
        raise InvalidInput(f"{name}: must have an element <{'/'.join(_NET)}>, got none")
    if not lines:
        raise InvalidInput(f"{name}: must have an element <{'/'.join(_LINE)}>, got none")
    return Filing(name, net, tuple(lines))


def _put(path: str, fields: dict[str, str], element: Element) -> None:
    tag = element.path[-1]
    if element.text is None:
        raise xml_fault(path, f"<{tag}> must have at most 10,000 characters, got more", element.line)
    if tag in fields:
        raise xml_fault(path, f"<{tag}> must stand once in an <invstOrSec>, got it twice", element.line)
    fields[tag] = element.text


def _line(path: str, number: int, fields: Mapping[str, str]) -> Line:
    given = {key: _cleaned(text) for key, text in fields.items()}
    issuer, title, ticker = (given.get(key, "") for key in ("name", "title", "ticker"))
    label = ticker or title or issuer
    if not label:
        raise xml_fault(path, "an <invstOrSec> must have a <ticker>, a <title> or a <name>, got none", number)
    value, percent = (_number(path, number, label, tag, fields.get(tag)) for tag in ("valUSD", "pctVal"))
    if value is None:
        raise xml_fault(path, f"the <invstOrSec> of {label!r} must have an element <valUSD>, got none", number)
    equity = given.get("assetCat") in _EQUITY
    restricted = given.get("isRestrictedSec", "").upper() == "Y"
    return Line(
        issuer,
        _identifier(given.get("lei", "")),
        title,
        ticker,
        _identifier(given.get("cusip", "")),
        _identifier(given.get("isin", "")),
        value,
        percent,
        short=given.get("payoffProfile", "").lower() == "short",
        equity=equity,
        unlisted=given.get("fairValLevel") == "3" or (equity and restricted),
    )


def _number(path: str, line: int, label: str, tag: str, text: str | None) -> float | None:
    if text is None:
        return None
    value = amount(text)
    if value is None:
        raise xml_fault(path, f"<{tag}> of {label!r} must be a finite number, got {text!r}", line)
    return value


def _cleaned(text: str) -> str:
    words = " ".join(text.split())
    return "" if words.lower() in NOTHING else words


def _identifier(text: str) -> str:
    """The number, or nothing where it cannot be one: 000000000, or words without a check digit."""
    return text.upper() if len(set(text)) > 1 and any(sign.isdigit() for sign in text) else ""
