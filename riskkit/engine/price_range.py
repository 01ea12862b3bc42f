"""Prices beyond the range of numbers: the error, which names the cause of the price."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array, UInts
from riskkit._core.errors import InvalidInput
from riskkit.engine.inputs.market_inputs import MarketInputs
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel.layout import LANES, MOST_PRICE

__all__ = ["extreme_price"]


def extreme_price(setup: RunSetup, inputs: MarketInputs, paths: UInts, step: int, prices: Array) -> InvalidInput:
    """Return the error for the first price that is not below `MOST_PRICE`.

    Parameters
    ----------
    setup : RunSetup
    inputs : MarketInputs
        Market inputs of the paths.
    paths : ndarray of uint64
        Path numbers (path).
    step : int
        The current step.
    prices : ndarray
        Current prices of the holdings (block, holding, lane).
    """
    block, holding, lane = np.argwhere(~(prices < MOST_PRICE))[0]
    name, price = setup.scenario.portfolio.names[holding], prices[block, holding, lane]
    position = int(block * LANES + lane)
    cause, remedy = _cause(setup, inputs, step, int(setup.rows[holding]), position, float(price))
    return InvalidInput(
        f"Market: the price of {name!r} must stay below {MOST_PRICE:g} times that of the start, got {price:g} on path "
        f"{paths[position]} by year {setup.calendar.time(step):.4g}; {cause}: {remedy}, or shorten the horizon"
    )


def _cause(
    setup: RunSetup, inputs: MarketInputs, step: int, asset: int, position: int, price: float
) -> tuple[str, str]:
    """The largest contribution to the log price of an asset on one path, and advice.

    The log price is the sum of the contributions of shocks, expected growth and volatility. The market inputs give the
    first two; volatility has the rest.
    """
    market, now = setup.scenario.market, setup.calendar.time(step)
    name = list(market.assets)[asset]
    contributions = {}
    for shock, events in inputs.shock_events.items():
        so_far = (events.path == position) & (events.time <= now)
        drift = events.drift_after.get(name, 0.0) * float((now - events.time[so_far]).sum())
        jumps = float(np.log(events.factor[name][so_far]).sum()) if name in events.factor else 0.0
        cause = f"most of it comes from the shock {shock!r}", "give it a lower rate or smaller changes"
        contributions[cause] = jumps + drift
    growth = inputs.growth[asset]
    expected = step * float(growth[position % growth.size])
    contributions["most of it comes from its expected return", "give a lower one"] = expected
    rest = float(np.log(min(price, np.finfo(float).max)))
    drawn = "the returns drawn from history" if market.history is not None else "its volatility"
    if market.tails:
        drawn += f" under the tail {', '.join(map(repr, market.tails))}"
    rest -= sum(contributions.values())
    contributions[f"most of it comes from {drawn}", "give a lower volatility or a lighter tail"] = rest
    return max(contributions, key=lambda cause: contributions[cause])
