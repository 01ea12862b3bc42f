"""Compare a fitted market with the past prices, and list what it does not model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.validation import short_repr
from riskkit.market._market import Market
from riskkit.market.calibration._implied_moments import implied_beyond, implied_kurtosis
from riskkit.market.calibration._past_returns import MIN_RETURNS, PastReturns, own_returns, past_levels
from riskkit.market.history._splits import RealMoves, Splits
from riskkit.measures import max_drawdown

__all__ = ["FitReport", "fit_report"]


_LARGE_MOVE = 4.0
_MAX_NAMES = 5


@dataclass(frozen=True, eq=False, repr=False)
class FitReport:
    """A fitted market beside the past; see `fit_report`.

    Attributes
    ----------
    table : DataFrame
        One row per asset. Of the market: `volatility` (yearly), `kurtosis` (excess, of the log return from one
        price to the next), `beyond_4sd` (share of returns further than 4 standard deviations from the mean). What the
        prices: `sample_volatility` and its standard error `volatility_error`, `sample_kurtosis`,
        `sample_beyond_4sd`, `autocorrelation` (of absolute returns, from one to the next), `mean_return` and its error
        `mean_return_error` (yearly; the expected return that the past alone would give), `max_drawdown` (the worst that
        happened), and `returns`, their number.
    smallest_eigenvalue, condition_number : float
        Of the market's correlation of these assets: near 0 and large where some are nearly the same.
    remarks : tuple of str
        What is not modelled, and the limits of the prices.
    """

    table: pd.DataFrame
    smallest_eigenvalue: float
    condition_number: float
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        rows = self.table
        table = pd.DataFrame(
            {
                "returns": rows["returns"].map("{:d}".format),
                "volatility": rows["volatility"].map(partial(percent, decimals=1)),
                "sample volatility": _with_error(rows["sample_volatility"], rows["volatility_error"]),
                "kurtosis": rows["kurtosis"].map("{:.1f}".format),
                "sample kurtosis": rows["sample_kurtosis"].map("{:.1f}".format),
                "beyond 4 sd": rows["beyond_4sd"].map(partial(percent, decimals=3)),
                "sample beyond 4 sd": rows["sample_beyond_4sd"].map(partial(percent, decimals=3)),
                "autocorrelation": rows["autocorrelation"].map("{:.2f}".format),
                "mean return": _with_error(rows["mean_return"], rows["mean_return_error"]),
                "max drawdown": rows["max_drawdown"].map(partial(percent, decimals=1)),
            }
        )
        return "\n".join([table.to_string(), "", *(f"- {remark}" for remark in self.remarks)])


def fit_report(
    market: Market,
    prices: pd.DataFrame | pd.Series[Any],
    *,
    splits: Splits | None = None,
    real_moves: RealMoves | None = None,
    allow_dropped_rows: bool = False,
) -> FitReport:
    """Compare a market with past prices.

    Parameters
    ----------
    market : Market
        Fitted to them, or made otherwise.
    prices : DataFrame
        As for `fit`. Columns that are not an asset of the market, or have fewer than 20 returns, are left out.
    splits, real_moves, allow_dropped_rows
        As for `fit`.

    Returns
    -------
    FitReport
        With a table, one row per asset, and remarks.

    Raises
    ------
    InvalidInput
        If the prices are not valid for `fit`, or no asset of the market has enough of them.

    Notes
    -----
    The standard error of a volatility s over n returns with excess kurtosis k is s √((k + 2) / 4n), for independent
    returns; clustering makes it larger. The market's kurtosis and large moves are those of its tails, clustering and
    regimes, without shocks (`implied_kurtosis`, `implied_beyond`), or those of the returns that it draws from.

    Examples
    --------
    >>> from riskkit.market import fit
    >>> moves = np.random.default_rng(0).standard_t(4, size=1000) / 100
    >>> prices = pd.DataFrame({"A": np.exp(moves.cumsum())}, pd.bdate_range("2020-01-01", periods=1000))
    >>> report = fit_report(fit(prices, expected_return=0.07), prices)
    >>> report.table.loc["A", ["kurtosis", "sample_kurtosis"]].round(1).tolist()
    [0.0, 4.7]
    """
    if not isinstance(market, Market):
        raise InvalidInput(f"market must be a Market, got {short_repr(market)}")
    levels = past_levels(prices, splits=splits, real_moves=real_moves)
    enough = levels.count() > MIN_RETURNS
    names = tuple(name for name in levels.columns if enough[name] and name in market.assets)
    if not names:
        raise InvalidInput(
            f"prices must have at least {MIN_RETURNS} returns of an asset of the market, got none of "
            f"{', '.join(map(repr, market.assets))}"
        )
    past = own_returns(levels[list(names)], allow_dropped_rows=allow_dropped_rows)
    table = _implied_statistics(market, past).join(_sample_statistics(past))
    table["max_drawdown"] = [max_drawdown(levels[name].dropna()) for name in names]
    indices = [list(market.assets).index(name) for name in names]
    eigenvalues = np.linalg.eigvalsh(market.correlation.to_numpy()[np.ix_(indices, indices)])
    smallest = float(eigenvalues[0])
    condition = float(eigenvalues[-1]) / smallest if smallest > 0.0 else np.inf
    report = FitReport(table, smallest, condition)
    return replace(report, remarks=tuple(_remarks(market, report)))


def _implied_statistics(market: Market, past: PastReturns) -> pd.DataFrame:
    """Statistics of each asset's returns that the market implies, over periods as long as the asset's own."""
    volatility = pd.Series({name: market.assets[name].mean_volatility for name in past.names})
    if market.history is not None:
        kurtosis, beyond = (
            pd.Series(column, market.history.levels.columns)
            for column in _kurtosis_and_large_share(market.history.returns)
        )
        table = pd.DataFrame({"volatility": volatility, "kurtosis": kurtosis, "beyond_4sd": beyond})
        return table.loc[list(past.names)]
    rows = {}
    for name, returns_a_year in zip(past.names, past.returns_a_year.tolist(), strict=True):
        index, dt = list(market.assets).index(name), 1.0 / returns_a_year
        kurtosis, beyond = implied_kurtosis(market, dt)[index], implied_beyond(market, dt, _LARGE_MOVE)[index]
        rows[name] = {"volatility": volatility[name], "kurtosis": kurtosis, "beyond_4sd": beyond}
    return pd.DataFrame.from_dict(rows, orient="index")


def _sample_statistics(past: PastReturns) -> pd.DataFrame:
    """Statistics of the past returns."""
    count = np.count_nonzero(~np.isnan(past.returns), axis=0)
    kurtosis, beyond = _kurtosis_and_large_share(past.returns)
    volatility = past.sample_volatility
    mean, error = past.sample_mean(volatility)
    return pd.DataFrame(
        {
            "returns": count,
            "sample_volatility": volatility,
            "volatility_error": volatility * np.sqrt((kurtosis + 2.0) / (4.0 * count)),
            "sample_kurtosis": kurtosis,
            "sample_beyond_4sd": beyond,
            "autocorrelation": [_autocorrelation(np.abs(column[~np.isnan(column)])) for column in past.returns.T],
            "mean_return": mean,
            "mean_return_error": error,
        },
        list(past.names),
    )


def _kurtosis_and_large_share(returns: Array) -> tuple[Array, Array]:
    """Excess kurtosis and share beyond 4 standard deviations of each column's returns."""
    scores = (returns - np.nanmean(returns, axis=0)) / np.nanstd(returns, axis=0)
    large = np.where(np.isnan(scores), np.nan, np.abs(scores) > _LARGE_MOVE)
    return np.nanmean(scores**4, axis=0) - 3.0, np.nanmean(large, axis=0)


