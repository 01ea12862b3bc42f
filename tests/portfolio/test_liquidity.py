"""Terms of trading over a calendar."""

from __future__ import annotations

import math
import pickle
from dataclasses import dataclass, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit.portfolio._liquidity import Liquidity, LiquidityTerms, Listed, Locked, TenderWindows

DAILY = Calendar(3, 252)


def steps(array):
    """Steps at which something is not 0."""
    return np.flatnonzero(array).tolist()


def test_a_listed_holding_can_be_traded_in_full_at_every_point():
    # Two years of quarters have the nine points 0 … 8.
    terms = Listed().terms(Calendar(2, 4))
    assert Listed().listed
    np.testing.assert_array_equal(terms.limit, np.ones(9))
    np.testing.assert_array_equal(terms.discount, np.zeros(9))
    for array in (terms.opens, terms.buyable, terms.listed):
        np.testing.assert_array_equal(array, np.full(9, True))
        assert array.dtype == np.bool_


def test_a_monthly_limit_is_an_allowance_a_month():
    """Month ends of 252 steps a year are 21 apart; the first month's allowance opens at the start."""
    terms = Listed(0.2).terms(Calendar(0.25, 252))
    np.testing.assert_array_equal(terms.limit, np.full(64, 0.2))
    assert steps(terms.opens) == [0, 21, 42, 63]
    assert terms.buyable.all()
    assert terms.listed.all()
    assert not terms.discount.any()
    assert Listed(0.2).listed


def test_tender_windows_are_month_ends_of_every_year_but_not_the_last_step():
    """Months 6 and 12 of three years of 252 steps: 126, 252, …, 630; the one on 756 is void."""
    terms = TenderWindows().terms(DAILY)
    windows = [126, 252, 378, 504, 630]
    assert steps(terms.limit) == steps(terms.opens) == steps(terms.discount) == windows
    assert set(terms.limit[windows]) == {0.10}
    assert set(terms.discount[windows]) == {0.05}
    assert not terms.buyable.any()
    assert not terms.listed.any()
    assert not TenderWindows().listed


def test_windows_of_a_month_are_there_where_steps_are_coarser_than_months():
    """With four steps a year month k ends on step floor(k/3 + 1/2): several on one step, which is one window.

    For k = 1 … 24 that is 0 1 1 1 2 2 2 3 3 3 4 4 4 5 5 5 6 6 6 7 7 7 8 8.
    """
    assert steps(TenderWindows([6, 12]).terms(Calendar(2, 4)).limit) == [2, 4, 6]
    assert steps(TenderWindows([3, 4]).terms(Calendar(2, 4)).limit) == [1, 5]
    # The end of month 1 is at time 0 itself in the first year, where no month has ended.
    assert steps(TenderWindows([1]).terms(Calendar(2, 4)).limit) == [4]


def test_windows_in_a_part_of_a_year():
    # A year and a half of months: month 18 is the last step.
    assert steps(TenderWindows([1, 6]).terms(Calendar(1.5, 12)).limit) == [1, 6, 13]


def test_a_lock_up_that_ends_mid_year():
    """Half a year of 252 steps ends at step 126, on which all can be sold."""
    terms = Locked(0.5).terms(Calendar(1, 252))
    assert steps(terms.limit == 0.0) == steps(~terms.listed) == steps(~terms.buyable) == list(range(126))
    assert steps(terms.opens) == list(range(126, 253))
    assert set(terms.limit[126:]) == {1.0}
    assert not Locked(0.5).listed


@pytest.mark.parametrize(("years", "end"), [(0.1, 2), (1 / 12, 1), (0.25, 3), (0.25 + 1e-10, 3), (0.2500001, 4)])
def test_a_lock_ends_at_the_first_step_at_or_after_its_time(years, end):
    assert steps(Locked(years).terms(Calendar(1, 12)).limit)[0] == end


def test_a_lock_longer_than_the_horizon_never_ends():
    for years in (1.01, 5, 1e300):
        assert not Locked(years, then=TenderWindows()).terms(Calendar(1, 12)).limit.any()
    assert steps(Locked(1).terms(Calendar(1, 12)).limit) == [12]


