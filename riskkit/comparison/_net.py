"""`net`: a metric gross, net of cost and net of tax, from runs of the same paths without cost and tax."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit.comparison.io.frames import by_rule, warn_of_nan
from riskkit.comparison.metric import Metric
from riskkit.comparison.metrics import find
from riskkit.comparison.run_data import RunData
from riskkit.engine.execution.container_limits import thread_count
from riskkit.frictions._frictions import Frictions

__all__ = ["net"]


def net(result: RunData, metric: str | Metric = "wealth_median") -> pd.DataFrame:
    """One metric gross, net of cost, and net of cost and tax, on the same paths.

    Parameters
    ----------
    metric : str or Metric
        Column of `table`.

    Returns
    -------
    DataFrame
        A row a rule; columns ``gross`` (before trading cost and tax), ``net of cost`` (no tax) and ``net of tax``
        (this result). A death is left out with the tax; discounts of tender windows and spending stay in all three.

    Notes
    -----
    The first two are runs of their own on the same streams, so this takes the time of two more comparisons.
    """
    chosen = find(metric)
    if np.ptp(result.path_weights) > 0.0:
        raise InvalidInput(
            "net runs the scenario again and needs paths of equal weights, got a result that is stratified, "
            "moment matched, reweighted or tilted; call it on that of a plain rk.compare"
        )
    untaxed = replace(result.scenario.frictions, tax=None, death=None)
    runs = {
        "net of tax": result,
        "net of cost": _rerun(result, untaxed),
        "gross": _rerun(result, replace(untaxed, cost=0.0)),
    }
    columns = {}
    for label, run in runs.items():
        found = {rule: run.estimate(rule, chosen) for rule in run.scenario.names}
        warn_of_nan({chosen.name: found}, error=False)
        columns[label] = [each.value for each in found.values()]
    return by_rule(result, {label: columns[label] for label in ("gross", "net of cost", "net of tax")})


def _rerun(result: RunData, frictions: Frictions) -> RunData:
    """Run the paths of a result under other frictions."""
    from riskkit.engine.execution.run import Execution, run

    scenario = replace(result.scenario, frictions=frictions)
    [outcomes] = run(scenario, (result.paths,), result.seed, Execution(thread_count(None)), lambda done, total: None)
    return RunData(scenario, outcomes, result.seed)
