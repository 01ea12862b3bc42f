"""The result of `sell_down`: the plan as a table, its objective with a proven bound, and its rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from riskkit.rules import Rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Plan"]

WORDS = {
    "wealth_es95": "mean of the worst 5 % of final wealth",
    "certainty_equivalent": "certainty equivalent of final wealth (risk aversion 3)",
    "expected_tax": "expected tax of the sales",
}


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """A sale plan, optimised over simulated paths. Money is in multiples of the start wealth.

    Attributes
    ----------
    table : DataFrame
        Share of its start units to sell of each holding (row) on each date in years (column); the mean over the paths
        if the plan responds to prices or waits for a pledge.
    weights : Series
        Start weight of each of these holdings.
    objective : str
        The objective that the plan optimises.
    value, unsold : float
        The objective in the model on its paths, with the plan and without sales.
    bound : float
        Proven bound: no feasible plan is better on these paths.
    gap : float
        Distance of value and bound, as a share of the value.
    status : str
        Status of the search, and what to try if the gap is not closed.
    expected_tax : Series
        Expected tax of the sales on each date in years.
    paths, seed : int
        Paths and seed of the optimisation.
    iterations : int
        Number of cutting planes.
    seconds : float
        Time taken, without the simulation.
    rule : Rule
        The rule of the plan, which `as_rule` names.
    """

    table: pd.DataFrame
    weights: pd.Series[float]
    objective: str
    value: float
    unsold: float
    bound: float
    gap: float
    status: str
    expected_tax: pd.Series[float]
    paths: int
    seed: int
    iterations: int
    seconds: float
    rule: Rule

    def as_rule(self, name: str = "sell down") -> Rule:
        """Return the rule of the plan; evaluate it by `compare` with another seed."""
        return replace(self.rule, name=name)

    def figure(self, *, ax: Axes | None = None, theme: str = "light") -> Axes:
        """Draw the sales, their expected tax, and the weight not yet sold, by date.

        Parameters
        ----------
        ax, theme
            See `riskkit.report.figures`.

        Returns
        -------
        Axes
            As of `riskkit.report.figures.sales_by_year`.

        Examples
        --------
        >>> from riskkit.scenario.scenarios import baron
        >>> from riskkit.optimize import sell_down
        >>> sell_down(baron(), years=1, into="diversified", paths=1000).figure().get_xlabel()
        'years from the start'
        """
        from riskkit.report.figures._sale_plan import sales_by_year

        return sales_by_year(self, ax=ax, theme=theme)

    def __repr__(self) -> str:
        table = self.table.map("{:.1%}".format).rename(columns="t = {}".format).rename_axis(index=None, columns=None)
        side = "at least" if self.objective == "expected_tax" else "at most"
        lines = [
            "Plan: share of the start units to sell, by years from the start",
            table.to_string(),
            f"The {WORDS[self.objective]} is {self.value:.4f} times the start wealth; without sales it is "
            f"{self.unsold:.4f}.",
            f"The proven bound is {side} {self.bound:.4f} on these {self.paths:,} paths of seed {self.seed}.",
            f"Status: {self.status}.",
        ]
        if self.expected_tax.any():
            taxes = ", ".join(f"{tax:.4f} (t = {date})" for date, tax in self.expected_tax.items())
            lines.append(f"Expected tax: {taxes}.")
        return "\n".join(lines)
