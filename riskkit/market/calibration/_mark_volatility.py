"""The volatility of a holding with infrequent marks, from the steps between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit.market.calibration._sample_weights import years_before_last
from riskkit.market.history._checked_prices import checked_prices
from riskkit.market.history._price_fields import field

__all__ = ["MarkFit", "fit_marks"]

_MIN_MARKS = 3


@dataclass(frozen=True)
class MarkFit:
    """Volatility and growth of a holding estimated from its marks; see `fit_marks`.

    Attributes
    ----------
    volatility, volatility_error : float
        Annualised standard deviation of log returns, and its standard error.
    growth, growth_error : float
        Realized yearly growth from the first mark to the last, and its standard error as an estimate of median growth.
    marks : int
        Number of marks used.
    stale : int
        Number of marks left out because they repeat the one before.
    years : float
        From the first mark to the last that was used.
    """

    volatility: float
    volatility_error: float
    growth: float
    growth_error: float
    marks: int
    stale: int
    years: float


def fit_marks(marks: pd.Series[float]) -> MarkFit:
    """Return the volatility of a step-marked holding, from marks at irregular dates.

    Parameters
    ----------
    marks : Series
        Values > 0 by date (DatetimeIndex, old to new): funding rounds, tenders, appraisals, a fund's quarterly marks.
        Use prices per share if possible, adjusted for splits, which are indistinguishable from steps: a company's
        valuation also grows by the money it raises. Of two marks of one event, such as an offer price and the close of
        the first day, give one: a short step has a large weight. NaN is a date without a mark.

    Returns
    -------
    MarkFit
        Volatility and growth with standard errors, and the number of marks.

    Raises
    ------
    InvalidInput
        If a mark is not > 0, dates repeat or are out of order, or fewer than 3 marks differ from the one before.

    Notes
    -----
    A mark that repeats the one before is not an observation: its date is left out. Between the
    dates that remain, τ years apart, the log return x of a geometric Brownian motion is normal with mean μτ and
    variance σ²τ, whatever the dates. Its maximum likelihood is μ = Σx / Στ and σ² = Σ (x - μτ)²/τ / n; n - 1 is used in
    place of n, which matters with few marks. Standard errors are σ / √(2 (n - 1)) of σ and σ / √Στ of μ.

    Smoothing is not undone (Geltner 1993): that is for appraisals that approach a value slowly. A tender is a price,
    and between two tenders the price is stale. A monthly history made of such steps would spread each step over months
    in which it was unknown.

    Examples
    --------
    >>> dates = pd.to_datetime(["2022-12-31", "2023-06-30", "2023-12-31", "2024-12-31", "2025-06-30"])
    >>> found = fit_marks(pd.Series([77.0, 81.0, 81.0, 185.0, 212.0], dates))
    >>> f"{found.volatility:.2f} ± {found.volatility_error:.2f} from {found.marks} marks"
    '0.21 ± 0.10 from 4 marks'
    """
    if not isinstance(marks, pd.Series):
        raise InvalidInput(f"marks must be a Series of values by date, got {type(marks).__name__}")
    name = str(marks.name) if marks.name is not None and field(str(marks.name)) is None else "marks"
    levels = checked_prices(marks.to_frame(name))[name]
    changed = levels[levels.diff() != 0.0]
    if len(changed) < _MIN_MARKS:
        raise InvalidInput(
            f"marks must hold at least {_MIN_MARKS} that differ from the one before, got {len(changed)} "
            f"among {len(levels)}"
        )
    steps = np.diff(np.log(changed.to_numpy()))
    spans = -np.diff(years_before_last(changed.index))
    years, degrees_of_freedom = float(spans.sum()), len(steps) - 1
    drift = float(steps.sum()) / years
    volatility = math.sqrt(float(((steps - drift * spans) ** 2 / spans).sum()) / degrees_of_freedom)
    growth = math.expm1(drift)
    return MarkFit(
        volatility=volatility,
        volatility_error=volatility / math.sqrt(2.0 * degrees_of_freedom),
        growth=growth,
        growth_error=(1.0 + growth) * volatility / math.sqrt(years),
        marks=len(changed),
        stale=len(levels) - len(changed),
        years=years,
    )
