"""Plans against linear programmes, hand calculation, the engine's traces, and other rules out of sample."""

from __future__ import annotations

import math
from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest

import riskkit as rk
from riskkit.optimize import founder_limit, holding_limits, sell_down
from riskkit.optimize.sale_plans.scenario_paths import simulate, value_sales
from riskkit.rules.planned_sale import SellDown

RATE = 0.238


def taxed_baron(end: str = "sell", **changes) -> rk.Scenario:
    """The founding case with a purchase cost of 10 % and monthly steps, which change no law at yearly dates."""
    case = rk.scenarios.baron()
    bought = [replace(holding, cost=0.1 * holding.value) for holding in case.portfolio.holdings]
    frictions = replace(case.frictions, tax=rk.CapitalGains(RATE, at_end=end))
    return replace(case, portfolio=rk.Portfolio(bought), frictions=frictions, steps_per_year=12, **changes)


def steady(*holdings: rk.Holding, growth: dict[str, float], tax=None, cost=0.0, years=4.0, **rest) -> rk.Scenario:
    """Prices that grow at a constant rate, the same on all paths."""
    market = rk.Market({holding.name: rk.Asset(growth[holding.name], 0.0) for holding in holdings})
    frictions = rk.Frictions(cost, tax=tax)
    portfolio = rk.Portfolio(holdings)
    return rk.Scenario(portfolio, market, [rk.Hold()], frictions=frictions, years=years, steps_per_year=12, **rest)


def in_sample(scenario: rk.Scenario, plan, objective: str) -> float:
    """The objective of the plan's rule by `compare`, on the paths that the plan was chosen over."""
    rules = replace(scenario, rules=[plan.as_rule()], baseline=None)
    result = rk.compare(rules, paths=plan.paths, seed=plan.seed, progress=False)
    return float(result.table([objective]).to_numpy().item())


# ---------------------------------------------------------------------------------------------------------------------
# The programme
# ---------------------------------------------------------------------------------------------------------------------


def wealth_by_hand(scenario: rk.Scenario, dates: int, paths: int, seed: int, taker: str):
    """Final wealth where nothing is sold (path), and what selling all of a holding on a date adds (variable, path).

    One sale at a time, from sampled prices: its cost and tax are paid, the rest buys the taker at its cost, and at the
    horizon everything is taxed on its gain, a loss bringing its tax back.
    """
    steps = scenario.steps_per_year
    drawn = rk.sample(scenario.market, years=scenario.years, steps_per_year=steps, paths=paths, seed=seed).prices
    names, portfolio, cost = scenario.portfolio.names, scenario.portfolio, scenario.frictions.cost
    value = {name: portfolio.holding(name).value / portfolio.total for name in names}
    basis = {name: portfolio.holding(name).basis / portfolio.total for name in names}

    def at(name: str, step: int):
        return drawn[step, names.index(name)]

    end = len(drawn) - 1
    held = {name: value[name] * at(name, end) for name in names}
    net = {name: held[name] - RATE * (held[name] - basis[name]) for name in names}
    gains = []
    for name in names:
        if not portfolio.holding(name).founder:
            continue
        for date in range(dates):
            worth = value[name] * at(name, date * steps)
            money = worth * (1.0 - cost) - RATE * (worth - basis[name])
            bought = money / (1.0 + cost)
            later = bought * at(taker, end) / at(taker, date * steps)
            gains.append(later - RATE * (later - bought) - net[name])
    return sum(net.values()), np.array(gains)


@pytest.fixture(scope="module")
def small():
    scenario = taxed_baron()
    return scenario, *wealth_by_hand(scenario, dates=3, paths=1000, seed=5, taker="diversified")


