"""Uncertain parameters against lognormal closed forms: one draw for 16 paths, on average what was asked for."""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
from samples import assert_mean, assert_share, kolmogorov
from scipy import stats

import riskkit as rk
from riskkit._core.errors import InvalidInput

GROUP = 16
YEARS = 10.0
CORRELATION = {"a": {"b": 0.4}}


def final(market: rk.Market, *, paths=32_000, steps_per_year=1, years=YEARS, seed=1) -> np.ndarray:
    """Prices at the horizon (asset, path)."""
    return rk.sample(market, years=years, steps_per_year=steps_per_year, paths=paths, seed=seed).prices[-1]


def groups(values: np.ndarray) -> np.ndarray:
    """(group, member) of 16 consecutive paths."""
    return values.reshape(-1, GROUP)


def log_sd(relative: float) -> float:
    """Sd of the logarithm of a lognormal variable with mean 1 and this sd."""
    return math.sqrt(math.log1p(relative**2))


# ---------------------------------------------------------------------------------------------------------------------
# Expected returns
# ---------------------------------------------------------------------------------------------------------------------


def test_uncertain_growth_is_normal_and_the_same_for_16_paths():
    """Volatility 0: the log price at T is T ln(1 + m) - s² T² / 2 + s T Z, s the sd of ln(1 + m), one Z a group."""
    s = log_sd(0.05 / 1.15)
    log = np.log(final(rk.Market({"a": rk.Asset(rk.Uncertain(0.15, 0.05), 0.0)}))[0])
    table = groups(log)
    np.testing.assert_array_equal(table, np.repeat(table[:, :1], GROUP, axis=1))
    assert len(np.unique(table[:, 0])) == len(table)
    law = stats.norm(YEARS * math.log(1.15) - 0.5 * (s * YEARS) ** 2, s * YEARS)
    assert kolmogorov(table[:, 0], law.cdf) < 1.0
    assert_mean((table[:, 0] - law.mean()) ** 2, (s * YEARS) ** 2, "variance")


def test_a_year_has_the_mean_and_the_sd_that_were_asked_for():
    """At a horizon of one year 1 + return is lognormal with mean 1.15 and sd 0.05."""
    price = groups(final(rk.Market({"a": rk.Asset(rk.Uncertain(0.15, 0.05), 0.0)}), years=1)[0])[:, 0]
    assert_mean(price, 1.15)
    assert_mean((price - 1.15) ** 2, 0.05**2, "variance")


@pytest.mark.parametrize("steps_per_year", [1, 12])
def test_expected_price_at_the_horizon_is_that_of_the_mean(steps_per_year):
    """E[S_T] = (1 + m)^T, by the means of the groups, which are independent."""
    market = rk.Market({"a": rk.Asset(rk.Uncertain(0.15, 0.04), rk.Uncertain(0.2, 0.05))})
    prices = final(market, steps_per_year=steps_per_year)
    assert_mean(groups(prices[0]).mean(axis=1), 1.15**YEARS)


def test_variance_between_groups_is_that_of_the_parameter():
    """ln S has variance s² T² between groups, σ² T within them; the mean of 16 has their sum with σ² T / 16."""
    s, volatility = log_sd(0.05 / 1.08), 0.3
    table = groups(np.log(final(rk.Market({"a": rk.Asset(rk.Uncertain(0.08, 0.05), volatility)}))[0]))
    assert_mean(table.var(axis=1, ddof=1), volatility**2 * YEARS, "within")
    centre = YEARS * (math.log(1.08) - 0.5 * volatility**2) - 0.5 * (s * YEARS) ** 2
    assert_mean((table.mean(axis=1) - centre) ** 2, (s * YEARS) ** 2 + volatility**2 * YEARS / GROUP, "of means")


def test_parameters_that_share_a_word_are_off_together_and_others_are_not():
    """Of two with the same sd relative to 1 + m the prices are equal but for the mean growth."""
    shared = {
        "a": rk.Asset(rk.Uncertain(0.10, 0.055, shared="Ann"), 0.0),
        "b": rk.Asset(rk.Uncertain(0.20, 0.060, shared="Ann"), 0.0),
        "c": rk.Asset(rk.Uncertain(0.10, 0.055), 0.0),
        "d": rk.Asset(rk.Uncertain(0.10, 0.055, shared="Bob"), 0.0),
    }
    log = np.log(final(rk.Market(shared)))
    means = YEARS * np.log([[1.1], [1.2], [1.1], [1.1]])
    own = (log - means)[:, ::GROUP]
    np.testing.assert_allclose(own[0], own[1], rtol=1e-9)
    scale = (log_sd(0.05) * YEARS) ** 2
    centred = own + 0.5 * scale
    for one, other in ((0, 2), (0, 3), (2, 3)):
        assert_mean(centred[one] * centred[other] / scale, 0.0, f"{one} and {other}")


