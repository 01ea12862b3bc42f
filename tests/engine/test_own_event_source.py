"""Sources of events of a user's own: closed forms, everything that works for a shock, and what is refused."""

from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from own_sources import Aftershocks, DeepeningExit, SelfExciting
from samples import SIGMAS, assert_mean, assert_share
from test_same_bits import assert_same_outcomes

import riskkit as rk
from riskkit.analysis._risk_sources import sources
from riskkit.engine.execution import batch_size
from riskkit.engine.execution import run as engine_run
from riskkit.report.html.what_if import grid
from riskkit.toml import from_toml, to_toml

ASSETS = {"a": rk.Asset(0.06, 0.2), "b": rk.Asset(0.03, 0.1)}
PORTFOLIO = rk.Portfolio([rk.Holding("a", 60, founder="Ann"), rk.Holding("b", 40)])
HAWKES = SelfExciting(0.6, 1.2, 2.0, {"a": -0.1})
LATE = DeepeningExit(rk.Shock("own exit", 0.2, {"a": -0.5}))
FIRST = DeepeningExit(rk.Shock("own exit", 0.2, {"a": -0.5}, once=True), name="first exit")
AFTER = Aftershocks("crash", "b")
CRASH = rk.Shock("crash", 0.5, {"a": rk.Impact(-0.3, 0.1), "b": -0.1})
YEARS = 4


def scenario(*shocks, years=YEARS, steps_per_year=12, **more):
    market = rk.Market(ASSETS, {"a": {"b": 0.3}}, shocks=shocks, **more)
    return rk.Scenario(PORTFOLIO, market, [rk.Hold(), rk.Rebalance()], years=years, steps_per_year=steps_per_year)


def drawn(*shocks, paths, years=YEARS, seed=1):
    """Events of each source, (path) counts and prices at the end."""
    market = rk.Market({name: replace(asset, volatility=0.0) for name, asset in ASSETS.items()}, shocks=shocks)
    found = rk.sample(market, years=years, steps_per_year=1, paths=paths, seed=seed)
    events = found.events
    counts = {s.name: np.bincount(events["path"][events["shock"] == s.name], minlength=paths) for s in market.shocks}
    return found, counts


# ---------------------------------------------------------------------------------------------------------------------
# Against closed forms
# ---------------------------------------------------------------------------------------------------------------------


def test_events_of_a_self_exciting_source_against_the_branching_mean():
    """Rate 0.6, 0.6 events triggered by each on average, at the speed 2 a year: 4.92 in four years, not 2.4."""
    _, counts = drawn(HAWKES, paths=40_000)
    assert HAWKES.mean_count(YEARS) == pytest.approx(6.0 - 1.125 * -math.expm1(-3.2), rel=1e-12)
    assert_mean(counts["self exciting"], HAWKES.mean_count(YEARS))


def test_events_less_exposure_have_mean_nought():
    """The integrated intensity compensates the count (Brémaud 1981, II.1), also where events raise the intensity."""
    outcomes = rk.compare(scenario(HAWKES), paths=20_000, seed=2).outcomes
    counts, exposure = outcomes.event_counts["self exciting"], outcomes.hazards["self exciting"]
    assert_mean(counts - exposure, 0.0)
    assert len(np.unique(exposure)) == len(np.unique(exposure[counts > 0])) + 1


@pytest.mark.parametrize("source", [LATE, FIRST])
def test_prices_under_an_impact_that_depends_on_time_against_the_closed_form(source):
    """E S_t = (1 + m)^t E of the factors; an independent sum of 1e5 terms says what that is at four years."""
    time = (np.arange(100_000) + 0.5) * YEARS / 100_000
    integral = (0.8 ** (1.0 + time) * 0.2 * (np.exp(-0.2 * time) if source is FIRST else 1.0)).mean() * YEARS
    expected = math.exp(-0.2 * YEARS) + integral if source is FIRST else math.exp(integral - 0.2 * YEARS)
    assert source.mean_factor(YEARS) == pytest.approx(expected, rel=1e-8)
    prices = rk.sample(rk.Market(ASSETS, shocks=source), years=YEARS, steps_per_year=4, paths=40_000, seed=3).prices
    for year in (1, 4):
        assert_mean(prices[4 * year, 0], 1.06**year * float(source.mean_factor(year)), f"year {year}")
        assert_mean(prices[4 * year, 1], 1.03**year, f"b in year {year}")


