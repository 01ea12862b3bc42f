"""Flows of instruments as full arrays, and the movement of their units in a book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel.structs import BookArrays
from riskkit.engine.kernel.transfers import KEEP, PRO_RATA, SOLD, give, take
from riskkit.instruments import Flow

__all__ = ["ExecutedFlow", "executed"]


@dataclass(frozen=True)
class ExecutedFlow:
    """A `riskkit.instruments.Flow` whose amounts are arrays: (path), or (holding, path) for units.

    Attributes
    ----------
    cash, gain, cost : ndarray
    units, pledge : ndarray
    carried : bool
        Whether the purchase cost of units given is carried over.
    basis, proceeds : ndarray or None
    short : bool
        Whether the gain is short-term.
    into : str, mapping or tuple, optional
    """

    cash: Array
    gain: Array
    cost: Array
    units: Array
    pledge: Array
    carried: bool
    basis: Array | None
    proceeds: Array | None
    short: bool
    into: str | Mapping[str, float] | tuple[str, ...] | None

    def scaled(self, fraction: Array) -> ExecutedFlow:
        """The flow of a fraction of the covered units (path)."""
        return ExecutedFlow(
            cash=self.cash * fraction,
            gain=self.gain * fraction,
            cost=self.cost * fraction,
            units=self.units * fraction,
            pledge=self.pledge * fraction,
            carried=self.carried,
            basis=None if self.basis is None else self.basis * fraction,
            proceeds=None if self.proceeds is None else self.proceeds * fraction,
            short=self.short,
            into=self.into,
        )

    def move_units(
        self, setup: RunSetup, books: BookArrays, book: int, step: int, price: Array, factors: Array
    ) -> tuple[Array, Array]:
        """Move the units in a book; return the gain of those that are sold, and the value of those lost (path).

        `price` are the true prices of the holdings (holding, path), `factors` convert units to the ledger's (holding).
        """
        gain, lost, carried = (np.zeros(self.cash.size) for _ in range(3))
        received = [row for row in range(setup.rows.size) if (self.units[row] > 0.0).any()]
        for row in range(setup.rows.size):
            surrendered = np.maximum(-self.units[row], 0.0) * factors[row]
            if not surrendered.any():
                continue
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


def executed(label: str, flow: Any, holdings: int, paths: int) -> ExecutedFlow:
    """The flow that an instrument returned, with all of its arrays in their full shapes; other shapes are refused."""
    if not isinstance(flow, Flow):
        raise InvalidInput(f"{label}: open, settle and accrue must return a Flow, got {type(flow).__name__}")

    def full(name: str, value: Any, shape: tuple[int, ...]) -> Array:
        array = np.asarray(0.0 if value is None else value, dtype=np.float64)
        if array.shape not in ((), shape) or not np.isfinite(array).all():
            raise InvalidInput(
                f"{label}: {name} of its Flow must be finite numbers of shape {shape}, got {array!r:.80}"
            )
        return np.array(np.broadcast_to(array, shape))

    by_holding = (holdings, paths)
    carried = isinstance(flow.basis, str)
    return ExecutedFlow(
        cash=full("cash", flow.cash, (paths,)),
        gain=full("gain", flow.gain, (paths,)),
        cost=full("cost", flow.cost, (paths,)),
        units=full("units", flow.units, by_holding),
        pledge=full("pledge", flow.pledge, by_holding),
        carried=carried,
        basis=None if flow.basis is None or carried else full("basis", flow.basis, by_holding),
        proceeds=None if flow.proceeds is None else full("proceeds", flow.proceeds, by_holding),
        short=flow.kind == "short",
        into=flow.into,
    )
