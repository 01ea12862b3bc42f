"""Input validation of the optimisers: returns, path weights, level and bounds."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import WEIGHT, fraction, plausible
from riskkit._core.validation import number, short_repr
from riskkit.measures._inputs import Labelled, checked_weights, sample

if TYPE_CHECKING:
    from riskkit.engine._trace import Paths

__all__ = ["Bounds", "Names", "Sample", "Scenarios", "box", "path_gains", "scenario_returns"]

Names: TypeAlias = tuple[Hashable, ...]
Scenarios: TypeAlias = "Labelled | Paths"
Bounds: TypeAlias = ArrayLike | Mapping[Any, Sequence[float]]

#: Tolerance for rounding in sums of bounds and in counts of a tail.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Sample:
    """Checked scenarios.

    Attributes
    ----------
    names : tuple
        Names of the assets; their numbers if there are no names.
    values : ndarray
        Returns (scenario, asset), or sums of returns up to each point (path, point, asset).
    mass : ndarray (scenario or path,), optional
        Weights of the scenarios or paths, sum 1; None if all are equal.
    tail : float
        1 - level.
    """

    names: Names
    values: Array = field(repr=False)
    path_weights: Array | None = field(repr=False)
    tail: float

    @property
    def mean(self) -> Array:
        """Mean return from start to end (asset,)."""
        last = self.values if self.values.ndim == 2 else self.values[:, -1]
        mean: Array = last.mean(axis=0) if self.path_weights is None else self.path_weights @ last
        return mean


def scenario_returns(returns: Any, level: float, path_weights: Labelled | None) -> Sample:
    """Check returns (scenario, asset); an `rk.Paths` gives those from the first price to the last."""
    if _is_paths(returns):
        names, values = tuple(returns.names), (returns.prices[-1] / returns.prices[0] - 1.0).T
    else:
        values = sample("returns", returns)
        names = _names("returns", returns, values, {2: "(scenario, asset)"})
    labels = returns.index if isinstance(returns, pd.DataFrame) else None
    path_weights = _normalised_weights(path_weights, len(values), labels)
    _require_enough("scenarios", len(values), len(names))
    tail = _tail(level, "scenarios", len(values) if path_weights is None else int(np.count_nonzero(path_weights)))
    return Sample(names, np.ascontiguousarray(values), path_weights, tail)


def path_gains(paths: Any, level: float, path_weights: Labelled | None, *, whole_paths: bool) -> Sample:
    """Check returns (time, asset, path) and return their cumulative sums along each path, 0 at the start.

    The tail must contain at least one path if `whole_paths`, else one point of a path.
    """
    if _is_paths(paths):
        names, steps = tuple(paths.names), paths.prices[1:] / paths.prices[:-1] - 1.0
    else:
        steps = sample("paths", paths)
        shapes = {2: "(time, asset) for one path", 3: "(time, asset, path)"}
        names = _names("paths", paths, steps, shapes)
        steps = steps[:, :, np.newaxis] if steps.ndim == 2 else steps
    if steps.min() < -1.0:
        low = float(steps.min())
        raise InvalidInput(
            f"paths must be returns, each >= -1, got {short_repr(low)}; an rk.Paths is taken by its prices"
        )
    count, assets, number_of_paths = steps.shape
    path_weights = _normalised_weights(path_weights, number_of_paths, None)
    _require_enough("returns along the paths", count * number_of_paths, assets)
    full = number_of_paths if path_weights is None else int(np.count_nonzero(path_weights))
    tail = _tail(level, "paths", full) if whole_paths else _tail(level, "points", full * (count + 1))
    gains = np.zeros((number_of_paths, count + 1, assets))
    np.cumsum(steps.transpose(2, 0, 1), axis=1, out=gains[:, 1:])
    return Sample(names, gains, path_weights, tail)


def box(bounds: Any, names: Names) -> tuple[Array, Array]:
    """Check bounds of the weights: a pair for all, a pair for each, or pairs by name (others 0 to 1)."""
    if isinstance(bounds, Mapping):
        unknown = [name for name in bounds if name not in names]
        if unknown:
            raise InvalidInput(f"bounds must name assets among {', '.join(map(repr, names))}, got {unknown[0]!r}")
        pairs = [bounds.get(name, (0.0, 1.0)) for name in names]
    elif np.shape(bounds) == (2,):
        pairs = [bounds] * len(names)
    elif np.shape(bounds) == (len(names), 2):
        pairs = list(bounds)
    else:
        raise InvalidInput(
            f"bounds must be a pair (low, high), one pair for each of {len(names)} assets, or a mapping from names to "
            f"pairs, got {short_repr(bounds)}"
        )
    low, high = np.array([_pair(name, pair) for name, pair in zip(names, pairs, strict=True)]).T.copy()
    if low.sum() > 1.0 + ROUNDING:
        raise InvalidInput(f"bounds must let the weights sum to 1, got lower bounds that sum to {low.sum():.6g}")
    if high.sum() < 1.0 - ROUNDING:
        raise InvalidInput(f"bounds must let the weights sum to 1, got upper bounds that sum to {high.sum():.6g}")
    return low, high


def _pair(name: Hashable, pair: Any) -> tuple[float, float]:
    if np.shape(pair) != (2,):
        raise InvalidInput(f"bounds of {name!r} must be a pair (low, high), got {short_repr(pair)}")
    what = f"lower bound of {name!r}"
    low = plausible(what, number(what, pair[0]), WEIGHT)
    what = f"upper bound of {name!r}"
    return low, plausible(what, number(what, pair[1], at_least=low), WEIGHT)


def _is_paths(returns: Any) -> bool:
    """Whether it is an `rk.Paths`; other types return early so that the engine is not imported."""
    if isinstance(returns, pd.DataFrame | pd.Series | np.ndarray | list | tuple):
        return False
    from riskkit.engine._trace import Paths

    return isinstance(returns, Paths)


def _names(what: str, source: Any, values: Array, shapes: dict[int, str]) -> Names:
    """Names of the assets, the second axis."""
    if values.ndim not in shapes:
        raise InvalidInput(f"{what} must have shape {' or '.join(shapes.values())}, got shape {values.shape}")
    if not isinstance(source, pd.DataFrame):
        return tuple(range(values.shape[1]))
    if not source.columns.is_unique:
        twice = source.columns[source.columns.duplicated()][0]
        raise InvalidInput(f"{what}: names of assets must be unique, got {short_repr(twice)} twice")
    return tuple(source.columns)


def _normalised_weights(path_weights: Labelled | None, count: int, labels: Any) -> Array | None:
    if path_weights is None:
        return None
    weights = checked_weights(path_weights, count, labels)
    normalised: Array = weights / weights.sum()
    return normalised


def _require_enough(what: str, count: int, assets: int) -> None:
    if count < assets:
        raise InvalidInput(
            f"{what} must be at least as many as assets, got {count} for {assets} assets; with fewer there are weights "
            "that look free of risk"
        )


def _tail(level: float, what: str, count: int) -> float:
    """Return 1 - level if the tail contains at least one of `count`."""
    tail = 1.0 - fraction("level", level, at_least=0.0, below=1.0)
    if tail * count < 1.0 - ROUNDING:
        raise InvalidInput(
            f"level must leave at least one of the {what} in the tail, got {level:g}, where the tail holds "
            f"{tail * count:.2g} of {count} {what}; use a level of at most {1.0 - 1.0 / count:.4g}, or more {what}"
        )
    return tail
