"""`backtest`: run the rules of a scenario through past prices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_known, short_repr
from riskkit._version import __version__
from riskkit.comparison._comparison import Comparison
from riskkit.comparison._progress import progress_reporter
from riskkit.engine.execution.container_limits import thread_count
from riskkit.market import Market
from riskkit.market.history._checked_prices import named_columns
from riskkit.market.history._replayed import Replayed
from riskkit.market.history._splits import RealMoves, Splits, checked_real_moves, checked_splits, restricted_to
from riskkit.scenario._scenario import Scenario

__all__ = ["backtest"]


def backtest(
    scenario: Scenario,
    prices: pd.DataFrame | pd.Series[Any],
    *,
    starts: str = "all",
    workers: int | None = None,
    splits: Splits | None = None,
    real_moves: RealMoves | None = None,
    allow_dropped_rows: bool = False,
) -> Comparison:
    """Run every rule of a scenario through past prices.

    Parameters
    ----------
    scenario : Scenario
        Its market's expected returns, volatilities, correlations, tails and shocks are not used; an asset without risk
        and without prices keeps its rate.
    prices : DataFrame, or Series with a name
        Levels > 0, a row a step (DatetimeIndex, old to new), a column a holding; rows that lack a price of a holding
        are left out. They must be as frequent as the steps of the scenario.
    starts : str
        ``"all"``: each row from which the horizon can be run is the start of a path. ``"first"``: only the first.
    workers : int, optional
        Threads; by default one for each processor.
    splits, real_moves
        As for `fit`.
    allow_dropped_rows : bool
        Whether more than half of the rows may be left out for want of prices.

    Returns
    -------
    Comparison
        One path for each start, in the order of the dates. Windows overlap, so standard errors and p values are NaN;
        the notes state how many windows are disjoint.

    Raises
    ------
    InvalidInput
        As `fit`, if a holding has no prices, if more than half of the rows lack one, or if they do not cover the
        horizon.

    Warns
    -----
    RiskkitWarning
        If a move looks like a split; if rows are left out: with the column that most of them lack, and their share; if
        there is a long gap without complete rows: the move over it is one step.

    Notes
    -----
    History is one draw, of companies that have survived: a result is a record, not a forecast.

    Examples
    --------
    >>> import numpy as np, riskkit as rk
    >>> days = pd.bdate_range("2020-01-01", periods=600)
    >>> prices = pd.DataFrame({"A": 100 * 1.001 ** np.arange(600), "B": 50 + np.arange(600.0)}, days)
    >>> portfolio = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("B", 40)])
    >>> market = rk.Market({"A": rk.Asset(0.1, 0.3), "B": rk.Asset(0.1, 0.3)})
    >>> scenario = rk.Scenario(portfolio, market, [rk.Hold(), rk.Cap(0.5)], years=1, steps_per_year=261)
    >>> result = rk.backtest(scenario, prices, starts="first")
    >>> round(float(result.values("hold", "wealth")[0]), 4) == round(0.6 * 1.001**261 + 0.4 * 311 / 50, 4)
    True
    """
    if not isinstance(scenario, Scenario):
        raise InvalidInput(f"scenario must be a Scenario, got {short_repr(scenario)}")
    require_known("starts", [starts], ["all", "first"])
    prices = named_columns(prices)
    names, assets = scenario.portfolio.names, scenario.market.assets
    cash = {
        name: assets[name].mean_return
        for name in names
        if name not in prices.columns and assets[name].mean_volatility == 0.0
    }
    risky = [name for name in names if name not in cash]
    require_known("prices must have a column for each holding; each holding", risky, prices.columns)
    past = Replayed(
        prices[risky],
        cash=cash,
        starts=1 if starts == "first" else None,
        splits=restricted_to(checked_splits(splits), "splits", prices.columns, risky),
        real_moves=restricted_to(checked_real_moves(real_moves), "real_moves", prices.columns, risky),
        allow_dropped_rows=allow_dropped_rows,
    )
    replayed = replace(scenario, market=Market(past), forced={})
    count = past.windows(scenario.calendar)
    from riskkit.engine.execution.run import Execution, run

    with progress_reporter(None, count) as report:
        [outcomes] = run(replayed, (count,), 0, Execution(thread_count(workers)), report)
    disjoint = (count + scenario.calendar.steps - 1) // scenario.calendar.steps
    notes = {"version": __version__, "windows": f"{count:,}, of which {disjoint:,} disjoint"}
    return Comparison(replayed, replace(outcomes, overlapping=True), 0, notes)
