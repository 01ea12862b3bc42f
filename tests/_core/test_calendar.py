"""The calendar against months counted by hand, and the rule for dates of SEMANTICS, Time."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

import riskkit as rk
from riskkit._core.calendar import Calendar


@pytest.mark.parametrize(
    ("steps_per_year", "expected"),
    [
        (252, [21, 42, 63, 84, 105, 126, 147, 168, 189, 210, 231, 252]),  # 21 days a month
        (52, [4, 9, 13, 17, 22, 26, 30, 35, 39, 43, 48, 52]),  # 4.33 + .5 → 4, 8.67 + .5 → 9, 13.5 → 13, …
        (12, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        (365, [30, 61, 91, 122, 152, 183, 213, 243, 274, 304, 335, 365]),  # 182.5 + .5 = 183 exactly
        (4, [1, 2, 3, 4]),  # months 2, 3, 4 fall on the first quarter: once
        (1, [1]),
    ],
)
def test_month_ends_of_one_year_against_hand_calculation(steps_per_year, expected):
    assert Calendar(1, steps_per_year).month_ends.tolist() == expected


@pytest.mark.parametrize("steps_per_year", [1, 2, 3, 4, 7, 12, 24, 50, 52, 100, 251, 252, 260, 365])
@pytest.mark.parametrize("years", [1, 3, 10])
def test_month_ends_against_the_formula_in_exact_fractions(years, steps_per_year):
    """floor(k · steps_per_year / 12 + 1/2), each step once, within the horizon."""
    steps = [math.floor(Fraction(k * steps_per_year, 12) + Fraction(1, 2)) for k in range(1, 12 * years + 1)]
    expected = sorted({step for step in steps if step > 0})
    calendar = Calendar(years, steps_per_year)
    assert calendar.month_ends.tolist() == expected
    assert calendar.month_ends[-1] == calendar.steps == years * steps_per_year


@pytest.mark.parametrize("steps_per_year", [4, 12, 52, 252])
@pytest.mark.parametrize("every", [1, 2, 3, 5, 6, 12, 18, 36])
def test_dates_are_every_kth_month_end_and_never_the_last_step(every, steps_per_year):
    calendar = Calendar(3, steps_per_year)
    ends = {math.floor(Fraction(k * steps_per_year, 12) + Fraction(1, 2)) for k in range(every, 37, every)}
    expected = sorted(ends - {0, calendar.steps})
    assert calendar.every(every).tolist() == expected
    assert calendar.every(every, at_start=True).tolist() == [0, *expected]


def test_every_zero_is_every_step_but_the_first_and_the_last():
    calendar = Calendar(1, 12)
    assert calendar.every(0).tolist() == list(range(1, 12))
    assert calendar.every(0, at_start=True).tolist() == list(range(12))


def test_one_step_leaves_no_date_but_the_start():
    calendar = Calendar(1, 1)
    for every in (0, 1, 12):
        assert calendar.every(every).tolist() == []
        assert calendar.every(every, at_start=True).tolist() == [0]


def test_months_are_numbered_from_the_start():
    """Quarterly steps: month ends 1 … 4 fall on steps 0, 1, 1, 1, so a step's month is the last of those on it."""
    assert Calendar(2, 12).months.tolist() == list(range(1, 25))
    assert Calendar(1, 4).months.tolist() == [4, 7, 10, 12]


def test_time_runs_in_years():
    calendar = Calendar(10, 252)
    assert calendar.steps == 2520
    assert calendar.dt == 1 / 252
    assert calendar.time(0) == 0.0
    assert calendar.time(252) == 1.0
    assert calendar.time(2520) == 10.0


def test_a_part_of_a_year_is_accepted_when_its_steps_are_whole():
    assert Calendar(0.5, 252).steps == 126
    assert Calendar(1 / 12, 252).steps == 21
    assert Calendar(0.1, 10).steps == 1
    assert Calendar(1 / 12, 252).month_ends.tolist() == [21]


@pytest.mark.parametrize(
    ("years", "steps_per_year", "message"),
    [
        (0, 252, r"years must be > 0, got 0\.0"),
        (-1, 252, r"years must be > 0, got -1\.0"),
        (float("nan"), 252, "years must be > 0, got nan"),
        (float("inf"), 252, "years must be > 0, got inf"),
        ("ten", 252, "years must be a number, got 'ten'"),
        (True, 252, "years must be a number, got True"),
        (10, 0, "steps_per_year must be >= 1, got 0"),
        (10, -12, "steps_per_year must be >= 1, got -12"),
        (10, 252.0, r"steps_per_year must be a whole number, got 252\.0"),
        (10, None, "steps_per_year must be a whole number, got None"),
        (0.3, 252, r"years \* steps_per_year must be a whole number of steps >= 1, got 75\.6"),
        (1e-12, 252, r"years \* steps_per_year must be a whole number of steps >= 1"),
    ],
)
def test_bad_calendars_are_refused_with_what_came(years, steps_per_year, message):
    with pytest.raises(rk.InvalidInput, match=message):
        Calendar(years, steps_per_year)
