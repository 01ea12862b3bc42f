"""Tilted comparisons: views hold, errors are those of closed forms, and what the sample cannot hold is named."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from random_results import random_result

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.reweighting.views import Mean, Probability, Quantile

HOLD = Mean("wealth", rule="hold")


def mean(result: Comparison, rule: str, quantity: str) -> float:
    return float((result.path_weights * result.values(rule, quantity)).sum())


@pytest.fixture(scope="module")
def crashes() -> Comparison:
    """A market with a crash that comes again, 0.5 times in the mean of five years."""
    shock = rk.Shock("crash", 0.1, {"A": -0.3})
    market = rk.Market({"A": rk.Asset(0.06, 0.15)}, shocks=shock)
    scenario = rk.Scenario(rk.Portfolio([rk.Holding("A", 1)]), market, rk.Hold(), years=5, steps_per_year=12)
    return rk.compare(scenario, paths=20_000, seed=1, progress=False)


def test_the_mean_of_event_counts_tilts_like_a_likelihood_ratio(crashes: Comparison):
    """Ratios c^n e^-(c-1)Λ with one Λ for all paths are the exponential family of n, so the tilt to the mean that they
    give is they themselves."""
    reweighted = crashes.reweight({"crash": 0.15})
    event_counts = crashes.outcomes.event_counts["crash"]
    tilted = crashes.tilt({Mean("crash"): (reweighted.path_weights * event_counts).sum()})
    np.testing.assert_allclose(tilted.path_weights, reweighted.path_weights, rtol=1e-8)


def test_the_expected_mean_of_event_counts_gives_the_rate(crashes: Comparison):
    """To 0.75 events in five years: a path with one event more weighs 1.5 times as much, within the error of
    the sample mean: 0.5 with a standard error of sqrt(0.5 / 20,000)."""
    tilted = crashes.tilt({Mean("crash"): 0.75})
    event_counts = crashes.outcomes.event_counts["crash"]
    factor = tilted.path_weights[event_counts == 1][0] / tilted.path_weights[event_counts == 0][0]
    assert factor == pytest.approx(1.5, abs=4.0 * 1.5 * math.sqrt(0.5 / 20_000) / 0.5)


def test_views_hold():
    result = random_result(4000)
    views = {
        HOLD: 1.6,
        Mean("max_drawdown", rule="trim"): (None, 0.45),
        Probability("wealth", rule="trim", at_least=2.0): (0.35, 0.4),
        Probability("ulcer", rule="hold", at_least=0.2, at_most=0.3): 0.5,
        Quantile("wealth", 0.05, rule="hold"): 0.8,
        Mean("founder exit"): 0.3,
    }
    tilted = result.tilt(views)
    weights = tilted.path_weights
    wealth, trim = tilted.values("hold", "wealth"), tilted.values("trim", "wealth")
    ulcer = tilted.values("hold", "ulcer")
    assert weights.sum() == pytest.approx(1.0)
    assert mean(tilted, "hold", "wealth") == pytest.approx(1.6, abs=1e-8)
    assert mean(tilted, "trim", "max_drawdown") <= 0.45 + 1e-8
    assert 0.35 - 1e-8 <= weights[trim >= 2.0].sum() <= 0.4 + 1e-8
    assert weights[(ulcer >= 0.2) & (ulcer <= 0.3)].sum() == pytest.approx(0.5, abs=1e-8)
    assert weights[wealth <= 0.8].sum() == pytest.approx(0.05, abs=1e-8)
    assert (weights * tilted.outcomes.event_counts["founder exit"]).sum() == pytest.approx(0.3, abs=1e-8)
    assert tilted.table("wealth_p05").loc["hold", "wealth_p05"] == wealth[wealth <= 0.8].max()


def test_quantiles_within_bounds():
    """A median of at least 1.6 is a share of at most half below it; one of at most 1.2 a share of at least half."""
    result = random_result(4000)
    wealth = result.values("hold", "wealth")
    up = result.tilt({Quantile("wealth", 0.5, rule="hold"): (1.6, None)})
    down = result.tilt({Quantile("wealth", 0.5, rule="hold"): (None, 1.2)})
    assert up.path_weights[wealth < 1.6].sum() == pytest.approx(0.5, abs=1e-8)
    assert down.path_weights[wealth <= 1.2].sum() == pytest.approx(0.5, abs=1e-8)


def test_views_that_hold_already_change_nothing():
    result = random_result()
    same = result.tilt({HOLD: (0.1, 10.0), Quantile("wealth", 0.5, rule="hold"): (0.5, 3.0)})
    np.testing.assert_allclose(same.path_weights, 1.0 / 1000, rtol=1e-14)
    assert float(same.notes["relative entropy"]) == 0.0


def test_probability_1_leaves_the_paths_with_the_event():
    """Given the exit: half of the paths, alike; relative entropy -ln of their share."""
    result = random_result()
    conditional = result.tilt({Probability("founder exit", at_least=1): 1.0})
    happened = result.outcomes.event_counts["founder exit"] == 1
    np.testing.assert_allclose(conditional.path_weights, happened / happened.sum(), rtol=1e-14)
    assert float(conditional.notes["relative entropy"]) == pytest.approx(-math.log(happened.mean()), abs=1e-5)
    assert conditional.effective_sample_size == pytest.approx(happened.sum())
    without = result.tilt({Mean("founder exit"): 0.0, HOLD: 1.5})
    assert (without.path_weights[happened] == 0.0).all()
    assert mean(without, "hold", "wealth") == pytest.approx(1.5, abs=1e-8)


def correlated(paths: int, seed: int) -> Comparison:
    """Wealth of hold and trim with means 10, variances 1 and correlation 0.8."""
    rng = np.random.default_rng(seed)
    result = random_result(paths, seed)
    first, other = rng.standard_normal((2, paths))
    result.outcomes.columns["wealth"][0] = 10.0 + first
    result.outcomes.columns["wealth"][2] = 10.0 + 0.8 * first + 0.6 * other
    return result


def test_the_error_under_a_view_against_its_closed_form():
    """A mean of 10.3 for the one weighs e^(0.3 z - 0.045), whose square has the mean e^0.09 and moves no residual: the
    other is 10.24 with a variance of e^0.09 · (1 - 0.8²) / n."""
    tilted = correlated(40_000, 1).tilt({HOLD: 10.3})
    found = tilted.estimate("trim", "wealth_mean")
    expected = math.sqrt(math.exp(0.09) * 0.36 / 40_000)
    assert found.standard_error == pytest.approx(expected, rel=0.03)
    assert abs(found.value - 10.24) < 4.0 * expected
    assert tilted.estimate("hold", "wealth_mean").standard_error == 0.0
    difference = tilted.differences(metrics="wealth_mean").loc[("trim", "wealth_mean")]
    assert difference["standard_error"] == pytest.approx(expected, rel=0.03)


@pytest.mark.slow
def test_the_error_under_a_view_against_repetition():
    """The standard deviation of 200 answers is known to 4 / sqrt(400) = 20 %."""
    found = [correlated(1000, seed).tilt({HOLD: 10.3}) for seed in range(200)]
    for metric in ("wealth_mean", "wealth_median"):
        answers = [each.estimate("trim", metric) for each in found]
        spread = np.std([answer.value for answer in answers], ddof=1)
        assert np.mean([answer.standard_error for answer in answers]) == pytest.approx(spread, rel=0.2)


def test_views_are_stated_in_notes_assumptions_and_text():
    tilted = random_result().tilt({HOLD: 1.5, Probability("founder exit", at_least=1): (0.6, None)})
    words = "mean of wealth of hold = 1.5; P(events of founder exit >= 1) >= 0.6"
    assert tilted.notes["tilted"] == words
    assert tilted.assumptions()[-1] == f"Views, met by weighting the paths: {words} (assumption)."
    assert tilted.table("ulcer").attrs["assumptions"] == tilted.assumptions()
    text = repr(tilted)
    assert f"tilted: {words}" in text
    assert f"effective sample size: {tilted.effective_sample_size:,.0f} of 1,000 paths" in text
    assert "relative entropy: 0.0" in text
    assert tilted.scenario == random_result().scenario


def test_descriptions_of_view_statistics():
    assert Mean("founder exit").describe() == "mean of events of founder exit"
    assert Quantile("wealth", 0.025, rule="hold").describe() == "2.5 % quantile of wealth of hold"
    assert Probability("wealth", rule="hold", at_most=1).describe() == "P(wealth of hold <= 1)"
    assert Probability("ulcer", rule="hold", at_least=0, at_most=0.2).describe() == "P(0 <= ulcer of hold <= 0.2)"


def test_it_can_be_pickled_with_its_errors():
    tilted = correlated(1000, 0).tilt({HOLD: 10.3})
    copy = pickle.loads(pickle.dumps(tilted))
    assert copy.errors("wealth_mean").equals(tilted.errors("wealth_mean"))


def test_saving_is_refused_as_views_are_not_stored(tmp_path):
    with pytest.raises(InvalidInput, match="save needs a result that is not tilted; save the one that was tilted"):
        random_result().tilt({HOLD: 1.5}).save(tmp_path / "tilted")


@pytest.mark.parametrize(
    ("views", "message"),
    [
        (
            {HOLD: 500.0},
            r"support in the sample, where mean of wealth of hold can be from 0\.\d+ to \d\.\d+, got mean of .* = 500",
        ),
        ({HOLD: (500.0, None)}, "got mean of wealth of hold >= 500"),
        ({HOLD: (None, 0.01)}, r"got mean of wealth of hold <= 0\.01"),
        (
            {Probability("wealth", rule="hold", at_least=99): 0.1},
            r"where P\(wealth of hold >= 99\) can be from 0 to 0, got P\(wealth of hold >= 99\) = 0\.1",
        ),
        (
            {Quantile("wealth", 0.5, rule="hold"): 99.0},
            r"where P\(wealth of hold <= 99\) can be from 1 to 1, got 50 % quantile of wealth of hold = 99",
        ),
        (
            {Probability("founder exit", at_least=1): 1.0, Mean("founder exit"): 0.5},
            r"where given the other views mean of events of founder exit can be from 1 to 1, got mean of .* = 0\.5",
        ),
        (
            {Probability("founder exit", at_least=1): 1.0, Probability("founder exit", at_most=0): 1.0},
            "views must leave some paths, got .* which no path meets",
        ),
        (
            {HOLD: 0.8, Mean("founder exit"): 0.4, Probability("wealth", rule="hold", at_least=2): 0.6},
            r"contradict each other in the sample, got mean of wealth of hold = 0.8; P\(wealth of hold >= 2\) = 0.6; "
            r"given the others, P\(wealth of hold >= 2\) can be from 0 to 0\.\d",
        ),
        (
            {HOLD: 3.5},
            r"tilt \(mean of wealth of hold = 3.5\) must leave an effective sample size of at least 100",
        ),
        ({Mean("wealth", rule="holt"): 1.0}, r"rule must name one of 'hold', .* \(did you mean 'hold'\?\)"),
        ({Mean("welth", rule="hold"): 1.0}, r"quantity must name one of .* \(did you mean 'wealth'\?\)"),
        ({Mean("exit"): 1.0}, "quantity without rule= must name one of 'founder exit', got 'exit'"),
        (
            {"wealth": 1.0},
            "a view must be of a Mean, Probability, .* Variance or Correlation, got 'wealth'",
        ),
        ({}, r"views must be a mapping \{Mean, Probability, .* or Correlation: value\}, got \{\}"),
        ({HOLD: (None, None)}, r"mean of wealth of hold must be a number or a pair \(at least, at most\)"),
        ({HOLD: (2.0, 1.0)}, "mean of wealth of hold must be at most its upper bound 1, got at least 2"),
        ({HOLD: "two"}, "mean of wealth of hold must be a number, got 'two'"),
    ],
)
def test_views_without_support_are_refused_by_name(views, message):
    with pytest.raises(InvalidInput, match=message):
        random_result().tilt(views)


def test_a_tilted_result_is_neither_tilted_nor_reweighted_again(crashes: Comparison):
    tilted = crashes.tilt({Mean("crash"): 0.6})
    with pytest.raises(InvalidInput, match=r"tilt needs a result that is not tilted, .* state all at once"):
        tilted.tilt({Mean("crash"): 0.7})
    with pytest.raises(InvalidInput, match=r"reweight needs a result that is not tilted, .* tilt last"):
        tilted.reweight({"crash": 0.2})
    assert crashes.reweight({"crash": 0.12}).tilt({Mean("crash"): 0.7}).notes["tilted"].endswith("= 0.7")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Mean(""), "Mean: quantity must be a non-empty string"),
        (lambda: Mean("wealth", rule=3), "Mean: rule must be a non-empty string, got 3"),
        (
            lambda: Probability("wealth", rule="hold"),
            "Probability must be given at_least, at_most or both, got neither",
        ),
        (lambda: Probability("wealth", at_least=math.nan), "Probability: at_least must be finite, got nan"),
        (lambda: Quantile("wealth", 1.0), r"Quantile: p must be > 0 and < 1, got 1\.0"),
    ],
)
def test_view_statistics_are_validated_when_they_are_built(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()


def test_a_rare_sure_event_needs_a_hundred_paths_only():
    """Of 20,000 paths 150 have it, less than 1 %, all at the same weight; of 99 there are too few."""
    result = random_result(20_000)
    result.outcomes.event_counts["founder exit"][:] = np.arange(20_000) < 150
    conditional = result.tilt({Probability("founder exit", at_least=1): 1.0})
    assert conditional.effective_sample_size == pytest.approx(150.0)
    result.outcomes.event_counts["founder exit"][:] = np.arange(20_000) < 99
    with pytest.raises(InvalidInput, match=r"at least 100 paths, got 99\.0 of 20,000; state weaker views"):
        result.tilt({Probability("founder exit", at_least=1): 1.0})
