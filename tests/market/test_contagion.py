"""Contagion against branching processes: how many ticks, when, and what they do to expected prices."""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
from samples import assert_mean, assert_share

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.path_batch import run_batch

YEARS = 5.0
ASSETS = {"a": rk.Asset(0.06, 0.15), "b": rk.Asset(0.03, 0.1)}


def shock(name: str, rate: float, **more) -> rk.Shock:
    return rk.Shock(name, rate, {"a": -0.01}, **more)


def counts(parts, *, paths=40_000, years=YEARS, seed=1) -> dict[str, np.ndarray]:
    """Ticks of each shock on each path."""
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=parts)
    events = rk.sample(market, years=years, steps_per_year=1, paths=paths, seed=seed).events
    return {
        each.name: np.bincount(events["path"][events["shock"] == each.name], minlength=paths) for each in market.shocks
    }


# ---------------------------------------------------------------------------------------------------------------------
# How many
# ---------------------------------------------------------------------------------------------------------------------


def test_expected_ticks_of_chains_and_loops_against_the_branching_equation():
    """n = Λ + P' n over links in a chain, in a loop of three and from a shock to itself (Hawkes and Oakes 1974)."""
    rates = np.array([0.4, 0.2, 0.1])
    chances = np.array([[0.3, 0.5, 0.0], [0.0, 0.0, 0.8], [0.2, 0.1, 0.0]])
    links = [rk.Contagion(str(i), str(j), chances[i, j]) for i in range(3) for j in range(3) if chances[i, j] > 0.0]
    found = counts([*(shock(str(i), rate) for i, rate in enumerate(rates)), *links])
    expected = np.linalg.solve(np.eye(3) - chances.T, rates * YEARS)
    for i in range(3):
        assert_mean(found[str(i)], expected[i], f"shock {i}")


def test_spread_of_ticks_that_set_off_their_own_kind():
    """Each own tick is the first of a geometric chain with mean 1 / (1 - p) and E[size²] = (1 + p) / (1 - p)².

    So Poisson(Λ) many of them have the mean Λ / (1 - p) and the variance Λ (1 + p) / (1 - p)².
    """
    p, expected = 0.6, 0.3 * YEARS
    found = counts([shock("s", 0.3), rk.Contagion("s", "s", p)])["s"]
    assert_mean(found, expected / (1.0 - p))
    assert_mean((found - expected / (1.0 - p)) ** 2, expected * (1.0 + p) / (1.0 - p) ** 2)


def test_delays_leave_out_what_would_come_after_the_horizon():
    """A link with delay d sets off λ p (T - d) ticks, one behind it with delay e λ p q (T - d - e)."""
    parts = [
        shock("first", 0.8), shock("second", 0.0), shock("third", 0.0),
        rk.Contagion("first", "second", 0.5, delay=1.5), rk.Contagion("second", "third", 0.7, delay=2.0),
    ]  # fmt: skip
    found = counts(parts)
    assert_mean(found["first"], 0.8 * YEARS)
    assert_mean(found["second"], 0.8 * 0.5 * (YEARS - 1.5))
    assert_mean(found["third"], 0.8 * 0.5 * 0.7 * (YEARS - 3.5))


def test_a_tick_that_is_sure_to_be_set_off_comes_when_it_is_due():
    market = rk.Market(
        {"a": rk.Asset(0.0, 0.0)},
        shocks=[shock("first", 0.8), shock("second", 0.0), rk.Contagion("first", "second", 1.0, delay=0.75)],
    )
    events = rk.sample(market, years=YEARS, steps_per_year=12, paths=300, seed=2).events
    first, second = (events[events["shock"] == name] for name in ("first", "second"))
    due = first[first["time"] + 0.75 < YEARS]
    assert second["path"].tolist() == due["path"].tolist()
    assert second["time"].tolist() == (due["time"] + 0.75).tolist()
    assert second["step"].tolist() == np.ceil(second["time"] * 12).tolist()
    assert len(due) > 500


