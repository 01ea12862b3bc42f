"""Text of numbers, names and lists in a report."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from riskkit._core.format import percent
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.portfolio._portfolio import Portfolio
from riskkit.report.figures._labels import shortened

__all__ = [
    "UNKNOWN", "amount", "amount_of_money", "cells", "changes", "counted", "in_years", "listed",
    "magnitude", "money", "quoted", "several",
]  # fmt: skip

#: Text of a missing standard error.
UNKNOWN = " ±?"

#: The most names in a list; the rest are counted.
LISTED = 6


def quoted(name: str) -> str:
    """A name in quotation marks, on one line, of at most 60 characters.

    Examples
    --------
    >>> quoted("cap 30 %")
    "'cap 30 %'"
    """
    return f"'{shortened(name, 60)}'"


def listed(items: Sequence[str], word: str = "and") -> str:
    """Items as a list in a sentence, with a word before the last one; the rest after six are counted.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"]), listed([str(k) for k in range(9)])
    ('a', 'a, b and c', '0, 1, 2, 3, 4, 5 and 3 more')
    """
    texts = list(items) if len(items) <= LISTED + 1 else [*items[:LISTED], f"{len(items) - LISTED} more"]
    if len(texts) < len(items):
        word = "and"
    return f" {word} ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def several(names: Iterable[str]) -> str:
    """Names in quotation marks, listed."""
    return listed([quoted(name) for name in names])


def counted(number: float, word: str) -> str:
    """A number with a noun in the singular or plural.

    Examples
    --------
    >>> counted(1, "rule"), counted(100_000, "path"), counted(0.5, "year")
    ('1 rule', '100,000 paths', '0.5 years')
    """
    return f"{number:,.10g} {word}{'' if number == 1 else 's'}"


def in_years(years: float) -> str:
    """A duration in years to one decimal, or in months below one year.

    Examples
    --------
    >>> in_years(4.26), in_years(1.0), in_years(0.25), in_years(0.0)
    ('4.3 years', '1 year', '3 months', '0 months')
    """
    return counted(round(years, 1), "year") if years >= 1.0 else counted(round(12.0 * years), "month")


def amount(estimate: Estimate, unit: str) -> str:
    """A value rounded by its standard error, to three digits without one; a share has its percent sign.

    Examples
    --------
    >>> amount(Estimate(1.53412, 0.0123), "times"), amount(Estimate(0.33118, 0.0015), "share")
    ('1.53', '33.1 %')
    >>> amount(Estimate(2.15892, 0.0), "times"), amount(Estimate(0.0, 0.0004), "share")
    ('2.16', '0 %')
    """
    value, error = estimate.value, estimate.standard_error
    if unit == "share" and (value in (0.0, 1.0) or not error > 0.0):
        return percent(value)
    scale, sign = (100.0, " %") if unit == "share" else (1.0, "")
    if not error > 0.0:
        return f"{scale * value:z.3g}{sign}"
    digits = min(max(-math.floor(math.log10(scale * error)), 0), 3)
    return f"{scale * value:z.{digits}f}{sign}"


def _digits(errors: Iterable[float]) -> int:
    """Decimals for all values and errors of a column: two significant digits of the median error, at most three.

    Examples
    --------
    >>> _digits([0.013, 0.021, 0.0004]), _digits([1.4, 0.9, 3.0]), _digits([0.0, math.nan])
    (3, 1, 2)
    """
    positive = [error for error in errors if 0.0 < error < math.inf]
    return min(max(1 - math.floor(math.log10(statistics.median(positive))), 0), 3) if positive else 2


def cells(estimates: Sequence[Estimate], unit: str, *, sign: str = "") -> list[str]:
    """The cells of a column: values with standard errors in one number of digits, shares in percent.

    An error of 0 is omitted. ``sign="+"`` gives positive values a plus sign.

    Examples
    --------
    >>> cells([Estimate(0.61234, 0.0021), Estimate(0.5, 0.0009), Estimate(0.2, math.nan)], "share")
    ['61.23 ±0.21', '50.00 ±0.09', '20.00 ±?']
    >>> cells([Estimate(1.5, 0.00001), Estimate(2.25, 0.012), Estimate(0.0, 0.0), Estimate(math.nan, 0.1)], "times")
    ['1.500 ±<0.001', '2.250 ±0.012', '0.000', '–']
    """
    scale = 100.0 if unit == "share" else 1.0
    digits = _digits(scale * each.standard_error for each in estimates if not math.isnan(each.value))
    return [_cell(scale * each.value, scale * each.standard_error, digits, sign) for each in estimates]


def _cell(value: float, error: float, digits: int, sign: str) -> str:
    if math.isnan(value):
        return "–"
    text = f"{value:{sign if value else ''}z.{digits}f}"
    if math.isnan(error):
        return text + UNKNOWN
    if error == 0.0:
        return text
    least = 10.0**-digits
    return f"{text} ±{f'<{least:.{digits}f}' if error < 0.5 * least else f'{error:.{digits}f}'}"


def changes(estimates: Sequence[Estimate], unit: str) -> list[str]:
    """The cells of a column of differences, with their signs, shares in points.

    Examples
    --------
    >>> changes([Estimate(-0.0521, 0.0032), Estimate(0.25, 0.0112), Estimate(0.0, 0.0)], "share")
    ['-5.21 ±0.32', '+25.00 ±1.12', '0.00']
    """
    return cells(estimates, unit, sign="+")


def magnitude(value: float) -> tuple[float, str]:
    """The unit in which an amount of money is written, and its name with a space before it.

    Examples
    --------
    >>> magnitude(2.5e9), magnitude(-4e6), magnitude(950_000.0)
    ((1000000000.0, ' billion'), (1000000.0, ' million'), (1.0, ''))
    """
    for size, name in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if abs(value) >= size:
            return size, name
    return 1.0, ""


def money(value: float, currency: str | None) -> str:
    """An amount of money in words, with its currency if it is known.

    Examples
    --------
    >>> money(2.5e9, "USD"), money(950_000.0, "EUR"), money(100.0, None)
    ('USD 2.5 billion', 'EUR 950,000', '100')
    """
    size, name = magnitude(value)
    return f"{'' if currency is None else f'{currency} '}{value / size:,.6g}{name}"


def amount_of_money(estimate: Estimate, portfolio: Portfolio) -> str:
    """A multiple of the start wealth in the portfolio's currency, rounded by its error; empty without a currency.

    Examples
    --------
    >>> from riskkit.portfolio import Holding
    >>> amount_of_money(Estimate(1.53412, 0.0123), Portfolio([Holding("A", 2e9)], currency="USD"))
    'USD 3.07 billion'
    """
    if portfolio.currency is None:
        return ""
    size, name = magnitude(portfolio.net)
    value, error = (portfolio.net / size * each for each in (estimate.value, estimate.standard_error))
    digits = min(max(-math.floor(math.log10(error)), 0), 3) if error > 0.0 else 2
    return f"{portfolio.currency} {value:z,.{digits}f}{name}"
