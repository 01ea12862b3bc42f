"""Spending: money taken out of the portfolio."""

from __future__ import annotations

from dataclasses import dataclass, field

from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import SPENDING, fraction, plausible
from riskkit._core.frozen import set_fields
from riskkit._core.validation import boolean, number
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["Spending"]


@dataclass(frozen=True)
class Spending:
    """Spending, a twelfth of a year's at each month end before the last step: a share of wealth, or an amount.

    Parameters
    ----------
    rate : float, optional
        Share of current net wealth a year, 0 <= rate < 1.
    amount : float, optional
        Money a year, >= 0, in the unit of the portfolio's values. Exactly one of the two is given.
    grows : bool
        Whether the amount grows with the scenario's inflation.

    Raises
    ------
    InvalidInput
        If not exactly one of `rate` and `amount` is given, it is outside its bounds, or a rate is to grow; and, in a
        `Scenario`, if a year's amount is more than the net wealth at the start.

    Warns
    -----
    RiskkitWarning
        If a rate is above 0.5: most likely a percentage was meant.

    Examples
    --------
    >>> Spending(rate=0.03).describe()
    'Spending is 3 % of current wealth a year.'
    """

    rate: float | None = None
    amount: float | None = None
    grows: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if (self.rate is None) == (self.amount is None):
            raise InvalidInput(
                f"Spending: exactly one of rate and amount must be given, got rate={self.rate!r} and "
                f"amount={self.amount!r}"
            )
        boolean("Spending: grows", self.grows)
        if self.rate is not None:
            rate = fraction("Spending: rate", self.rate, at_least=0.0, below=1.0)
            set_fields(self, rate=plausible("Spending: rate", rate, SPENDING))
        if self.amount is not None:
            set_fields(self, amount=number("Spending: amount", self.amount, at_least=0.0))
        elif self.grows:
            raise InvalidInput("Spending: grows must be False with a rate, which follows wealth, got True")

    def check(self, portfolio: Portfolio) -> None:
        """Refuse an amount a year that is more than the portfolio's net value."""
        if self.amount is not None and self.amount > portfolio.net:
            raise InvalidInput(
                f"Spending: amount a year must be at most the net wealth at the start, {portfolio.net:g}, "
                f"got {self.amount:g}"
            )

    def describe(self) -> str:
        """Return one sentence: how much a year, and whether it grows."""
        if self.rate is not None:
            return f"Spending is {percent(self.rate)} of current wealth a year."
        return f"Spending is {self.amount:,.6g} a year{', growing with inflation' if self.grows else ''}."
