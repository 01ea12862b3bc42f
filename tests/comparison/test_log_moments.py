"""Volatility, skewness, Sharpe and Sortino ratio of final wealth against closed forms, the bootstrap and SciPy."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from random_results import random_result
from scipy import stats

import riskkit as rk
from riskkit._core.errors import RiskkitWarning
from riskkit.comparison.estimation.log_moments import sharpe_ratio, skewness, sortino_ratio, volatility
from riskkit.comparison.metrics import METRICS
from riskkit.engine.execution.out_of_core import Streamed

NAMES = ["wealth_volatility", "wealth_skewness", "sharpe", "sortino"]
YEARS = 10.0


def estimates(wealth, weights):
    return {
        "wealth_volatility": volatility(wealth, YEARS, weights),
        "wealth_skewness": skewness(wealth, weights),
        "sharpe": sharpe_ratio(wealth, YEARS, weights),
        "sortino": sortino_ratio(wealth, YEARS, weights),
    }


def by_definition(logs):
    """The four numbers of log wealth (…, path), each path alike."""
    mean, sd = logs.mean(axis=-1), logs.std(axis=-1)
    downside = np.sqrt(np.square(np.minimum(logs, 0.0)).mean(axis=-1))
    return {
        "wealth_volatility": sd / YEARS**0.5,
        "wealth_skewness": stats.skew(logs, axis=-1),
        "sharpe": mean / YEARS / (sd / YEARS**0.5),
        "sortino": mean / YEARS / (downside / YEARS**0.5),
    }


def mixture(paths: int, seed: int = 0):
    """Log wealth of a lognormal asset, less 0.7 on one path in five."""
    rng = np.random.default_rng(seed)
    return rng.normal(0.4, 0.8, paths) - 0.7 * (rng.random(paths) < 0.2)


def test_one_lognormal_asset_against_its_moments():
    """Monthly steps, m = 8 %, σ = 20 %, T = 10: x is normal with μ = T ln 1.08 - T σ²/2 and s = σ √T.

    So the volatility is σ, the skewness 0, Sharpe's ratio μ / (s √T); the squared downside deviation of a normal is
    (μ² + s²) Φ(-μ/s) - μ s φ(μ/s). A tolerance is four standard errors.
    """
    market = rk.Market({"A": rk.Asset(0.08, 0.2)})
    scenario = rk.Scenario(rk.Portfolio([rk.Holding("A", 1)]), market, rk.Hold(), steps_per_year=12)
    result = rk.compare(scenario, paths=20_000, seed=3)
    mean, sd = YEARS * (math.log(1.08) - 0.02), 0.2 * YEARS**0.5
    squared = (mean**2 + sd**2) * stats.norm.cdf(-mean / sd) - mean * sd * stats.norm.pdf(mean / sd)
    truth = {
        "wealth_volatility": 0.2,
        "wealth_skewness": 0.0,
        "sharpe": mean / sd / YEARS**0.5,
        "sortino": mean / math.sqrt(squared) / YEARS**0.5,
    }
    table, errors = result.table(NAMES).loc["hold"], result.errors(NAMES).loc["hold"]
    for name, value in truth.items():
        assert abs(table[name] - value) < 4.0 * errors[name], name
    # Errors of a normal sample: s / √(2n), √(6/n), and √((1 + S²T/2) / nT) (Lo 2002, eq. 9, of T-year returns).
    assert errors["wealth_volatility"] == pytest.approx(0.2 / math.sqrt(2 * 20_000), rel=0.05)
    assert errors["wealth_skewness"] == pytest.approx(math.sqrt(6 / 20_000), rel=0.1)
    ratio = truth["sharpe"] * YEARS**0.5
    assert errors["sharpe"] == pytest.approx(math.sqrt((1 + ratio**2 / 2) / 20_000 / YEARS), rel=0.05)


def test_values_and_errors_against_the_bootstrap():
    """2000 resamples: their standard deviation has an error of 1/√4000 = 1.6 %, so 8 % is five of these."""
    logs = mixture(1500)
    rng = np.random.default_rng(1)
    draws = [by_definition(logs[rng.integers(0, 1500, 1500)]) for _ in range(2000)]
    truth = by_definition(logs)
    for name, found in estimates(np.exp(logs), np.full(1500, 1 / 1500)).items():
        assert found.value == pytest.approx(float(truth[name]), rel=1e-9), name
        assert found.standard_error == pytest.approx(np.std([draw[name] for draw in draws]), rel=0.08), name
        assert abs(np.mean(found.influences)) < 1e-12


def test_path_weights_count_like_repeated_paths():
    """A path of weight 2/n counts as two."""
    logs = mixture(600)
    once, twice = logs[:200], np.concatenate([logs, logs[:400]])
    weights = np.where(np.arange(600) < 400, 2.0, 1.0) / 1000
    assert len(once) == 200
    found = estimates(np.exp(logs), weights)
    for name, value in by_definition(twice).items():
        assert found[name].value == pytest.approx(float(value), rel=1e-9), name


def test_out_of_core_columns_give_the_same_numbers():
    wealth, weights = np.exp(mixture(1500)), np.full(1500, 1 / 1500)
    streamed = Streamed(1500, lambda rows: wealth[rows])
    for name, found in estimates(streamed, weights).items():
        assert found.value == estimates(wealth, weights)[name].value
        assert found.standard_error == estimates(wealth, weights)[name].standard_error


@pytest.mark.slow
def test_paired_differences_cancel_what_is_common():
    """By the delta method on pairs: the error of a difference is the sd of the differences of resampled pairs."""
    result = random_result(paths=1500)
    logs = {rule: np.log(result.values(rule, "wealth")) for rule in ("hold", "trim")}
    rng = np.random.default_rng(2)
    draws = []
    for _ in range(2000):
        rows = rng.integers(0, 1500, 1500)
        ours, theirs = (by_definition(logs[rule][rows]) for rule in ("trim", "hold"))
        draws.append([ours[name] - theirs[name] for name in NAMES])
    found = result.differences(metrics=NAMES).loc["trim"]
    np.testing.assert_allclose(found["standard_error"], np.std(draws, axis=0), rtol=0.08)
    assert found["won"].isna().all()


def test_they_stand_in_the_table_by_name_only_and_say_nothing_of_single_paths():
    result = random_result(paths=400)
    assert not set(NAMES) & set(result.table().columns)
    assert result.table(NAMES).columns.tolist() == NAMES
    assert {METRICS[name].quantity for name in NAMES} == {None}
    assert result.regret("wealth").notna().all(axis=None)  # wealth is better if higher, whatever their direction


@pytest.mark.parametrize(
    ("wealth", "named", "reason"),
    [
        (np.append(np.exp(mixture(999)), 0.0), NAMES, "wealth is 0 on some paths, and its logarithm has no mean"),
        (np.full(1000, 1.1**10), ["wealth_skewness", "sharpe"], "final wealth is the same on all paths"),
        (np.exp(np.abs(mixture(1000))), ["sortino"], "no path ends below the start"),
    ],
)
def test_what_is_undefined_is_nan_with_the_reason(wealth, named, reason):
    found = estimates(wealth, np.full(1000, 1e-3))
    for name in named:
        assert math.isnan(found[name].value)
        assert found[name].note == reason
    assert [name for name in NAMES if math.isnan(found[name].value)] >= named


def test_a_ruined_path_without_weight_counts_for_nothing():
    wealth = np.exp(mixture(1000))
    for name, found in estimates(np.append(wealth, 0.0), np.append(np.full(1000, 1e-3), 0.0)).items():
        assert found.value == pytest.approx(float(by_definition(np.log(wealth))[name]), rel=1e-9)


def test_an_error_that_rests_on_a_handful_is_nan():
    """One path in 10,000 lost e⁻⁴⁰: it makes most of the squares and cubes; and five losing paths are too few."""
    logs = mixture(10_000)
    logs[0] = -400.0
    found = estimates(np.exp(np.maximum(logs, -400.0)), np.full(10_000, 1e-4))
    for name in ("wealth_volatility", "wealth_skewness", "sharpe"):
        assert math.isnan(found[name].standard_error)
        assert "handful" in found[name].note
    winners = np.abs(mixture(1000))
    winners[:5] = -0.1
    assert estimates(np.exp(winners), np.full(1000, 1e-3))["sortino"].note == (
        "it rests on a handful of paths: 5 in the tail"
    )


def test_ruin_warns_in_the_table():
    result = random_result(paths=400)
    columns = dict(result.outcomes.columns)
    columns["wealth"] = columns["wealth"].copy()
    columns["wealth"][0, 3] = 0.0
    ruined = replace(result, outcomes=replace(result.outcomes, columns=columns))
    with pytest.warns(RiskkitWarning, match="sharpe of hold: wealth is 0 on some paths"):
        assert ruined.table("sharpe")["sharpe"].isna().tolist() == [True, False, False]
