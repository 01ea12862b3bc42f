"""How much of which security the derivatives of an N-PORT file stand for: notional, direction and delta."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from riskkit._core.validation import short_repr
from riskkit.portfolio._company_names import company_words
from riskkit.read.amounts import amount
from riskkit.read.nport_derivatives import Derivative, Leg, Security
from riskkit.read.nport_lines import Line

__all__ = ["Exposure", "Terms", "exposures"]

#: Categories that refer to no security where they name none: currencies and interest rates.
_NO_SECURITY = ("DFE", "DIR")
_CREDIT = "DCR"
_RATES = {"fixed", "floating"}
#: A side of a swap that is told in words is the financing where it is told as one of these rates.
_RATE = re.compile(
    r"\b(sofr|[a-z]*ibor|obfr|effr|ffer|fed(eral)? ?funds?|fedl\w*|sonia|saron|ester|estr|tona\w*|corra|overnight|bps|"
    r"basis points?)\b",
    re.IGNORECASE,
)
_NOT_PRICE = re.compile(r"\b(variance|volatility|dividends?|correlation)\b", re.IGNORECASE)
_SHARES, _CONTRACTS = "NS", ("NC", "NS", "")
_BASKET_ROUNDING = 0.01


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a derivative stands for.

    Parameters
    ----------
    line : Line
        Where it is told.
    reference : Security or None
        What it refers to; None if it is no security but a currency or an interest rate.
    value : float or None
        In US dollars, negative where it gains when the security falls; None where the file does not tell it.
    note : str
        Why it is not known, or what was taken for what the file does not tell; empty if nothing was.
    """

    line: Line
    reference: Security | None
    value: float | None
    note: str = ""


@dataclass(frozen=True)
class Terms:
    """What exposures are worked out from besides the derivative itself.

    Parameters
    ----------
    spot : callable
        The price of a security in US dollars, or None.
    names : callable
        What a security is called in the same file.
    rates : mapping of str to float
        Units of each currency for a US dollar.
    """

    spot: Callable[[Security], float | None]
    names: Callable[[Security], Iterable[str]]
    rates: Mapping[str, float]

    @classmethod
    def of(
        cls,
        lines: Sequence[Line],
        spot: Callable[[Security], float | None],
        names: Callable[[Security], Iterable[str]],
    ) -> Terms:
        """Exchange rates are the medians of those that the lines tell."""
        told: dict[str, list[float]] = {}
        for line in lines:
            if line.exchange_rate is not None and line.currency:
                told.setdefault(line.currency.upper(), []).append(line.exchange_rate)
        return cls(spot, names, {currency: median(rates) for currency, rates in told.items()})


class _Unknown(Exception):
    """The file does not tell an exposure, for this reason."""


def exposures(line: Line, terms: Terms) -> list[Exposure]:
    """Return what the derivatives of a line stand for, one or several exposures each."""
    found: list[Exposure] = []
    for derivative in line.derivatives:
        found += _exposures(line, derivative, terms)
    return found or [Exposure(line, line, None, "no terms are told")]


def _exposures(line: Line, derivative: Derivative, terms: Terms) -> list[Exposure]:
    references = derivative.references
    if _names_no_security(line, derivative):
        return [Exposure(line, None, None)]
    reference = references[0] if references else line
    try:
        if not references:
            raise _Unknown("it names nothing that it refers to")
        if derivative.nested:
            raise _Unknown("it refers to another derivative")
        if len(references) > 1:
            raise _Unknown(f"it refers to {len(references)} securities, in shares that are not told")
        notes: list[str] = []
        value = _VALUES.get(derivative.kind, _other)(line, derivative, terms, notes)
        if not math.isfinite(value):
            raise _Unknown("its terms make no finite number")
        whole = Exposure(line, reference, value, ", ".join(notes))
        return list(_by_component(whole, derivative, terms)) if derivative.components else [whole]
    except _Unknown as reason:
        return [Exposure(line, each, None, str(reason)) for each in references or (line,)]


def _names_no_security(line: Line, derivative: Derivative) -> bool:
    """Whether it is a forward on a currency, or of currencies or rates and names nothing, or swaps rates."""
    if derivative.kind == "fwdDeriv" and ("curSold" in derivative.terms or "curPur" in derivative.terms):
        return True
    if line.category not in _NO_SECURITY:
        return False
    sides = {leg.kind for leg in (*derivative.received, *derivative.paid)}
    return not derivative.references or (derivative.kind == "swapDeriv" and bool(sides) and sides <= _RATES)


# ---------------------------------------------------------------------------------------------------------------------
# Kinds of derivatives
# ---------------------------------------------------------------------------------------------------------------------


def _future(line: Line, derivative: Derivative, terms: Terms, notes: list[str]) -> float:
    """Futures and forwards: the notional amount, in the direction of the payoff profile."""
    profile = derivative.terms.get("payOffProf", "").strip().lower()
    if profile not in ("long", "short"):
        raise _Unknown("its direction is not told")
    return _directed(line, derivative, profile == "long", terms, notes)


def _swap(line: Line, derivative: Derivative, terms: Terms, notes: list[str]) -> float:
    """Swaps: the notional amount, long if the side of the reference is received and short if it is paid."""
    if line.category == _CREDIT:
        raise _Unknown("a credit swap pays on default, not by the price")
    return _directed(line, derivative, _is_received(derivative, terms), terms, notes)


