"""Band: let the weights drift, and trade a path only when a holding leaves its band."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit._core.fraction_bounds import WEIGHT, fraction, plausible
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number, one_of
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import TOUCH, accept_fields, start_weights, total
from riskkit.rules.trigger import Trigger

__all__ = ["Band"]


class Band(Rule):
    """Trade a path when any holding is off its start weight by more than the width of its band.

    Parameters
    ----------
    width : float
        Half-width of every band in weight, from 0 to 1; ``math.inf`` never trades.
    relative : float, optional
        Half-width as a fraction of the target, from 0 to 10, or ``math.inf``; the larger of the two holds.
    to : {"target", "edge"}
        "target": all holdings go to their targets. "edge": only those outside their bands go, each to its nearer
        edge, and the rest make up the difference pro rata of their weights.
    every : int
        Months between consultations; 0 means every step.

    Warns
    -----
    RiskkitWarning
        If `relative` is above 2: most likely a percentage was meant.

    Notes
    -----
    With "edge", where the pro-rata share would carry one of the rest out of its own band, the rest take the
    difference in proportion to the slack in their bands instead; what exceeds that slack goes to the holdings that
    came from outside, in proportion to theirs. So every holding ends inside its band, and the weights sum to 1.

    Examples
    --------
    >>> Band(0.05, relative=0.25, to="edge").to
    'edge'
    """

    width: float
    relative: float | None = None
    to: Literal["target", "edge"] = "target"
    every: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        accept_fields(self)
        if not _never(self.width):
            set_fields(self, width=fraction("Band: width", self.width, at_least=0.0, at_most=1.0))
        if self.relative is not None and not _never(self.relative):
            relative = number("Band: relative", self.relative, at_least=0.0)
            set_fields(self, relative=plausible("Band: relative", relative, WEIGHT))
        one_of("Band: to", self.to, ("target", "edge"))

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Trade the paths with a holding outside its band."""
        wanted, half = start_weights(view.portfolio), self._half_widths(view.portfolio)
        out = np.abs(view.weights - wanted) > half
        trades = out.any(axis=0)
        if not trades.any():
            return None, None
        if self.to == "target":
            return np.where(trades, wanted, view.weights), None
        low, high = np.maximum(wanted - half, 0.0), np.minimum(wanted + half, 1.0)
        target: Array = view.weights.copy()
        target[:, trades] = _to_edges(target[:, trades], out[:, trades], low, high)
        return target, None

    def trigger(self, portfolio: Portfolio) -> Trigger:
        """Fire where a holding is above or below its band."""
        wanted, half = start_weights(portfolio)[:, 0], self._half_widths(portfolio)[:, 0]
        one = np.eye(wanted.size)
        # A weight is 0 … 1: a band that reaches as far has no such edge. TOUCH outweighs the rounding of a weight.
        above = [one[row] - (wanted + half - TOUCH)[row] for row in np.flatnonzero(wanted + half < 1.0 + TOUCH)]
        below = [(wanted - half + TOUCH)[row] - one[row] for row in np.flatnonzero(half < wanted)]
        values = np.array([*above, *below]).reshape(-1, wanted.size)
        return Trigger(values, np.zeros(len(values)), np.zeros(len(values)))

    def _half_widths(self, portfolio: Portfolio) -> Array:
        """Half the width of each band (asset, 1)."""
        wanted = start_weights(portfolio)
        half = np.full_like(wanted, self.width)
        if self.relative is not None:
            half = np.maximum(half, math.inf if self.relative == math.inf else self.relative * wanted)
        return half


def _to_edges(weights: Array, out: Bools, low: Array, high: Array) -> Array:
    """Weights (asset, path) inside the bands: outliers at their edges, the rest pro rata where the bands allow it."""
    edges = np.clip(weights, low, high)
    missing = 1.0 - total(edges)
    rest = np.asarray(total(np.where(out, 0.0, weights)))
    growth = np.divide(missing, rest, out=np.zeros_like(missing), where=rest > TOUCH)
    pro_rata = edges * np.where(out, 1.0, 1.0 + growth)
    inside = ((pro_rata >= low - TOUCH) & (pro_rata <= high + TOUCH)).all(axis=0)
    fits = inside & (np.abs(1.0 - total(pro_rata)) <= TOUCH)
    slack = np.where(missing > 0.0, high - edges, edges - low)
    rest_slack = np.where(out, 0.0, slack)
    rest_change = np.minimum(np.abs(missing), total(rest_slack)) * np.sign(missing)
    filled = edges + _in_proportion(rest_change, rest_slack) + _in_proportion(missing - rest_change, slack - rest_slack)
    return np.where(fits, np.maximum(pro_rata, 0.0), np.maximum(filled, 0.0))


def _in_proportion(amount: Array, slack: Array) -> Array:
    """Split `amount` (path) over the rows of `slack` in proportion to them; nothing where there is no slack."""
    sums = np.asarray(total(slack))
    return np.asarray(slack * np.divide(amount, sums, out=np.zeros_like(amount), where=sums > 1e-300))


def _never(value: Any) -> bool:
    return isinstance(value, float) and value == math.inf