@pytest.mark.parametrize("source", [LATE, FIRST])
def test_a_compensator_of_ones_own_keeps_the_expected_price_at_every_time(source):
    """E S_t = (1 + m)^t, beside a built-in shock with a compensator of its own."""
    market = rk.Market(ASSETS, shocks=[source, rk.Shock("news", 0.5, {"a": 0.2}, once=True)], compensate=True)
    prices = rk.sample(market, years=YEARS, steps_per_year=4, paths=40_000, seed=4).prices
    for step in range(1, 4 * YEARS + 1):
        assert_mean(prices[step, 0], 1.06 ** (step / 4), f"after {step} quarters")


# ---------------------------------------------------------------------------------------------------------------------
# Sources that depend on others
# ---------------------------------------------------------------------------------------------------------------------


def test_a_source_sees_the_events_of_those_that_it_comes_after_wherever_it_stands():
    found, _ = drawn(AFTER, CRASH, paths=500)
    events = found.events
    main, after = (events[events["shock"] == name] for name in ("crash", "aftershocks"))
    due = main[main["time"] + 0.5 <= YEARS]
    assert after["path"].tolist() == due["path"].tolist()
    assert after["time"].tolist() == (due["time"] + 0.5).tolist()
    assert len(due) > 500
    turned, _ = drawn(CRASH, AFTER, paths=500)
    np.testing.assert_allclose(turned.prices, found.prices, rtol=1e-14)


def test_a_chain_of_sources_and_links_is_drawn_in_its_order():
    """News trigger a crash, whose triggered events have aftershocks too, and these further ones."""
    news = rk.Shock("news", 1.0, {"b": -0.01})
    crash, link = replace(CRASH, rate=0.0), rk.Contagion("news", "crash", 1.0)
    second = Aftershocks("aftershocks", "a", name="second")
    found, counts = drawn(second, AFTER, crash, news, link, paths=300)
    assert (counts["crash"] == counts["news"]).all()
    times = {name: found.events[found.events["shock"] == name]["time"].to_numpy() for name in counts}
    assert times["aftershocks"].tolist() == (times["crash"][times["crash"] <= YEARS - 0.5] + 0.5).tolist()
    assert times["second"].tolist() == (times["crash"][times["crash"] <= YEARS - 1.0] + 0.5 + 0.5).tolist()


@pytest.mark.parametrize(
    ("shocks", "came"),
    [
        ([AFTER], "name in after of shock 'aftershocks' must name one of none, got 'crash'"),
        ([replace(AFTER, main="aftershocks")], "name in after of shock 'aftershocks' .*got 'aftershocks'"),
        (
            [replace(AFTER, main="second"), Aftershocks("aftershocks", "a", name="second")],
            "no shock must be drawn after itself, got the circle 'aftershocks' after 'second', 'second' after",
        ),
        (
            [CRASH, AFTER, rk.Contagion("crash", "crash", 0.1), rk.Contagion("aftershocks", "crash", 0.1)],
            r"shock 'aftershocks' must not depend on triggered events, by after=\('crash',\), and be",
        ),
    ],
)
def test_circles_and_unknown_names_are_refused(shocks, came):
    with pytest.raises(rk.InvalidInput, match=f"^Market: .*{came}"):
        rk.Market(ASSETS, shocks=shocks)


# ---------------------------------------------------------------------------------------------------------------------
# The same bits
# ---------------------------------------------------------------------------------------------------------------------

