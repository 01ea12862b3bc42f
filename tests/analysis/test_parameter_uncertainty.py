"""Parameter uncertainty: the split of the variance against analysis of variance and lognormal closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from samples import SIGMAS, assert_mean
from scipy import stats

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.analysis._parameter_uncertainty import split

# ---------------------------------------------------------------------------------------------------------------------
# The split of given values
# ---------------------------------------------------------------------------------------------------------------------


def test_split_against_a_table_worked_by_hand():
    """Groups (1, 3, 5), (2, 4, 6), (9, 11, 13) with means 3, 4, 11 around 6.

    Mean square between: 3 (9 + 4 + 25) / 2 = 57; within: (8 + 8 + 8) / 6 = 4. So the variance between is
    (57 - 4) / 3 = 17.6667, its share 17.6667 / 21.6667 = 0.815385.
    """
    between, within, share, _ = split(np.array([[1.0, 3.0, 5.0], [2.0, 4.0, 6.0], [9.0, 11.0, 13.0]]))
    assert between == pytest.approx(math.sqrt(53.0 / 3.0), rel=1e-12)
    assert within == pytest.approx(2.0, rel=1e-12)
    assert share == pytest.approx(53.0 / 65.0, rel=1e-12)


def test_split_against_the_f_statistic_of_scipy():
    """F = mean square between / within; the share is (F - 1) / (F - 1 + members)."""
    draw = np.random.default_rng(1)
    values = draw.normal(size=(40, 1)) + draw.normal(size=(40, 16))
    statistic = stats.f_oneway(*values).statistic
    assert split(values)[2] == pytest.approx((statistic - 1.0) / (statistic + 15.0), rel=1e-10)


def test_a_negative_variance_between_groups_is_set_to_zero():
    """Equal means of groups: the estimate is -1/2 of the variance within, of two members."""
    between, within, share, _ = split(np.array([[-1.0, 1.0], [-1.0, 1.0], [-1.0, 1.0]]))
    assert (between, share) == (0.0, 0.0)
    assert within == pytest.approx(math.sqrt(2.0))


def test_values_that_do_not_vary_have_no_share():
    between, within, share, error = split(np.full((5, 4), 3.0))
    assert (between, within) == (0.0, 0.0)
    assert math.isnan(share)
    assert math.isnan(error)


@pytest.mark.parametrize("true", [0.05, 0.3, 0.8])
def test_standard_error_of_the_share_is_its_spread(true):
    """Of 400 tables with 200 groups of 16: the spread of the shares is the mean of their errors, to 4 times the
    1/√800 by which a standard deviation of 400 normals is off; and their mean is the share."""
    draw = np.random.default_rng(2)
    tables = math.sqrt(true) * draw.normal(size=(400, 200, 1)) + math.sqrt(1 - true) * draw.normal(size=(400, 200, 16))
    found = np.array([split(table)[2:] for table in tables])
    assert found[:, 0].std() == pytest.approx(found[:, 1].mean(), rel=SIGMAS / math.sqrt(800.0))
    # The delta method errs by its order 1/200.
    assert abs(found[:, 0].mean() - true) < SIGMAS * found[:, 0].std() / math.sqrt(400.0) + true / 200.0


def test_split_does_not_depend_on_the_order_of_groups_or_members_nor_on_the_level():
    values = np.random.default_rng(3).normal(size=(30, 16)) + np.arange(30)[:, None]
    plain = split(values)
    for same in (values[::-1], values[:, ::-1], values + 100.0):
        np.testing.assert_allclose(split(same), plain, rtol=1e-9)
    np.testing.assert_allclose(split(10.0 * values)[:2], 10.0 * np.array(plain[:2]), rtol=1e-12)
    np.testing.assert_allclose(split(10.0 * values)[2:], plain[2:], rtol=1e-12)


# ---------------------------------------------------------------------------------------------------------------------
# The question
# ---------------------------------------------------------------------------------------------------------------------

MEAN, SD, VOLATILITY, YEARS, GOAL = 0.08, 0.02, 0.08, 10, 2.5


def scenario(expected_return=None, *, years=YEARS, shocks=(), rules=None, **more) -> rk.Scenario:
    """One asset with an uncertain return, at the volatility of a mixed fund; cash for the rules to go to."""
    unsure = rk.Uncertain(MEAN, SD) if expected_return is None else expected_return
    market = rk.Market({"a": rk.Asset(unsure, VOLATILITY), "cash": rk.Asset(0.02, 0.0)}, shocks=shocks)
    portfolio = rk.Portfolio([rk.Holding("a", 1.0, founder="Ann")])
    if rules:
        portfolio = rk.Portfolio([rk.Holding("a", 1.0, founder="Ann"), rk.Holding("cash", 1.0)])
    return rk.Scenario(portfolio, market, rules or [rk.Hold()], years=years, steps_per_year=1, goal=GOAL, **more)


def test_variances_of_wealth_against_the_lognormal():
    """With a the variance of the log growth times T, and b = σ² T: Var E(W | growth) = M² (e^a - 1) and
    E Var(W | growth) = M² e^a (e^b - 1), M = (1 + m)^T; without draws the mean is M too."""
    a, b = math.log1p((SD / (1.0 + MEAN)) ** 2) * YEARS**2, VOLATILITY**2 * YEARS
    level = (1.0 + MEAN) ** YEARS
    between, within = level**2 * math.expm1(a), level**2 * math.exp(a) * math.expm1(b)
    [found] = rk.uncertainty(scenario(), paths=160_000, seed=1).to_dict("records")
    assert abs(found["parameter_share"] - between / (between + within)) < SIGMAS * found["standard_error"]
    assert SIGMAS * found["standard_error"] < 0.05
    for column, variance in (("with_draws", between + within / 16.0), ("fixed", level**2 * math.expm1(b) / 16.0)):
        assert abs(found[column] - level) < SIGMAS * math.sqrt(variance / 10_000), column
    wealth = rk.compare(scenario(), paths=160_000, seed=1, progress=False).values("hold", "wealth").reshape(-1, 16)
    assert_mean(wealth.var(axis=1, ddof=1), within, "within")
    assert_mean((wealth.mean(axis=1) - level) ** 2, between + within / 16.0, "of means")


def test_variances_of_a_probability_against_the_bivariate_normal():
    """Two paths of a group reach the goal together with Φ₂ of correlation a / (a + b): the share is the correlation
    of what happened to them."""
    a, b = math.log1p((SD / (1.0 + MEAN)) ** 2) * YEARS**2, VOLATILITY**2 * YEARS
    place = (YEARS * math.log1p(MEAN) - 0.5 * (a + b) - math.log(GOAL)) / math.sqrt(a + b)
    both = stats.multivariate_normal([0.0, 0.0], [[1.0, a / (a + b)], [a / (a + b), 1.0]]).cdf([place, place])
    chance = stats.norm.cdf(place)
    [found] = rk.uncertainty(scenario(), "goal_probability", paths=160_000, seed=2).to_dict("records")
    share = (both - chance**2) / (chance - chance**2)
    assert abs(found["parameter_share"] - share) < SIGMAS * found["standard_error"]
    error = math.sqrt((both - chance**2 + (chance - both) / 16.0) / 10_000)
    assert abs(found["with_draws"] - chance) < SIGMAS * error
    fixed = stats.norm.cdf((YEARS * math.log1p(MEAN) - 0.5 * b - math.log(GOAL)) / math.sqrt(b))
    assert abs(found["fixed"] - fixed) < SIGMAS * math.sqrt(fixed * (1.0 - fixed) / 160_000)


def test_both_runs_are_those_of_compare_on_the_same_streams():
    """`with_draws` is the scenario's own table, `fixed` that of its market at the means."""
    crash = rk.Shock("crash", rk.Uncertain(0.2, 0.1), {"a": rk.Uncertain(-0.3, 0.05)})
    whole = scenario(shocks=[crash], rules=[rk.Hold(), rk.Cap(0.3)])
    found = rk.uncertainty(whole, "max_drawdown_mean", paths=3200, seed=3)
    certain = rk.Shock("crash", 0.2, {"a": -0.3})
    fixed = scenario(MEAN, shocks=[certain], rules=[rk.Hold(), rk.Cap(0.3)])
    for column, each in (("with_draws", whole), ("fixed", fixed)):
        table = rk.compare(each, paths=3200, seed=3, progress=False).table("max_drawdown_mean")
        assert found[column].tolist() == table["max_drawdown_mean"].tolist()
    assert found.index.tolist() == ["hold", "cap"]
    assert found.index.name == "rule"
    assert found.columns.tolist() == [
        "with_draws", "fixed", "parameter_sd", "path_sd", "parameter_share", "standard_error",
    ]  # fmt: skip
    assert found.attrs["assumptions"] == whole.assumptions()


