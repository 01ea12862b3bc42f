"""A yearly cycle: its integral against numerical integration and hand calculation, and what is refused."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from riskkit._core.errors import InvalidInput
from riskkit.market.hazards._hazard import as_hazard
from riskkit.market.hazards._seasonal import Seasonal

cycles = st.builds(Seasonal, st.floats(0.0, 10.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0, exclude_max=True))


@pytest.mark.parametrize("amplitude", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("peak", [0.0, 0.2, 0.75])
def test_cumulative_against_numerical_integration(amplitude: float, peak: float):
    hazard = Seasonal(0.4, amplitude, peak)
    for years in (0.1, 0.75, 3.3):
        area = quad(lambda t: 0.4 * (1.0 + amplitude * math.cos(2.0 * math.pi * (t - peak))), 0.0, years)[0]
        assert float(hazard.cumulative(years)) == pytest.approx(area, rel=1e-12)


def test_quarters_by_hand():
    """Peak at the start: the first and last quarter get 1/4 + 1/(2π), the other two 1/4 - 1/(2π), of each year."""
    more, less = 0.25 + 0.5 / math.pi, 0.25 - 0.5 / math.pi
    quarters = np.diff(Seasonal(1.0, 1.0, 0.0).cumulative(np.arange(9) / 4.0))
    assert quarters == pytest.approx([more, less, less, more] * 2, rel=1e-14)


@given(cycles)
def test_whole_years_have_the_rate_and_the_integral_never_falls(hazard: Seasonal):
    years = np.linspace(0.0, 3.0, 301)
    reached = hazard.cumulative(years)
    assert reached[0] == 0.0
    assert reached[[100, 200, 300]] == pytest.approx(hazard.rate * np.array([1.0, 2.0, 3.0]), rel=1e-14)
    assert (np.diff(reached) >= -1e-15 * hazard.rate).all()
    assert as_hazard(hazard) is hazard


def test_inverse_finds_the_time_back():
    """At the peak in the middle of the year the integral is 1/2, and 3/4 + 1/(2π) at three quarters."""
    hazard = Seasonal(1.0, 1.0, 0.5)
    assert hazard.inverse([0.0, 0.5, 0.75 + 0.5 / math.pi, 7.5]) == pytest.approx([0.0, 0.5, 0.75, 7.5], rel=1e-12)


def test_a_cycle_adds_to_a_plain_rate():
    both = Seasonal(0.4, 0.5, 0.25) + 0.1
    assert float(both.cumulative(2.0)) == pytest.approx(2.0 * 0.5, rel=1e-14)
    assert both == pickle.loads(pickle.dumps(both))
    assert repr(Seasonal(1, 0, 0)) == "Seasonal(rate=1.0, amplitude=0.0, peak=0.0)"


@pytest.mark.parametrize(
    ("rate", "amplitude", "peak", "message"),
    [
        (-0.1, 0.5, 0.5, r"^Seasonal: rate must be >= 0, got -0\.1$"),
        (math.nan, 0.5, 0.5, r"^Seasonal: rate must be >= 0, got nan$"),
        (0.1, -0.1, 0.5, r"^Seasonal: amplitude must be >= 0 and <= 1, got -0\.1$"),
        (0.1, 1.1, 0.5, r"^Seasonal: amplitude must be >= 0 and <= 1, got 1\.1$"),
        (0.1, 0.5, 1.0, r"^Seasonal: peak must be >= 0 and < 1, got 1\.0$"),
        (0.1, 0.5, "July", r"^Seasonal: peak must be a number, got 'July'$"),
    ],
)
def test_numbers_outside_their_bounds_are_refused(rate, amplitude, peak, message):
    with pytest.raises(InvalidInput, match=message):
        Seasonal(rate, amplitude, peak)
