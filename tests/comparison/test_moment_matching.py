"""Moment matching: means that hold exactly, answers that are known, errors against the spread of runs, refusals."""

from __future__ import annotations

import math
import pickle
import shutil
from dataclasses import dataclass, replace
from functools import cache
from statistics import NormalDist

import numpy as np
import pyarrow.parquet as pq
import pytest

import riskkit as rk
from riskkit.comparison.estimation import estimate
from riskkit.comparison.estimation.paired_difference import paired_difference
from riskkit.comparison.reweighting import moment_matching
from riskkit.comparison.reweighting.moment_matching import controls, matched
from riskkit.engine.execution import run as engine_run
from riskkit.report.text.method import command_line, method, python_lines

#: How far a matched mean may be from what it must be, in standard deviations.
EXACT = 1e-10

MATCHED = {"sampling": "moment matched", "progress": False}
STORM = rk.Regimes(
    {"calm": rk.Regime(0.7), "storm": rk.Regime(2.0, -0.3, {"A": {"B": 0.9}})},
    switching={"calm": {"storm": 0.5}, "storm": {"calm": 2.0}},
)


def case(*rules, shocks=None, tails=(), years=4, steps_per_year=12, **more):
    """Two holdings, of which one has a founder, who leaves once, and a crash that comes again; and cash."""
    portfolio = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("B", 30), rk.Holding("cash", 10)])
    if shocks is None:
        crash = rk.Shock("crash", 0.3, {"A": rk.Impact(-0.3, 0.1), "B": -0.2})
        shocks = (rk.founder_exit(portfolio, "Ann", 0.05, rk.Impact(-0.5, 0.1)), crash)
    assets = {"A": rk.Asset(0.08, 0.4), "B": rk.Asset(0.06, 0.16), "cash": rk.Asset(0.02, 0.0)}
    market = rk.Market(assets, {"A": {"B": 0.5}}, shocks=shocks, tails=tails, **more)
    rules = rules or (rk.Hold(), rk.Cap(0.4), rk.Rebalance())
    return rk.Scenario(portfolio, market, rules, years=years, steps_per_year=steps_per_year, goal=1.3)


def run(scenario, paths=4096, seed=1, **more):
    return rk.compare(scenario, paths=paths, seed=seed, **{**MATCHED, **more})


def alone(volatility=0.3, years=2):
    """One asset and nothing else, so that wealth is (1 + m)^T e^(σ √T B - σ² T / 2)."""
    market = rk.Market({"A": rk.Asset(0.08, volatility)})
    return rk.Scenario(rk.Portfolio([rk.Holding("A", 1)]), market, rk.Hold(), years=years, steps_per_year=12)


def assert_mean(result, values, expected, spread):
    assert float((result.path_weights * values).sum()) == pytest.approx(expected, abs=EXACT * max(spread, 1.0))


# ---------------------------------------------------------------------------------------------------------------------
# What is matched, and answers that are known
# ---------------------------------------------------------------------------------------------------------------------


def test_matched_means_are_exact():
    """By hand, for 4 years at rates of 0.3 and, once, 0.05: 1.2 crashes, an exit with probability 1 - e^-0.2, and
    (1 - e^-0.2) / 0.05 years without it. B is that of the price: without its events, which are told apart by a run
    without shocks on the same normals."""
    result = run(case())
    bare = rk.compare(case(shocks=()), paths=4096, seed=1, progress=False, statistics=FinalPrice())
    counts, hazards = result.outcomes.event_counts, result.outcomes.hazards
    assert_mean(result, counts["crash"], 1.2, 1.1)
    assert_mean(result, counts["founder exit"], -math.expm1(-0.2), 0.4)
    assert_mean(result, hazards["founder exit"] / 0.05, -math.expm1(-0.2) / 0.05, 1.0)
    first, second = (result.outcomes.brownian[name] for name in ("A", "B"))
    for values in (first, second):
        assert_mean(result, values, 0.0, 1.0)
        assert_mean(result, values**2, 1.0, 1.5)
    assert_mean(result, first * second, 0.5, 1.2)
    assert_mean(result, np.exp(0.8 * first - 0.32), 1.0, 1.0)
    assert_mean(result, np.exp(0.32 * second - 0.0512), 1.0, 1.0)
    wealth = 0.6 * 1.08**4 * np.exp(0.8 * first - 0.32) + 0.3 * 1.06**4 * np.exp(0.32 * second - 0.0512)
    np.testing.assert_allclose(bare.values("hold", "final"), wealth + 0.1 * 1.02**4, rtol=1e-12)


