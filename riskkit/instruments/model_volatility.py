"""The model's own volatility of an asset, shocks included: what an option is priced at where no quote is given."""

from __future__ import annotations

import math

import numpy as np

from riskkit.market import Market, Shock

__all__ = ["model_volatility"]


def model_volatility(market: Market, name: str, years: float) -> float:
    """Return the volatility a year of an asset over a tenor from the start, at the means of uncertain parameters.

    Parameters
    ----------
    market : Market
    name : str
        One of its assets.
    years : float
        The tenor, > 0.

    Returns
    -------
    float
        √(σ² + Σ λ̄ E[ln(1 + impact)²]) over the shocks of the market, with λ̄ the expected events a year: H/τ for an
        integrated hazard H over the tenor τ, (1 - e^{-H})/τ for a shock that can happen once only. Events triggered by
        contagion and sources of events of a user's own are left out.

    Notes
    -----
    The quadratic variation of the log price a year (Merton, "Option pricing when underlying stock returns are
    discontinuous", *Journal of Financial Economics* 3 (1976) 125-144). A time change has mean 1 and leaves it as it is.

    Examples
    --------
    Two exits in a hundred years that halve the price: 0.4² + 0.0198 ln(0.5)² = 0.16951.

    >>> from riskkit.market import Asset
    >>> market = Market({"TSLA": Asset(0.08, 0.4)}, shocks=[Shock("exit", 0.02, {"TSLA": -0.5}, once=True)])
    >>> round(model_volatility(market, "TSLA", 1.0), 4)
    0.4117
    """
    variance = market.assets[name].mean_volatility ** 2
    for shock in market.shocks:
        if isinstance(shock, Shock) and name in shock.impacts:
            impact = shock.impacts[name]
            expected = float(shock.hazard.cumulative(np.array([years]))[0])
            events = -math.expm1(-expected) if shock.once else expected
            variance += events / years * (impact.log_mean**2 + impact.log_sd**2)
    return math.sqrt(variance)
