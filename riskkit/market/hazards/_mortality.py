"""Mortality: the Gompertz–Makeham hazard, fitted to a published life table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number, one_of
from riskkit.market.hazards._hazard import Hazard

__all__ = ["Mortality"]


class _Makeham(NamedTuple):
    """Intensity `accidents` + `ageing` · e^(`growth` · age) a year."""

    accidents: float
    ageing: float
    growth: float


# Maximum likelihood for the deaths of the table, at the ages from 30 to 89.
_FITTED = {
    "male": _Makeham(accidents=1.9423e-3, ageing=2.4369e-5, growth=0.096541),
    "female": _Makeham(accidents=1.0283e-3, ageing=8.4343e-6, growth=0.105957),
}


@dataclass(frozen=True)
class Mortality(Hazard):
    """The hazard of death of a person by age at the start.

    Parameters
    ----------
    age : float
        Age at the start in years, from 20 to 90.
    sex : {"male", "female"}
        The life table.

    Raises
    ------
    InvalidInput
        If the age is not from 20 to 90, or the sex is neither of the two.

    Notes
    -----
    The intensity at age x is A + B e^(g x) (Makeham 1860, "On the law of mortality"). It is fitted by maximum
    likelihood to the ages from 30 to 89 of the period life table for 2023 of the United States Social Security
    Administration, as used in the 2026 Trustees Report (Actuarial Life Table, https://www.ssa.gov/oact/STATS/table4c6.html).

    Errors of the fit: for ages from 30 to 80 and any span of up to 30 years that ends at 90 or before, survival is
    within 3.4 % (men) and 2.4 % (women) of the table's, and life expectancy within 0.42 years. For a man of 54, death
    within ten years has probability 9.0 %, 9.8 % in the table. Before 30 the fit is too high: 2.2 % against 1.6 % in
    the ten years from 20 on (women 1.1 % against 0.6 %).

    A period table is for the whole population of one year: rates do not improve later, and health and wealth have no
    effect. Men of the top 1 % by income who are 40 reach 87.3 years on average (Chetty et al. 2016, JAMA 315), where
    the table has 78.6; an age that is ten years too low corrects for that.

    Examples
    --------
    A founder of 54, who may also leave for other reasons, at 1 % a year; the probability of either within ten years:

    >>> leaves = Mortality(54, "male") + 0.01
    >>> round(float(-np.expm1(-leaves.cumulative(10.0))), 3)
    0.177
    """

    age: float
    sex: Literal["male", "female"]

    def __post_init__(self) -> None:
        set_fields(self, age=number("Mortality: age", self.age, at_least=20.0, at_most=90.0))
        one_of("Mortality: sex", self.sex, _FITTED)

    def cumulative(self, t: ArrayLike) -> Array:
        """Return A t + B e^(g age) (e^(g t) - 1) / g."""
        accidents, ageing, growth = _FITTED[self.sex]
        years = np.asarray(t, dtype=np.float64)
        factor = ageing * math.exp(growth * self.age) / growth
        return np.asarray(accidents * years + factor * np.expm1(growth * years))
