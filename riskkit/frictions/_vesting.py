"""Vesting: shares of an employer that arrive over years."""

from __future__ import annotations

from dataclasses import dataclass

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.format import in_years, percent
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit._core.validation import checked_name, number, require_known
from riskkit.market import Market
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["Vesting"]

#: A number of months is whole within this tolerance.
WHOLE_MONTH = 1e-6


@dataclass(frozen=True)
class Vesting:
    """The vesting of a grant of shares: at the cliff the share of its years that has passed, then equal months.

    Units arrive at month ends before the last step, before spending and before rules decide, at a purchase cost of
    their price that day. A path that is ruined gets none.

    Parameters
    ----------
    on : str
        The holding that the units are of.
    value : float
        What the whole grant is worth at start prices, >= 0, in the unit of the portfolio's values.
    years : float
        Years from the start until all has vested, > 0, a whole number of months.
    cliff : float
        Years from the start before which nothing vests, from 0 to `years`, a whole number of months.
    until : str, optional
        A shock of the market: what has not vested by its first event is lost.
    withholding : float
        Share of the vesting units that is sold for income tax at once, 0 <= withholding < 1. These units never reach
        the book: they are no deposit, and their tax is not in `tax_paid`.

    Raises
    ------
    InvalidInput
        If a number is outside its bounds or not of whole months; and, in a `Scenario`, if there is no such holding or
        no such shock.

    Examples
    --------
    >>> Vesting("TSLA", 20, years=4, withholding=0.4).describe()
    'TSLA worth 20 at start prices vests over 4 years, 25 % after 1 year and the rest in equal months; 40 % of it is \
sold for income tax.'
    """

    on: str
    value: float
    years: float
    cliff: float = 1.0
    until: str | None = None
    withholding: float = 0.0

    def __post_init__(self) -> None:
        set_fields(self, on=checked_name("Vesting: on", self.on))
        what = f"Vesting of {self.on!r}"
        set_fields(
            self,
            value=number(f"{what}: value", self.value, at_least=0.0),
            years=number(f"{what}: years", self.years, above=0.0),
        )
        set_fields(
            self,
            cliff=number(f"{what}: cliff", self.cliff, at_least=0.0, at_most=self.years),
            withholding=fraction(f"{what}: withholding", self.withholding, at_least=0.0, below=1.0),
        )
        for name in ("years", "cliff"):
            months = 12.0 * getattr(self, name)
            if abs(months - round(months)) > WHOLE_MONTH:
                raise InvalidInput(
                    f"{what}: {name} must be a whole number of months, got {getattr(self, name)!r} ({months:g} months)"
                )
        if self.until is not None:
            set_fields(self, until=checked_name(f"{what}: until", self.until))

    def check(self, portfolio: Portfolio, market: Market, calendar: Calendar) -> None:
        """Refuse a holding that the portfolio does not have, and a shock that the market does not have."""
        require_known("Vesting: on", [self.on], portfolio.names)
        if self.until is not None:
            require_known(f"Vesting of {self.on!r}: until", [self.until], (shock.name for shock in market.shocks))

    def shares(self, calendar: Calendar) -> dict[int, float]:
        """Step → share of the grant that vests there.

        Examples
        --------
        >>> Vesting("TSLA", 20, years=0.5, cliff=0.25).shares(Calendar(1, 12))
        {3: 0.5, 4: 0.16666666666666666, 5: 0.16666666666666666, 6: 0.16666666666666666}
        """
        months, cliff = round(12.0 * self.years), round(12.0 * self.cliff)

        def vested(month: int) -> int:
            return min(month, months) if month >= cliff else 0

        due = {step: vested(month) - vested(before) for step, before, month in calendar.flow_dates}
        return {step: count / months for step, count in due.items() if count}

    def describe(self) -> str:
        """Return one sentence: what vests when, what is withheld, and what ends it."""
        months, cliff = round(12.0 * self.years), round(12.0 * self.cliff)
        how = f"{percent(cliff / months)} after {in_years(cliff)} and the rest in equal months"
        if cliff <= 1:
            how = "in equal months"
        elif cliff == months:
            how = "all at the end"
        line = f"{self.on} worth {self.value:,.6g} at start prices vests over {in_years(months)}, {how}"
        if self.withholding:
            line += f"; {percent(self.withholding)} of it is sold for income tax"
        if self.until is not None:
            line += f"; what has not vested by the first {self.until} is lost"
        return f"{line}."