def test_worst_wealth_against_a_plain_linear_programme(small):
    """Rockafellar and Uryasev's programme with a row a path: the mean of the worst 50 of 1000."""
    scenario, base, gains = small
    shares, edge, short = cp.Variable(9, nonneg=True), cp.Variable(), cp.Variable(1000, nonneg=True)
    wealth = base + gains.T @ shares
    limits = [edge - wealth <= short, *(cp.sum(shares[3 * h : 3 * h + 3]) <= 1 for h in range(3))]
    best = cp.Problem(cp.Maximize(edge - cp.sum(short) / 50), limits).solve(solver=cp.CLARABEL)
    plan = sell_down(scenario, years=2, into="diversified", paths=1000, seed=5)
    assert plan.value == pytest.approx(best, rel=1e-6)
    assert plan.bound == pytest.approx(best, rel=1e-6)
    assert plan.bound >= plan.value


def test_certainty_equivalent_against_a_plain_cone_programme(small):
    scenario, base, gains = small
    shares = cp.Variable(9, nonneg=True)
    limits = [cp.sum(shares[3 * h : 3 * h + 3]) <= 1 for h in range(3)]
    objective = cp.Minimize(cp.sum(cp.power(base + gains.T @ shares, -2)) / 1000)
    best = cp.Problem(objective, limits).solve(solver=cp.CLARABEL) ** -0.5
    plan = sell_down(scenario, years=2, into="diversified", objective="certainty_equivalent", paths=1000, seed=5)
    assert plan.value == pytest.approx(best, rel=1e-6)
    assert plan.bound == pytest.approx(best, rel=1e-6)


def test_no_plan_of_ten_thousand_is_better_than_the_bound(small):
    scenario, base, gains = small
    plan = sell_down(scenario, years=2, into="diversified", paths=1000, seed=5)
    shares = np.random.default_rng(2).dirichlet(np.full(4, 0.3), size=(10_000, 3))[:, :, :3].reshape(10_000, 9)
    worst_mean = np.sort(base[:, None] + gains.T @ shares.T, axis=0)[:50].mean(axis=0)
    assert worst_mean.max() <= plan.bound
    assert worst_mean.max() > 0.9 * plan.value


def test_the_plan_has_the_objective_without_sales(small):
    scenario, base, _ = small
    plan = sell_down(scenario, years=0, into="diversified", paths=1000, seed=5)
    assert plan.unsold == pytest.approx(np.sort(base)[:50].mean(), rel=1e-12)
    assert plan.table.shape == (3, 1)


# ---------------------------------------------------------------------------------------------------------------------
# The engine's own books
# ---------------------------------------------------------------------------------------------------------------------


def gaining(end: str, *, liquid: bool = False, **rest) -> rk.Scenario:
    """Purchase costs so low, and takers so sure to rise, that no sale is at a loss: tax is symmetric by itself.

    It has two takers, costs that differ and inflation; and, unless it is liquid, windows with a discount, and a market
    of limited depth.
    """
    windows = rk.Listed() if liquid else rk.TenderWindows(months=(6, 12), limit=0.3, discount=0.08)
    depth = rk.Listed(None if liquid else 0.4)
    held = [
        rk.Holding("listed", 40, founder="Ann", cost=0.0),
        rk.Holding("private", 20, founder={"Ann": 0.5}, cost=0.0, liquidity=windows),
        rk.Holding("thin", 10, founder="Bob", cost=[rk.Lot(4, 0.0), rk.Lot(6, 0.0)], liquidity=depth),
        rk.Holding("index", 20, cost=2.0),
        rk.Holding("bonds", 10, cost=1.0),
    ]
    assets = {
        "listed": rk.Asset(0.02, 0.5),
        "private": rk.Asset(0.03, 0.4),
        "thin": rk.Asset(0.04, 0.6),
        "index": rk.Asset(0.12, 0.01),
        "bonds": rk.Asset(0.10, 0.0),
    }
    exit_ = rk.Shock("exit", 0.1, {"listed": rk.Impact(-0.5, 0.1), "private": -0.3})
    market = rk.Market(assets, {"listed": {"thin": 0.4}}, shocks=[exit_])
    cost = {"listed": 0.01, "private": 0.03, "thin": 0.02, "index": 0.005}
    tax = rk.CapitalGains(RATE, at_end=end)
    frictions = rk.Frictions(cost, tax=tax, **rest)
    portfolio = rk.Portfolio(held)
    return rk.Scenario(
        portfolio, market, [rk.Hold()], frictions=frictions, years=4.5, steps_per_year=12, inflation=0.02
    )


