"""The time change as arrays: stationary starts, and tables worked out by hand."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from samples import assert_share, kolmogorov
from scipy import stats

import riskkit as rk
from riskkit._core.calendar import Calendar
from riskkit._random.streams import Stream
from riskkit.engine.inputs.time_change import lay_out_time_change

PATHS = np.arange(20_000, dtype=np.uint64)
STREAMS = partial(Stream, 1)
MONTHLY = Calendar(2, 12)


def laid_out(tails):
    market = rk.Market({"a": rk.Asset(0.0, 0.2), "b": rk.Asset(0.0, 0.0)}, tails=tails)
    return lay_out_time_change(market, MONTHLY, PATHS, STREAMS)


def test_each_path_begins_at_a_log_variance_of_its_own_from_the_stationary_law():
    drawn = rk.Clustered(0.25, 0.8).start(STREAMS("clock"), PATHS, 1 / 252)
    assert kolmogorov(drawn, stats.norm(0.0, 0.8).cdf) < 1.0


def test_each_path_begins_in_a_regime_drawn_from_the_stationary_law():
    """Two regimes, with switches at 1 and 3 a year: a quarter of the time is storm. Three regimes: see below."""
    regimes = rk.Regimes(
        {"calm": rk.Regime(), "storm": rk.Regime(2.0)}, switching={"calm": {"storm": 1.0}, "storm": {"calm": 3.0}}
    )
    assert_share(regimes.start(STREAMS("clock"), PATHS, 1 / 252) == 1.0, 0.25)
    three = rk.Regimes(
        {"calm": rk.Regime(), "storm": rk.Regime(2.0), "crash": rk.Regime(4.0)},
        switching={"calm": {"storm": 1.0}, "storm": {"calm": 2.0, "crash": 1.0}, "crash": {"storm": 1.0}},
    )
    drawn = three.start(STREAMS("clock"), PATHS, 1 / 252)
    # Detailed balance: calm · 1 = storm · 2 and storm · 1 = crash · 1.
    for regime, share in enumerate((0.5, 0.25, 0.25)):
        assert_share(drawn == regime, share, f"regime {regime}")


def test_without_tails_time_runs_evenly():
    assert laid_out(()) is None


def test_a_clustered_log_variance_is_an_autoregression_by_hand():
    """Half-life of three months, monthly: persistence 2^(-1/3), innovation 0.8 √(1 - 2^(-2/3)), shift 0.8² / 4."""
    expected = (2.0 ** (-1 / 3), 0.8 * math.sqrt(1.0 - 2.0 ** (-2 / 3)), 0.16)
    np.testing.assert_allclose(laid_out(rk.Clustered(0.25, 0.8)).log_variance, expected, rtol=1e-12)


def test_arrays_of_absent_parts_have_no_rows():
    tail = laid_out(rk.StudentT(5))
    assert tail.pace_table.size > 0
    assert tail.log_variance == (0.0, 0.0, 0.0)
    assert tail.transition_cdf.size == tail.regime_volatility.size == tail.regime_drift.size == 0
    assert not tail.start.any()
    assert laid_out(rk.Clustered(0.25, 0.8)).pace_table.size == 0


def test_regimes_as_tables_by_hand():
    """Rates 1 and 3 a year, a month: P(calm → storm) = (1 - e^(-4/12)) / 4, and P(storm → calm) three times that.

    Volatilities 1 and 3 with shares 3/4 and 1/4 have the mean square 3; drifts move what has a volatility.
    """
    states = {"calm": rk.Regime(drift=0.12), "storm": rk.Regime(3.0, drift=-1.2)}
    change = laid_out(rk.Regimes(states, switching={"calm": {"storm": 1.0}, "storm": {"calm": 3.0}}))
    leave = (1.0 - math.exp(-1 / 3)) / 4.0
    np.testing.assert_allclose(change.transition_cdf, [[1.0 - leave], [3.0 * leave]], rtol=1e-12)
    np.testing.assert_allclose(change.regime_volatility[:, 0], [1 / math.sqrt(3), math.sqrt(3)], rtol=1e-12)
    np.testing.assert_allclose(change.regime_drift, [[0.01, 0.0], [-0.1, 0.0]], rtol=1e-12)
    assert len(change.regime_correlation) == 1
