"""Terms of trading over a calendar."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from riskkit.calendar import Calendar
from riskkit.liquidity import Liquidity, Listed


def test_a_listed_holding_can_be_traded_in_full_at_every_point():
    # Two years of quarters have the nine points 0 … 8.
    terms = Listed().terms(Calendar(2, 4))
    assert Listed().listed
    np.testing.assert_array_equal(terms.limit, np.ones(9))
    np.testing.assert_array_equal(terms.discount, np.zeros(9))
    np.testing.assert_array_equal(terms.buyable, np.full(9, True))
    assert terms.buyable.dtype == np.bool_


def test_listed_is_equal_by_value_and_survives_a_pickle():
    assert Listed() == Listed() == pickle.loads(pickle.dumps(Listed()))
    assert hash(Listed()) == hash(Listed())


def test_a_liquidity_without_terms_says_what_is_missing():
    class Nothing(Liquidity):
        pass

    assert not Nothing().listed
    with pytest.raises(NotImplementedError, match=r"Nothing must define terms\(calendar\)"):
        Nothing().terms(Calendar(1, 12))