class FinalPrice(rk.Statistic):
    """Wealth of the last step, before any trade of it."""

    columns = ("final",)

    def start(self, paths, calendar):
        return None

    def update(self, state, first_step, wealth, peak):
        return wealth[-1].copy()

    def finish(self, state, calendar):
        return {"final": state}


def test_weights_are_positive_tilts_of_the_plain_paths():
    """Exponential tilts: the logarithm of the weights is a linear function of the controls."""
    result, plain = run(case()), rk.compare(case(), paths=4096, seed=1, progress=False)
    assert (result.path_weights > 0.0).all()
    assert result.path_weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert result.effective_sample_size > 0.9 * 4096
    for name, values in plain.outcomes.columns.items():
        np.testing.assert_array_equal(result.outcomes.columns[name], values, err_msg=name)
    logs = np.log(result.path_weights)
    regressors = np.stack([np.ones(4096), *result.fixed_moments])
    left = logs - np.linalg.lstsq(regressors.T, logs)[0] @ regressors
    assert np.abs(left).max() < 1e-9 * np.ptp(logs)
    assert result.notes["sampling"] == "moment matched"
    assert result.notes["effective sample size"] == f"{result.effective_sample_size:,.0f} of 4,096 paths"
    assert "sampling: moment matched" in repr(result)


def test_the_mean_of_what_is_only_held_is_exact_without_shocks():
    """Hold starts with 0.6, 0.3 and 0.1, and its wealth is linear in the martingales."""
    found = run(case(rk.Hold(), shocks=())).estimate("hold", "wealth_mean")
    assert found.value == pytest.approx(0.6 * 1.08**4 + 0.3 * 1.06**4 + 0.1 * 1.02**4, abs=1e-9)
    assert found.standard_error == 0.0


def test_a_probability_that_is_known():
    """One asset at σ 0.3 over 2 years: P(W < 1) = Φ((σ²T/2 - T ln 1.08) / (σ √T)). B and B² explain an indicator of B
    up to its third Hermite polynomial: with z its edge, the variance is p (1 - p) - φ(z)² (1 + z²/2), and e^(σ√T B)
    takes more off. So the error is at most that, and within 3 % of what a regression on all of them leaves."""
    spread = 0.3 * math.sqrt(2.0)
    edge = (0.5 * spread**2 - 2.0 * math.log(1.08)) / spread
    normal = NormalDist()
    p, density = normal.cdf(edge), normal.pdf(edge)
    most = p * (1.0 - p) - density**2 * (1.0 + edge**2 / 2.0)
    found = run(alone(), paths=20_000).estimate("hold", "loss_probability")
    assert abs(found.value - p) < 4.0 * found.standard_error
    assert found.standard_error < 1.01 * math.sqrt(most / 20_000)
    # The part of e^(sB - s²/2) that is no polynomial of degree 2: coefficient s³/6 of He₃ and so on, normalised.
    inner, norm, pole = 0.0, 0.0, {0: 1.0, 1: edge}
    for k in range(2, 40):
        pole[k] = edge * pole[k - 1] - (k - 1) * pole[k - 2]
    for k in range(3, 40):
        inner += spread**k / math.factorial(k) * -density * pole[k - 1]
        norm += spread ** (2 * k) / math.factorial(k)
    assert found.standard_error == pytest.approx(math.sqrt((most - inner**2 / norm) / 20_000), rel=0.03)


@pytest.mark.parametrize(
    ("tails", "count"),
    [
        ((), 10),  # 2 B, 3 products, 2 martingales; 3 of shocks
        ((rk.NormalInverseGaussian(8),), 10),
        ((STORM,), 10),
        ((rk.NormalInverseGaussian(8), STORM), 10),
        ((rk.StudentT(5),), 8),  # no martingales
        ((rk.Clustered(0.2, 0.8),), 8),
        ((rk.NormalInverseGaussian(8), rk.Clustered(0.2, 0.8)), 8),
        ((rk.StudentT(4),), 5),  # no products either
        ((rk.StudentT(3), STORM), 5),
    ],
)
def test_controls_without_a_finite_variance_are_left_out(tails, count):
    result = run(case(tails=tails))
    assert len(result.fixed_moments) == count
    for values in result.fixed_moments:
        assert abs((result.path_weights * values).sum()) <= EXACT
        assert np.std(values) == pytest.approx(1.0)


