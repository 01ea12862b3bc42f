"""Exposures of the derivatives in an N-PORT file to securities: notional, direction and delta."""

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

__all__ = ["Exposure", "ReferenceData", "exposures"]

#: Categories that may have no reference security: currencies and interest rates.
_CURRENCY_AND_RATE_CATEGORIES = ("DFE", "DIR")
_CREDIT_CATEGORY = "DCR"
_RATE_LEG_KINDS = {"fixed", "floating"}
#: A leg of a swap described in words is the financing leg if it names one of these rates.
_RATE = re.compile(
    r"\b(sofr|[a-z]*ibor|obfr|effr|ffer|fed(eral)? ?funds?|fedl\w*|sonia|saron|ester|estr|tona\w*|corra|overnight|bps|"
    r"basis points?)\b",
    re.IGNORECASE,
)
_NO_PRICE_LEG = re.compile(r"\b(variance|volatility|dividends?|correlation)\b", re.IGNORECASE)
_SHARES, _CONTRACTS = "NS", ("NC", "NS", "")
_BASKET_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Exposure:
    """The exposure of a derivative to a security.

    Parameters
    ----------
    line : Line
        The line of the derivative.
    reference : Security or None
        The security; None for a currency or an interest rate.
    value : float or None
        In US dollars, negative if the derivative gains when the security falls; None if unknown.
    note : str
        Why the value is unknown, or which assumption replaces missing data; else empty.
    """

    line: Line
    reference: Security | None
    value: float | None
    note: str = ""


