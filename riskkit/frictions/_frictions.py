"""Frictions of every rule: trading cost, capital-gains tax, the investor's death, spending, deposits and vesting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import COST, DEATH, fraction, plausible
from riskkit._core.frozen import Converted, FrozenMap, set_fields
from riskkit._core.size_limits import MOST_FLOWS
from riskkit._core.validation import number, require_at_most, require_known, short_repr
from riskkit.frictions._deposit import Deposit
from riskkit.frictions._spending import Spending
from riskkit.frictions._tax import CapitalGains
from riskkit.frictions._vesting import Vesting
from riskkit.market.hazards._hazard import AnyHazard, Constant, Hazard, as_hazard
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["Frictions"]


@dataclass(frozen=True)
class Frictions:
    """Frictions, the same for every rule: trading cost, tax, spending, deposits, vesting, and the investor's death.

    Parameters
    ----------
    cost : float or mapping of str to float
        Trading cost as a fraction of the value traded, 0 <= cost < 1; one number, or one for each holding
        (holdings that are not named trade free).
    tax : CapitalGains, optional
        The tax on realised gains.
    spending : Spending, optional
        Money taken out of the portfolio.
    death : float or Hazard, optional
        Yearly rate, or hazard, of the investor's death. It steps the purchase cost of all holdings to their market
        value, and needs a tax.
    flows : Deposit, Vesting, or an iterable of them
        What is paid into the portfolio. Of a date, deposits come first, in this order, then what vests.

    Raises
    ------
    InvalidInput
        If a cost is outside [0, 1), cost and tax rate together reach 1, an argument has the wrong type, or there is a
        death without a tax; and, in a `Scenario`, if a cost names an unknown holding, spending is above wealth, or a
        flow does not fit the portfolio and the market.

    Warns
    -----
    RiskkitWarning
        If a cost is above 0.1 or a rate of death above 0.5: most likely a percentage was meant.

    Examples
    --------
    >>> Frictions(cost={"xAI": 0.05}).cost
    {'xAI': 0.05}
    >>> Frictions(tax=CapitalGains(0.238, at_end="step_up"), death=0.02).assumptions()[2]
    'Death, 2 % a year, steps the purchase cost of what is held to its market value (assumption).'
    """

    cost: float | Mapping[str, float] = 0.0
    tax: CapitalGains | None = field(default=None, kw_only=True)
    spending: Spending | None = field(default=None, kw_only=True)
    death: Converted[float | AnyHazard | None, float | Hazard | None] = field(default=cast(Any, None), kw_only=True)
    flows: Converted[Deposit | Vesting | Iterable[Deposit | Vesting], tuple[Deposit | Vesting, ...]] = field(
        default=cast(Any, ()), kw_only=True
    )

    def __post_init__(self) -> None:
        if isinstance(self.cost, Mapping):
            costs = {name: _cost(f"Frictions: cost of {name!r}", value) for name, value in self.cost.items()}
            set_fields(self, cost=FrozenMap(costs))
        else:
            set_fields(self, cost=_cost("Frictions: cost", self.cost))
        if not isinstance(self.tax, CapitalGains | None):
            raise InvalidInput(
                f"Frictions: tax must be a CapitalGains such as CapitalGains(0.238), got {short_repr(self.tax)}"
            )
        if self.tax is not None:
            highest_cost = max(self.cost.values(), default=0.0) if isinstance(self.cost, Mapping) else self.cost
            number("Frictions: the highest cost plus the tax rate", highest_cost + self.tax.highest_rate, below=1.0)
        if not isinstance(self.spending, Spending | None):
            raise InvalidInput(
                f"Frictions: spending must be a Spending such as Spending(rate=0.03), got {short_repr(self.spending)}"
            )
        set_fields(self, flows=_checked_flows(self.flows))
        if self.death is None:
            return
        hazard = as_hazard(self.death, "Frictions: death")
        if isinstance(hazard, Constant):
            plausible("Frictions: death", hazard.rate, DEATH)
        set_fields(self, death=hazard.rate if isinstance(hazard, Constant) else hazard)
        if self.tax is None:
            raise InvalidInput(
                f"Frictions: death must come with a tax, whose purchase costs are all that it changes, got "
                f"death={self.death!r} and no tax; give tax=CapitalGains(rate), or leave death out"
            )

    def check(self, portfolio: Portfolio) -> None:
        """Refuse costs of holdings that the portfolio does not have, and spending above its wealth.

        What is to be known of the market and the calendar too is checked by each flow.
        """
        if isinstance(self.cost, Mapping):
            require_known("Frictions: cost", self.cost, portfolio.names)
        if self.spending is not None:
            self.spending.check(portfolio)

    @property
    def external_flows(self) -> bool:
        """Whether money enters or leaves the portfolio: spending, deposits, vesting."""
        return self.spending is not None or bool(self.flows)

    def costs(self, portfolio: Portfolio) -> Array:
        """Cost of trading each holding (asset), a fraction of the value traded."""
        if isinstance(self.cost, Mapping):
            return np.array([self.cost.get(name, 0.0) for name in portfolio.names])
        return np.full(len(portfolio.names), self.cost)

    def assumptions(self) -> list[str]:
        """Return one sentence each on trading cost, tax, death, spending and each flow."""
        lines = [self._cost_line()]
        if self.tax is not None:
            lines.append(self.tax.describe())
        if self.death is not None:
            rate = f"{percent(self.death)} a year" if isinstance(self.death, float) else f"at {self.death!r}"
            lines.append(f"Death, {rate}, steps the purchase cost of what is held to its market value (assumption).")
        if self.spending is not None:
            lines.append(self.spending.describe())
        return lines + [flow.describe() for flow in self.flows]

    def _cost_line(self) -> str:
        if not isinstance(self.cost, Mapping):
            return f"Trading costs {percent(self.cost)} of the value traded." if self.cost else "Trading is free."
        costs = [f"{percent(value)} of {name} traded" for name, value in self.cost.items()]
        return f"Trading costs {', '.join(costs)}." if costs else "Trading is free."


def _checked_flows(flows: Any) -> tuple[Deposit | Vesting, ...]:
    """The flows as a tuple."""
    several = flows if isinstance(flows, Iterable) and not isinstance(flows, str) else (flows,)
    checked = tuple(several)
    require_at_most("Frictions: flows", checked, MOST_FLOWS)
    for flow in checked:
        if not isinstance(flow, Deposit | Vesting):
            raise InvalidInput(
                f"Frictions: flows must be of Deposit and Vesting, such as Deposit(12), got {short_repr(flow)}"
            )
    return checked


def _cost(what: str, value: Any) -> float:
    return plausible(what, fraction(what, value, at_least=0.0, below=1.0), COST)
