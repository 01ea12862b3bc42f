"""Kelly weights: greatest expected log growth under jumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import INTEREST, fraction, plausible
from riskkit._core.validation import require_known, short_repr
from riskkit.market import Market, Shock

__all__ = ["Growth", "kelly"]


#: Limits of quadrature: nodes in all, nodes of one normal, normals that are integrated by a grid.
MOST_NODES, LINE_NODES, GRID_NORMALS = 2**14, 40, 4

CASH = "cash"

_SOLVED, _PRINTED = 1e-7, 5e-5


@dataclass(frozen=True, eq=False)
class Growth:
    """Constant weights and the growth rate of wealth under them.

    Attributes
    ----------
    weights : Series
        Share of wealth of each asset, and of ``"cash"`` if no asset has that name; they sum to 1.
    growth : float
        Expected log growth of wealth a year.
    gap : float
        Proven bound: no feasible weights grow faster by more than this a year.
    founder_weight : float
        Share of wealth that rides on the founder; 0 without a founder.
    """

    weights: pd.Series[float]
    growth: float
    gap: float
    founder_weight: float

    @property
    def status(self) -> str:
        """``"solved"``, or what to try if the gap is not small."""
        return "solved" if self.gap <= _SOLVED else "not solved: leave out assets that hardly differ from others"

    def __repr__(self) -> str:
        weights = ", ".join(
            f"{name} {percent(weight, decimals=2)}" for name, weight in self.weights.items() if weight > _PRINTED
        )
        founder = f"; {percent(self.founder_weight, decimals=2)} rides on the founder" if self.founder_weight else ""
        growth = percent(self.growth, decimals=3)
        return f"Growth: {growth} a year (proven gap {self.gap:.1g}, {self.status}) with {weights}{founder}"


def kelly(market: Market, founder: str | Mapping[str, float] | None = None, *, cash: float = 0.0) -> Growth:
    """Return the long-only weights with the greatest expected log growth of wealth.

    Parameters
    ----------
    market : Market
        With normal log returns, shocks of constant rates without contagion, and fixed parameters.
    founder : str or mapping of str to float, optional
        The asset that rides on the founder, or the share of each asset that does, 0 … 1; it affects only
        `Growth.founder_weight`. ``dict(zip(portfolio.names, portfolio.shares("Musk")))`` is such a mapping.
    cash : float
        Yearly return of cash, > -1, at most 1; there is no borrowing.

    Returns
    -------
    Growth

    Raises
    ------
    InvalidInput
        If an asset is unknown, a share is outside [0, 1], a shock's rate is not constant, or the market has tails,
        contagion, history or uncertain parameters.

    Notes
    -----
    Weights w are rebalanced continuously, without cost. With m the instantaneous returns ln(1 + expected_return), less
    rate * impact if the market compensates, r = ln(1 + cash), S the covariance of log returns, and 1 + J the factor of
    a shock on the prices, wealth grows at

        r + w'(m - r) - w'S w / 2 + sum over shocks of  rate * E log(1 + w'J)

    a year on average, which is concave in w (Merton, "Optimum consumption and portfolio rules in a continuous-time
    model", *Journal of Economic Theory* 3 (1971) 373-413, section 8). Fixed impacts are exact; random ones are
    integrated by Gauss-Hermite quadrature, and with more than four independent normals over a Sobol sequence. Log
    utility is myopic, so the weights are also those of today for a shock that happens only once, and for any
    `drift_after`. The gap is the Frank-Wolfe gap: the slope at w towards the best corner of the simplex.

    Examples
    --------
    An excess of 10 % a year, crashes included, at a volatility of 40 %, and a crash of 60 % at 2 % a year:

    >>> from riskkit.market import Asset
    >>> crash = Shock("crash", 0.02, {"TSLA": -0.6})
    >>> market = Market({"TSLA": Asset(np.expm1(0.10), 0.4)}, shocks=[crash], compensate=True)
    >>> round(kelly(market, "TSLA").founder_weight, 5)
    0.58449
    """
    if not isinstance(market, Market):
        raise InvalidInput(f"market must be a Market, got {short_repr(market)}")
    for feature in ("tails", "contagion", "history"):
        if getattr(market, feature):
            raise InvalidInput(
                f"market must have normal log returns and independent shocks, got {feature}; leave it out"
            )
    if market.uncertain:
        raise InvalidInput(
            "market must have fixed parameters, got an Uncertain one; market.at_means() fixes them at their means"
        )
    names = list(market.assets)
    shares = _shares(founder, names)
    rate = float(np.log1p(plausible("cash", fraction("cash", cash, above=-1.0), INTEREST)))
    drift, covariance, jumps = _characteristics(market)

    def growth(w: Array) -> float:
        jumped = sum(often * float(probabilities @ np.log1p(change @ w)) for often, probabilities, change in jumps)
        return float(rate + w @ (drift - rate) - 0.5 * w @ covariance @ w + jumped)

    def slope(w: Array) -> Array:
        pull: Array = drift - rate - covariance @ w
        for often, probabilities, change in jumps:
            pull = pull + often * ((probabilities / (1.0 + change @ w)) @ change)
        return pull

    weights = _maximise(growth, slope, len(names))
    pull = slope(weights)
    table = pd.Series(weights, pd.Index(names, name="asset"), name="weight")
    table[CASH] = table.get(CASH, 0.0) + 1.0 - weights.sum()
    return Growth(table, growth(weights), max(0.0, float(pull.max())) - float(pull @ weights), float(shares @ weights))


def _shares(founder: str | Mapping[str, float] | None, names: list[str]) -> Array:
    """Share of each asset that rides on the founder (asset)."""
    if isinstance(founder, str):
        founder = {founder: 1.0}
    if not isinstance(founder, Mapping | None):
        raise InvalidInput(
            f"founder must be the name of an asset or a mapping {{asset: share}}, got {short_repr(founder)}"
        )
    mapping = founder or {}
    require_known("founder", mapping, names)
    return np.array(
        [fraction(f"founder: share of {name!r}", mapping.get(name, 0.0), at_least=0.0, at_most=1.0) for name in names]
    )


def _characteristics(market: Market) -> tuple[Array, Array, list[tuple[float, Array, Array]]]:
    """Drift without jumps (asset), covariance (asset, asset), and rate and impact law of each shock."""
    drift = np.log1p([asset.mean_return for asset in market.assets.values()])
    volatility = np.array([asset.mean_volatility for asset in market.assets.values()])
    covariance = volatility[:, None] * (market.factor @ market.factor.T) * volatility
    jumps = []
    for shock in market.shocks:
        if not isinstance(shock, Shock):
            raise InvalidInput(
                f"market: shock {shock.name!r} must be a Shock with a constant rate, got {short_repr(shock)}"
            )
        if not isinstance(shock.rate, float):
            raise InvalidInput(f"market: rate of shock {shock.name!r} must be a number, got {short_repr(shock.rate)}")
        probabilities, change = _impact_law(shock, list(market.assets))
        jumps.append((shock.rate, probabilities, change))
        if market.compensate:
            for name, impact in shock.impacts.items():
                drift[list(market.assets).index(name)] -= shock.rate * impact.expected
    return drift, covariance, jumps


def _impact_law(shock: Shock, names: list[str]) -> tuple[Array, Array]:
    """Probabilities (node) and price changes (node, asset) of one event."""
    random = [name for name, impact in shock.impacts.items() if impact.sd > 0.0]
    count = len(random)
    if shock.together == 1.0:
        probabilities, shared = _normal_nodes(min(count, 1))
        normals = np.repeat(shared, count, axis=1)
    else:
        # The square root of the equicorrelation matrix.
        probabilities, normals = _normal_nodes(count)
        own = np.sqrt(1.0 - shock.together)
        common = (np.sqrt(max(1.0 + (count - 1) * shock.together, 0.0)) - own) / max(count, 1)
        normals = own * normals + common * normals.sum(axis=1, keepdims=True)
    change = np.zeros((probabilities.size, len(names)))
    for name, impact in shock.impacts.items():
        moved = (
            impact.log_mean + impact.log_sd * normals[:, random.index(name)] if impact.sd else np.log1p(impact.expected)
        )
        change[:, names.index(name)] = np.expm1(moved)
    return probabilities, change


def _normal_nodes(count: int) -> tuple[Array, Array]:
    """Quadrature probabilities (node) and values (node, normal) of `count` independent normals."""
    if count > GRID_NORMALS:
        from scipy.special import ndtri
        from scipy.stats import qmc

        points = qmc.Sobol(count, scramble=False).random(MOST_NODES)
        return np.full(MOST_NODES, 1.0 / MOST_NODES), ndtri(points + 0.5 / MOST_NODES)
    nodes, probabilities = np.polynomial.hermite_e.hermegauss(min(LINE_NODES, int(MOST_NODES ** (1.0 / max(count, 1)))))
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*[nodes] * count)], axis=1) if count else np.zeros((1, 0))
    weight = np.ones(1)
    for _ in range(count):
        weight = np.outer(weight, probabilities / probabilities.sum()).ravel()
    return weight, grid


def _maximise(growth: Callable[[Array], float], slope: Callable[[Array], Array], count: int) -> Array:
    """Maximise a concave function over weights >= 0 with a sum of at most 1."""
    from scipy import optimize

    minimize: Any = optimize.minimize
    found = minimize(
        lambda w: -growth(w),
        np.full(count, 0.5 / count),
        jac=lambda w: -slope(w),
        method="SLSQP",
        bounds=[(0.0, 1.0)] * count,
        constraints={"type": "ineq", "fun": lambda w: 1.0 - w.sum(), "jac": lambda w: -np.ones(count)},
        options={"ftol": 1e-16, "maxiter": 500},
    )
    weights: Array = np.maximum(found.x, 0.0)
    return np.asarray(weights / max(1.0, weights.sum()))