@dataclass(frozen=True)
class ReferenceData:
    """Prices, names and exchange rates from which exposures are computed.

    Parameters
    ----------
    spot : callable
        The price of a security in US dollars, or None.
    names : callable
        The names of a security in the same file.
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
    ) -> ReferenceData:
        """Collect the reference data; an exchange rate is the median of those on the lines."""
        rates_by_currency: dict[str, list[float]] = {}
        for line in lines:
            if line.exchange_rate is not None and line.currency:
                rates_by_currency.setdefault(line.currency.upper(), []).append(line.exchange_rate)
        return cls(spot, names, {currency: median(rates) for currency, rates in rates_by_currency.items()})


class _UnknownExposure(Exception):
    """The exposure is unknown; the message is the reason."""


def exposures(line: Line, reference_data: ReferenceData) -> list[Exposure]:
    """Return the exposures of the derivatives of a line, one or several each."""
    result: list[Exposure] = []
    for derivative in line.derivatives:
        result += _exposures(line, derivative, reference_data)
    return result or [Exposure(line, line, None, "it has no terms")]


def _exposures(line: Line, derivative: Derivative, reference_data: ReferenceData) -> list[Exposure]:
    references = derivative.references
    if _names_no_security(line, derivative):
        return [Exposure(line, None, None)]
    reference = references[0] if references else line
    try:
        if not references:
            raise _UnknownExposure("it names no reference")
        if derivative.nested:
            raise _UnknownExposure("it refers to another derivative")
        if len(references) > 1:
            raise _UnknownExposure(f"it refers to {len(references)} securities, in unknown proportions")
        notes: list[str] = []
        value = _VALUE_BY_KIND.get(derivative.kind, _other)(line, derivative, reference_data, notes)
        if not math.isfinite(value):
            raise _UnknownExposure("its terms give no finite number")
        total = Exposure(line, reference, value, ", ".join(notes))
        return list(_by_component(total, derivative, reference_data)) if derivative.components else [total]
    except _UnknownExposure as reason:
        return [Exposure(line, reference, None, str(reason)) for reference in references or (line,)]


def _names_no_security(line: Line, derivative: Derivative) -> bool:
    """Whether a derivative is on a currency or an interest rate and has no reference security."""
    if derivative.kind == "fwdDeriv" and ("curSold" in derivative.terms or "curPur" in derivative.terms):
        return True
    if line.category not in _CURRENCY_AND_RATE_CATEGORIES:
        return False
    leg_kinds = {leg.kind for leg in (*derivative.received, *derivative.paid)}
    return not derivative.references or (
        derivative.kind == "swapDeriv" and bool(leg_kinds) and leg_kinds <= _RATE_LEG_KINDS
    )


# ---------------------------------------------------------------------------------------------------------------------
# Kinds of derivatives
# ---------------------------------------------------------------------------------------------------------------------


def _future(line: Line, derivative: Derivative, reference_data: ReferenceData, notes: list[str]) -> float:
    """Futures and forwards: the notional amount, with the sign of the payoff profile."""
    profile = derivative.terms.get("payOffProf", "").strip().lower()
    if profile not in ("long", "short"):
        raise _UnknownExposure("its direction is missing")
    return _signed_notional(line, derivative, profile == "long", reference_data, notes)


def _swap(line: Line, derivative: Derivative, reference_data: ReferenceData, notes: list[str]) -> float:
    """Swaps: the notional amount, long if the reference leg is received and short if it is paid."""
    if line.category == _CREDIT_CATEGORY:
        raise _UnknownExposure("a credit swap pays on default, not by the price")
    return _signed_notional(line, derivative, _is_received(derivative, reference_data), reference_data, notes)


def _option(line: Line, derivative: Derivative, reference_data: ReferenceData, notes: list[str]) -> float:
    """Options and warrants: contracts × shares a contract × spot × |delta|; bought puts and written calls are short."""
    right = derivative.terms.get("putOrCall", "").strip().lower()
    side = derivative.terms.get("writtenOrPur", "").strip().lower()
    if right not in ("put", "call") or side not in ("written", "purchased"):
        raise _UnknownExposure("its direction is missing")
    delta = _term(derivative, "delta")
    if not -1.0 <= delta <= 1.0:
        raise _UnknownExposure(f"delta must be from -1 to 1, got {delta:g}")
    if line.balance is None or line.balance == 0.0:
        raise _UnknownExposure("the number of contracts is missing")
    if line.balance < 0.0 and side == "purchased":
        raise _UnknownExposure("it is purchased, and its balance is negative")
    shares = _term(derivative, "shareNo")
    if line.units == _SHARES and shares != 1.0:
        raise _UnknownExposure(f"its balance is in shares, and a contract has {shares:g}")
    if line.units not in _CONTRACTS:
        raise _UnknownExposure(f"its balance is in {short_repr(line.units, 80)}, not in contracts")
    spot = reference_data.spot(derivative.references[0])
    if spot is None:
        currency = derivative.terms.get("exercisePriceCurCd", "")
        spot = _in_dollars(line, _term(derivative, "exercisePrice"), currency, reference_data, notes)
        notes.append("at the strike, because the file does not contain the price")
    value = abs(line.balance) * abs(shares) * abs(spot) * abs(delta)
    return value if (right == "call") == (side == "purchased") else -value


def _other(line: Line, derivative: Derivative, reference_data: ReferenceData, notes: list[str]) -> float:
    raise _UnknownExposure("its direction is missing")


_VALUE_BY_KIND: dict[str, Callable[[Line, Derivative, ReferenceData, list[str]], float]] = {
    "fwdDeriv": _future,
    "futrDeriv": _future,
    "swapDeriv": _swap,
    "optionSwaptionWarrantDeriv": _option,
}


# ---------------------------------------------------------------------------------------------------------------------
# Direction, amounts and baskets
# ---------------------------------------------------------------------------------------------------------------------


def _is_received(derivative: Derivative, reference_data: ReferenceData) -> bool:
    """Whether the reference leg of a swap is received.

    The reference leg names the reference; else it is the only leg that is not fixed, floating or a rate in words.
    """
    legs = [(leg, True) for leg in derivative.received] + [(leg, False) for leg in derivative.paid]
    reference = derivative.references[0]
    names = [company_words(name) for name in {*reference.names, *reference_data.names(reference)}]
    matching = [side for side in legs if any(_mentions(side[0], name) for name in names)]
    if not matching:
        matching = [side for side in legs if side[0].kind == "other" and not _RATE.search(side[0].text)]
    if len(matching) != 1:
        raise _UnknownExposure("which leg of the swap follows the reference is unclear")
    leg, is_received = matching[0]
    if _NO_PRICE_LEG.search(leg.text):
        raise _UnknownExposure(f"the leg of the reference is {short_repr(leg.text, 80)}, not the price")
    return is_received


def _mentions(leg: Leg, name: Sequence[str]) -> bool:
    words = company_words(leg.text)
    return any(words[start : start + len(name)] == name for start in range(len(words) - len(name) + 1))


def _signed_notional(
    line: Line, derivative: Derivative, is_long: bool, reference_data: ReferenceData, notes: list[str]
) -> float:
    notional = _in_dollars(
        line, _term(derivative, "notionalAmt"), derivative.terms.get("curCd", ""), reference_data, notes
    )
    if notional == 0.0:
        raise _UnknownExposure("its notional amount is 0")
    if notional < 0.0 and is_long:
        raise _UnknownExposure("it is long, and its notional amount is negative")
    return abs(notional) if is_long else -abs(notional)


def _term(derivative: Derivative, tag: str) -> float:
    text = derivative.terms.get(tag, "").strip()
    value = amount(text)
    if value is None:
        raise _UnknownExposure(f"{tag} is {short_repr(text, 80)}" if text else f"{tag} is missing")
    return value


def _in_dollars(line: Line, value: float, currency: str, reference_data: ReferenceData, notes: list[str]) -> float:
    """An amount in US dollars, at the exchange rate of the line, else at that of the file."""
    stated_currency = currency.strip().upper()
    code = stated_currency if len(stated_currency) == 3 else line.currency.upper()
    if code in ("USD", ""):
        return value
    line_rate = line.exchange_rate if line.currency.upper() == code else None
    rate = line_rate or reference_data.rates.get(code)
    if rate is None:
        raise _UnknownExposure(f"it is in {short_repr(code, 80)}, for which the file has no exchange rate")
    notes.append(f"at {rate:.6g} {code} a dollar")
    return value / rate


def _by_component(total: Exposure, derivative: Derivative, reference_data: ReferenceData) -> Iterator[Exposure]:
    """Exposures to the components of a basket by their values, and to the basket for the rest."""
    assert total.value is not None
    sign, remainder = math.copysign(1.0, total.value), abs(total.value)
    for component in derivative.components:
        text = component.value.strip()
        value = amount(text)
        if value is None or value < 0.0:
            raise _UnknownExposure(
                f"its basket holds {short_repr(component.security.label, 80)} with the value {short_repr(text, 80)}"
            )
        value = _in_dollars(total.line, value, component.currency, reference_data, [])
        if value > 0.0 and component.security.label:
            remainder -= value
            yield replace(total, reference=component.security, value=sign * value)
    if remainder < -_BASKET_TOLERANCE * abs(total.value):
        raise _UnknownExposure("the components of its basket are worth more than its notional amount")
    if remainder > _BASKET_TOLERANCE * abs(total.value):
        yield replace(total, value=sign * remainder)
