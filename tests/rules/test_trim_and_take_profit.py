"""Trim and TakeProfit: schedules in units, carried over and never bought back."""

from __future__ import annotations

import numpy as np
import pytest
from rule_views import PORTFOLIO, START, moment, paths, target_of

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit.portfolio._portfolio import Holding, Portfolio
from riskkit.rules import TakeProfit, Trim, View

PAIR = Portfolio([Holding("TSLA", 50, founder="Musk"), Holding("CASH", 50)])


def pair(unit, *, month, price=1.0, weight=None):
    """A view of PAIR with `unit` units of TSLA on each path; the weight matters only for what the sale is worth."""
    units = np.atleast_1d(np.asarray(unit, dtype=float))
    shares = np.full(units.size, 0.5 if weight is None else weight)
    both = [(share, 1 - share) for share in shares]
    return moment(
        *both,
        units=[(u, 1.0) for u in units],
        price=[(p, 1.0) for p in np.broadcast_to(price, units.shape)],
        month=month,
        portfolio=PAIR,
    )


def units_after(rule, view, state):
    """Units of TSLA after the target is met, and its state: the weight scales with the units at today's price."""
    target, state = rule.decide(view, state)
    if target is None:
        return view.units[0], state
    return view.units[0] * target[0] / view.weights[0], state


def test_trim_sells_equal_parts_of_the_start_units():
    """60 % over a year: 5 % of the start units each month, so 0.95, 0.90, … 0.40 are kept, then no more is sold."""
    rule, state, units = Trim(0.6, years=1), None, np.ones(1)
    for month in range(1, 16):
        units, state = units_after(rule, pair(units, month=month, price=1.0 + month), state)
        np.testing.assert_allclose(units, 1 - 0.05 * min(month, 12), rtol=0, atol=1e-14)
    assert target_of(rule, pair(0.4, month=16), state) is None


def test_trim_asks_again_for_what_could_not_be_sold():
    """At month 3 of 12 the schedule keeps 0.75, whatever was sold in months 1 and 2.

    The first path sold two parts in time and sells its third; the second sold nothing and is due to sell all three; on
    the third 0.7 are left, less than the schedule keeps: no trade.
    """
    rule = Trim(1.0, years=1)
    _, state = rule.decide(pair([1.0, 1.0, 1.0], month=1), None)
    view = pair([10 / 12, 1.0, 0.7], month=3)
    units, _ = units_after(rule, view, state)
    np.testing.assert_allclose(units, [0.75, 0.75, 0.7], rtol=0, atol=1e-15)
    target, _ = rule.decide(view, state)
    np.testing.assert_array_equal(target[:, 2], view.weights[:, 2])


def test_trim_against_hand_calculation_in_weights():
    """Half over a year: at the first month end 1/24 of 0.4, 0.2 and 0.1 is sold and goes 2 : 1 into INDEX and CASH."""
    target = target_of(Trim(0.5, years=1), moment())
    rest = 23 / 24
    expected = paths((0.4 * rest, 0.2 * rest, 0.1 * rest, 0.2 + 1.4 / 72, 0.1 + 0.7 / 72))
    np.testing.assert_allclose(target, expected, rtol=0, atol=1e-15)


def test_trim_of_one_founder_leaves_the_others():
    target = target_of(Trim(0.5, years=1, founder="Huang", into={"INDEX": 1}), moment())
    np.testing.assert_allclose(target, paths((0.4, 0.2, 0.1 * 23 / 24, 0.2 + 0.1 / 24, 0.1)), rtol=0, atol=1e-15)


@pytest.mark.parametrize(("every", "months"), [(3, (3, 6, 9, 12)), (12, (12, 24)), (5, (5, 10))])
def test_trim_on_other_dates_follows_the_same_schedule(every, months):
    """All of it over two years: at month m, m/24 of the start units are gone."""
    rule, state, units = Trim(1.0, years=2, every=every), None, np.ones(1)
    for month in months:
        units, state = units_after(rule, pair(units, month=month), state)
        np.testing.assert_allclose(units, 1 - month / 24, rtol=0, atol=1e-15)


def test_trim_at_every_step_sells_by_time():
    """Half a year is 126 of 252 steps: a third of it at step 42, all of it at step 126 and after."""
    rule = Trim(1.0, years=0.5, every=0)
    _, state = rule.decide(_at_step(1), None)
    for step, left in ((42, 2 / 3), (126, 0.0), (130, 0.0)):
        units, state = units_after(rule, _at_step(step), state)
        np.testing.assert_allclose(units, left, rtol=0, atol=1e-14)


def test_trim_has_equal_parts_though_months_have_unequal_steps():
    """365 steps a year put the month ends at steps 30, 61, 91, …; each month still sells a twelfth."""
    rule, state, units = Trim(1.0, years=1), None, np.ones(1)
    calendar = Calendar(2, 365)
    for month, step in enumerate(rule.dates(calendar)[:12], start=1):
        units, state = units_after(rule, _at_step(int(step), 365, units), state)
        np.testing.assert_allclose(units, 1 - month / 12, rtol=0, atol=1e-14)