def test_means_of_controls_are_those_of_the_market():
    """On a long plain run every control has the mean 0 within four standard errors."""
    for tails in ((), (STORM,), (rk.NormalInverseGaussian(8), rk.Clustered(0.2, 0.5), STORM)):
        result = replace(run(case(tails=tails), paths=50_000), fixed_moments=())
        for control in controls(result):
            assert abs(control.values.mean()) < 4.0 / math.sqrt(50_000), control.description


def test_the_mean_time_without_an_event_under_a_hazard_that_grows():
    """Λ(t) = a t²/2: ∫ e^-Λ over T = √(π/2a) erf(T √(a/2))."""
    a = 0.1
    result = run(case(shocks=rk.Shock("exit", Rising(a), {"A": -0.5}, once=True)))
    time = np.where(result.outcomes.event_counts["exit"] == 1, np.sqrt(2.0 * result.outcomes.hazards["exit"] / a), 4.0)
    mean = math.sqrt(math.pi / (2.0 * a)) * math.erf(4.0 * math.sqrt(a / 2.0))
    assert_mean(result, time, mean, 1.0)
    assert_mean(result, result.outcomes.event_counts["exit"], -math.expm1(-0.8), 0.5)


@dataclass(frozen=True)
class Rising(rk.Hazard):
    """An intensity that grows by the same amount each year."""

    growth: float

    def cumulative(self, t):
        return 0.5 * self.growth * np.asarray(t, dtype=float) ** 2


def test_shocks_alone_can_be_matched(tmp_path):
    """Nothing moves but by a crash: W = 1.02^4 0.7^n with n Poisson of mean 1.2, so that E W = 1.02^4 e^-0.36."""
    portfolio = rk.Portfolio([rk.Holding("A", 1)])
    market = rk.Market({"A": rk.Asset(0.02, 0.0)}, shocks=rk.Shock("crash", 0.3, {"A": -0.3}))
    result = run(rk.Scenario(portfolio, market, rk.Hold(), years=4, steps_per_year=12))
    assert_mean(result, result.outcomes.event_counts["crash"], 1.2, 1.1)
    found = result.estimate("hold", "wealth_mean")
    assert abs(found.value - 1.02**4 * math.exp(-0.36)) < 4.0 * found.standard_error
    result.save(tmp_path / "result")
    loaded = rk.Comparison.load(tmp_path / "result")
    assert loaded.errors("wealth_mean").equals(result.errors("wealth_mean"))
    for each in (result, loaded):
        other = each.reweight({"crash": 0.25})
        assert_mean(other, other.outcomes.event_counts["crash"], 1.0, 1.0)
        with pytest.raises(rk.InvalidInput, match="not moment matched"):
            each.tilt({rk.Mean("crash"): 1.3})


def test_shocks_that_are_forced_or_impossible_are_no_controls():
    dud = rk.Shock("dud", 0.0, {"B": -0.5})
    scenario = case(shocks=(rk.Shock("exit", 0.05, {"A": -0.5}, once=True), dud)).with_event("exit", year=1.0)
    assert len(run(scenario).fixed_moments) == 7


# ---------------------------------------------------------------------------------------------------------------------
# Errors against the spread of runs
# ---------------------------------------------------------------------------------------------------------------------

RUNS, PATHS = 200, 1024
METRICS = (
    "wealth_median", "wealth_p05", "growth_median", "goal_probability", "loss_probability", "wealth_es95",
    "max_drawdown_median", "max_drawdown_mean", "ced95", "cdar95", "founder_weight_end",
)  # fmt: skip