INTO = {"index": 0.7, "bonds": 0.3}


@pytest.mark.parametrize("respond", [False, True])
@pytest.mark.parametrize("objective", ["wealth_es95", "certainty_equivalent"])
@pytest.mark.parametrize("end", ["sell", "step_up"])
def test_the_model_is_what_the_engine_does(end, objective, respond):
    """The objective by `compare`, of the plan's rule on the plan's own paths, equals the model's."""
    scenario = gaining(end)
    plan = sell_down(scenario, years=4, into=INTO, objective=objective, budget=0.05, respond=respond, paths=1500)
    assert in_sample(scenario, plan, objective) == pytest.approx(plan.value, rel=1e-9)
    assert plan.gap < 1e-6


def test_final_wealth_of_each_path_is_linear_in_what_is_sold():
    """Any plan within the limits, not only the best: the model's wealth and the engine's trace, path by path."""
    scenario, names = gaining("step_up"), ("listed", "private", "thin")
    shares = np.array([[0.3, 0.0, 0.5], [0.0, 0.2, 0.15], [0.35, 0.2, 0.1]])
    rule = SellDown(dict(zip(names, shares, strict=True)), into=INTO)
    into = np.array([INTO.get(name, 0.0) for name in scenario.portfolio.names])
    sales = value_sales(scenario, simulate(scenario, 3, None, 50, 9), [0, 1, 2], into)
    traced = rk.trace(replace(scenario, rules=[rule]), rule, paths=50, seed=9)
    model = sales.base + np.einsum("hd,dhp->p", shares, sales.gain)
    np.testing.assert_allclose(model, traced.wealth[-1] / 1.02**4.5, rtol=1e-12)
    tax = np.einsum("hd,dhp->p", shares, sales.tax)
    np.testing.assert_allclose(tax, traced.accounts["tax"][-1], rtol=1e-12)


def test_death_steps_purchase_costs_up_in_the_model_too():
    """With a death on 60 % of the paths: what is held is then worth its cost, and so is what was bought before."""
    scenario = gaining("sell", death=0.2)
    plan = sell_down(scenario, years=3, into=INTO, objective="certainty_equivalent", paths=1500)
    value = in_sample(scenario, plan, "certainty_equivalent")
    # After a death a sale can be at a loss, whose tax the engine carries forward and the model returns at once.
    assert value == pytest.approx(plan.value, rel=0.01)
    assert value <= plan.value
    without = sell_down(gaining("sell"), years=3, into=INTO, objective="certainty_equivalent", paths=1500)
    assert plan.unsold > without.unsold * 1.005


@pytest.mark.parametrize("after", [rk.Trim(1.0, years=1), rk.TakeProfit(1.05, 1.0)])
def test_a_pledge_lets_go_on_each_path_in_its_own_time(after):
    scenario = gaining("step_up", liquid=True)
    plan = sell_down(
        scenario,
        years=4,
        into=INTO,
        objective="certainty_equivalent",
        constraints=[rk.SellLast(after=after)],
        paths=1500,
        respond=True,
    )
    assert isinstance(plan.as_rule(), rk.SellLast)
    assert in_sample(scenario, plan, "certainty_equivalent") == pytest.approx(plan.value, rel=1e-9)
    assert (plan.table[0] == 0.0).all()
    assert plan.table.to_numpy().sum() > 0.0


# ---------------------------------------------------------------------------------------------------------------------
# By hand
# ---------------------------------------------------------------------------------------------------------------------

