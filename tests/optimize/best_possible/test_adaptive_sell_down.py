"""The adaptive policy: its gradient, its rule in the engine, out of sample against the best static plan, refusals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from plan_cases import taxed_baron

import riskkit as rk
from riskkit.optimize.best_possible._inputs import plan_class
from riskkit.optimize.best_possible.path_values import plan_wealth
from riskkit.optimize.best_possible.plan_paths import simulate, simulate_prices
from riskkit.optimize.best_possible.weight_limits import WeightLimits
from riskkit.toml import from_toml, to_toml

adaptive_sell_down = rk.optimize.adaptive_sell_down


@pytest.fixture(scope="module")
def policy():
    return adaptive_sell_down(taxed_baron(0.1746), into="diversified", paths=2000)


def test_gradient_against_differences():
    plans = plan_class(taxed_baron(0.12), "diversified", 1, 3.0)
    limits = WeightLimits(plans.problem, simulate_prices(plans, 500, 1))
    rng = np.random.default_rng(0)
    at = rng.normal(size=limits.shape) * 0.5 - 1.0
    way = rng.normal(size=limits.shape)
    step = 1e-6
    slope = (limits.mean_utility(at + step * way)[0] - limits.mean_utility(at - step * way)[0]) / (2 * step)
    assert (limits.mean_utility(at)[1] * way).sum() == pytest.approx(slope, rel=1e-6)


def test_rule_sells_in_the_engine_what_the_model_sells(policy):
    """The engine's ledger against the model, path by path."""
    plans = plan_class(taxed_baron(0.1746), "diversified", 1, 3.0)
    found = simulate(plans, policy.as_rule(), 300, 3)
    limits = WeightLimits(plans.problem, found)
    rule, shape = policy.rule, limits.shape
    coefficients = np.empty(shape)
    for place, name in enumerate(plans.sold_names):
        rows = [rule.level[name], rule.price[name], rule.others[name], rule.events["founder exit"][name]]
        coefficients[:, place] = np.transpose(rows)
    assert np.abs(found.sales - limits.sales(coefficients)).max() < 1e-9


def test_wealth_of_the_class_is_that_of_compare_where_no_loss_is_taxed(policy):
    """With a purchase cost of 0 there is no loss, so that refunds play no part."""
    scenario = taxed_baron(0.1746)
    free = rk.Portfolio([replace(holding, cost=0.0) for holding in scenario.portfolio.holdings])
    scenario = replace(scenario, portfolio=free, rules=[policy.as_rule()])
    plans = plan_class(scenario, "diversified", 1, 3.0)
    found = simulate(plans, policy.as_rule(), 1000, 3)
    wealth = plan_wealth(plans.problem, found.prices, found.sales)
    true = rk.compare(scenario, paths=1000, seed=3, progress=False).values(policy.as_rule().name, "wealth")
    bought = np.log(true / wealth)
    # What is bought later may be worth less than its cost at the horizon; then alone is there a loss.
    assert np.quantile(np.abs(bought), 0.5) < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize(("belief", "errors"), [(0.08, -4.0), (0.12, 4.0), (0.1746, 4.0)])
def test_policy_against_the_best_static_plan_out_of_sample(belief, errors):
    """Better by four standard errors of the paired difference; where the static plan is nearly the best, not worse."""
    scenario = taxed_baron(belief)
    policy = adaptive_sell_down(scenario, into="diversified", paths=20_000)
    static = rk.optimize.sell_down(
        scenario, years=9, into="diversified", objective="certainty_equivalent", paths=8000, seed=1
    )
    rules = [policy.as_rule(), static.as_rule()]
    result = rk.compare(replace(scenario, rules=rules), paths=20_000, seed=0, progress=False)
    row = result.differences(baseline="sell down", metrics="certainty_equivalent").iloc[0]
    assert row["difference"] > errors * row["standard_error"]


def test_rule_is_saved_and_read(policy):
    scenario = replace(taxed_baron(), rules=[policy.as_rule()])
    assert from_toml(rk.Scenario, to_toml(scenario)) == scenario


