"""Growth-optimal weights against published figures, closed forms, first-order conditions and simulated growth."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.optimize import brentq

import riskkit as rk
from riskkit.optimize import kelly


def one_asset(excess: float, rate: float, loss: float, *, compensate: bool) -> rk.Market:
    """Volatility 40 % and a crash; the excess includes the crash, in either parametrisation of the market."""
    drift = excess if compensate else excess + rate * loss
    crash = rk.Shock("crash", rate, {"TSLA": -loss})
    return rk.Market({"TSLA": rk.Asset(math.expm1(drift), 0.4)}, shocks=[crash], compensate=compensate)


@pytest.mark.parametrize("compensate", [True, False])
@pytest.mark.parametrize(("rate", "fraction"), [(0.0, 0.625), (0.02, 0.58449), (0.05, 0.53609)])
def test_published_fractions(rate, fraction, compensate):
    """Total excess .10, volatility .40, a crash of 60 %: .625 without; .58449 at 2 %, .53609 at 5 % a year."""
    found = kelly(one_asset(0.10, rate, 0.6, compensate=compensate), "TSLA")
    assert found.founder_weight == pytest.approx(fraction, abs=5e-6)
    assert found.weights.to_dict() == pytest.approx({"TSLA": fraction, "cash": 1.0 - fraction}, abs=5e-6)
    assert found.status == "solved"


def test_fraction_and_growth_against_the_first_order_condition():
    """Excess .06 over cash at 3 %, volatility .25, a crash of 45 % at 4 % a year, on top of the expected return.

    The slope .06 - .0625 w - .04 * .45 / (1 - .45 w) is 0 at the optimum; the growth there is
    .03 + .06 w - .03125 w**2 + .04 log(1 - .45 w).
    """
    crash = rk.Shock("crash", 0.04, {"A": -0.45}, once=True)
    market = rk.Market({"A": rk.Asset(math.expm1(0.09), 0.25)}, shocks=[crash])
    w = brentq(lambda w: 0.06 - 0.0625 * w - 0.018 / (1.0 - 0.45 * w), 0.0, 1.0, xtol=1e-15)
    found = kelly(market, cash=math.expm1(0.03))
    assert found.weights["A"] == pytest.approx(w, abs=1e-7)
    growth = 0.03 + 0.06 * w - 0.03125 * w**2 + 0.04 * math.log(1.0 - 0.45 * w)
    assert found.growth == pytest.approx(growth, abs=1e-12)
    assert 0.0 <= found.gap < 1e-9


def test_without_shocks_weights_are_the_inverse_covariance_times_the_excess():
    """S = [[.09, .018], [.018, .04]], excess [.036, .02]: S^-1 e = [.00108, .001152] / .003276."""
    assets = {"A": rk.Asset(math.expm1(0.036), 0.3), "B": rk.Asset(math.expm1(0.02), 0.2)}
    found = kelly(rk.Market(assets, {"A": {"B": 0.3}}))
    first, second = 0.00108 / 0.003276, 0.001152 / 0.003276
    assert found.weights.to_numpy() == pytest.approx([first, second, 1.0 - first - second], abs=1e-7)
    assert found.growth == pytest.approx(0.5 * (0.036 * first + 0.02 * second), abs=1e-12)


def test_where_all_is_invested_the_last_unit_earns_the_same_everywhere():
    """Volatilities .2 and .3, uncorrelated, drifts .10 and .14, no cash left: .10 - .04 a = .14 - .09 (1 - a).

    So a = .05 / .13.
    """
    found = kelly(rk.Market({"A": rk.Asset(math.expm1(0.10), 0.2), "B": rk.Asset(math.expm1(0.14), 0.3)}))
    assert found.weights.to_numpy() == pytest.approx([5.0 / 13.0, 8.0 / 13.0, 0.0], abs=1e-7)


def test_assets_without_growth_have_no_weight():
    found = kelly(rk.Market({"A": rk.Asset(0.02, 0.3), "B": rk.Asset(0.0, 0.2)}), cash=0.03)
    assert found.weights.to_dict() == pytest.approx({"A": 0.0, "B": 0.0, "cash": 1.0}, abs=1e-9)
    assert found.growth == pytest.approx(math.log(1.03), abs=1e-9)


def test_a_random_impact_is_integrated():
    """1 + J lognormal with mean .5 and sd .15: the slope's E[J / (1 + w J)] by adaptive quadrature."""
    log_sd = math.sqrt(math.log1p((0.15 / 0.5) ** 2))
    log_mean = math.log(0.5) - 0.5 * log_sd**2

    def pull(w: float) -> float:
        def integrand(z: float) -> float:
            change = math.expm1(log_mean + log_sd * z)
            return change / (1.0 + w * change) * math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)

        return quad(integrand, -10.0, 10.0, epsabs=1e-13)[0]

    market = rk.Market(
        {"A": rk.Asset(math.expm1(0.1), 0.4)}, shocks=[rk.Shock("exit", 0.05, {"A": rk.Impact(-0.5, 0.15)})]
    )
    w = brentq(lambda w: 0.1 - 0.16 * w + 0.05 * pull(w), 0.0, 1.0, xtol=1e-13)
    assert kelly(market).weights["A"] == pytest.approx(w, abs=1e-7)


