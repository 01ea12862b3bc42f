"""What an N-PORT line says of a derivative: its kind, its terms, and the securities that it refers to."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from riskkit._core.validation import clean_text
from riskkit.read.csv_file import NOTHING
from riskkit.read.xml_file import Element, xml_fault

__all__ = ["Component", "Derivative", "Leg", "PartialDerivative", "Security", "given", "identifier", "single_text"]

#: Elements of a derivative whose text is read. Others of the same names stand deeper, in a derivative it refers to.
_TERMS = {
    "payOffProf", "notionalAmt", "curCd", "putOrCall", "writtenOrPur", "shareNo", "exercisePrice",
    "exercisePriceCurCd", "delta", "curSold", "curPur",
}  # fmt: skip
_LEGS = {
    f"{kind}{side}Desc": (kind, side == "Rec") for kind in ("fixed", "floating", "other") for side in ("Rec", "Pmnt")
}
_REFERENCE, _INDEX, _COMPONENT = ("otherRefInst",), ("indexBasketInfo",), ("indexBasketInfo", "components", "component")
#: Elements of what a derivative refers to, by the field of `Security` that they are.
_NAMES = {
    (*_REFERENCE, "issuerName"): "issuer",
    (*_REFERENCE, "issueTitle"): "title",
    (*_INDEX, "indexName"): "title",
    (*_INDEX, "indexIdentifier"): "issuer",  # so that an index is called by its name first
    (*_COMPONENT, "othIndName"): "title",
    (*_COMPONENT, "othIndValue"): "value",
    (*_COMPONENT, "othIndIssCurCd"): "currency",
}
_IDENTIFIERS = {
    (*place, "identifiers", kind): kind for place in (_REFERENCE, _COMPONENT) for kind in ("ticker", "cusip", "isin")
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Security:
    """What a security can be called by, equal to itself alone; a text that is not given is empty.

    Parameters
    ----------
    issuer, title, ticker, cusip, isin : str
        Names of the company and of the security; a number that stands for none, such as 000000000, is empty.
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
        """All that it can be called by."""
        return tuple(name for name in (self.ticker, self.title, self.issuer, self.cusip, self.isin) if name)

    @property
    def any_cusip(self) -> str:
        """The CUSIP, given or contained in the ISIN, as it is in those of the United States and Canada."""
        inside = len(self.isin) == 12 and self.isin[:2] in ("US", "CA")
        return self.cusip or (self.isin[2:11] if inside else "")


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a swap: whether it is fixed, floating or other, and what is said of it."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Component:
    """A security in an index or basket; its value is a text as the file has it."""

    security: Security
    value: str
    currency: str


@dataclass(frozen=True, slots=True, eq=False)
class Derivative:
    """A derivative as a line tells it.

    Parameters
    ----------
    kind : str
        Name of its element: fwdDeriv, futrDeriv, swapDeriv, optionSwaptionWarrantDeriv or othDeriv.
    terms : mapping of str to str
        Texts of its elements, by name.
    received, paid : tuple of Leg
        The sides of a swap.
    references : tuple of Security
        What it refers to; none where the file writes none or N/A.
    components : tuple of Component
        What an index or basket that it refers to consists of, as far as the file tells it.
    nested : bool
        Whether it refers to another derivative, whose references these are.
    """

    kind: str
    terms: Mapping[str, str]
    received: tuple[Leg, ...]
    paid: tuple[Leg, ...]
    references: tuple[Security, ...]
    components: tuple[Component, ...]
    nested: bool


@dataclass
class PartialDerivative:
    """A derivative whose elements are still coming in."""

    path: str
    terms: dict[str, str] = field(default_factory=dict)
    received: list[Leg] = field(default_factory=list)
    paid: list[Leg] = field(default_factory=list)
    references: list[Security] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    nested: bool = False
    _security: dict[str, str] = field(default_factory=dict)
    _component: dict[str, str] = field(default_factory=dict)

    def take(self, inside: tuple[str, ...], element: Element) -> Derivative | None:
        """Take an element, given its path inside derivativeInfo; return the derivative when it ends."""
        if len(inside) == 1:
            return Derivative(
                inside[0],
                self.terms,
                tuple(self.received),
                tuple(self.paid),
                tuple(self.references),
                tuple(self.components),
                self.nested,
            )
        if inside[-1] == "nestedDerivInfo":
            self.nested = True
        elif len(inside) == 2 and inside[1] in _TERMS:
            self.terms[inside[1]] = single_text(self.path, self.terms, element)
        elif len(inside) == 2 and inside[1] in _LEGS:
            self._leg(inside[1], element)
        elif "descRefInstrmnt" in inside:
            last = len(inside) - 1 - inside[::-1].index("descRefInstrmnt")
            self._reference(inside[last + 1 :], element)
        return None

    def _leg(self, tag: str, element: Element) -> None:
        kind, is_received = _LEGS[tag]
        said = element.attributes.get("fixedOrFloating", "")
        if kind == "other" and said.lower() not in ("", "other"):
            kind = said.lower()
        text = element.attributes.get("floatingRtIndex", "") if kind == "floating" else self._text(element)
        (self.received if is_received else self.paid).append(Leg(kind, given(text)))

    def _text(self, element: Element) -> str:
        return single_text(self.path, (), element)

    def _reference(self, inside: tuple[str, ...], element: Element) -> None:
        fields = self._component if inside[: len(_COMPONENT)] == _COMPONENT else self._security
        if inside in _NAMES:
            fields[_NAMES[inside]] = given(self._text(element))
        elif inside in _IDENTIFIERS:
            kind = _IDENTIFIERS[inside]
            text = given(element.attributes.get("value", ""))
            fields[kind] = text if kind == "ticker" else identifier(text)
        elif inside == _COMPONENT:
            value, currency = (fields.pop(key, "") for key in ("value", "currency"))
            self.components.append(Component(Security(**fields), value, currency))
            fields.clear()
        elif inside in (_REFERENCE, _INDEX):
            security = Security(**fields)
            if security.label:
                self.references.append(security)
            fields.clear()


def single_text(path: str, fields: Container[str], element: Element) -> str:
    """The text of an element that must be short and stand once."""
    tag = element.path[-1]
    if element.text is None:
        raise xml_fault(path, f"<{tag}> must have at most 10,000 characters, got more", element.line)
    if tag in fields:
        raise xml_fault(path, f"<{tag}> must stand once in an <invstOrSec>, got it twice", element.line)
    return element.text


def given(text: str) -> str:
    """The text in single spaces without invisible signs, or nothing where it says that there is nothing."""
    words = clean_text(text)
    return "" if words.lower() in NOTHING else words


def identifier(text: str) -> str:
    """The number, or nothing where it cannot be one: 000000000, or words without a check digit."""
    return text.upper() if len(set(text)) > 1 and any(sign.isdigit() for sign in text) else ""
