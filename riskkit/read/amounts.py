"""Parse numbers and amounts of money as spreadsheets and people write them, in linear time."""

from __future__ import annotations

import math
import re

__all__ = ["amount", "money"]

_CURRENCY = r"[A-Z]{1,3}\$|[A-Z]{3}|[$€£¥￥₹₩₪₺₽₱฿]|kr\.?|zł|Kč|Fr\."


def _pattern(decimal: str, group: str) -> re.Pattern[str]:
    """The pattern of an amount: signs and a currency around digits, plain or in groups of three.

    The pattern is unambiguous, so matching takes time linear in the length of the cell.
    """
    d, g = re.escape(decimal), re.escape(group)
    groups = "|".join(f"(?:{separator}[0-9]{{3}})++" for separator in (g, "['’]", " "))
    digits = rf"(?:[0-9]{{1,3}}(?:{groups})(?:{d}[0-9]*+)?|[0-9]++(?:{d}[0-9]*+)?|{d}[0-9]++)(?:[eE][-+]?[0-9]++)?"
    before = rf"(?P<sign>[-+]?) ?(?P<before>{_CURRENCY})? ?(?P<inner>[-+]?)"
    return re.compile(rf"{before}(?P<digits>{digits})(?: ?(?P<after>{_CURRENCY}))?(?P<last>-?)")


_MONEY = {".": _pattern(".", ","), ",": _pattern(",", ".")}
# The fast path for the most common cells: digits, perhaps with a decimal sign, too few of them to overflow.
_PLAIN = {sign: re.compile(rf"-?[0-9]{{1,300}}+(?:{re.escape(sign)}[0-9]*+)?") for sign in _MONEY}
_MINUS = str.maketrans({"−": "-", "–": "-"})


def money(cell: str, decimal: str = ".") -> tuple[float, str] | None:
    """Return the number in a cell and its currency as written, "" without one; None if the cell is not a number.

    Digits may stand in groups of three, separated by commas (points where the comma is the decimal sign),
    apostrophes or spaces. Brackets, or a minus before or after, mean a negative number. A percentage is not an amount.

    Examples
    --------
    >>> money("$60,000"), money("EUR 1.234,5", decimal=","), money("(7)"), money("40%")
    ((60000.0, '$'), (1234.5, 'EUR'), (-7.0, ''), None)
    """
    if _PLAIN[decimal].fullmatch(cell):
        return float(cell.replace(",", ".")), ""
    text = cell.strip().translate(_MINUS)
    bracketed = text.endswith(")")
    if bracketed:
        # Both ($5) and $(5) are written.
        before_bracket, bracket, rest = text[:-1].partition("(")
        text = f"{before_bracket}{rest}".strip() if bracket else ""
    match = _MONEY[decimal].fullmatch(text)
    if match is None:
        return None
    signs = match["sign"] + match["inner"] + match["last"]
    currencies = {sign for sign in (match["before"], match["after"]) if sign}
    if len(signs) + bracketed > 1 or len(currencies) > 1:
        return None
    digits = match["digits"]
    for group in ",.'’ ".replace(decimal, ""):
        digits = digits.replace(group, "")
    value = float(digits.replace(",", "."))
    if not math.isfinite(value):
        return None
    return (-value if bracketed or "-" in signs else value), next(iter(currencies), "")


def amount(cell: str, decimal: str = ".") -> float | None:
    """Return the number in a cell, or None if it is not one; a currency is accepted only as a sign such as $.

    Examples
    --------
    >>> amount("$1,234.5"), amount("(7)"), amount("12,5"), amount("12,5", decimal=","), amount("nan")
    (1234.5, -7.0, None, 12.5, None)
    """
    match = money(cell, decimal)
    return None if match is None or len(match[1]) > 1 else match[0]
