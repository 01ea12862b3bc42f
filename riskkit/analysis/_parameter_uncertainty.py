"""`uncertainty`: the share of uncertain parameters in the variance behind a metric."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import integer, require_known, short_repr
from riskkit.comparison._compare import compare
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.io.frames import warn_of_nan
from riskkit.comparison.metrics import METRICS
from riskkit.market.diffusion._uncertain import GROUP
from riskkit.scenario._scenario import Scenario

__all__ = ["uncertainty"]


def uncertainty(
    scenario: Scenario,
    metric: str = "wealth_mean",
    *,
    paths: int = 100_000,
    seed: int = 0,
    workers: int | None = None,
) -> pd.DataFrame:
    """Split the variance behind a metric into parameter uncertainty and path randomness.

    Parameters
    ----------
    scenario : Scenario
        With at least one `Uncertain` parameter.
    metric : str
        A mean or a probability, such as ``wealth_mean``, ``max_drawdown_mean`` or ``goal_probability``.
    paths : int
        Number of paths, a multiple of 16 and at least 320: 16 consecutive ones share their parameters.
    seed : int
        Seed of both runs.
    workers : int, optional
        Threads; by default one for each processor.

    Returns
    -------
    DataFrame
        Indexed by rule. ``with_draws`` and ``fixed``: the metric with drawn parameters, and with all of them fixed at
        their mean, on the same streams. ``parameter_sd`` and ``path_sd``: standard deviations, over parameters and
        over paths under the same parameters, of the number behind the metric (1 or 0 for a probability).
        ``parameter_share``: the share of the parameters in the variance, and its ``standard_error``. NaN, with a
        `RiskkitWarning` that says why, where the metric rests on too few paths.

    Raises
    ------
    InvalidInput
        If nothing is uncertain, or the metric is no mean and no probability.

    Notes
    -----
    One-way analysis of variance with random effects over the groups of 16 paths (Searle, Casella and McCulloch 1992,
    "Variance components", section 3.6); the error of the share is that of the delta method over the groups. An
    estimated parameter variance below 0 is set to 0.

    Examples
    --------
    >>> import riskkit as rk
    >>> portfolio = rk.Portfolio([rk.Holding("A", 1.0)])
    >>> market = rk.Market({"A": rk.Asset(rk.Uncertain(0.08, 0.05), 0.3)})
    >>> scenario = rk.Scenario(portfolio, market, [rk.Hold()], years=10, steps_per_year=12)
    >>> bool(rk.uncertainty(scenario, "goal_probability", paths=3200).loc["hold", "parameter_share"] > 0.05)
    True
    """
    if not isinstance(scenario, Scenario):
        raise InvalidInput(f"scenario must be a Scenario, got {short_repr(scenario)}")
    require_known("metric", [metric], [name for name, each in METRICS.items() if each.is_mean])
    if not scenario.market.uncertain:
        raise InvalidInput("scenario must have an Uncertain parameter, got a market in which all are fixed")
    if integer("paths", paths) % GROUP or paths < 20 * GROUP:
        raise InvalidInput(f"paths must be a multiple of {GROUP} and at least {20 * GROUP}, got {short_repr(paths)}")
    drawn = compare(scenario, paths=paths, seed=seed, workers=workers, progress=False)
    certain = compare(
        replace(scenario, market=scenario.market.at_means()), paths=paths, seed=seed, workers=workers, progress=False
    )
    rows: dict[str, list[float]] = {}
    without_error: dict[str, Estimate] = {}
    for rule in scenario.names:
        estimate = drawn.estimate(rule, metric)
        influences = estimate.influences
        value = certain.estimate(rule, metric).value
        if influences is None:
            without_error[rule] = estimate
            rows[rule] = [estimate.value, value, *[math.nan] * 4]
        else:
            rows[rule] = [estimate.value, value, *split(np.asarray(influences).reshape(-1, GROUP))]
    warn_of_nan({metric: without_error}, error=True)
    columns = ["with_draws", "fixed", "parameter_sd", "path_sd", "parameter_share", "standard_error"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("rule")
    table.attrs["assumptions"] = scenario.assumptions()
    return table


def split(values: Array) -> tuple[float, float, float, float]:
    """Split the variance of values (group, member) into between and within groups.

    Returns
    -------
    tuple of float
        Standard deviation between groups, standard deviation within them, share of the first in the variance, and
        its standard error.

    Examples
    --------
    >>> [round(figure, 6) for figure in split(np.array([[1.0, 3.0], [5.0, 7.0]]))[:3]]
    [2.645751, 1.414214, 0.777778]
    """
    groups, members = values.shape
    group_means = values.mean(axis=1)
    inside = values.var(axis=1, ddof=1)
    squares = np.square(group_means - group_means.mean()) * groups / (groups - 1)
    within, across = float(inside.mean()), float(squares.mean())
    between = max(across - within / members, 0.0)
    total = between + within
    if total == 0.0:
        return 0.0, 0.0, math.nan, math.nan
    share = between / total
    # d share = ((1 - share) d between - share d within) / total, with d between = d across - d within / members.
    influences = (1.0 - share) * (squares - across - (inside - within) / members) - share * (inside - within)
    error = float(np.sqrt(np.square(influences / total).sum())) / groups
    return math.sqrt(between), math.sqrt(within), share, error
