"""Constraints on weights: ready-made limits, and validation of a user's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import WEIGHT, fraction, plausible
from riskkit._core.frozen import FrozenMap
from riskkit._core.validation import number, require_known, short_repr
from riskkit.optimize._inputs import Names
from riskkit.portfolio._portfolio import Portfolio

__all__ = [
    "Limits",
    "LinearLimit",
    "TurnoverLimit",
    "founder_limit",
    "holding_limits",
    "locked",
    "named_limits",
    "turnover_limit",
]

#: A function of the cvxpy weights, or of the weights and the names of the assets, that returns cvxpy constraints.
Limit: TypeAlias = Callable[..., Any]
#: One limit, or several, also in nested lists; mypy infers list[object] for a list of two kinds of limits.
Limits: TypeAlias = Limit | Iterable[Any]


@dataclass(frozen=True, repr=False)
class LinearLimit:
    """low <= sum of coefficient times weight <= high.

    Parameters
    ----------
    text : str
        Its name in errors.
    coefficients : FrozenMap of str to float
        By asset; others are 0.
    low, high : float, optional
        None: no limit on that side. Equal: the sum is fixed.
    """

    text: str
    coefficients: FrozenMap[float]
    low: float | None = None
    high: float | None = None

    def __call__(self, weights: Any, names: Names) -> list[Any]:
        """Return the cvxpy constraints on the weights of the named assets."""
        _require_assets(self.text, self.coefficients, names)
        total = sum(share * weights[names.index(name)] for name, share in self.coefficients.items())
        if self.low is not None and self.low == self.high:
            return [total == self.low]
        sides = [] if self.low is None else [total >= self.low]
        return sides if self.high is None else [*sides, total <= self.high]

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, repr=False)
class TurnoverLimit:
    """Sales of present holdings are at most `limit` of wealth.

    Parameters
    ----------
    limit : float
    start_weights : FrozenMap of str to float
        Weights before the trade; other assets have none.
    """

    limit: float
    start_weights: FrozenMap[float]

    def __call__(self, weights: Any, names: Names) -> list[Any]:
        """Return the cvxpy constraint on the weights of the named assets."""
        import cvxpy as cp

        _require_assets(str(self), self.start_weights, names)
        sales = [cp.pos(weight - weights[names.index(name)]) for name, weight in self.start_weights.items()]
        return [sum(sales) <= self.limit]

    def __repr__(self) -> str:
        return f"turnover_limit({self.limit:g})"


def founder_limit(founder: str, limit: float, portfolio: Portfolio) -> LinearLimit:
    """Limit the share of wealth that rides on a founder.

    Parameters
    ----------
    founder : str
        A person that holdings of the portfolio are tied to.
    limit : float
        Largest share, from 0 to 1.
    portfolio : Portfolio
        Gives the share of each holding that is tied to the founder. Its founder holdings must be among the assets;
        assets outside the portfolio count 0.

    Returns
    -------
    LinearLimit
        For ``constraints=`` of the optimisers; in `risk_budget`, a limit on the founder's share of the risk.

    Raises
    ------
    InvalidInput
        If the founder is unknown or the limit outside its bounds.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> founder_limit("Musk", 0.3, baron().portfolio)
    founder_limit('Musk', 0.3)
    """
    highest = fraction("founder_limit: limit", limit, at_least=0.0, at_most=1.0)
    checked = _checked_portfolio(portfolio, "founder_limit")
    shares = zip(checked.names, checked.shares(founder), strict=True)
    tied = FrozenMap({name: float(share) for name, share in shares if share > 0.0})
    return LinearLimit(f"founder_limit({founder!r}, {highest:g})", tied, high=highest)


def turnover_limit(limit: float, portfolio: Portfolio) -> TurnoverLimit:
    """Limit the sales that lead from a portfolio to the weights.

    Parameters
    ----------
    limit : float
        Largest sum of sales as a share of wealth, from 0 to 10.
    portfolio : Portfolio
        The present portfolio; all of its holdings must be among the assets.

    Returns
    -------
    TurnoverLimit
        For ``constraints=`` of the optimisers.

    Raises
    ------
    InvalidInput
        If the limit is outside its bounds.

    Warns
    -----
    RiskkitWarning
        If the limit is above 2: most likely a percentage was meant.
    """
    what = "turnover_limit: limit"
    highest = plausible(what, number(what, limit, at_least=0.0), WEIGHT)
    checked = _checked_portfolio(portfolio, "turnover_limit")
    return TurnoverLimit(highest, FrozenMap(dict(zip(checked.names, checked.weights, strict=True))))


def holding_limits(limits: Mapping[str, float | tuple[float, float]]) -> tuple[LinearLimit, ...]:
    """Limit single assets, each under its own name in errors.

    Parameters
    ----------
    limits : mapping of str to float or pair
        By asset the largest weight, or the smallest and the largest.

    Returns
    -------
    tuple of LinearLimit
        For ``constraints=`` of the optimisers.

    Raises
    ------
    InvalidInput
        If a limit is not a number, or smallest is above largest.

    Examples
    --------
    >>> holding_limits({"TSLA": 0.2, "cash": (0.05, 0.3)})
    (holding_limits('TSLA', at most 0.2), holding_limits('cash', 0.05 to 0.3))
    """
    if not isinstance(limits, Mapping):
        raise InvalidInput(f"holding_limits must be a mapping from names to limits, got {short_repr(limits)}")
    return tuple(_holding_limit(name, limit) for name, limit in limits.items())


def locked(names: str | Sequence[str], portfolio: Portfolio) -> tuple[LinearLimit, ...]:
    """Fix holdings that cannot be traded at their present weight.

    Parameters
    ----------
    names : str or sequence of str
        Holdings of the portfolio.
    portfolio : Portfolio
        The present portfolio.

    Returns
    -------
    tuple of LinearLimit
        For ``constraints=`` of the optimisers.

    Raises
    ------
    InvalidInput
        If a name is not held.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> locked(["SpaceX", "xAI"], baron().portfolio)
    (locked('SpaceX', at 0.24), locked('xAI', at 0.01))
    """
    checked = _checked_portfolio(portfolio, "locked")
    chosen = [names] if isinstance(names, str) else list(names)
    require_known("locked", chosen, checked.names)
    return tuple(
        LinearLimit(f"locked({name!r}, at {weight:g})", FrozenMap({name: 1.0}), weight, weight)
        for name, weight in zip(chosen, checked.weights[chosen], strict=True)
    )


def named_limits(constraints: Any, weights: Any, names: Names) -> dict[str, list[Any]]:
    """Call a user's limits with the cvxpy weights; check the constraints and name them for errors."""
    limits: dict[str, list[Any]] = {}
    for position, limit in enumerate(_flat(constraints), start=1):
        text = _text(limit, position)
        made = limit(weights, names) if _takes_names(limit) else limit(weights)
        limits[text if text not in limits else f"{text} ({position})"] = _checked(text, made)
    return limits


