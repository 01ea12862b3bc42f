"""Uncertain parameters: one value of each for every group of paths, drawn from its prior."""

from __future__ import annotations

import math

import numpy as np

from riskkit._core.array_types import Array, UInts
from riskkit._random.streams import Streams
from riskkit.market._market import Market
from riskkit.market.diffusion._uncertain import Uncertain, lognormal_factor, prior_scores

__all__ = ["asset_parameters"]


def asset_parameters(market: Market, paths: UInts, streams: Streams, horizon: float) -> tuple[Array, Array]:
    """Yearly log growth and volatility of each asset (asset, path or 1), with a draw for what is uncertain."""
    assets = market.assets.values()
    growth = np.log1p([[asset.mean_return] for asset in assets])
    volatility = np.array([[asset.mean_volatility] for asset in assets])
    if any(isinstance(asset.expected_return, Uncertain) for asset in assets):
        growth = np.repeat(growth, paths.size, axis=1)
    if any(isinstance(asset.volatility, Uncertain) for asset in assets):
        volatility = np.repeat(volatility, paths.size, axis=1)
    for row, (name, asset) in enumerate(market.assets.items()):
        mean, sd = asset.expected_return, asset.volatility
        if isinstance(mean, Uncertain):
            growth[row] = _growth(mean, prior_scores(mean, f"expected_return of {name}", streams, paths), horizon)
        if isinstance(sd, Uncertain):
            volatility[row] *= lognormal_factor(
                sd.sd / sd.mean, prior_scores(sd, f"volatility of {name}", streams, paths)
            )
    return growth, volatility


def _growth(value: Uncertain, scores: Array, horizon: float) -> Array:
    """Turn normal scores into yearly log growth, so that the mean over the draws of e^(growth · horizon) is right."""
    sd = math.sqrt(math.log1p((value.sd / (1.0 + value.mean)) ** 2))
    growth: Array = math.log1p(value.mean) + sd * scores - 0.5 * sd * sd * horizon
    return growth