def batch_of(result, number, paths=PATHS):
    """Consecutive paths of a long run as a run of their own, matched by themselves."""
    rows, outcomes = slice(number * paths, (number + 1) * paths), result.outcomes
    cut = {
        kind: {name: values[rows] for name, values in getattr(outcomes, kind).items()}
        for kind in ("event_counts", "hazards", "holdings", "brownian", "log_martingale")
    }
    columns = {name: values[:, rows] for name, values in outcomes.columns.items()}
    outcomes = replace(outcomes, columns=columns, path_weights=np.full(paths, 1.0 / paths), **cut)
    found, reason = matched(replace(result, outcomes=outcomes, fixed_moments=()))
    assert reason is None
    return found


@cache
def many(tails):
    """The estimates of many small runs, by metric and rule, their paired differences, and the truth of a long run."""
    rules = (rk.Hold(), rk.Cap(0.4))
    long = run(case(*rules, tails=tails, steps_per_year=6), paths=RUNS * PATHS, seed=5)
    names = long.scenario.names
    found = {(metric, rule): [] for metric in METRICS for rule in (*names, "difference")}
    for number in range(RUNS):
        small = batch_of(long, number)
        for metric in METRICS:
            both = [small.estimate(rule, metric) for rule in names]
            for rule, each in zip(names, both, strict=True):
                found[metric, rule].append((each.value, each.standard_error, *each.interval()))
            gap = paired_difference(both[1], both[0], small.outcomes.design)
            found[metric, "difference"].append((gap.value, gap.standard_error, gap.low, gap.high))
    truth = {(metric, rule): long.estimate(rule, metric).value for metric in METRICS for rule in names}
    truth |= {(m, "difference"): truth[m, names[1]] - truth[m, names[0]] for m in METRICS}
    return {cell: np.array(rows) for cell, rows in found.items()}, truth


@pytest.mark.slow
@pytest.mark.parametrize("tails", [(), (rk.NormalInverseGaussian(8),)])
def test_standard_errors_against_the_spread_of_200_runs(tails):
    """A sd from 200 runs is known to 1/sqrt(398), 5 %; four of those. Cells without variance are left out."""
    found, _ = many(tails)
    checked = 0
    for cell, rows in found.items():
        spread = rows[:, 0].std(ddof=1)
        if spread > 1e-9:
            assert np.nanmean(rows[:, 1]) == pytest.approx(spread, rel=4.0 / math.sqrt(398)), cell
            checked += 1
    assert checked == len(found)


@pytest.mark.slow
def test_intervals_cover_the_truth():
    """95 % of 200, less 4 binomial standard errors of 1.5 %, is 89 %; all cells together lie near 95 %."""
    found, truth = many(())
    shares = {cell: np.mean((rows[:, 2] <= truth[cell]) & (truth[cell] <= rows[:, 3])) for cell, rows in found.items()}
    assert min(shares.values()) >= 0.89, shares
    assert 0.93 < np.mean(list(shares.values())) < 0.97


def test_errors_are_smaller_than_those_of_a_plain_run():
    """By how much is measured in tests/benchmarks/moment_matching.py."""
    better, plain = run(case(), 20_000), rk.compare(case(), paths=20_000, seed=1, progress=False)
    ratio = (plain.errors(list(METRICS)) / better.errors(list(METRICS))) ** 2
    assert (ratio.loc["hold", ["wealth_median", "goal_probability"]] > 1.4).all()
    assert (ratio > 0.98).all(axis=None)


def test_the_interval_of_a_quantile_ends_at_order_statistics():
    """At p -+ z s under the weights, s the error of the share at or below the median that the controls leave: residuals
    of a regression by QR, whose rows give the leverages."""
    result = run(case(), 5000)
    wealth, weights = result.values("hold", "wealth"), result.path_weights
    found = result.estimate("hold", "wealth_median")
    below = (wealth <= found.value) - 0.5
    regressors = np.stack([np.ones(5000), *result.fixed_moments])
    root = np.sqrt(weights)
    rows = np.linalg.qr((root * regressors).T)[0]
    left = (root * below - rows @ (rows.T @ (root * below))) / root / np.sqrt(1.0 - (rows**2).sum(axis=1))
    s = math.sqrt(((weights * (left - (weights * left).sum())) ** 2).sum())
    low, high = (estimate.quantiles(wealth, result.outcomes.design, 0.5 + sign * 1.959964 * s)[0] for sign in (-1, 1))
    assert found.interval() == (low, high)
    assert found.standard_error == pytest.approx((high - low) / (2 * 1.959964), rel=1e-6)


