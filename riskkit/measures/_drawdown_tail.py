"""Tail means of drawdowns: of all drawdowns pooled (CDaR), and of the maximum drawdowns of paths (CED)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import fraction
from riskkit.measures._drawdown import depths
from riskkit.measures._inputs import Labelled, Measured, checked_path_weights, relabel, sample, wealth_levels
from riskkit.measures._tail import each_column, tail_mean

__all__ = ["cdar", "conditional_expected_drawdown"]


def cdar(wealth: Labelled, level: float = 0.95, *, weights: Labelled | None = None) -> Measured:
    """Conditional drawdown at risk: mean of the worst 1 - `level` of all drawdowns, over every point in time.

    One path is a pool of its own drawdowns. The columns of a DataFrame are separate series, each its own pool. An array
    (time, path) is a sample of paths: one pool over time and paths, as `cdar95` of a comparison.

    Parameters
    ----------
    wealth : array (time, ..., path), Series or DataFrame
        Levels, never returns; > 0 at the start, which counts as a peak, and >= 0 after it. NaN is refused.
    level : float
        From 0, the average drawdown, to below 1; 0.95 asks for the mean of the worst 5 %.
    weights : array (path,), optional
        Weights of the paths, the last axis of an array or the columns of a DataFrame, which are pooled then too.

    Returns
    -------
    float, Series by column, or array (...)
        Fractions from the average drawdown to the largest one; an array has neither the time nor the path axis.

    Raises
    ------
    InvalidInput
        As `drawdown`; also if the level is outside [0, 1), or weights are negative, all 0, or not one a path.

    Notes
    -----
    Chekhlov, Uryasev and Zabarankin, "Drawdown measure in portfolio optimization", *International Journal of
    Theoretical and Applied Finance* 8 (2005) 13-58. Theirs is on uncompounded returns; this is on compounded wealth.
    The atom at the edge of the tail enters by its fraction, so that the value is continuous in the level.

    Examples
    --------
    The drawdowns are 0, 0.1, 0.2 and 0.5; the worst 30 % are the largest and a fifth of the second:

    >>> round(cdar([100.0, 90.0, 80.0, 50.0], 0.7), 12)
    0.45
    >>> table = pd.DataFrame({"A": [1.0, 0.5], "B": [1.0, 0.9]})
    >>> cdar(table, 0.5).round(12).to_dict(), round(cdar(table, 0.5, weights=[1, 1]), 12)
    ({'A': 0.5, 'B': 0.1}, 0.3)
    """
    fraction("level", level, at_least=0.0, below=1.0)
    depth = depths(wealth_levels(wealth))
    path_weights = None if weights is None else checked_path_weights(weights, wealth, depth)
    if weights is None and (depth.ndim == 1 or isinstance(wealth, pd.DataFrame)):
        depth = depth[..., np.newaxis]
    points, *others, paths = depth.shape
    pool_weights = None if path_weights is None else np.tile(path_weights, points)
    pools = np.moveaxis(depth, 0, -2).reshape(-1, points * paths)
    return relabel(np.array([tail_mean(pool, level, pool_weights) for pool in pools]).reshape(others), wealth)


def conditional_expected_drawdown(
    max_drawdowns: Labelled, level: float = 0.95, *, weights: Labelled | None = None
) -> Measured:
    """Mean of the worst 1 - `level` of the paths' maximum drawdowns (CED).

    Parameters
    ----------
    max_drawdowns : array (path, ...), Series or DataFrame
        Maximum drawdowns as positive fractions from 0 to 1, paths on the first axis. NaN is refused.
    level : float
        From 0, the mean maximum drawdown, to below 1; 0.95 asks for the mean of the worst 5 % of paths.
    weights : array (path,), optional
        Weights of the paths, >= 0; they need not sum to 1. A Series must have the index of `max_drawdowns`.

    Returns
    -------
    float, Series by column, or array (...)
        A fraction from 0 to 1.

    Raises
    ------
    InvalidInput
        If a drawdown is not from 0 to 1, the level is outside [0, 1), or weights are negative, all 0 or not one a path.

    Notes
    -----
    Goldberg and Mahmoud, "Drawdown: from practice to theory and back again", *Mathematics and Financial Economics* 11
    (2017) 275-297: the tail mean of the distribution of maximum drawdowns; `cdar` is that of all drawdowns. The edge
    atom enters by its fraction.

    Examples
    --------
    >>> conditional_expected_drawdown([0.1, 0.2, 0.3, 0.5], 0.5)
    0.4
    """
    fraction("level", level, at_least=0.0, below=1.0)
    values = sample("max_drawdowns", max_drawdowns)
    outside = values[(values < 0.0) | (values > 1.0)]
    if outside.size:
        raise InvalidInput(f"max_drawdowns must be positive fractions from 0 to 1, got {float(outside[0])!r}")
    return each_column(
        "max_drawdowns", max_drawdowns, weights, lambda column, path_weights: tail_mean(column, level, path_weights)
    )