def test_trim_counts_month_ends_that_fall_on_one_step_once():
    """Quarterly steps: three month ends on each, so a year has four parts."""
    rule, state, units = Trim(1.0, years=1), None, np.ones(1)
    for quarter, step in enumerate(rule.dates(Calendar(2, 4))[:4], start=1):
        units, state = units_after(rule, _at_step(int(step), 4, units), state)
        np.testing.assert_allclose(units, 1 - quarter / 4, rtol=0, atol=1e-14)


def test_trim_that_begins_late_sells_its_first_part_on_its_first_date():
    rule, state, units = Trim(1.0, years=1), None, np.ones(1)
    for count, month in enumerate(range(61, 73), start=1):
        units, state = units_after(rule, pair(units, month=month), state)
        np.testing.assert_allclose(units, 1 - count / 12, rtol=0, atol=1e-14)


def test_take_profit_sells_once_at_the_multiple():
    """0.3 of the units at 10 times the start; nothing below, and nothing more at 20 times."""
    rule = TakeProfit(10, 0.3)
    units, state = units_after(rule, pair([1.0, 1.0], month=1, price=[9.99, 10.0]), None)
    np.testing.assert_allclose(units, [1.0, 0.7], rtol=0, atol=1e-15)
    units, state = units_after(rule, pair(units, month=2, price=[10.5, 20.0]), state)
    np.testing.assert_allclose(units, [0.7, 0.7], rtol=0, atol=1e-15)
    assert target_of(rule, pair(units, month=3, price=[50.0, 50.0]), state) is None


def test_take_profit_keeps_asking_for_what_could_not_be_sold_at_any_price():
    """Triggered with 1 unit, to 0.4; a date sold 0.25 of it, the price fell: the other 0.35 are due again."""
    rule = TakeProfit(2, 0.6)
    units, state = units_after(rule, pair(1.0, month=1, price=2.0), None)
    np.testing.assert_allclose(units, 0.4, rtol=0, atol=1e-15)
    units, state = units_after(rule, pair(0.75, month=2, price=0.5), state)
    np.testing.assert_allclose(units, 0.4, rtol=0, atol=1e-15)


def test_take_profit_takes_its_share_of_the_units_then_held():
    units, _ = units_after(TakeProfit(2, 0.5), pair(0.8, month=1, price=3.0), None)
    np.testing.assert_allclose(units, 0.4, rtol=0, atol=1e-15)


def test_take_profit_acts_on_each_holding_alone():
    """SPACEX alone has doubled: a quarter of its 0.2 goes 2 : 1 into INDEX and CASH; INDEX may double unnoticed."""
    view = moment(price=[(1.9, 2.0, 1.0, 5.0, 1.0)])
    target = target_of(TakeProfit(2, 0.25), view)
    expected = paths((0.4, 0.15, 0.1, 0.2 + 0.1 / 3, 0.1 + 0.05 / 3))
    np.testing.assert_allclose(target, expected, rtol=0, atol=1e-15)
    assert target_of(TakeProfit(2, 0.25, founder="Huang"), view) is None


def test_paths_without_the_holding_are_left_alone():
    gone = (0.0, 0.0, 0.0, 0.6, 0.4)
    view = moment(gone, START, units=[(0, 0, 0, 3, 4), (1, 1, 1, 1, 1)], price=[(5, 5, 5, 1, 1)] * 2)
    for rule in (TakeProfit(2, 1.0), Trim(1.0, years=1)):
        target = target_of(rule, view)
        np.testing.assert_array_equal(target[:, 0], gone)
        assert np.isfinite(target).all()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Trim(0.0, 5), "Trim: fraction must be > 0 and <= 1, got 0.0"),
        (lambda: Trim(1.1, 5), "Trim: fraction must be > 0 and <= 1, got 1.1"),
        (lambda: Trim(0.5, 0), "Trim: years must be > 0, got 0.0"),
        (lambda: Trim(0.5, float("inf")), "Trim: years must be > 0, got inf"),
        (lambda: Trim(0.5, 5, every=True), "Trim: every must be a whole number, got True"),
        (lambda: Trim(0.5, 5, founder="Mask").check(PORTFOLIO), "Trim: founder must name one of 'Musk', 'Huang'"),
        (lambda: Trim(0.5, 5, into={"TSLA": 1}).check(PORTFOLIO), "Trim: into must name holdings that"),
        (lambda: TakeProfit(1.0, 0.3), "TakeProfit: multiple must be > 1, got 1.0"),
        (lambda: TakeProfit(2, float("nan")), "TakeProfit: fraction must be > 0 and <= 1, got nan"),
        (lambda: TakeProfit(2, 0.3, every="1"), "TakeProfit: every must be a whole number, got '1'"),
        (lambda: TakeProfit(2, 0.3, founder="X").check(PORTFOLIO), "TakeProfit: founder must name one of"),
        (lambda: TakeProfit(2, 0.3, into={"X": 1}).check(PORTFOLIO), "TakeProfit: into must name one of .* got 'X'"),
    ],
)
def test_trim_and_take_profit_refuse(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()


def _at_step(step, steps_per_year=252, units=(1.0,)):
    quantities = {"weights": paths((0.5, 0.5)), "units": paths((units[0], 1.0))}
    return View(PAIR, step=step, time=step / steps_per_year, read=quantities.__getitem__)