def test_what_happened_on_no_path_has_wilsons_interval():
    found = run(case()).probability("wealth", above=1e9).iloc[0]
    plain = rk.compare(case(), paths=4096, seed=1, progress=False).probability("wealth", above=1e9).iloc[0]
    assert found["probability"] == 0.0
    # With the effective number of paths in place of their number.
    assert found["standard_error"] == pytest.approx(plain["standard_error"], rel=0.01)


# ---------------------------------------------------------------------------------------------------------------------
# Reweighting, tilting, saving, and how a run is executed
# ---------------------------------------------------------------------------------------------------------------------


def test_after_reweight_the_weights_are_matched_anew():
    """The tilt of least relative entropy from likelihood ratios: at rates of 0.45 and 0.04 the means are 1.8 and so on;
    and likelihood ratios are exponentials of the controls themselves where exits do not depend on the path."""
    result = run(case(), 20_000)
    other = result.reweight({"crash": 0.45, "founder exit": 0.04})
    assert_mean(other, other.outcomes.event_counts["crash"], 1.8, 1.3)
    assert_mean(other, other.outcomes.event_counts["founder exit"], -math.expm1(-0.16), 0.4)
    assert_mean(other, other.outcomes.brownian["A"], 0.0, 1.0)
    assert other.notes["sampling"] == "moment matched"
    back = other.reweight({"crash": 0.3, "founder exit": 0.05})
    np.testing.assert_allclose(back.path_weights, result.path_weights, rtol=1e-7)
    direct = run(replace(case(), market=other.scenario.market), 20_000, seed=2)
    for metric in ("wealth_median", "goal_probability"):
        one, two = other.estimate("hold", metric), direct.estimate("hold", metric)
        assert abs(one.value - two.value) < 4.0 * math.hypot(one.standard_error, two.standard_error)


def test_a_reweighting_that_cannot_be_matched_is_a_plain_one(monkeypatch):
    """No weights have the effective sample size of the likelihood ratios and other means."""
    result = run(case())
    monkeypatch.setattr(moment_matching, "SMALLEST_SHARE", 1.0)
    with pytest.warns(rk.RiskkitWarning, match=r"the effective sample size would be [\d,]+ paths, below [\d,]+; the"):
        other = result.reweight({"crash": 0.4})
    assert other.notes["sampling"] == "plain"
    assert not other.outcomes.brownian
    assert other.fixed_moments == ()
    assert (other.errors("wealth_median") > result.errors("wealth_median")).all(axis=None)


def test_a_tilt_is_refused():
    with pytest.raises(rk.InvalidInput, match="tilt needs a result that is not moment matched, as its means would no"):
        run(case()).tilt({rk.Mean("wealth", rule="hold"): 1.5})


def test_too_few_paths_are_a_plain_run():
    """30 paths for 10 means, or none with the rare event."""
    for scenario, reason in (
        (case(), r"the effective sample size would be \d+ paths, below 27|no weights of these paths give"),
        (case(shocks=rk.Shock("rare", 1e-9, {"A": -0.5})), "give the number of events of rare its mean"),
    ):
        with pytest.warns(rk.RiskkitWarning, match=f"sampling='moment matched': .*{reason}"):
            found = run(scenario, paths=30)
        plain = rk.compare(scenario, paths=30, seed=1, progress=False)
        assert found.notes == plain.notes
        np.testing.assert_array_equal(found.path_weights, plain.path_weights)
        metrics = ["wealth_mean", "max_drawdown_mean", "goal_probability"]
        assert found.errors(metrics).equals(plain.errors(metrics))
        assert not found.outcomes.brownian


@pytest.mark.parametrize("tails", [(), (rk.NormalInverseGaussian(8), STORM)])
def test_a_saved_result_comes_back_bit_for_bit(tails, tmp_path):
    result = run(case(tails=tails))
    result.save(tmp_path / "result")
    loaded = rk.Comparison.load(tmp_path / "result")
    np.testing.assert_array_equal(loaded.path_weights, result.path_weights)
    assert loaded.errors().equals(result.errors())
    assert loaded.differences().equals(result.differences())
    rates = {"crash": 0.33}
    assert loaded.reweight(rates).errors().equals(result.reweight(rates).errors())
    copy = pickle.loads(pickle.dumps(result))
    assert copy.errors().equals(result.errors())
    plain = rk.compare(case(tails=tails), paths=1000, seed=1, progress=False)
    plain.save(tmp_path / "plain")
    assert "brownian" not in (tmp_path / "plain" / "result.toml").read_text(encoding="utf-8")


