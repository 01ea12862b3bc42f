"""Final Brownian values from final prices: those of the streams, of known moments, and where a price is no help."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from own_time_changes import Heston, Interpreted, Switching
from samples import assert_mean
from scenes import house, house_market, house_portfolio

import riskkit as rk
from riskkit.engine.brownian_values import final_values, moving_holdings, simulated_values
from riskkit.engine.execution.batch_size import numbers
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.path_batch import run_batch

REGIMES = rk.Regimes(
    {
        "calm": rk.Regime(0.7),
        "storm": rk.Regime(2.0, {"listed": -0.5}, {"listed": {"private": 0.9}}),
        "crash": rk.Regime({"listed": 3.0}, -0.2),
    },
    switching={"calm": {"storm": 1.0}, "storm": {"calm": 4.0, "crash": 1.0}, "crash": {"calm": 9.0}},
)
TAILS = {
    "even time": (),
    "StudentT": (rk.StudentT(5),),
    "NormalInverseGaussian": (rk.NormalInverseGaussian(8),),
    "Clustered": (rk.Clustered(0.2, 0.8),),
    "Regimes": (REGIMES,),
    "all built-in": (rk.NormalInverseGaussian(8), rk.Clustered(0.2, 0.8), REGIMES),
    "Heston": (Heston(4.0, 1.0), rk.StudentT(8)),
    "own regimes": (Switching(1.7, 0.8),),
    "by its contract": (Interpreted(REGIMES), rk.NormalInverseGaussian(8)),
}


def finished(market, paths=256, seed=3, years=3, steps_per_year=60):
    """A finished batch of the house in a market, and the rows of its moving assets."""
    setup = make_run_setup(house(rk.Hold(), market=market, years=years, steps_per_year=steps_per_year), seed)
    batch = run_batch(setup, numbers(0, paths))
    names = list(setup.scenario.market.assets)
    return batch, [names.index(name) for name in moving_holdings(setup)]


def assert_as_simulated(batch, rows, tolerance=1e-11):
    """To rounding: 180 factors of a price, each to 1e-15, over a spread of at least 0.27."""
    found = final_values(batch)
    simulated = simulated_values(batch.setup, batch.inputs, batch.paths, np.ones(batch.paths.size, bool))
    np.testing.assert_allclose(found.brownian, simulated.brownian[rows], atol=tolerance, rtol=0)
    np.testing.assert_allclose(found.log_martingale, simulated.log_martingale[rows], atol=tolerance, rtol=1e-12)
    return found


@pytest.mark.parametrize("name", TAILS)
def test_they_are_those_of_the_streams_whatever_else_moved_the_price(name):
    """Events that come once and again, that change the drift, and their compensator are all taken out of the price."""
    bubble = rk.Shock("bubble", 0.5, {"listed": -0.2}, drift_after={"listed": -0.1, "index": 0.05})
    last = rk.Shock("last", 0.4, {"venture": 0.5, "listed": -0.1}, once=True, drift_after={"venture": 0.3})
    market = replace(house_market(bubble, last, compensate=not name.startswith("own")), tails=TAILS[name])
    assert_as_simulated(*finished(market))


def test_even_time_by_hand():
    """Without events B = (ln S - (ln 1.1 - σ²/2) T) / (σ √T)."""
    batch, _ = finished(house_market(shocks=()))
    price = batch.price()[0]
    by_hand = (np.log(price) - (math.log(1.1) - 0.125) * 3.0) / (0.5 * math.sqrt(3.0))
    np.testing.assert_allclose(final_values(batch).brownian[0], by_hand, atol=1e-12)


class Ruin(rk.EventSource):
    """At half of the time everything is lost on every third path."""

    def draw(self, stream, paths, horizon, fixed=None, earlier=None):
        hit = np.flatnonzero(paths % np.uint64(3) == 0)
        return rk.Events(hit, np.full(hit.size, 0.5 * horizon), {"listed": np.zeros(hit.size)})


@pytest.mark.parametrize("tails", [(), (rk.NormalInverseGaussian(8),), (REGIMES,)])
def test_a_price_of_0_hides_nothing(tails):
    batch, rows = finished(rk.Market(house_market().assets, {"listed": {"index": 0.5}}, shocks=Ruin(), tails=tails))
    assert (batch.price()[0] == 0.0).sum() == 86
    assert_as_simulated(batch, rows)


def test_an_asset_of_hardly_any_volatility():
    assets = {**house_market().assets, "index": rk.Asset(0.06, 1e-9)}
    batch, rows = finished(rk.Market(assets, {"listed": {"private": 0.4}}))
    assert_as_simulated(batch, rows)
    assert_mean(final_values(batch).brownian[rows.index(3)] ** 2, 1.0)


@pytest.mark.parametrize("name", ["even time", "NormalInverseGaussian", "Regimes", "all built-in"])
def test_moments_of_the_values(name):
    """E B = 0, E B² = 1, E exp(M) = 1 and, by 2 (σ √T B - M) / σ² = ΣG, E ΣG = T = 3."""
    market = replace(house_market(shocks=()), tails=TAILS[name])
    batch, _ = finished(market, paths=8192, steps_per_year=12)
    brownian, martingale = final_values(batch)
    for row, volatility in enumerate((0.5, 0.6, 0.8, 0.16)):
        assert_mean(brownian[row], 0.0, "B")
        assert_mean(brownian[row] ** 2, 1.0, "B²")
        spread = volatility * math.sqrt(3.0)
        time = 2.0 * (spread * brownian[row] - martingale[row]) / volatility**2
        if name == "even time":
            np.testing.assert_allclose(time, 3.0, rtol=1e-11)
        else:
            assert_mean(time, 3.0, "ΣG")
    assert_mean(np.exp(martingale[3]), 1.0, "martingale")
    assert_mean(brownian[0] * brownian[1], mean_product(market), "product")


def mean_product(market):
    """E B₁B₂ of listed and private: Σ over regimes of share, factors and correlation."""
    if REGIMES not in market.tails:
        return 0.4
    factors = REGIMES.scales(["listed", "private"])
    correlations = [0.4, 0.9, 0.4]
    return sum(
        share * one * other * rho
        for share, (one, other), rho in zip(REGIMES.shares.values(), factors, correlations, strict=True)
    )


def test_a_path_has_the_same_bits_in_any_batch():
    for tails in ((), TAILS["all built-in"], TAILS["Heston"]):
        market = replace(house_market(), tails=tails)
        whole, part = (final_values(finished(market, paths=count)[0]) for count in (512, 128))
        for one, other in zip(whole, part, strict=True):
            np.testing.assert_array_equal(one[:, :128], other)


def test_only_holdings_that_move_have_values():
    batch, rows = finished(house_market())
    assert moving_holdings(batch.setup) == house_portfolio().names[:-1]
    assert final_values(batch).brownian.shape == (len(rows), 256) == (4, 256)
