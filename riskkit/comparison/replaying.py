"""The worst paths of a rule, found by number and lived through again in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from riskkit.checks import known, whole
from riskkit.errors import InvalidInput

if TYPE_CHECKING:
    from riskkit.comparison.result import Comparison
    from riskkit.engine.record import Trace

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


def worst(result: Comparison, n: int = 10, *, rule: str | None = None, quantity: str = "wealth") -> Trace:
    """Follow a rule's books step by step on the paths on which it fared worst.

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
        If an argument does not meet its requirement, or the paths were drawn by strata: what they were told of their
        shocks cannot be replayed.
    """
    known("quantity", [quantity], ["wealth", *BAD_IF_HIGH])
    count = whole("n", n, at_least=1, at_most=result.paths)
    if result.outcomes.stratum is not None:
        raise InvalidInput("worst needs paths that were drawn plainly, got a stratified result; run it without on=")
    name = result.scenario.baseline_name if rule is None else rule
    values = result.values(name, quantity)
    badness = -values if quantity == "wealth" else values
    edge = np.partition(badness, result.paths - count)[result.paths - count]
    beyond, level = np.flatnonzero(badness > edge), np.flatnonzero(badness == edge)
    chosen = np.concatenate([beyond, level[: count - beyond.size]])
    chosen = chosen[np.argsort(-badness[chosen], kind="stable")]
    from riskkit.engine.record import trace

    return trace(result.scenario, name, paths=chosen.tolist(), seed=result.seed)
