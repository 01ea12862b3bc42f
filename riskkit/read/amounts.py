"""Numbers and sums of money as people and programs write them in cells, read in time linear in their length."""

from __future__ import annotations

import math
import re

__all__ = ["amount", "money"]

_CURRENCY = r"[A-Z]{1,3}\$|[A-Z]{3}|[$€£¥￥₹₩₪₺₽₱฿]|kr\.?|zł|Kč|Fr\."


def _pattern(decimal: str, group: str) -> re.Pattern[str]:
    """A sum of money: signs and a currency around digits, plain or in groups of three.

    No piece of it can be matched in two ways, so that a long cell takes no longer than its length.
    """
    d, g = re.escape(decimal), re.escape(group)
    groups = "|".join(f"(?:{separator}[0-9]{{3}})++" for separator in (g, "['’]", " "))
    digits = rf"(?:[0-9]{{1,3}}(?:{groups})(?:{d}[0-9]*+)?|[0-9]++(?:{d}[0-9]*+)?|{d}[0-9]++)(?:[eE][-+]?[0-9]++)?"
    before = rf"(?P<sign>[-+]?) ?(?P<before>{_CURRENCY})? ?(?P<inner>[-+]?)"
    return re.compile(rf"{before}(?P<digits>{digits})(?: ?(?P<after>{_CURRENCY}))?(?P<last>-?)")


_MONEY = {".": _pattern(".", ","), ",": _pattern(",", ".")}
# By far the most common kind of number: digits alone, or beside a decimal sign, too few of them to be infinite.
_PLAIN = {sign: re.compile(rf"-?[0-9]{{1,300}}+(?:{re.escape(sign)}[0-9]*+)?") for sign in _MONEY}
_MINUS = str.maketrans({"−": "-", "–": "-"})


def money(cell: str, decimal: str = ".") -> tuple[float, str] | None:
    """Return the number that a cell shows and its currency as written, "" if there is none; None if it is no number.

    Digits may stand in groups of three, parted by commas (points where the comma is the decimal sign), apostrophes or
    spaces. Brackets, or a minus before or after, mean a negative number. A percentage is no sum of money.

    Examples
    --------
    >>> money("$60,000"), money("EUR 1.234,5", decimal=","), money("(7)"), money("40%")
    ((60000.0, '$'), (1234.5, 'EUR'), (-7.0, ''), None)
    """
    if _PLAIN[decimal].fullmatch(cell):
        return float(cell.replace(",", ".")), ""
    inner = cell.strip().translate(_MINUS)
    bracketed = inner.endswith(")")
    if bracketed:
        # Both ($5) and $(5) are written.
        before, bracket, rest = inner[:-1].partition("(")
        inner = f"{before}{rest}".strip() if bracket else ""
    found = _MONEY[decimal].fullmatch(inner)
    if found is None:
        return None
    signs = found["sign"] + found["inner"] + found["last"]
    currencies = {sign for sign in (found["before"], found["after"]) if sign}
    if len(signs) + bracketed > 1 or len(currencies) > 1:
        return None
    digits = found["digits"]
    for group in ",.'’ ".replace(decimal, ""):
        digits = digits.replace(group, "")
    value = float(digits.replace(",", "."))
    if not math.isfinite(value):
        return None
    return (-value if bracketed or "-" in signs else value), next(iter(currencies), "")


def amount(cell: str, decimal: str = ".") -> float | None:
    """Return the number that a cell shows, or None if it shows none; a currency may stand there as a sign only.

    Examples
    --------
    >>> amount("$1,234.5"), amount("(7)"), amount("12,5"), amount("12,5", decimal=","), amount("nan")
    (1234.5, -7.0, None, 12.5, None)
    """
    found = money(cell, decimal)
    return None if found is None or len(found[1]) > 1 else found[0]
