"""The built-in scenario is the published case, and its default has no view."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput


def test_the_portfolio_is_the_published_one():
    """About 40 % Tesla, 25 % SpaceX and some xAI: 65 % tied to one founder, 35 % in his own funds (November 2025)."""
    portfolio = rk.scenarios.baron().portfolio
    assert portfolio.weights.to_dict() == {"TSLA": 0.40, "SpaceX": 0.24, "xAI": 0.01, "diversified": 0.35}
    assert portfolio.exposure().round(12).to_dict() == {"Musk": 0.65, "no founder": 0.35}
    assert all(holding.liquidity == rk.Listed() for holding in portfolio.holdings)


def test_the_market_is_the_stated_one():
    scenario = rk.scenarios.baron()
    market = scenario.market
    assert {asset.expected_return for asset in market.assets.values()} == {0.08}
    assert [asset.volatility for asset in market.assets.values()] == [0.57, 0.45, 0.70, 0.16]
    stated = [[1.0, 0.15, 0.15, 0.45], [0.15, 1.0, 0.15, 0.30], [0.15, 0.15, 1.0, 0.30], [0.45, 0.30, 0.30, 1.0]]
    np.testing.assert_array_equal(market.correlation, stated)
    founder_exit, crash = market.shocks
    assert (founder_exit.rate, founder_exit.once, crash.rate, crash.once) == (0.02, True, 0.10, False)
    assert dict(founder_exit.impact) == dict.fromkeys(["TSLA", "SpaceX", "xAI"], rk.Impact(-0.50, 0.15))
    assert list(crash.impact) == list(scenario.portfolio.names)
    assert (scenario.years, scenario.steps_per_year, scenario.goal, scenario.baseline_name) == (10, 252, 5.0, "hold")


def test_shocks_are_marked_as_assumptions():
    shock_lines = [line for line in rk.scenarios.baron().assumptions() if line.startswith(("founder exit", "crash"))]
    assert len(shock_lines) == 2
    assert all(line.endswith("(assumption).") for line in shock_lines)
    assert "-50 % ± 15 %; a stress, far beyond the published effects (assumption)" in shock_lines[0]


def test_with_the_evidence_only_the_founder_exit_differs():
    stress, evidence = rk.scenarios.baron(), rk.scenarios.baron(shock="evidence")
    exit_ = evidence.market.shocks[0]
    assert dict(exit_.impact) == dict.fromkeys(["TSLA", "SpaceX", "xAI"], rk.Impact(-0.01285, 0.09404))
    assert (exit_.name, exit_.rate, exit_.once, exit_.together) == ("founder exit", rk.Mortality(54, "male"), True, 1.0)
    assert "Jenter, Matveyev and Roth" in exit_.source
    market = replace(evidence.market, shocks=stress.market.shocks)
    assert replace(evidence, market=market) == stress
    assert rk.scenarios.baron(shock="stress") == stress


def test_another_shock_is_refused():
    with pytest.raises(rk.InvalidInput, match="baron: shock must be one of 'stress', 'evidence', got 'panic'"):
        rk.scenarios.baron(shock="panic")  # type: ignore[arg-type]


def test_the_belief_is_five_times_the_money_in_ten_years_and_changes_nothing_else():
    plain, believed = rk.scenarios.baron(), rk.scenarios.baron(belief=0.1746)
    returns = {name: asset.expected_return for name, asset in believed.market.assets.items()}
    assert returns == {"TSLA": 0.1746, "SpaceX": 0.1746, "xAI": 0.1746, "diversified": 0.08}
    assert math.isclose((1.0 + returns["TSLA"]) ** 10, 5.0, rel_tol=1e-3)
    assert replace(believed, market=plain.market) == plain


@pytest.mark.slow
def test_no_view_means_that_no_rule_earns_more_on_average():
    """With one expected return for all, shocks included, every rule that trades free of cost has the mean 1.08**10."""
    scenario = replace(rk.scenarios.baron(), frictions=rk.Frictions(), steps_per_year=12)
    result = rk.compare(scenario, paths=20_000, seed=1, progress=False)
    means, errors = result.table("wealth_mean")["wealth_mean"], result.errors("wealth_mean")["wealth_mean"]
    assert len(means) == 7
    assert ((means - 1.08**10).abs() < 4.0 * errors).all()


@pytest.mark.parametrize("belief", [-1.0, math.nan, "5x", True])
def test_a_belief_must_be_a_return(belief: object):
    with pytest.raises(InvalidInput, match=r"belief must be (> -1|a number), got"):
        rk.scenarios.baron(belief)  # type: ignore[arg-type]
