"""Parse an SEC N-PORT file: net assets, borrowings and the lines of the schedule of investments."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import file_path, short_repr
from riskkit.read.amounts import amount
from riskkit.read.nport_derivatives import (
    Derivative,
    DerivativeBuilder,
    Security,
    identifier_or_empty,
    text_or_empty,
    unique_text,
)
from riskkit.read.sec_forms import ROOT, check_form, check_root
from riskkit.read.xml_file import Element, elements, xml_error

__all__ = ["Filing", "Line", "read_nport"]

_FORM_TYPE = (ROOT, "headerData", "submissionType")
_OTHER_FORM_TYPE = (ROOT, "submissionType")  # where other forms have it
_FUND_PATH = (ROOT, "formData", "fundInfo")
_NET_ASSETS_PATH = (*_FUND_PATH, "netAssets")
_LINE_PATH = (ROOT, "formData", "invstOrSecs", "invstOrSec")
_DERIVATIVE_PATH = (*_LINE_PATH, "derivativeInfo")

#: Amounts that the fund reports as borrowed: due within a year or later, from banks and others.
_BORROWING_PATHS = {
    (*_FUND_PATH, f"amtPay{when}{whom}")
    for when in ("OneYr", "AftOneYr")
    for whom in ("BanksBorr", "CtrldComp", "OthAffil", "Other")
}
#: Elements of a line whose text is read. References of derivatives have elements of the same names further down.
_TEXT_PATHS = {
    (*_LINE_PATH, tag): tag
    for tag in (
        "name", "lei", "title", "cusip", "balance", "units", "descOthUnits", "curCd", "valUSD", "pctVal",
        "payoffProfile", "assetCat", "isRestrictedSec", "fairValLevel",
    )
}  # fmt: skip
#: Elements whose attributes are read: the attribute by the key it is stored under.
_ATTRIBUTE_PATHS = {
    (*_LINE_PATH, "identifiers", "ticker"): {"ticker": "value"},
    (*_LINE_PATH, "identifiers", "isin"): {"isin": "value"},
    (*_LINE_PATH, "assetConditional"): {"assetCat": "assetCat"},
    (*_LINE_PATH, "currencyConditional"): {"curCd": "curCd", "exchangeRt": "exchangeRt"},
    (*_LINE_PATH, "securityLending", "cashCollateralCondition"): {"cashCollateralVal": "cashCollateralVal"},
}
_EQUITY_CATEGORIES = ("EC", "EP")  # common and preferred
#: Categories of derivatives: on commodities, credit, equity, foreign exchange, interest rates.
_DERIVATIVE_CATEGORIES = ("DCO", "DCR", "DE", "DFE", "DIR")
_MAX_LINES = 100_000  # several times the largest funds; for lines, and for components of baskets


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Line(Security):
    """One line of the schedule of investments, compared by identity; a missing text is empty.

    Parameters
    ----------
    line_number : int
        Line of the file on which it begins.
    lei, units, currency, category : str
        Identifier of the issuer; what its balance counts (NS shares, PA principal, NC contracts); its currency; its
        asset category (EC common stock, DE derivative on equity).
    value : float
        In US dollars; negative for liabilities, and for shorts by payoff profile or balance.
    filed_value : float
        The value with its sign in the file.
    balance : float or None
        Number of units.
    exchange_rate : float or None
        Units of `currency` for a US dollar.
    percent : float or None
        Percentage of net assets in the file.
    collateral : float
        The reinvested cash collateral of securities on loan in it; in US dollars.
    unlisted : bool
        Whether its fair value is of level 3, or it is restricted stock.
    is_derivative : bool
        Whether it has derivative information, or a derivative category.
    derivatives : tuple of Derivative
        Its derivative information.
    """

    line_number: int
    lei: str = ""
    units: str = ""
    currency: str = ""
    category: str = ""
    value: float
    filed_value: float
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
        return self.category in _EQUITY_CATEGORIES


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
        Money that the fund reports as borrowed, in US dollars; None without such elements.
    lines : tuple of Line
        At least one.
    """

    path: str
    net_assets: float
    borrowed: float | None
    lines: tuple[Line, ...]

    def error(self, message: str, line: int | None = None) -> InvalidInput:
        """Return an error whose message begins with the file and line."""
        return InvalidInput(f"{self.path}: {message}") if line is None else xml_error(self.path, message, line)


