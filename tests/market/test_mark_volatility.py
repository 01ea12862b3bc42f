"""The volatility of marks at irregular dates: by hand, on simulated and real marks, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from riskkit._core.errors import InvalidInput
from riskkit.market.calibration._mark_volatility import fit_marks


def marks(logs: list[float], years: list[float]) -> pd.Series:
    dates = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.array(years) * 365.25, unit="D")
    return pd.Series(np.exp(logs), dates)


def test_marks_against_hand_calculation():
    """Log marks 0, .5, .4, 1.2 after 0, 1, 3, 4 years; the one after 2 years repeats the one before.

    Growth is 1.2/4 = .3 a year. The steps .5, -.1, .8 over 1, 2, 1 years are off it by .2, -.7, .5, whose squares over
    the years are .04, .245, .25: their sum .535 over 2 is the variance. Errors: σ/√(2·2) of σ, σ/√4 of the growth.
    """
    found = fit_marks(marks([0.0, 0.5, 0.5, 0.4, 1.2], [0.0, 1.0, 2.0, 3.0, 4.0]))
    sigma = math.sqrt(0.535 / 2.0)
    assert found.volatility == pytest.approx(sigma, rel=1e-12)
    assert found.volatility_error == pytest.approx(sigma / 2.0, rel=1e-12)
    assert found.growth == pytest.approx(math.exp(0.3) - 1.0, rel=1e-12)
    assert found.growth_error == pytest.approx(math.exp(0.3) * sigma / 2.0, rel=1e-12)
    assert (found.marks, found.stale) == (4, 1)
    assert found.years == pytest.approx(4.0, rel=1e-12)


def test_irregular_marks_of_a_known_brownian_motion():
    """2000 steps over one day to two years, sd σ = .4: the estimate is off by σ/√(2·1999), growth by σ/√years."""
    rng = np.random.default_rng(0)
    spans = rng.uniform(1 / 365.25, 2.0, 2000)
    steps = 0.10 * spans + 0.4 * np.sqrt(spans) * rng.normal(size=2000)
    years = np.concatenate([[0.0], spans.cumsum()]) / 20.0
    logs = np.concatenate([[0.0], steps.cumsum()])
    # Twenty times as fast, so that the dates fit into pandas' calendar: σ times √20, growth times 20.
    found = fit_marks(marks(list(logs), list(years)))
    sigma = 0.4 * math.sqrt(20.0)
    assert abs(found.volatility - sigma) < 4.0 * sigma / math.sqrt(2.0 * 1999)
    assert abs(math.log1p(found.growth) - 2.0) < 4.0 * sigma / math.sqrt(years[-1])


def test_flat_marks_between_steps_are_not_taken_for_calm():
    """A fund marks each quarter what is traded once a year: the same answer as from the trades."""
    yearly = marks([0.0, 0.5, 0.4, 1.2, 1.3], [0.0, 1.0, 2.0, 3.0, 4.0])
    quarterly = marks([0.0] * 4 + [0.5] * 4 + [0.4] * 4 + [1.2] * 4 + [1.3], list(np.arange(17) / 4.0))
    ours, theirs = fit_marks(quarterly), fit_marks(yearly)
    assert ours.volatility == pytest.approx(theirs.volatility, rel=1e-12)
    assert (ours.marks, ours.stale, theirs.stale) == (5, 12, 0)


def test_spacex_marks_against_numpy(data):
    """Whole-company marks from 2017 to the listing; the file's own 2017 date is a year-level one."""
    table = pd.read_csv(data / "spacex_marks.csv", parse_dates=["date"], index_col="date")
    found = fit_marks(table["whole_company_valuation_usd"])
    values = table["whole_company_valuation_usd"].dropna()
    steps = np.log(values).diff().to_numpy()[1:]
    spans = np.diff(values.index.to_numpy()) / np.timedelta64(1, "D") / 365.25
    scaled = (steps - steps.sum() / spans.sum() * spans) / np.sqrt(spans)
    assert found.marks == 10
    assert found.volatility == pytest.approx(math.sqrt((scaled**2).sum() / 8), rel=1e-12)
    # 20 bn to 1770 bn in 9.44 years.
    assert found.growth == pytest.approx(88.5 ** (1 / 9.44) - 1.0, abs=1e-3)


def test_gaps_are_left_out():
    series = marks([0.0, 0.5, 0.4, 1.2], [0.0, 1.0, 3.0, 4.0])
    holed = pd.concat([series, pd.Series([np.nan], [series.index[1] + pd.Timedelta(days=9)])]).sort_index()
    assert fit_marks(holed) == fit_marks(series)


@pytest.mark.parametrize(
    ("series", "message"),
    [
        ([1.0, 2.0, 3.0], "^marks must be a Series of values by date, got list$"),
        (marks([0.0, 0.1], [0.0, 1.0]), "^marks must hold at least 3 .*, got 2 among 2$"),
        (marks([0.0, 0.0, 0.1, 0.1], [0.0, 1.0, 2.0, 3.0]), "^marks must hold at least 3 .*, got 2 among 4$"),
        (marks([0.0, 0.1, 0.2], [0.0, 2.0, 1.0]), "dates must run from old to new"),
        (-marks([0.0, 0.1, 0.2], [0.0, 1.0, 2.0]).rename("SpaceX"), "^prices of 'SpaceX' must be > 0"),
        (marks([0.0, 0.0, 0.0], [0.0, 1.0, 2.0]), "must vary, got 1 throughout"),
        (marks([0.0, 0.1, 0.2], [0.0, 1.0, 2.0]).reset_index(drop=True), "must have a DatetimeIndex"),
    ],
)
def test_uninformative_marks_are_refused(series, message):
    with pytest.raises(InvalidInput, match=message):
        fit_marks(series)
