"""Prices that rise out of the range of numbers: the refusal, which names what made the price."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit.engine.inputs.market_inputs import MarketInputs
from riskkit.engine.inputs.run_setup import Plan
from riskkit.engine.kernel.layout import LANES, MOST_PRICE

__all__ = ["extreme_price"]


def extreme_price(
    plan: Plan, inputs: MarketInputs, paths: NDArray[np.uint64], step: int, prices: NDArray[np.float64]
) -> InvalidInput:
    """Return the error of the first price that is not below `MOST_PRICE`.

    Parameters
    ----------
    plan : Plan
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
    name, price = plan.scenario.portfolio.names[holding], prices[block, holding, lane]
    place = int(block * LANES + lane)
    cause, remedy = _cause(plan, inputs, step, int(plan.rows[holding]), place, float(price))
    return InvalidInput(
        f"Market: the price of {name!r} must stay below {MOST_PRICE:g} times that of the start, got {price:g} on path "
        f"{paths[place]} by year {plan.calendar.time(step):.4g}; {cause}: {remedy}, or shorten the horizon"
    )


def _cause(plan: Plan, inputs: MarketInputs, step: int, asset: int, place: int, price: float) -> tuple[str, str]:
    """What adds most to the log price of an asset on one path, and what may be done about it.

    The log price is the sum of what the shocks, the expected growth and the volatility add to it. The first two are
    known from the market inputs of the path, and the third is the rest.
    """
    market, now = plan.scenario.market, plan.calendar.time(step)
    name = list(market.assets)[asset]
    added = {}
    for shock, events in inputs.shock_events.items():
        here = (events.path == place) & (events.time <= now)
        drift = events.drift_after.get(name, 0.0) * float((now - events.time[here]).sum())
        jumps = float(np.log(events.factor[name][here]).sum()) if name in events.factor else 0.0
        added[f"most of it comes from the shock {shock!r}", "give it a lower rate or smaller changes"] = jumps + drift
    growth = inputs.growth[asset]
    added["most of it comes from its expected return", "give a lower one"] = step * float(growth[place % growth.size])
    rest = float(np.log(min(price, np.finfo(float).max)))
    drawn = "the returns drawn from history" if market.history is not None else "its volatility"
    if market.tails:
        drawn += f" under the tail {', '.join(map(repr, market.tails))}"
    added[f"most of it comes from {drawn}", "give a lower volatility or a lighter tail"] = rest - sum(added.values())
    return max(added, key=lambda cause: added[cause])
