"""Number formats: percentages and the decimals of columns with errors, against what a person would write."""

from __future__ import annotations

import math

import pytest

from riskkit._core.format import common_decimals, percent


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0, "0 %"), (-0.0, "0 %"), (1.0, "100 %"), (0.57, "57 %"), (1 / 3, "33.3 %"), (-0.5, "-50 %"),
        (0.00123456, "0.123 %"), (12.3, "1230 %"), (1234.5, "123450 %"),
    ],
)  # fmt: skip
def test_three_digits_and_a_space_before_the_sign(fraction: float, text: str):
    assert percent(fraction) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.9994, "99.9 %"), (0.9996, "99.96 %"), (-0.9996, "-99.96 %"), (0.99996, "100 %"), (1 - 1e-16, "100 %"),
        (1.0004, "100 %"),
    ],
)  # fmt: skip
def test_almost_all_is_not_all(fraction: float, text: str):
    """Two of 5000 rows are missing: 99.96 % are there, not 100 %. The rounding errors of a sum are nothing."""
    assert percent(fraction) == text


def test_columns_have_a_fixed_number_of_decimals():
    assert [percent(value, decimals=1) for value in (0.4, 1.0, -0.0004)] == ["40.0 %", "100.0 %", "0.0 %"]
    assert percent(0.05, decimals=2, signed=True) == "+5.00 %"


def test_as_many_digits_as_were_typed():
    assert [percent(value, digits=10) for value in (0.1746, 0.08, 0.123456)] == ["17.46 %", "8 %", "12.3456 %"]


@pytest.mark.parametrize(
    ("errors", "decimals"),
    [
        ([0.18, 0.081], 2),  # 7.11 ±0.18 beside 32.24 ±0.08
        ([0.18, 0.0044], 3),  # two decimals would make the second ±0.00
        ([0.18, 1e-9], 3),
        ([34.0, 12.0], 0),
        ([34.0, 0.5], 1),
        ([0.0, math.nan, 0.02], 3),
        ([0.0, math.nan], 2),
        ([], 2),
    ],
)
def test_a_column_has_one_number_of_decimals(errors: list[float], decimals: int):
    """The largest error has two digits, the smallest one, with three decimals at most."""
    assert common_decimals(errors) == decimals
