"""`Statistic`: a statistic of one's own, computed from the wealth of every rule along each path."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from riskkit._core.array_types import Array, UInts
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import FrozenWhenWritten, freeze_mappings, set_fields
from riskkit._core.validation import checked_name, clean_text, require_unique, short_repr, text
from riskkit.engine.outcomes import COLUMNS, NAMED

__all__ = ["Statistic", "checked_column", "checked_statistics"]


#: Names that files, exported frames and datasets have beside the columns of a rule.
LABELS = {"rule", "path", "weight", "stratum", "shock", "events", *(named.prefix for named in NAMED.values())}


class Statistic(FrozenWhenWritten, ABC):
    """One or more numbers per path, computed from a rule's wealth along the path; for ``compare(statistics=[...])``.

    Every subclass is a frozen dataclass, and must define `start`, `update` and `finish`. It is used
    on every rule of the scenario and on many paths at once, with a state of its own for each rule and batch of paths.
    It must treat each path by itself: results then have the same bits however the paths are batched.

    Parameters
    ----------
    name : str
        Its name in messages, a keyword; by default the class name in words. Names must be unique in a comparison.
    columns : tuple of str
        Names of the columns that `finish` returns, a keyword; its default is what the class sets, as in
        ``columns = ("recovery",)``. Each must be a Python identifier, and the name of no other column.
    nan_means : str
        What NaN stands for in the columns, a keyword, such as ``"never reached"``; its default is what the class sets.
        Without it, the default, NaN is refused. Infinite numbers always are.

    Notes
    -----
    Wealth is net of the loan, in multiples of the net start wealth; after ruin it is 0. The peak is the highest wealth
    so far, the start included, so both are 1 at step 0. The built-in drawdown statistics read the same values: at
    true prices, after the step's price moves and margin calls, before its spending and trades.

    Each column stands beside the built-in ones in `Comparison.values`, in the columns of a `Metric`, in saved and
    exported results, and in the views of `Comparison.tilt`.

    Examples
    --------
    The years until a rule has first lost half of its peak:

    >>> import numpy as np
    >>> import riskkit as rk
    >>> class HalfLost(rk.Statistic):
    ...     share: float = 0.5
    ...     columns = ("years_to_half",)
    ...     nan_means = "never within the horizon"
    ...     def start(self, paths, calendar):
    ...         return np.full(paths.size, -1)
    ...     def update(self, state, first_step, wealth, peak):
    ...         lost = wealth <= (1 - self.share) * peak
    ...         now = lost.any(axis=0) & (state < 0)
    ...         return np.where(now, first_step + lost.argmax(axis=0), state)
    ...     def finish(self, state, calendar):
    ...         return {"years_to_half": np.where(state < 0, np.nan, state * calendar.dt)}
    >>> HalfLost(0.3)
    HalfLost(name='half lost', columns=('years_to_half',), nan_means='never within the horizon', share=0.3)
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1, statistics=HalfLost())
    >>> years = result.values("hold", "years_to_half")
    >>> bool((np.isnan(years) == (result.values("hold", "max_drawdown") < 0.5)).all())
    True
    """

    keywords = MappingProxyType({"name": "str", "columns": "tuple[str, ...]", "nan_means": "str"})

    name: str = dataclasses.field(default="statistic", kw_only=True)
    columns: tuple[str, ...] = dataclasses.field(default=(), kw_only=True)
    nan_means: str = dataclasses.field(default="", kw_only=True)

    def __post_init__(self) -> None:
        set_fields(self, name=checked_name("name", self.name))
        what = f"statistic {self.name!r}"
        if not isinstance(self.columns, tuple | list) or not self.columns:
            raise InvalidInput(f"{what}: columns must be a tuple of one or more names, got {short_repr(self.columns)}")
        set_fields(self, columns=tuple(checked_column(what, column) for column in self.columns))
        require_unique(f"{what}: columns", self.columns)
        if self.nan_means != "":
            set_fields(self, nan_means=clean_text(text(f"{what}: nan_means", self.nan_means)))
        freeze_mappings(self)

    @abstractmethod
    def start(self, paths: UInts, calendar: Calendar) -> Any:
        """Return the state before step 0.

        Parameters
        ----------
        paths : ndarray of uint64
            Numbers of the paths of a batch (path), read-only.
        calendar : Calendar
            ``calendar.steps``, ``calendar.dt`` (years), ``calendar.time(step)``.

        Returns
        -------
        object
            Any object; it is passed to `update`.
        """

    @abstractmethod
    def update(self, state: Any, first_step: int, wealth: Array, peak: Array) -> Any:
        """Process some steps, and return the new state.

        The steps 0 … T come in order, each once. How they are split into calls depends on the dates of the scenario
        and may change: the answer must not.

        Parameters
        ----------
        state : object
            The return value of `start` or of the last call; it may be changed in place.
        first_step : int
            Step of the first row.
        wealth, peak : ndarray
            Net wealth, >= 0, and its highest so far, > 0 (step, path). They are read-only, and valid during the call:
            a state must have copies.

        Returns
        -------
        object
            The state after these steps.
        """

    @abstractmethod
    def finish(self, state: Any, calendar: Calendar) -> Mapping[str, NDArray[Any]]:
        """Return the columns after step T.

        Returns
        -------
        mapping of str to ndarray
            Each of `columns` → one finite number per path (path): floats, integers or booleans, stored as floats.
        """


def checked_column(what: str, column: Any) -> str:
    """Return the validated name of a user's column: an identifier that results do not use yet."""
    if not isinstance(column, str) or not column.isidentifier() or checked_name(what, column) != column:
        raise InvalidInput(f"{what}: a column must be a Python identifier such as 'recovery', got {short_repr(column)}")
    if column in COLUMNS or column in LABELS:
        raise InvalidInput(f"{what}: column {column!r} must not be a name that results have already; give it another")
    return column


def checked_statistics(statistics: Any) -> tuple[Statistic, ...]:
    """Return the statistics of a comparison; repeated names and columns are refused."""
    candidates = (statistics,) if isinstance(statistics, Statistic) else statistics
    if not isinstance(candidates, Iterable) or isinstance(candidates, str):
        raise InvalidInput(f"statistics must be Statistic objects, got {short_repr(statistics)}")
    found = tuple(candidates)
    for each in found:
        if not isinstance(each, Statistic):
            hint = "; call the class, as in MyStatistic()" if isinstance(each, type) else ""
            raise InvalidInput(f"statistics must be Statistic objects, got {short_repr(each)}{hint}")
        Statistic.__post_init__(each)  # a subclass may have another one
    require_unique("statistics: names", [each.name for each in found])
    owners: dict[str, str] = {}
    for each in found:
        for column in each.columns:
            if column in owners:
                raise InvalidInput(
                    f"statistic {each.name!r}: column {column!r} must not be that of another statistic, got that of "
                    f"{owners[column]!r}; give columns=(...)"
                )
            owners[column] = each.name
    return found
