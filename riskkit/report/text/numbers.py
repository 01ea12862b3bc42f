"""Text of numbers, names and lists in a report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from riskkit._core.format import percent
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.io.text import with_error
from riskkit.report.figures._labels import shortened

__all__ = ["UNKNOWN", "amount", "cell", "change", "counted", "in_years", "listed", "quoted", "several"]

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


def cell(estimate: Estimate, unit: str) -> str:
    """A value with its standard error for a table, a share in percent; an error that rounds to 0 is omitted.

    Examples
    --------
    >>> cell(Estimate(0.61234, 0.0021), "share"), cell(Estimate(1.5, math.nan), "times")
    ('61.23 ±0.21', '1.50 ±?')
    """
    if math.isnan(estimate.value):
        return "–"
    value, _, error = with_error(estimate, unit).partition(" ±")
    if error == "nan":
        return value + UNKNOWN
    return f"{value} ±{error}" if float(error) else value.removeprefix("-") if not float(value) else value


def change(value: float, error: float, unit: str) -> str:
    """A difference with its sign and standard error for a table, a share in points.

    Examples
    --------
    >>> change(-0.0521, 0.0032, "share"), change(0.25, 0.0112, "times"), change(0.0, 0.0, "times")
    ('-5.21 ±0.32', '+0.250 ±0.011', '0.00')
    """
    text = cell(Estimate(value, error), unit)
    return f"+{text}" if value > 0.0 else text