PAIR = rk.Holding("A", 50, founder="Ann", cost=10), rk.Holding("B", 50, cost=50)
FLAT = {"A": 0.0, "B": 0.1}


def test_a_budget_of_tax_spreads_the_sale():
    """Selling all of A owes .2 (.5 - .1) = .08; with .02 a date a quarter is sold on each of three dates.

    Each sale of .125 pays .02 and brings .105, which grows to .105 * 1.1**4, 1.1**3 and 1.1**2; the rest of A stays
    .125, and B is .5 * 1.1**4. Nothing is taxed at the end.
    """
    scenario = steady(*PAIR, growth=FLAT, tax=rk.CapitalGains(0.2, at_end="keep"))
    plan = sell_down(scenario, years=2, into="B", budget=0.02, paths=1000)
    assert plan.table.loc["A"].to_numpy() == pytest.approx([0.25, 0.25, 0.25], abs=1e-6)
    assert plan.expected_tax.to_numpy() == pytest.approx([0.02, 0.02, 0.02], abs=1e-7)
    wealth = 0.5 * 1.1**4 + 0.125 + 0.105 * (1.1**4 + 1.1**3 + 1.1**2)
    assert plan.value == pytest.approx(wealth, rel=1e-6)
    assert plan.unsold == pytest.approx(0.5 * 1.1**4 + 0.5, rel=1e-12)


@pytest.mark.parametrize(
    ("liquidity", "shares"),
    [
        (rk.Listed(), [1.0, 0.0, 0.0]),
        (rk.Listed(0.2), [0.2, 0.16, 0.128]),
        (rk.TenderWindows(months=(12,), limit=0.1, discount=0.0), [0.0, 0.1, 0.09]),
        (rk.TenderWindows(months=(6,), limit=0.1, discount=0.0), [0.0, 0.0, 0.0]),
        (rk.Locked(1.5), [0.0, 0.0, 1.0]),
        (rk.Locked(0.5, then=rk.Listed(0.5)), [0.0, 0.5, 0.25]),
        (rk.TenderWindows((12,), 0.1, 0.0, until=1.5, then=rk.Locked(0.5)), [0.0, 0.1, 0.9]),
    ],
)
def test_windows_locks_and_limits_bind_a_plan_that_would_sell_at_once(liquidity, shares):
    """B grows and A does not, and nothing is taxed: all that can be sold is. Limits are shares of what is held then."""
    scenario = steady(replace(PAIR[0], liquidity=liquidity), PAIR[1], growth=FLAT)
    plan = sell_down(scenario, years=2, into="B", paths=1000)
    assert plan.table.loc["A"].to_numpy() == pytest.approx(shares, abs=1e-6)


def test_cost_and_discount_come_off_a_sale():
    """Half the portfolio at 5 % discount and 1 % cost brings .5 * .95 * .99, which buys that / 1.02 of B."""
    windows = rk.TenderWindows(months=(12,), limit=1.0, discount=0.05)
    scenario = steady(
        replace(PAIR[0], liquidity=windows),
        PAIR[1],
        growth={"A": 0.0, "B": 0.5},
        cost={"A": 0.01, "B": 0.02},
        years=2.0,
    )
    plan = sell_down(scenario, years=1, into="B", paths=1000)
    assert plan.value == pytest.approx(0.5 * 1.5**2 + 0.5 * 0.95 * 0.99 / 1.02 * 1.5, rel=1e-6)


def test_a_loss_brings_its_tax_back_in_the_model():
    """A cost 70 and is worth 50: its sale brings .5 + .2 * .2; at the end B's gain pays a fifth."""
    scenario = steady(replace(PAIR[0], cost=70), PAIR[1], growth=FLAT, tax=rk.CapitalGains(0.2), years=1.0)
    plan = sell_down(scenario, years=0, into="B", paths=1000)
    assert plan.expected_tax.to_numpy() == pytest.approx([-0.04], abs=1e-9)
    assert plan.value == pytest.approx((0.5 + 0.54) * (1.0 + 0.1 * 0.8), rel=1e-6)