def test_split_is_that_of_the_paths_of_compare():
    """By the f statistic over the groups of 16 of the run itself."""
    whole = scenario()
    wealth = rk.compare(whole, paths=3200, seed=4, progress=False).values("hold", "wealth").reshape(-1, 16)
    statistic = stats.f_oneway(*wealth).statistic
    [found] = rk.uncertainty(whole, paths=3200, seed=4).to_dict("records")
    assert found["parameter_share"] == pytest.approx((statistic - 1.0) / (statistic + 15.0), rel=1e-9)
    assert found["path_sd"] == pytest.approx(math.sqrt(wealth.var(axis=1, ddof=1).mean()), rel=1e-9)


def test_what_does_not_touch_a_rule_has_no_share_in_its_risk():
    """`DiversifyNow` holds cash from the start: neither parameters nor paths move it."""
    found = rk.uncertainty(scenario(rules=[rk.Hold(), rk.DiversifyNow()]), paths=3200, seed=5)
    assert found.loc["hold", "parameter_share"] > 0.1
    assert found.loc["diversify now", "parameter_sd"] == pytest.approx(0.0, abs=1e-12)
    assert found.loc["diversify now", "path_sd"] == pytest.approx(0.0, abs=1e-12)


def test_over_longer_times_parameter_uncertainty_is_the_larger_share():
    """Parameter variance grows with T², path variance with T: a tenth after a year, most after thirty."""
    shares = [
        rk.uncertainty(scenario(years=years), paths=16_000, seed=6).loc["hold", "parameter_share"]
        for years in (1, 10, 30)
    ]
    assert shares[0] < 0.1 < shares[1] < 0.5 < shares[2]


