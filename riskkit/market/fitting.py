"""A market from real prices: volatility, correlation and tails from history, expected returns from the user."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.checks import flag, known, one_of
from riskkit.errors import InvalidInput, RiskkitWarning
from riskkit.market.assets import Asset
from riskkit.market.market import Market
from riskkit.market.nearest import nearest_correlation
from riskkit.market.past_returns import PastReturns, past_returns
from riskkit.market.proxies import Proxy, checked_proxies, with_proxies
from riskkit.market.reverse_optimisation import Equilibrium
from riskkit.market.shrinkage import prior_returns, shrunk_share
from riskkit.market.staggered import staggered_covariance
from riskkit.market.tail_fitting import fit_tail
from riskkit.market.tails import Tail
from riskkit.market.uncertain import Uncertain, checked
from riskkit.market.weighting import standardised
from riskkit.market.wording import percent

__all__ = ["fit"]

Array = NDArray[np.float64]
Return = float | Uncertain

_SAMPLE_MEAN = "sample mean"
# A regression on m assets over n returns overstates the variance that they explain by about m / n of the rest.
_RETURNS_A_REGRESSOR = 5
# Shrinkage by more than this is told: it can make two companies look unrelated.
_MUCH_SHRUNK = 0.5
# An eigenvalue of the correlation below this is nothing but rounding, and so is all that is made of its direction.
_SINGULAR = 1e-10


def fit(
    prices: pd.DataFrame,
    *,
    expected_return: Return | Mapping[str, Return] | Equilibrium | str,
    half_life: float | None = None,
    shrink: bool = True,
    tails: Any = None,
    proxies: Mapping[str, Proxy] | None = None,
) -> Market:
    """Return a market with the volatilities, correlations and, if asked, the tails of past prices.

    Parameters
    ----------
    prices : DataFrame
        Levels > 0, adjusted for splits and dividends; a row a date (DatetimeIndex, old to new), a column a name. NaN
        is a date without a price: histories may start and end at different dates and have gaps.
    expected_return : float, mapping of str to float, Equilibrium, or "sample mean"
        Yearly, > -1; one for all, or one for each asset; each may be `Uncertain`. `equilibrium` gives those that a
        portfolio implies. History's own are taken only if asked for by name, and come with a warning that tells their
        standard errors.
    half_life : float, optional
        In years, > 0. A return that is this much older counts half as much, in volatilities, correlations and tails.
        By default all count alike.
    shrink : bool
        Whether correlations are drawn to 0 by as much as Ledoit and Wolf's rule says. Without, each column must have
        more returns than there are columns, and five for each column with more.
    tails : type or tail, optional
        `StudentT` or `NormalInverseGaussian`, the class: its parameter is fitted. What has its parameters already is
        handed to `Market` as it is.
    proxies : mapping of str to Proxy, optional
        What stands in for assets with too few prices or none. Prices of their own are not used then. Names that are no
        column come last.

    Returns
    -------
    Market
        With an asset for each column, in their order, then those with a proxy that are no column, and no shocks.

    Raises
    ------
    InvalidInput
        If a price is not > 0; dates repeat or are out of order; a column has no price or only one value; a column has
        fewer than 20 returns, or a pair fewer than 20 in common, as their weights count; a price moves by more than
        95 % in a day, which is most likely a split that was missed; an expected return is missing or names no asset;
        a proxy has no prices; or there is no likelihood for the class of tails.

    Warns
    -----
    RiskkitWarning
        If expected returns are sample means; if shrinkage takes more than half of an asset's correlations; if some
        assets move as one, so that the correlation has no inverse; if a fitted tail lies at the edge of what is
        searched.

    Notes
    -----
    Rows without any price are left out. A return is the change of the log price from one row to the next, where the
    column has a price in both; nothing is bridged. Covariances are the likeliest under a normal law, given all returns
    there are: short histories borrow from long ones by regression, so that a volatility from a calm year is raised if
    the others were calm that year too (`staggered_covariance`; Stambaugh 1997). Where all histories are complete this
    is the sample's standard deviation (n - 1) and, without shrinkage, Pearson's correlation. They are yearly by the
    mean number of rows a year, (rows - 1) / (days from the first to the last row / 365.25).

    Correlations over n returns are shrunk to n / (n + κ) of themselves, with κ from the sample (`prior_returns`); with
    complete histories this is Ledoit and Wolf (2004) for standardised returns. Under weights n is Kish's effective
    number, (Σw)² / Σw². A tail's parameter is the likeliest for whole rows, given volatilities and correlations
    (`fit_tail`); Student's is that of a row, so simulate with steps of the same length.

    Prices that can be had today are those of survivors: what failed is not among them. `fit_report` says what else a
    market misses.

    Examples
    --------
    >>> dates = pd.bdate_range("2024-01-01", periods=262)
    >>> steps = np.random.default_rng(0).normal(0.0, 0.02, (262, 2)) @ [[1.0, 0.8], [0.0, 0.6]]
    >>> prices = pd.DataFrame(np.exp(steps.cumsum(axis=0)), dates, ["A", "B"])
    >>> fit(prices, expected_return=0.07, proxies={"C": Proxy("B", extra_volatility=0.4)})
    Market: 3 assets, correlation from 0.504 to 0.79, no shocks
       expected_return  volatility
    A              7 %      32.9 %
    B              7 %      33.2 %
    C              7 %        52 %
    """
    stand_ins = checked_proxies(proxies)
    past = past_returns(_without(prices, stand_ins), half_life)
    covariance = _yearly_covariance(past, flag("shrink", shrink))
    if isinstance(tails, type):
        tails = _likeliest_tail(tails, past, covariance)
    names = list(dict.fromkeys([*map(str, prices.columns), *stand_ins]))
    covariance = with_proxies(covariance, past.names, stand_ins, names)
    volatility, correlation = _parted(covariance)
    _tell_singular(correlation, names)
    if isinstance(expected_return, Equilibrium):
        expected_return = expected_return.expected_returns(covariance, names)
    elif isinstance(expected_return, str):
        expected_return = _sample_means(expected_return, past, volatility, names)
    expected = _for_each(expected_return, names)
    assets = {name: Asset(expected[name], float(value)) for name, value in zip(names, volatility, strict=True)}
    return Market(assets, pd.DataFrame(correlation, names, names), tails=tails)


def _without(prices: object, stand_ins: Mapping[str, Proxy]) -> object:
    """Prices less the columns that a proxy stands in for."""
    if not isinstance(prices, pd.DataFrame):
        return prices
    return prices[[name for name in prices.columns if name not in stand_ins]]


def _yearly_covariance(past: PastReturns, shrink: bool) -> Array:
    prior = 0.0
    if not shrink:
        _refuse_overfit(past)
    elif len(past.names) > 1:
        prior = prior_returns(standardised(past.returns, past.weights)[0], past.weights)
        _tell_much_shrunk(past, prior)
    return past.rows_a_year * staggered_covariance(past.returns, past.weights, prior)


def _refuse_overfit(past: PastReturns) -> None:
    """Refuse what only shrinkage makes good: a regression on nearly as many assets as there are returns."""
    counts = past.counts
    for name, count in zip(past.names, counts, strict=True):
        longer = int((counts > count).sum())
        needed = max(len(past.names) + 1, _RETURNS_A_REGRESSOR * longer)
        if count < needed:
            raise InvalidInput(
                f"prices of {name!r} must have at least {needed} returns among {len(past.names)} columns, {longer} of "
                f"them with more, where shrink=False, got {count:.3g}; shrink, or give it a proxy"
            )


def _tell_much_shrunk(past: PastReturns, prior: float) -> None:
    shares = {name: shrunk_share(prior, count) for name, count in zip(past.names, past.counts, strict=True)}
    much = {name: share for name, share in shares.items() if share > _MUCH_SHRUNK}
    if much:
        warnings.warn(
            f"the returns are too few to tell the correlations of {', '.join(much)} from 0, and shrinkage takes "
            f"{min(much.values()):.0%} of them or more; a proxy says what they should be, shrink=False keeps them",
            RiskkitWarning,
            stacklevel=4,
        )


def _tell_singular(correlation: Array, names: list[str]) -> None:
    values, vectors = np.linalg.eigh(correlation)
    if values[0] < _SINGULAR:
        among = [name for name, part in zip(names, vectors[:, 0], strict=True) if abs(part) > 0.1]
        warnings.warn(
            f"{', '.join(among)} move as one (smallest eigenvalue of the correlation {values[0]:.1g}): what rides on "
            "their difference is rounding; leave one of them out, or give it a proxy with a volatility of its own",
            RiskkitWarning,
            stacklevel=3,
        )


def _likeliest_tail(kind: type[Tail], past: PastReturns, covariance: Array) -> Tail:
    volatility, correlation = _parted(covariance)
    mean = standardised(past.returns, past.weights)[1]
    scores = (past.returns - mean) / (volatility / np.sqrt(past.rows_a_year))
    return fit_tail(kind, scores, correlation, weights=past.weights, rows_a_year=past.rows_a_year)


def _parted(covariance: Array) -> tuple[Array, Array]:
    """Volatilities, and the correlation with what rounding left of it repaired."""
    volatility = np.sqrt(np.diagonal(covariance))
    matrix = covariance / np.outer(volatility, volatility)
    np.fill_diagonal(matrix, 1.0)
    return volatility, nearest_correlation(matrix)


def _sample_means(asked: str, past: PastReturns, volatility: Array, names: list[str]) -> dict[str, float]:
    one_of("expected_return", asked, [_SAMPLE_MEAN])
    strangers = [name for name in names if name not in past.names]
    if strangers:
        raise InvalidInput(
            f"expected_return must not be {_SAMPLE_MEAN!r} where assets have proxies in place of prices, got "
            f"{', '.join(map(repr, strangers))}; give a mapping"
        )
    means, errors = past.sample_mean(volatility)
    said = (
        f"{name} {percent(mean)} ± {percent(error)}" for name, mean, error in zip(names, means, errors, strict=True)
    )
    warnings.warn(
        f"expected returns are sample means: {', '.join(said)} (one standard error); the past says little about them, "
        "and prices that can be had today are those of survivors",
        RiskkitWarning,
        stacklevel=3,
    )
    return dict(zip(names, means.tolist(), strict=True))


def _for_each(expected_return: Any, names: list[str]) -> dict[str, Return]:
    if not isinstance(expected_return, Mapping):
        return dict.fromkeys(names, checked("expected_return", expected_return, above=-1.0))
    known("expected_return", expected_return, names)
    missing = [name for name in names if name not in expected_return]
    if missing:
        raise InvalidInput(
            f"expected_return must have a value for each asset, got none for {', '.join(map(repr, missing))}"
        )
    return {name: checked(f"expected_return of {name!r}", expected_return[name], above=-1.0) for name in names}
