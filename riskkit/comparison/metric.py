"""`Metric`: a user's metric, with standard errors and paired differences from its influences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import read_only, set_fields
from riskkit._core.validation import checked_name, one_of, short_repr, text
from riskkit.comparison.estimation.estimate import Estimate, single_draw, standard_error
from riskkit.engine.execution.out_of_core import Column
from riskkit.engine.outcomes import THRESHOLDS, Rows, SamplingDesign, path_quantities
from riskkit.scenario._scenario import Scenario

__all__ = ["UNITS", "Metric", "RuleColumns", "RuleSample", "ThresholdColumns"]


#: Units of metrics: multiples of the start wealth, a fraction, years, a count a year, or a pure number.
UNITS = ("times", "share", "years", "a year", "ratio")

#: Influences are refused where their weighted mean is more than this share of their weighted size.
CENTRED = 1e-6


@dataclass(frozen=True, eq=False)
class RuleColumns(Mapping[str, Column]):
    """Quantity → values of one rule (path), read on access."""

    quantities: Mapping[str, Rows]
    rule: int

    def __getitem__(self, quantity: str) -> Column:
        return self.quantities[quantity][self.rule]

    def __iter__(self) -> Iterator[str]:
        return iter(self.quantities)

    def __len__(self) -> int:
        return len(self.quantities)


@dataclass(frozen=True, eq=False)
class ThresholdColumns(Sequence[Column]):
    """Stored values of one rule for each threshold (threshold, path), read on access."""

    columns: Mapping[str, Column]
    kind: str

    def __getitem__(self, threshold: Any) -> Any:
        return self.columns[f"{self.kind}_{range(1, THRESHOLDS + 1)[threshold]}"]

    def __len__(self) -> int:
        return THRESHOLDS


@dataclass(frozen=True, eq=False)
class PathValues(Mapping[str, Array]):
    """Quantity → one number a path (path), in memory and read-only: the argument of a user's metric."""

    columns: Mapping[str, Column]

    def __getitem__(self, quantity: str) -> Array:
        if quantity not in path_quantities(self.columns):
            raise KeyError(f"{quantity!r}; a metric can read {', '.join(self)}")
        return read_only(np.asarray(self.columns[quantity]))

    def __iter__(self) -> Iterator[str]:
        return iter(path_quantities(self.columns))

    def __len__(self) -> int:
        return len(path_quantities(self.columns))


@dataclass(frozen=True, eq=False)
class RuleSample:
    """The columns of one rule, and the facts of its scenario that metrics need.

    Attributes
    ----------
    columns : mapping of str to ndarray
        Quantity → one number a path (path).
    design : SamplingDesign
        The sampling design.
    thresholds : ndarray
        Drawdown levels behind the ``excess_*`` and ``above_*`` columns.
    goal : float
        Wealth to be reached, in multiples of the start wealth.
    years : float
        Horizon.
    no_certainty_equivalent : str or None
        Why it has no finite expectation; None where it has one.
    start : float
        Start wealth that a loss is measured from, in multiples of the start wealth: below 1 where final wealth is after
        the tax of selling everything, because the start then is too.
    """

    columns: Mapping[str, Column]
    design: SamplingDesign
    thresholds: Array
    goal: float
    years: float
    no_certainty_equivalent: str | None = None
    start: float = 1.0


