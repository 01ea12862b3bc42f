"""Hedged: a rule whose book also has instruments; and which instruments the book of a rule has."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any, cast

from riskkit._core.array_types import Array, Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import Converted, set_fields
from riskkit._core.size_limits import LONGEST_NAME, MOST_INSTRUMENTS
from riskkit._core.validation import join_first, require_at_most, short_repr
from riskkit.instruments.base import Instrument
from riskkit.instruments.put import Put
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.trigger import Trigger

__all__ = ["Hedged", "instruments_of"]

#: Of a sum of shares that is meant to be 1.
_ROUNDING = 1e-12


class Hedged(Rule):
    """A rule whose book also has instruments; all else of the rule is unchanged.

    Parameters
    ----------
    rule : Rule
        What the book does; it is not itself hedged.
    instruments : Instrument or iterable of Instrument
        Opened after the trades of a date, in this order. Stored as a tuple; with none the book is that of the rule.
    name : str, optional
        By default the name of the rule and the labels of the instruments, such as ``"hold + collar on TSLA"``.

    Raises
    ------
    InvalidInput
        If the rule is hedged already, something else than an instrument is given, or the shares of one holding that
        are pledged, or that are covered by puts, sum to more than 1.

    Notes
    -----
    Dates, trigger, books that it watches and decisions are those of the rule. ``SellLast(after=Hedged(...))`` watches
    the hedged book; in ``Hedged(SellLast(after=...), ...)`` the book that goes first is not hedged.

    Examples
    --------
    >>> from riskkit.instruments.put import Put
    >>> from riskkit.rules import Hold
    >>> Hedged(Hold(), Put("TSLA", 0.9)).name
    'hold + put on TSLA'
    """

    rule: Rule
    instruments: Converted[Instrument | Iterable[Instrument], tuple[Instrument, ...]]
    name: str = dataclasses.field(default=cast(Any, None), kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.rule, Rule):
            raise InvalidInput(
                f"Hedged: rule must be a Rule (wrap a plain function in rk.rule), got {short_repr(self.rule)}"
            )
        if isinstance(self.rule, Hedged):
            raise InvalidInput(
                f"Hedged: rule must not be hedged itself, got {short_repr(self.rule)}; give the instruments of both "
                "to one Hedged"
            )
        instruments = (self.instruments,) if isinstance(self.instruments, Instrument) else self.instruments
        if isinstance(instruments, str) or not isinstance(instruments, Iterable):
            raise InvalidInput(f"Hedged: instruments must be a list of instruments, got {short_repr(instruments)}")
        set_fields(self, instruments=tuple(instruments))
        for instrument in self.instruments:
            if not isinstance(instrument, Instrument):
                raise InvalidInput(
                    f"Hedged: instruments must be Instrument objects such as rk.Put, got {short_repr(instrument)}"
                )
        require_at_most("Hedged: instruments", self.instruments, MOST_INSTRUMENTS)
        _require_cover(self.instruments)
        if self.name is None:
            set_fields(self, name=self._default_name())
        super().__post_init__()

    def _default_name(self) -> str:
        name = " + ".join([self.rule.name, *(each.label for each in self.instruments)])
        return name if len(name) <= LONGEST_NAME else f"{self.rule.name[:100]} + {len(self.instruments)} instruments"

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Return what the rule decides."""
        return self.rule.decide(view, state)

    def dates(self, calendar: Calendar) -> Ints:
        """Return the dates of the rule."""
        return self.rule.dates(calendar)

    def check(self, portfolio: Portfolio) -> None:
        """Refuse what the rule refuses; a `Scenario` also checks the instruments."""
        self.rule.check(portfolio)

    def watches(self) -> tuple[Rule, ...]:
        """Return the rules that the rule watches."""
        return self.rule.watches()

    def trigger(self, portfolio: Portfolio) -> Trigger | None:
        """Return the trigger of the rule."""
        return self.rule.trigger(portfolio)


def instruments_of(rule: Rule) -> tuple[Instrument, ...]:
    """Return the instruments in the book of a rule: none, unless it is `Hedged`.

    Examples
    --------
    >>> from riskkit.rules import Hold
    >>> instruments_of(Hold())
    ()
    """
    return rule.instruments if isinstance(rule, Hedged) else ()


def _require_cover(instruments: Iterable[Instrument]) -> None:
    """Refuse shares of a holding that sum to more than 1: of all that pledge it, and of all puts."""
    groups: dict[tuple[str, str], list[Instrument]] = {}
    for each in instruments:
        if each.pledges or isinstance(each, Put):
            groups.setdefault((each.on, "pledged" if each.pledges else "covered by puts"), []).append(each)
    for (on, how), alike in groups.items():
        total = math.fsum(each.share for each in alike)
        if total > 1.0 + _ROUNDING:
            raise InvalidInput(
                f"Hedged: the shares of {on!r} that are {how} must sum to at most 1, got {total:g}: "
                f"{join_first(f'{each.label} {each.share:g}' for each in alike)}; lower share"
            )
