"""A scaled hazard: its integral, its inverse, and equality."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.market.hazards._hazard import Hazard, as_hazard
from riskkit.market.hazards._scaled import ScaledHazard


@dataclass(frozen=True)
class Ageing(Hazard):
    """Integrated intensity t² / 2."""

    def cumulative(self, t):
        return 0.5 * np.asarray(t, dtype=float) ** 2


def test_integral_and_inverse_by_hand():
    """Three times t² / 2: 6 at t = 2; it reaches 6 at 2, as the inverse says."""
    hazard = ScaledHazard(3.0, Ageing())
    assert hazard.cumulative([0.0, 1.0, 2.0]).tolist() == [0.0, 1.5, 6.0]
    np.testing.assert_allclose(hazard.inverse([0.0, 1.5, 6.0]), [0.0, 1.0, 2.0], atol=1e-9)


def test_a_zero_hazard_has_no_events():
    still = ScaledHazard(0.0, Ageing())
    assert still.cumulative([1.0, 50.0]).tolist() == [0.0, 0.0]
    assert still.inverse([0.0, 0.1]).tolist() == [0.0, np.inf]


def test_a_multiple_of_a_multiple_is_one():
    twice = ScaledHazard(2.0, ScaledHazard(1.5, Ageing()))
    assert twice == ScaledHazard(3.0, Ageing())
    assert hash(twice) == hash(ScaledHazard(3.0, Ageing()))
    assert pickle.loads(pickle.dumps(twice)) == twice
    assert repr(twice) == "3 × Ageing()"


def test_it_is_a_rate_of_a_shock():
    shock = rk.Shock("age", ScaledHazard(2.0, Ageing()) + 0.1, {"A": -0.1})
    assert float(shock.hazard.cumulative(1.0)) == pytest.approx(1.1)


@pytest.mark.parametrize(
    ("factor", "hazard", "message"),
    [
        (-1.0, Ageing(), r"ScaledHazard: factor must be >= 0, got -1\.0"),
        (2.0, 0.1, r"ScaledHazard: hazard must be a Hazard, got 0\.1"),
    ],
)
def test_invalid_arguments_are_refused(factor, hazard, message):
    with pytest.raises(InvalidInput, match=message):
        ScaledHazard(factor, hazard)


def test_as_hazard_takes_it_as_it_is():
    hazard = ScaledHazard(2.0, Ageing())
    assert as_hazard(hazard) is hazard
