"""CPPI: a multiple of the cushion above a floor of wealth goes into the founder holdings, the rest into the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit._core.validation import boolean, number
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import NOTHING, accept_fields, at_founder_weight, check_founder_sale

__all__ = ["CPPI"]


class CPPI(Rule):
    """Keep `multiple` times the cushion, which is wealth less `floor` times the start wealth, in the founder holdings.

    Parameters
    ----------
    floor : float
        Wealth to be protected, as a share of the start wealth, 0 … 1 (below 1).
    multiple : float
        Value of the founder holdings as a multiple of the cushion, above 0 and at most 1000.
    founder : str, optional
        The founder whose holdings are traded; default: every holding with a founder.
    into : mapping, optional
        Shares of the proceeds by holding, sum 1; default: pro rata into the holdings with no founder. They pay for
        purchases, pro rata of their present values.
    every : int
        Months between consultations; 0 means every step.
    at_start : bool
        Whether the rule also decides at time 0.

    Notes
    -----
    Constant proportion portfolio insurance (Black and Jones (1987), "Simplifying portfolio insurance", *Journal of
    Portfolio Management* 14, 48-51; Black and Perold (1992), "Theory of constant proportion portfolio insurance",
    *Journal of Economic Dynamics and Control* 16, 403-426): the founder weight is min(1, multiple max(0, W - floor W0)
    / W), with W net wealth and W0 that of the start. Sales scale all founder holdings alike. Purchases go to those that
    are listed, in proportion to their present values, or to those of the start where they are worth nothing. The rule
    trades on every date.

    Without costs and with the rest in cash at 0 %, wealth stays above the floor until the founder holdings together
    fall by more than 1 / multiple between two dates: the gap risk. Taxes, locked holdings, and losses of the rest can
    carry it below, too. Below the floor nothing of the founder is kept.

    Examples
    --------
    >>> CPPI(0.7, 2.0)
    CPPI(name='cppi', floor=0.7, multiple=2.0, founder=None, into=None, every=1, at_start=False)
    """

    floor: float
    multiple: float
    founder: str | None = None
    into: Mapping[str, float] | None = None
    every: int = 1
    at_start: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        accept_fields(self)
        boolean("CPPI: at_start", self.at_start)
        set_fields(
            self,
            floor=fraction("CPPI: floor", self.floor, at_least=0.0, below=1.0),
            multiple=number("CPPI: multiple", self.multiple, above=0.0, at_most=1000.0),
        )

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Bring the founder weight to the multiple of the cushion."""
        cushion = np.maximum(view.wealth - self.floor, 0.0) / np.maximum(view.wealth, NOTHING)
        wanted = np.minimum(self.multiple * cushion, 1.0)
        return at_founder_weight(view, self.founder, wanted, self.into), None

    def check(self, portfolio: Portfolio) -> None:
        """Refuse an unknown founder, and a portfolio without founder holdings or without any other to trade against."""
        check_founder_sale("CPPI", portfolio, self.founder, self.into)
