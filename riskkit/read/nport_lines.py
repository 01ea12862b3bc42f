"""What an SEC N-PORT file says of a fund: its net assets, and its investments line by line."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import file_path, short_repr
from riskkit.read.amounts import amount
from riskkit.read.nport_derivatives import Derivative, PartialDerivative, Security, given, identifier, single_text
from riskkit.read.sec_forms import ROOT, check_form, check_root
from riskkit.read.xml_file import Element, elements, xml_fault

__all__ = ["Filing", "Line", "read_nport"]

_FORM = (ROOT, "headerData", "submissionType")
_OTHER_FORM = (ROOT, "submissionType")  # where forms that are no N-PORT have it
_FUND = (ROOT, "formData", "fundInfo")
_NET = (*_FUND, "netAssets")
_LINE = (ROOT, "formData", "invstOrSecs", "invstOrSec")
_DERIVATIVE = (*_LINE, "derivativeInfo")

#: What the fund tells of money that it has borrowed: due within a year or later, from banks and others.
_BORROWED = {
    (*_FUND, f"amtPay{when}{whom}")
    for when in ("OneYr", "AftOneYr")
    for whom in ("BanksBorr", "CtrldComp", "OthAffil", "Other")
}
#: Elements of a line whose text is read. Others of the same names stand deeper, in what a derivative refers to.
_TEXTS = {
    (*_LINE, tag): tag
    for tag in (
        "name", "lei", "title", "cusip", "balance", "units", "descOthUnits", "curCd", "valUSD", "pctVal",
        "payoffProfile", "assetCat", "isRestrictedSec", "fairValLevel",
    )
}  # fmt: skip
#: Elements of which attributes are read, by the key that each is kept under.
_ATTRIBUTES = {
    (*_LINE, "identifiers", "ticker"): {"ticker": "value"},
    (*_LINE, "identifiers", "isin"): {"isin": "value"},
    (*_LINE, "assetConditional"): {"assetCat": "assetCat"},
    (*_LINE, "currencyConditional"): {"curCd": "curCd", "exchangeRt": "exchangeRt"},
    (*_LINE, "securityLending", "cashCollateralCondition"): {"cashCollateralVal": "cashCollateralVal"},
}
_EQUITY = ("EC", "EP")  # common and preferred
#: Categories of derivatives, and of what: commodities, credit, equity, foreign exchange, interest rates.
_DERIVATIVES = ("DCO", "DCR", "DE", "DFE", "DIR")
_MOST_LINES = 100_000  # several times the largest funds, for lines and for what their baskets hold


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Line(Security):
    """One line of the schedule of investments, equal to itself alone; a text that is not given is empty.

    Parameters
    ----------
    place : int
        Line of the file on which it begins.
    lei, units, currency, category : str
        Identifier of the issuer; what its balance counts (NS shares, PA principal, NC contracts); its currency; its
        asset category (EC common stock, DE derivative on equity).
    value : float
        In US dollars; negative for what is owed, and for what is short by its payoff profile or its balance.
    reported : float
        The value with the sign that the file gives it.
    balance : float or None
        Number of units, as the file tells it.
    exchange_rate : float or None
        Units of `currency` for a US dollar.
    percent : float or None
        Of net assets, as the file tells it.
    collateral : float
        How much of it is cash collateral of securities on loan, reinvested; in US dollars.
    unlisted : bool
        Whether its fair value is of level 3, or it is stock that is restricted.
    is_derivative : bool
        Whether it has derivative information, or is of a derivative category.
    derivatives : tuple of Derivative
        What is told of it as a derivative.
    """

    place: int
    lei: str = ""
    units: str = ""
    currency: str = ""
    category: str = ""
    value: float
    reported: float
    balance: float | None = None
    exchange_rate: float | None = None
    percent: float | None = None
    collateral: float = 0.0
    unlisted: bool = False
    is_derivative: bool = False
    derivatives: tuple[Derivative, ...] = ()

    @property
    def equity(self) -> bool:
        """Whether it is common or preferred stock."""
        return self.category in _EQUITY


@dataclass(frozen=True)
class Filing:
    """An N-PORT file.

    Parameters
    ----------
    path : str
        The file, as it is named in errors.
    net_assets : float
        In US dollars, > 0.
    borrowed : float or None
        What it tells of money that the fund has borrowed, in US dollars; None where it tells nothing.
    lines : tuple of Line
        At least one.
    """

    path: str
    net_assets: float
    borrowed: float | None
    lines: tuple[Line, ...]

    def fault(self, message: str, line: int | None = None) -> InvalidInput:
        """Return an error that begins with the place in the file."""
        return InvalidInput(f"{self.path}: {message}") if line is None else xml_fault(self.path, message, line)


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
        With file and line: what `elements` refuses; if it is another form of the SEC; if there is no netAssets or it
        is not > 0; if there is no line, or more than 100,000, or more than so many parts of baskets; if a line has no
        valUSD, or no ticker, title or name; if a number is none, a text has more than 10,000 characters, or one of
        these elements comes twice.
    """
    name = str(file_path("path", path))
    net: float | None = None
    borrowed: dict[str, float] = {}
    lines: list[Line] = []
    parts = 0
    current = _PartialLine(name)
    for element in elements(name, lambda root, line: check_root(name, root, line)):
        if element.path[: len(_DERIVATIVE)] == _DERIVATIVE:
            parts += current.take(element.path[len(_DERIVATIVE) :], element)
            if parts > _MOST_LINES:
                raise xml_fault(name, f"must have at most {_MOST_LINES:,} <component>, got more", element.line)
        elif element.path in _TEXTS:
            key = _TEXTS[element.path]
            current.fields[key] = single_text(name, current.fields, element)
        elif element.path in _ATTRIBUTES:
            for key, attribute in _ATTRIBUTES[element.path].items():
                current.fields.setdefault(key, element.attributes.get(attribute, ""))
        elif element.path == _LINE:
            if len(lines) == _MOST_LINES:
                raise xml_fault(name, f"must have at most {_MOST_LINES:,} <invstOrSec>, got more", element.line)
            lines.append(current.line(element.line))
            current = _PartialLine(name)
        elif element.path == _NET:
            if net is not None:
                raise xml_fault(name, "<netAssets> must stand there once, got it twice", element.line)
            net = amount(element.text or "")
            if net is None or net <= 0.0:
                raise xml_fault(
                    name, f"<netAssets> must be a number > 0, got {short_repr(element.text, 80)}", element.line
                )
        elif element.path in _BORROWED:
            tag = element.path[-1]
            text = given(single_text(name, borrowed, element))
            borrowed[tag] = _number(name, element.line, "", tag, text) if text else 0.0
        elif element.path in (_FORM, _OTHER_FORM):
            check_form(name, element.text or "", element.line)
    if net is None:
        raise InvalidInput(f"{name}: must have an element <{'/'.join(_NET)}>, got none")
    if not lines:
        raise InvalidInput(f"{name}: must have an element <{'/'.join(_LINE)}>, got none")
    return Filing(name, net, sum(borrowed.values()) if borrowed else None, tuple(lines))


