"""`worst`: the worst paths of a rule, replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.array_types import Ints
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import integer, require_known
from riskkit.comparison.run_data import RunData
from riskkit.engine.execution.out_of_core import Column, chunks

if TYPE_CHECKING:
    from riskkit.engine._trace import Trace

__all__ = ["worst"]

#: Quantities of which a high value is bad; of wealth a low one is.
BAD_IF_HIGH = (
    "max_drawdown",
    "average_drawdown",
    "ulcer",
    "under_water",
    "longest_under_water",
    "cost_paid",
    "tax_paid",
)


def worst(result: RunData, n: int = 10, *, rule: str | None = None, quantity: str = "wealth") -> Trace:
    """Replay a rule on its worst paths, step by step.

    Parameters
    ----------
    n : int
        Number of paths, at most those of the result.
    rule : str, optional
        By default the baseline.
    quantity : str
        ``wealth`` for the lowest at the end, or ``max_drawdown``, ``average_drawdown``, ``ulcer``, ``under_water``,
        ``longest_under_water``, ``cost_paid``, ``tax_paid`` for the highest.

    Returns
    -------
    Trace
        As `rk.trace` gives it, the worst path first; ``paths`` are their numbers. Of equally bad ones the first.

    Raises
    ------
    InvalidInput
        If an argument does not meet its requirement, or the result is stratified: its event counts were drawn by
        stratum and cannot be replayed.
    """
    require_known("quantity", [quantity], ["wealth", *BAD_IF_HIGH])
    count = integer("n", n, at_least=1, at_most=result.paths)
    if result.outcomes.stratum is not None:
        raise InvalidInput("worst needs paths that were drawn plainly, got a stratified result; run it without on=")
    name = result.scenario.baseline_name if rule is None else rule
    require_known("rule", [name], result.scenario.names)
    values = result.outcomes.columns[quantity][result.scenario.names.index(name)]
    chosen = _highest(-values if quantity == "wealth" else values, count)
    from riskkit.engine._trace import trace

    return trace(result.scenario, name, paths=chosen.tolist(), seed=result.seed)


def _highest(values: Column, count: int) -> Ints:
    """Numbers of the paths with the highest values, the highest first; of equal ones the first path."""
    paths, highest = np.zeros(0, np.int64), np.zeros(0)
    for start, chunk in chunks(values):
        paths, highest = np.append(paths, np.arange(start, start + len(chunk))), np.append(highest, chunk)
        best = np.lexsort((paths, -highest))[:count]
        paths, highest = paths[best], highest[best]
    return paths
