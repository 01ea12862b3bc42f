"""The result of `adaptive_sell_down`: what is sold at which price after how many years, and the rule."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from riskkit._core.format import percent
from riskkit.rules.adaptive_sale import AdaptiveSellDown

__all__ = ["Policy"]


@dataclass(frozen=True, eq=False, repr=False)
class Policy:
    """An adaptive sell-down, fitted over simulated paths. Money is in multiples of the start wealth.

    Attributes
    ----------
    table : DataFrame
        Mean share sold of the units then held, by holding and price (rows; the price is 1 at the start) and years from
        the start (columns), over the paths of the fit; NaN where fewer than 30 paths still hold units at such a price.
    value, unsold : float
        Certainty equivalent on the paths of the fit, with the policy and without sales; losses refund their tax.
    risk_aversion : float
        Relative risk aversion of the certainty equivalent.
    paths, seed : int
        Paths and seed of the fit; evaluate the policy with another seed.
    seconds : float
        Time taken.
    rule : AdaptiveSellDown
        The rule, which `as_rule` names. Like every rule it is saved with its scenario.
    """

    table: pd.DataFrame
    value: float
    unsold: float
    risk_aversion: float
    paths: int
    seed: int
    seconds: float
    rule: AdaptiveSellDown

    def as_rule(self, name: str = "adaptive sell down") -> AdaptiveSellDown:
        """Return the rule of the policy; evaluate it by `compare` with another seed."""
        return replace(self.rule, name=name)

    def __repr__(self) -> str:
        shares = self.table.map(lambda share: "–" if pd.isna(share) else percent(share, decimals=0))
        return "\n".join(
            [
                "Policy: share to sell of what is then held, by price (1 at the start) and years from the start",
                shares.rename(columns="t = {:g}".format).rename_axis(columns=None).to_string(),
                f"The certainty equivalent of final wealth (risk aversion {self.risk_aversion:g}) is {self.value:.4f} "
                f"times the start wealth; without sales it is {self.unsold:.4f}.",
                f"Fitted on {self.paths:,} paths of seed {self.seed}: evaluate it with another seed.",
            ]
        )
