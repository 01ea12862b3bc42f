"""Constant relative risk aversion: utility, certainty equivalent, and the conjugate that bounds the inner problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array

__all__ = ["PowerUtility"]


@dataclass(frozen=True)
class PowerUtility:
    """U(W) = W**(1 - γ) / (1 - γ), and ln W for γ = 1.

    Parameters
    ----------
    risk_aversion : float
        γ > 0.

    Examples
    --------
    >>> utility = PowerUtility(3.0)
    >>> float(utility(np.array(2.0))), float(utility.marginal(np.array(2.0))), utility.certainty_equivalent(-0.125)
    (-0.125, 0.125, 2.0)
    """

    risk_aversion: float

    def __call__(self, wealth: Array) -> Array:
        """Utility of wealth > 0."""
        if self.risk_aversion == 1.0:
            return np.asarray(np.log(wealth))
        power = 1.0 - self.risk_aversion
        return np.asarray(wealth**power / power)

    def marginal(self, wealth: Array) -> Array:
        """Marginal utility W**-γ."""
        return np.asarray(wealth**-self.risk_aversion)

    def certainty_equivalent(self, utility: float) -> float:
        """The wealth of a given utility; infinite where no wealth has so much, 0 where none has so little."""
        if self.risk_aversion == 1.0:
            return float(np.exp(utility))
        scaled = utility * (1.0 - self.risk_aversion)
        if scaled <= 0.0:
            return np.inf if self.risk_aversion > 1.0 else 0.0
        return float(scaled ** (1.0 / (1.0 - self.risk_aversion)))

    def slope_of_certainty_equivalent(self, utility: float) -> float:
        """Derivative of the certainty equivalent in the expected utility, 1 / U' at the certainty equivalent."""
        return float(self.certainty_equivalent(utility) ** self.risk_aversion)
