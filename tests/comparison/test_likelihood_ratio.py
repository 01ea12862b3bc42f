"""Reweighted comparisons against hand calculation, closed forms of Poisson processes and runs at the other rate."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.comparison.estimation import estimate
from riskkit.comparison.reweighting.likelihood_ratio import log_likelihood_ratio
from riskkit.market.hazards._hazard import Hazard
from riskkit.market.hazards._scaled import ScaledHazard

YEARS = 5.0
EXIT, CRASH, AGE = "founder exit", "crash", "age"


@dataclass(frozen=True)
class Ageing(Hazard):
    """An intensity that grows from 0: 0.02 more a year, each year; 0.25 expected in five."""

    def cumulative(self, t):
        return 0.01 * np.asarray(t, dtype=float) ** 2


def scenario(exit_rate: float = 0.02, crash_rate: float = 0.1, *, compensate: bool = False) -> rk.Scenario:
    """A founder's exit that comes once, a crash that comes again, and a hazard that grows."""
    portfolio = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("B", 40)])
    shocks = [
        rk.founder_exit(portfolio, "Ann", exit_rate, rk.Impact(-0.5, 0.1)),
        rk.Shock(CRASH, crash_rate, {"A": -0.3, "B": -0.2}),
        rk.Shock(AGE, Ageing(), {"A": -0.1}),
    ]
    assets = {"A": rk.Asset(0.08, 0.4), "B": rk.Asset(0.06, 0.15)}
    market = rk.Market(assets, {"A": {"B": 0.4}}, shocks=shocks, compensate=compensate)
    rules = [rk.Hold(), rk.Cap(0.3), rk.DiversifyNow()]
    return rk.Scenario(
        portfolio, market, rules, frictions=rk.Frictions(0.001), years=YEARS, steps_per_year=12, goal=1.5
    )


@cache
def run(paths: int = 20_000, seed: int = 1, **rates: float) -> rk.Comparison:
    return rk.compare(scenario(**rates), paths=paths, seed=seed, workers=1, progress=False)


def rate_of(result: rk.Comparison, name: str) -> object:
    return next(shock.rate for shock in result.scenario.market.shocks if shock.name == name)


def test_weights_by_hand():
    """Twice the rate on two kinds of path: none with Λ = 0.2 gives e^-0.2, one with Λ = 0.1 gives 2 e^-0.1."""
    result = run()
    event_counts, hazards = dict(result.outcomes.event_counts), dict(result.outcomes.hazards)
    odd = np.arange(result.paths) % 2
    event_counts[EXIT], hazards[EXIT] = odd, np.where(odd == 1, 0.1, 0.2)
    made = replace(result, outcomes=replace(result.outcomes, event_counts=event_counts, hazards=hazards))
    weights = made.reweight({EXIT: 0.04}).path_weights
    total = 10_000 * (math.exp(-0.2) + 2.0 * math.exp(-0.1))
    np.testing.assert_allclose(weights[:2], [math.exp(-0.2) / total, 2.0 * math.exp(-0.1) / total], rtol=1e-12)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)


def test_logarithms_by_hand():
    """Three times the rate: n ln 3 - 2 Λ; rate 0 takes out every path with an event and leaves e^Λ."""
    event_counts, hazard = np.array([0, 1, 4]), np.array([0.5, 0.2, 0.5])
    expected = [-1.0, math.log(3.0) - 0.4, 4.0 * math.log(3.0) - 1.0]
    np.testing.assert_allclose(log_likelihood_ratio(event_counts, hazard, 3.0), expected, rtol=1e-14)
    np.testing.assert_array_equal(log_likelihood_ratio(event_counts, hazard, 0.0), [0.5, -math.inf, -math.inf])


def test_event_counts_under_the_new_rate_against_poisson():
    """A once shock at 0.04 happens with 1 - e^-0.2 in five years; one at 0.2 happens once a year in the mean of five,
    with P(none) = e^-1; the ageing one at twice its hazard 0.5 times in the mean."""
    result = run().reweight({EXIT: 0.04, CRASH: 0.2}, factors={AGE: 2.0})
    design, event_counts = result.outcomes.design, result.outcomes.event_counts
    cases = [
        (estimate.mean(event_counts[EXIT] > 0, design), 1.0 - math.exp(-0.2)),
        (estimate.mean(event_counts[CRASH].astype(float), design), 1.0),
        (estimate.mean(event_counts[CRASH] == 0, design), math.exp(-1.0)),
        (estimate.mean(event_counts[AGE].astype(float), design), 0.5),
    ]
    for found, expected in cases:
        assert abs(found.value - expected) < 4.0 * found.standard_error
        assert found.standard_error < 0.02