def _option(line: Line, derivative: Derivative, terms: Terms, notes: list[str]) -> float:
    """Options and warrants: contracts × shares a contract × spot × |delta|; bought puts and written calls are short."""
    right = derivative.terms.get("putOrCall", "").strip().lower()
    side = derivative.terms.get("writtenOrPur", "").strip().lower()
    if right not in ("put", "call") or side not in ("written", "purchased"):
        raise _Unknown("its direction is not told")
    delta = _term(derivative, "delta")
    if not -1.0 <= delta <= 1.0:
        raise _Unknown(f"delta must be from -1 to 1, got {delta:g}")
    if line.balance is None or line.balance == 0.0:
        raise _Unknown("the number of contracts is not told")
    if line.balance < 0.0 and side == "purchased":
        raise _Unknown("it is purchased, and its balance is negative")
    shares = _term(derivative, "shareNo")
    if line.units == _SHARES and shares != 1.0:
        raise _Unknown(f"its balance is in shares, and a contract has {shares:g}")
    if line.units not in _CONTRACTS:
        raise _Unknown(f"its balance is in {short_repr(line.units, 80)}, not in contracts")
    spot = terms.spot(derivative.references[0])
    if spot is None:
        currency = derivative.terms.get("exercisePriceCurCd", "")
        spot = _dollars(line, _term(derivative, "exercisePrice"), currency, terms, notes)
        notes.append("at the strike, because the file does not tell the price")
    value = abs(line.balance) * abs(shares) * abs(spot) * abs(delta)
    return value if (right == "call") == (side == "purchased") else -value


def _other(line: Line, derivative: Derivative, terms: Terms, notes: list[str]) -> float:
    raise _Unknown("its direction is not told")


_VALUES: dict[str, Callable[[Line, Derivative, Terms, list[str]], float]] = {
    "fwdDeriv": _future,
    "futrDeriv": _future,
    "swapDeriv": _swap,
    "optionSwaptionWarrantDeriv": _option,
}


# ---------------------------------------------------------------------------------------------------------------------
# Direction, amounts and baskets
# ---------------------------------------------------------------------------------------------------------------------


def _is_received(derivative: Derivative, terms: Terms) -> bool:
    """Whether the side of a swap that follows its reference is received.

    It is the one that names the reference, else the only one that is neither fixed nor floating nor a rate in words.
    """
    sides = [(leg, True) for leg in derivative.received] + [(leg, False) for leg in derivative.paid]
    reference = derivative.references[0]
    names = [company_words(name) for name in {*reference.names, *terms.names(reference)}]
    found = [side for side in sides if any(_mentions(side[0], name) for name in names)]
    if not found:
        found = [side for side in sides if side[0].kind == "other" and not _RATE.search(side[0].text)]
    if len(found) != 1:
        raise _Unknown("which side of the swap is its reference's is not told")
    leg, is_received = found[0]
    if _NOT_PRICE.search(leg.text):
        raise _Unknown(f"its reference's side is {short_repr(leg.text, 80)}, not the price")
    return is_received


def _mentions(leg: Leg, name: Sequence[str]) -> bool:
    words = company_words(leg.text)
    return any(words[start : start + len(name)] == name for start in range(len(words) - len(name) + 1))


def _directed(line: Line, derivative: Derivative, is_long: bool, terms: Terms, notes: list[str]) -> float:
    notional = _dollars(line, _term(derivative, "notionalAmt"), derivative.terms.get("curCd", ""), terms, notes)
    if notional == 0.0:
        raise _Unknown("its notional amount is 0")
    if notional < 0.0 and is_long:
        raise _Unknown("it is long, and its notional amount is negative")
    return abs(notional) if is_long else -abs(notional)


def _term(derivative: Derivative, tag: str) -> float:
    text = derivative.terms.get(tag, "").strip()
    value = amount(text)
    if value is None:
        raise _Unknown(f"{tag} is {short_repr(text, 80)}" if text else f"{tag} is missing")
    return value


def _dollars(line: Line, value: float, currency: str, terms: Terms, notes: list[str]) -> float:
    """An amount in US dollars, at the line's own rate of exchange, else at the file's."""
    told = currency.strip().upper()
    code = told if len(told) == 3 else line.currency.upper()
    if code in ("USD", ""):
        return value
    own = line.exchange_rate if line.currency.upper() == code else None
    rate = own or terms.rates.get(code)
    if rate is None:
        raise _Unknown(f"it is in {short_repr(code, 80)}, for which the file tells no exchange rate")
    notes.append(f"at {rate:.6g} {code} a dollar")
    return value / rate


def _by_component(whole: Exposure, derivative: Derivative, terms: Terms) -> Iterator[Exposure]:
    """Exposures to what a basket holds, by the values that the file tells, and to the basket for the rest."""
    assert whole.value is not None
    sign, left = math.copysign(1.0, whole.value), abs(whole.value)
    for component in derivative.components:
        text = component.value.strip()
        value = amount(text)
        if value is None or value < 0.0:
            raise _Unknown(
                f"its basket holds {short_repr(component.security.label, 80)} with the value {short_repr(text, 80)}"
            )
        value = _dollars(whole.line, value, component.currency, terms, [])
        if value > 0.0 and component.security.label:
            left -= value
            yield replace(whole, reference=component.security, value=sign * value)
    if left < -_BASKET_ROUNDING * abs(whole.value):
        raise _Unknown("what its basket holds is worth more than its notional amount")
    if left > _BASKET_ROUNDING * abs(whole.value):
        yield replace(whole, value=sign * left)
