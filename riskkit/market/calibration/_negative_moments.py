"""Whether wealth has finite negative moments, which certainty equivalents need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from riskkit.market.diffusion._uncertain import Uncertain

if TYPE_CHECKING:
    from riskkit.market._market import Market

__all__ = ["infinite_inverse_square", "infinite_negative_moment"]


def infinite_inverse_square(market: Market, names: Iterable[str], dt: float) -> str | None:
    """Return the reason why the mean of wealth**-2 is infinite, None if it is finite; see `infinite_negative_moment`.

    Examples
    --------
    >>> from riskkit.market import Asset, Market, StudentT
    >>> infinite_inverse_square(Market({"A": Asset(0.08, 0.57)}, tails=StudentT(3)), ["A"], 1 / 12)
    'under StudentT(dof=3.0) the mean of 1/wealth**2 is infinite'
    """
    return infinite_negative_moment(market, names, dt, 2.0)


def infinite_negative_moment(market: Market, names: Iterable[str], dt: float, power: float) -> str | None:
    """Return the reason why the mean of wealth**-power is infinite, None if it is finite.

    Parameters
    ----------
    market : Market
    names : iterable of str
        Assets in the portfolio.
    dt : float
        Length of a step in years.
    power : float
        Above 0: the relative risk aversion less 1.

    Notes
    -----
    Given the time change G of a step, the mean of (S_t / S_{t-1})**-k is (1 + m)**(-k dt) exp(k(k + 1)/2 σ² G), with k
    = 2 exp(3 σ² G). So it is finite only if the mean of that is, for the asset of lowest volatility: under Student's t
    tails, whose G is inverse gamma, and under clustering, whose G is a mixture of lognormals, it is infinite for every
    σ > 0; and so it is where no holding has a certain volatility, because an uncertain one is lognormal. Cash would
    bound wealth from below, but it is ignored because a rule may sell it.

    Examples
    --------
    >>> from riskkit.market import Asset, Market, StudentT
    >>> infinite_negative_moment(Market({"A": Asset(0.08, 0.57)}, tails=StudentT(3)), ["A"], 1 / 12, 4.0)
    'under StudentT(dof=3.0) the mean of 1/wealth**4 is infinite'
    """
    volatility_of = {
        name: market.assets[name].mean_volatility for name in names if market.assets[name].mean_volatility > 0.0
    }
    if not volatility_of:
        return None
    largest_scale = dict.fromkeys(volatility_of, 1.0)
    for time_change in market.tails:
        if time_change.regimes > 1:
            tables = time_change.tables(market.moving, market.correlation.to_numpy(), dt)
            largest_scale = dict(zip(market.assets, tables.volatility.max(axis=0).tolist(), strict=True))
    lowest_volatility = min(volatility_of[name] * largest_scale[name] for name in volatility_of)
    # A product that is too large for a float is infinite; a power would raise.
    exponent = 0.5 * power * (power + 1.0) * (lowest_volatility * lowest_volatility) * dt
    for time_change in market.tails:
        bound = time_change.largest_exponent(dt)
        if bound is None:
            return f"{time_change!r} does not say, by largest_exponent, that the mean of 1/wealth**{power:g} is finite"
        if exponent > bound:
            return f"under {time_change!r} the mean of 1/wealth**{power:g} is infinite"
    if all(isinstance(market.assets[name].volatility, Uncertain) for name in volatility_of):
        return f"under lognormal volatilities, which uncertain ones are, the mean of 1/wealth**{power:g} is infinite"
    return None