def _flat(constraints: Any) -> Iterable[Limit]:
    if callable(constraints):
        yield constraints
    elif isinstance(constraints, Iterable) and not isinstance(constraints, str | Mapping):
        for item in constraints:
            yield from _flat(item)
    else:
        raise InvalidInput(
            "constraints must be functions of the weights that return cvxpy constraints, "
            f"got {short_repr(constraints)}; write "
            "constraints=[lambda w: w[0] <= 0.3]"
        )


def _text(limit: Limit, position: int) -> str:
    if isinstance(limit, LinearLimit | TurnoverLimit):
        return str(limit)
    name = getattr(limit, "__name__", "<lambda>")
    return f"constraint {position}" if name == "<lambda>" else f"constraint {position}, {name}"


def _takes_names(limit: Limit) -> bool:
    parameters = inspect.signature(limit).parameters.values()
    places = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD} and p.default is p.empty]
    return len(places) >= 2


def _checked(text: str, made: Any) -> list[Any]:
    import cvxpy as cp

    constraints = list(made) if isinstance(made, Iterable) and not isinstance(made, cp.Constraint) else [made]
    for constraint in constraints:
        if not isinstance(constraint, cp.Constraint):
            raise InvalidInput(f"{text} must return cvxpy constraints, got {short_repr(constraint)}")
        discrete = any(each.attributes["integer"] or each.attributes["boolean"] for each in constraint.variables())
        if discrete or not constraint.is_dcp():
            raise InvalidInput(
                f"{text} must be convex by cvxpy's rules (DCP) and without whole-number variables, got {constraint}"
            )
    return constraints


def _holding_limit(name: str, limit: Any) -> LinearLimit:
    what = f"holding_limits: {name!r}"
    if isinstance(limit, Sequence) and len(limit) == 2:
        low = plausible(what, number(what, limit[0]), WEIGHT)
        high = plausible(what, number(what, limit[1], at_least=low), WEIGHT)
        return LinearLimit(f"holding_limits({name!r}, {low:g} to {high:g})", FrozenMap({name: 1.0}), low, high)
    high = plausible(what, number(what, limit), WEIGHT)
    return LinearLimit(f"holding_limits({name!r}, at most {high:g})", FrozenMap({name: 1.0}), high=high)


def _checked_portfolio(portfolio: Any, what: str) -> Portfolio:
    if not isinstance(portfolio, Portfolio):
        raise InvalidInput(f"{what}: portfolio must be a Portfolio, got {short_repr(portfolio)}")
    return portfolio


def _require_assets(what: str, wanted: Iterable[Hashable], names: Names) -> None:
    if all(isinstance(name, int) for name in names):
        raise InvalidInput(f"{what} needs named assets; give returns as a DataFrame or an rk.Paths, or use a function")
    require_known(what, map(str, wanted), map(str, names))