def test_a_target_that_comes_once_against_the_thinned_clock():
    """Its own rate μ and λ p from the source make one Poisson clock: P(none) = e^{-(μ + λ p) T}."""
    found = counts([shock("source", 0.5), shock("target", 0.1, once=True), rk.Contagion("source", "target", 0.4)])
    assert found["target"].max() == 1
    assert_share(found["target"] == 0, math.exp(-(0.1 + 0.5 * 0.4) * YEARS))
    assert_mean(found["source"], 0.5 * YEARS)


def test_a_source_that_comes_once_sets_off_at_most_one():
    """p (1 - e^{-λ T}) ticks, each at the time of the source's."""
    found = counts([shock("source", 0.3, once=True), shock("target", 0.0), rk.Contagion("source", "target", 0.7)])
    assert_share(found["target"], 0.7 * -math.expm1(-0.3 * YEARS))
    assert (found["target"] <= found["source"]).all()


def test_a_shock_that_comes_once_is_not_set_off_again_by_itself_or_in_a_loop():
    """A sure loop through it is allowed, and ends."""
    parts = [
        shock("exit", 0.3, once=True), shock("sale", 0.2),
        rk.Contagion("exit", "exit", 1.0), rk.Contagion("exit", "sale", 1.0), rk.Contagion("sale", "exit", 1.0),
    ]  # fmt: skip
    found = counts(parts)
    assert found["exit"].max() == 1
    # Whichever comes first sets the other off; only sales go on from there, and the exit brings one more of them.
    assert_share(found["exit"] == 0, math.exp(-0.5 * YEARS))
    assert_mean(found["sale"], 0.2 * YEARS - math.expm1(-0.5 * YEARS))


def test_links_pass_independently_of_each_other():
    """Of two links from one tick both pass with probability p q: E[N M] of their counts is λ T p q + (λ T)² p q."""
    parts = [
        shock("source", 0.4), shock("one", 0.0), shock("other", 0.0),
        rk.Contagion("source", "one", 0.5), rk.Contagion("source", "other", 0.3),
    ]  # fmt: skip
    found = counts(parts)
    expected = 0.4 * YEARS
    assert_mean(found["one"] * found["other"], 0.15 * (expected + expected**2))


# ---------------------------------------------------------------------------------------------------------------------
# What they do to prices
# ---------------------------------------------------------------------------------------------------------------------


def test_expected_price_without_compensation_against_the_thinned_factors():
    """A tick of the source multiplies E S by (1 + J)(1 + p K): E S_t = (1 + m)^t exp(λ t ((1 + J)(1 + p K) - 1))."""
    rate, p, m, first, second = 0.8, 0.4, 0.06, -0.2, -0.3
    parts = [
        rk.Shock("news", rate, {"a": rk.Impact(first, 0.05)}),
        rk.Shock("sale", 0.0, {"a": rk.Impact(second, 0.1)}),
        rk.Contagion("news", "sale", p),
    ]
    prices = rk.sample(rk.Market(ASSETS, shocks=parts), years=4, steps_per_year=2, paths=40_000, seed=3).prices
    for year in (1, 2, 4):
        factor = (1.0 + first) * (1.0 + p * second)
        assert_mean(prices[2 * year, 0], (1.0 + m) ** year * math.exp(rate * year * (factor - 1.0)), f"year {year}")
        assert_mean(prices[2 * year, 1], 1.03**year, f"b in year {year}")


