"""Mortality against the life table that it is fitted to: printed probabilities of death and life expectancies.

The figures are those of the Actuarial Life Table of the United States Social Security Administration, the period life
table for 2023 as used in the 2026 Trustees Report (https://www.ssa.gov/oact/STATS/table4c6.html), as printed.
"""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import minimize

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.market import Market, Shock
from riskkit.market.diffusion._asset import Asset
from riskkit.market.hazards._hazard import SumHazard
from riskkit.market.hazards._mortality import Mortality

#: Probability of dying within one year at each exact age from 20 to 89.
DEATH = {
    "male": [
        0.001235, 0.001315, 0.001378, 0.001439, 0.001509, 0.001595, 0.001685, 0.001783, 0.001876, 0.001970,  # 20 to 29
        0.002085, 0.002202, 0.002308, 0.002407, 0.002490, 0.002577, 0.002665, 0.002764, 0.002864, 0.002987,  # 30 to 39
        0.003115, 0.003253, 0.003419, 0.003600, 0.003777, 0.003931, 0.004073, 0.004245, 0.004477, 0.004795,  # 40 to 49
        0.005126, 0.005496, 0.005917, 0.006404, 0.006923, 0.007491, 0.008173, 0.008938, 0.009714, 0.010494,  # 50 to 59
        0.011337, 0.012232, 0.013196, 0.014229, 0.015316, 0.016455, 0.017574, 0.018735, 0.019981, 0.021366,  # 60 to 69
        0.022903, 0.024615, 0.026504, 0.028648, 0.031071, 0.033802, 0.037010, 0.041158, 0.045461, 0.050346,  # 70 to 79
        0.055633, 0.061757, 0.068358, 0.075420, 0.083364, 0.092680, 0.103459, 0.115502, 0.129018, 0.143810,  # 80 to 89
    ],
    "female": [
        0.000441, 0.000476, 0.000513, 0.000546, 0.000582, 0.000609, 0.000641, 0.000683, 0.000740, 0.000808,  # 20 to 29
        0.000878, 0.000947, 0.001018, 0.001089, 0.001154, 0.001209, 0.001263, 0.001347, 0.001438, 0.001533,  # 30 to 39
        0.001643, 0.001742, 0.001845, 0.001954, 0.002075, 0.002187, 0.002306, 0.002438, 0.002595, 0.002791,  # 40 to 49
        0.003030, 0.003288, 0.003554, 0.003847, 0.004172, 0.004532, 0.004923, 0.005365, 0.005815, 0.006333,  # 50 to 59
        0.006923, 0.007555, 0.008220, 0.008881, 0.009514, 0.010188, 0.010880, 0.011659, 0.012543, 0.013581,  # 60 to 69
        0.014769, 0.016153, 0.017705, 0.019495, 0.021533, 0.023846, 0.026458, 0.029700, 0.033135, 0.036982,  # 70 to 79
        0.041183, 0.045959, 0.051282, 0.057262, 0.064107, 0.071752, 0.080490, 0.090566, 0.102204, 0.115178,  # 80 to 89
    ],
}  # fmt: skip

#: Life expectancy at exact ages.
EXPECTANCY = {
    "male": {30: 47.50, 40: 38.59, 50: 29.90, 54: 26.55, 60: 21.79, 65: 18.12, 70: 14.66, 75: 11.42, 80: 8.50},
    "female": {30: 52.08, 40: 42.64, 50: 33.45, 54: 29.89, 60: 24.73, 65: 20.66, 70: 16.76, 75: 13.10, 80: 9.82},
}

SEXES = ["male", "female"]


def printed_survival(sex: str) -> NDArray[np.float64]:
    """Number of lives at each age from 20 to 90, of one at 20."""
    return np.cumprod([1.0, *(1.0 - np.array(DEATH[sex]))])


def fitted_survival(age: float, sex: str, years: float) -> float:
    return math.exp(-float(Mortality(age, sex).cumulative(years)))


@pytest.mark.parametrize(("sex", "bound"), [("male", 0.034), ("female", 0.024)])
def test_survival_against_the_printed_table(sex: str, bound: float):
    """From any age from 30 to 80, over any span of up to 30 years that ends at 90 or before."""
    lives = printed_survival(sex)
    spans = [(age, years) for age in range(30, 81) for years in range(1, 31) if age + years <= 90]
    ratios = [fitted_survival(age, sex, years) / (lives[age + years - 20] / lives[age - 20]) for age, years in spans]
    assert np.abs(np.array(ratios) - 1.0).max() < bound


@pytest.mark.parametrize("sex", SEXES)
def test_life_expectancy_against_the_printed_table(sex: str):
    """The mean of a lifetime is the integral of its survival."""
    for age, printed in EXPECTANCY[sex].items():
        assert quad(lambda t, age=age: fitted_survival(age, sex, t), 0.0, 90.0)[0] == pytest.approx(printed, abs=0.42)


