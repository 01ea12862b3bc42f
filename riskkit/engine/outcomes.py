"""The outcomes of a run: columns by path for each quantity and rule, and the sampling design."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, cast, overload

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit.engine.execution.out_of_core import Column, Streamed, chunks, total

__all__ = [
    "COLUMNS", "DRIVERS", "HEDGES", "NAMED", "NO_THRESHOLD", "QUANTITIES", "THRESHOLDS", "TIME_WEIGHTED", "Named",
    "Outcomes", "Rows", "SamplingDesign", "label", "path_quantities",
]  # fmt: skip

T = TypeVar("T")

#: Attributes of `Outcomes` in earlier versions and their names now.
RENAMED = {"weights": "path_weights", "ticks": "event_counts"}

#: Number of drawdown levels at which each rule's pooled tail is recorded.
THRESHOLDS = 4

#: A level that no drawdown reaches, so that nothing is recorded above it.
NO_THRESHOLD = 2.0

#: Of the time-weighted index, which is 1 at the start: where it ends, as wealth does, and its maximum drawdown. Without
#: external flows they are ``wealth`` and ``max_drawdown``, and files do not have them.
TIME_WEIGHTED = ("time_weighted_wealth", "time_weighted_max_drawdown")

#: Of instruments: premiums paid less those received, with spreads and discounts, and pay-offs received less those paid,
#: both a year; whether an opening covered less than its share; and founder exposure counted by delta. Without hedged
#: rules they are 0, the last is ``founder_weight_end``, and files do not have them.
HEDGES = ("hedge_cost", "hedge_payoff", "underhedged", "founder_delta_end")

#: Quantities stored for every rule and path. Money is in multiples of the start wealth, time in years, counts a year.
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
    "tax_due",  # owed at the end and not paid yet
    "reported_max_drawdown",
    *TIME_WEIGHTED,
    "margin_call",  # 1 or 0, as are the next three
    "margin_unmet",
    "ruin",
    "shortfall",
    "founder_weight_end",
    *HEDGES,
)

#: Columns that are meaningful path by path; the others only serve `cdar95`.
QUANTITIES = tuple(name for name in COLUMNS if not name.startswith(("excess_", "above_")))


def path_quantities(columns: Iterable[str]) -> tuple[str, ...]:
    """Columns of a result that are meaningful path by path: the built-in ones, then the user's.

    Examples
    --------
    >>> path_quantities(["excess_1", "wealth", "recovery"])[-2:]
    ('founder_delta_end', 'recovery')
    """
    return (*QUANTITIES, *(name for name in columns if name not in COLUMNS))


class Named(NamedTuple):
    """Names in saved files of the columns of shocks or holdings, and their type.

    Attributes
    ----------
    key : str
        Name of the list of shocks or holdings in ``result.toml``.
    prefix : str
        First part of the label of a Parquet column.
    dtype : type
        Type of the values.
    """

    key: str
    prefix: str
    dtype: type


#: Fields of `Outcomes` that have a column for each shock or holding.
NAMED: Mapping[str, Named] = MappingProxyType(
    {
        "event_counts": Named("ticks", "ticks", np.int64),
        "hazards": Named("hazards", "hazard", np.float64),
        "holdings": Named("holdings", "holding catastrophe", np.float64),
        "brownian": Named("brownian", "brownian value", np.float64),
        "log_martingale": Named("log_martingale", "log martingale", np.float64),
    }
)

#: Those of them that only moment-matched results have.
DRIVERS = ("brownian", "log_martingale")


def label(what: str, whose: str) -> str:
    """Name of a column in a file."""
    return f"{what}: {whose}"


class Rows(Protocol):
    """One quantity of every rule: an array (rule, path), or a reader of rows on disk."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(rule, path)."""

    @overload
    def __getitem__(self, place: int, /) -> Column: ...
    @overload
    def __getitem__(self, place: tuple[int, slice], /) -> Array: ...
    def __getitem__(self, place: int | tuple[int, slice], /) -> Column:
        """Values of one rule, for all paths or a slice of them (path)."""


class OrderStatistics:
    """The order statistics of a column, which is sorted no further than they need.

    Parameters
    ----------
    values : ndarray
        One number a path (path).

    Examples
    --------
    >>> ranked = OrderStatistics(np.array([0.3, 0.1, 0.2]))
    >>> ranked[0], ranked[2], ranked[1]
    (0.1, 0.3, 0.2)
    """

    def __init__(self, values: Array) -> None:
        self.values, self.lock = values.copy(), Lock()  # two threads may ask for statistics of one result
        # Places whose value is final, between two beyond the ends: smaller values are before each, larger ones behind.
        self.final = [-1, values.size]

    def __getitem__(self, place: int) -> float:
        """The value at a place of the rising order, the smallest at 0."""
        with self.lock:
            behind = bisect_left(self.final, place)
            if self.final[behind] != place:
                start = self.final[behind - 1] + 1
                self.values[start : self.final[behind]].partition(place - start)
                self.final.insert(behind, place)
            return float(self.values[place])