MIXED = (
    HAWKES,
    LATE,
    CRASH,
    AFTER,
    rk.Contagion("self exciting", "crash", 0.3),
    rk.Contagion("crash", "deepening exit", 0.2),
)
PATHS = 700


@pytest.fixture(scope="module")
def alone():
    return rk.compare(scenario(*MIXED), paths=PATHS, seed=1, workers=1).outcomes


@pytest.mark.parametrize("workers", [2, 3])
def test_same_bits_for_any_number_of_threads(alone, workers):
    assert_same_outcomes(rk.compare(scenario(*MIXED), paths=PATHS, seed=1, workers=workers).outcomes, alone)


@pytest.mark.parametrize("size", [128, 384, 8192])
def test_same_bits_for_any_batch_size(monkeypatch, alone, size):
    monkeypatch.setattr(engine_run, "paths_per_batch", lambda *arguments: size)
    assert_same_outcomes(rk.compare(scenario(*MIXED), paths=PATHS, seed=1, workers=1).outcomes, alone)


def test_processes_give_the_bits_of_threads(alone):
    found = rk.compare(scenario(*MIXED), paths=PATHS, seed=1, workers=2, backend="loky").outcomes
    assert_same_outcomes(found, alone)


@pytest.mark.slow
def test_dask_gives_the_bits_of_threads(alone):
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local,
        distributed.Client(local),
    ):
        found = rk.compare(scenario(*MIXED), paths=PATHS, seed=1, backend="dask").outcomes
    assert_same_outcomes(found, alone)


def test_a_source_of_ones_own_changes_no_other_draw():
    plain, more = (rk.sample(rk.Market(ASSETS, shocks=s), years=2, paths=300, seed=6) for s in ([CRASH], [CRASH, LATE]))
    np.testing.assert_array_equal(more.prices[:, 1], plain.prices[:, 1])
    kept = more.events[more.events["shock"] == "crash"].reset_index(drop=True)
    assert kept.equals(plain.events)


def test_a_replay_has_the_bits_of_the_run(alone):
    found = {}

    def observe(moment, first):
        found["wealth"] = moment.book("hold").wealth
        found["counts"] = moment.events["self exciting"]

    chosen = [5, 640, 17]
    rk.replay(scenario(*MIXED), "hold", chosen, seed=1, observe=observe, steps=[12 * YEARS])
    np.testing.assert_array_equal(found["wealth"], alone.columns["wealth"][0][chosen])
    np.testing.assert_array_equal(found["counts"], np.asarray(alone.event_counts["self exciting"])[chosen])


def test_a_stopped_run_goes_on_in_its_folder_and_one_of_other_code_is_refused(tmp_path):
    class Other(DeepeningExit):
        def mean_factor(self, time):
            return 1.0

    asked = {"paths": 300, "seed": 1, "checkpoint": tmp_path}
    first = rk.compare(scenario(LATE), **asked).outcomes
    assert_same_outcomes(rk.compare(scenario(LATE), **asked).outcomes, first, 300)
    with pytest.raises(rk.InvalidInput, match="of another run: shocks"):
        rk.compare(scenario(Other(LATE.exit, name="deepening exit")), **asked)


# ---------------------------------------------------------------------------------------------------------------------
# What works for a shock works for a source of one's own, or is refused by its name
# ---------------------------------------------------------------------------------------------------------------------


def test_rules_and_results_count_the_events():
    seen = []
    look = rk.rule(lambda view: seen.append(view.events["self exciting"].copy()), name="look")
    outcomes = rk.compare(replace(scenario(HAWKES), rules=[look]), paths=128, seed=1).outcomes
    assert outcomes.event_counts["self exciting"].max() > 1
    assert (outcomes.event_counts["self exciting"] >= seen[-1]).all()


