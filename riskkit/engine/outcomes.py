"""What a run leaves behind: one number a path for each quantity and rule, and how the paths were drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from riskkit.engine.execution.out_of_core import Column, Streamed, pieces, total

__all__ = [
    "COLUMNS", "NAMED", "NO_THRESHOLD", "QUANTITIES", "THRESHOLDS", "Design", "Named", "Outcomes", "Rows", "label",
    "path_quantities",
]  # fmt: skip

#: Number of drawdown levels at which each rule's pooled tail is kept.
THRESHOLDS = 4

#: A level that no drawdown reaches, so that nothing is recorded above it.
NO_THRESHOLD = 2.0

#: Quantities kept for every rule and path. Money is in multiples of the start wealth, time in years, counts a year.
COLUMNS = (
    "wealth",  # at the end
    "max_drawdown",
    "average_drawdown",  # over the points 0 … T, as is the next
    "ulcer",  # root of the mean squared drawdown
    "under_water",  # share of the points below the peak
    "longest_under_water",  # years
    "still_under_water",  # 1 or 0
    "catastrophe",  # 1 or 0
    *(f"excess_{level + 1}" for level in range(THRESHOLDS)),  # mean over time of (drawdown - threshold)+
    *(f"above_{level + 1}" for level in range(THRESHOLDS)),  # share of the points with drawdown > threshold
    "rebalances",
    "turnover",
    "cost_paid",
    "tax_paid",
    "deferred_tax",  # due if everything were sold at the end
    "reported_max_drawdown",
    "margin_call",  # 1 or 0, as are the next three
    "margin_unmet",
    "ruin",
    "shortfall",
    "founder_weight_end",
)

#: Columns that mean something path by path; the rest only serve `cdar95`.
QUANTITIES = tuple(name for name in COLUMNS if not name.startswith(("excess_", "above_")))


def path_quantities(columns: Iterable[str]) -> tuple[str, ...]:
    """Those of a result's columns that mean something path by path: the built-in ones, then a user's.

    Examples
    --------
    >>> path_quantities(["excess_1", "wealth", "recovery"])[-2:]
    ('founder_weight_end', 'recovery')
    """
    return (*QUANTITIES, *(name for name in columns if name not in COLUMNS))


class Named(NamedTuple):
    """How columns that belong to a shock or holding are labelled, and their type."""

    prefix: str
    dtype: type


#: Fields of `Outcomes` that have an array for each name.
NAMED: Mapping[str, Named] = MappingProxyType(
    {
        "ticks": Named("ticks", np.int64),
        "hazards": Named("hazard", np.float64),
        "holdings": Named("holding catastrophe", np.float64),
    }
)


def label(what: str, whose: str) -> str:
    """Name of a column in a file."""
    return f"{what}: {whose}"


class Rows(Protocol):
    """One quantity of every rule: an array (rule, path), or what reads a row from disk."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(rule, path)."""

    @overload
    def __getitem__(self, place: int, /) -> Column: ...
    @overload
    def __getitem__(self, place: tuple[int, slice], /) -> NDArray[np.float64]: ...
    def __getitem__(self, place: int | tuple[int, slice], /) -> Column:
        """Values of one rule, of all paths or of some in a row (path)."""