def off(first: rk.Comparison, second: rk.Comparison) -> np.ndarray:
    """How far apart two independent runs are, in standard errors, on every metric of every rule that has one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        gap = (first.table() - second.table()).to_numpy()
        error = np.hypot(first.errors(), second.errors()).to_numpy()
    with_error = ~np.isnan(error) & (error > 0.0)
    assert with_error.mean() > 0.8
    return gap[with_error] / error[with_error]


def test_reweighting_agrees_with_a_run_at_the_new_rate_on_every_metric():
    assert np.abs(off(run().reweight({EXIT: 0.04}), run(seed=2, exit_rate=0.04))).max() < 4.0


def test_lower_rates_and_several_at_once_agree_with_a_run_too():
    lower = run().reweight({EXIT: 0.01, CRASH: 0.05})
    assert np.abs(off(lower, run(seed=3, exit_rate=0.01, crash_rate=0.05))).max() < 4.0


def test_a_stratified_result_is_reweighted_within_its_strata():
    stratified = rk.compare(scenario(), paths=20_032, seed=4, progress=False, sampling="stratified", on=EXIT)
    assert np.abs(off(stratified.reweight({EXIT: 0.04}), run(seed=2, exit_rate=0.04))).max() < 4.0


@pytest.mark.slow
def test_errors_after_reweighting_against_repetition():
    """Squared gaps in standard errors are 1 in the mean. Those of one pair of runs move together and have a standard
    deviation of about 0.6; the mean of twelve pairs is within 4 * 0.6 / sqrt(12) = 0.7 of 1."""
    pairs = [(run(4000, 100 + pair), run(4000, 200 + pair, exit_rate=0.04)) for pair in range(12)]
    squares = [np.mean(off(plain.reweight({EXIT: 0.04}), fresh) ** 2) for plain, fresh in pairs]
    assert 0.3 < np.mean(squares) < 1.7


def test_there_and_back_is_where_it_was():
    result = run()
    back = result.reweight({EXIT: 0.05}, factors={AGE: 3.0}).reweight({EXIT: 0.02}, factors={AGE: 1.0 / 3.0})
    np.testing.assert_allclose(back.path_weights, 1.0 / result.paths, rtol=1e-12)
    assert rate_of(back, EXIT) == 0.02


def test_shocks_together_are_one_after_the_other():
    result = run()
    together = result.reweight({EXIT: 0.03, CRASH: 0.15})
    in_turn = result.reweight({CRASH: 0.15}).reweight({EXIT: 0.03})
    np.testing.assert_allclose(together.path_weights, in_turn.path_weights, rtol=1e-10)
    assert together.scenario == in_turn.scenario


def test_the_same_rate_changes_nothing():
    result = run()
    same = result.reweight({EXIT: 0.02})
    assert (same.table(["wealth_median", "ced95"]) == result.table(["wealth_median", "ced95"])).all(axis=None)
    assert same.effective_sample_size == pytest.approx(result.paths)


def test_rate_zero_keeps_the_paths_without_an_event():
    result = run()
    without = result.reweight({CRASH: 0.0})
    spared = result.outcomes.event_counts[CRASH] == 0
    assert (without.path_weights[~spared] == 0.0).all()
    np.testing.assert_allclose(without.path_weights[spared], 1.0 / spared.sum(), rtol=1e-12)
    with pytest.raises(InvalidInput, match=r"shock 'crash' must be 0, .* run rk\.compare on a scenario in which"):
        without.reweight({CRASH: 0.1})


def test_the_scenario_and_the_assumptions_have_the_new_rates():
    result = run().reweight({EXIT: 0.04}, factors={AGE: 2.0, CRASH: 0.5})
    assert rate_of(result, EXIT) == 0.04
    assert rate_of(result, CRASH) == 0.05
    assert rate_of(result, AGE) == ScaledHazard(2.0, Ageing())
    assert any(line.startswith("founder exit: 4 % a year, once") for line in result.assumptions())
    assert result.scenario.rules == run().scenario.rules
    assert any("4 % a year" in line for line in result.table("ulcer").attrs["assumptions"])


def test_the_effective_sample_size_is_stated():
    """Of a repeating shock E[LR²] = exp((c - 1)² Λ): from 0.1 to 0.15 over five years e^0.125, so 88 % of the paths."""
    result = run().reweight({CRASH: 0.15})
    ratio = result.path_weights * result.paths
    # Of (mean of ratio)² / mean of ratio², by the delta method.
    error = np.std(2.0 * ratio - ratio**2 / np.mean(ratio**2)) / math.sqrt(result.paths)
    share = result.effective_sample_size / result.paths
    assert abs(share - math.exp(-0.125)) < 4.0 * error < 0.02
    text = repr(result)
    assert "reweighted: crash from 10 % to 15 % a year" in text
    assert f"effective sample size: {result.effective_sample_size:,.0f} of 20,000 paths" in text
    assert run().effective_sample_size == pytest.approx(20_000)
    assert "effective" not in repr(run())


def test_too_small_an_effective_sample_size_is_refused_with_advice():
    """exp(-(c - 1)² Λ) with Λ = 0.5 is below 1 % from c = 4.04 on."""
    left = "must leave an effective sample size of at least 200 paths, got .* of 20,000"
    with pytest.raises(
        InvalidInput, match=rf"crash from 10 % to 60 % a year\) {left}; run rk\.compare on the scenario"
    ):
        run().reweight({CRASH: 0.6})


@pytest.mark.parametrize(
    ("rates", "factors", "message"),
    [
        ({"exit": 0.1}, {}, r"shock in rates must name one of 'founder exit', 'crash', 'age', got 'exit'"),
        ({}, {"crush": 2.0}, r"shock in factors must name one of .* \(did you mean 'crash'\?\)"),
        ({}, {}, "reweight must be given a rate or a factor, got none"),
        ({EXIT: 0.1}, {EXIT: 2.0}, "shock 'founder exit' must have a rate or a factor, got both"),
        ({EXIT: -0.1}, {}, r"rate of shock 'founder exit' must be >= 0, got -0\.1"),
        ({EXIT: "4 %"}, {}, "rate of shock 'founder exit' must be a number, got '4 %'"),
        ({}, {EXIT: -1.0}, r"factor of shock 'founder exit' must be >= 0, got -1\.0"),
        ({AGE: 0.1}, {}, r"rate of shock 'age' must replace a constant rate, .* say factors=\{'age': \.\.\.\}"),
        ([EXIT], {}, r"rates must be a mapping \{shock: number\}, got \['founder exit'\]"),
    ],
)
def test_impossible_rates_and_factors_are_refused(rates, factors, message):
    with pytest.raises(InvalidInput, match=message):
        run().reweight(rates, factors=factors)


def test_a_drift_that_moves_with_the_rate_is_refused():
    result = rk.compare(scenario(compensate=True), paths=200, seed=1, progress=False)
    with pytest.raises(InvalidInput, match=r"compensate=True, where the drift moves with the rate; run rk\.compare"):
        result.reweight({EXIT: 0.04})


def test_a_forced_shock_is_refused():
    result = rk.compare(scenario().with_event(EXIT, year=1.0), paths=200, seed=1, progress=False)
    with pytest.raises(InvalidInput, match="shock 'founder exit' must not be forced"):
        result.reweight({EXIT: 0.04})


def test_it_can_be_saved_and_taken_further(tmp_path):
    """Without the hazard of a class of this test, which cannot be saved."""
    market = replace(scenario().market, shocks=scenario().market.shocks[:2])
    result = rk.compare(replace(scenario(), market=market), paths=2000, seed=1, progress=False).reweight({EXIT: 0.04})
    result.save(tmp_path / "riskier")
    loaded = rk.Comparison.load(tmp_path / "riskier")
    assert repr(loaded) == repr(result)
    assert (loaded.reweight({EXIT: 0.03}).path_weights == result.reweight({EXIT: 0.03}).path_weights).all()


def test_net_needs_paths_of_equal_weights():
    with pytest.raises(InvalidInput, match="net runs the scenario again and needs paths of equal weights"):
        run().reweight({EXIT: 0.04}).net()
