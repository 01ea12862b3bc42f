"""Flows of instruments as full arrays, and the movement of their units in a book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import boolean, one_of, require_known, short_repr
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel.allowances import UNTOUCHED
from riskkit.engine.kernel.structs import BookArrays
from riskkit.engine.kernel.transfers import KEEP, PRO_RATA, SOLD, give, take
from riskkit.instruments import Flow
from riskkit.rules.proceeds import shares_of_one

__all__ = ["ExecutedFlow", "executed"]

#: Units given beyond those held by no more than this fraction are rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class ExecutedFlow:
    """A `riskkit.instruments.Flow` whose amounts are arrays: (path), or (holding, path) for units.

    Attributes
    ----------
    source : str
        The instrument and its method, for errors.
    cash, gain, cost : ndarray
    units, pledge : ndarray
    carried : bool
        Whether the purchase cost of units given is carried over.
    basis, proceeds : ndarray or None
    kind : {"capital", "short", "none"}
        How the gain is taxed: as long-term, as short-term, or not at all.
    into : str, mapping or tuple, optional
    """

    source: str
    cash: Array
    gain: Array
    cost: Array
    units: Array
    pledge: Array
    carried: bool
    basis: Array | None
    proceeds: Array | None
    kind: str
    into: str | Mapping[str, float] | tuple[str, ...] | None

    def scaled(self, fraction: Array) -> ExecutedFlow:
        """The flow of a fraction of the covered units (path)."""
        return ExecutedFlow(
            source=self.source,
            cash=self.cash * fraction,
            gain=self.gain * fraction,
            cost=self.cost * fraction,
            units=self.units * fraction,
            pledge=self.pledge * fraction,
            carried=self.carried,
            basis=None if self.basis is None else self.basis * fraction,
            proceeds=None if self.proceeds is None else self.proceeds * fraction,
            kind=self.kind,
            into=self.into,
        )

    def move_units(
        self, setup: RunSetup, books: BookArrays, book: int, step: int, price: Array, factors: Array
    ) -> tuple[Array, Array]:
        """Move the units in a book; return the gain of those that are sold, and the value of those lost (path).

        `price` are the true prices of the holdings (holding, path), `factors` convert units to the ledger's (holding).
        """
        gain, lost, carried = (np.zeros(self.cash.size) for _ in range(3))
        units_before = books.units[:, book * setup.rows.size :]
        received = [row for row in range(setup.rows.size) if (self.units[row] > 0.0).any()]
        for row in range(setup.rows.size):
            surrendered = np.maximum(-self.units[row], 0.0) * factors[row]
            if not surrendered.any():
                continue
            self._require_enough(setup.scenario.portfolio.names[row], surrendered, units_before[:, row])
            what = SOLD if self.proceeds is not None else PRO_RATA if received or not self.carried else KEEP
            if what == KEEP:
                lost += surrendered * price[row]
            give(surrendered, row, what, setup.trading, step, books, book)  # it is their purchase cost from here on
            carried += surrendered
            if self.proceeds is not None:
                gain += self.proceeds[row] - surrendered
        for row in received:
            units = np.maximum(self.units[row], 0.0) * factors[row]
            value = units * price[row]
            cost = value if self.basis is None else self.basis[row]
            if self.carried:
                whole = np.sum([np.maximum(self.units[r], 0.0) * factors[r] * price[r] for r in received], axis=0)
                cost = carried * np.divide(value, whole, out=np.zeros_like(value), where=whole > 0.0)
            take(units, np.ascontiguousarray(cost), row, self.carried, setup.trading, step, books, book)
        return gain, lost

    def _require_enough(self, name: str, surrendered: Array, units: Array) -> None:
        """Refuse to give units of a holding (path) that the book (block, lane) does not have, beyond rounding."""
        units = units.reshape(-1)
        missing = surrendered > units * (1.0 + ROUNDING) + UNTOUCHED
        if missing.any():
            path = int(missing.argmax())
            raise InvalidInput(
                f"{self.source}: units of its Flow must be given of those that the book has, got {surrendered[path]:g} "
                f"of {units[path]:g} units of {name!r}; pledge in open what is to be given later"
            )


def executed(label: str, method: str, flow: Any, names: tuple[str, ...], paths: int) -> ExecutedFlow:
    """Return a flow as the ledger executes it, and refuse all of it that the ledger would not execute.

    Parameters
    ----------
    label : str
        The instrument.
    method : {"open", "settle", "accrue"}
        Which of its methods returned the flow.
    flow : Flow
        Anything else is refused too.
    names : tuple of str
        The holdings.
    paths : int
    """
    what = f"{label}: {method}"
    if not isinstance(flow, Flow):
        raise InvalidInput(f"{what} must return a Flow, got {type(flow).__name__}")

    def field(name: str, value: Any, *shape: int) -> Array:
        try:
            array = np.asarray(0.0 if value is None else value, dtype=np.float64)
        except (TypeError, ValueError):
            array = np.array(np.nan)
        if array.shape not in ((), shape) or not np.isfinite(array).all():
            raise InvalidInput(
                f"{what}: {name} of its Flow must be finite numbers of shape {shape}, got {short_repr(value, 80)}"
            )
        return np.array(np.broadcast_to(array, shape))

    if isinstance(flow.basis, str):
        one_of(f"{what}: basis of its Flow as a string", flow.basis, ["carried over"])
    carried, by_holding = isinstance(flow.basis, str), (len(names), paths)
    made = ExecutedFlow(
        source=what,
        cash=field("cash", flow.cash, paths),
        gain=field("gain", flow.gain, paths),
        cost=field("cost", flow.cost, paths),
        units=field("units", flow.units, *by_holding),
        pledge=field("pledge", flow.pledge, *by_holding),
        carried=carried,
        basis=None if flow.basis is None or carried else field("basis", flow.basis, *by_holding),
        proceeds=None if flow.proceeds is None else field("proceeds", flow.proceeds, *by_holding),
        kind=one_of(f"{what}: kind of its Flow", flow.kind, ["capital", "short", "none"]),
        into=_purchases(f"{what}: into of its Flow", flow.into, names),
    )
    if boolean(f"{what}: external of its Flow", flow.external):
        raise InvalidInput(
            f"{what}: external of its Flow must be False, got True; only a rk.Deposit, rk.Vesting or rk.Spending is "
            "external"
        )
    for name, instead in _NOT_EXECUTED[method].items():
        value = getattr(made, name)
        if value is not None and (name == "into" or value.any()):
            raise InvalidInput(
                f"{what}: {name} of its Flow must be left out, got {short_repr(getattr(flow, name), 80)}; {instead}"
            )
    _require_units(f"{what}: basis", made.basis, made.units > 0.0, "received", names)
    _require_units(f"{what}: proceeds", made.proceeds, made.units < 0.0, "given", names)
    return made


#: What the ledger does not execute of the flow of each method, and what to return in its place.
_NOT_EXECUTED: dict[str, dict[str, str]] = {
    "open": {"proceeds": "units are sold by settle alone: return the taxable gain as gain"},
    "settle": {},
    "accrue": {
        "cash": "pay with units, and return cash from open or settle",
        "gain": "return it from settle",
        "proceeds": "units are sold by settle alone",
        "into": "there is no cash that could buy it",
    },
}


def _purchases(what: str, into: Any, names: tuple[str, ...]) -> str | Mapping[str, float] | tuple[str, ...] | None:
    """What cash is to buy, or refuse what is unknown, empty, or no shares of 1."""
    if into is None:
        return None
    if isinstance(into, Mapping):
        require_known(what, into, names)
        return shares_of_one(what, into)
    several = (into,) if isinstance(into, str) else into
    if not isinstance(several, tuple | list) or not several:
        raise InvalidInput(
            f"{what} must be a holding, a tuple of holdings or a mapping from holdings to shares, got "
            f"{short_repr(into)}; leave it out for cash-like holdings, or else those with no founder"
        )
    require_known(what, several, names)
    return tuple(several)


def _require_units(what: str, amounts: Array | None, moved: Bools, how: str, names: tuple[str, ...]) -> None:
    """Refuse purchase costs or proceeds (holding, path) where there are no units that they belong to."""
    if amounts is None:
        return
    stray = (amounts != 0.0) & ~moved
    if stray.any():
        row, path = np.argwhere(stray)[0]
        raise InvalidInput(
            f"{what} of its Flow must be 0 where no units are {how}, got {amounts[row, path]:g} for {names[row]!r}; "
            "return the units too"
        )
