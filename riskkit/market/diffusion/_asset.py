"""One asset of a market: expected return, volatility and dividend yield."""

from __future__ import annotations

from dataclasses import dataclass, field

from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import DIVIDEND, EXPECTED_RETURN, VOLATILITY, fraction, plausible
from riskkit._core.frozen import set_fields
from riskkit._core.validation import short_repr
from riskkit.market.diffusion._uncertain import Uncertain, checked_parameter, mean_of

__all__ = ["Asset", "validated_asset"]


@dataclass(frozen=True)
class Asset:
    """Expected return and volatility of one asset without shocks.

    Parameters
    ----------
    expected_return : float or Uncertain
        Yearly return m, dividends included and reinvested, -1 < m <= 5: E[S_T] / S_0 = (1 + m)**T, so 0.08 is 8 % a
        year.
    volatility : float or Uncertain
        Annualised standard deviation of log returns, from 0 to 10; 0 is cash, 0.57 is 57 % a year.
    dividend_yield : float
        Yearly dividends as a share of the price, 0 <= dividend_yield < 1, part of `expected_return`; 0.02 is 2 % a
        year. They accrue continuously and are paid at month ends; the net of their tax is reinvested.

    Raises
    ------
    InvalidInput
        If a number is not finite or outside its bounds.

    Warns
    -----
    RiskkitWarning
        If an expected return is above 2, a volatility above 5 or a dividend yield above 0.2: most likely a percentage
        was meant.

    Examples
    --------
    >>> Asset(0.08, volatility=0.57)
    Asset(expected_return=0.08, volatility=0.57, dividend_yield=0.0)
    """

    expected_return: float | Uncertain
    volatility: float | Uncertain
    dividend_yield: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        expected_return = checked_parameter("Asset: expected_return", self.expected_return, EXPECTED_RETURN, above=-1.0)
        volatility = checked_parameter("Asset: volatility", self.volatility, VOLATILITY, at_least=0.0)
        if isinstance(volatility, Uncertain) and volatility.mean == 0.0:
            raise InvalidInput(f"Asset: volatility: mean of an Uncertain must be > 0, got {short_repr(volatility)}")
        dividend_yield = fraction("Asset: dividend_yield", self.dividend_yield, at_least=0.0, below=1.0)
        plausible("Asset: dividend_yield", dividend_yield, DIVIDEND)
        set_fields(self, expected_return=expected_return, volatility=volatility, dividend_yield=dividend_yield)

    @property
    def mean_return(self) -> float:
        """`expected_return`, or the mean of an uncertain one."""
        return mean_of(self.expected_return)

    @property
    def mean_volatility(self) -> float:
        """`volatility`, or the mean of an uncertain one."""
        return mean_of(self.volatility)


def validated_asset(
    expected_return: float | Uncertain, volatility: float | Uncertain, *, dividend_yield: float = 0.0
) -> Asset:
    """Return an asset of validated parameters, such as those of the past, without a warning of their size.

    Examples
    --------
    >>> validated_asset(0.08, 0.57) == Asset(0.08, 0.57)
    True
    """
    asset = object.__new__(Asset)
    set_fields(asset, expected_return=expected_return, volatility=volatility, dividend_yield=dividend_yield)
    return asset
