"""Currency codes and signs in files, exchange rates, and the common currency of a portfolio."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import checked_currency, number, short_repr

__all__ = [
    "CURRENCY_CODES",
    "checked_rates",
    "currency_code",
    "currency_in_header",
    "is_currency_code",
    "common_currency",
    "word_set",
]


def word_set(words: str) -> frozenset[str]:
    """Return the set of the words in a text."""
    return frozenset(words.split())


#: ISO 4217 codes recognized in headers, and the pence and cents that exchanges quote in.
CURRENCY_CODES = word_set(
    "USD EUR GBP GBX JPY CHF CAD AUD NZD HKD SGD CNY CNH INR KRW TWD BRL MXN ZAR ZAC SEK NOK DKK ISK PLN CZK HUF RON "
    "TRY ILS ILA THB IDR MYR PHP VND AED SAR QAR KWD EGP CLP COP ARS PEN RUB UAH BGN"
)

#: Currencies by sign, the most common first.
_SIGNS = {
    "$": "USD CAD AUD NZD HKD SGD TWD MXN CLP COP ARS BRL", "US$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD",
    "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "SG$": "SGD", "NT$": "TWD", "R$": "BRL", "MX$": "MXN",
    "€": "EUR", "£": "GBP EGP", "¥": "JPY CNY CNH", "￥": "JPY CNY CNH", "₹": "INR", "₩": "KRW", "₪": "ILS", "₺": "TRY",
    "₽": "RUB", "₱": "PHP", "฿": "THB", "kr": "SEK NOK DKK ISK", "kr.": "DKK SEK NOK ISK", "zł": "PLN", "Kč": "CZK",
    "Fr.": "CHF",
}  # fmt: skip

# Hundredths, whose code differs from the main unit only in the case of a letter.
_HUNDREDTHS = {"GBp": "GBX", "p": "GBX", "ZAc": "ZAC"}

_CURRENCY_SIGN = re.compile(r"[A-Z]{0,2}\$|[€£¥￥₹₩₪₺₽₱฿]")


def currency_code(text: str, preferred: str | None = None) -> str:
    """Return the ISO code of a currency sign or code, "" for none.

    A sign of several currencies means `near` if that is one of them.

    Examples
    --------
    >>> currency_code("¥"), currency_code("$", preferred="CAD"), currency_code("usd"), currency_code("GBp")
    ('JPY', 'CAD', 'USD', 'GBX')
    """
    if text in _SIGNS:
        candidates = _SIGNS[text].split()
        return preferred if preferred in candidates else candidates[0]
    return _HUNDREDTHS.get(text, text.upper())


def is_currency_code(text: str) -> bool:
    """Whether a text has the form of a currency code: three capital letters."""
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


def currency_in_header(header: str) -> str:
    """Return the currency in a header as written, "" without one: ``Value (£)``, ``market_value_usd``."""
    sign = _CURRENCY_SIGN.search(header)
    if sign:
        return sign[0]
    codes = [
        word for word in re.split(r"[\W_]+", header) if word.upper() in CURRENCY_CODES and word not in ("All", "all")
    ]
    return codes[0].upper() if len(codes) == 1 else ""


def checked_rates(currency: str | None, fx: Mapping[str, float] | None) -> Mapping[str, float]:
    """Return units of `currency` per unit of each currency, itself included; empty without rates."""
    if currency is not None:
        checked_currency("currency", currency)
    if fx is None:
        return {}
    if not isinstance(fx, Mapping):
        raise InvalidInput(
            f"fx must be a mapping from currencies to rates such as {{'JPY': 0.0067}}, got {short_repr(fx)}"
        )
    if currency is None:
        raise InvalidInput("fx must come with the currency that values are converted to, such as currency='USD'")
    rates = {
        checked_currency("fx: currency", code): number(f"fx of {code!r}", rate, above=0.0) for code, rate in fx.items()
    }
    if rates.get(currency, 1.0) != 1.0:
        raise InvalidInput(f"fx of {currency!r}, the currency itself, must be 1, got {rates[currency]:g}")
    return {**rates, currency: 1.0}


def common_currency(currencies: Iterable[str], currency: str | None, rates: Mapping[str, float]) -> str | None:
    """Return the currency of a portfolio with values in these currencies ("" for none), or refuse the mixture.

    The error message does not name the file.
    """
    distinct = dict.fromkeys(currencies)
    codes = [each for each in distinct if each]
    if currency is None and len(codes) < 2:
        return codes[0] if codes else None
    if currency is not None and (not codes or codes == [currency]):
        return currency
    requirement = f"values must be in one currency{'' if currency is None else f', {currency}'}"
    got = " and ".join(codes[:8])
    target = currency or codes[0]
    without_rate = [each for each in codes if each != target and each not in rates]
    if without_rate:
        listed = ", ".join(f"{each!r}: …" for each in without_rate[:8])
        remedy = f"give currency={target!r}, fx={{{listed}}} (units of {target} for one of the other)"
        raise InvalidInput(f"{requirement}, got {got}; {remedy}")
    if "" in distinct:
        raise InvalidInput(f"{requirement}, got {got} and some without a currency; add it to every line")
    return target
