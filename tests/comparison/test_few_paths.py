"""An error comes from enough paths or is NaN, with the reason: one path, a tail of a few, paths that share a draw."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import riskkit as rk
from riskkit._core.errors import RiskkitWarning
from riskkit.comparison.estimation import estimate, tail_estimates
from riskkit.comparison.estimation.few_paths import large_share
from riskkit.comparison.estimation.paired_difference import paired_difference
from riskkit.comparison.estimation.pooled_cdar import pooled_tail_mean
from riskkit.engine.outcomes import SamplingDesign

TAILS = ["ced95", "wealth_es95"]


def equal(paths: int) -> np.ndarray:
    return np.full(paths, 1.0 / paths)


@pytest.fixture(scope="module")
def scenario() -> rk.Scenario:
    return replace(rk.scenarios.baron(), rules=[rk.Hold(), rk.DiversifyNow(), rk.Cap(0.3)], steps_per_year=12, years=2)


@pytest.mark.parametrize("paths", [1, 2, 5, 10, 19, 20, 180])
def test_a_tail_of_a_few_paths_has_a_value_and_no_error(scenario, paths):
    """5 % of 180 paths are nine; of up to 20 paths the tail is the worst one, of which the rest is the fraction."""
    result = rk.compare(scenario, paths=paths, seed=1, progress=False)
    values = result.table(TAILS)
    assert np.isfinite(values).all(axis=None)
    if paths <= 20:
        for rule in scenario.names:
            assert values.loc[rule, "ced95"] == pytest.approx(result.values(rule, "max_drawdown").max())
            assert values.loc[rule, "wealth_es95"] == pytest.approx(result.values(rule, "wealth").min())
    reason = "handful of paths: . in the tail"
    with pytest.warns(RiskkitWarning, match=reason):
        assert result.errors(TAILS).isna().all(axis=None)
    with pytest.warns(RiskkitWarning, match=reason):
        gaps = result.differences(metrics=TAILS)
    assert gaps[["standard_error", "low", "high", "p_montecarlo"]].isna().all(axis=None)
    assert np.isfinite(gaps["difference"]).all()
    with pytest.warns(RiskkitWarning, match=reason):
        assert result.interval("ced95").isna().all(axis=None)
    with pytest.warns(RiskkitWarning, match=reason):
        assert result.frontier("ced95", "wealth_es95")["p_montecarlo"].isna().all()
    assert "in the tail" in repr(result)


def test_from_ten_paths_in_the_tail_on_there_is_an_error(scenario):
    result = rk.compare(scenario, paths=200, seed=1, progress=False)
    assert (result.errors(TAILS) > 0.0).all(axis=None)
    assert np.isfinite(result.differences(metrics=TAILS)["p_montecarlo"]).all()


def test_one_path_has_no_error_but_that_of_a_probability(scenario):
    result = rk.compare(scenario, paths=1, seed=1, progress=False)
    with pytest.warns(RiskkitWarning, match="it rests on a single draw"):
        errors = result.errors()
    probabilities = [name for name in errors if name.endswith("probability") or name == "still_under_water"]
    assert (errors[probabilities] > 0.0).all(axis=None)
    assert errors.drop(columns=probabilities).isna().all(axis=None)
    with pytest.warns(RiskkitWarning, match="it rests on a single draw"):
        gaps = result.differences()
    assert not (gaps["p_montecarlo"] < 1.0).any()
    assert not (gaps["standard_error"][gaps["difference"] != 0.0] == 0.0).any()


def test_an_error_that_is_nan_is_never_reached_and_the_run_ends(scenario):
    with pytest.warns(RiskkitWarning, match=r"that of ced95 of hold cannot be estimated: it rests on a handful"):
        result = rk.compare(scenario, paths=10, max_paths=40, seed=1, until={"ced95": 1.0}, progress=False)
    assert result.paths == 40


# ---------------------------------------------------------------------------------------------------------------------
# Draws that count, by hand
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ties", "has_error"), [(9, False), (12, True)])
def test_where_nothing_lies_beyond_the_edge_the_paths_at_it_count(ties, has_error):
    """100 paths, the largest value on 9 or 12 of them: the worst 5 % are all at that value."""
    values = np.append(np.linspace(0.0, 0.5, 100 - ties), np.full(ties, 0.9))
    found = tail_estimates.tail_mean(values, 0.95, equal(100))
    assert found.value == pytest.approx(0.9)
    assert (found.standard_error == 0.0) == has_error
    assert has_error or found.note == "it rests on a handful of paths: 9 in the tail"


def test_paths_that_share_a_draw_count_as_one_in_a_tail():
    """320 paths in 20 groups of 16. The worst 16 are one group: one draw. Spread over 16 groups they are 16."""
    together = np.zeros(320)
    together[:16] = np.linspace(1.0, 2.0, 16)
    apart = np.zeros(320)
    apart[::20] = np.linspace(1.0, 2.0, 16)
    design = SamplingDesign(equal(320), group=16)
    assert tail_estimates.tail_mean(together, 0.95, design).note == "it rests on a handful of paths: 1 in the tail"
    assert tail_estimates.tail_mean(apart, 0.95, design).standard_error > 0.0


def test_one_group_is_a_single_draw():
    design = SamplingDesign(equal(16), group=16)
    x = np.linspace(0.5, 2.0, 16)
    for found in (estimate.mean(x, design), estimate.quantile(x, 0.5, design)):
        assert math.isnan(found.standard_error)
    assert estimate.mean(x, design).note == "it rests on a single draw"
    assert estimate.mean(x, SamplingDesign(equal(16), group=8)).standard_error > 0.0


def test_a_path_with_nearly_all_the_weight_is_a_single_draw():
    """1 / (.999² + .001² / 49) = 1.002 equal draws."""
    weights = np.append(0.999, np.full(49, 0.001 / 49))
    found = estimate.mean(np.append(1.0, np.linspace(0.0, 5.0, 49)), weights)
    assert found.note == "it rests on a single draw"


def test_weights_that_leave_few_paths_in_the_tail_leave_no_error():
    """49 of the worst 50 paths have a thousandth of the usual weight, the last of them 50 times it: it is the tail."""
    weights = np.ones(1000)
    weights[:49] = 0.001
    weights[49] = 50.0
    found = tail_estimates.tail_mean(-np.arange(1000.0), 0.95, weights / weights.sum())
    assert found.note == "it rests on a handful of paths: 1 in the tail"


def test_strata_that_decide_a_quantile_leave_no_error():
    """Two strata, .1 and .9 of the weight; every path of the first is below every path of the second."""
    weights = np.append(np.full(50, 0.002), np.full(50, 0.018))
    design = SamplingDesign(weights, np.repeat([0, 1], 50))
    x = np.arange(100.0)
    found = estimate.quantile(x, 0.1, design)
    assert (found.value, found.note) == (49.0, "the strata leave no variance at the 10 % quantile")
    assert math.isnan(found.standard_error)
    assert estimate.quantile(x, 0.5, design).standard_error > 0.0
    # Where all values are the same there is nothing to be unsure of.
    assert estimate.quantile(np.ones(100), 0.1, design).standard_error == 0.0


@pytest.mark.parametrize(("paths", "has_error"), [(1, False), (3, False), (9, False), (10, True)])
def test_a_few_paths_on_which_one_rule_always_and_the_other_never_does_it_prove_nothing(paths, has_error):
    always, never = (estimate.probability(np.full(paths, happened), equal(paths)) for happened in (1.0, 0.0))
    gap = paired_difference(always, never, equal(paths))
    assert gap.value == 1.0
    assert math.isnan(gap.standard_error) != has_error
    assert math.isnan(gap.p) != has_error
    assert (gap.note is None) == has_error


def test_drawdowns_that_a_few_paths_do_not_show_are_not_zero_for_sure():
    """The pilot saw some (thresholds 0, .1, .2, .3); nine paths have none, nor have ten. Cash never has any."""
    for paths, has_error in ((9, False), (10, True)):
        nothing = np.zeros((4, paths))
        found = pooled_tail_mean(np.array([0.0, 0.1, 0.2, 0.3]), nothing, nothing, 0.95, equal(paths))
        assert found.value == 0.0
        assert (found.standard_error == 0.0) == has_error
    cash = pooled_tail_mean(np.arange(4) * 1e-6, np.zeros((4, 3)), np.zeros((4, 3)), 0.95, equal(3))
    assert (cash.value, cash.standard_error) == (0.0, 0.0)


def test_an_interval_beyond_the_sample_is_warned_of_though_there_is_an_error(scenario):
    """5 % ± 3.29 · sqrt(.05 · .95 / 150) = 5 % ± 5.9 % at a level of .999; at .95 it is ± 3.5 %."""
    result = rk.compare(scenario, paths=150, seed=1, progress=False)
    assert np.isfinite(result.errors("wealth_p05")).all(axis=None)
    with pytest.warns(RiskkitWarning, match=r"wealth_p05 of .*: too few paths for an interval at 0\.999"):
        assert result.interval("wealth_p05", level=0.999)["low"].isna().all()


def test_uncertainty_of_a_mean_that_rests_on_a_handful_is_nan_with_the_reason():
    """Volatility 200 % over ten years: the mean of wealth is made of the few largest paths."""
    market = rk.Market({"A": rk.Asset(rk.Uncertain(0.08, 0.05), 2.0)})
    case = rk.Scenario(rk.Portfolio([rk.Holding("A", 1.0)]), market, rk.Hold(), years=10, steps_per_year=1)
    with pytest.warns(RiskkitWarning, match="wealth_mean of hold: it rests on a handful"):
        found = rk.uncertainty(case, paths=3200, seed=1)
    assert found[["parameter_sd", "path_sd", "parameter_share", "standard_error"]].isna().all(axis=None)


@given(
    arrays(np.float64, st.integers(1, 300), elements=st.one_of(st.just(0.0), st.floats(1e-6, 1e6))),
    st.integers(0, 10),
    st.floats(0.01, 0.99),
)
def test_a_large_share_is_that_of_the_sorted_terms(terms, count, most):
    """The largest terms are looked for only where they may matter; at `most` itself rounding decides."""
    whole = terms.sum()
    share = np.sort(terms)[::-1][:count].sum() / whole if whole else 0.0
    assume(abs(share - most) > 1e-9)
    found = large_share(terms, count, most)
    assert found is None if share < most else found == pytest.approx(share, rel=1e-12)
