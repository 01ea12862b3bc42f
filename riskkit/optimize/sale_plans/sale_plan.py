"""What `sell_down` finds: the plan as a table, how good it is and is proven to be, and the rule that follows it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from riskkit.rules import Rule

__all__ = ["Plan"]

WORDS = {
    "wealth_es95": "mean of the worst 5 % of final wealth",
    "certainty_equivalent": "certainty equivalent of final wealth (risk aversion 3)",
    "expected_tax": "expected tax of the sales",
}


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """A plan of sales, chosen over simulated paths. Money is in multiples of the start wealth.

    Attributes
    ----------
    table : DataFrame
        Share of its start units that is sold of each holding (row) on each date in years (column); of a plan that
        responds to prices, or waits for a pledge, the mean over the paths.
    objective : str
        What the plan was chosen by.
    value, unsold : float
        The objective, in the model and on its paths, with the plan and if nothing is sold.
    bound : float
        Proven: no plan within the limits is better than this on these paths.
    gap : float
        Distance of value and bound, as a share of the value.
    status : str
        How the search ended, and what to try if the gap is not closed.
    expected_tax : Series
        Expected tax of the sales on each date in years.
    paths, seed : int
        What it was chosen over.
    iterations : int
        Number of cutting planes.
    seconds : float
        Time taken, without the simulation.
    rule : Rule
        What `as_rule` gives a name to.
    """

    table: pd.DataFrame
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
        """Return the rule that follows the plan, to be judged by `compare` with another seed."""
        return replace(self.rule, name=name)

    def __repr__(self) -> str:
        shown = self.table.map("{:.1%}".format).rename(columns="t = {}".format).rename_axis(index=None, columns=None)
        within = "at least" if self.objective == "expected_tax" else "at most"
        lines = [
            "Plan: share of the start units that is sold, by years from the start",
            shown.to_string(),
            f"The {WORDS[self.objective]} is {self.value:.4f} times the start wealth; if nothing is sold, "
            f"{self.unsold:.4f}.",
            f"Within the limits it is {within} {self.bound:.4f}, on these {self.paths:,} paths of seed {self.seed}.",
            f"Status: {self.status}.",
        ]
        if self.expected_tax.any():
            taxes = ", ".join(f"{tax:.4f} (t = {date})" for date, tax in self.expected_tax.items())
            lines.append(f"Expected tax: {taxes}.")
        return "\n".join(lines)
