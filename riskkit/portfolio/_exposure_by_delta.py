"""Exposure by delta: what instruments leave of the exposure to each holding, and what they hedge of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_known, short_repr

if TYPE_CHECKING:
    from riskkit.portfolio._holding import Holding

__all__ = ["HasDeltas", "exposures_by_delta"]

#: An exposure within so much of 0, as a share of the holding, is 0.
_ROUNDING = 1e-12


@runtime_checkable
class HasDeltas(Protocol):
    """What exposure by delta needs of an instrument; see `riskkit.Instrument`."""

    @property
    def on(self) -> str:
        """The holding that it is on."""

    def deltas(self, market: Any = None) -> Mapping[str, float]:
        """Return what it adds to the exposure to each holding, as a share of the value of `on`."""


def exposures_by_delta(
    holdings: Iterable[Holding], instruments: HasDeltas | Iterable[HasDeltas], market: Any = None
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the exposure to each holding, in money, and what is hedged of each holding that is hedged.

    Parameters
    ----------
    holdings : iterable of Holding
    instruments : instrument or iterable of instruments
        Of each is asked what it adds to the exposure to each holding.
    market : Market, optional
        Passed on to the instruments.

    Returns
    -------
    exposures, hedged : dict of str to float
        Together they sum to the value of all holdings. What is hedged of ``"TSLA"`` is called ``"TSLA hedged"``.

    Raises
    ------
    InvalidInput
        If something else than an instrument is given, it is on an unknown holding, the exposure to a holding would be
        below 0 or above its value and what is exchanged for it, or a holding or a founder has the name under which the
        hedged part of another holding is reported.
    """
    holdings = tuple(holdings)
    values = {holding.name: holding.value for holding in holdings}
    persons = {person for holding in holdings for person in holding.founder}
    added = dict.fromkeys(values, 0.0)
    balance = dict.fromkeys(values, 0.0)
    several = (instruments,) if isinstance(instruments, HasDeltas) else instruments
    for each in several if isinstance(several, Iterable) else (several,):
        if not isinstance(each, HasDeltas):
            raise InvalidInput(f"instruments must be instruments such as rk.Put, got {short_repr(each)}")
        require_known("instruments: on", [each.on], values)
        deltas = each.deltas(market)
        require_known("instruments: into", deltas, values)
        for name, delta in deltas.items():
            added[name] += delta * values[each.on]
        balance[each.on] -= math.fsum(deltas.values()) * values[each.on]
    hedged = {}
    for name, value in values.items():
        slack = _ROUNDING * value
        if value + added[name] < -slack or balance[name] < -slack:
            raise InvalidInput(
                f"instruments on {name!r} must leave an exposure by delta from 0 to its value of {value:g}, got "
                f"{value - balance[name]:g}; they hedge more than there is, or add to it"
            )
        if balance[name] > slack:
            label = f"{name} hedged"
            if label in values or label in persons:
                raise InvalidInput(
                    f"instruments on {name!r}: what they hedge of it is reported as {label!r}, which must be no other "
                    f"name, got a {'holding' if label in values else 'founder'} of that name; rename it"
                )
            hedged[label] = balance[name]
    return {name: max(value + added[name], 0.0) for name, value in values.items()}, hedged
