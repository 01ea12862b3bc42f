"""Derivatives in an N-PORT file: the kind, the terms and the reference securities."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from riskkit._core.validation import clean_text
from riskkit.read.csv_file import EMPTY_CELLS
from riskkit.read.xml_file import Element, xml_error

__all__ = [
    "Component",
    "Derivative",
    "Leg",
    "DerivativeBuilder",
    "Security",
    "text_or_empty",
    "identifier_or_empty",
    "unique_text",
]

#: Elements of a derivative whose text is read. A nested derivative has elements of the same names further down.
_TERM_TAGS = {
    "payOffProf", "notionalAmt", "curCd", "putOrCall", "writtenOrPur", "shareNo", "exercisePrice",
    "exercisePriceCurCd", "delta", "curSold", "curPur",
}  # fmt: skip
_LEGS = {
    f"{kind}{side}Desc": (kind, side == "Rec") for kind in ("fixed", "floating", "other") for side in ("Rec", "Pmnt")
}
_REFERENCE, _INDEX, _COMPONENT = ("otherRefInst",), ("indexBasketInfo",), ("indexBasketInfo", "components", "component")
#: Fields of `Security` by the element of a reference.
_NAME_FIELDS = {
    (*_REFERENCE, "issuerName"): "issuer",
    (*_REFERENCE, "issueTitle"): "title",
    (*_INDEX, "indexName"): "title",
    (*_INDEX, "indexIdentifier"): "issuer",  # so that an index is called by its name first
    (*_COMPONENT, "othIndName"): "title",
    (*_COMPONENT, "othIndValue"): "value",
    (*_COMPONENT, "othIndIssCurCd"): "currency",
}
_IDENTIFIER_FIELDS = {
    (*path, "identifiers", kind): kind for path in (_REFERENCE, _COMPONENT) for kind in ("ticker", "cusip", "isin")
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Security:
    """The names and identifiers of a security, compared by identity; a missing text is empty.

    Parameters
    ----------
    issuer, title, ticker, cusip, isin : str
        Names of the company and of the security, and identifiers; a placeholder such as 000000000 is empty.
    """

    issuer: str = ""
    title: str = ""
    ticker: str = ""
    cusip: str = ""
    isin: str = ""

    @property
    def label(self) -> str:
        """Ticker, else title, else issuer, else CUSIP, else ISIN."""
        return self.ticker or self.title or self.issuer or self.cusip or self.isin

    @property
    def names(self) -> tuple[str, ...]:
        """All names and identifiers."""
        return tuple(name for name in (self.ticker, self.title, self.issuer, self.cusip, self.isin) if name)

    @property
    def any_cusip(self) -> str:
        """The CUSIP, else the one inside an ISIN of the United States or Canada."""
        relative_path = len(self.isin) == 12 and self.isin[:2] in ("US", "CA")
        return self.cusip or (self.isin[2:11] if relative_path else "")


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a swap: fixed, floating or other, and its description."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Component:
    """A security in an index or basket; its value is the text in the file."""

    security: Security
    value: str
    currency: str


@dataclass(frozen=True, slots=True, eq=False)
class Derivative:
    """A derivative of an N-PORT line.

    Parameters
    ----------
    kind : str
        Name of its element: fwdDeriv, futrDeriv, swapDeriv, optionSwaptionWarrantDeriv or othDeriv.
    terms : mapping of str to str
        Texts of its elements, by name.
    received, paid : tuple of Leg
        The legs of a swap.
    references : tuple of Security
        The reference securities; empty where the file has none or N/A.
    components : tuple of Component
        The components of an index or basket it refers to, as far as the file lists them.
    nested : bool
        Whether it refers to another derivative; `references` are then those of that one.
    """

    kind: str
    terms: Mapping[str, str]
    received: tuple[Leg, ...]
    paid: tuple[Leg, ...]
    references: tuple[Security, ...]
    components: tuple[Component, ...]
    nested: bool


@dataclass
class DerivativeBuilder:
    """Collects the elements of a derivative."""

    path: str
    terms: dict[str, str] = field(default_factory=dict)
    received: list[Leg] = field(default_factory=list)
    paid: list[Leg] = field(default_factory=list)
    references: list[Security] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    nested: bool = False
    _security: dict[str, str] = field(default_factory=dict)
    _component: dict[str, str] = field(default_factory=dict)

    def add(self, relative_path: tuple[str, ...], element: Element) -> Derivative | None:
        """Add an element, with its path relative to derivativeInfo; return the derivative when it is complete."""
        if len(relative_path) == 1:
            return Derivative(
                relative_path[0],
                self.terms,
                tuple(self.received),
                tuple(self.paid),
                tuple(self.references),
                tuple(self.components),
                self.nested,
            )
        if relative_path[-1] == "nestedDerivInfo":
            self.nested = True
        elif len(relative_path) == 2 and relative_path[1] in _TERM_TAGS:
            self.terms[relative_path[1]] = unique_text(self.path, self.terms, element)
        elif len(relative_path) == 2 and relative_path[1] in _LEGS:
            self._add_leg(relative_path[1], element)
        elif "descRefInstrmnt" in relative_path:
            last = len(relative_path) - 1 - relative_path[::-1].index("descRefInstrmnt")
            self._add_reference(relative_path[last + 1 :], element)
        return None

    def _add_leg(self, tag: str, element: Element) -> None:
        kind, is_received = _LEGS[tag]
        rate_kind = element.attributes.get("fixedOrFloating", "")
        if kind == "other" and rate_kind.lower() not in ("", "other"):
            kind = rate_kind.lower()
        text = element.attributes.get("floatingRtIndex", "") if kind == "floating" else self._text(element)
        (self.received if is_received else self.paid).append(Leg(kind, text_or_empty(text)))

    def _text(self, element: Element) -> str:
        return unique_text(self.path, (), element)

    def _add_reference(self, relative_path: tuple[str, ...], element: Element) -> None:
        fields = self._component if relative_path[: len(_COMPONENT)] == _COMPONENT else self._security
        if relative_path in _NAME_FIELDS:
            fields[_NAME_FIELDS[relative_path]] = text_or_empty(self._text(element))
        elif relative_path in _IDENTIFIER_FIELDS:
            kind = _IDENTIFIER_FIELDS[relative_path]
            text = text_or_empty(element.attributes.get("value", ""))
            fields[kind] = text if kind == "ticker" else identifier_or_empty(text)
        elif relative_path == _COMPONENT:
            value, currency = (fields.pop(key, "") for key in ("value", "currency"))
            self.components.append(Component(Security(**fields), value, currency))
            fields.clear()
        elif relative_path in (_REFERENCE, _INDEX):
            security = Security(**fields)
            if security.label:
                self.references.append(security)
            fields.clear()


def unique_text(path: str, fields: Container[str], element: Element) -> str:
    """Return the text of an element; raise if it is too long or occurs twice."""
    tag = element.path[-1]
    if element.text is None:
        raise xml_error(path, f"<{tag}> must have at most 10,000 characters, got more", element.line)
    if tag in fields:
        raise xml_error(path, f"<{tag}> must occur once in an <invstOrSec>, got it twice", element.line)
    return element.text


def text_or_empty(text: str) -> str:
    """Return the text with single spaces and without invisible characters, "" for a cell such as N/A."""
    words = clean_text(text)
    return "" if words.lower() in EMPTY_CELLS else words


def identifier_or_empty(text: str) -> str:
    """Return the identifier, "" for a placeholder such as 000000000 or words without a digit."""
    return text.upper() if len(set(text)) > 1 and any(sign.isdigit() for sign in text) else ""
