"""The model's own volatility of an asset, shocks included: what an option is priced at where no quote is given."""

from __future__ import annotations

import math

import numpy as np

from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit.instruments.option_pricing import PREMIUM
from riskkit.market import Market, Shock

__all__ = ["model_volatility", "require_model_volatility"]

#: A mean impact below this makes a shock a failure, which no volatility stands for.
_LOWEST_IMPACT = -0.9


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


def require_model_volatility(what: str, market: Market, name: str) -> None:
    """Refuse a market whose own volatility of an asset is not known, or stands for a failure: a number is needed.

    Parameters
    ----------
    what : str
        The instrument, for the error.
    market : Market
    name : str
        One of its assets.
    """
    remedy = f"got volatility=None; give a number, such as pricing=rk.OptionPricing({_quote(market, name):.2g})"
    needed = f"{what}: pricing must have an implied volatility"
    if market.history is not None:
        raise InvalidInput(f"{needed} where returns are drawn from history, {remedy}")
    for shock in market.shocks:
        if not isinstance(shock, Shock):
            raise InvalidInput(f"{needed} beside {shock.name!r}, whose impacts are not known, {remedy}")
        impact = shock.impacts.get(name)
        if impact is not None and impact.expected < _LOWEST_IMPACT:
            raise InvalidInput(
                f"{needed} beside {shock.name!r}, whose mean impact of {percent(impact.expected)} is below "
                f"{percent(_LOWEST_IMPACT)}, {remedy}"
            )


def _quote(market: Market, name: str) -> float:
    """A number for the error: the volatility without shocks, and the premium of quotes."""
    return market.assets[name].mean_volatility + PREMIUM