def test_threads_change_nothing():
    one, other = (rk.uncertainty(scenario(), paths=3200, seed=7, workers=workers) for workers in (1, 3))
    assert one.equals(other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scenario": "hold"}, r"^scenario must be a Scenario, got 'hold'$"),
        (
            {"scenario": scenario(MEAN)},
            r"^scenario must have an Uncertain parameter, got a market in which all are fixed$",
        ),
        ({"metric": "wealth_median"}, r"^metric must name one of 'wealth_mean', .*, got 'wealth_median'"),
        ({"metric": "cdar95"}, r"^metric must name one of 'wealth_mean', .*, got 'cdar95'"),
        ({"paths": 1000}, r"^paths must be a multiple of 16 and at least 320, got 1000$"),
        ({"paths": 304}, r"^paths must be a multiple of 16 and at least 320, got 304$"),
        ({"paths": "many"}, r"^paths must be a whole number, got 'many'$"),
        ({"paths": 3200.0}, r"^paths must be a whole number, got 3200\.0$"),
        ({"seed": -1}, r"^seed must be from 0 to 2\*\*64 - 1, got -1$"),
        ({"workers": 0}, r"^workers must be >= 1, got 0$"),
    ],
)
def test_bad_input_is_refused(change, message):
    with pytest.raises(InvalidInput, match=message):
        rk.uncertainty(**{"scenario": scenario(), "paths": 3200, **change})