# ---------------------------------------------------------------------------------------------------------------------
# Volatilities, rates and impacts
# ---------------------------------------------------------------------------------------------------------------------


def test_events_at_an_uncertain_rate_are_overdispersed():
    """Mean λ T, variance λ T + (s T)² on a path; between two paths of a group the covariance is (s T)²."""
    rate, sd = 0.4, 0.15
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=[rk.Shock("s", rk.Uncertain(rate, sd), {"a": -0.1})])
    paths = 48_000
    events = rk.sample(market, years=YEARS, steps_per_year=1, paths=paths, seed=3).events
    table = groups(np.bincount(events["path"], minlength=paths))
    away = table - rate * YEARS
    assert_mean(table.mean(axis=1), rate * YEARS)
    assert_mean((away**2).mean(axis=1), rate * YEARS + (sd * YEARS) ** 2, "variance")
    pairs = (away.sum(axis=1) ** 2 - (away**2).sum(axis=1)) / (GROUP * (GROUP - 1))
    assert_mean(pairs, (sd * YEARS) ** 2, "covariance within a group")


def test_first_event_at_an_uncertain_rate_against_the_laplace_transform():
    """P(no event by t) = E e^{-Λ t}, Λ lognormal, by Gauss and Hermite's rule; ages of events included."""
    rate, sd = 0.1, 0.06
    shock = rk.Shock("exit", rk.Uncertain(rate, sd), {"a": -0.5}, once=True)
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=[shock])
    prices = rk.sample(market, years=YEARS, steps_per_year=1, paths=64_000, seed=4).prices[:, 0]
    node, weights = np.polynomial.hermite_e.hermegauss(40)
    spread = log_sd(sd / rate)
    rates = rate * np.exp(spread * node - 0.5 * spread**2)
    for year in (1, 4, 10):
        alive = groups(prices[year] == 1.0).mean(axis=1)
        assert_mean(alive, float(weights @ np.exp(-rates * year) / weights.sum()), f"year {year}")


def test_an_uncertain_impact_is_the_same_at_all_events_of_16_paths():
    """1 + impact is lognormal with mean 0.6 and sd 0.1 over the groups; a price after n events is its n-th power."""
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=[rk.Shock("s", 2.0, {"a": rk.Uncertain(-0.4, 0.1)})])
    drawn = rk.sample(market, years=2, steps_per_year=1, paths=16_000, seed=5)
    event_counts = np.bincount(drawn.events["path"], minlength=16_000)
    log = np.log(drawn.prices[-1, 0])
    assert (log[event_counts == 0] == 0.0).all()
    each = np.where(event_counts > 0, log / np.maximum(event_counts, 1), np.nan)
    level = np.nanmean(groups(each), axis=1)
    np.testing.assert_allclose(groups(each) - level[:, None], np.where(np.isnan(groups(each)), np.nan, 0.0), atol=1e-12)
    spread = log_sd(0.1 / 0.6)
    assert kolmogorov(level, stats.norm(math.log(0.6) - 0.5 * spread**2, spread).cdf) < 1.0


def test_an_uncertain_founder_exit_shares_one_draw_for_all_holdings():
    """Shares 1 and 0.5: impacts -40 % ± 10 % and -20 % ± 5 %, whose draws come from one normal."""
    portfolio = rk.Portfolio([rk.Holding("a", 1.0, founder="Ann"), rk.Holding("b", 1.0, founder={"Ann": 0.5})])
    with pytest.warns(rk.RiskkitWarning, match=r"^founder exit: rate should be at most 1 \(100 % a year\), got 30: "):
        exit_ = rk.founder_exit(portfolio, "Ann", 30.0, rk.Uncertain(-0.4, 0.1))
    assert exit_.impact["b"] == rk.Impact(rk.Uncertain(-0.2, 0.05, shared="founder exit impact"))
    prices = final(rk.Market({name: rk.Asset(0.0, 0.0) for name in "ab"}, shocks=[exit_]), years=1)
    scores = []
    for row, mean, sd in ((0, 0.6, 0.1), (1, 0.8, 0.05)):
        spread = log_sd(sd / mean)
        scores.append((np.log(prices[row, ::GROUP] / mean) + 0.5 * spread**2) / spread)
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-9)
    assert kolmogorov(scores[0], stats.norm.cdf) < 1.0


