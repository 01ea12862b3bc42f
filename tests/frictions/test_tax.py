"""The tax on capital gains as data."""

from __future__ import annotations

import math
import pickle

import pytest

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.frictions._tax import CapitalGains


def test_what_is_taxed_at_the_end():
    assert CapitalGains(0.238).taxed_at_end
    assert not CapitalGains(0.238, at_end="step_up").taxed_at_end
    assert not CapitalGains(0.238, at_end="keep").taxed_at_end


def test_it_is_data():
    tax = CapitalGains(0.25, loss_offset=False, at_end="keep")
    assert pickle.loads(pickle.dumps(tax)) == tax
    assert eval(repr(tax)) == tax
    assert hash(CapitalGains(0)) == hash(CapitalGains(0.0))
    assert CapitalGains(0) == CapitalGains(0.0) != CapitalGains(0.0, at_end="step_up")


def test_in_words():
    assert (
        CapitalGains(0.2).describe()
        == "Sales pay 20 % tax on their gain; losses offset gains; final wealth is after the tax of selling everything."
    )
    assert (
        CapitalGains(0.25, loss_offset=False, at_end="keep").describe()
        == "Sales pay 25 % tax on their gain; losses offset nothing; final wealth is at market value, untaxed."
    )


def test_two_rates_and_a_later_payment_in_words():
    assert CapitalGains(0.2, short_rate=0.37, paid="next april").describe() == (
        "Sales pay 20 % tax on their long-term gain and 37 % on a short-term one; losses offset gains of their kind "
        "first; final wealth is after the tax of selling everything. A purchase turns long-term at a quarter end, "
        "after 12 to 15 months (conservative: the law says a year); long-term lots are sold first. The tax of a year "
        "is paid four months after its end, and final wealth is after what is due."
    )


@pytest.mark.parametrize(
    ("long", "short", "due"), [(10, 10, 2 + 5), (10, -4, 1.2), (-4, 10, 3), (-4, 3, 0), (3, -4, 0), (-1, -1, 0)]
)
def test_tax_on_net_gains_of_both_kinds(long, short, due):
    """20 % of long-term, 50 % of short-term gains; a loss offsets the other kind."""
    assert CapitalGains(0.2, short_rate=0.5).on_net_gains(long, short) == pytest.approx(due, abs=1e-15)


def test_a_short_rate_below_the_long_one_warns():
    with pytest.warns(RiskkitWarning, match="short_rate should be at least the rate of long-term gains, 0.4, got 0.2"):
        CapitalGains(0.4, short_rate=0.2)


@pytest.mark.parametrize("rate", [-0.01, 1.0, math.nan])
def test_a_short_rate_outside_zero_to_one_is_refused(rate):
    with pytest.raises(InvalidInput, match="CapitalGains: short_rate must be"):
        CapitalGains(0.2, short_rate=rate)


def test_another_time_of_payment_is_refused():
    with pytest.raises(InvalidInput, match="CapitalGains: paid must be"):
        CapitalGains(0.2, paid="next may")


@pytest.mark.parametrize("rate", [-0.01, 1.0, math.nan, math.inf])
def test_a_rate_outside_zero_to_one_is_refused(rate):
    with pytest.raises(InvalidInput, match=rf"CapitalGains: rate must be >= 0 and < 1, got {rate}"):
        CapitalGains(rate)


def test_other_words_are_refused():
    with pytest.raises(InvalidInput, match="at_end must be one of 'sell', 'step_up', 'keep', got 'stepup'"):
        CapitalGains(0.2, at_end="stepup")
    with pytest.raises(InvalidInput, match="CapitalGains: loss_offset must be True or False, got 1"):
        CapitalGains(0.2, loss_offset=1)
    with pytest.raises(InvalidInput, match="CapitalGains: rate must be a number, got '20 %'"):
        CapitalGains("20 %")


def test_dividends_are_taxed_at_the_rate_of_gains_unless_they_have_their_own():
    assert CapitalGains(0.238).rate_of_dividends == 0.238
    assert CapitalGains(0.2, dividend_rate=0.396).rate_of_dividends == 0.396
    assert CapitalGains(0.2, dividend_rate=0).rate_of_dividends == 0.0
    assert "20 % tax on their gain, dividends 39.6 %; losses" in CapitalGains(0.2, dividend_rate=0.396).describe()


@pytest.mark.parametrize("rate", [-0.1, 1.0, 23.8, float("nan")])
def test_a_dividend_rate_outside_zero_to_one_is_refused(rate):
    with pytest.raises(InvalidInput, match=r"^CapitalGains: dividend_rate must be >= 0 and < 1, got"):
        CapitalGains(0.2, dividend_rate=rate)