def _autocorrelation(values: Array) -> float:
    """First-order autocorrelation."""
    return float(np.corrcoef(values[:-1], values[1:])[0, 1])


def _remarks(market: Market, report: FitReport) -> list[str]:
    table = report.table
    lines = []
    if len(table) > 1:
        lines.append(
            f"Correlation: smallest eigenvalue {report.smallest_eigenvalue:.3g}, condition number "
            f"{report.condition_number:.3g}."
        )
    is_clustered = table["autocorrelation"] > 2.0 / np.sqrt(table["returns"])
    models_clustering = market.history is not None or any(time_change.persistent for time_change in market.tails)
    if is_clustered.any() and not models_clustering:
        lines.append(
            f"Not modelled: large moves came in clusters ({_names_text(is_clustered)}: absolute returns are "
            "correlated from one to the next). This market has none; rk.Clustered and rk.Regimes add it."
        )
    is_underestimated = table["sample_beyond_4sd"] > 2.0 * table["beyond_4sd"] + 2.0 / table["returns"]
    if is_underestimated.any():
        lines.append(
            f"Not modelled: moves beyond 4 sd were more than twice as frequent as in the market "
            f"({_names_text(is_underestimated)})."
        )
    unpriced = [name for name in market.assets if name not in table.index]
    if unpriced:
        lines.append(f"Not compared, without enough prices: {', '.join(unpriced)}.")
    lines.append(
        "The prices available are those of survivors: companies that failed are not among them, and looked like "
        "these before they did."
    )
    return lines


def _names_text(is_selected: pd.Series[bool]) -> str:
    names = list(is_selected.index[is_selected])
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(names[:_MAX_NAMES]) + more


def _with_error(values: pd.Series[float], errors: pd.Series[float]) -> list[str]:
    return [f"{100.0 * value:.1f} ±{100.0 * error:.1f} %" for value, error in zip(values, errors, strict=True)]
