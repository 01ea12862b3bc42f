"""Fractions, and the bounds beyond which a percentage was typed in place of one: 8 for 8 %."""

from __future__ import annotations

import inspect
import numbers
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.validation import number

__all__ = [
    "COST", "DEATH", "DIVIDEND", "EXIT_RATE", "EXPECTED_RETURN", "IMPACT", "INTEREST", "LOG_DRIFT", "SPENDING",
    "VOLATILITY", "WEIGHT", "FractionBounds", "fraction", "plausible", "user_stacklevel", "without_bounds",
]  # fmt: skip


_BOUNDED: ContextVar[bool] = ContextVar("bounded", default=True)

#: What is larger was not meant as a percentage.
_LARGEST_PERCENTAGE = 1000.0

#: Between the user's line and the check of an argument.
_NOT_OF_THE_USER = {"riskkit", "dataclasses", "pydantic"}


class FractionBounds(NamedTuple):
    """Sizes beyond which a fraction is warned of, and beyond which it is refused.

    Attributes
    ----------
    warn_above : float
        A larger size gives a `RiskkitWarning`; this one does not.
    refuse_above : float, optional
        A larger size is refused; this one is not. None: no size is refused by these bounds.
    unit : str
        What follows the percent sign.
    """

    warn_above: float
    refuse_above: float | None = None
    unit: str = ""


#: No honest assumption lies beyond the first number; percentages that were typed by mistake do.
EXPECTED_RETURN = FractionBounds(2.0, 5.0, " a year")
VOLATILITY = FractionBounds(5.0, 10.0, " a year")
DIVIDEND = FractionBounds(0.2, None, " a year")
INTEREST = FractionBounds(0.5, 1.0, " a year")  # of cash, a loan, inflation, the premium of a market
LOG_DRIFT = FractionBounds(10.0, 100.0, " a year")  # a regime of a month may halve prices
IMPACT = FractionBounds(10.0)
WEIGHT = FractionBounds(2.0, 10.0)  # and turnover: of a portfolio with short positions
COST = FractionBounds(0.1)  # the fee of a private sale
SPENDING = FractionBounds(0.5, None, " a year")
DEATH = FractionBounds(0.5, None, " a year")  # two years of life left on average
EXIT_RATE = FractionBounds(1.0, None, " a year")  # of what happens once


def fraction(what: str, value: Any, **limits: float) -> float:
    """Return `value` as a float within the limits of `number`; a refusal says what it would be in percent.

    Examples
    --------
    >>> fraction("Cap: limit", 0.3, at_least=0.0, at_most=1.0)
    0.3
    >>> fraction("Cap: limit", 30, at_least=0.0, at_most=1.0)
    Traceback (most recent call last):
    riskkit._core.errors.InvalidInput: Cap: limit must be >= 0 and <= 1, got 30.0: 30 is 3000 %; write 0.3 for 30 %
    """
    try:
        return number(what, value, **limits)
    except InvalidInput as refused:
        raise InvalidInput(f"{refused}{_hint(value, **limits)}") from None


def plausible(
    what: str, value: float, bounds: FractionBounds, *, warn: bool = True, advice: str | None = None
) -> float:
    """Return a fraction whose size is within bounds; a larger one is warned of, or refused.

    Parameters
    ----------
    what : str
        Its name in the message.
    value : float
    bounds : FractionBounds
    warn : bool
        Whether to warn. Not of values within a range that was itself warned of.
    advice : str, optional
        What to do about a number that nobody typed; by default the message says how a percentage is written.

    Examples
    --------
    >>> plausible("Asset: expected_return", 0.08, EXPECTED_RETURN)
    0.08
    >>> plausible("Asset: expected_return", 8.0, EXPECTED_RETURN)
    Traceback (most recent call last):
    riskkit._core.errors.InvalidInput: Asset: expected_return must be at most 5 (500 % a year), got 8: 8 is 800 % a \
year; write 0.08 for 8 %
    """
    size = abs(value)
    if not _BOUNDED.get():
        return value
    if bounds.refuse_above is not None and size > bounds.refuse_above:
        raise InvalidInput(_sentence(f"{what} must", value, bounds.refuse_above, bounds.unit, advice))
    if warn and size > bounds.warn_above:
        sentence = _sentence(f"{what} should", value, bounds.warn_above, bounds.unit, advice)
        warnings.warn(sentence, RiskkitWarning, stacklevel=user_stacklevel())
    return value


@contextmanager
def without_bounds() -> Iterator[None]:
    """Find any fraction plausible in the block: those of a scenario that has already been run.

    Examples
    --------
    >>> with without_bounds():
    ...     plausible("Asset: expected_return", 8.0, EXPECTED_RETURN)
    8.0
    """
    token = _BOUNDED.set(False)
    try:
        yield
    finally:
        _BOUNDED.reset(token)


def user_stacklevel() -> int:
    """Return the ``stacklevel`` with which a warning of the calling function points to the user's line.

    Constructors of data classes are called by users, by functions of riskkit and by readers of files.
    """
    frame, level = inspect.currentframe(), 0
    while frame is not None and str(frame.f_globals.get("__name__")).split(".")[0] in _NOT_OF_THE_USER:
        frame, level = frame.f_back, level + 1
    return level


def _sentence(beginning: str, value: float, bound: float, unit: str, advice: str | None) -> str:
    nearest, limit = (bound, "at most") if value > 0.0 else (-bound, "at least")
    required = f"{beginning} be {limit} {nearest:g} ({100.0 * nearest:g} %{unit}), got {value:g}"
    if advice is not None:
        return f"{required}; {advice}"
    return f"{required}: {_in_percent(value, unit)}" if abs(value) <= _LARGEST_PERCENTAGE else required


def _in_percent(value: float, unit: str = "") -> str:
    return f"{value:g} is {100.0 * value:g} %{unit}; write {value / 100.0:g} for {value:g} %"


def _hint(value: Any, **limits: float) -> str:
    """What a refused number is in percent, if its limits are such that it can have been meant for a percentage."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return ""
    try:
        typed = float(value)
    except OverflowError:
        return ""
    highest, lowest = limits.get("at_most", limits.get("below")), limits.get("above", limits.get("at_least"))
    too_high = highest is not None and max(highest, 1.0) <= typed <= _LARGEST_PERCENTAGE
    too_low = lowest is not None and lowest < 0.0 and -_LARGEST_PERCENTAGE <= typed < -1.0
    return f": {_in_percent(typed)}" if too_high or too_low else ""
