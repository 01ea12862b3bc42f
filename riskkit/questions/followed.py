"""Books of chosen paths, followed again from date to date, a tile at a time: what a comparison does not keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskkit.rules import Rule
from riskkit.scenario import Scenario

if TYPE_CHECKING:
    from riskkit.engine.plan import Plan
    from riskkit.engine.tile import Tile

__all__ = ["Books", "books_of", "monthly_wealth"]

Array = NDArray[np.float64]

#: Blocks of paths that are followed at once.
BLOCKS = 8


@dataclass(frozen=True, eq=False)
class Books:
    """Profit and loss of a rule on some paths over the whole horizon, in multiples of the start wealth.

    Attributes
    ----------
    profits : ndarray
        Of each holding, from price moves alone (holding, path).
    cost, tax, interest, spent, lender_loss : ndarray
        Totals (path). Wealth is 1 + the profits - cost - tax - interest - spent + lender_loss.
    wealth : ndarray
        Net wealth in the end, before the tax of selling everything, in money of the end (path).
    """

    profits: Array
    cost: Array
    tax: Array
    interest: Array
    spent: Array
    lender_loss: Array
    wealth: Array


def books_of(scenario: Scenario, rule: Rule, paths: NDArray[np.int64], seed: int) -> Books:
    """Follow a rule on the paths of these numbers and add up what each holding gained or lost.

    Units change on the rule's dates only, so prices are looked at there; under a loan a margin call may sell at any
    step, and they are looked at at every one.
    """
    from riskkit.engine import layout
    from riskkit.engine.tile import Tile

    plan = _plan(scenario, rule, seed)
    steps = range(plan.calendar.steps + 1) if plan.debt else sorted({*plan.dates, plan.calendar.steps})
    accounts = (layout.COST, layout.TAX, layout.INTEREST, layout.SPENT, layout.LENDER_LOSS)
    profits, totals = np.zeros((plan.rows.size, paths.size)), np.zeros((len(accounts) + 1, paths.size))
    for place, numbers in _tiles(paths):
        tile = Tile(plan, numbers)
        size = place.stop - place.start
        units, prices = tile.book_units(0), tile.price()
        for step in steps:
            tile.advance(step)
            moved = tile.price()
            profits[:, place] += (units * (moved - prices))[:, :size]
            if step in plan.dates:
                tile.consult()
            units, prices = tile.book_units(0), moved
        totals[:, place] = np.stack([*(tile.account(0, row) for row in accounts), tile.appraise(0)[1]])[:, :size]
    return Books(profits, *totals)


def monthly_wealth(scenario: Scenario, rule: Rule, paths: NDArray[np.int64], seed: int) -> Array:
    """Wealth at each month end and at the horizon (time, path) of the paths of these numbers."""
    from riskkit.engine.tile import run_tile

    plan = _plan(scenario, rule, seed)
    ends = sorted({*plan.calendar.month_ends.tolist(), plan.calendar.steps})
    wealth = np.empty((len(ends), paths.size))
    for place, numbers in _tiles(paths):

        def note(tile: Tile, place: slice = place) -> None:
            wealth[ends.index(tile.step), place] = tile.appraise(0)[1][: place.stop - place.start]

        run_tile(plan, numbers, also=dict.fromkeys(ends, note))
    return wealth


def _plan(scenario: Scenario, rule: Rule, seed: int) -> Plan:
    from riskkit.engine.plan import make_plan
    from riskkit.engine.tiles import compile_kernel

    plan = make_plan(replace(scenario, rules=(rule,), baseline=None), seed)
    compile_kernel(plan)
    return plan


def _tiles(paths: NDArray[np.int64]) -> Iterator[tuple[slice, NDArray[np.uint64]]]:
    """Places in `paths`, and their numbers, filled up to whole blocks with repetitions of the last."""
    from riskkit.engine.layout import LANES

    for start in range(0, paths.size, BLOCKS * LANES):
        chosen = paths[start : start + BLOCKS * LANES]
        filled = np.concatenate([chosen, np.full(-chosen.size % LANES, chosen[-1])])
        yield slice(start, start + chosen.size), filled.astype(np.uint64)
