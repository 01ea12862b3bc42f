"""Fit a market to past prices: volatilities, correlations and tails; expected returns are an argument."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import EXPECTED_RETURN, VOLATILITY, plausible
from riskkit._core.validation import boolean, name_list, nearest_name, one_of, require_known, short_repr
from riskkit.market._market import Market
from riskkit.market.calibration._equilibrium import Equilibrium
from riskkit.market.calibration._past_returns import PastReturns, past_levels, past_returns
from riskkit.market.calibration._proxy import Proxy, checked_proxies, with_proxies
from riskkit.market.calibration._sample_weights import standardised
from riskkit.market.calibration._shrinkage import prior_sample_size, shrinkage_intensity
from riskkit.market.calibration._tail_likelihood import fit_tail
from riskkit.market.diffusion._asset import validated_asset
from riskkit.market.diffusion._nearest_correlation import nearest_correlation
from riskkit.market.diffusion._uncertain import Uncertain, checked_parameter
from riskkit.market.history._checked_prices import cash_hint, named_columns
from riskkit.market.history._splits import RealMoves, Splits
from riskkit.market.time_change._tails import Tail
from riskkit.market.time_change._time_change import TimeChange

__all__ = ["fit"]

Return = float | Uncertain

_SAMPLE_MEAN = "sample mean"
_WRONG_PRICES = "are its prices and their dates right?"
_NO_ESTIMATE = "no estimate of years to come: give the expected returns as a mapping"
# Shrinkage by more than this gives a warning: it can make two companies look unrelated.
_SHRINKAGE_WARNING = 0.5
# A repair of the correlation that changes no pair by more than this is not visible in two digits.
_REPAIR_WARNING = 0.01
_RIDGE = 1e-6
# An eigenvalue of the correlation below this is rounding error.
_SINGULAR = 1e-10


def fit(
    prices: pd.DataFrame | pd.Series[Any],
    *,
    expected_return: Return | Mapping[str, Return] | Equilibrium | str,
    half_life: float | None = None,
    shrink: bool = True,
    tails: type[Tail] | TimeChange | Iterable[TimeChange] | None = None,
    proxies: Mapping[str, Proxy] | None = None,
    splits: Splits | None = None,
    real_moves: RealMoves | None = None,
    allow_dropped_rows: bool = False,
) -> Market:
    """Return a market with the volatilities, correlations and, if asked, the tails of past prices.

    Parameters
    ----------
    prices : DataFrame, or Series with a name
        Prices > 0, adjusted for splits and dividends; one row per date (DatetimeIndex, old to new), one column per
        name. NaN is a date without a price: histories may start and end at different dates, have gaps, and follow
        different calendars.
    expected_return : float, mapping of str to float, Equilibrium, or "sample mean"
        Yearly, as in `Asset`; one for all, or one for each asset; each may be `Uncertain`. `equilibrium` gives those
        that a portfolio implies. Sample means are used only on request, and come with a warning that gives their
        standard errors.
    half_life : float, optional
        In years, > 0. A return that is this much older has half the weight, in volatilities, correlations and tails.
        By default all weights are equal.
    shrink : bool
        Whether correlations are shrunk to 0 by Ledoit and Wolf's rule. Without it each column must have more returns
        than there are columns.
    tails : type or tail, optional
        `StudentT` or `NormalInverseGaussian`, the class: its parameter is fitted. A tail with parameters is passed to
        `Market` unchanged.
    proxies : mapping of str to Proxy, optional
        Replacements of assets with too few prices or none. Their own prices are then not used. Names that are not a
        column come last.
    splits : mapping of str to mapping of str to float, optional
        Splits not yet in the prices: ``{"TSLA": {"2020-08-31": 5}}`` divides the prices of TSLA before
        that date by 5. A reverse split has a ratio below 1: 1/20 for 1:20.
    real_moves : mapping of str to sequence of str, optional
        Real moves beyond +95 % or -95 % in a day: ``{"MRNA": ["2026-08-19"]}`` accepts that one.
    allow_dropped_rows : bool
        Whether more than half of a column's history may be long gaps, which are left out.

    Returns
    -------
    Market
        With an asset for each column, in their order, then those with a proxy that are no column, and no shocks.
        Cash has no prices: `Market.with_cash` adds it.

    Raises
    ------
    InvalidInput
        If a price is not > 0; dates repeat or are out of order; a column has no price or only one value; a column has
        fewer than 20 returns, or a pair fewer than 20 in common (effective number); a price moves by more than
        +95 % or -95 % in a day, which is most likely a split that was missed, and neither `splits` nor `real_moves`
        names it; these name a missing column or date; an expected return is missing, names no asset or is above 5; a
        volatility is above 10; a proxy has no prices; or there is no likelihood for the class of tails.

    Warns
    -----
    RiskkitWarning
        If a move looks like a split; if a column has a long gap; if expected returns are sample means; if
        shrinkage takes more than half of an asset's correlations; if the pairs' correlations contradict each other and
        had to be changed by more than 0.01; if some assets move as one, so that the correlation has no inverse; if a
        fitted tail lies at the edge of the search range; if an expected return is above 2 or a volatility above 5.

    Notes
    -----
    A return is the change of the log price from one of the column's own prices to its next, however many rows lie
    between. Only long gaps are left out: periods longer than a month and five times the column's usual one.
    A volatility is the standard deviation (n - 1) of a column's own returns, yearly by their own mean number a year:
    returns / (days that they cover / 365.25). So no column changes the volatility or the sample mean of another.
    Pearson's correlation of a pair is taken over the periods from one date on which both have a price to the next such
    date. Where these do not make a correlation matrix, because they come from different times, the nearest one is
    taken (`nearest_correlation`).

    Correlations over n periods are shrunk to n / (n + κ) of themselves, with κ from the sample (`prior_returns`); with
    complete histories this is Ledoit and Wolf (2004) for standardised returns. Under weights n is Kish's effective
    number, (Σw)² / Σw². A tail's parameter is the likeliest for all returns of one period together, given volatilities
    and correlations (`fit_tail`); Student's is that of a period, so simulate with steps of the same length.

    The volatility of a short history is that of its own days, calm or not: a proxy can say what it should be. Splits
    of 3:2, 4:3 and 5:4 cannot be distinguished from real moves by the price alone, and pass without a warning.

    The prices available today are those of survivors: failed companies are not among them. `fit_report` lists what
    else a market omits.

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
    proxy_of = checked_proxies(proxies)
    prices = named_columns(prices)
    priced = [name for name in prices.columns if name not in proxy_of]
    levels = past_levels(prices, splits=splits, real_moves=real_moves, only=priced)
    names = list(dict.fromkeys([*prices.columns, *proxy_of]))
    past = past_returns(levels, half_life, allow_dropped_rows=allow_dropped_rows)
    correlation = _correlation(past, boolean("shrink", shrink))
    if isinstance(tails, type):
        tails = _fitted_tail(tails, past, correlation)
    own_volatility = past.volatility
    covariance = with_proxies(correlation * np.outer(own_volatility, own_volatility), past.names, proxy_of, names)
    volatility, correlation = _volatility_and_correlation(covariance)
    _warn_of_singularity(correlation, names)
    expected: Mapping[str, Return]
    if isinstance(expected_return, Equilibrium):
        expected = expected_return.expected_returns(covariance, names)
    elif isinstance(expected_return, str):
        expected = _sample_means(expected_return, past, volatility, names)
    else:
        expected = _return_of_each(expected_return, names)
    assets = {
        name: validated_asset(
            expected[name], plausible(f"volatility of {name!r}", value, VOLATILITY, advice=_WRONG_PRICES)
        )
        for name, value in zip(names, volatility.tolist(), strict=True)
    }
    return Market(assets, pd.DataFrame(correlation, names, names), tails=tails)