@pytest.mark.parametrize("together", [0.0, 0.5, -0.6])
def test_impacts_that_are_not_alike(together):
    """The growth of two assets under one shock with log impacts of that correlation, by adaptive quadrature."""
    impacts = {"A": rk.Impact(-0.4, 0.1), "B": rk.Impact(-0.3, 0.08)}
    shock = rk.Shock("exit", 0.2, impacts, together=together)
    market = rk.Market({"A": rk.Asset(math.expm1(0.2), 0.3), "B": rk.Asset(math.expm1(0.12), 0.2)}, shocks=[shock])
    found = kelly(market)
    a, b = found.weights["A"], found.weights["B"]
    sds = [math.sqrt(math.log1p((i.sd / (1.0 + i.mean)) ** 2)) for i in impacts.values()]
    means = [math.log1p(i.mean) - 0.5 * s * s for i, s in zip(impacts.values(), sds, strict=True)]

    def integrand(y: float, x: float) -> float:
        other = together * x + math.sqrt(1.0 - together**2) * y
        value = 1.0 + a * math.expm1(means[0] + sds[0] * x) + b * math.expm1(means[1] + sds[1] * other)
        return math.log(value) * math.exp(-0.5 * (x * x + y * y)) / (2.0 * math.pi)

    jumped = dblquad(integrand, -8.0, 8.0, -8.0, 8.0, epsabs=1e-9)[0]
    growth = 0.2 * a + 0.12 * b - 0.5 * (0.09 * a * a + 0.04 * b * b) + 0.2 * jumped
    assert found.growth == pytest.approx(growth, abs=1e-8)
    assert min(a, b) > 0.05


def test_many_impacts_that_are_not_alike():
    """Five assets alike, with independent impacts: by symmetry five equal weights, and their growth by simulation."""
    names = list("ABCDE")
    shock = rk.Shock("strike", 0.5, dict.fromkeys(names, rk.Impact(-0.3, 0.1)), together=0.0)
    market = rk.Market(dict.fromkeys(names, rk.Asset(math.expm1(0.19), 0.4)), shocks=[shock])
    found = kelly(market)
    assert found.weights[names].to_numpy() == pytest.approx(np.full(5, found.weights["A"]), abs=2e-3)
    w, draws = found.weights["A"], 400_000
    log_sd = math.sqrt(math.log1p((0.1 / 0.7) ** 2))
    changes = np.expm1(math.log(0.7) - 0.5 * log_sd**2 + log_sd * np.random.default_rng(1).normal(size=(draws, 5)))
    jumped = np.log1p(w * changes.sum(axis=1))
    growth = 0.19 * 5 * w - 0.5 * 0.16 * 5 * w * w + 0.5 * jumped.mean()
    assert found.growth == pytest.approx(growth, abs=4.0 * 0.5 * jumped.std() / math.sqrt(draws) + 1e-5)


