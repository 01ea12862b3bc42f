"""Past prices of a figure: those passed, or those from which a market draws its returns."""

from __future__ import annotations

import warnings

import pandas as pd

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.validation import require_at_most
from riskkit.market import Market
from riskkit.market.calibration._past_returns import PastReturns, own_returns
from riskkit.market.history._checked_prices import checked_prices, day
from riskkit.market.history._past_prices import PastPrices

__all__ = ["Prices", "log_returns", "past_prices", "span"]

#: What figures of past prices take.
Prices = pd.DataFrame | pd.Series | Market | PastPrices


def past_prices(prices: object, most: int) -> pd.DataFrame:
    """Return validated prices (date, column), NaN where there is none; more than `most` columns are refused."""
    if isinstance(prices, Market):
        if prices.history is None:
            raise InvalidInput(
                "prices must be a DataFrame of prices, or a market that draws from them, got a market without a "
                "history; pass the prices to which it was fitted"
            )
        prices = prices.history
    levels = prices.levels if isinstance(prices, PastPrices) else checked_prices(prices)
    require_at_most("prices: columns of one figure", levels.columns, most)
    return levels


def log_returns(levels: pd.DataFrame) -> PastReturns:
    """Returns of each column between its own prices. Long gaps are left out, as in `fit`, which warns of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        return own_returns(levels, allow_dropped_rows=True)


def span(levels: pd.DataFrame) -> str:
    """The first and the last day, formatted."""
    return f"{day(levels.index[0])} to {day(levels.index[-1])}"