def test_probabilities_of_death_within_ten_years_in_the_docstring():
    """At 54: 1 - Π (1 - q) of the ten printed q from 54 to 63 is 9.8 %; from 20 to 29, 1.6 % and 0.6 %."""
    lives = {sex: printed_survival(sex) for sex in SEXES}
    assert 1.0 - lives["male"][44] / lives["male"][34] == pytest.approx(0.098, abs=5e-4)
    assert 1.0 - fitted_survival(54, "male", 10) == pytest.approx(0.090, abs=5e-4)
    for sex, fitted, printed in [("male", 0.022, 0.016), ("female", 0.011, 0.006)]:
        assert 1.0 - lives[sex][10] == pytest.approx(printed, abs=5e-4)
        assert 1.0 - fitted_survival(20, sex, 10) == pytest.approx(fitted, abs=5e-4)


@pytest.mark.parametrize("sex", SEXES)
def test_fit_is_the_maximum_likelihood_of_the_table(sex: str):
    """Of those alive at each age from 30 to 89, the share that dies is binomial; found here by another way.

    Four digits of the parameters are given, so that the intensity agrees to about 1e-4.
    """
    lives = printed_survival(sex)[10:]
    ages, dead = np.arange(30, 90), lives[:-1] - lives[1:]

    def cost(logs: NDArray[np.float64]) -> float:
        accidents, ageing, growth = np.exp(logs)
        passed = accidents + ageing / growth * np.exp(growth * ages) * np.expm1(growth)
        return -float(dead @ np.log(-np.expm1(-passed)) - lives[1:] @ passed)

    best = np.log([1e-3, 1e-5, 0.1])
    for _ in range(4):
        best = minimize(cost, best, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14}).x
    accidents, ageing, growth = np.exp(best)
    for age in (30, 54, 80):
        expected = accidents + ageing / growth * math.exp(growth * age) * math.expm1(growth)
        assert float(Mortality(age, sex).cumulative(1.0)) == pytest.approx(expected, rel=3e-4)


@pytest.mark.parametrize("sex", SEXES)
def test_ageing_along_the_way_is_the_same_as_being_older(sex: str):
    """What is integrated from 0 to 12 at 54 is what is from 0 to 7 at 54 and from 0 to 5 at 61."""
    parts = Mortality(54, sex).cumulative(7.0) + Mortality(61, sex).cumulative(5.0)
    assert Mortality(54, sex).cumulative(12.0) == pytest.approx(parts, rel=1e-14)


def test_a_founder_of_54_who_may_also_leave_otherwise():
    """Death and 1 % a year: integrals add up, and the time of either is found back."""
    both = Mortality(54, "male") + 0.01
    years = np.array([0.0, 0.5, 10.0, 40.0])
    assert isinstance(both, SumHazard)
    expected = Mortality(54, "male").cumulative(years) + 0.01 * years
    assert both.cumulative(years) == pytest.approx(expected, rel=1e-15)
    assert both.inverse(expected) == pytest.approx(years, rel=1e-12)
    assert (0.01 + Mortality(54, "male")).cumulative(years) == pytest.approx(expected, rel=1e-15)


def test_deaths_occur_at_the_hazard():
    """Of 20,000 founders, the share gone within ten years: 1 - exp(-Λ), ± 4 standard errors."""
    hazard = Mortality(54, "male") + 0.01
    market = Market({"A": Asset(0.0, 0.0)}, shocks=[Shock("exit", hazard, {"A": -0.5}, once=True)])
    paths = rk.sample(market, years=10, steps_per_year=12, paths=20_000, seed=3)
    chance = -math.expm1(-float(hazard.cumulative(10.0)))
    assert len(paths.events) / 20_000 == pytest.approx(chance, abs=4.0 * math.sqrt(chance * (1.0 - chance) / 20_000))


def test_mortality_is_a_hashable_value_that_pickles():
    hazard = Mortality(54, "male")
    assert hazard == Mortality(54.0, "male")
    assert hazard != Mortality(54, "female")
    assert hash(hazard) == hash(Mortality(54.0, "male"))
    assert pickle.loads(pickle.dumps(hazard)) == hazard
    assert repr(hazard) == "Mortality(age=54.0, sex='male')"


@pytest.mark.parametrize("age", [19.9, 90.1, -54, math.nan, math.inf, "54", None, True])
def test_ages_outside_the_fit_are_refused(age):
    with pytest.raises(InvalidInput, match=r"^Mortality: age must be .*, got"):
        Mortality(age, "male")


@pytest.mark.parametrize("sex", ["m", "Male", "", None, 1, ["male"]])
def test_a_sex_without_a_table_is_refused(sex):
    with pytest.raises(InvalidInput, match=r"^Mortality: sex must be one of 'male', 'female', got"):
        Mortality(54, sex)