def test_a_listing_with_a_lock_up():
    """Windows for 1.5 years of months (6 and 12; month 18 is no window any more), then locked up to month 24."""
    terms = TenderWindows(until=1.5, then=Locked(0.5)).terms(Calendar(3, 12))
    assert steps(terms.limit) == [6, 12, *range(24, 37)]
    assert steps(terms.listed) == steps(terms.buyable) == list(range(24, 37))
    np.testing.assert_array_equal(terms.limit[24:], np.ones(13))
    np.testing.assert_array_equal(terms.discount[[6, 12, 24]], [0.05, 0.05, 0.0])


def test_times_run_from_the_end_of_the_lock_and_months_from_the_start():
    """Locked for 14 months, windows for 12 more (months 18 and 24, not 14 + 6), locked for 6, then a monthly limit."""
    after = TenderWindows([6, 12], until=1, then=Locked(0.5, then=Listed(0.3)))
    terms = Locked(14 / 12, then=after).terms(Calendar(3, 12))
    assert steps(terms.limit) == [18, 24, *range(32, 37)]
    assert terms.limit[32] == 0.3
    assert steps(terms.listed) == list(range(32, 37))


def test_a_window_on_the_step_that_ends_a_lock_is_open():
    assert steps(Locked(0.5, then=TenderWindows()).terms(Calendar(2, 12)).limit) == [6, 12, 18]


def test_an_allowance_opens_with_the_listing():
    """Listed on step 10 of 252 a year: the first allowance opens then, the others at month ends."""
    terms = Locked(10 / 252, then=Listed(0.2)).terms(Calendar(0.25, 252))
    assert steps(terms.opens) == [10, 21, 42, 63]


def test_only_what_says_so_can_be_bought_before_it_is_listed():
    calendar = Calendar(2, 12)
    assert TenderWindows(buyable=True).terms(calendar).buyable.all()
    assert Locked(1, buyable=True).terms(calendar).buyable.all()
    assert steps(Locked(1, then=TenderWindows(buyable=True)).terms(calendar).buyable) == list(range(12, 25))
    assert steps(Locked(1, buyable=True, then=TenderWindows()).terms(calendar).buyable) == list(range(12))


def liquidities():
    share = st.floats(0.0, 1.0, exclude_min=True)
    years = st.floats(0.01, 3.0)
    listed = st.builds(Listed, st.one_of(st.none(), share))
    months = st.lists(st.integers(1, 12), min_size=1, unique=True)
    discount = st.floats(0.0, 0.9)
    windows = st.builds(TenderWindows, months, share, discount, buyable=st.booleans())

    def longer(then):
        locked = st.builds(Locked, years, buyable=st.booleans(), then=then)
        until = st.builds(TenderWindows, months, share, discount, buyable=st.booleans(), until=years, then=then)
        return st.one_of(locked, until)

    return st.recursive(st.one_of(listed, windows), longer, max_leaves=4)


@given(liquidities(), st.sampled_from([1, 4, 12, 52, 252]))
def test_terms_are_what_they_say_for_any_liquidity(liquidity, steps_per_year):
    calendar = Calendar(3, steps_per_year)
    terms = liquidity.terms(calendar)
    for each in fields(LiquidityTerms):
        array = getattr(terms, each.name)
        assert array.shape == (calendar.steps + 1,)
        assert array.dtype == (np.float64 if each.name in ("limit", "discount") else np.bool_)
    assert ((terms.limit >= 0.0) & (terms.limit <= 1.0)).all()
    assert ((terms.discount >= 0.0) & (terms.discount < 1.0)).all()
    # No allowance without a limit, one at every step from which a limit is new, and no discount on a market.
    assert (terms.limit[terms.opens] > 0.0).all()
    changed = np.flatnonzero(terms.limit != np.concatenate([[0.0], terms.limit[:-1]]))
    assert terms.opens[[step for step in changed if terms.limit[step] > 0.0]].all()
    assert not terms.discount[terms.listed].any()
    assert (terms.limit[terms.listed] > 0.0).all()
    assert terms.buyable[terms.listed].all()
    assert liquidity.listed == terms.listed[0]


@given(liquidities())
def test_liquidity_is_data(liquidity):
    again = pickle.loads(pickle.dumps(liquidity))
    assert again == liquidity
    assert hash(again) == hash(liquidity)
    assert eval(repr(liquidity)) == liquidity


def test_forms_that_mean_the_same_are_equal():
    assert Locked(2) == Locked(2.0, then=Listed()) == Locked(2, then=None)
    assert TenderWindows([12, 6]) == TenderWindows() == TenderWindows(np.array([6, 12]), limit=0.1)
    assert hash(TenderWindows([12, 6])) == hash(TenderWindows())
    assert Listed() != Listed(1.0)


