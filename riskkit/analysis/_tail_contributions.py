"""Contributions of holdings, founders, cost and tax to the expected shortfall of final wealth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array, Ints
from riskkit.analysis._replayed_paths import books_of
from riskkit.portfolio._holding import NO_FOUNDER
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["tail_contributions"]


#: Share of the paths in the tail, and the half-width of the window from which means at its edge are estimated.
TAIL, EDGE = 0.05, 0.01


def tail_contributions(scenario: Scenario, rule: Rule, wealth: Array, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the expected shortfall of final wealth among holdings, and among founders.

    Parameters
    ----------
    scenario : Scenario
    rule : Rule
    wealth : ndarray
        Final wealth of paths 0 … n - 1 under the rule, with equal weights (path).
    seed : int
        Of the run that it comes from.

    Returns
    -------
    holdings, founders : DataFrame
        A row each, then one for cost, tax, instruments (``"hedge"``) and whatever else changes wealth.
        ``contribution``: mean loss on the worst 5 % of the paths, as a multiple of the start wealth;
        ``standard_error``; ``share`` of the whole. The contributions sum to 1 - ``wealth_es95``. What is tied to nobody
        is the founder ``"no founder"``.

    Notes
    -----
    E[loss of a holding | total loss in its tail]. For `Hold` wealth is linear in the holdings, and this is Euler's
    contribution, holding x derivative (Tasche, "Risk contributions and performance measurement", 1999, section 4). Its
    influences are u (loss - m) / 0.05 + m - contribution, with u the share of the path that is in the tail and m the
    mean loss at the edge of the tail, here over the paths from 4 to 6 %: 6 % of the paths are run once more.
    """
    tail = TAIL * wealth.size
    order = np.argsort(wealth, kind="stable")
    edge = wealth[order[max(int(np.ceil(tail - 1e-9)) - 1, 0)]]
    reach = max(int(np.ceil((TAIL + EDGE) * wealth.size)), int((wealth <= edge).sum()))
    chosen = order[:reach]
    beyond, on_edge = wealth[chosen] < edge, wealth[chosen] == edge
    inside = np.where(beyond, 1.0, np.where(on_edge, (tail - beyond.sum()) / on_edge.sum(), 0.0))
    losses, lines = _losses(scenario, rule, chosen, wealth[chosen], seed)
    holdings = len(scenario.portfolio.names)
    shares = {person: scenario.portfolio.shares(person) for person in scenario.portfolio.founders}
    shares[NO_FOUNDER] = 1.0 - scenario.portfolio.shares()
    by_founder = np.concatenate([np.stack(list(shares.values())) @ losses[:holdings], losses[holdings:]])
    first = int((TAIL - EDGE) * wealth.size)
    frames = []
    for rows, names in ((losses, scenario.portfolio.names), (by_founder, tuple(shares))):
        contribution = rows @ inside / tail
        at_edge = rows[:, first:].mean(axis=1)
        gap = (contribution - at_edge)[:, None]
        influences = inside * (rows - at_edge[:, None]) / TAIL - gap
        outside = (wealth.size - reach) * np.square(gap[:, 0])
        error = np.sqrt(np.square(influences).sum(axis=1) + outside) / wealth.size
        columns = {"contribution": contribution, "standard_error": error}
        frame = pd.DataFrame(columns, pd.Index([*names, *lines]))
        frames.append(frame.assign(share=frame["contribution"] / frame["contribution"].sum()))
    return frames[0].rename_axis("holding"), frames[1].rename_axis("founder")


def _losses(scenario: Scenario, rule: Rule, paths: Ints, wealth: Array, seed: int) -> tuple[Array, list[str]]:
    """Losses of each holding, then of each other line (holding or line, path), and the names of those lines."""
    books = books_of(scenario, rule, paths, seed)
    deflator = (1.0 + scenario.inflation) ** -float(scenario.years)
    lines = {
        "trading cost": deflator * books.cost,
        # The rest of the gap to wealth, in money of the start, is the tax of selling everything in the end.
        "tax": deflator * (books.tax + books.wealth) - wealth,
        "hedge": -deflator * books.hedge,
        "interest": deflator * books.interest,
        "spending": deflator * books.spent,
        "deposits": -deflator * books.deposited,
        "vesting": -deflator * books.vested,
        "lender's loss": -deflator * books.lender_loss,
        "inflation": np.full(paths.size, 1.0 - deflator),
    }
    reported = {name: line for name, line in lines.items() if name in ("trading cost", "tax") or line.any()}
    return np.concatenate([-deflator * books.profits, np.stack(list(reported.values()))]), list(reported)
