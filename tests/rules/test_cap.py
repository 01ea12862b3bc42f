"""Cap: founder and holding weights are brought down, proceeds spread, and nothing else touched."""

from __future__ import annotations

import numpy as np
import pytest
from rule_views import PORTFOLIO, START, moment, paths, target_of

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit.portfolio._portfolio import Holding, Portfolio
from riskkit.rules import Cap


def test_cap_on_a_founder_against_hand_calculation():
    """Musk 0.6 > 0.3: both of his holdings halve, 0.4 → 0.2 and 0.2 → 0.1.

    The 0.3 that comes free goes 2 : 1 into INDEX and CASH: 0.2 + 0.2, 0.1 + 0.1. NVDA has a founder: untouched.
    """
    target = target_of(Cap(0.3, founder="Musk"), moment())
    np.testing.assert_allclose(target, paths((0.2, 0.1, 0.1, 0.4, 0.2)), rtol=0, atol=1e-15)


def test_cap_counts_a_holding_by_its_founder_share():
    """Any founder: 0.4 + 0.2 + 0.5·0.1 = 0.65; down to 0.325 all three halve, freeing 0.2 + 0.1 + 0.05 = 0.35.

    INDEX takes two thirds of it, CASH one third.
    """
    target = target_of(Cap(0.325), moment())
    expected = paths((0.2, 0.1, 0.05, 0.2 + 0.35 * 2 / 3, 0.1 + 0.35 / 3))
    np.testing.assert_allclose(target, expected, rtol=0, atol=1e-15)
    assert float(PORTFOLIO.shares() @ target[:, 0]) == pytest.approx(0.325, abs=1e-15)


def test_cap_goes_down_to_its_lower_target():
    """Musk 0.6 > 0.5, to 0.15: a quarter is kept, 0.1 and 0.05; 0.45 goes 2 : 1."""
    target = target_of(Cap(0.5, founder="Musk", to=0.15), moment())
    np.testing.assert_allclose(target, paths((0.1, 0.05, 0.1, 0.5, 0.25)), rtol=0, atol=1e-15)


def test_cap_between_target_and_limit_does_nothing():
    assert target_of(Cap(0.7, founder="Musk", to=0.1), moment()) is None


def test_cap_on_one_holding_leaves_the_founders_other_holding():
    """TSLA 0.4 → 0.1; 0.3 goes 2 : 1 into INDEX and CASH."""
    target = target_of(Cap(0.1, holding="TSLA"), moment())
    np.testing.assert_allclose(target, paths((0.1, 0.2, 0.1, 0.4, 0.2)), rtol=0, atol=1e-15)


def test_cap_on_a_holding_without_founder_does_not_feed_itself():
    """INDEX 0.2 → 0.05; all of the 0.15 goes into CASH, the only other holding without a founder."""
    target = target_of(Cap(0.05, holding="INDEX"), moment())
    np.testing.assert_allclose(target, paths((0.4, 0.2, 0.1, 0.05, 0.25)), rtol=0, atol=1e-15)


def test_cap_puts_proceeds_into_the_named_holdings():
    """0.3 comes free; a quarter of it into NVDA, the rest into CASH."""
    target = target_of(Cap(0.3, founder="Musk", into={"NVDA": 0.25, "CASH": 0.75}), moment())
    np.testing.assert_allclose(target, paths((0.2, 0.1, 0.175, 0.2, 0.325)), rtol=0, atol=1e-15)


def test_proceeds_are_split_as_at_the_start_where_the_takers_are_worth_nothing():
    """Musk 0.8 → 0.4: half of each is kept; INDEX and CASH, both 0 and 2 : 1 at the start, take 4/15 and 2/15."""
    target = target_of(Cap(0.4, founder="Musk"), moment((0.5, 0.3, 0.2, 0.0, 0.0), START))
    np.testing.assert_allclose(target[:, 0], (0.25, 0.15, 0.2, 4 / 15, 2 / 15), rtol=0, atol=1e-15)
    assert target[:, 1].sum() == pytest.approx(1.0, abs=1e-15)