def test_a_file_whose_weights_are_not_matched_is_refused(tmp_path):
    """The weights of two paths are exchanged, and the checksum is that of the new file."""
    from hashlib import blake2b

    folder = tmp_path / "result"
    run(case()).save(folder)
    paths = folder / "paths.parquet"
    old = blake2b(paths.read_bytes()).hexdigest()
    table = pq.read_table(paths)
    weights = table["weight"].to_numpy().copy()
    weights[[0, 1]] = weights[[1, 0]]
    columns = {name: weights if name == "weight" else table[name] for name in table.column_names}
    pq.write_table(table.from_pydict(columns), paths, compression="zstd")
    facts = (folder / "result.toml").read_text(encoding="utf-8")
    new = blake2b(paths.read_bytes()).hexdigest()
    (folder / "result.toml").write_text(facts.replace(old, new), encoding="utf-8")
    with pytest.raises(rk.InvalidInput, match="weights of a moment-matched result must give the Brownian value of A"):
        rk.Comparison.load(folder)


def assert_same(one, other):
    np.testing.assert_array_equal(one.path_weights, other.path_weights)
    assert one.errors(METRICS).equals(other.errors(METRICS))
    for name, values in one.outcomes.brownian.items():
        np.testing.assert_array_equal(other.outcomes.brownian[name], values)


@pytest.mark.parametrize("tails", [(), (rk.StudentT(5), STORM)])
def test_same_bits_for_any_batch_size_number_of_threads_and_checkpoint(tails, monkeypatch, tmp_path):
    scenario = case(tails=tails)
    alone_ = run(scenario, 2000, workers=1)
    assert_same(alone_, run(scenario, 2000, workers=3))
    assert_same(alone_, run(scenario, 2000, checkpoint=tmp_path / "done"))
    assert_same(alone_, run(scenario, 2000, checkpoint=tmp_path / "done"))
    monkeypatch.setattr(engine_run, "paths_per_batch", lambda *arguments: 384)
    assert_same(alone_, run(scenario, 2000))


@pytest.mark.slow
def test_same_bits_in_processes():
    scenario = case(tails=(rk.StudentT(5), STORM))
    assert_same(run(scenario, 2000), run(scenario, 2000, backend="loky", workers=2))


def test_a_checkpoint_of_a_plain_run_has_no_final_values(tmp_path):
    rk.compare(case(), paths=1000, seed=1, progress=False, checkpoint=tmp_path / "plain")
    with pytest.raises(rk.InvalidInput, match="of another run: brownian_values was not there and is now True"):
        run(case(), 1000, checkpoint=tmp_path / "plain")
    shutil.rmtree(tmp_path / "plain")


def test_paths_are_added_until_the_error_is_small_enough():
    """The result is that of a single call; fewer paths are enough than in a plain run."""
    until = {"wealth_median": 0.009}
    found = run(case(), 4096, until=until)
    assert found.errors("wealth_median").max().item() <= 0.009
    once = run(case(), found.paths)
    np.testing.assert_array_equal(found.path_weights, once.path_weights)
    assert found.errors().equals(once.errors())
    plain = rk.compare(case(), paths=4096, seed=1, progress=False, until=until)
    assert found.paths < plain.paths
    assert found.differences()["p_montecarlo"].isna().all()


def test_columns_on_disk_are_refused():
    with pytest.raises(rk.NotEnoughMemory, match="memory must hold all columns of 1,000,000 paths with sampling='mom"):
        run(case(), 1_000_000, memory="510MB")


def test_differences_against_another_result_are_unpaired_where_weights_differ():
    first, second = run(case()), run(case(rk.Hold(), rk.Cap(0.2)))
    assert first.against(second, "wealth_median").attrs["paired"]
    plain = rk.compare(case(), paths=4096, seed=1, progress=False)
    gap = first.against(plain, "wealth_median")
    assert gap.attrs["apart"] == "different samplings plain and moment matched"


