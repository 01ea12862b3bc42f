"""Clocks: integrated intensities, their inverses against closed forms, and sums."""

from __future__ import annotations

import math
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from riskkit._core.errors import InvalidInput
from riskkit.market import Hazard
from riskkit.market.hazards._hazard import Constant, SumHazard, as_hazard


@dataclass(frozen=True)
class Gompertz(Hazard):
    """Intensity a·exp(b·t)."""

    level: float = 0.003
    growth: float = 0.09

    def cumulative(self, t):
        return self.level / self.growth * np.expm1(self.growth * np.asarray(t))


@dataclass(frozen=True)
class Fading(Hazard):
    """Intensity exp(-t): no more than 1 in all."""

    def cumulative(self, t):
        return -np.expm1(-np.asarray(t))


@dataclass(frozen=True)
class Waiting(Hazard):
    """No events for two years, then one event a year, and none from year 3 to year 5."""

    def cumulative(self, t):
        return np.interp(t, [2.0, 3.0, 5.0, 100.0], [0.0, 1.0, 1.0, 96.0])


@dataclass(frozen=True)
class Duck:
    """No Hazard, but it has cumulative(t)."""

    slope: float = 0.5

    def cumulative(self, t):
        return self.slope * t


def test_constant_and_its_exact_inverse():
    hazard = Constant(0.05)
    assert hazard.cumulative([0.0, 2.0, 10.0]).tolist() == [0.0, 0.1, 0.5]
    assert hazard.inverse(np.array([0.0, 0.1, 0.5])).tolist() == [0.0, 2.0, 10.0]
    assert Constant(0).inverse([0.0, 1e-9]).tolist() == [0.0, math.inf]


def test_inverse_of_gompertz_against_its_closed_form():
    """a/b (exp(bt) - 1) = h at t = ln(1 + hb/a)/b."""
    reached = np.concatenate([[0.0, 1e-18, 1e-6], np.linspace(0.01, 3.0, 50)])
    expected = np.log1p(reached * 0.09 / 0.003) / 0.09
    assert Gompertz().inverse(reached) == pytest.approx(expected, rel=1e-14, abs=0.0)


def test_inverse_is_infinite_past_what_is_reachable():
    """1 - exp(-t) = h at t = -ln(1 - h) for h < 1."""
    found = Fading().inverse(np.array([0.5, 0.99, 1.5]))
    assert found[:2] == pytest.approx([math.log(2.0), math.log(100.0)], rel=1e-12)
    assert found[2] == math.inf


def test_inverse_is_the_first_time_where_the_hazard_is_zero():
    assert Waiting().inverse(np.array([0.0, 0.25, 1.0, 1.5])) == pytest.approx([0.0, 2.25, 3.0, 5.5], rel=1e-14)


def test_inverse_of_an_intensity_that_overflows_far_out_is_silent():
    with np.errstate(over="raise"):
        assert np.isfinite(Gompertz().inverse(np.array([1e3]))).all()


def test_inverse_keeps_the_shape():
    assert Gompertz().inverse(np.full((2, 3), 0.1)).shape == (2, 3)
    assert Gompertz().inverse(np.empty(0)).shape == (0,)
    assert Gompertz().inverse(0.1).shape == ()


def test_hazards_and_rates_add_up_in_any_order():
    years = np.array([0.0, 1.0, 7.5])
    both = Gompertz() + 0.01
    assert both.cumulative(years) == pytest.approx(Gompertz().cumulative(years) + 0.01 * years, rel=1e-15)
    assert (0.01 + Gompertz()).cumulative(years) == pytest.approx(both.cumulative(years), rel=1e-15)
    assert both.cumulative(both.inverse(np.array([0.2]))) == pytest.approx([0.2], rel=1e-13)
    three = both + Fading()
    assert isinstance(three, SumHazard)
    assert three.parts == (Gompertz(), Constant(0.01), Fading())
    assert both == pickle.loads(pickle.dumps(both))
    assert hash(both) == hash(Gompertz() + 0.01)
    assert repr(both) == "Gompertz(level=0.003, growth=0.09) + 0.01"


def test_a_sum_takes_rates_and_hazards():
    assert SumHazard([Gompertz(), 0.01]) == Gompertz() + 0.01
    assert SumHazard([Gompertz(), Duck()]) == Gompertz() + Duck()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], r"^SumHazard: parts must hold at least one rate or hazard, got none$"),
        (0.01, r"^SumHazard: parts must be a list of rates and hazards, got 0\.01$"),
        ("often", r"^SumHazard: parts must be a list of rates and hazards, got 'often'$"),
        ([Gompertz(), -0.01], r"^SumHazard: part must be >= 0, got -0\.01$"),
        ([None], r"^SumHazard: part must be a number, got None$"),
    ],
)
def test_a_sum_of_anything_else_is_refused(parts, message):
    with pytest.raises(InvalidInput, match=message):
        SumHazard(parts)


def test_any_object_with_cumulative_is_a_hazard():
    hazard = as_hazard(Duck())
    assert isinstance(hazard, Hazard)
    assert hazard == as_hazard(Duck())
    assert hazard != as_hazard(Duck(0.6))
    assert hazard.inverse(np.array([2.0])) == pytest.approx([4.0], rel=1e-15)
    assert (Gompertz() + Duck()).cumulative(2.0) == pytest.approx(Gompertz().cumulative(2.0) + 1.0)


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, "often", None, Duck, True])
def test_rates_that_are_negative_not_finite_or_no_number_are_refused(value):
    with pytest.raises(InvalidInput, match=r"^rate must be .*, got"):
        as_hazard(value)


def bad(values):
    @dataclass(frozen=True)
    class Bad(Hazard):
        def cumulative(self, t):
            return values(np.asarray(t))

    return Bad()


@pytest.mark.parametrize("values", [lambda t: -t, lambda t: t + 1.0, lambda t: np.sin(t), lambda t: t * np.nan])
def test_a_cumulative_that_does_not_start_at_zero_or_falls_is_refused(values):
    with pytest.raises(InvalidInput, match=r"^rate: cumulative\(t\) must be 0 at 0 and nondecreasing, got"):
        as_hazard(bad(values))


def test_a_cumulative_of_another_shape_is_refused():
    with pytest.raises(InvalidInput, match=r"^rate: cumulative\(t\) must have the shape of t, got \(\) for \(9,\)$"):
        as_hazard(bad(lambda t: t.sum()))


def test_a_hazard_that_is_not_hashable_is_refused():
    @dataclass
    class Loose(Hazard):
        def cumulative(self, t):
            return np.asarray(t)

    with pytest.raises(InvalidInput, match=r"^rate must be hashable \(a frozen dataclass is\), got"):
        as_hazard(Loose())