def test_the_pledge_waits_for_the_clients_books():
    """Clients who sell in twelve parts hold their last until the end of month 12, after the plan is asked."""
    scenario = steady(*PAIR, growth=FLAT)
    pledge = rk.SellLast(after=rk.Trim(1.0, years=1))
    plan = sell_down(scenario, years=3, into="B", constraints=[pledge], paths=1000)
    assert plan.table.loc["A"].to_numpy() == pytest.approx([0.0, 0.0, 1.0, 0.0], abs=1e-6)
    assert plan.as_rule("mine") == rk.SellLast(pledge.after, plan.rule.then, name="mine")


def test_least_tax_sells_what_has_gained_least():
    """60 % with Ann are to be 30 %: all 20 of B, which gained 2, then 10 of A's 40, which gained 36.

    The tax is .238 * (.02 + .09).
    """
    held = [
        rk.Holding("A", 40, founder="Ann", cost=4),
        rk.Holding("B", 20, founder="Ann", cost=18),
        rk.Holding("C", 40),
    ]
    scenario = steady(*held, growth=dict.fromkeys("ABC", 0.05), tax=rk.CapitalGains(RATE))
    limit = founder_limit("Ann", 0.3, scenario.portfolio)
    plan = sell_down(scenario, years=2, into="C", objective="expected_tax", constraints=[limit], paths=1000)
    assert plan.value == pytest.approx(RATE * 0.11, rel=1e-6)
    assert plan.table.sum(axis=1).to_dict() == pytest.approx({"A": 0.25, "B": 1.0}, abs=1e-5)
    assert plan.table[0].to_dict() == pytest.approx({"A": 0.25, "B": 1.0}, abs=1e-5)
    assert plan.unsold == 0.0


def test_without_a_limit_the_least_tax_is_none():
    plan = sell_down(taxed_baron(), years=2, into="diversified", objective="expected_tax", paths=1000)
    assert plan.value == pytest.approx(0.0, abs=1e-6)
    assert plan.table.to_numpy().max() < 1e-5


def test_a_plan_that_responds_sells_by_the_rank_of_the_price():
    """It is better than a plan that may not, spends no more tax, and keeps to its windows at either end of the ranks:
    half of what is held after a year, and half of what that leaves after two."""
    market = rk.Market({"A": rk.Asset(0.0, 0.6), "B": rk.Asset(0.0, 0.0)})
    window = rk.TenderWindows(months=(12,), limit=0.5, discount=0.0)
    tax = rk.CapitalGains(0.3, at_end="keep")
    scenario = rk.Scenario(
        rk.Portfolio([replace(PAIR[0], liquidity=window), PAIR[1]]),
        market,
        [rk.Hold()],
        frictions=rk.Frictions(tax=tax),
        years=3,
        steps_per_year=4,
    )
    settings = {"years": 2, "into": "B", "objective": "certainty_equivalent", "budget": 0.01, "paths": 4000}
    plain, answering = (sell_down(scenario, respond=respond, **settings) for respond in (False, True))
    assert answering.value > plain.value * (1.0 + 1e-6)
    assert answering.expected_tax.max() <= 0.01 + 1e-9
    low, high = (np.array(ends["A"]) for ends in (answering.rule.shares, answering.rule.shares_high))
    most = np.maximum(low, high)
    assert low[0] == high[0] == 0.0
    assert not np.allclose(low, high)
    assert most[1] <= 0.5 + 1e-8
    assert most[2] <= 0.5 * (1.0 - most[1]) + 1e-8
    assert in_sample(scenario, answering, "certainty_equivalent") == pytest.approx(answering.value, rel=2e-3)


