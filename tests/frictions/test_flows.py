"""Deposits and vesting as data: schedules worked by hand, words, and what is refused."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit.frictions import CapitalGains, Deposit, Frictions, Spending, Vesting


def test_a_deposit_is_a_twelfth_a_month_that_grows_with_inflation():
    """Month ends 1 to 5 of half a year, T being the sixth: 12/12 · 1.1^(k/12)."""
    found = Deposit(12).amounts(Calendar(0.5, 252), 0.1)
    assert list(found) == [21, 42, 63, 84, 105]
    np.testing.assert_allclose(list(found.values()), 1.1 ** (np.arange(1, 6) / 12), rtol=1e-12)


def test_steps_of_half_a_year_pay_the_months_since_the_last_step():
    """Step 1 ends months 3 to 8, and takes 1 and 2 too, which end on step 0; step 2 ends months 9 to 14."""
    assert Deposit(12).amounts(Calendar(1.5, 2), 0.0) == {1: 8.0, 2: 6.0}
    assert Vesting("A", 1, 2, cliff=0).shares(Calendar(1.5, 2)) == {1: 8 / 24, 2: 6 / 24}


@pytest.mark.parametrize(
    ("years", "cliff", "expected"),
    [
        (0.5, 0.25, {3: 1 / 2, 4: 1 / 6, 5: 1 / 6, 6: 1 / 6}),
        (0.25, 0.0, {1: 1 / 3, 2: 1 / 3, 3: 1 / 3}),
        (1 / 3, 1 / 12, {1: 1 / 4, 2: 1 / 4, 3: 1 / 4, 4: 1 / 4}),
        (0.5, 0.5, {6: 1.0}),
        (2.0, 2.0, {}),
    ],
)
def test_what_vests_when(years, cliff, expected):
    """In a year, whose last month end is T: at the cliff what has passed, then equal months; nothing at T or later."""
    found = Vesting("A", 20, years, cliff).shares(Calendar(1, 12))
    assert list(found) == list(expected)
    np.testing.assert_allclose(list(found.values()), list(expected.values()), rtol=1e-12)


def test_flows_are_data():
    flows = (Deposit(12), Deposit(1, "A"), Deposit(1, {"A": 0.5, "B": 0.5}), Vesting("A", 2, 4, until="exit"))
    frictions = Frictions(flows=iter(flows))
    assert frictions.flows == flows
    assert Frictions(flows=flows[0]).flows == flows[:1]
    again = pickle.loads(pickle.dumps(frictions))
    assert again == frictions
    assert hash(again) == hash(frictions)
    assert Deposit(1, "A") == Deposit(1, {"A": 1.0})
    assert [f.external_flows for f in (frictions, Frictions(spending=Spending(0.0)), Frictions())] == [
        True,
        True,
        False,
    ]


def test_in_words():
    assert Deposit(12_500, "cash").describe() == "Deposits of 12,500 a year, growing with inflation, buy cash."
    assert "buy 25 % A, 75 % B." in Deposit(1, {"A": 0.25, "B": 0.75}).describe()
    assert Frictions(flows=Deposit(1)).assumptions()[-1] == (
        "Deposits of 1 a year, growing with inflation, buy cash-like holdings, or else those with no founder, pro rata."
    )
    assert Vesting("A", 20, 1.5, 0.5, until="exit").describe() == (
        "A worth 20 at start prices vests over 18 months, 33.3 % after 6 months and the rest in equal months; what has "
        "not vested by the first exit is lost."
    )
    assert Vesting("A", 20, 1, 0).describe() == "A worth 20 at start prices vests over 1 year, in equal months."
    assert Vesting("A", 20, 1).describe() == "A worth 20 at start prices vests over 1 year, all at the end."


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Deposit(-1), "Deposit: amount must be >= 0, got -1"),
        (lambda: Deposit(math.nan), "Deposit: amount must be"),
        (lambda: Deposit(1, 3), "Deposit: into must be a mapping from names of holdings to shares, got 3"),
        (lambda: Deposit(1, {"A": 0.5}), "Deposit: into: shares must sum to 1, got 0.5"),
        (lambda: Vesting(3, 1, 1), "Vesting: on must be"),
        (lambda: Vesting("A", -1, 1), "Vesting of 'A': value must be >= 0, got -1"),
        (lambda: Vesting("A", 1, 0), "Vesting of 'A': years must be > 0, got 0"),
        (lambda: Vesting("A", 1, 0.3, 0.25), r"Vesting of 'A': years must be a whole number of months, got 0.3 \(3.6"),
        (lambda: Vesting("A", 1, 1, 0.3), "Vesting of 'A': cliff must be a whole number of months"),
        (lambda: Vesting("A", 1, 0.5), "Vesting of 'A': cliff must be >= 0 and <= 0.5, got 1"),
        (lambda: Vesting("A", 1, 1, withholding=40), "40 is 4000 %; write 0.4 for 40 %"),
        (lambda: Vesting("A", 1, 1, until=3), "Vesting of 'A': until must be"),
        (lambda: Frictions(flows=[CapitalGains(0.2)]), "Frictions: flows must be of Deposit and Vesting"),
        (lambda: Frictions(flows="A"), "Frictions: flows must be of Deposit and Vesting, .*, got 'A'"),
        (lambda: Frictions(flows=[Deposit(1)] * 1001), "Frictions: flows must be at most 1,000"),
    ],
)
def test_what_is_no_flow_is_refused(make, message):
    with pytest.raises(InvalidInput, match=message):
        make()
