"""Whether wealth has finite negative moments, on which certainty equivalents rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from riskkit.market.diffusion._uncertain import Uncertain

if TYPE_CHECKING:
    from riskkit.market._market import Market

__all__ = ["infinite_inverse_square"]


def infinite_inverse_square(market: Market, held: Iterable[str], dt: float) -> str | None:
    """Why the mean of wealth**-2 is infinite, or None where it is finite.

    Parameters
    ----------
    market : Market
    held : iterable of str
        Assets in the portfolio.
    dt : float
        Length of a step in years.

    Notes
    -----
    Given the time change G of a step, the mean of (S_t / S_{t-1})**-2 is (1 + m)**(-2 dt) exp(3 σ² G). So it is finite
    only if E exp(3 σ² G) is, for the asset of lowest volatility: under Student's t tails, whose G is inverse gamma, and
    under clustering, whose G is a mixture of lognormals, it is infinite for every σ > 0; and so it is where no holding
    has a known volatility, as an uncertain one is lognormal. That cash bounds wealth from below in a book that keeps it
    is not looked at: a rule may sell it.

    Examples
    --------
    >>> from riskkit.market import Asset, Market, StudentT
    >>> infinite_inverse_square(Market({"A": Asset(0.08, 0.57)}, tails=StudentT(3)), ["A"], 1 / 12)
    'under StudentT(dof=3.0) the mean of 1/wealth**2 is infinite'
    """
    moving = {name: market.assets[name].mean_volatility for name in held if market.assets[name].mean_volatility > 0.0}
    if not moving:
        return None
    largest = dict.fromkeys(moving, 1.0)
    for part in market.tails:
        if part.regimes > 1:
            factors = part.tables(market.moving, market.correlation.to_numpy(), dt).volatility.max(axis=0)
            largest = dict(zip(market.assets, factors.tolist(), strict=True))
    lowest = min(moving[name] * largest[name] for name in moving)
    exponent = 3.0 * (lowest * lowest) * dt  # a product that is too large for a float is infinite; a power would raise
    for part in market.tails:
        bound = part.largest_exponent(dt)
        if bound is None:
            return f"it is not known whether the mean of 1/wealth**2 is finite under {part!r}, without largest_exponent"
        if exponent > bound:
            return f"under {part!r} the mean of 1/wealth**2 is infinite"
    if all(isinstance(market.assets[name].volatility, Uncertain) for name in moving):
        return "under lognormal volatilities, which uncertain ones are, the mean of 1/wealth**2 is infinite"
    return None
