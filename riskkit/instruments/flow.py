"""Flow: what the ledger executes for an instrument; and Position: what a book has in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from riskkit._core.array_types import Array
from riskkit.instruments.leg import Leg
from riskkit.rules.base import View

__all__ = ["Flow", "Position", "on_row"]


@dataclass(frozen=True, eq=False)
class Position:
    """What a book has in one instrument from an opening to its expiry, on many paths.

    Units times prices are multiples of the net start wealth; prices are 1 at the start.

    Attributes
    ----------
    units : ndarray
        Covered units of the underlying (path); 0 where nothing was opened.
    price : ndarray
        Price of the underlying at the opening, without accrued dividend (path).
    premium : ndarray
        Paid at the opening for all of it, spread or discount included (path); below 0 it was received.
    value : ndarray
        Of all of it now, at mid volatilities (path); at expiry the pay-off.
    legs : tuple of Leg
        As fixed at the opening.
    opened : int
        Step of the opening.
    time : float
        Years from the start to the opening.
    years : float
        Tenor at the opening.
    pledges : bool
        Whether the instrument pledges what it covers.

    See Also
    --------
    riskkit.Holding : a position in an asset.
    """

    units: Array
    price: Array
    premium: Array
    value: Array
    legs: tuple[Leg, ...]
    opened: int
    time: float
    years: float
    pledges: bool


@dataclass(frozen=True, eq=False)
class Flow:
    """What the ledger executes for an instrument: cash, units, pledges, and what of it is taxed.

    Amounts are multiples of the net start wealth, and so are units at the start price of 1. Flows of a position are
    linear in its covered units. `Instrument.open` and `Instrument.settle` may return all but what is said below;
    `Instrument.accrue` moves units and pledges, and has costs.

    Parameters
    ----------
    source : str
        What pays, such as `Instrument.label`.
    cash : ndarray or float
        Received by the book (path); below 0 it is paid. Not in `accrue`.
    units : ndarray, optional
        Units received (asset, path); below 0 they are given, of those that the book has.
    basis : ndarray or "carried over", optional
        Purchase cost of units received (asset, path), 0 where none are. None: their value that day. ``"carried over"``:
        the cost of the units given; where none are received it stays with the rest of that holding, and the value of
        the units given counts as a cost.
    proceeds : ndarray, optional
        Taxable proceeds of units given (asset, path), 0 where none are; their gain is taxed as `kind` says. None:
        giving them is no sale. In `settle` alone.
    gain : ndarray or float
        Taxable gain or loss that is not from units (path). Not in `accrue`.
    kind : {"capital", "short", "none"}
        How gains are taxed: as long-term, as short-term or not at all.
    cost : ndarray or float
        Spread, fee or discount within the flow (path), a line of ``cost_paid``.
    into : str, mapping of str to float or tuple of str, optional
        What cash received buys: a holding, shares > 0 by holding with sum 1, or several pro rata of their present
        values. None: the cash-like holdings, or else those with no founder. Not in `accrue`.
    external : bool
        False: only a `Deposit`, `Vesting` or `Spending` is an external flow, which time-weighted measures count.
    pledge : ndarray, optional
        Units pledged (asset, path); below 0 they are freed.

    Raises
    ------
    InvalidInput
        By a run, if it has something that the ledger does not execute; the message names the instrument and its method.

    Examples
    --------
    >>> Flow("put on TSLA", cash=np.array([-0.01]), cost=np.array([0.001])).kind
    'capital'
    """

    source: str
    cash: Array | float = 0.0
    units: Array | None = None
    basis: Array | Literal["carried over"] | None = None
    proceeds: Array | None = None
    gain: Array | float = 0.0
    kind: Literal["capital", "short", "none"] = "capital"
    cost: Array | float = 0.0
    into: str | Mapping[str, float] | tuple[str, ...] | None = None
    external: bool = False
    pledge: Array | None = None


def on_row(values: Array, name: str, view: View) -> Array:
    """Return values (path) of one holding as an array (asset, path) with zeros elsewhere."""
    rows = np.zeros((len(view.names), values.size))
    rows[view.names.index(name)] = values
    return rows
