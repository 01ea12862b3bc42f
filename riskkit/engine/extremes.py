"""Prices that rise out of the range of numbers: the refusal, which names what made the price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskkit.engine.layout import LANES, MOST_PRICE
from riskkit.errors import InvalidInput

if TYPE_CHECKING:
    from riskkit.engine.tile import Tile

__all__ = ["extreme_price"]


def extreme_price(tile: Tile, prices: NDArray[np.float64]) -> InvalidInput:
    """Return the error of the first price (block, holding, lane) that is not below `MOST_PRICE`."""
    block, holding, lane = np.argwhere(~(prices < MOST_PRICE))[0]
    name, price = tile.plan.scenario.portfolio.names[holding], prices[block, holding, lane]
    cause, remedy = _cause(tile, int(tile.plan.rows[holding]), int(block * LANES + lane))
    return InvalidInput(
        f"Market: the price of {name!r} must stay below {MOST_PRICE:g} times that of the start, got {price:g} on path "
        f"{tile.paths[block * LANES + lane]} by year {tile.plan.calendar.time(tile.step):.4g}; {cause}: {remedy}, or "
        "shorten the horizon"
    )


def _cause(tile: Tile, asset: int, place: int) -> tuple[str, str]:
    """What adds most to the log price of an asset on one path, and what may be done about it.

    The log price is the sum of what the shocks, the expected growth and the volatility add to it. The first two are
    known from the market inputs of the path, and the third is the rest.
    """
    market, inputs, now = tile.plan.scenario.market, tile.tape, tile.plan.calendar.time(tile.step)
    name = list(market.assets)[asset]
    added = {}
    for shock in market.shocks:
        ticks = inputs.ticks[shock.name]
        here = (ticks.lanes == place) & (ticks.times <= now)
        drift = (shock.drift_after or {}).get(name, 0.0) * float((now - ticks.times[here]).sum())
        impacts = list(shock.impacts)
        jumps = float(np.log(ticks.factors[impacts.index(name), here]).sum()) if name in impacts else 0.0
        added[f"most of it comes from the shock {shock.name!r}", "give it a lower rate or smaller changes"] = (
            jumps + drift
        )
    growth = inputs.growth[asset]
    added["most of it comes from its expected return", "give a lower one"] = tile.step * float(
        growth[place % growth.size]
    )
    rest = float(np.log(min(tile.prices.price[place // LANES, asset, place % LANES], np.finfo(float).max)))
    drawn = "the returns drawn from history" if market.history is not None else "its volatility"
    if market.tails:
        drawn += f" under the tail {', '.join(map(repr, market.tails))}"
    added[f"most of it comes from {drawn}", "give a lower volatility or a lighter tail"] = rest - sum(added.values())
    return max(added, key=lambda cause: added[cause])
