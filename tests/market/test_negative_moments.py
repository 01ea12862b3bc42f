"""Where wealth has no finite negative moments, its certainty equivalent is NaN, with the reason, everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import stats

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market.calibration._negative_moments import infinite_inverse_square, infinite_negative_moment
from riskkit.market.diffusion._asset import validated_asset

ONE = {"A": rk.Asset(0.08, 0.57)}
CALM = rk.Regimes(
    {"calm": rk.Regime(), "storm": rk.Regime(volatility=3.0)},
    switching={"calm": {"storm": 0.5}, "storm": {"calm": 4.0}},
)


@dataclass(frozen=True)
class Gamma(rk.Tail):
    """Exponential tail: E exp(c G) is finite for c < shape."""

    shape: float

    def law(self, dt):
        return stats.gamma(self.shape, scale=1.0 / self.shape)


@dataclass(frozen=True)
class Lognormal(rk.Tail):
    """No exponential moment at all."""

    sd: float

    def law(self, dt):
        return stats.lognorm(self.sd, scale=math.exp(-0.5 * self.sd**2))


def scenario(tails=None, assets=ONE, **more):
    portfolio = rk.Portfolio([rk.Holding(name, 1.0, founder="Ann" if name == "A" else None) for name in assets])
    rules = [rk.Hold(), rk.Rebalance(12)] if len(assets) > 1 else [rk.Hold()]
    return rk.Scenario(portfolio, rk.Market(assets, tails=tails, **more), rules, years=2, steps_per_year=12)


INFINITE = {
    "student t": (rk.StudentT(3), ONE),
    "student t of many degrees of freedom": (rk.StudentT(60), {"A": rk.Asset(0.05, 0.1)}),
    "student t beside cash": (rk.StudentT(5), ONE | {"cash": rk.Asset(0.03, 0.0)}),
    "student t and regimes": ((rk.StudentT(5), CALM), ONE),
    "clustering": (rk.Clustered(0.1, 0.8), ONE),
    "normal inverse gaussian, 3 σ² > 378 / kurtosis": (rk.NormalInverseGaussian(400.0), ONE),
    "one's own tail without exponential moments": (Lognormal(1.0), ONE),
    "one's own tail with too few": (Gamma(0.07), ONE),
    "volatilities that are not known": (None, {"A": rk.Asset(0.08, rk.Uncertain(0.4, 0.1))}),
}

FINITE = {
    "normal": (None, ONE),
    "student t without a volatility": (rk.StudentT(3), {"A": rk.Asset(0.03, 0.0)}),
    "regimes": (CALM, ONE),
    "normal inverse gaussian": (rk.NormalInverseGaussian(300.0), ONE),
    "one's own tail": (Gamma(0.5), ONE),
    "a known volatility beside one that is not": (None, ONE | {"B": rk.Asset(0.08, rk.Uncertain(0.4, 0.1))}),
}


@pytest.mark.parametrize("case", INFINITE)
def test_without_negative_moments_there_is_no_certainty_equivalent(case):
    """At σ = .57 and monthly steps E exp(3 σ² G) has the exponent 3 · .3249 / 12 = .0812 a unit of G / dt.

    The gamma law ends at its shape, .07 or .5; the normal inverse Gaussian at 378 / (12 · kurtosis): .0788 for 400,
    .105 for 300.
    """
    tails, assets = INFINITE[case]
    result = rk.compare(scenario(tails, assets), paths=2000, seed=1)
    for told in (result.table, result.errors):
        with pytest.warns(RiskkitWarning, match=r"certainty_equivalent of hold.*: under .* 1/wealth\*\*2 is infinite"):
            assert told("certainty_equivalent").isna().all(axis=None)
    with pytest.warns(RiskkitWarning, match="is infinite"):
        assert result.interval("certainty_equivalent").isna().all(axis=None)
    assert math.isfinite(result.table("wealth_mean").iloc[0, 0])


@pytest.mark.parametrize("case", FINITE)
def test_with_negative_moments_there_is_one(case):
    tails, assets = FINITE[case]
    result = rk.compare(scenario(tails, assets), paths=2000, seed=1)
    wealth = result.values("hold", "wealth")
    assert result.table("certainty_equivalent").iloc[0, 0] == pytest.approx(np.mean(wealth**-2.0) ** -0.5, rel=1e-12)


def test_only_holdings_count():
    market = rk.Market({"A": rk.Asset(0.03, 0.0), "B": rk.Asset(0.08, 0.5)}, tails=rk.StudentT(4))
    assert infinite_inverse_square(market, ["A"], 1 / 12) is None
    assert infinite_inverse_square(market, ["A", "B"], 1 / 12) is not None


TWO = {"A": rk.Asset(0.08, 0.57), "B": rk.Asset(0.06, 0.2)}


def heavy():
    return scenario(rk.StudentT(4), TWO)


def test_what_is_made_of_it_is_nan_with_the_reason():
    result = rk.compare(heavy(), paths=2000, seed=1)
    light = rk.compare(scenario(None, TWO), paths=2000, seed=1)
    questions = [
        lambda: result.differences(metrics="certainty_equivalent")[["difference", "standard_error", "p_montecarlo"]],
        lambda: result.against(light, "certainty_equivalent")[
            ["value", "difference", "standard_error", "p_montecarlo"]
        ],
        lambda: result.frontier("ced95", "certainty_equivalent")[["certainty_equivalent", "p_montecarlo"]],
        lambda: rk.sweep(heavy(), {"expected_return:Ann": [0.05]}, metric="certainty_equivalent", paths=500)[
            ["certainty_equivalent", "standard_error"]
        ],
    ]
    for ask in questions:
        with pytest.warns(RiskkitWarning, match="certainty_equivalent of .*is infinite"):
            assert ask().isna().all(axis=None)
    with pytest.warns(RiskkitWarning, match="is infinite"):
        assert not result.frontier("ced95", "certainty_equivalent")["frontier"].any()


def test_reweighting_does_not_bring_it_back():
    shocks = [rk.Shock("crash", 0.2, {"A": -0.3})]
    result = rk.compare(scenario(rk.StudentT(4), TWO, shocks=shocks), paths=2000, seed=1)
    with pytest.warns(RiskkitWarning, match="is infinite"):
        assert result.reweight({"crash": 0.3}).table("certainty_equivalent").isna().all(axis=None)


def test_it_is_nan_again_in_a_loaded_folder(tmp_path):
    rk.compare(heavy(), paths=500, seed=1).save(tmp_path)
    with pytest.warns(RiskkitWarning, match="is infinite"):
        assert rk.Comparison.load(tmp_path).table("certainty_equivalent").isna().all(axis=None)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: rk.compare(heavy(), paths=100, until={"certainty_equivalent": 0.1}),
        lambda: rk.breakeven(
            heavy(), "hold", "rebalance", vary="expected_return:Ann", metric="certainty_equivalent", paths=500
        ),
        lambda: rk.optimize.sell_down(heavy(), years=1, into="B", objective="certainty_equivalent", paths=1000),
    ],
    ids=["until", "breakeven", "sell_down"],
)
def test_what_cannot_be_answered_without_it_is_refused_with_the_reason(ask):
    with pytest.raises(InvalidInput, match=r"must have a finite expectation.* but under StudentT\(dof=4\.0\) the mean"):
        ask()


def test_the_report_gives_the_reason(tmp_path):
    result = rk.compare(replace(heavy(), rules=[rk.Hold()]), paths=300, seed=1)
    result.report(tmp_path / "report.html", paths=100)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "under StudentT(dof=4.0) the mean of 1/wealth**2 is infinite" in text


def test_two_seeds_under_student_t_say_the_same():
    """A sample mean would be an ordinary number on most seeds and another one on the next."""
    case = scenario(rk.StudentT(4), {"A": rk.Asset(0.08, 0.3)})
    for seed in (1, 2, 3):
        estimate = rk.compare(case, paths=2000, seed=seed).estimate("hold", "certainty_equivalent")
        assert math.isnan(estimate.value)
        assert math.isnan(estimate.standard_error)


def test_the_ten_worst_paths_may_carry_a_tenth_of_the_sum_and_no_more():
    """Of 1000 paths 990 at wealth 1 and ten at w: they carry 10/w² of 990 + 10/w²; a tenth of it at w² = 1/11."""
    from riskkit.comparison.estimation.tail_estimates import certainty_equivalent

    for square, told in ((1.0 / 10.9, True), (1.0 / 11.1, False)):
        wealth = np.append(np.ones(990), np.full(10, math.sqrt(square)))
        found = certainty_equivalent(wealth, np.full(1000, 0.001))
        assert found.value == pytest.approx(((990 + 10 / square) / 1000) ** -0.5, rel=1e-12)
        assert math.isfinite(found.standard_error) == told


def test_other_negative_moments_reach_the_bound_at_another_volatility():
    """Of a power k the exponent is k(k + 1)/2 σ² dt: 3 for k = 2 and 1 for k = 1, so σ may be √3 times as large."""
    tail = rk.NormalInverseGaussian(8.0)
    largest = math.sqrt(tail.largest_exponent(1 / 12) / (3.0 / 12))
    for power, scale in ((2.0, 1.0), (1.0, math.sqrt(3.0)), (4.0, math.sqrt(0.3))):
        for factor, infinite in ((0.999, False), (1.001, True)):
            asset = validated_asset(0.08, factor * scale * largest)
            found = infinite_negative_moment(rk.Market({"A": asset}, tails=tail), ["A"], 1 / 12, power)
            assert (found is not None) == infinite, (power, factor)
            assert not infinite or f"1/wealth**{power:g} is infinite" in found


@pytest.mark.parametrize("volatility", [1e155, 1e300])
def test_a_volatility_whose_square_is_too_large_for_a_float_is_judged_too(volatility):
    """3 σ² dt is beyond every bound of a tail."""
    market = rk.Market({"A": validated_asset(0.08, volatility)}, tails=rk.NormalInverseGaussian(8.0))
    assert "NormalInverseGaussian" in infinite_inverse_square(market, ["A"], 1 / 12)
    assert infinite_inverse_square(replace(market, tails=None), ["A"], 1 / 12) is None