def test_uncertain_shocks_are_made_up_for_path_by_path():
    """E[S_T] = (1 + m)^T with everything uncertain at once, under a tail, with contagion."""
    shocks = [
        rk.Shock("news", rk.Uncertain(0.5, 0.2), {"a": rk.Impact(rk.Uncertain(-0.2, 0.05), 0.05), "b": -0.1}),
        rk.Shock("exit", rk.Uncertain(0.1, 0.05), {"a": rk.Uncertain(-0.5, 0.08)}, once=True),
        rk.Contagion("news", "exit", 0.2, delay=0.3),
    ]
    market = rk.Market(
        {
            "a": rk.Asset(rk.Uncertain(0.10, 0.03, shared="Ann"), rk.Uncertain(0.2, 0.05)),
            "b": rk.Asset(rk.Uncertain(0.05, 0.02, shared="Ann"), 0.1),
        },
        CORRELATION, tails=rk.NormalInverseGaussian(8), shocks=shocks, compensate=True,
    )  # fmt: skip
    prices = final(market, steps_per_year=4, years=4, paths=48_000)
    for row, mean in ((0, 0.10), (1, 0.05)):
        assert_mean(groups(prices[row]).mean(axis=1), (1.0 + mean) ** 4, f"asset {row}")


# ---------------------------------------------------------------------------------------------------------------------
# Draws off
# ---------------------------------------------------------------------------------------------------------------------


def test_at_means_replaces_only_uncertain_parameters():
    shared = rk.Uncertain(0.1, 0.05, shared="Ann")
    shocks = [
        rk.Shock("s", rk.Uncertain(0.4, 0.1), {"a": rk.Impact(rk.Uncertain(-0.4, 0.1), 0.05), "b": -0.1}, together=0.5),
        rk.Shock("t", 0.2, {"a": -0.1}, once=True, drift_after={"b": 0.1}),
        rk.Contagion("s", "t", 0.5),
    ]
    assets = {"a": rk.Asset(shared, rk.Uncertain(0.3, 0.1)), "b": rk.Asset(0.05, 0.2)}
    market = rk.Market(assets, CORRELATION, tails=rk.StudentT(5), shocks=shocks, compensate=True)
    certain_shocks = [
        rk.Shock("s", 0.4, {"a": rk.Impact(-0.4, 0.05), "b": -0.1}, together=0.5),
        rk.Shock("t", 0.2, {"a": -0.1}, once=True, drift_after={"b": 0.1}),
        rk.Contagion("s", "t", 0.5),
    ]
    expected = rk.Market(
        {"a": rk.Asset(0.1, 0.3), "b": rk.Asset(0.05, 0.2)}, CORRELATION, tails=rk.StudentT(5), shocks=certain_shocks,
        compensate=True,
    )  # fmt: skip
    assert market.at_means() == expected
    assert expected.at_means() == expected


def test_an_uncertain_asset_changes_no_other_draw():
    """The other asset's prices and every event are unchanged, bit for bit."""
    plain = rk.Market(
        {"a": rk.Asset(0.1, 0.3), "b": rk.Asset(0.05, 0.2)}, CORRELATION,
        shocks=[rk.Shock("s", 0.4, {"a": rk.Impact(-0.4, 0.05), "b": -0.1})], compensate=True,
    )  # fmt: skip
    unsure = replace(plain, assets={**plain.assets, "a": rk.Asset(rk.Uncertain(0.1, 0.05), rk.Uncertain(0.3, 0.1))})
    one, other = (rk.sample(each, years=2, steps_per_year=12, paths=300, seed=9) for each in (plain, unsure))
    np.testing.assert_array_equal(one.prices[:, 1], other.prices[:, 1])
    assert one.events.equals(other.events)
    assert (one.prices[-1, 0] != other.prices[-1, 0]).all()


def test_the_draws_of_a_path_do_not_depend_on_which_paths_are_drawn_with_it():
    """Group 8 begins at path 128, whatever batch it is in; a path of any number has the draw of its group."""
    market = rk.Market({"a": rk.Asset(rk.Uncertain(0.1, 0.05), 0.0)})
    scenario = rk.Scenario(rk.Portfolio([rk.Holding("a", 1.0)]), market, [rk.Hold()], years=1, steps_per_year=1)
    many = rk.trace(scenario, "hold", paths=300, seed=1).wealth[-1]
    few = rk.trace(scenario, "hold", paths=[143, 128, 299, 144], seed=1).wealth[-1]
    np.testing.assert_array_equal(few, many[[143, 128, 299, 144]])
    assert few[0] == few[1] != few[3]


# ---------------------------------------------------------------------------------------------------------------------
# As data
# ---------------------------------------------------------------------------------------------------------------------