def test_a_forced_event_happens_then_on_every_path_and_with_its_law():
    """At two years the factor of the deepening exit is 0.8³."""
    case = scenario(LATE).with_event("deepening exit", year=2.0)
    trace = rk.trace(case, "hold", paths=range(40))
    assert trace.events["time"].tolist() == [2.0] * 40
    free = rk.trace(scenario(), "hold", paths=range(40))
    ratio = trace.prices[:, 0] / free.prices[:, 0]
    np.testing.assert_allclose(ratio, np.where(np.arange(49) >= 24, 0.8**3, 1.0)[:, None].repeat(40, 1), rtol=1e-12)


@pytest.mark.parametrize("source", [HAWKES, replace(AFTER, main="crash")])
def test_a_source_that_does_not_know_what_is_fixed_cannot_be_forced(source):
    case = scenario(CRASH, source).with_event(source.name, year=1.0)
    with pytest.raises(
        rk.InvalidInput, match=f"'{source.name}': draw must return one event on each path at 1 years, as"
    ):
        rk.compare(case, paths=64)


@pytest.mark.parametrize("source", [LATE, FIRST])
def test_stratified_means_are_those_of_a_plain_sample(source):
    asked = {"paths": 8192, "seed": 3}
    plain = rk.compare(scenario(source), **asked)
    found = rk.compare(scenario(source), sampling="stratified", on=source.name, **asked)
    for metric in ("wealth_mean", "max_drawdown_mean"):
        one, other = (result.estimate("hold", metric) for result in (plain, found))
        error = math.hypot(one.standard_error, other.standard_error)
        assert abs(one.value - other.value) < SIGMAS * error
    assert found.estimate("hold", "wealth_mean").standard_error < plain.estimate("hold", "wealth_mean").standard_error


def test_a_source_without_a_law_of_its_count_is_not_sampled_by_strata():
    with pytest.raises(rk.InvalidInput, match=r"shock 'self exciting' must define count_law\(horizon\), got None"):
        rk.compare(scenario(HAWKES), paths=256, sampling="stratified", on="self exciting")


def test_reweighting_a_self_exciting_source_against_a_run_of_the_scaled_one():
    """Twice base rate and jump is twice the intensity, so the mean number comes from the branching mean of that."""
    result = rk.compare(scenario(SelfExciting(0.3, 0.4, 2.0, {"a": -0.1})), paths=40_000, seed=5)
    found = result.reweight(factors={"self exciting": 1.5})
    scaled = found.scenario.market.shocks[0]
    assert (scaled.rate, scaled.jump) == (pytest.approx(0.45), pytest.approx(0.6))
    counts, weights = np.asarray(found.outcomes.event_counts["self exciting"]), np.asarray(found.path_weights)
    mean = float(weights @ counts)
    error = math.sqrt(float(weights**2 @ (counts - mean) ** 2))
    assert abs(mean - scaled.mean_count(YEARS)) < SIGMAS * error
    assert mean > 1.5 * counts.mean()
    assert found.notes["reweighted"] == "self exciting at 1.5 times its hazard"


@pytest.mark.parametrize(
    ("source", "asked", "came"),
    [
        (
            replace(AFTER),
            {"factors": {"aftershocks": 2.0}},
            "factor of shock 'aftershocks' needs a source that defines",
        ),
        (HAWKES, {"rates": {"self exciting": 2.0}}, "rate of shock 'self exciting' must replace a constant rate"),
    ],
)
def test_what_cannot_be_reweighted_is_refused(source, asked, came):
    with pytest.raises(rk.InvalidInput, match=came):
        rk.compare(scenario(CRASH, source), paths=128).reweight(**asked)


def test_a_source_without_exposure_cannot_be_reweighted():
    class Quiet(DeepeningExit):
        def draw(self, *arguments, **more):
            return replace(super().draw(*arguments, **more), exposure=None)

    result = rk.compare(scenario(Quiet(LATE.exit)), paths=128)
    assert np.isnan(np.asarray(result.outcomes.hazards["quiet"])).all()
    with pytest.raises(rk.InvalidInput, match="shock 'quiet' must have an exposure to be reweighted"):
        result.reweight(factors={"quiet": 2.0})