def _correlation(past: PastReturns, shrink: bool) -> Array:
    """The shrunk and repaired correlation of past returns, positive semidefinite."""
    counts, sample = past.pairs.counts, past.pairs.correlation.copy()
    if not shrink:
        _refuse_overfit(past)
    elif len(past.names) > 1:
        share = shrinkage_intensity(prior_sample_size(past.pairs), counts)
        _warn_of_shrinkage(past, share)
        sample *= 1.0 - share
    np.fill_diagonal(sample, 1.0)
    nearest = nearest_correlation(sample)
    if np.abs(nearest - sample).max() <= _REPAIR_WARNING:
        return nearest
    _warn_of_repair(sample, nearest, past.names)
    # The nearest matrix is singular; a real market has risk in every direction.
    return (1.0 - _RIDGE) * nearest + _RIDGE * np.eye(len(nearest))


def _refuse_overfit(past: PastReturns) -> None:
    """Raise for an unshrunk correlation with about as many assets as returns."""
    needed = len(past.names) + 1
    for name, count in zip(past.names, past.counts, strict=True):
        if count < needed:
            raise InvalidInput(
                f"prices of {name!r} must have at least {needed} returns among {len(past.names)} columns where "
                f"shrink=False, got {count:.3g}; shrink, or give it a proxy"
            )


