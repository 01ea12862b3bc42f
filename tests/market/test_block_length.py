"""Block lengths equal those of the package arch, by Politis and White's rule as its authors have corrected it."""

from __future__ import annotations

import numpy as np
import pytest

from riskkit.market.history._block_length import mean_block_length, politis_white


def noise(seed: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.01, size)


def autoregressive(seed: int, size: int, autocorrelation: float) -> np.ndarray:
    series = noise(seed, size)
    for row in range(1, size):
        series[row] += autocorrelation * series[row - 1]
    return series


def clustered(seed: int, size: int) -> np.ndarray:
    """Returns without autocorrelation whose sizes come in clusters."""
    return noise(seed, size) * np.exp(20.0 * autoregressive(seed + 100, size, 0.95))


SERIES = {
    "noise": noise(1, 1000),
    "noise, an odd number": noise(2, 501),
    "few": noise(3, 20),
    "few, an odd number": autoregressive(4, 33, 0.4),
    "a little memory": autoregressive(5, 2000, 0.3),
    "long memory": autoregressive(6, 1500, 0.9),
    "very long memory": autoregressive(7, 400, 0.99),
    "a random walk": noise(8, 300).cumsum(),
    "reverting": autoregressive(9, 1000, -0.6),
    "clusters": clustered(12, 2500),
    "sizes of clusters": np.abs(clustered(12, 2500)),
    "a rising line": np.linspace(1.0, 2.0, 200),
    "in turns": np.tile([1.0, -1.0], 100) + noise(11, 200),
}


@pytest.mark.parametrize("name", SERIES)
def test_block_length_equals_that_of_arch(name):
    """Where arch's is below 1, which is no number of rows, it is 1.

    arch takes an autocorrelation from the overlapping parts of the series alone, the paper from all of it; in one
    series of fifty a lag stands so near the edge of significance that the two windows differ. None of these does.
    """
    bootstrap = pytest.importorskip("arch.bootstrap", reason="arch is not installed")
    expected = float(bootstrap.optimal_block_length(SERIES[name])["stationary"].iloc[0])
    assert politis_white(SERIES[name]) == pytest.approx(max(expected, 1.0), rel=1e-12)


@pytest.mark.parametrize("factor", [1e-4, 1.0, 1e5])
def test_block_length_does_not_depend_on_level_and_scale(factor):
    series = SERIES["a little memory"]
    assert politis_white(3.0 * factor + factor * series) == pytest.approx(politis_white(series), rel=1e-6)


def test_a_constant_series_needs_no_blocks():
    assert politis_white(np.full(50, 0.25)) == 1.0


def test_blocks_are_long_enough_for_the_slowest_of_all_series_and_their_sizes():
    """Of noise and clusters it is the sizes of the clusters that ask for the longest."""
    returns = np.column_stack([noise(1, 2500), clustered(12, 2500)])
    each = [politis_white(series) for series in (*returns.T, *np.abs(returns).T)]
    assert mean_block_length(returns) == max(each) == politis_white(SERIES["sizes of clusters"])
    assert max(each) > 5.0 * politis_white(returns[:, 1])