def test_views_may_be_of_the_number_of_events():
    result = rk.compare(scenario(HAWKES), paths=2000, seed=1)
    tilted = result.tilt({rk.Mean("self exciting"): 3.0})
    assert float(tilted.path_weights @ result.outcomes.event_counts["self exciting"]) == pytest.approx(3.0)


def test_a_source_of_ones_own_triggers_others_and_is_triggered():
    """Half of the Hawkes events trigger an exit; those of the exit hit as their own time says."""
    exit_ = replace(LATE, exit=replace(LATE.exit, rate=0.0))
    shocks = (HAWKES, exit_, rk.Contagion("self exciting", "deepening exit", 0.5))
    found, counts = drawn(*shocks, paths=4000)
    assert_share(np.arange(counts["self exciting"].sum()) < counts["deepening exit"].sum(), 0.5)
    events = found.events[found.events["shock"] == "deepening exit"]
    log = np.zeros(4000)
    np.add.at(log, events["path"].to_numpy(), (1.0 + events["time"].to_numpy()) * math.log(0.8))
    expected = 1.06**YEARS * np.exp(log) * 0.9 ** counts["self exciting"]
    np.testing.assert_allclose(found.prices[-1, 0], expected, rtol=1e-10)


def test_what_cannot_be_triggered_is_refused():
    case = scenario(CRASH, HAWKES, rk.Contagion("crash", "self exciting", 0.5))
    with pytest.raises(rk.InvalidInput, match="'self exciting': draw must return the events that fixed says"):
        rk.compare(case, paths=64)
    with pytest.raises(rk.InvalidInput, match="compensate=True needs a Shock as target of a Contagion, got 'deepening"):
        scenario(CRASH, LATE, rk.Contagion("crash", "deepening exit", 0.5), compensate=True)


def test_a_source_without_a_compensator_is_refused_where_expected_returns_include_the_shocks():
    with pytest.raises(
        rk.InvalidInput, match=r"shock 'self exciting' must define compensator\(calendar, names\) under"
    ):
        rk.compare(scenario(HAWKES, compensate=True), paths=64)


def test_attribution_switches_a_source_off_also_for_those_that_come_after():
    case = scenario(CRASH, HAWKES, AFTER)
    switches = sources(case)
    assert {"crash", "self exciting", "aftershocks"} <= set(switches)
    off = rk.compare(switches["self exciting"](case), paths=128).outcomes
    assert list(off.event_counts) == ["crash", "self exciting", "aftershocks"]
    assert (off.event_counts["self exciting"] == 0).all()
    assert off.event_counts["crash"].sum() > 0
    found = rk.attribution(case, paths=256)
    assert "self exciting" in found.sources.index


def test_analyses_of_rates_and_impacts_name_the_shocks_that_have_them():
    case = scenario(CRASH, HAWKES)
    with pytest.raises(rk.InvalidInput, match=r"vary must name one of .*'rate:crash'.*got 'rate:self exciting'"):
        rk.sweep(case, {"rate:self exciting": [0.1, 0.2]}, paths=64)
    with pytest.raises(rk.InvalidInput, match="market: shock 'self exciting' must be a Shock with a constant rate"):
        rk.optimize.kelly(case.market)
    assert "self exciting" in " ".join(rk.reverse_stress(case, paths=2000, loss=0.4).combinations.index)