@dataclass
class _PartialLine:
    """A line whose elements are still coming in."""

    path: str
    fields: dict[str, str] = field(default_factory=dict)
    derivatives: list[Derivative] = field(default_factory=list)
    is_derivative: bool = False
    _derivative: PartialDerivative | None = None

    def take(self, inside: tuple[str, ...], element: Element) -> int:
        """Take an element of the derivative's; return how many parts of a basket came with it."""
        self.is_derivative = True
        if not inside:
            return 0
        if self._derivative is None:
            self._derivative = PartialDerivative(self.path)
        before = len(self._derivative.components)
        ended = self._derivative.take(inside, element)
        came = len(self._derivative.components) - before
        if ended is not None:
            self.derivatives.append(ended)
            self._derivative = None
        return came

    def line(self, place: int) -> Line:
        path = self.path
        said = {key: given(text) for key, text in self.fields.items()}
        issuer, title, ticker = (said.get(key, "") for key in ("name", "title", "ticker"))
        label = ticker or title or issuer
        if not label:
            raise xml_fault(path, "an <invstOrSec> must have a <ticker>, a <title> or a <name>, got none", place)
        value = self._number(place, label, "valUSD", self.fields.get("valUSD"))
        if value is None:
            raise xml_fault(
                path, f"the <invstOrSec> of {short_repr(label, 80)} must have an element <valUSD>, got none", place
            )
        category = said.get("assetCat", "")
        restricted = said.get("isRestrictedSec", "").upper() == "Y"
        balance, rate, collateral = (
            self._number(place, label, tag, said.get(tag) or None)
            for tag in ("balance", "exchangeRt", "cashCollateralVal")
        )
        short = said.get("payoffProfile", "").lower() == "short" or (balance is not None and balance < 0.0)
        is_derivative = self.is_derivative or category in _DERIVATIVES
        return Line(
            place=place,
            issuer=issuer,
            lei=identifier(said.get("lei", "")),
            title=title,
            ticker=ticker,
            cusip=identifier(said.get("cusip", "")),
            isin=identifier(said.get("isin", "")),
            units="NC" if "contract" in said.get("descOthUnits", "").lower() else said.get("units", ""),
            currency=said.get("curCd", ""),
            category=category,
            value=-abs(value) if short and not is_derivative else value,
            reported=value,
            balance=balance,
            exchange_rate=rate if rate is not None and rate > 0.0 else None,
            percent=self._number(place, label, "pctVal", self.fields.get("pctVal")),
            collateral=max(collateral or 0.0, 0.0),
            unlisted=said.get("fairValLevel") == "3" or (category in _EQUITY and restricted),
            is_derivative=is_derivative,
            derivatives=tuple(self.derivatives),
        )

    def _number(self, place: int, label: str, tag: str, text: str | None) -> float | None:
        return None if text is None else _number(self.path, place, f" of {short_repr(label, 80)}", tag, text)


def _number(path: str, place: int, of: str, tag: str, text: str) -> float:
    value = amount(text)
    if value is None:
        raise xml_fault(path, f"<{tag}>{of} must be a finite number, got {short_repr(text, 80)}", place)
    return value
