"""One asset of a market: how fast it grows on average and how much it swings."""

from __future__ import annotations

from dataclasses import dataclass

from riskkit.checks import number

__all__ = ["Asset"]


@dataclass(frozen=True)
class Asset:
    """Growth and swing of one asset in the absence of shocks.

    Parameters
    ----------
    expected_return : float
        Yearly return m, > -1: E[S_T] / S_0 = (1 + m)**T, so 0.08 is 8 % a year.
    volatility : float
        Annualised standard deviation of log returns, >= 0; 0 is cash.

    Raises
    ------
    InvalidInput
        If a number is not finite or outside its bounds.

    Examples
    --------
    >>> Asset(0.08, volatility=0.57)
    Asset(expected_return=0.08, volatility=0.57)
    """

    expected_return: float
    volatility: float

    def __post_init__(self) -> None:
        growth = number("Asset: expected_return", self.expected_return, above=-1.0)
        object.__setattr__(self, "expected_return", growth)
        object.__setattr__(self, "volatility", number("Asset: volatility", self.volatility, at_least=0.0))