def _warn_of_shrinkage(past: PastReturns, share: Array) -> None:
    """Warn of assets with all correlations shrunk by more than half."""
    least = np.where(np.eye(len(share), dtype=bool), np.inf, share).min(axis=0)
    shrunk = {
        name: share_of_asset
        for name, share_of_asset in zip(past.names, least.tolist(), strict=True)
        if share_of_asset > _SHRINKAGE_WARNING
    }
    if shrunk:
        warnings.warn(
            f"the returns are too few to tell the correlations of {', '.join(shrunk)} from 0, and shrinkage takes "
            f"{percent(min(shrunk.values()), decimals=0)} of them or more; a proxy says what they should be, "
            "shrink=False keeps them",
            RiskkitWarning,
            stacklevel=4,
        )


def _warn_of_repair(sample: Array, nearest: Array, names: tuple[str, ...]) -> None:
    """Warn that the pairwise correlations are not a correlation matrix."""
    first, second = np.unravel_index(np.abs(nearest - sample).argmax(), nearest.shape)
    warnings.warn(
        f"correlations over different periods contradict each other; the nearest matrix that is a correlation is "
        f"taken, which differs most for {names[first]} and {names[second]}: {nearest[first, second]:.3f} in place of "
        f"{sample[first, second]:.3f}",
        RiskkitWarning,
        stacklevel=4,
    )


def _warn_of_singularity(correlation: Array, names: list[str]) -> None:
    values, vectors = np.linalg.eigh(correlation)
    if values[0] < _SINGULAR:
        dependent = [name for name, loading in zip(names, vectors[:, 0], strict=True) if abs(loading) > 0.1]
        warnings.warn(
            f"{', '.join(dependent)} move as one (smallest eigenvalue of the correlation {values[0]:.1g}): their "
            "difference is rounding error; leave one of them out, or give it a proxy with a volatility of its own",
            RiskkitWarning,
            stacklevel=3,
        )


def _fitted_tail(kind: type[Tail], past: PastReturns, correlation: Array) -> Tail:
    mean, returns_a_year = standardised(past.returns, past.weights)[1], past.returns_a_year
    scores = (past.returns - mean) / (past.volatility / np.sqrt(returns_a_year))
    return fit_tail(kind, scores, correlation, weights=past.weights, starts=past.starts, returns_a_year=returns_a_year)


def _volatility_and_correlation(covariance: Array) -> tuple[Array, Array]:
    """Volatilities and correlation of a covariance, without rounding errors."""
    volatility = np.sqrt(np.diagonal(covariance))
    matrix = covariance / np.outer(volatility, volatility)
    np.fill_diagonal(matrix, 1.0)
    return volatility, nearest_correlation(matrix)


def _sample_means(choice: str, past: PastReturns, volatility: Array, names: list[str]) -> dict[str, float]:
    one_of("expected_return", choice, [_SAMPLE_MEAN])
    unpriced = [name for name in names if name not in past.names]
    if unpriced:
        raise InvalidInput(
            f"expected_return must not be {_SAMPLE_MEAN!r} if assets have proxies in place of prices, got "
            f"{', '.join(map(repr, unpriced))}; give a mapping"
        )
    sample_means, errors = past.sample_mean(volatility)
    means_text = (
        f"{name} {percent(mean)} ± {percent(error)}"
        for name, mean, error in zip(names, sample_means, errors, strict=True)
    )
    warnings.warn(
        f"expected returns are sample means: {', '.join(means_text)} (one standard error); the past is a poor "
        "estimate of them, and the prices available today are those of survivors",
        RiskkitWarning,
        stacklevel=3,
    )
    return {
        name: plausible(f"sample mean of {name!r}", mean, EXPECTED_RETURN, advice=_NO_ESTIMATE)
        for name, mean in zip(names, sample_means.tolist(), strict=True)
    }


def _return_of_each(expected_return: Any, names: list[str]) -> dict[str, Return]:
    if not isinstance(expected_return, Mapping):
        return dict.fromkeys(names, checked_parameter("expected_return", expected_return, EXPECTED_RETURN, above=-1.0))
    unpriced = [name for name in expected_return if name not in names]
    if unpriced and not nearest_name(str(unpriced[0]), names):
        raise InvalidInput(
            f"expected_return must name columns of prices or assets with a proxy, {name_list(names)}, got "
            f"{short_repr(unpriced[0])}, which has no prices; proxies={{{unpriced[0]!r}: rk.Proxy(...)}} models it "
            f"after another one; {cash_hint(unpriced[0])}"
        )
    require_known("expected_return", unpriced, names)
    missing = [name for name in names if name not in expected_return]
    if missing:
        raise InvalidInput(
            f"expected_return must have a value for each asset, got none for {', '.join(map(repr, missing))}"
        )
    return {
        name: checked_parameter(f"expected_return of {name!r}", expected_return[name], EXPECTED_RETURN, above=-1.0)
        for name in names
    }