@pytest.mark.slow
def test_a_report_tells_of_sources_of_ones_own(tmp_path):
    result = rk.compare(scenario(HAWKES, steps_per_year=4), paths=256, seed=1)
    assert "no shock has a rate or an impact to vary" in grid(result)
    result.report(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "self exciting" in page
    assert "have no fixed mean impact" in page


def test_events_count_in_the_memory_of_a_batch():
    """A hundred times 4.92 events on average, each on one asset: with the event itself two entries."""
    busy = replace(HAWKES, rate=60.0)
    setup = engine_run.make_run_setup(scenario(busy), 0)
    found = batch_size.event_bytes(setup) / (2 * batch_size.BYTES_PER_EVENT)
    assert found == pytest.approx(busy.mean_count(YEARS), rel=0.1)


# ---------------------------------------------------------------------------------------------------------------------
# As data
# ---------------------------------------------------------------------------------------------------------------------


def test_a_source_is_frozen_equal_by_value_and_pickles():
    source = SelfExciting(0.6, 1.2, 2.0, {"a": -0.1})
    assert source == HAWKES == pickle.loads(pickle.dumps(HAWKES))
    assert hash(source) == hash(HAWKES)
    assert source != replace(source, jump=1.0)
    assert (source.name, source.after, AFTER.after) == ("self exciting", (), ("crash",))
    with pytest.raises(FrozenInstanceError):
        source.rate = 1.0
    market = rk.Market(ASSETS, shocks=[CRASH, source, AFTER])
    assert market == pickle.loads(pickle.dumps(market)) == replace(market)
    assert market != rk.Market(ASSETS, shocks=[CRASH, AFTER, source])
    assert f"{source.describe()}." in market.assumptions()


def test_a_class_may_set_name_and_after_or_leave_them_to_the_user():
    class Follow(rk.EventSource):
        after = ["crash"]  # noqa: RUF012
        depth: float = 0.1

        def draw(self, stream, paths, horizon, fixed=None, earlier=None):
            return earlier["crash"]

    assert (Follow().name, Follow().after) == ("follow", ("crash",))
    assert Follow(0.2, name="second", after=("news",)) == Follow(depth=0.2, after=("news",), name="second")
    with pytest.raises(TypeError, match="abstract"):
        rk.EventSource()
    with pytest.raises(TypeError, match=r"Sub must not derive from Shock, .* derive from EventSource"):
        type("Sub", (rk.Shock,), {})


def test_a_scenario_file_names_the_class_and_reads_it_back_where_importing_is_allowed(tmp_path):
    case = scenario(HAWKES, FIRST, CRASH, AFTER)
    case.save(tmp_path / "case.toml")
    assert rk.Scenario.load(tmp_path / "case.toml", allow_import=True) == case
    assert 'type = "own_sources:SelfExciting"' in (tmp_path / "case.toml").read_text()
    with pytest.raises(rk.InvalidInput, match="must name a class of riskkit's, got 'own_sources:SelfExciting'"):
        rk.Scenario.load(tmp_path / "case.toml")


def test_a_saved_result_keeps_a_record_that_cannot_be_run(tmp_path):
    result = rk.compare(scenario(HAWKES, CRASH, replace(AFTER)), paths=300, seed=1)
    result.save(tmp_path / "result")
    back = rk.Comparison.load(tmp_path / "result")
    assert_same_outcomes(back.outcomes, result.outcomes, 300)
    record = back.scenario.market.shocks[0]
    assert (record.name, record.text) == ("self exciting", repr(HAWKES))
    assert back.scenario.market.shocks[2].after == ("crash",)
    assert from_toml(rk.Scenario, to_toml(back.scenario, strict=False)) == back.scenario
    with pytest.raises(rk.InvalidInput, match="'self exciting' must be a source that can be run, got only its record"):
        rk.compare(back.scenario, paths=10)


# ---------------------------------------------------------------------------------------------------------------------
# What is no answer
# ---------------------------------------------------------------------------------------------------------------------


class Answer(rk.EventSource):
    """Returns what it is told to, one event at one year on path 0 but for that."""

    change: tuple[tuple[str, object], ...] = ()

    def draw(self, stream, paths, horizon, fixed=None, earlier=None):
        events = rk.Events(np.array([0]), np.array([1.0]), {"a": np.array([0.5])}, np.ones(paths.size))
        if self.change and self.change[0][0] == "all":
            return self.change[0][1]
        return replace(
            events, **{name: value() if callable(value) else value for name, value in self.change if name != "drift"}
        )

    def compensator(self, calendar, names):
        return dict(self.change).get("drift", lambda: None)()


@pytest.mark.parametrize(
    ("name", "value", "came"),
    [
        ("all", 3, "Events, got 3"),
        ("path", lambda: np.array([0.0]), r"path as an array of whole numbers of shape \(event,\), got float64"),
        ("path", lambda: [0], r"path as an array of whole numbers of shape \(event,\), got list"),
        (
            "path",
            lambda: np.array([5000]),
            r"path as positions from 0 to 127, got 5000 to 5000; the numbers .* paths\[",
        ),
        ("time", lambda: np.array([1.0, 2.0]), r"time as an array of numbers of shape \(1,\), got one of shape \(2,\)"),
        ("time", lambda: np.array([0.0]), "time above 0 and at most 4 years, got 0.0 to 0.0"),
        ("time", lambda: np.array([4.1]), "time above 0 and at most 4 years"),
        ("time", lambda: np.array([np.nan]), "time as finite numbers, got nan"),
        ("factor", lambda: 0.5, "factor as a mapping from assets of the market, 'a', 'b', got 0.5"),
        ("factor", lambda: {"c": np.ones(1)}, "factor as a mapping from assets of the market, 'a', 'b', got 'c'"),
        ("factor", lambda: {"a": np.array([-0.5])}, "factor of 'a' >= 0, got -0.5"),
        ("factor", lambda: {"a": 0.5}, r"factor of 'a' as an array of numbers of shape \(1,\), got float"),
        ("drift_after", lambda: {"a": np.inf}, "drift_after of 'a' must be"),
        ("exposure", lambda: np.ones(3), r"exposure as an array of numbers of shape \(128,\)"),
        ("exposure", lambda: -np.ones(128), "exposure >= 0, got -1.0"),
    ],
)
def test_answers_that_are_not_what_they_must_be_are_refused(name, value, came):
    with pytest.raises(rk.InvalidInput, match=f"shock 'answer': draw must return .*{came}"):
        rk.compare(scenario(Answer(((name, value),))), paths=128)


@pytest.mark.parametrize(
    ("drift", "came"),
    [
        (lambda: np.zeros((3, 2)), r"floats of shape \(step, asset\) = \(48, 2\), got float64 of shape \(3, 2\)"),
        (lambda: 0.1, "floats of shape .*got 0.1"),
        (lambda: np.full((48, 2), np.nan), "finite numbers, got nan"),
    ],
)
def test_a_compensator_that_is_none_is_refused(drift, came):
    with pytest.raises(rk.InvalidInput, match=f"shock 'answer': compensator must return {came}"):
        rk.compare(scenario(Answer((("drift", drift),)), compensate=True), paths=64)


def test_an_error_of_ones_own_says_where_it_was():
    class Broken(Answer):
        def draw(self, stream, paths, horizon, fixed=None, earlier=None):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        rk.compare(scenario(Broken()), paths=64)
    assert "while shock 'broken' drew its events" in caught.value.__notes__


@pytest.mark.parametrize(
    ("shocks", "came"),
    [
        (SelfExciting, "shocks must be a list of Shock objects, got"),
        ([SelfExciting], "must be Shock, Contagion or EventSource objects, got .*; call the class"),
        ([HAWKES, HAWKES], "names of shocks must be unique, got 'self exciting' twice"),
        ([replace(HAWKES, impact={"c": -0.1})], "impact must be on assets of the market"),
        ([Answer((("path", [0]),))], "shock 'answer' must be hashable"),
    ],
)
def test_sources_that_no_market_can_have_are_refused(shocks, came):
    with pytest.raises(rk.InvalidInput, match=came):
        rk.Market(ASSETS, shocks=shocks)
