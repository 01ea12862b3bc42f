"""Equilibrium expected returns that a portfolio implies (reverse optimization)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import EXPECTED_RETURN, INTEREST, fraction, plausible
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number, require_known, short_repr
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["Equilibrium", "equilibrium"]


@dataclass(frozen=True)
class Equilibrium:
    """Expected returns in proportion to each asset's covariance with a portfolio; see `equilibrium`.

    Attributes
    ----------
    portfolio : Portfolio
        The market portfolio.
    premium : float
        Yearly expected return of the portfolio above cash.
    cash : float
        Yearly return of cash.
    """

    portfolio: Portfolio
    premium: float
    cash: float

    def __post_init__(self) -> None:
        if not isinstance(self.portfolio, Portfolio):
            raise InvalidInput(f"equilibrium: portfolio must be a Portfolio, got {short_repr(self.portfolio)}")
        set_fields(
            self,
            premium=plausible("equilibrium: premium", number("equilibrium: premium", self.premium), INTEREST),
            cash=plausible("equilibrium: cash", fraction("equilibrium: cash", self.cash, above=-1.0), INTEREST),
        )

    def expected_returns(self, covariance: Array, names: Sequence[str]) -> dict[str, float]:
        """Return the yearly expected return of each named asset, given their yearly covariance (asset, asset)."""
        require_known("equilibrium: portfolio", self.portfolio.names, names)
        weights = self.portfolio.weights.reindex(list(names), fill_value=0.0).to_numpy()
        covariances = covariance @ weights
        returns = self.cash + self.premium * covariances / (weights @ covariances)
        result = {}
        for name, value in zip(names, returns.tolist(), strict=True):
            what = f"equilibrium: expected return of {name!r}"
            advice = "a volatility, a correlation or the premium is too high for it"
            result[name] = plausible(what, number(what, value, above=-1.0), EXPECTED_RETURN, advice=advice)
        return result


def equilibrium(portfolio: Portfolio, premium: float, *, cash: float = 0.0) -> Equilibrium:
    """Return equilibrium expected returns for `fit`: those for which a portfolio is optimal.

    Parameters
    ----------
    portfolio : Portfolio
        The market portfolio, at least roughly: one holding of an index fund is enough. Each holding must have prices.
        Assets outside it get an expected return too.
    premium : float
        Expected return of that portfolio above cash, yearly, from -1 to 1; 0.04 is 4 % a year.
    cash : float
        Yearly return of cash, > -1, at most 1.

    Returns
    -------
    Equilibrium
        An argument of ``fit(prices, expected_return=...)``, which has the covariance.

    Raises
    ------
    InvalidInput
        If an argument is not of its kind; in `fit`, if a holding has no prices or an expected return comes out at or
        below -100 %, or above 500 %.

    Warns
    -----
    RiskkitWarning
        If the premium or the return of cash is above 0.5: most likely a percentage was meant.

    Notes
    -----
    Reverse optimisation (Sharpe 1974, "Imputing expected security returns from portfolio composition"; Black and
    Litterman, "Global portfolio optimization", Financial Analysts J. 48(5) (1992) 28-43): with weights w and covariance
    Σ the excess returns are premium · Σw / w'Σw, each asset's beta to the portfolio times the premium. With the
    portfolio under test in place of the market's, these are the returns for which holding it would be optimal.

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.portfolio._portfolio import Holding
    >>> index = equilibrium(Portfolio([Holding("Index", 1.0)]), premium=0.04, cash=0.03)
    >>> returns = index.expected_returns(np.array([[0.04, 0.06], [0.06, 0.25]]), ["Index", "TSLA"])
    >>> {name: round(value, 3) for name, value in returns.items()}
    {'Index': 0.07, 'TSLA': 0.09}
    """
    return Equilibrium(portfolio, premium, cash)