@dataclass(frozen=True, eq=False)
class SamplingDesign:
    """The sampling design. Standard errors depend on it.

    Attributes
    ----------
    path_weights : ndarray or Streamed
        Weight of each path (path), summing to 1; 1/N for a plain sample.
    stratum : ndarray of int, optional
        Stratum of each path (path); None where the paths were not drawn by strata.
    group : int
        So many consecutive paths share a draw, and only the groups are independent of each other.
    """

    path_weights: Column
    stratum: Ints | None = None
    group: int = 1

    @cached_property
    def equal(self) -> bool:
        """Whether all weights are the same."""
        first = next(chunks(self.path_weights))[1][0]
        return all(bool((chunk == first).all()) for _, chunk in chunks(self.path_weights))

    @cached_property
    def effective_sample_size(self) -> float:
        """Number of equally weighted independent draws with the same sum of squared weights (Kish).

        Paths that share a draw count as one; for a plain sample it is the number of paths.
        """
        return 1.0 / total(np.square(self.group_sums(self.path_weights)))

    @property
    def plain(self) -> bool:
        """Whether the paths are independent draws of one law with equal weights."""
        return self.equal and self.stratum_of_group is None

    @cached_property
    def stratum_of_group(self) -> Ints | None:
        """Stratum of each group (group): groups of one stratum are independent draws of the same law.

        None if all paths are independent draws of one law.
        """
        if self.group == 1:
            return self.stratum
        groups = -(-len(self.path_weights) // self.group)
        if self.stratum is None:
            return np.zeros(groups, dtype=np.int64)
        padded = np.full(groups * self.group, -1, dtype=np.int64)
        padded[: len(self.stratum)] = self.stratum
        return np.unique(padded.reshape(groups, self.group), axis=0, return_inverse=True)[1].reshape(-1)

    @cached_property
    def groups_by_stratum(self) -> tuple[Ints, Ints]:
        """The order that sorts the groups by stratum (group), and the number of groups in each stratum."""
        assert self.stratum_of_group is not None
        _, sizes = np.unique(self.stratum_of_group, return_counts=True)
        return np.argsort(self.stratum_of_group, kind="stable"), sizes

    def sorted_by_value(self, values: Array) -> tuple[Array, Array]:
        """The values in rising order and the cumulative path weights in that order (path)."""

        def sort() -> tuple[Array, Array]:
            order = np.argsort(values)
            return values[order], np.cumsum(np.asarray(self.path_weights)[order])

        return self._cached("sorted by value", values, sort)

    def order_statistics(self, values: Array) -> OrderStatistics:
        """The order statistics of the values."""
        return self._cached("order statistics", values, lambda: OrderStatistics(values))

    def _cached(self, what: str, values: Array, compute: Callable[[], T]) -> T:
        """What is computed from a column; of the last two it is cached, as consecutive metrics are of one column."""
        recent: list[tuple[str, Array, Any]] = self.__dict__.setdefault("_recent", [])
        key = what, values.__array_interface__["data"][0], values.size
        for kind, cached, result in recent:
            if (kind, cached.__array_interface__["data"][0], cached.size) == key:
                return cast("T", result)
        computed = compute()
        recent[:] = [*recent[-1:], (what, values, computed)]
        return computed

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_recent": []}

    def group_sums(self, values: Column) -> Column:
        """Sums of the values over the paths of each group (group)."""
        if self.group == 1:
            return values
        sums = [np.add.reduceat(chunk, np.arange(0, len(chunk), self.group)) for _, chunk in chunks(values, self.group)]
        return np.concatenate(sums)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The results of a run: columns by path.

    Attributes
    ----------
    columns : mapping of str to Rows
        Quantity → values (rule, path), for every name in `COLUMNS`, then for those in `own_columns`.
    path_weights : ndarray
        Weight of each path (path), summing to 1; 1/N for a plain sample.
    thresholds : ndarray
        The drawdown levels behind the ``excess_*`` and ``above_*`` columns (rule, 4), increasing.
    event_counts : mapping of str to ndarray or Streamed
        Shock → number of its own events in the horizon, without those that contagion triggers (path).
    hazards : mapping of str to ndarray or Streamed
        Shock → integrated hazard to the horizon, or to the first event of a ``once`` shock (path); NaN where the
        shock draws events without an exposure.
    holdings : mapping of str to ndarray or Streamed
        Founder holding → 1 where its price ended in catastrophe, else 0 (path).
    brownian : mapping of str to ndarray
        Holding → standardised Brownian value of its asset at the end (path); empty without moment matching.
    log_martingale : mapping of str to ndarray
        Holding → σ √T B - σ² ΣG / 2 at the end, with ΣG the market's time (path); empty where time runs evenly, because
        `brownian` determines it.
    stratum, group
        The sampling design; see `SamplingDesign`.
    sequential : bool
        Whether the number of paths depends on the results (a sequential test).
    overlapping : bool
        Whether paths replay overlapping days of history, so that errors cannot be estimated.
    own_columns : mapping of str to str
        Column of a user's statistic → meaning of NaN there; "" where it has no NaN.
    on_disk : bool
        Whether columns stay on disk and are read in chunks.
    """

    columns: Mapping[str, Rows]
    path_weights: Array
    thresholds: Array
    event_counts: Mapping[str, Ints | Streamed]
    hazards: Mapping[str, Column]
    holdings: Mapping[str, Column]
    brownian: Mapping[str, Column] = field(default_factory=dict)
    log_martingale: Mapping[str, Column] = field(default_factory=dict)
    stratum: Ints | None = None
    group: int = 1
    sequential: bool = False
    overlapping: bool = False
    own_columns: Mapping[str, str] = field(default_factory=dict)
    on_disk: bool = False

    if not TYPE_CHECKING:  # so that type checkers refuse attributes that do not exist

        def __getattr__(self, name: str) -> Any:
            if name in RENAMED:
                raise AttributeError(f"{type(self).__name__}.{name} must be written {RENAMED[name]}")
            return object.__getattribute__(self, name)

    @cached_property
    def design(self) -> SamplingDesign:
        """The sampling design."""
        weights: Column = self.path_weights
        if self.on_disk:
            weights = Streamed(len(self.path_weights), lambda rows: self.path_weights[rows])
        return SamplingDesign(weights, self.stratum, self.group)
