"""What an optimiser answers: weights, with a proof of how good they are."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

__all__ = ["Allocation", "DrawdownAllocation", "RiskBudget"]

_ROWS_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False)
class Allocation:
    """Weights that make a risk small, and what is proven of them.

    Attributes
    ----------
    weights : Series
        Share of wealth by asset.
    objective : float
        The risk at these weights.
    lower_bound : float
        No weights within the limits have less risk; proven by duality from cuts of the objective, whichever solver
        found them, up to the rounding of sums and the accuracy of the limits (1e-8).
    gap : float
        objective - lower_bound, relative to the objective or, where that is near 0, to a thousandth of its steepest
        slope in the weights.
    status : str
        How the search ended, and what to try if the gap is not closed.
    iterations : int
        Number of evaluations of the risk over all scenarios.
    seconds : float
    mean_wealth : float
        Mean of the wealth at the end, in multiples of the start, under the returns that were given.
    """

    weights: pd.Series[float]
    objective: float
    lower_bound: float
    gap: float
    status: str
    iterations: int
    seconds: float
    mean_wealth: float

    def _figures(self) -> dict[str, str]:
        return {
            "objective": f"{self.objective:.6g}, at least {self.lower_bound:.6g} (gap {self.gap:.1e})",
            "mean wealth": f"{self.mean_wealth:.4f}",
            "status": self.status,
        }

    def __repr__(self) -> str:
        shown = self.weights.abs().nlargest(_ROWS_SHOWN).index
        names = [name for name in self.weights.index if name in shown]
        wide = max([len("mean wealth"), *(len(str(name)) for name in names)])
        rest = self.weights.drop(names)
        return "\n".join(
            [
                type(self).__name__,
                *(f"  {name!s:<{wide}} {self.weights[name]:8.2%}" for name in names),
                *([f"  … and {len(rest)} more, {rest.sum():.2%} together"] if len(rest) else []),
                *(f"  {what:<{wide}} {figure}" for what, figure in self._figures().items()),
            ]
        )


@dataclass(frozen=True, eq=False, repr=False)
class DrawdownAllocation(Allocation):
    """Weights that make drawdowns on uncompounded returns small, with the drawdowns of compounded wealth.

    `objective`, `lower_bound` and `mean_wealth` are of uncompounded wealth, 1 plus the sum of the weighted returns.

    Attributes
    ----------
    cdar95 : float
        Mean of the worst 5 % of all drawdowns of compounded wealth, pooled over time and paths.
    ced95 : float
        Mean of the worst 5 % of the paths' largest drawdowns of compounded wealth.
    """

    cdar95: float
    ced95: float

    def _figures(self) -> dict[str, str]:
        return {**super()._figures(), "cdar95": f"{self.cdar95:.4f}", "ced95": f"{self.ced95:.4f}"}


@dataclass(frozen=True, eq=False, repr=False)
class RiskBudget(Allocation):
    """Weights under which each asset carries its share of the risk.

    `objective` and `lower_bound` are of the convex function that `risk_budget` makes small.

    Attributes
    ----------
    risk : float
        Risk at the weights: volatility or CVaR, as asked.
    budgets : Series
        Share of the risk that each asset was to carry.
    contributions : Series
        Share that it carries: weight times slope of the risk, over the risk.
    """

    risk: float
    budgets: pd.Series[float] = field(repr=False)
    contributions: pd.Series[float] = field(repr=False)

    def _figures(self) -> dict[str, str]:
        off = (self.contributions - self.budgets).abs().max()
        return {**super()._figures(), "risk": f"{self.risk:.6g}, budgets met to {off:.1e}"}
