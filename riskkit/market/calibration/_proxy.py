"""Proxies: assets without a history, modelled as a multiple of another asset plus independent risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import VOLATILITY, plausible
from riskkit._core.frozen import FrozenMap, set_fields
from riskkit._core.validation import number, require_known, short_repr, text

__all__ = ["Proxy", "checked_proxies", "with_proxies"]


@dataclass(frozen=True)
class Proxy:
    """The proxy of an asset with too little history, and the independent risk beside it.

    Parameters
    ----------
    asset : str
        Name of an asset with prices.
    extra_volatility : float
        Yearly volatility of its own, independent of every other asset, from 0 to 10.
    beta : float
        The multiple of the proxy's returns.

    Raises
    ------
    InvalidInput
        If a number is not finite, `extra_volatility` is outside its bounds, or both numbers are 0.

    Warns
    -----
    RiskkitWarning
        If `extra_volatility` is above 5: most likely a percentage was meant.

    Notes
    -----
    With the proxy's volatility σ, its own is sqrt(β² σ² + extra²), and its correlation with every asset is that of the
    proxy times β σ / sqrt(β² σ² + extra²).

    Examples
    --------
    >>> Proxy("TSLA", extra_volatility=0.4)
    Proxy(asset='TSLA', extra_volatility=0.4, beta=1.0)
    """

    asset: str
    extra_volatility: float
    beta: float = 1.0

    def __post_init__(self) -> None:
        text("Proxy: asset", self.asset)
        extra = number("Proxy: extra_volatility", self.extra_volatility, at_least=0.0)
        plausible("Proxy: extra_volatility", extra, VOLATILITY)
        beta = number("Proxy: beta", self.beta)
        if extra == beta == 0.0:
            raise InvalidInput("Proxy: beta or extra_volatility must not be 0, got 0 for both; that is cash")
        set_fields(self, extra_volatility=extra, beta=beta)


def checked_proxies(proxies: object) -> FrozenMap[Proxy]:
    """Return the validated proxies by asset; a proxy must have prices of its own."""
    if proxies is None:
        return FrozenMap({})
    if not isinstance(proxies, Mapping):
        raise InvalidInput(f"proxies must be a mapping {{name: rk.Proxy(...)}}, got {short_repr(proxies)}")
    for name, proxy in proxies.items():
        text("proxies: name of an asset", name)
        if not isinstance(proxy, Proxy):
            raise InvalidInput(f"proxies: that of {name!r} must be a Proxy, got {short_repr(proxy)}")
        if proxy.asset in proxies:
            raise InvalidInput(
                f"proxies: that of {name!r} must be an asset with prices of its own, "
                f"got {short_repr(proxy.asset)}, which has a "
                "proxy itself"
            )
    return FrozenMap(proxies)


def with_proxies(covariance: Array, priced: Sequence[str], proxies: Mapping[str, Proxy], names: Sequence[str]) -> Array:
    """Return the yearly covariance (asset, asset) of `names`: `priced` have prices, the others a proxy."""
    for name, proxy in proxies.items():
        require_known(f"proxies: that of {name!r}", [proxy.asset], priced)
    proxy_of_each = [proxies.get(name, Proxy(name, extra_volatility=0.0)) for name in names]
    loadings = np.array([[proxy.beta * (proxy.asset == asset) for asset in priced] for proxy in proxy_of_each])
    extra = np.array([proxy.extra_volatility for proxy in proxy_of_each])
    result: Array = loadings @ covariance @ loadings.T + np.diag(extra**2)
    return result
