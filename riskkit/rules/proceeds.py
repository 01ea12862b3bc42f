"""Sales and purchases of a rule: founder holdings, who takes the proceeds and who pays, and the checks on both."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import FrozenMap, memoized, set_fields
from riskkit._core.validation import checked_name, integer, number, require_known, short_repr
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View

__all__ = [
    "NOTHING",
    "TOUCH",
    "accept_fields",
    "at_founder_weight",
    "check_founder_sale",
    "check_sale",
    "linked",
    "sell",
    "shares_of_one",
    "start_founder_weight",
    "start_weights",
    "takers",
    "total",
]

# The ledger leaves a holding alone whose weight is off by no more than this.
TOUCH = 1e-12
# Weights whose sum is below this count as nothing: a division by them could overflow.
NOTHING = 1e-300


def total(rows: Iterable[Array]) -> Array | float:
    """Sum of the rows of an (asset, path) array, one after the other.

    NumPy's own sum may change its order of addition with the number of paths; this one cannot, so that a path gets
    the same bits in a batch of any size.
    """
    return sum(rows)


# A rule may decide at every step: what depends on the portfolio alone is computed once.
@memoized
def linked(portfolio: Portfolio, founder: str | None = None) -> tuple[int, ...]:
    """Rows of the holdings with a share > 0 of `founder`, or of any founder."""
    return tuple(np.flatnonzero(portfolio.shares(founder) > 0.0).tolist())


@memoized
def takers(portfolio: Portfolio, sold: tuple[int, ...]) -> tuple[int, ...]:
    """Rows of the holdings that take the proceeds by default: those with no founder that are not themselves sold."""
    return tuple(row for row in np.flatnonzero(portfolio.shares() == 0.0).tolist() if row not in sold)


@memoized
def start_weights(portfolio: Portfolio) -> Array:
    """Start weights (asset, 1), of gross assets, read-only."""
    weights = np.array([[holding.value] for holding in portfolio.holdings]) / portfolio.total
    weights.flags.writeable = False
    return weights


@memoized
def start_founder_weight(portfolio: Portfolio, founder: str | None) -> float:
    """Share of gross assets that is tied to the founder at the start; to any founder when not named."""
    return float(portfolio.shares(founder) @ start_weights(portfolio)[:, 0])


def sell(view: View, sold: tuple[int, ...], keep: Array | Sequence[Array], into: Mapping[str, float] | None) -> Array:
    """Return the weights after sales and after the proceeds have been spread.

    Parameters
    ----------
    view : View
        The moment.
    sold : tuple of int
        Rows of the holdings that are sold.
    keep : ndarray or sequence of ndarray
        Fraction of its units that each of them keeps (path), 0 … 1: one array for all, or one for each. Exactly 1
        leaves a holding as it is.
    into : mapping or None
        Shares of the proceeds by name of the holding that takes them, with sum 1. None: pro rata of their present
        values into the holdings with no founder, in the proportions of the start where all of these are worth nothing.

    Returns
    -------
    ndarray
        Weights (asset, path). A path that keeps everything has its present weights, bit for bit.
    """
    weights = view.weights
    target = np.array(weights)
    if isinstance(keep, np.ndarray):
        for row in sold:
            target[row] *= keep
        proceeds = (1.0 - keep) * total(weights[row] for row in sold)
    else:
        for row, fraction in zip(sold, keep, strict=True):
            target[row] *= fraction
        sales = ((1.0 - fraction) * weights[row] for row, fraction in zip(sold, keep, strict=True))
        proceeds = np.asarray(total(sales))
    if into is not None:
        for name, share in into.items():
            target[view.names.index(name)] += share * proceeds
        return target
    rows = takers(view.portfolio, sold)
    present = np.asarray(total(weights[row] for row in rows))
    empty = present <= TOUCH  # what a sale of all leaves behind is rounding
    if empty.any():
        start = start_weights(view.portfolio)
        whole = total(start[row] for row in rows)
        anew = np.where(empty, proceeds, 0.0)
        proceeds = np.where(empty, 0.0, proceeds)
        for row in rows:
            target[row] += anew * (start[row] / whole)
    growth = 1.0 + proceeds / np.maximum(present, NOTHING)
    for row in rows:
        target[row] *= growth
    return target


def at_founder_weight(view: View, founder: str | None, wanted: Array, into: Mapping[str, float] | None) -> Array | None:
    """Return the weights with that of a founder brought to `wanted`, by sales or by purchases.

    Parameters
    ----------
    view : View
        The moment.
    founder : str or None
        The founder; None: any.
    wanted : ndarray
        Weight wanted (path), 0 … 1.
    into : mapping or None
        As in `sell`. The holdings that take the proceeds pay for purchases, pro rata of their present values.

    Returns
    -------
    ndarray or None
        Weights (asset, path); None where no path is off its weight by more than `TOUCH`. Sales scale all founder
        holdings alike, and purchases those that are listed; see `_buy`.
    """
    weight = view.founder_weight(founder)
    over, under = weight > wanted + TOUCH, weight < wanted - TOUCH
    if not (over | under).any():
        return None
    keep = np.where(over, wanted / np.maximum(weight, TOUCH), 1.0)
    target = sell(view, linked(view.portfolio, founder), keep, into)
    if under.any():
        _buy(view, target, founder, np.where(under, wanted - weight, 0.0), into)
    return target


def _buy(view: View, target: Array, founder: str | None, missing: Array, into: Mapping[str, float] | None) -> None:
    """Raise the founder weight in `target` by `missing` (path), as far as the holdings that pay suffice.

    The listed founder holdings grow in proportion to their present values, or to those of the start where these are
    worth nothing.
    """
    portfolio = view.portfolio
    founders = linked(portfolio, founder)
    rows = [row for row in founders if portfolio.holdings[row].liquidity.listed or view.listed[row]]
    if not rows:
        return
    payers = takers(portfolio, founders) if into is None else tuple(map(portfolio.names.index, into))
    start, share = start_weights(portfolio), view.founder_share(founder)
    nothing = total(view.weights[row] for row in rows) <= TOUCH
    mix = [np.where(nothing, start[row], view.weights[row]) for row in rows]
    tied = total(share[row] * each for row, each in zip(rows, mix, strict=True))
    growth = missing / np.maximum(tied, NOTHING)
    price = growth * total(mix)
    available = np.asarray(total(view.weights[row] for row in payers))
    paid = np.minimum(price, available)
    growth *= paid / np.maximum(price, NOTHING)
    for row, each in zip(rows, mix, strict=True):
        target[row] += growth * each
    left = 1.0 - paid / np.maximum(available, NOTHING)
    for row in payers:
        target[row] *= left


def shares_of_one(what: str, shares: Any) -> FrozenMap[float]:
    """Return a mapping from names to shares > 0 that sum to 1, or refuse it under the name `what`."""
    if not isinstance(shares, Mapping) or not shares:
        raise InvalidInput(f"{what} must be a mapping from names of holdings to shares, got {short_repr(shares)}")
    checked = {name: number(f"{what}: share of {name!r}", share, above=0.0) for name, share in shares.items()}
    whole = math.fsum(checked.values())
    if abs(whole - 1.0) > 1e-9:
        raise InvalidInput(f"{what}: shares must sum to 1, got {whole:.12g}")
    if abs(whole - 1.0) > 1e-12:
        checked = {name: share / whole for name, share in checked.items()}
    return FrozenMap(checked)


def accept_fields(rule: Rule) -> None:
    """Validate the fields `founder`, `into` and `every` of a rule, those that it has, and store them in plain form."""
    label = type(rule).__name__
    set_fields(rule, every=integer(f"{label}: every", getattr(rule, "every", 1), at_least=0))
    if getattr(rule, "founder", None) is not None:
        set_fields(rule, founder=checked_name(f"{label}: founder", getattr(rule, "founder", None)))
    into = getattr(rule, "into", None)
    if into is not None:
        set_fields(rule, into=shares_of_one(f"{label}: into", into))


def check_founder_sale(label: str, portfolio: Portfolio, founder: str | None, into: Mapping[str, float] | None) -> None:
    """Refuse an unknown founder, and a portfolio as `check_sale` does where all holdings of the founder are sold."""
    if founder is not None:
        require_known(f"{label}: founder", [founder], portfolio.founders)
    check_sale(label, portfolio, linked(portfolio, founder), into)


def check_sale(label: str, portfolio: Portfolio, sold: tuple[int, ...], into: Mapping[str, float] | None) -> None:
    """Refuse a portfolio in which the rule has nothing to sell or the proceeds have nowhere to go."""
    if not sold:
        raise InvalidInput(f"{label}: the portfolio must have a holding with a founder, got none")
    if into is not None:
        require_known(f"{label}: into", into, portfolio.names)
        both = [portfolio.names[row] for row in sold if portfolio.names[row] in into]
        if both:
            raise InvalidInput(
                f"{label}: into must name holdings that the rule does not sell, got {short_repr(both[0])}"
            )
    elif not any(portfolio.holdings[row].value > 0.0 for row in takers(portfolio, sold)):
        raise InvalidInput(
            f"{label}: the proceeds must have somewhere to go, but no other holding with a value > 0 is without a "
            "founder; add one (cash is a holding with volatility 0) or name the takers with into={holding: share}"
        )