def test_paths_below_the_limit_keep_their_weights_bit_for_bit():
    calm = (0.1, 0.1 / 3, 0.2, 0.3, 1 - 0.6 - 0.1 / 3)
    view = moment(START, calm, (0.0, 0.0, 0.0, 0.7, 0.3))
    target = target_of(Cap(0.3, founder="Musk"), view)
    np.testing.assert_array_equal(target[:, 1:], view.weights[:, 1:])


def test_cap_of_zero_sells_everything():
    target = target_of(Cap(0.0), moment(START, (0.0, 0.0, 0.0, 0.5, 0.5)))
    np.testing.assert_array_equal(target[:3], 0.0)
    np.testing.assert_array_equal(target[:, 1], (0, 0, 0, 0.5, 0.5))


def test_cap_decides_at_time_0_unless_at_start_is_false():
    calendar = Calendar(1, 12)
    assert Cap(0.3, every=6).dates(calendar).tolist() == [0, 6]
    assert Cap(0.3, every=6, at_start=False).dates(calendar).tolist() == [6]
    assert Cap(0.3, every=0).dates(calendar).tolist() == list(range(12))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"limit": float("nan")}, r"Cap: limit must be >= 0 and <= 1, got nan"),
        ({"limit": -0.1}, r"Cap: limit must be >= 0 and <= 1, got -0.1"),
        ({"limit": 1.5}, r"Cap: limit must be >= 0 and <= 1, got 1.5"),
        ({"limit": "0.3"}, r"Cap: limit must be a number, got '0.3'"),
        ({"limit": 0.3, "to": 0.4}, r"Cap: to must be >= 0 and <= 0.3, got 0.4"),
        ({"limit": 0.3, "every": -1}, r"Cap: every must be >= 0, got -1"),
        ({"limit": 0.3, "every": 1.0}, r"Cap: every must be a whole number, got 1.0"),
        ({"limit": 0.3, "at_start": 1}, r"Cap: at_start must be True or False, got 1"),
        ({"limit": 0.3, "founder": ""}, r"Cap: founder must be a non-empty string, got ''"),
        ({"limit": 0.3, "holding": 7}, r"Cap: holding must be a non-empty string, got 7"),
        ({"limit": 0.3, "founder": "Musk", "holding": "TSLA"}, r"Cap: founder must be left out where holding is given"),
        ({"limit": 0.3, "into": {}}, r"Cap: into must be a mapping from names of holdings to shares, got \{\}"),
        ({"limit": 0.3, "into": "CASH"}, r"Cap: into must be a mapping from names of holdings to shares, got 'CASH'"),
        ({"limit": 0.3, "into": {"CASH": 0.5}}, r"Cap: into: shares must sum to 1, got 0.5"),
        ({"limit": 0.3, "into": {"CASH": 1.5, "INDEX": -0.5}}, r"Cap: into: share of 'INDEX' must be > 0, got -0.5"),
    ],
)
def test_cap_refuses(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        Cap(**arguments)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Cap(0.3, founder="Mask"), r"Cap: founder must name one of .*, got 'Mask' \(did you mean 'Musk'\?\)"),
        (Cap(0.3, holding="TSLB"), r"Cap: holding must name one of .*, got 'TSLB' \(did you mean 'TSLA'\?\)"),
        (Cap(0.3, into={"GOLD": 1}), r"Cap: into must name one of .*, got 'GOLD'"),
        (Cap(0.3, into={"SPACEX": 1}), r"Cap: into must name holdings that the rule does not sell, got 'SPACEX'"),
    ],
)
def test_cap_refuses_a_portfolio_it_does_not_fit(rule, message):
    with pytest.raises(InvalidInput, match=message):
        rule.check(PORTFOLIO)


def test_cap_refuses_when_the_proceeds_have_nowhere_to_go():
    all_in = Portfolio([Holding("TSLA", 1, founder="Musk"), Holding("NVDA", 1, founder="Huang")])
    with pytest.raises(InvalidInput, match="Cap: the proceeds must have somewhere to go"):
        Cap(0.3, founder="Musk").check(all_in)
    Cap(0.3, founder="Musk", into={"NVDA": 1.0}).check(all_in)


def test_cap_refuses_a_portfolio_without_founders():
    with pytest.raises(InvalidInput, match="Cap: the portfolio must have a holding with a founder, got none"):
        Cap(0.3).check(Portfolio([Holding("INDEX", 1), Holding("CASH", 1)]))