# ---------------------------------------------------------------------------------------------------------------------
# On other paths
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", ["wealth_es95", "certainty_equivalent"])
def test_the_plan_beats_trim_cap_and_hold_on_paths_it_has_not_seen(objective):
    """Under the true tax, by more than 3 standard errors of the paired difference; `Trim` sells the same total."""
    scenario = taxed_baron()
    plan = sell_down(scenario, years=5, into="diversified", objective=objective, paths=10_000, seed=0)
    start = scenario.portfolio.weights
    total = float((plan.table.sum(axis=1) * start).sum() / start[plan.table.index].sum())
    rules = [plan.as_rule(), rk.Hold(), rk.Trim(min(total, 1.0), years=5), rk.Cap(0.3)]
    judged = replace(scenario, rules=rules, baseline=None)
    gaps = rk.compare(judged, paths=10_000, seed=1, progress=False).differences(metrics=objective)
    assert (gaps["difference"] < -3.0 * gaps["standard_error"]).all()
    assert len(gaps) == 3


# ---------------------------------------------------------------------------------------------------------------------
# Output and refusals
# ---------------------------------------------------------------------------------------------------------------------


def test_a_plan_tells_itself_in_sentences():
    scenario = steady(*PAIR, growth=FLAT, tax=rk.CapitalGains(0.2, at_end="keep"))
    text = repr(sell_down(scenario, years=2, into="B", budget=0.02, paths=1000, seed=7))
    assert text.splitlines()[1:3] == ["    t = 0   t = 1   t = 2", "A  25.0 %  25.0 %  25.0 %"]
    for fact in (
        "mean of the worst 5 % of final wealth is",
        "1,000 paths of seed 7",
        "Status: optimal",
        "0.0200 (t = 1)",
    ):
        assert fact in text


def test_the_rule_has_the_name_it_is_given():
    plan = sell_down(taxed_baron(), years=1, into="diversified", paths=1000)
    assert plan.as_rule().name == "sell down"
    assert plan.as_rule("mine").name == "mine"
    assert hash(plan.as_rule()) == hash(plan.rule)


def test_limits_that_conflict_are_named():
    """Ann's half is locked for all three dates, so 30 % cannot be reached."""
    scenario = steady(replace(PAIR[0], liquidity=rk.Locked(3)), PAIR[1], growth=FLAT)
    limit = founder_limit("Ann", 0.3, scenario.portfolio)
    with pytest.raises(rk.InvalidInput, match=r"liquidity of 'A' and founder_limit\('Ann', 0\.3\)") as error:
        sell_down(scenario, years=2, into="B", constraints=[limit], paths=1000)
    assert "founder_limit('Ann', 0.3) by at least 0.2" in str(error.value)


def test_a_budget_that_is_too_small_is_named_with_what_it_lacks():
    """30 points of 50 in A must go: 20 points owe .2 * .16 = .032 in all, and two dates of .01 pay .02."""
    scenario = steady(*PAIR, growth={"A": 0.0, "B": 0.0}, tax=rk.CapitalGains(0.2))
    limit = holding_limits({"A": 0.3})
    with pytest.raises(rk.InvalidInput, match=r"budget of 0\.01 by at least 0\.006"):
        sell_down(scenario, years=1, into="B", budget=0.01, constraints=limit, paths=1000)


def lending(scenario: rk.Scenario) -> rk.Scenario:
    return replace(scenario, portfolio=replace(scenario.portfolio, loan=rk.Loan(10, 0.05, 0.5)))


