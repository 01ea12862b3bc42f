"""When a holding may be sold and bought, how much of it, and at what discount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.calendar import Calendar

__all__ = ["Liquidity", "LiquidityTerms", "Listed"]


@dataclass(frozen=True, eq=False)
class LiquidityTerms:
    """What a holding's liquidity allows at each step 0 … T of a calendar.

    Parameters
    ----------
    limit : ndarray of float, shape (T + 1,)
        Share of the units held at that step that may be sold, 0 … 1; 0 means that nothing may be sold.
    discount : ndarray of float, shape (T + 1,)
        Fraction below the true price at which a sale is made, 0 <= discount < 1.
    buyable : ndarray of bool, shape (T + 1,)
        Whether the holding may be bought.
    """

    limit: NDArray[np.float64]
    discount: NDArray[np.float64]
    buyable: NDArray[np.bool_]


@dataclass(frozen=True)
class Liquidity:
    """Base of the ways in which a holding can be traded: a subclass is a frozen dataclass that defines `terms`."""

    @property
    def listed(self) -> bool:
        """Whether the holding has a market of its own, so that its reported price is its true price."""
        return False

    def terms(self, calendar: Calendar) -> LiquidityTerms:
        """Return what may be traded at each step of the calendar.

        Parameters
        ----------
        calendar : Calendar
            The grid of steps.

        Returns
        -------
        LiquidityTerms
            Arrays over the steps 0 … T.
        """
        raise NotImplementedError(f"{type(self).__name__} must define terms(calendar)")


@dataclass(frozen=True)
class Listed(Liquidity):
    """A holding with a market: all of it can be sold or bought at its price on every step.

    Examples
    --------
    >>> terms = Listed().terms(Calendar(1, 4))
    >>> terms.limit.tolist(), bool(terms.buyable.all())
    ([1.0, 1.0, 1.0, 1.0, 1.0], True)
    """

    @property
    def listed(self) -> bool:
        """Always True."""
        return True

    def terms(self, calendar: Calendar) -> LiquidityTerms:
        """No limit, no discount, at every step."""
        points = calendar.steps + 1
        return LiquidityTerms(np.ones(points), np.zeros(points), np.ones(points, dtype=np.bool_))