def test_expected_prices_with_compensation_at_every_time():
    """E[S_t] = (1 + m)^t: chains, loops, delays, targets that come once, uncertain impacts and rates, all at once."""
    parts = [
        rk.Shock("news", rk.Uncertain(0.8, 0.3), {"a": rk.Impact(-0.2, 0.05), "b": 0.1}),
        rk.Shock("exit", 0.2, {"a": rk.Impact(rk.Uncertain(-0.4, 0.1), 0.1)}, once=True),
        rk.Shock("sale", 0.1, {"a": -0.2, "b": rk.Uncertain(-0.15, 0.05)}),
        rk.Contagion("news", "exit", 0.3, delay=0.4),
        rk.Contagion("exit", "sale", 0.9),
        rk.Contagion("sale", "news", 0.5, delay=1.1),
        rk.Contagion("sale", "sale", 0.3, delay=0.05),
        rk.Contagion("sale", "exit", 0.5),
    ]
    market = rk.Market(ASSETS, shocks=parts, compensate=True)
    prices = rk.sample(market, years=4, steps_per_year=4, paths=40_000, seed=4).prices
    for step in range(1, 17):
        assert_mean(prices[step, 0], 1.06 ** (step / 4), f"a after {step} quarters")
        assert_mean(prices[step, 1], 1.03 ** (step / 4), f"b after {step} quarters")


@pytest.mark.parametrize("compensate", [False, True])
def test_prices_of_a_known_cascade_against_hand_calculation(compensate):
    """No diffusion; the source ticks at 0.3, sets off the target for sure at 0.8, and the clocks' own rates are 0.

    S_t = (1 + m)^t (1 + J) from month 4 on, and (1 + K) more from month 10 on; (1 + K) is made up for when it comes.
    """
    parts = [
        rk.Shock("source", 0.0, {"a": -0.3}), rk.Shock("target", 0.0, {"a": -0.5}),
        rk.Contagion("source", "target", 1.0, delay=0.5),
    ]  # fmt: skip
    market = rk.Market({"a": rk.Asset(0.06, 0.0)}, shocks=parts, compensate=compensate)
    portfolio = rk.Portfolio([rk.Holding("a", 1.0)])
    setup = make_run_setup(rk.Scenario(portfolio, market, [rk.Hold()], years=1, steps_per_year=12), 0)
    seen = {}
    also = {step: lambda batch: seen.update({batch.step: batch.price()[0]}) for step in range(13)}
    run_batch(setup, np.arange(128, dtype=np.uint64), fixed_events={"source": 0.3}, callbacks=also)
    months = np.arange(13)
    second = 1.0 if compensate else 0.5
    expected = 1.06 ** (months / 12) * np.where(months >= 4, 0.7, 1.0) * np.where(months >= 10, second, 1.0)
    np.testing.assert_allclose([seen[month] for month in months], np.repeat(expected[:, None], 128, 1), rtol=1e-13)


# ---------------------------------------------------------------------------------------------------------------------
# Streams and counts
# ---------------------------------------------------------------------------------------------------------------------

SHOCKS = (
    rk.Shock("news", 2.0, {"a": rk.Impact(-0.1, 0.03), "b": 0.05}, together=0.3, drift_after={"b": 0.01}),
    rk.Shock("exit", 0.3, {"a": rk.Impact(-0.5, 0.1)}, once=True),
)


@pytest.mark.parametrize("compensate", [False, True])
def test_a_link_of_probability_nought_changes_no_bit(compensate):
    """Not of a price, an event or a count; not even of a hazard that a reweighting would rest on."""
    plain = rk.Market(ASSETS, {"a": {"b": 0.3}}, shocks=SHOCKS, compensate=compensate)
    linked = replace(plain, contagion=[rk.Contagion("news", "exit", 0.0), rk.Contagion("exit", "news", 0.0, delay=1)])
    one, other = (rk.sample(each, years=2, steps_per_year=12, paths=600, seed=6) for each in (plain, linked))
    np.testing.assert_array_equal(one.prices, other.prices)
    assert one.events.equals(other.events)
    outcomes = [
        rk.compare(
            rk.Scenario(rk.Portfolio([rk.Holding("a", 2.0), rk.Holding("b", 1.0)]), each, [rk.Hold()], years=2),
            paths=300, seed=6, progress=False,
        ).outcomes
        for each in (plain, linked)
    ]  # fmt: skip
    for name in ("event_counts", "hazards"):
        for key, values in getattr(outcomes[0], name).items():
            np.testing.assert_array_equal(values, getattr(outcomes[1], name)[key], err_msg=f"{name} of {key}")