def test_terms_in_words():
    assert Listed().describe() == "listed"
    assert Listed(0.05).describe() == "listed, at most 5 % a month"
    assert (
        TenderWindows().describe()
        == "sold only at the end of months 6, 12 of each year, at most 10 % of it and 5 % below its price, never bought"
    )
    assert (
        TenderWindows([3], 0.2, 0.0, buyable=True, until=1, then=Locked(0.5)).describe()
        == "for 1 year sold only at the end of month 3 of each year, at most 20 % of it; then locked for 0.5 years; "
        "then listed"
    )
    assert Locked(2, buyable=True).describe() == "locked (but bought) for 2 years; then listed"


def test_a_liquidity_of_ones_own_can_follow_a_lock():
    @dataclass(frozen=True)
    class Halves(Liquidity):
        def terms(self, calendar, start=0):
            return LiquidityTerms(
                **{each.name: getattr(Listed(0.5).terms(calendar, start), each.name) for each in fields(LiquidityTerms)}
            )

    assert steps(Locked(0.5, then=Halves()).terms(Calendar(1, 4)).limit) == [2, 3, 4]
    assert "Halves()" in Halves().describe()


def test_a_liquidity_without_terms_says_what_is_missing():
    class Nothing(Liquidity):
        pass

    assert not Nothing().listed
    with pytest.raises(NotImplementedError, match=r"Nothing must define terms\(calendar, start\)"):
        Nothing().terms(Calendar(1, 12))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Listed(0.0), r"Listed: monthly_limit must be > 0 and <= 1, got 0\.0"),
        (lambda: Listed(1.1), r"Listed: monthly_limit must be > 0 and <= 1, got 1\.1"),
        (lambda: Listed("all"), r"Listed: monthly_limit must be a number, got 'all'"),
        (lambda: TenderWindows([]), r"TenderWindows: months must hold at least one month, got none"),
        (lambda: TenderWindows([0]), r"TenderWindows: month must be >= 1 and <= 12, got 0"),
        (lambda: TenderWindows([6, 13]), r"TenderWindows: month must be >= 1 and <= 12, got 13"),
        (lambda: TenderWindows([6.0]), r"TenderWindows: month must be a whole number, got 6\.0"),
        (lambda: TenderWindows([6, 6]), r"TenderWindows: months must be distinct, got \[6, 6\]"),
        (lambda: TenderWindows(6), r"TenderWindows: months must be a list of months of the year, got 6"),
        (lambda: TenderWindows("612"), r"TenderWindows: months must be a list of months of the year, got '612'"),
        (lambda: TenderWindows(limit=0.0), r"TenderWindows: limit must be > 0 and <= 1, got 0\.0"),
        (lambda: TenderWindows(limit=1.01), r"TenderWindows: limit must be > 0 and <= 1, got 1\.01"),
        (lambda: TenderWindows(limit=math.nan), r"TenderWindows: limit must be > 0 and <= 1, got nan"),
        (lambda: TenderWindows(discount=-0.05), r"TenderWindows: discount must be >= 0 and < 1, got -0\.05"),
        (lambda: TenderWindows(discount=1.0), r"TenderWindows: discount must be >= 0 and < 1, got 1\.0"),
        (lambda: TenderWindows(buyable=1), r"TenderWindows: buyable must be True or False, got 1"),
        (lambda: TenderWindows(until=3), r"until and then must be given together, got until=3 and then=None"),
        (lambda: TenderWindows(then=Listed()), r"until and then must be given together, got until=None and then=L"),
        (lambda: TenderWindows(until=0, then=Listed()), r"TenderWindows: until must be > 0, got 0\.0"),
        (lambda: TenderWindows(until=1, then="listed"), r"TenderWindows: then must be a Liquidity such as Listed\(\)"),
        (lambda: Locked(0), r"Locked: years must be > 0, got 0\.0"),
        (lambda: Locked(-1), r"Locked: years must be > 0, got -1\.0"),
        (lambda: Locked(math.inf), r"Locked: years must be > 0, got inf"),
        (lambda: Locked(1, then=3), r"Locked: then must be a Liquidity such as Listed\(\), got 3"),
        (lambda: Locked(1, buyable="yes"), r"Locked: buyable must be True or False, got 'yes'"),
    ],
)
def test_terms_that_cannot_be_are_refused_by_name(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()
