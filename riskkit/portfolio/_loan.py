"""The loan of a portfolio at the start: `Loan`."""

from __future__ import annotations

from dataclasses import dataclass

from riskkit._core.fraction_bounds import INTEREST, fraction, plausible
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number

__all__ = ["MAX_LOAN_TO_VALUE", "Loan"]

#: FINRA Rule 4210(c)(1): the equity in a margin account must be at least 25 % of the market value of what is long.
MAX_LOAN_TO_VALUE = 0.75


@dataclass(frozen=True)
class Loan:
    """Money borrowed against a portfolio.

    Parameters
    ----------
    amount : float
        What is owed at the start, in money, > 0.
    rate : float
        Yearly interest, 0 <= rate < 1; the debt grows by ``(1 + rate)**t``.
    max_loan_to_value : float
        Share of gross assets above which the lender calls, 0 < max_loan_to_value < 1. By default 0.75: FINRA Rule
        4210(c)(1) asks for equity of 25 % of the long positions. A lender may ask for more, most of all where few
        positions make up the account, so give your own limit where you know it.

    Raises
    ------
    InvalidInput
        If a number is outside its bounds.

    Warns
    -----
    RiskkitWarning
        If the rate is above 0.5: most likely a percentage was meant.

    Examples
    --------
    >>> import riskkit as rk
    >>> rk.Portfolio([rk.Holding("A", 100)], loan=Loan(30, 0.05, 0.5)).net
    70.0
    >>> Loan(30, 0.05).max_loan_to_value
    0.75
    """

    amount: float
    rate: float
    max_loan_to_value: float = MAX_LOAN_TO_VALUE

    def __post_init__(self) -> None:
        set_fields(
            self,
            amount=number("Loan: amount", self.amount, above=0.0),
            rate=plausible("Loan: rate", fraction("Loan: rate", self.rate, at_least=0.0, below=1.0), INTEREST),
        )
        limit = fraction("Loan: max_loan_to_value", self.max_loan_to_value, above=0.0, below=1.0)
        set_fields(self, max_loan_to_value=limit)