def test_uncertain_is_equal_by_value_hashable_pickles_and_describes_itself():
    unsure = rk.Uncertain(0.15, 0.05, shared="Ann")
    assert unsure == pickle.loads(pickle.dumps(unsure)) == copy.deepcopy(unsure)
    assert hash(unsure) == hash(rk.Uncertain(0.15, 0.05, "Ann"))
    assert unsure != rk.Uncertain(0.15, 0.05)
    assert repr(unsure) == "Uncertain(mean=0.15, sd=0.05, shared='Ann')"
    assert unsure.describe() == "15 % ± 5 %"
    assets = {"a": rk.Asset(unsure, 0.3), "b": rk.Asset(0.05, rk.Uncertain(0.2, 0.04))}
    shock = rk.Shock("s", rk.Uncertain(0.4, 0.1), {"a": rk.Uncertain(-0.4, 0.1)})
    market = rk.Market(assets, shocks=[shock])
    assert market == pickle.loads(pickle.dumps(market))
    said = market.assumptions()
    assert said[:4] == [
        "Expected return a year: 15 % (a), 5 % (b).",
        "Volatility a year: 30 % (a), 20 % (b).",
        "Expected return not known to: 5 % (a).",
        "Volatility not known to: 4 % (b).",
    ]
    assert shock.describe() == "s: 40 % ± 10 % a year; a -40 % (not known to 10 %) (assumption)"
    assert "Expected return not known to: 5 % (a)" in repr(market)


def test_an_uncertain_with_sd_0_is_a_number():
    assert rk.Asset(rk.Uncertain(0.1, 0.0), rk.Uncertain(0.2, 0)) == rk.Asset(0.1, 0.2)
    assert rk.Shock("s", rk.Uncertain(0.4, 0.0), {"a": rk.Uncertain(-0.1, 0.0)}) == rk.Shock("s", 0.4, {"a": -0.1})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("much", 0.1), r"^Uncertain: mean must be a number, got 'much'$"),
        ((math.nan, 0.1), r"^Uncertain: mean must be finite, got nan$"),
        ((0.1, -0.1), r"^Uncertain: sd must be >= 0 and < 1e\+06, got -0\.1$"),
        ((0.1, 0.1, ""), r"^Uncertain: shared must be a non-empty string, got ''$"),
        ((0.1, 0.1, 5), r"^Uncertain: shared must be a non-empty string, got 5$"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        rk.Uncertain(*arguments)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: rk.Asset(rk.Uncertain(-1.0, 0.1), 0.2), r"^Asset: expected_return: mean must be > -1, got -1\.0$"),
        (lambda: rk.Asset(0.1, rk.Uncertain(0.0, 0.1)), r"^Asset: volatility: mean of an Uncertain must be > 0, got"),
        (lambda: rk.Asset(0.1, rk.Uncertain(-0.1, 0.1)), r"^Asset: volatility: mean must be >= 0, got -0\.1$"),
        (
            lambda: rk.Shock("s", rk.Uncertain(0.0, 0.1), {"a": -0.1}),
            r"^Shock 's': rate: mean must be > 0, got 0\.0$",
        ),
        (
            lambda: rk.Shock("s", 0.1, {"a": rk.Uncertain(-1.0, 0.1)}),
            r"^Shock 's': impact on 'a': mean must be > -1, got -1\.0$",
        ),
        (lambda: rk.Impact(rk.Uncertain(-1.0, 0.2)), r"^Impact: mean: mean must be > -1, got -1\.0$"),
    ],
)
def test_uncertain_parameters_that_make_no_sense_are_refused(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()


@pytest.mark.parametrize(("mean", "unsure", "sd"), [(-0.4, 0.1, 0.15), (-0.03, 0.05, 0.1)])
def test_an_uncertain_loss_has_the_other_sign_as_often_as_described(mean, unsure, sd):
    """-40 %, uncertain to 10 %, ± 15 % from event to event: Φ((ln .6 - v/2) / √v), v = ln(1+1/36) + ln(1+1/16)."""
    variance = math.log1p((unsure / (1.0 + mean)) ** 2) + math.log1p((sd / (1.0 + mean)) ** 2)
    expected = stats.norm.cdf((math.log1p(mean) - 0.5 * variance) / math.sqrt(variance))
    impact = rk.Impact(rk.Uncertain(mean, unsure), sd)
    assert impact.wrong_sign == pytest.approx(expected, rel=1e-12)
    shock = rk.Shock("s", 200.0, {"a": impact})
    drawn = rk.sample(
        rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=[shock]), years=0.01, steps_per_year=100, paths=64_000
    )
    one = np.bincount(drawn.events["path"], minlength=64_000) == 1
    assert_share(drawn.prices[-1, 0][one] > 1.0, expected)