def test_the_report_states_it():
    result = run(case())
    assert any("(moment matching)" in line for line in method(result))
    assert 'sampling="moment matched"' in python_lines(result, importing=False)
    assert command_line(result, importing=False) is None


@pytest.mark.slow
@pytest.mark.parametrize("compensate", [False, True])
def test_a_report_can_be_written(compensate, tmp_path):
    run(case(compensate=compensate), 1000).report(tmp_path / "report.html", paths=200)
    assert "moment matching" in (tmp_path / "report.html").read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


class Untold(rk.EventSource):
    """Events of a number that nothing says."""

    def draw(self, stream, paths, horizon, fixed=None, earlier=None):
        return rk.Events(np.zeros(0, np.int64), np.zeros(0), {"A": np.zeros(0)})


class Following(Untold):
    """Events that depend on those of another source."""

    after = ("crash",)


@dataclass(frozen=True)
class Rough(rk.TimeChange):
    """A time change that says nothing of its moments."""

    regimes: int = 1

    def start(self, stream, paths, dt):
        return None

    def advance(self, stream, paths, steps, dt, state):
        pace = np.ones((steps.size, paths.size))
        return pace, None if self.regimes == 1 else pace.astype(np.int64), state


CRASH = rk.Shock("crash", 0.3, {"A": -0.3})


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"shocks": rk.Shock("crash", rk.Uncertain(0.3, 0.1), {"A": -0.3})}, "an Uncertain 'rate of crash'; fix it"),
        (
            {"shocks": rk.Shock("crash", 0.3, {"A": rk.Uncertain(-0.3, 0.1)})},
            "an Uncertain 'impact of crash on A'; fix it, as market.at_means",
        ),
        (
            {"shocks": (CRASH, rk.Contagion("crash", "crash", 0.2))},
            "got contagion from 'crash' to 'crash'; sample it plainly",
        ),
        ({"shocks": (CRASH, Following())}, "got shock 'following', whose events depend on those of 'crash'"),
        ({"shocks": Untold()}, "got shock 'untold', which does not define count_law; define it"),
        ({"tails": Rough()}, r"got Rough\(regimes=1\), which does not define second_moment and largest_exponent; def"),
        ({"tails": Rough(2)}, "which does not define second_moment and largest_exponent and regime_law; define it"),
    ],
)
def test_means_that_are_not_known_are_refused_by_name(more, message):
    with pytest.raises(rk.InvalidInput, match=f"sampling='moment matched' needs drivers whose means are .*{message}"):
        run(case(**more))


def test_uncertain_assets_are_refused_by_name():
    scenario = case()
    assets = {**scenario.market.assets, "A": rk.Asset(rk.Uncertain(0.08, 0.03), rk.Uncertain(0.4, 0.1))}
    scenario = replace(scenario, market=replace(scenario.market, assets=assets))
    with pytest.raises(rk.InvalidInput, match="Uncertain 'expected_return of A', 'volatility of A'; fix it"):
        run(scenario)


def test_history_is_refused():
    import pandas as pd

    days = pd.bdate_range("2020-01-01", periods=400)
    moves = np.random.default_rng(0).normal(0.0, 0.01, (400, 1)).cumsum(axis=0)
    market = rk.Market(rk.Resampled(pd.DataFrame(np.exp(moves), days, ["A"]), block=20))
    scenario = rk.Scenario(rk.Portfolio([rk.Holding("A", 1)]), market, rk.Hold(), years=1)
    with pytest.raises(rk.InvalidInput, match="got returns from past prices; sample it plainly"):
        run(scenario)


def test_a_scenario_in_which_nothing_is_random_is_refused():
    market = rk.Market({"cash": rk.Asset(0.02, 0.0)})
    with pytest.raises(rk.InvalidInput, match="got none: no holding has a volatility and no shock can happen"):
        run(rk.Scenario(rk.Portfolio([rk.Holding("cash", 1)]), market, rk.Hold(), years=1))


def test_it_is_not_stratified_too():
    with pytest.raises(rk.InvalidInput, match="on needs sampling='stratified', got 'crash' with sampling='moment mat"):
        run(case(), on="crash")


def test_net_needs_equal_weights():
    with pytest.raises(rk.InvalidInput, match="got a result that is stratified, moment matched, reweighted or tilted"):
        run(case()).net()
