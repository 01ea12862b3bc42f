"""The engine equals its slow readable twin under every friction at once, in steps of a month."""

from __future__ import annotations

from dataclasses import replace

import pytest
import twin
from friction_scenes import random_friction_scenario
from twin_check import FRICTIONS, SEED, assert_equals_twin, fixed_thresholds, these_quick
from twin_columns import final_wealth

import riskkit as rk
from riskkit.instruments import instruments_of

INSTRUMENTS = (rk.Put, rk.CoveredCall, rk.Collar, rk.PrepaidForward, rk.ExchangeFund)


@pytest.mark.parametrize("number", these_quick(range(0, 60, 3), (0, 3)))
def test_every_path_and_number_of_a_random_scenario_in_steps_of_a_month(number):
    """Prices, units, weights, wealth, accounts, trades and every column of two paths of five rules."""
    with fixed_thresholds():
        assert_equals_twin(random_friction_scenario(number), [0, 3], FRICTIONS)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Collar on")
@pytest.mark.parametrize("at_end", ["sell", "step_up"])
def test_losses_are_counted_from_the_start_after_the_tax_that_the_end_has_paid(at_end):
    """Forty paths of the twin: wealth in the end beside that at the start, both after the tax of selling or not."""
    number = next(n for n in range(60) if random_friction_scenario(n).start_after_tax < 0.95)
    scenario = random_friction_scenario(number)
    tax = replace(scenario.frictions.tax, at_end=at_end)
    scenario = replace(scenario, frictions=replace(scenario.frictions, tax=tax))
    found = rk.compare(scenario, paths=40, seed=SEED, workers=1, progress=False).table("loss_probability")
    for rule in scenario.rules:
        books = [twin.run(scenario, rule, path, SEED)[0] for path in range(40)]
        starts = [(book.wealth_after_tax if at_end == "sell" else book.wealth)[0] for book in books]
        lost = [final_wealth(scenario, book) < start for book, start in zip(books, starts, strict=True)]
        assert found.loc[rule.name, "loss_probability"] == pytest.approx(sum(lost) / 40, abs=1e-12)


def test_the_random_scenarios_have_every_friction():
    """Each of them in several of the sixty; a scenario without it would compare nothing."""
    scenarios = [random_friction_scenario(number) for number in range(60)]
    holdings = [holding for scenario in scenarios for holding in scenario.portfolio.holdings]
    lots = [holding for holding in holdings if isinstance(holding.cost, tuple)]
    taxes = [s.frictions.tax for s in scenarios if s.frictions.tax is not None]
    spendings = [s.frictions.spending for s in scenarios if s.frictions.spending is not None]
    instruments = [i for s in scenarios for r in s.rules for book in (r, *r.watches()) for i in instruments_of(book)]
    found = {
        "average": sum(h.method == "average" for h in lots),
        "fifo": sum(h.method == "fifo" for h in lots),
        "hifo with a lot of no cost": sum(h.method == "hifo" and min(x.cost for x in h.lots) == 0.0 for h in lots),
        "a cost above the value": sum(h.basis > h.value for h in holdings),
        "a monthly limit": sum(getattr(h.liquidity, "monthly_limit", None) is not None for h in holdings),
        "a lock": sum(isinstance(h.liquidity, rk.Locked) for h in holdings),
        "windows": sum(isinstance(h.liquidity, rk.TenderWindows) for h in holdings),
        "windows that follow something unlisted": sum(
            isinstance(getattr(h.liquidity, "then", None), rk.TenderWindows) for h in holdings
        ),
        "a discount": sum(getattr(h.liquidity, "discount", 0.0) > 0.0 for h in holdings),
        "bought though unlisted": sum(getattr(h.liquidity, "buyable", False) for h in holdings),
        "marks": sum(h.marks is not None for h in holdings),
        "marks that react": sum(h.marks is not None and h.marks.reacts for h in holdings),
        "no cash-like holding": sum(all(v > 0.0 for v in volatilities(s)) for s in scenarios),
        "cash-like holdings": sum(any(v == 0.0 for v in volatilities(s)) for s in scenarios),
        "a worthless holding": sum(max(volatilities(s)) > 10.0 for s in scenarios),
        "a loan": sum(s.portfolio.loan is not None for s in scenarios),
        "losses that offset nothing": sum(not tax.loss_offset for tax in taxes),
        "a rate of short-term gains, at once": sum(t.short_rate is not None and not t.paid_later for t in taxes),
        "a rate of short-term gains, paid later": sum(t.short_rate is not None and t.paid_later for t in taxes),
        "tax paid later": sum(tax.paid_later for tax in taxes),
        "young lots": sum(
            any(not lot.long for lot in h.lots) for s in scenarios for h in s.portfolio.holdings
            if s.frictions.tax is not None and s.frictions.tax.short_rate is not None
        ),
        "a stepped-up end": sum(tax.at_end != "sell" for tax in taxes),
        "a death": sum(s.frictions.death is not None for s in scenarios),
        "spending of a share": sum(spending.amount is None for spending in spendings),
        "spending that grows": sum(spending.grows for spending in spendings),
        "deposits into what there is": sum(d.into is None for d in of_kind(scenarios, rk.Deposit)),
        "deposits into fixed shares": sum(d.into is not None for d in of_kind(scenarios, rk.Deposit)),
        "vesting until a shock": sum(v.until is not None for v in of_kind(scenarios, rk.Vesting)),
        "vesting with withholding": sum(v.withholding > 0.0 for v in of_kind(scenarios, rk.Vesting)),
        "vesting of what is not listed": sum(
            not s.portfolio.holdings[s.portfolio.names.index(v.on)].liquidity.listed
            for s in scenarios for v in of_kind([s], rk.Vesting)
        ),
        "hedged rules": sum(bool(instruments_of(r)) for s in scenarios for r in s.rules),
        "hedged companion books": sum(bool(instruments_of(w)) for s in scenarios for r in s.rules for w in r.watches()),
        **{f"{kind.__name__}": sum(isinstance(i, kind) for i in instruments) for kind in INSTRUMENTS},
        "rolls": sum(i.roll for i in instruments),
        "settlement in cash of what is pledged": sum(i.pledges and i.settlement == "cash" for i in instruments),
        "collars at no cost": sum(isinstance(i, rk.Collar) and i.cap is None for i in instruments),
        "prepayments into a holding": sum(isinstance(i, rk.PrepaidForward) and i.into is not None for i in instruments),
        "the model's own volatility": sum(i.pricing.volatility is None for i in instruments if i.roll),
        "dividends": sum(s.market.pays_dividends for s in scenarios),
        "rules at every step": sum(any(getattr(r, "every", 1) == 0 for r in s.rules) for s in scenarios),
        "companion books": sum(any(r.watches() for r in s.rules) for s in scenarios),
    }  # fmt: skip
    assert min(found.values()) >= 3, found


def of_kind(scenarios, kind):
    return [flow for scenario in scenarios for flow in scenario.frictions.flows if isinstance(flow, kind)]


def volatilities(scenario):
    return [scenario.market.assets[name].volatility for name in scenario.portfolio.names]