@pytest.mark.parametrize(
    ("change", "arguments", "pattern"),
    [
        (lambda s: "baron", {}, "scenario must be a Scenario, got 'baron'"),
        (lending, {}, "scenario must be without loan, got Loan"),
        (
            lambda s: replace(s, frictions=replace(s.frictions, spending=rk.Spending(rate=0.03))),
            {},
            "scenario must be without spending, got Spending",
        ),
        (
            lambda s: replace(s, frictions=replace(s.frictions, flows=rk.Deposit(1, s.portfolio.names[0]))),
            {},
            "scenario must be without flows, got .Deposit",
        ),
        (lambda s: replace(s, frictions=rk.Frictions()), {"budget": 0.1}, "scenario must have a tax for budget=0.1"),
        (
            lambda s: replace(s, frictions=rk.Frictions(tax=rk.CapitalGains(0.2, short_rate=0.4))),
            {},
            "scenario must have a tax without short_rate, got short_rate=0.4",
        ),
        (
            lambda s: replace(s, frictions=rk.Frictions(tax=rk.CapitalGains(0.2, paid="next april"))),
            {},
            "scenario must have a tax without paid, got paid='next april'",
        ),
        (
            lambda s: replace(s, frictions=rk.Frictions()),
            {"objective": "expected_tax"},
            "scenario must have a tax for objective='expected_tax'",
        ),
        (
            lambda s: replace(
                s,
                portfolio=rk.Portfolio(
                    [
                        rk.Holding("TSLA", 65, founder="Musk", cost=[rk.Lot(30, 3), rk.Lot(35, 30)], method="hifo"),
                        rk.Holding("diversified", 35),
                    ]
                ),
            ),
            {},
            "Holding 'TSLA': method must be 'average' for a plan, got 'hifo'",
        ),
        (None, {"years": 10}, "years must be below the horizon of 10 years, at which nothing is traded, got 10"),
        (None, {"years": -1}, "years must be >= 0, got -1"),
        (None, {"years": 2.5}, "years must be a whole number, got 2.5"),
        (None, {"objective": "wealth_mean"}, "objective must be one of 'wealth_es95', 'certainty_equivalent'"),
        (None, {"budget": -0.1}, "budget must be >= 0, got -0.1"),
        (None, {"respond": 1}, "respond must be True or False, got 1"),
        (None, {"paths": 999}, "paths must be >= 1000, got 999"),
        (None, {"seed": -1}, "seed must be from 0"),
        (None, {"into": "index"}, "into must name one of 'TSLA', .*, got 'index'"),
        (None, {"into": {"diversified": 0.5}}, "into: shares must sum to 1, got 0.5"),
        (None, {"into": {"TSLA": 0.4, "SpaceX": 0.3, "xAI": 0.3}}, "got nothing to sell"),
        (None, {"constraints": [3]}, "constraints must be functions of the weights"),
        (None, {"constraints": [rk.Hold()]}, "constraints must be functions of the weights"),
        (
            None,
            {"constraints": [rk.SellLast(rk.Hold()), rk.SellLast(rk.Trim(1.0, 1))]},
            "constraints must hold at most one pledge, got 2",
        ),
        (
            None,
            {"constraints": [rk.SellLast(rk.Hold(), then=rk.Trim(1.0, 1))]},
            "SellLast must be without then, which is the plan, got Trim",
        ),
    ],
)
def test_bad_input_is_refused_by_name(change, arguments, pattern):
    scenario = taxed_baron() if change is None else change(taxed_baron())
    with pytest.raises(rk.InvalidInput, match=pattern):
        sell_down(scenario, **{"years": 2, "into": "diversified", "paths": 1000, **arguments})


def test_takers_that_cannot_be_bought_are_refused():
    """B is in the hands of a lock for a year and a half: at 0 and 1 years it cannot be bought."""
    scenario = steady(PAIR[0], replace(PAIR[1], liquidity=rk.Locked(1.5)), growth=FLAT)
    with pytest.raises(rk.InvalidInput, match="that can be bought on every date, got 'B', which cannot after 0 years"):
        sell_down(scenario, years=1, into="B", paths=1000)


def test_a_pledge_behind_a_book_that_never_gets_out_sells_nothing():
    plan = sell_down(
        steady(*PAIR, growth=FLAT), years=2, into="B", constraints=rk.SellLast(after=rk.Hold()), paths=1000
    )
    assert (plan.table.to_numpy() == 0.0).all()
    assert plan.value == pytest.approx(plan.unsold, rel=1e-12)
    assert math.isfinite(plan.gap)
