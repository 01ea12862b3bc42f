"""Stratified runs: strata by hand, their laws, the same answers as plain runs, smaller errors of rare events."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from samples import assert_share
from scenes import Ageing, house, house_market, rules_of_every_kind
from scipy import optimize, stats

import riskkit as rk
from riskkit._random.streams import Stream
from riskkit.comparison.estimation import estimate, tail_estimates
from riskkit.engine.execution import run as engine_run
from riskkit.engine.inputs.strata import BATCH, stratify


def numbers(count):
    return np.arange(count, dtype=np.uint64)


def strata_of(*shocks, years=1.0):
    """Strata of a small house with these shocks."""
    scenario = house(rk.Hold(), market=house_market(shocks=shocks), years=years)
    return stratify(scenario, tuple(shock.name for shock in shocks))


def stratified(scenario, paths, on, seed=1, workers=1):
    return rk.compare(
        scenario, paths=paths, seed=seed, workers=workers, progress=False, sampling="stratified", on=on
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# Strata
# ---------------------------------------------------------------------------------------------------------------------


def test_a_shock_that_comes_once_has_two_strata():
    """P(none) = e^-.02. A quarter of 64 by probability and 24 to each: 16 * .0198 + 24 = 24.3 and 39.7 paths."""
    strata = strata_of(rk.Shock("exit", 0.02, {"listed": -0.5}, once=True))
    assert strata.counts.tolist() == [[0], [1]]
    assert strata.probability == pytest.approx([math.exp(-0.02), 1.0 - math.exp(-0.02)], rel=1e-14)
    assert np.bincount(strata.pattern).tolist() == [40, 24]


@pytest.mark.parametrize(
    ("hazard", "classes"),
    [
        (0.02, 2),  # P(2 or more) = .0002
        (0.2, 3),  # .0175; P(3 or more) = .0011
        (1.0, 4),  # .26, .08; no more than four classes
        (40.0, 4),
        (Ageing(0.4), 3),  # .2 expected in a year
    ],
)
def test_counts_are_strata_of_their_own_while_the_rest_has_one_percent(hazard, classes):
    strata = strata_of(rk.Shock("crash", hazard, {"listed": -0.1}))
    expected = float(strata_hazard(hazard))
    assert strata.counts[:, 0].tolist() == list(range(classes))
    law = stats.poisson(expected)
    wanted = [*law.pmf(np.arange(classes - 1)), law.sf(classes - 2)]
    assert strata.probability == pytest.approx(wanted, rel=1e-10, abs=1e-300)


def strata_hazard(hazard):
    return hazard.cumulative(1.0) if isinstance(hazard, Ageing) else hazard


def test_several_shocks_make_products():
    exit_ = rk.Shock("exit", 0.1, {"listed": -0.5}, once=True)
    strata = strata_of(exit_, rk.Shock("crash", 0.2, {"listed": -0.1}))
    assert strata.counts.tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    law = stats.poisson(0.2)
    crash = np.array([law.pmf(0), law.pmf(1), law.sf(1)])
    wanted = np.concatenate([math.exp(-0.1) * crash, -math.expm1(-0.1) * crash])
    assert strata.probability == pytest.approx(wanted, rel=1e-10)
    assert (np.bincount(strata.pattern) >= np.floor(64 * (0.25 * wanted + 0.75 / 6))).all()


def test_every_beginning_of_a_batch_has_its_strata_in_their_shares():
    """To one path: a run that ends within a batch is nearly as well divided."""
    strata = strata_of(rk.Shock("exit", 0.1, {"listed": -0.5}, once=True), rk.Shock("crash", 0.2, {"listed": -0.1}))
    shares = np.bincount(strata.pattern) / BATCH
    for length in range(1, BATCH + 1):
        counts = np.bincount(strata.pattern[:length], minlength=shares.size)
        assert (np.abs(counts - length * shares) <= 1.0).all()


def test_a_path_has_the_stratum_of_its_number():
    strata = strata_of(rk.Shock("exit", 0.1, {"listed": -0.5}, once=True))
    late = np.arange(10**12, 10**12 + 1000, dtype=np.uint64)
    np.testing.assert_array_equal(strata.of(late), [strata.pattern[number % 64] for number in late.tolist()])


def test_counts_beyond_the_classes_follow_the_truncated_poisson_law():
    """Λ = 1.6: the last class is three or more; P(n | n >= 3) by SciPy."""
    strata = strata_of(rk.Shock("crash", 1.6, {"listed": -0.1}))
    paths = numbers(BATCH * 2000)
    counts = strata.event_counts(paths, partial(Stream, 5))["crash"]
    stratum = strata.of(paths)
    for count in range(3):
        assert (counts[stratum == count] == count).all()
    beyond, law = counts[stratum == 3], stats.poisson(1.6)
    for count in range(3, 8):
        assert_share(beyond == count, law.pmf(count) / law.sf(2))
    assert_share(beyond >= 8, law.sf(7) / law.sf(2))


def test_a_path_has_the_same_events_in_any_selection():
    strata = strata_of(rk.Shock("crash", 1.6, {"listed": -0.1}))
    paths = numbers(1000)
    whole = strata.event_counts(paths, partial(Stream, 5))["crash"]
    np.testing.assert_array_equal(strata.event_counts(paths[300:700], partial(Stream, 5))["crash"], whole[300:700])


# ---------------------------------------------------------------------------------------------------------------------
# Runs
# ---------------------------------------------------------------------------------------------------------------------


def rare(steps_per_year=12, years=1, volatility=0.4):
    """One holding, whose founder leaves at 2 % a year, which costs 70 %."""
    portfolio = rk.Portfolio([rk.Holding("A", 1, founder="Ann")])
    market = rk.Market({"A": rk.Asset(0.08, volatility)}, shocks=rk.founder_exit(portfolio, "Ann", 0.02, -0.7))
    return rk.Scenario(portfolio, market, rk.Hold(), years=years, steps_per_year=steps_per_year)


def worst_thousandth(volatility=0.4):
    """Mean loss of the worst thousandth of `rare` after a year: 1.08 e^{σZ - σ²/2}, times .3 with P = 1 - e^-.02.

    P(W <= w) mixes two normal laws of ln W; E[W; W <= w] of a lognormal of mean m is m Φ((ln(w/m) - σ²/2) / σ).
    """
    mixture = [(math.exp(-0.02), 1.08), (-math.expm1(-0.02), 1.08 * 0.3)]

    def below(w, shift):
        return [stats.norm.cdf((math.log(w / mean) + shift * volatility**2 / 2) / volatility) for _, mean in mixture]

    edge = optimize.brentq(
        lambda w: sum(p * b for (p, _), b in zip(mixture, below(w, 1), strict=True)) - 0.001, 1e-6, 1
    )
    tail_below = sum(p * mean * b for (p, mean), b in zip(mixture, below(edge, -1), strict=True))
    return 1.0 - tail_below / 0.001


def test_a_stratified_run_tells_the_probabilities_of_its_strata_exactly():
    result = stratified(rare(), 6400, "founder exit")
    counts, weights = result.outcomes.event_counts["founder exit"], result.path_weights
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert weights[counts == 1].sum() == pytest.approx(-math.expm1(-0.02), rel=1e-12)
    assert (counts == 1).sum() == 2400
    np.testing.assert_array_equal(result.outcomes.stratum, counts)
    assert result.notes["sampling"] == "stratified on founder exit"
    assert rk.compare(rare(), paths=10, seed=1, progress=False).notes["sampling"] == "plain"


def test_worst_thousandth_against_theory_with_a_fifteenth_of_the_variance():
    """A variance that is made by the 262 paths of the plain tail is known to about 15 %, the ratio is near 20. Both
    values are within 4 of their own standard errors of the closed form."""
    scenario, paths = rare(steps_per_year=1), 2**18
    plain = rk.compare(scenario, paths=paths, seed=1, progress=False)
    better = stratified(scenario, paths, "founder exit")
    found = [
        tail_estimates.tail_mean(1.0 - result.values("hold", "wealth"), 0.999, result.outcomes.design)
        for result in (plain, better)
    ]
    for each in found:
        assert each.value == pytest.approx(worst_thousandth(), abs=4 * each.standard_error)
    assert (found[0].standard_error / found[1].standard_error) ** 2 >= 15.0
    measured = rk.measures.expected_shortfall(1.0 - better.values("hold", "wealth"), 0.999, weights=better.path_weights)
    assert measured == pytest.approx(found[1].value, rel=1e-12)


def test_errors_of_stratified_runs_against_their_spread():
    """200 pieces of a long run are runs of their own; a sd from 200 is known to 5 %; four of those."""
    paths, runs = 64 * 64, 200
    outcomes = stratified(rare(steps_per_year=1), paths * runs, "founder exit").outcomes
    found = []
    for number in range(runs):
        rows = slice(number * paths, (number + 1) * paths)
        design = replace(
            outcomes.design, path_weights=outcomes.path_weights[rows] * runs, stratum=outcomes.stratum[rows]
        )
        wealth = outcomes.columns["wealth"][0, rows]
        found.append(
            [
                estimate.mean(wealth, design),
                estimate.quantile(wealth, 0.05, design),
                estimate.probability(wealth < 0.3, design),
                tail_estimates.tail_mean(-wealth, 0.99, design),
            ]
        )
    for column in zip(*found, strict=True):
        spread = np.std([each.value for each in column], ddof=1)
        assert np.mean([each.standard_error for each in column]) == pytest.approx(spread, rel=4 / math.sqrt(398))


@pytest.mark.parametrize("on", [["founder exit"], ["crash", "founder exit"]])
def test_stratified_and_plain_runs_agree_on_every_metric(on):
    """Paired differences too. The same seed shares the diffusion, so that 4 joint standard errors are generous."""
    scenario = house(
        rk.Hold(), rk.Rebalance(3), rk.Cap(0.4, to=0.3), rk.DrawdownControl(0.4), rk.Trim(0.6, 1.5), years=2
    )  # fmt: skip
    plain = rk.compare(scenario, paths=20_000, seed=1, progress=False)
    better = stratified(scenario, 19_968, on, seed=1)
    gap = (better.table() - plain.table()).abs()
    noise = np.hypot(better.errors(), plain.errors())
    assert (gap <= 4.0 * noise + 1e-12).all(axis=None)
    ours, theirs = better.differences(), plain.differences()
    noise = np.hypot(ours["standard_error"], theirs["standard_error"])
    assert ((ours["difference"] - theirs["difference"]).abs() <= 4.0 * noise + 1e-12).all()
    assert ((ours["won"] - theirs["won"]).abs().dropna() <= 4.0 * math.sqrt(2 * 0.25 * 4 / 20_000)).all()
    assert (better.errors()["ced95"] / plain.errors()["ced95"]).max() < 1.1


def test_same_bits_for_any_batch_size_number_of_threads_and_length(monkeypatch):
    scenario = house(*rules_of_every_kind(every=0), years=1)
    on = ["crash", "founder exit"]
    alone = stratified(scenario, 640, on).outcomes
    long = stratified(scenario, 1280, on).outcomes
    threads = stratified(scenario, 640, on, workers=3).outcomes
    monkeypatch.setattr(engine_run, "paths_per_batch", lambda *arguments: 384)
    small_batches = stratified(scenario, 640, on).outcomes
    for other in (long, threads, small_batches):
        for name, values in alone.columns.items():
            np.testing.assert_array_equal(other.columns[name][:, :640], values, err_msg=name)
        for name, values in alone.event_counts.items():
            np.testing.assert_array_equal(other.event_counts[name][:640], values)
        np.testing.assert_array_equal(other.stratum[:640], alone.stratum)
    np.testing.assert_allclose(long.path_weights[:640], alone.path_weights / 2, rtol=1e-12)


def test_the_thresholds_are_those_of_the_plain_pilot():
    scenario = house(rk.Hold(), years=1)
    plain = rk.compare(scenario, paths=128, seed=1, progress=False).outcomes
    np.testing.assert_array_equal(stratified(scenario, 128, "crash").outcomes.thresholds, plain.thresholds)


def test_the_diffusion_stays_what_it_is():
    """Only events are set: a book that leaves A after a month is the same on every path without an exit."""
    portfolio = rk.Portfolio([rk.Holding("A", 1, founder="Ann"), rk.Holding("B", 1)])
    market = rk.Market(
        {"A": rk.Asset(0.08, 0.4), "B": rk.Asset(0.05, 0.2)}, shocks=rk.founder_exit(portfolio, "Ann", 0.1, -0.5)
    )
    out = rk.rule(lambda view: np.array([[0.0], [1.0]]) * np.ones(view.wealth.size), every=0, name="out")
    scenario = rk.Scenario(portfolio, market, [rk.Hold(), out], years=1, steps_per_year=12)
    untouched = (rk.compare(scenario, paths=640, seed=1, progress=False), stratified(scenario, 640, "founder exit"))
    quiet = np.logical_and(*(result.outcomes.event_counts["founder exit"] == 0 for result in untouched))
    first, second = (result.values("out", "wealth")[quiet] for result in untouched)
    np.testing.assert_array_equal(first, second)
    assert quiet.sum() > 300


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"sampling": "clever"}, "sampling must be one of 'plain', 'stratified', 'moment matched', got 'clever'"),
        ({"sampling": "stratified"}, "sampling='stratified' needs on to name one of 'founder exit', 'crash'"),
        ({"sampling": "stratified", "on": []}, "needs on to name one of 'founder exit', 'crash'"),
        ({"sampling": "stratified", "on": 5}, "on must be a shock or several, got 5"),
        ({"on": "crash"}, "on needs sampling='stratified', got 'crash' with sampling='plain'"),
        (
            {"sampling": "stratified", "on": "founder exti"},
            r"on must name one of 'founder exit', 'crash', got 'founder exti' \(did you mean 'founder exit'\?\)",
        ),
        ({"sampling": "stratified", "on": ["crash", "crash"]}, "on must be unique, got 'crash' twice"),
        ({"sampling": "stratified", "on": "crash", "paths": 100}, "paths with sampling='stratified' must be >= 128"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(more, message):
    with pytest.raises(rk.InvalidInput, match=message):
        rk.compare(house(rk.Hold()), **{"paths": 640, "seed": 1, "progress": False, **more})


def test_a_market_without_shocks_cannot_be_stratified():
    with pytest.raises(rk.InvalidInput, match="sampling='stratified' needs on to name one of none"):
        rk.compare(house(rk.Hold(), market=house_market(shocks=())), sampling="stratified")


def test_a_shock_without_events_is_refused():
    with pytest.raises(rk.InvalidInput, match="on: shock 'dud' must have a rate > 0 within the horizon"):
        strata_of(rk.Shock("dud", 0.0, {"listed": -0.5}))


def test_a_forced_shock_is_refused():
    scenario = house(rk.Hold()).with_event("crash", year=0.5)
    with pytest.raises(rk.InvalidInput, match="on: shock 'crash' must not be forced"):
        stratified(scenario, 640, "crash")


def test_too_many_strata_are_refused():
    shocks = [rk.Shock(f"shock {number}", 1.0, {"listed": -0.1}) for number in range(3)]
    with pytest.raises(rk.InvalidInput, match="on must make at most 32 strata, got 64; name fewer shocks"):
        strata_of(*shocks)
