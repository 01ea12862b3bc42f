"""`core_funded` against closed forms: one lognormal core, an annuity, and what is 0 for sure."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import pytest

import riskkit as rk

FOUNDER = rk.Holding("A", 60, founder="Ann", cost=10)


def case(core, *, loan=None, founder=FOUNDER, **more):
    """A founder holding of 60 and a core of 40; the founder's price would explode."""
    portfolio = rk.Portfolio([founder, rk.Holding("core", 40)], loan=loan)
    market = rk.Market({"A": rk.Asset(0.5, 0.5), "core": core})
    terms = {"years": 5, "steps_per_year": 12, "goal": 0.5, **more}
    return rk.Scenario(portfolio, market, (rk.Cap(0.3, "Ann"), rk.Hold()), **terms)


@pytest.mark.parametrize("goal", [0.3, 0.5, 0.8])
def test_a_lognormal_core_without_spending(goal):
    """P(.4 S_T >= g) = N((ln(.4/g) + T (ln 1.06 - .2²/2)) / (.2 √T))."""
    exact = NormalDist().cdf((math.log(0.4 / goal) + 5 * (math.log(1.06) - 0.02)) / (0.2 * math.sqrt(5)))
    found = rk.core_funded(case(rk.Asset(0.06, 0.2), goal=goal), paths=20_000, seed=3)
    assert abs(found.value - exact) < 4.0 * found.standard_error
    assert found.standard_error == pytest.approx(math.sqrt(exact * (1 - exact) / 20_000), rel=0.05)


@pytest.mark.parametrize(("years", "funded"), [(13, 1.0), (15, 0.0)])
def test_a_core_of_cash_lasts_as_long_as_its_annuity(years, funded):
    """40 at 0 % feed 3 a year, .25 a month, for 13 years and 4 months."""
    scenario = case(
        rk.Asset(0.0, 0.0), years=years, goal=1e-6, frictions=rk.Frictions(spending=rk.Spending(amount=3.0))
    )
    found = rk.core_funded(scenario, paths=128)
    assert (found.value, round(found.standard_error, 2)) == (funded, pytest.approx(0.01, abs=0.01))


def test_the_goal_is_money_of_the_whole_and_taxes_are_those_of_the_core():
    """40 grow to 80; a quarter of the gain of 40 is taxed: 70 is .7 of 100."""
    taxed = rk.Frictions(tax=rk.CapitalGains(0.25))
    core = rk.Asset(2 ** (1 / 5) - 1, 0.0)
    for goal, funded in ((0.699, 1.0), (0.701, 0.0)):
        assert rk.core_funded(case(core, goal=goal, frictions=taxed), paths=128).value == funded
    # 70 less the loan of 10, which bears nothing: 60 of 90.
    for goal, funded in ((60 / 90 - 1e-3, 1.0), (60 / 90 + 1e-3, 0.0)):
        scenario = case(core, goal=goal, frictions=taxed, loan=rk.Loan(10, 0.0, 0.5))
        assert rk.core_funded(scenario, paths=128).value == funded


def test_what_a_founder_grants_is_worth_nothing_and_deposits_count():
    """12 a year for 59 months, from month 1 on, make 40 + 59."""
    flows = (rk.Deposit(12.0), rk.Vesting("A", 100, 1))
    for goal, funded in ((0.989, 1.0), (0.991, 0.0)):
        scenario = case(rk.Asset(0.0, 0.0), goal=goal, frictions=rk.Frictions(flows=flows))
        assert rk.core_funded(scenario, paths=128).value == funded


def test_a_holding_that_depends_on_a_founder_in_part_is_no_core():
    scenario = case(rk.Asset(0.0, 0.0), goal=0.401, founder=rk.Holding("A", 60, founder={"Ann": 0.01}))
    assert rk.core_funded(scenario, paths=128).value == 0.0


def test_a_core_that_loan_or_spending_take_whole_is_not_funded():
    core = rk.Asset(0.05, 0.1)
    all_founder = replace(case(core), portfolio=rk.Portfolio([FOUNDER]), rules=rk.Hold())
    spent = rk.Frictions(spending=rk.Spending(amount=50))
    for scenario in (all_founder, case(core, loan=rk.Loan(45, 0.0, 0.7)), case(core, frictions=spent)):
        found = rk.core_funded(scenario, paths=128)
        assert (found.value, found.standard_error) == (0.0, 0.0)


def test_what_has_no_answer_is_refused():
    core = rk.Asset(0.05, 0.1)
    with pytest.raises(rk.InvalidInput, match=r"scenario must have a loan of at most max_loan_to_value = 0\.5 of the"):
        rk.core_funded(case(core, loan=rk.Loan(30, 0.0, 0.5)))
    with pytest.raises(rk.InvalidInput, match=r"Deposit: into must name holdings with no founder, .* got 'A'"):
        rk.core_funded(case(core, frictions=rk.Frictions(flows=rk.Deposit(12, into="A"))))
    with pytest.raises(rk.InvalidInput, match="scenario must be a Scenario, got 3"):
        rk.core_funded(3)
    with pytest.raises(rk.InvalidInput, match="paths must be >= 1, got 0"):
        rk.core_funded(case(core), paths=0)
