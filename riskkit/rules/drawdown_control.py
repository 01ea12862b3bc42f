"""DrawdownControl: a ceiling on the founder weight that falls as the drawdown deepens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit._core.validation import boolean
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import accept_fields, at_founder_weight, check_founder_sale, start_founder_weight
from riskkit.rules.trigger import Trigger

__all__ = ["DrawdownControl"]


class DrawdownControl(Rule):
    """Keep the founder weight below a ceiling that falls to 0 as the drawdown nears the limit.

    Parameters
    ----------
    limit : float
        Drawdown of wealth, above 0 and below 1, at which nothing of the founder holdings is kept.
    founder : str, optional
        The founder whose holdings are sold; default: every holding with a founder.
    into : mapping, optional
        Shares of the proceeds by holding, sum 1; default: pro rata into the holdings with no founder.
    every : int
        Months between consultations; 0 means every step.
    buy_back : bool
        Whether the rule also buys up to the ceiling when it rises again: the founder holdings that are listed, in
        proportion to their present values, or to those of the start where they are worth nothing. The holdings that
        take the proceeds pay. The rule then trades on every date.

    Notes
    -----
    At drawdown d the ceiling is w0 max(0, (limit - d) / (limit (1 - d))), w0 the founder weight at the start: the
    share of wealth above the floor (1 - limit) peak, times w0 / limit, which is the form of the optimal policy of
    Grossman and Zhou (1993), "Optimal investment strategies for controlling drawdowns", *Mathematical Finance*
    3, 241-276; see also Cvitanić and Karatzas (1995), "On portfolio optimization under 'drawdown' constraints", *IMA
    Volumes in Mathematics and its Applications* 65, 35-46. Their policy trades both ways, as `buy_back` does; by
    default nothing is bought back when the ceiling rises again.

    With `buy_back`, without costs and with the rest in cash at 0 %, the drawdown stays below the limit until the
    founder holdings together fall by more than limit / w0 between two dates. Jumps and locked holdings can carry it
    beyond.

    Examples
    --------
    >>> DrawdownControl(0.25).limit
    0.25
    """

    limit: float
    founder: str | None = None
    into: Mapping[str, float] | None = None
    every: int = 1
    buy_back: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        accept_fields(self)
        boolean("DrawdownControl: buy_back", self.buy_back)
        set_fields(self, limit=fraction("DrawdownControl: limit", self.limit, above=0.0, below=1.0))

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Scale the founder holdings down on the paths above the ceiling; with `buy_back`, up on those below it."""
        lost = np.minimum(view.drawdown, self.limit)
        start = start_founder_weight(view.portfolio, self.founder)
        ceiling = start * (self.limit - lost) / (self.limit * (1.0 - lost))
        wanted = ceiling if self.buy_back else np.minimum(ceiling, view.founder_weight(self.founder))
        return at_founder_weight(view, self.founder, wanted, self.into), None

    def check(self, portfolio: Portfolio) -> None:
        """Refuse an unknown founder, and a portfolio where the proceeds have nowhere to go."""
        check_founder_sale("DrawdownControl", portfolio, self.founder, self.into)

    def trigger(self, portfolio: Portfolio) -> Trigger | None:
        """Fire where the founder holdings are worth more than the ceiling allows; with `buy_back` on every path.

        With F their value, G all assets, W net wealth, M its peak and L the limit, the rule acts where
        F / G > w0 (W - (1 - L) M) / (L W). Where W is at most G this implies L F > w0 (W - (1 - L) M), and where W is
        at least G it implies L F > w0 (G - (1 - L) M); all three are the same without a loan.
        """
        if self.buy_back:
            return None
        share, start = portfolio.shares(self.founder), start_founder_weight(portfolio, self.founder)
        floor = -start * (1.0 - self.limit)
        rows = [self.limit * share, self.limit * share - start]
        return Trigger(rows, [start, 0.0], [floor, floor])
