"""Currencies as files write them, and sums of money in one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import checked_currency, number, short_repr

__all__ = ["CODES", "checked_rates", "code", "in_head", "is_code", "one_currency", "word_set"]


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(words.split())


#: The codes of ISO 4217 that a head may name, and the pence and cents that exchanges quote in.
CODES = word_set(
    "USD EUR GBP GBX JPY CHF CAD AUD NZD HKD SGD CNY CNH INR KRW TWD BRL MXN ZAR ZAC SEK NOK DKK ISK PLN CZK HUF RON "
    "TRY ILS ILA THB IDR MYR PHP VND AED SAR QAR KWD EGP CLP COP ARS PEN RUB UAH BGN"
)

#: A sign and the currencies that are written with it, the most usual first.
_SIGNS = {
    "$": "USD CAD AUD NZD HKD SGD TWD MXN CLP COP ARS BRL", "US$": "USD", "C$": "CAD", "CA$": "CAD", "A$": "AUD",
    "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "SG$": "SGD", "NT$": "TWD", "R$": "BRL", "MX$": "MXN",
    "€": "EUR", "£": "GBP EGP", "¥": "JPY CNY CNH", "￥": "JPY CNY CNH", "₹": "INR", "₩": "KRW", "₪": "ILS", "₺": "TRY",
    "₽": "RUB", "₱": "PHP", "฿": "THB", "kr": "SEK NOK DKK ISK", "kr.": "DKK SEK NOK ISK", "zł": "PLN", "Kč": "CZK",
    "Fr.": "CHF",
}  # fmt: skip

# Hundredths, whose code differs from that of the whole in the case of a letter only.
_HUNDREDTHS = {"GBp": "GBX", "p": "GBX", "ZAc": "ZAC"}

_IN_HEAD = re.compile(r"[A-Z]{0,2}\$|[€£¥￥₹₩₪₺₽₱฿]")


def code(written: str, near: str | None = None) -> str:
    """Return the code of a currency as it is written, "" for none.

    A sign of several currencies means `near` if that is one of them.

    Examples
    --------
    >>> code("¥"), code("$", near="CAD"), code("usd"), code("GBp")
    ('JPY', 'CAD', 'USD', 'GBX')
    """
    if written in _SIGNS:
        meant = _SIGNS[written].split()
        return near if near in meant else meant[0]
    return _HUNDREDTHS.get(written, written.upper())


def is_code(words: str) -> bool:
    """Whether it looks like the code of a currency: three capital letters."""
    return len(words) == 3 and words.isascii() and words.isalpha() and words.isupper()


def in_head(head: str) -> str:
    """Return the currency that a head names, as it is written, "" if none: ``Value (£)``, ``market_value_usd``."""
    sign = _IN_HEAD.search(head)
    if sign:
        return sign[0]
    codes = [word for word in re.split(r"[\W_]+", head) if word.upper() in CODES and word not in ("All", "all")]
    return codes[0].upper() if len(codes) == 1 else ""


def checked_rates(currency: str | None, fx: Mapping[str, float] | None) -> Mapping[str, float]:
    """Return units of `currency` for one of each other currency, with itself; empty where no rates are given."""
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
        checked_currency("fx: currency", other): number(f"fx of {other!r}", rate, above=0.0)
        for other, rate in fx.items()
    }
    if rates.get(currency, 1.0) != 1.0:
        raise InvalidInput(f"fx of {currency!r}, the currency itself, must be 1, got {rates[currency]:g}")
    return {**rates, currency: 1.0}


def one_currency(stated: Iterable[str], currency: str | None, rates: Mapping[str, float]) -> str | None:
    """Return the currency of a portfolio whose values are stated in these ("" where none is), or refuse the mixture.

    The message is without its place.
    """
    found = dict.fromkeys(stated)
    named = [each for each in found if each]
    if currency is None and len(named) < 2:
        return named[0] if named else None
    if currency is not None and (not named or named == [currency]):
        return currency
    wanted = f"values must be in one currency{'' if currency is None else f', {currency}'}"
    got = " and ".join(named[:8])
    into = currency or named[0]
    others = [each for each in named if each != into and each not in rates]
    if others:
        listed = ", ".join(f"{each!r}: …" for each in others[:8])
        remedy = f"give currency={into!r}, fx={{{listed}}} (units of {into} for one of the other)"
        raise InvalidInput(f"{wanted}, got {got}; {remedy}")
    if "" in found:
        raise InvalidInput(f"{wanted}, got {got} and some without a currency; add it to every line")
    return into
