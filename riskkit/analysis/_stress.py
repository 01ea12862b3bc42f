"""`stress`: the loss of a portfolio under price changes, by holding and by founder."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import IMPACT, fraction, plausible
from riskkit._core.frozen import FrozenMap, set_fields
from riskkit._core.validation import require_known, short_repr
from riskkit.portfolio._holding import NO_FOUNDER
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["Stress", "stress"]


@dataclass(frozen=True, repr=False)
class Stress:
    """A portfolio after price changes that happen at once, before any trade.

    Losses are positive fractions of the net wealth before; in ruin those of the holdings sum to more than 1.

    Attributes
    ----------
    portfolio : Portfolio
        The portfolio before.
    changes : mapping of str to float
        Change of each holding's price, -0.6 is a fall by 60 %; holdings that are not named stand still.
    """

    portfolio: Portfolio
    changes: Mapping[str, float]

    def __post_init__(self) -> None:
        if not isinstance(self.portfolio, Portfolio):
            raise InvalidInput(f"portfolio must be a Portfolio, got {short_repr(self.portfolio)}")
        if not isinstance(self.changes, Mapping):
            raise InvalidInput(f"changes must be a mapping {{holding: change}}, got {short_repr(self.changes)}")
        require_known("changes", self.changes, self.portfolio.names)
        changes = {}
        for name, change in self.changes.items():
            what = f"change of {name!r}"
            changes[name] = plausible(what, fraction(what, change, at_least=-1.0), IMPACT)
        set_fields(self, changes=FrozenMap(changes))

    @property
    def holdings(self) -> pd.DataFrame:
        """A row a holding: ``value`` before (money), ``change``, ``loss``, and ``share`` of the whole loss."""
        values = self.portfolio.values
        change = pd.Series([self.changes.get(name, 0.0) for name in values.index], values.index)
        return self._with_losses(pd.DataFrame({"value": values, "change": change}), -values * change)

    @property
    def founders(self) -> pd.DataFrame:
        """A row a founder, and one for what is tied to nobody: ``loss``, and ``share`` of the whole loss."""
        lost = -self.portfolio.values.to_numpy() * self.holdings["change"].to_numpy()
        tied = {person: float(lost @ self.portfolio.shares(person)) for person in self.portfolio.founders}
        tied[NO_FOUNDER] = float(lost @ (1.0 - self.portfolio.shares()))
        losses = pd.Series(tied, dtype=float).rename_axis("founder")
        return self._with_losses(pd.DataFrame(index=losses.index), losses)

    @property
    def gross(self) -> float:
        """Gross value after, in money."""
        return sum(each.value * (1.0 + self.changes.get(each.name, 0.0)) for each in self.portfolio.holdings)

    @property
    def net(self) -> float:
        """Net value after, in money; not below 0: what is missing is the lender's loss."""
        return max(self.gross - self.debt, 0.0)

    @property
    def debt(self) -> float:
        """The loan, in money; 0 where there is none."""
        return 0.0 if self.portfolio.loan is None else self.portfolio.loan.amount

    @property
    def loss(self) -> float:
        """Fraction of net wealth that is lost; 1 is ruin, and a gain is negative."""
        return 1.0 - self.net / self.portfolio.net

    @property
    def lender_loss(self) -> float:
        """What the holdings no longer cover of the loan, in money."""
        return max(self.debt - self.gross, 0.0)

    @property
    def leverage(self) -> float:
        """Gross over net value after; infinite in ruin. Before, it is ``portfolio.total / portfolio.net``."""
        return self.gross / self.net if self.net > 0.0 else math.inf

    @property
    def loan_to_value(self) -> float:
        """The loan as a share of the gross value after; infinite where nothing is left of that."""
        if self.debt == 0.0:
            return 0.0
        return self.debt / self.gross if self.gross > 0.0 else math.inf

    @property
    def margin_call(self) -> bool:
        """Whether the loan is above the lender's limit."""
        loan = self.portfolio.loan
        return loan is not None and self.loan_to_value > loan.max_loan_to_value * (1.0 + 1e-12)

    def __repr__(self) -> str:
        before = self.portfolio.net
        lines = [f"Stress: {percent(self.loss)} of net wealth is lost, {before:.6g} becomes {self.net:.6g}"]
        lines += [_formatted(self.holdings), _formatted(self.founders)]
        if self.portfolio.loan is not None:
            lines.append(self._loan_line(self.portfolio.loan.max_loan_to_value))
        return "\n\n".join(lines)

    def _loan_line(self, limit: float) -> str:
        if self.net <= 0.0:
            return f"Ruin: what is left does not cover the loan; the lender loses {self.lender_loss:.6g}."
        call = f"above {percent(limit)}: a margin call" if self.margin_call else f"within {percent(limit)}"
        before = self.portfolio.total
        return (
            f"The loan goes from {percent(self.debt / before)} to {percent(self.loan_to_value)} of gross assets, "
            f"{call}; leverage from {before / self.portfolio.net:.2f} to {self.leverage:.2f}."
        )

    def _with_losses(self, frame: pd.DataFrame, money: pd.Series[float]) -> pd.DataFrame:
        """Add the loss as a fraction of net wealth, and its share of the whole loss."""
        whole = float(money.sum())
        share = money / whole if whole else np.nan
        return frame.assign(loss=money / self.portfolio.net, share=share)


def stress(portfolio: Portfolio, changes: Mapping[str, float]) -> Stress:
    """Apply price changes to a portfolio now, before any trade.

    Parameters
    ----------
    portfolio : Portfolio
        The holdings, and the loan on them.
    changes : mapping of str to float
        Change of each holding's price, >= -1, so -0.6 is a fall by 60 %; holdings that are not named stand
        still.

    Returns
    -------
    Stress
        Loss by holding and by founder; net wealth, leverage and loan to value after it.

    Raises
    ------
    InvalidInput
        If there is no such holding (the message lists those that exist) or a change is below -1.

    Warns
    -----
    RiskkitWarning
        If a change is above 10, eleven times the price: most likely a percentage was meant.

    Examples
    --------
    >>> from riskkit.portfolio._portfolio import Holding, Loan
    >>> holdings = [Holding("TSLA", 50, founder="Musk"), Holding("SpaceX", 25, founder="Musk"), Holding("funds", 50)]
    >>> stress(Portfolio(holdings, loan=Loan(25, 0.05, 0.4)), {"TSLA": -0.6, "SpaceX": -0.4, "funds": -0.1})
    Stress: 45 % of net wealth is lost, 100 becomes 55
    <BLANKLINE>
           value change  loss   share
    TSLA      50  -60 %  30 %  66.7 %
    SpaceX    25  -40 %  10 %  22.2 %
    funds     50  -10 %   5 %  11.1 %
    <BLANKLINE>
                loss   share
    Musk        40 %  88.9 %
    no founder   5 %  11.1 %
    <BLANKLINE>
    The loan goes from 20 % to 31.2 % of gross assets, within 40 %; leverage from 1.25 to 1.45.
    """
    return Stress(portfolio, changes)


def _formatted(frame: pd.DataFrame) -> str:
    words = frame.rename_axis(None).map(percent)
    if "value" in frame:
        words["value"] = frame["value"].map("{:.6g}".format)
    return words.to_string()