@dataclass(frozen=True, eq=False)
class Design:
    """How the paths were drawn, on which the errors of all that is made of them depend.

    Attributes
    ----------
    weights : ndarray or Streamed
        Weight of each path (path), summing to 1; 1/N for a plain sample.
    stratum : ndarray of int, optional
        Stratum of each path (path); None where the paths were not drawn by strata.
    group : int
        So many consecutive paths share a draw, and only the groups are independent of each other.
    """

    weights: Column
    stratum: NDArray[np.int64] | None = None
    group: int = 1

    @cached_property
    def equal(self) -> bool:
        """Whether all weights are the same."""
        first = next(pieces(self.weights))[1][0]
        return all(bool((piece == first).all()) for _, piece in pieces(self.weights))

    @cached_property
    def independent(self) -> float:
        """Number of equally weighted independent draws with the same sum of squared weights (Kish).

        Paths that share a draw count as one; for a plain sample it is the number of paths.
        """
        return 1.0 / total(np.square(self.by_group(self.weights)))

    @property
    def plain(self) -> bool:
        """Whether the paths are independent draws of one law with equal weights."""
        return self.equal and self.alike is None

    @cached_property
    def alike(self) -> NDArray[np.int64] | None:
        """Label of each group (group): those that have the same one are independent draws of the same law.

        None for paths that are all independent and alike.
        """
        if self.group == 1:
            return self.stratum
        groups = -(-len(self.weights) // self.group)
        if self.stratum is None:
            return np.zeros(groups, dtype=np.int64)
        padded = np.full(groups * self.group, -1, dtype=np.int64)
        padded[: len(self.stratum)] = self.stratum
        return np.unique(padded.reshape(groups, self.group), axis=0, return_inverse=True)[1].reshape(-1)

    @cached_property
    def together(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The order that puts groups that are alike side by side (group), and how many of each kind there are."""
        assert self.alike is not None
        _, sizes = np.unique(self.alike, return_counts=True)
        return np.argsort(self.alike, kind="stable"), sizes

    def ranked(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """One number a path in rising order, and the weights added up in that order (path).

        The last two columns are kept, as several metrics in a row ask for the same one.
        """
        recent: list[Any] = self.__dict__.setdefault("_recent", [])
        place = values.__array_interface__["data"][0], values.size
        for known, *found in recent:
            if (known.__array_interface__["data"][0], known.size) == place:
                return found[0], found[1]
        order = np.argsort(values)
        ranked, mass = values[order], np.cumsum(np.asarray(self.weights)[order])
        recent[:] = [*recent[-1:], (values, ranked, mass)]
        return ranked, mass

    def by_group(self, values: Column) -> Column:
        """Sums over each group of one number a path (group)."""
        if self.group == 1:
            return values
        sums = [np.add.reduceat(piece, np.arange(0, len(piece), self.group)) for _, piece in pieces(values, self.group)]
        return np.concatenate(sums)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Columns of a run.

    Attributes
    ----------
    columns : mapping of str to Rows
        Quantity → values (rule, path), for every name in `COLUMNS`, then for those in `own_columns`.
    weights : ndarray
        Weight of each path (path), summing to 1; 1/N for a plain sample.
    thresholds : ndarray
        The drawdown levels behind the ``excess_*`` and ``above_*`` columns (rule, 4), increasing.
    ticks : mapping of str to ndarray or Streamed
        Shock → number of ticks in the horizon (path).
    hazards : mapping of str to ndarray or Streamed
        Shock → integrated hazard to the horizon, or to the first tick of a ``once`` shock (path).
    holdings : mapping of str to ndarray or Streamed
        Founder holding → 1 where its price ended in catastrophe, else 0 (path).
    stratum, group
        How the paths were drawn; see `Design`.
    sequential : bool
        Whether the number of paths was settled by looking at the results.
    overlapping : bool
        Whether paths run through the same days of history, so that no errors can be told.
    own_columns : mapping of str to str
        Column of a user's statistic → what NaN stands for there; "" where it has no NaN.
    on_disk : bool
        Whether columns stay on disk and are gone through piece by piece.
    """

    columns: Mapping[str, Rows]
    weights: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    ticks: Mapping[str, NDArray[np.int64] | Streamed]
    hazards: Mapping[str, Column]
    holdings: Mapping[str, Column]
    stratum: NDArray[np.int64] | None = None
    group: int = 1
    sequential: bool = False
    overlapping: bool = False
    own_columns: Mapping[str, str] = field(default_factory=dict)
    on_disk: bool = False

    @cached_property
    def design(self) -> Design:
        """How the paths were drawn."""
        weights: Column = self.weights
        if self.on_disk:
            weights = Streamed(len(self.weights), lambda part: self.weights[part])
        return Design(weights, self.stratum, self.group)