def test_text_is_a_table_of_shares(policy):
    text = repr(policy)
    assert "share to sell of what is then held" in text
    assert all(word in text for word in ("TSLA", "SpaceX", "below 0.5", "above 4", "t = 9"))
    assert policy.table.shape == (15, 10)
    shares = policy.table.to_numpy()
    assert ((shares >= 0) & (shares <= 1) | np.isnan(shares)).all()


def test_nothing_is_sold_after_the_last_year():
    found = adaptive_sell_down(taxed_baron(years=5), into="diversified", years=2, paths=1000)
    assert len(found.rule.level["TSLA"]) == 3


def test_with_certain_prices_the_higher_return_is_kept():
    """Without risk or tax all is sold at once where the index grows faster, and nothing where the stock does."""
    for stock, index, sold in ((0.02, 0.06, True), (0.10, 0.06, False)):
        assets = {"STOCK": rk.Asset(stock, 0.0), "INDEX": rk.Asset(index, 0.0)}
        portfolio = rk.Portfolio([rk.Holding("STOCK", 60, founder="F"), rk.Holding("INDEX", 40)])
        scenario = rk.Scenario(portfolio, rk.Market(assets), [rk.Hold()], years=4, steps_per_year=1)
        found = adaptive_sell_down(scenario, into="INDEX", paths=1000)
        best = 0.6 * (1 + max(stock, index)) ** 4 + 0.4 * (1 + index) ** 4
        assert found.value == pytest.approx(best, rel=1e-3)
        assert (found.table.iloc[2, 0] > 0.99) == sold


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({}, {"into": "nothing"}, "into must be among|into"),
        ({}, {"risk_aversion": 0.0}, "risk_aversion must be > 0"),
        ({}, {"risk_aversion": math.nan}, "risk_aversion"),
        ({}, {"paths": 10}, "paths must be >= 1000"),
        ({}, {"objective": "wealth_es95"}, "objective"),
        ({}, {"per_year": 5}, "per_year must divide 12"),
        ({}, {"years": 10}, "years must be >= 0 and < 10|years"),
        ({"frictions": rk.Frictions(spending=rk.Spending(0.03))}, {}, "without spending"),
        ({"frictions": rk.Frictions(flows=rk.Deposit(1.0))}, {}, "without flows"),
        ({"frictions": rk.Frictions(tax=rk.CapitalGains(0.2), death=0.02)}, {}, "without a death"),
    ],
)
def test_refusals(changes, options, message):
    with pytest.raises(rk.InvalidInput, match=message):
        adaptive_sell_down(replace(taxed_baron(), **changes), **{"into": "diversified", "paths": 1000, **options})


def test_refusals_of_markets_and_holdings():
    case = taxed_baron()
    market = case.market
    for changed, word in (
        (replace(market, tails=rk.NormalInverseGaussian(5.0)), "tails="),
        (replace(market, shocks=[replace(market.shocks[0], drift_after={"TSLA": -0.1})], compensate=False), "drift_af"),
        (replace(market, assets={**market.assets, "TSLA": rk.Asset(0.08, 0.5, dividend_yield=0.01)}), "dividend"),
    ):
        with pytest.raises(rk.InvalidInput, match=word):
            adaptive_sell_down(replace(case, market=changed), into="diversified", paths=1000)
    locked = [
        replace(holding, liquidity=rk.Locked(20)) if holding.name == "xAI" else holding
        for holding in case.portfolio.holdings
    ]
    with pytest.raises(rk.InvalidInput, match="'xAI' must be open for sale on some date"):
        adaptive_sell_down(replace(case, portfolio=rk.Portfolio(locked)), into="diversified", paths=1000)
    lent = replace(case.portfolio, loan=rk.Loan(10, 0.04))
    with pytest.raises(rk.InvalidInput, match="without loan"):
        adaptive_sell_down(replace(case, portfolio=lent), into="diversified", paths=1000)
