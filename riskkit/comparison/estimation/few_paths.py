"""Whether a sum rests on a handful of paths: then the next run may lack them, or have twice as many."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.format import percent
from riskkit.engine.execution.out_of_core import Column, chunks, total
from riskkit.engine.outcomes import SamplingDesign

__all__ = ["HANDFUL", "HANDFUL_SHARE", "large_share", "rests_on_few"]

#: A handful of paths, its largest share of all paths, and the largest share of a mean that it may carry. Where it
#: carries more, or is a whole tail, the error is NaN.
HANDFUL, HANDFUL_OF_ALL, HANDFUL_SHARE = 10, 0.01, 0.10

#: More than the relative rounding error of a sum of terms >= 0.
ROUNDING = 1e-12


def rests_on_few(terms: Column, most: float, design: SamplingDesign) -> str | None:
    """The reason for a NaN error where a handful of paths carries more than `most` of a mean of terms >= 0."""
    count = min(HANDFUL, int(HANDFUL_OF_ALL * len(terms)))
    share = large_share(terms if design.equal else terms * design.path_weights, count, most)
    if share is None:
        return None
    return f"it rests on a handful of paths: the {count} largest carry {percent(share, decimals=0)} of it"


def large_share(terms: Column, count: int, most: float) -> float | None:
    """Share of a sum in its largest `count` terms, all >= 0, where it is more than `most`; else None."""
    whole = total(terms)
    if count == 0 or whole == 0.0:
        return None
    # So many terms are at most so many times the largest, which mostly decides; only then need they be found.
    highest = max(float(chunk.max()) for _, chunk in chunks(terms))
    if count * highest < most * whole * (1.0 - ROUNDING):
        return None
    largest: Array = np.zeros(0)
    for _, chunk in chunks(terms):
        both = np.concatenate([largest, chunk])
        largest = np.partition(both, max(len(both) - count, 0))[-count:]
    share = float(largest.sum()) / whole
    return share if share > most else None
