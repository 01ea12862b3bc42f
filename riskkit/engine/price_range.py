"""Prices that rise out of the range of numbers: the refusal, which names what made the price."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit.engine.inputs.market_inputs import MarketInputs
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel.layout import LANES, MOST_PRICE

__all__ = ["extreme_price"]


def extreme_price(
    setup: RunSetup, inputs: MarketInputs, paths: NDArray[np.uint64], step: int, prices: NDArray[np.float64]
) -> InvalidInput:
    """Return the error of the first price that is not below `MOST_PRICE`.

    Parameters
    ----------
    setup : RunSetup
    inputs : MarketInputs
        What the market has in store for the paths.
    paths : ndarray of uint64
        Their numbers (path).
    step : int
        Now.
    prices : ndarray
        Of the holdings, now (block, holding, lane).
    """
    block, holding, lane = np.argwhere(~(prices < MOST_PRICE))[0]
    name, price = setup.scenario.portfolio.names[holding], prices[block, holding, lane]
    place = int(block * LANES + lane)
    cause, remedy = _cause(setup, inputs, step, int(setup.rows[holding]), place, float(price))
    return InvalidInput(
        f"Market: the price of {name!r} must stay below {MOST_PRICE:g} times that of the start, got {price:g} on path "
        f"{paths[place]} by year {setup.calendar.time(step):.4g}; {cause}: {remedy}, or shorten the horizon"
    )


def _cause(setup: RunSetup, inputs: MarketInputs, step: int, asset: int, place: int, price: float) -> tuple[str, str]:
    """What adds most to the log price of an asset on one path, and what may be done about it.

    The log price is the sum of what the shocks, the expected growth and the volatility add to it. The first two are
    known from the market inputs of the path, and the third is the rest.
    """
    market, now = setup.scenario.market, setup.calendar.time(step)
    name = list(market.assets)[asset]
    added = {}
    for shock in market.shocks:
        events = inputs.shock_events[shock.name]
        here = (events.lanes == place) & (events.times <= now)
        drift = (shock.drift_after or {}).get(name, 0.0) * float((now - events.times[here]).sum())
        impacts = list(shock.impacts)
        jumps = float(np.log(events.factors[impacts.index(name), here]).sum()) if name in impacts else 0.0
        added[f"most of it comes from the shock {shock.name!r}", "give it a lower rate or smaller changes"] = (
            jumps + drift
        )
    growth = inputs.growth[asset]
    added["most of it comes from its expected return", "give a lower one"] = step * float(growth[place % growth.size])
    rest = float(np.log(min(price, np.finfo(float).max)))
    drawn = "the returns drawn from history" if market.history is not None else "its volatility"
    if market.tails:
        drawn += f" under the tail {', '.join(map(repr, market.tails))}"
    added[f"most of it comes from {drawn}", "give a lower volatility or a lighter tail"] = rest - sum(added.values())
    return max(added, key=lambda cause: added[cause])
