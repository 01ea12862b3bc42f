"""Shock events against theory: Poisson counts, times by the hazard, lognormal impacts, and triggered events."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from oracles import event_probability, lognormal_impact
from samples import SIGMAS, assert_mean, assert_share, kolmogorov
from scenes import Ageing
from scipy import stats

import riskkit as rk
from riskkit._random.streams import Stream
from riskkit.engine.inputs.events import draw_events

TEN = 10.0


def events_of(shock: rk.Shock, paths: int, years: float, seed: int = 0, fixed=None):
    return shock.draw(Stream(seed, f"shock {shock.name}"), np.arange(paths, dtype=np.uint64), years, fixed)


# ---------------------------------------------------------------------------------------------------------------------
# How many, and when
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hazard", [0.02, 0.7, 3.0, Ageing(0.06), Ageing(0.02) + 0.1])
def test_counts_of_events_against_poisson(hazard):
    """Chi-square over the counts that are expected at least 20 times, the rest in one; limit of probability 6e-5."""
    paths = 100_000
    shock = rk.Shock("s", hazard, {"a": -0.1})
    events = events_of(shock, paths, TEN, seed=6)
    counts = np.bincount(events.path, minlength=paths)
    law = stats.poisson(float(shock.hazard.cumulative(TEN)))
    seen = [k for k in range(counts.max() + 2) if paths * law.pmf(k) >= 20]
    expected = np.array([*(law.pmf(k) for k in seen), 1.0 - sum(law.pmf(k) for k in seen)]) * paths
    found = np.array([*((counts == k).sum() for k in seen), (~np.isin(counts, seen)).sum()])
    kept = expected >= 5
    statistic = ((found - expected)[kept] ** 2 / expected[kept]).sum()
    assert statistic < stats.chi2.isf(6e-5, kept.sum() - 1)


@pytest.mark.parametrize("hazard", [0.7, Ageing(0.06) + 0.1])
def test_times_of_events_against_the_hazard(hazard):
    """Given their number, events are spread as Λ(t)/Λ(T); the first one comes as 1 - e^{-Λ(t)}."""
    shock = rk.Shock("s", hazard, {"a": -0.1})
    total = float(shock.hazard.cumulative(TEN))
    events = events_of(shock, 50_000, TEN, seed=7)
    assert (events.time > 0.0).all()
    assert (events.time < TEN).all()
    assert kolmogorov(events.time, lambda t: shock.hazard.cumulative(t) / total) < 1.0
    first = events.time[events.number == 0]
    assert kolmogorov(first, lambda t: np.expm1(-shock.hazard.cumulative(t)) / np.expm1(-total)) < 1.0


@pytest.mark.parametrize(("rate", "figure"), [(0.01, 0.09516), (0.02, 0.18127), (0.05, 0.39347)])
@pytest.mark.parametrize("once", [False, True])
def test_probability_of_any_event_in_ten_years_against_the_figures(rate, figure, once):
    """1 - e^{-10 λ}: 9.516, 18.127 and 39.347 % at 1, 2 and 5 % a year."""
    assert event_probability(rate, TEN) == pytest.approx(figure, abs=5e-6)
    events = events_of(rk.Shock("s", rate, {"a": -0.1}, once=once), 100_000, TEN, seed=8)
    happened = np.bincount(events.path, minlength=100_000)
    if once:
        assert happened.max() == 1
    assert_share(happened > 0, event_probability(rate, TEN))


@pytest.mark.parametrize("hazard", [0.3, Ageing(0.06)])
def test_integrated_hazard_of_each_path_against_its_definition(hazard):
    """To the horizon, or to the first event of a `once` shock; then its mean is that of the count, 1 - e^{-Λ(T)}."""
    total = float(rk.Shock("s", hazard, {"a": -0.1}).hazard.cumulative(TEN))
    again = events_of(rk.Shock("s", hazard, {"a": -0.1}), 20_000, TEN, seed=9)
    assert (again.exposure == total).all()
    shock = rk.Shock("s", hazard, {"a": -0.1}, once=True)
    once = events_of(shock, 20_000, TEN, seed=9)
    expected = np.full(20_000, total)
    expected[once.path] = shock.hazard.cumulative(once.time)
    np.testing.assert_allclose(once.exposure, expected, rtol=1e-12)
    assert_mean(once.exposure, -math.expm1(-total))


def test_shocks_of_different_names_are_independent():
    """Of two shocks with 1 and 2 expected events the product of the counts has mean 2."""
    paths = 100_000
    counts = [
        np.bincount(events_of(rk.Shock(name, rate, {"a": -0.1}), paths, TEN, seed=11).path, minlength=paths)
        for name, rate in (("first", 0.1), ("second", 0.2))
    ]
    assert_mean(counts[0] * counts[1], 2.0)


# ---------------------------------------------------------------------------------------------------------------------
# Impacts
# ---------------------------------------------------------------------------------------------------------------------


def one_event_a_path(impact, together=1.0, paths=200_000, seed=12):
    shock = rk.Shock("s", 1.0, impact, together=together)
    events = events_of(shock, paths, 1.0, seed, np.ones(paths, dtype=np.int64))
    assert events.time.size == paths
    return events.factor


@pytest.mark.parametrize(
    ("mean", "sd"),
    [(-0.5, 0.15), (-0.9, 0.05), (0.4, 0.2), (-0.023, 0.01), (-0.03, 0.1), (0.05, 0.2), (0.0, 0.1)],
)
def test_impacts_against_the_lognormal_with_their_mean_and_sd(mean, sd):
    factor = one_event_a_path({"a": rk.Impact(mean, sd)})["a"]
    assert_mean(factor, 1.0 + mean)
    assert_mean((factor - 1.0 - mean) ** 2, sd**2, "variance")
    assert kolmogorov(np.log(factor), stats.norm(*lognormal_impact(mean, sd)).cdf) < 1.0


@pytest.mark.parametrize("together", [1.0, 0.7, 0.0, -0.2, -0.5])
def test_together_is_the_correlation_of_log_impacts(together):
    """Of three holdings, down to -1/2; of holdings with different sds, with a certain impact among them."""
    impact = {"a": rk.Impact(-0.5, 0.15), "b": rk.Impact(0.4, 0.1), "c": rk.Impact(-0.2, 0.05), "d": -0.3}
    if together == -0.5:
        del impact["d"]  # of four holdings -1/3 is the lowest
    factor = one_event_a_path(impact, together)
    if "d" in factor:
        assert (factor["d"] == 0.7).all()
    log = {name: np.log(factor[name]) for name in "abc"}
    for i, j in ("ab", "ac", "bc"):
        found = np.corrcoef(log[i], log[j])[0, 1]
        assert abs(found - together) < SIGMAS * (1.0 - together**2) / math.sqrt(200_000) + 1e-12
    for name in "abc":
        assert_mean(factor[name], 1.0 + impact[name].mean)
        assert_mean((factor[name] - 1.0 - impact[name].mean) ** 2, impact[name].sd ** 2, f"variance of {name}")
    if together == -0.5:
        standard = sum((log[name] - log[name].mean()) / impact[name].log_sd for name in "abc")
        assert np.abs(standard).max() < 1e-9  # at the bound the three cancel


def test_impacts_of_different_events_of_a_path_are_independent():
    shock = rk.Shock("s", 1.0, {"a": rk.Impact(-0.5, 0.15)})
    paths = 50_000
    events = events_of(shock, paths, 1.0, 13, np.full(paths, 2))
    log = np.empty((2, paths))
    log[events.number, events.path] = np.log(events.factor["a"])
    assert abs(np.corrcoef(log)[0, 1]) < SIGMAS / math.sqrt(paths)


# ---------------------------------------------------------------------------------------------------------------------
# Events that others trigger
# ---------------------------------------------------------------------------------------------------------------------


ASSETS = {"a": rk.Asset(0.0, 0.0), "b": rk.Asset(0.0, 0.0)}
CHAIN = rk.Market(
    ASSETS,
    shocks=[
        rk.Shock("source", 1.0, {"b": -0.1}),
        rk.Shock("target", 0.0, {"a": rk.Impact(-0.4, 0.1)}),
        rk.Contagion("source", "target", 1.0),
    ],
)


def test_impacts_of_triggered_events_are_like_the_shocks_own():
    """Impacts -40 % ± 10 % of events that were all triggered: their mean, their sd, and no two alike on a path."""
    drawn, _ = draw_events(CHAIN, partial(Stream, 5), np.arange(20_000, dtype=np.uint64), 3.0, {})
    events = drawn["target"]
    assert not events.primary.any()
    assert_mean(events.factor["a"], 0.6)
    assert_mean((events.factor["a"] - 0.6) ** 2, 0.01, "variance")
    assert len(np.unique(events.factor["a"])) == events.time.size
    later = events.factor["a"][1:][events.path[1:] == events.path[:-1]]
    before = events.factor["a"][:-1][events.path[1:] == events.path[:-1]]
    assert abs(np.corrcoef(before, later)[0, 1]) < SIGMAS / math.sqrt(later.size)


def test_each_event_of_a_source_is_an_opportunity_at_its_time():
    """Probability 1 and no delay: the target's events, and the link's opportunities, are the source's events."""
    drawn, (opportunity,) = draw_events(CHAIN, partial(Stream, 5), np.arange(500, dtype=np.uint64), 3.0, {})
    source = drawn["source"]
    order = np.lexsort((source.time, source.path))
    for path, time in ((drawn["target"].path, drawn["target"].time), opportunity):
        np.testing.assert_array_equal(path, source.path[order])
        np.testing.assert_array_equal(time, source.time[order])


def test_own_events_and_their_impacts_are_the_same_with_links_and_without():
    """News trigger news: what their own hazard brings stays the same, by path, number, time and factor."""
    shocks = [rk.Shock("news", 2.0, {"a": rk.Impact(-0.1, 0.03)}), rk.Shock("exit", 0.3, {"a": -0.5}, once=True)]
    links = [rk.Contagion("news", "exit", 0.5), rk.Contagion("news", "news", 0.2, delay=0.1)]
    paths = np.arange(300, dtype=np.uint64)
    alone, none = draw_events(rk.Market(ASSETS, shocks=shocks), partial(Stream, 7), paths, 2.0, {})
    linked, _ = draw_events(rk.Market(ASSETS, shocks=[*shocks, *links]), partial(Stream, 7), paths, 2.0, {})
    assert none == []
    own = linked["news"].primary
    assert 0 < own.sum() < own.size

    def rows(events, chosen):
        columns = (events.path, events.number, events.time, events.factor["a"])
        return sorted(zip(*(column[chosen] for column in columns), strict=True))

    assert rows(linked["news"], own) == rows(alone["news"], slice(None))