def read_nport(path: str | os.PathLike[str]) -> Filing:
    """Read an N-PORT file; elements that are not needed are ignored.

    Parameters
    ----------
    path : str or path
        The XML file of a filing, primary_doc.xml.

    Returns
    -------
    Filing
        The lines in the order of the file.

    Raises
    ------
    InvalidInput
        With file and line: what `elements` refuses; if it is another form of the SEC; if there is no netAssets or it
        is not > 0; if there is no line, or more than 100,000 lines or components of baskets; if a line has no valUSD,
        or no ticker, title or name; if a number is invalid, a text has more than 10,000 characters, or one of these
        elements occurs twice.
    """
    name = str(file_path("path", path))
    net_assets: float | None = None
    borrowed: dict[str, float] = {}
    lines: list[Line] = []
    component_count = 0
    current = _LineBuilder(name)
    for element in elements(name, lambda root, line: check_root(name, root, line)):
        if element.path[: len(_DERIVATIVE_PATH)] == _DERIVATIVE_PATH:
            component_count += current.add(element.path[len(_DERIVATIVE_PATH) :], element)
            if component_count > _MAX_LINES:
                raise xml_error(name, f"must have at most {_MAX_LINES:,} <component>, got more", element.line)
        elif element.path in _TEXT_PATHS:
            key = _TEXT_PATHS[element.path]
            current.fields[key] = unique_text(name, current.fields, element)
        elif element.path in _ATTRIBUTE_PATHS:
            for key, attribute in _ATTRIBUTE_PATHS[element.path].items():
                current.fields.setdefault(key, element.attributes.get(attribute, ""))
        elif element.path == _LINE_PATH:
            if len(lines) == _MAX_LINES:
                raise xml_error(name, f"must have at most {_MAX_LINES:,} <invstOrSec>, got more", element.line)
            lines.append(current.line(element.line))
            current = _LineBuilder(name)
        elif element.path == _NET_ASSETS_PATH:
            if net_assets is not None:
                raise xml_error(name, "<netAssets> must occur once, got it twice", element.line)
            net_assets = amount(element.text or "")
            if net_assets is None or net_assets <= 0.0:
                raise xml_error(
                    name, f"<netAssets> must be a number > 0, got {short_repr(element.text, 80)}", element.line
                )
        elif element.path in _BORROWING_PATHS:
            tag = element.path[-1]
            text = text_or_empty(unique_text(name, borrowed, element))
            borrowed[tag] = _number(name, element.line, "", tag, text) if text else 0.0
        elif element.path in (_FORM_TYPE, _OTHER_FORM_TYPE):
            check_form(name, element.text or "", element.line)
    if net_assets is None:
        raise InvalidInput(f"{name}: must have an element <{'/'.join(_NET_ASSETS_PATH)}>, got none")
    if not lines:
        raise InvalidInput(f"{name}: must have an element <{'/'.join(_LINE_PATH)}>, got none")
    return Filing(name, net_assets, sum(borrowed.values()) if borrowed else None, tuple(lines))


@dataclass
class _LineBuilder:
    """Collects the elements of a line."""

    path: str
    fields: dict[str, str] = field(default_factory=dict)
    derivatives: list[Derivative] = field(default_factory=list)
    is_derivative: bool = False
    _derivative: DerivativeBuilder | None = None

    def add(self, relative_path: tuple[str, ...], element: Element) -> int:
        """Add an element of a derivative; return the number of components it adds."""
        self.is_derivative = True
        if not relative_path:
            return 0
        if self._derivative is None:
            self._derivative = DerivativeBuilder(self.path)
        count_before = len(self._derivative.components)
        finished = self._derivative.add(relative_path, element)
        added = len(self._derivative.components) - count_before
        if finished is not None:
            self.derivatives.append(finished)
            self._derivative = None
        return added

    def line(self, line_number: int) -> Line:
        path = self.path
        texts = {key: text_or_empty(text) for key, text in self.fields.items()}
        issuer, title, ticker = (texts.get(key, "") for key in ("name", "title", "ticker"))
        label = ticker or title or issuer
        if not label:
            raise xml_error(path, "an <invstOrSec> must have a <ticker>, a <title> or a <name>, got none", line_number)
        value = self._number(line_number, label, "valUSD", self.fields.get("valUSD"))
        if value is None:
            raise xml_error(
                path,
                f"the <invstOrSec> of {short_repr(label, 80)} must have an element <valUSD>, got none",
                line_number,
            )
        category = texts.get("assetCat", "")
        restricted = texts.get("isRestrictedSec", "").upper() == "Y"
        balance, rate, collateral = (
            self._number(line_number, label, tag, texts.get(tag) or None)
            for tag in ("balance", "exchangeRt", "cashCollateralVal")
        )
        is_short = texts.get("payoffProfile", "").lower() == "short" or (balance is not None and balance < 0.0)
        is_derivative = self.is_derivative or category in _DERIVATIVE_CATEGORIES
        return Line(
            line_number=line_number,
            issuer=issuer,
            lei=identifier_or_empty(texts.get("lei", "")),
            title=title,
            ticker=ticker,
            cusip=identifier_or_empty(texts.get("cusip", "")),
            isin=identifier_or_empty(texts.get("isin", "")),
            units="NC" if "contract" in texts.get("descOthUnits", "").lower() else texts.get("units", ""),
            currency=texts.get("curCd", ""),
            category=category,
            value=-abs(value) if is_short and not is_derivative else value,
            filed_value=value,
            balance=balance,
            exchange_rate=rate if rate is not None and rate > 0.0 else None,
            percent=self._number(line_number, label, "pctVal", self.fields.get("pctVal")),
            collateral=max(collateral or 0.0, 0.0),
            unlisted=texts.get("fairValLevel") == "3" or (category in _EQUITY_CATEGORIES and restricted),
            is_derivative=is_derivative,
            derivatives=tuple(self.derivatives),
        )

    def _number(self, line_number: int, label: str, tag: str, text: str | None) -> float | None:
        return None if text is None else _number(self.path, line_number, f" of {short_repr(label, 80)}", tag, text)


def _number(path: str, line_number: int, of: str, tag: str, text: str) -> float:
    value = amount(text)
    if value is None:
        raise xml_error(path, f"<{tag}>{of} must be a finite number, got {short_repr(text, 80)}", line_number)
    return value
