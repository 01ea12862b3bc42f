"""Results of the optimisers: weights with a proven optimality gap."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from riskkit._core.format import percent

__all__ = ["Allocation", "DrawdownAllocation", "RiskBudget"]

_MOST_ROWS = 12


@dataclass(frozen=True, eq=False, repr=False)
class Allocation:
    """Weights of least risk, with a proven lower bound.

    Attributes
    ----------
    weights : Series
        Share of wealth by asset.
    objective : float
        The risk at these weights.
    lower_bound : float
        No feasible weights have less risk. Proven by duality from cuts of the objective, for any solver, up to rounding
        of sums and the accuracy of the constraints (1e-8).
    gap : float
        objective - lower_bound, relative to the objective or, if that is near 0, to a thousandth of its steepest slope
        in the weights.
    status : str
        Status of the search, and what to try if the gap is not closed.
    iterations : int
        Number of evaluations of the risk over all scenarios.
    seconds : float
    mean_wealth : float
        Mean final wealth in multiples of the start, under the given returns.
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
            "mean wealth": f"{self.mean_wealth:.4f} times the start",
            "status": self.status,
        }

    def __repr__(self) -> str:
        largest = self.weights.abs().nlargest(_MOST_ROWS).index
        names = [name for name in self.weights.index if name in largest]
        wide = max([len("mean wealth"), *(len(str(name)) for name in names)])
        rest = self.weights.drop(names)
        return "\n".join(
            [
                type(self).__name__,
                *(f"  {name!s:<{wide}} {percent(self.weights[name], decimals=2):>9}" for name in names),
                *([f"  … and {len(rest)} more, {percent(rest.sum(), decimals=2)} together"] if len(rest) else []),
                *(f"  {what:<{wide}} {figure}" for what, figure in self._figures().items()),
            ]
        )


@dataclass(frozen=True, eq=False, repr=False)
class DrawdownAllocation(Allocation):
    """Weights of least drawdown on uncompounded returns, with the drawdowns of compounded wealth.

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
        return {
            **super()._figures(),
            "cdar95": percent(self.cdar95, decimals=2),
            "ced95": percent(self.ced95, decimals=2),
        }


@dataclass(frozen=True, eq=False, repr=False)
class RiskBudget(Allocation):
    """Weights under which each asset contributes its budget of the risk.

    `objective` and `lower_bound` are of the convex function that `risk_budget` minimises.

    Attributes
    ----------
    risk : float
        Risk at the weights: volatility or CVaR, as chosen.
    budgets : Series
        Target share of the risk of each asset.
    contributions : Series
        Actual share: weight times slope of the risk, over the risk.
    """

    risk: float
    budgets: pd.Series[float] = field(repr=False)
    contributions: pd.Series[float] = field(repr=False)

    def _figures(self) -> dict[str, str]:
        off = (self.contributions - self.budgets).abs().max()
        return {**super()._figures(), "risk": f"{self.risk:.6g}, budgets met to {off:.1e}"}