@dataclass(frozen=True)
class Metric:
    """A metric of your own, for `Comparison.table`, `errors`, `interval`, `differences` and the like.

    Parameters
    ----------
    name : str
        Its name in the table; not that of a built-in metric.
    function : callable
        ``function(columns, path_weights)``, of one rule. `columns` maps each quantity of `Comparison.values`, those of
        a `Statistic` included, to one number a path (path), read-only; `path_weights` are the probabilities of the
        paths (path), sum 1. Returns the number; or the pair (number, influences) with how far each path moves the
        number (path), weighted mean 0, from which the standard error and paired differences follow.
        `riskkit.influence` has ready pairs.
    unit : str
        ``"times"`` (multiples of the start wealth), ``"share"`` (a fraction), ``"years"``, ``"a year"`` or
        ``"ratio"`` (a pure number).
    better : int
        1 if higher is better, -1 if lower is, 0 if it only describes what a rule does.
    description : str
        One line that says what it is; none by default.

    Raises
    ------
    InvalidInput
        If a field is not of its kind; when it is used, if the function returns anything else.

    Notes
    -----
    The standard error is the root of the sum of (weight · influence)², within strata and groups where the paths were
    drawn so: the infinitesimal jackknife (Efron 1982, *The Jackknife, the Bootstrap and Other Resampling Plans*,
    section 6.3). A number without influences, or with a NaN influence, has no error; a warning gives the reason.
    In `Comparison.differences` the share ``won`` is NaN, because the metric belongs to no single quantity.

    Examples
    --------
    Median final wealth over mean max drawdown:

    >>> import riskkit as rk
    >>> def reward(columns, path_weights):
    ...     return rk.influence.delta(
    ...         lambda wealth, depth: wealth / depth,
    ...         lambda wealth, depth: (1 / depth, -wealth / depth**2),
    ...         rk.influence.quantile(columns["wealth"], 0.5, path_weights),
    ...         rk.influence.mean(columns["max_drawdown"], path_weights),
    ...     )
    >>> metric = rk.Metric("wealth_per_drawdown", reward, better=1, description="median wealth over mean max drawdown")
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1)
    >>> result.errors(["wealth_median", metric]).columns.tolist()
    ['wealth_median', 'wealth_per_drawdown']
    """

    name: str
    function: Callable[[Mapping[str, Array], Array], float | tuple[float, Array]]
    _: KW_ONLY
    unit: str = "times"
    better: int = 0
    description: str = ""

    #: A user's metric belongs to no single column, and is not assumed to be a mean over paths.
    quantity = None
    is_mean = False

    def __post_init__(self) -> None:
        set_fields(self, name=checked_name("Metric: name", self.name))
        what = f"Metric {self.name!r}"
        if not callable(self.function):
            raise InvalidInput(f"{what}: function must be callable, got {short_repr(self.function)}")
        one_of(f"{what}: unit", self.unit, UNITS)
        one_of(f"{what}: better", self.better, (1, 0, -1))
        if self.description != "":
            text(f"{what}: description", self.description)

    def where(self, scenario: Scenario) -> bool:
        """Whether the metric applies to a scenario: to every one."""
        return True

    def estimate(self, sample: RuleSample) -> Estimate:
        """The metric of one rule, with its error."""
        value, influences = self._evaluated(sample)
        if math.isnan(value):
            return Estimate(value, math.nan, note="the metric is NaN")
        if influences is None:
            return Estimate(value, math.nan, note="the metric returns no influences, so it has no error")
        if np.isnan(influences).any():
            return Estimate(value, math.nan, note="influences of the metric are NaN, for instance on too few paths")
        if why := single_draw(sample.design):
            return Estimate(value, math.nan, note=why)
        # Computed on access, because an array for every rule and metric would fill the memory.
        error = standard_error(influences, sample.design, abs(value))
        return Estimate(value, error, lambda: self._influences(sample))

    def _influences(self, sample: RuleSample) -> Array:
        influences = self._evaluated(sample)[1]
        assert influences is not None
        return influences

    def _evaluated(self, sample: RuleSample) -> tuple[float, Array | None]:
        """The value and influences that the function returns, validated."""
        path_weights = read_only(np.asarray(sample.design.path_weights))
        try:
            found: Any = self.function(PathValues(sample.columns), path_weights)
        except Exception as error:
            error.add_note(f"while metric {self.name!r} was computed")
            raise
        what = f"metric {self.name!r}: function must return"
        value, influences = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        if not isinstance(value, int | float | np.integer | np.floating) or math.isinf(value):
            raise InvalidInput(f"{what} a finite number (or NaN), or (number, influences), got {short_repr(found)}")
        if influences is None:
            return float(value), None
        if not isinstance(influences, np.ndarray) or influences.dtype.kind not in "fiu":
            raise InvalidInput(f"{what} influences as an array of numbers, got {short_repr(influences)}")
        if influences.shape != path_weights.shape:
            raise InvalidInput(f"{what} influences of shape (path,) {path_weights.shape}, got {influences.shape}")
        influences = influences.astype(np.float64, copy=False)
        mean, size = (path_weights * influences).sum(), (path_weights * np.abs(influences)).sum()
        if abs(mean) > CENTRED * size:
            raise InvalidInput(
                f"{what} influences of weighted mean 0, got {mean:.6g} for a mean size of {size:.6g}; "
                "subtract their weighted mean"
            )
        return float(value), influences