def test_own_ticks_and_the_diffusion_stay_what_they_are_beside_a_link():
    """Contagion adds ticks and, of a shock that comes once, brings it forward; it changes no other draw."""
    plain = rk.Market(ASSETS, shocks=[SHOCKS[0], rk.Shock("sale", 0.5, {"a": -0.2})])
    linked = replace(plain, contagion=rk.Contagion("news", "sale", 0.4))
    one, other = (rk.sample(each, years=2, steps_per_year=12, paths=300, seed=7) for each in (plain, linked))
    np.testing.assert_array_equal(one.prices[:, 1], other.prices[:, 1])
    merged = other.events.merge(one.events, how="left", indicator=True)
    assert (merged["_merge"] == "both").sum() == len(one.events)
    added = merged[merged["_merge"] == "left_only"]
    assert (added["shock"] == "sale").all()
    news = one.events[one.events["shock"] == "news"]
    assert set(zip(added["path"], added["time"], strict=True)) <= set(zip(news["path"], news["time"], strict=True))
    assert_share(np.arange(len(news)) < len(added), 0.4)


def test_outcomes_count_own_ticks_and_views_count_all():
    """Reweighting asks how often the clock ticked; a rule sees what happened."""
    seen = []
    parts = [shock("source", 1.0), shock("target", 0.0), rk.Contagion("source", "target", 1.0)]
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=parts)
    look = rk.rule(lambda view: seen.append({name: ticks.copy() for name, ticks in view.events.items()}))
    scenario = rk.Scenario(rk.Portfolio([rk.Holding("a", 1.0)]), market, [look], years=2, steps_per_year=12)
    run_batch(make_run_setup(scenario, 1), np.arange(128, dtype=np.uint64))
    np.testing.assert_array_equal(seen[-1]["source"], seen[-1]["target"])
    assert seen[-1]["target"].max() > 1
    outcomes = rk.compare(scenario, paths=128, seed=1, progress=False).outcomes
    assert outcomes.event_counts["source"].max() > 1
    assert (outcomes.event_counts["target"] == 0).all()


def test_hazard_of_a_shock_that_comes_once_runs_to_the_tick_that_was_set_off():
    """Then its clock no longer ran: what a reweighting takes away is the hazard up to there."""
    parts = [shock("source", 1.0), shock("target", 0.2, once=True), rk.Contagion("source", "target", 0.5)]
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=parts)
    scenario = rk.Scenario(rk.Portfolio([rk.Holding("a", 1.0)]), market, [rk.Hold()], years=2, steps_per_year=12)
    outcomes = rk.compare(scenario, paths=500, seed=8, progress=False).outcomes
    events = rk.sample(market, years=2, steps_per_year=12, paths=500, seed=8).events
    expected = np.full(500, 0.2 * 2)
    mine = events[events["shock"] == "target"]
    expected[mine["path"]] = 0.2 * mine["time"]
    np.testing.assert_allclose(outcomes.hazards["target"], expected, rtol=1e-12)


# ---------------------------------------------------------------------------------------------------------------------
# As data
# ---------------------------------------------------------------------------------------------------------------------


def test_contagion_is_equal_by_value_hashable_pickles_and_says_what_it_does():
    link = rk.Contagion("failure", "sale", 0.5)
    assert link == rk.Contagion("failure", "sale", 0.5, 0.0) == pickle.loads(pickle.dumps(link)) == copy.deepcopy(link)
    assert hash(link) == hash(rk.Contagion("failure", "sale", 0.5))
    assert link != rk.Contagion("failure", "sale", 0.5, delay=1)
    assert link.describe() == "failure triggers sale in 50 % of cases (assumption)"
    later = rk.Contagion("failure", "sale", 0.25, delay=0.5)
    assert later.describe() == "failure triggers sale in 25 % of cases, 0.5 years later (assumption)"
    assert repr(later) == "Contagion(source='failure', target='sale', probability=0.25, delay=0.5)"