def test_simulated_wealth_grows_at_that_rate():
    """Rebalanced at every one of 252 steps a year to the best weights: mean log wealth is growth * years.

    Steps of a day instead of a moment change the growth by a share of about w (1-w) sigma**2 / 252, far below 4
    standard errors.
    """
    market = one_asset(0.25, 0.3, 0.5, compensate=True)
    market = rk.Market({**market.assets, "cash": rk.Asset(0.02, 0.0)}, shocks=market.shocks, compensate=True)
    found = kelly(market)
    portfolio = rk.Portfolio([rk.Holding(name, weight) for name, weight in found.weights.items()])
    scenario = rk.Scenario(portfolio, market, [rk.Rebalance(0)], years=2)
    log_wealth = np.log(rk.compare(scenario, paths=4000, seed=3, progress=False).values("rebalance", "wealth"))
    error = log_wealth.std() / math.sqrt(4000)
    assert log_wealth.mean() == pytest.approx(2.0 * found.growth, abs=4.0 * error)
    assert error < 0.2 * found.growth


def test_founder_weight_adds_shares_and_changes_no_weight():
    scenario = rk.scenarios.baron(0.1746)
    shares = dict(zip(scenario.portfolio.names, scenario.portfolio.shares("Musk"), strict=True))
    found = kelly(scenario.market, {**shares, "diversified": 0.5})
    plain = kelly(scenario.market)
    assert found.weights.equals(plain.weights)
    assert plain.founder_weight == 0.0
    assert found.founder_weight == pytest.approx(1.0 - 0.5 * plain.weights["diversified"] - plain.weights["cash"])
    assert "rides on the founder" in repr(found)


def test_bad_input_is_refused():
    market = one_asset(0.1, 0.02, 0.6, compensate=True)
    with pytest.raises(rk.InvalidInput, match="market must be a Market, got 'TSLA'"):
        kelly("TSLA")
    with pytest.raises(rk.InvalidInput, match="founder must name one of 'TSLA', got 'TSLX'"):
        kelly(market, "TSLX")
    with pytest.raises(rk.InvalidInput, match="founder must be the name of an asset or a mapping"):
        kelly(market, 3)
    with pytest.raises(rk.InvalidInput, match=r"founder: share of 'TSLA' must be >= 0 and <= 1, got 1\.5"):
        kelly(market, {"TSLA": 1.5})
    with pytest.raises(rk.InvalidInput, match=r"cash must be > -1, got -1\.0"):
        kelly(market, cash=-1.0)

    class Ageing(rk.Hazard):
        def cumulative(self, t):
            return 0.01 * np.asarray(t) ** 2

    ageing = rk.Market(market.assets, shocks=[rk.Shock("exit", Ageing(), {"TSLA": -0.5})])
    with pytest.raises(rk.InvalidInput, match="rate of shock 'exit' must be a number, got"):
        kelly(ageing)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tails": rk.StudentT(5)}, "got tails; leave it out"),
        ({"contagion": [rk.Contagion("crash", "crash", 0.1)]}, "got contagion; leave it out"),
        (
            {"assets": {"a": rk.Asset(rk.Uncertain(0.1, 0.05), 0.4)}},
            r"got an Uncertain one; market\.at_means\(\)",
        ),
    ],
)
def test_markets_that_the_formula_does_not_cover_are_refused(change, message):
    market = rk.Market({"a": rk.Asset(0.1, 0.4)}, shocks=[rk.Shock("crash", 0.02, {"a": -0.6})])
    with pytest.raises(rk.InvalidInput, match=message):
        kelly(replace(market, **change))