def test_a_market_takes_links_among_its_shocks_or_by_themselves():
    parts = (shock("x", 1.0), shock("y", 1.0))
    link = rk.Contagion("x", "y", 0.5)
    mixed = rk.Market(ASSETS, shocks=[link, *parts])
    assert mixed == rk.Market(ASSETS, shocks=parts, contagion=link) == pickle.loads(pickle.dumps(mixed))
    assert (mixed.shocks, mixed.contagion) == (parts, (link,))
    assert mixed != rk.Market(ASSETS, shocks=parts)
    assert f"{link.describe()}." in mixed.assumptions()
    assert link.describe() in repr(mixed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", "b", 0.5), r"^Contagion: source must be a non-empty string, got ''$"),
        (("a", None, 0.5), r"^Contagion: target must be a non-empty string, got None$"),
        (
            ("a", "b", 1.5),
            r"^Contagion: probability must be >= 0 and <= 1, got 1\.5: 1\.5 is 150 %; write",
        ),
        (("a", "b", -0.1), r"^Contagion: probability must be >= 0 and <= 1, got -0\.1$"),
        (("a", "b", "often"), r"^Contagion: probability must be a number, got 'often'$"),
        (("a", "b", 0.5, -1.0), r"^Contagion: delay must be >= 0, got -1\.0$"),
        (("a", "b", 0.5, math.inf), r"^Contagion: delay must be >= 0, got inf$"),
    ],
)
def test_a_bad_link_is_refused(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        rk.Contagion(*arguments)


@pytest.mark.parametrize(
    ("links", "message"),
    [
        ([("x", "z", 0.5)], r"^Market: target of a Contagion must name one of 'x', 'y', 'once', got 'z'"),
        ([("z", "x", 0.5)], r"^Market: source of a Contagion must name one of 'x', 'y', 'once', got 'z'"),
        ([("x", "y", 0.5), ("x", "y", 0.2)], r"^Market: Contagion from one shock to another must be unique, got"),
        ([("x", "x", 1.0)], r"^Market: contagion must trigger less than one event .* got a loop with 1; lower a"),
        ([("x", "y", 1.0), ("y", "x", 1.0)], r"got a loop with 1; .* or make one of the shocks once=True$"),
        ([("x", "y", 0.5), ("y", "x", 0.6), ("x", "x", 0.8)], r"got a loop with 1\.07823; lower"),
    ],
)
def test_links_that_do_not_fit_or_never_end_are_refused(links, message):
    """The largest eigenvalue of [[.8, .5], [.6, 0]] is .4 + √(.16 + .3) = 1.07823."""
    parts = [shock("x", 1.0), shock("y", 1.0), shock("once", 1.0, once=True)]
    with pytest.raises(InvalidInput, match=message):
        rk.Market(ASSETS, shocks=parts, contagion=[rk.Contagion(*link) for link in links])


def test_a_loop_just_short_of_certain_is_let_through():
    parts = [shock("x", 0.01), shock("y", 0.0)]
    links = [rk.Contagion("x", "y", 1.0), rk.Contagion("y", "x", 0.9)]
    found = counts([*parts, *links], paths=4_000)
    assert_mean(found["x"], 0.01 * YEARS / 0.1)


def test_an_event_that_is_forced_is_set_off_at_no_other_time():
    """`with_event` says: on every path at its time, and at no other; what it sets off itself goes on."""
    parts = [
        shock("news", 2.0), rk.Shock("exit", 0.1, {"b": -0.5}, once=True), shock("sale", 0.0),
        rk.Contagion("news", "exit", 1.0), rk.Contagion("exit", "sale", 1.0),
    ]  # fmt: skip
    scenario = rk.Scenario(
        rk.Portfolio([rk.Holding("a", 1.0)]), rk.Market(ASSETS, shocks=parts), [rk.Hold()], years=2, steps_per_year=12
    )
    events = rk.trace(scenario.with_event("exit", year=1.5), "hold", paths=100, seed=1).events
    for name in ("exit", "sale"):
        mine = events[events["shock"] == name]
        assert mine["path"].tolist() == list(range(100))
        assert (mine["time"] == 1.5).all()
