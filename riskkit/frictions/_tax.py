"""Capital-gains tax."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from riskkit._core.format import percent
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit._core.validation import boolean, one_of

__all__ = ["CapitalGains"]


@dataclass(frozen=True)
class CapitalGains:
    """A tax on realised gains, paid out of the proceeds of the sale.

    Parameters
    ----------
    rate : float
        Share of the gain, 0 <= rate < 1.
    loss_offset : bool
        Whether losses offset gains, at once and, carried forward, later ones. If not, every gain is taxed in full.
    at_end : {"sell", "step_up", "keep"}
        What final wealth means: after the tax of selling everything, or at market value, as for heirs whose purchase
        cost is stepped up. ``"keep"`` is a synonym of ``"step_up"``.

    Raises
    ------
    InvalidInput
        If the rate is outside [0, 1) or `at_end` is not one of the three.

    Examples
    --------
    >>> CapitalGains(0.238).taxed_at_end, CapitalGains(0.238, at_end="step_up").taxed_at_end
    (True, False)
    """

    rate: float
    loss_offset: bool = field(default=True, kw_only=True)
    at_end: Literal["sell", "step_up", "keep"] = field(default="sell", kw_only=True)

    def __post_init__(self) -> None:
        set_fields(self, rate=fraction("CapitalGains: rate", self.rate, at_least=0.0, below=1.0))
        boolean("CapitalGains: loss_offset", self.loss_offset)
        one_of("CapitalGains: at_end", self.at_end, ["sell", "step_up", "keep"])

    @property
    def taxed_at_end(self) -> bool:
        """Whether final wealth is after the tax of selling everything."""
        return self.at_end == "sell"

    def describe(self) -> str:
        """Return one sentence: the rate, what becomes of losses, and what is taxed at the end."""
        losses = "losses offset gains" if self.loss_offset else "losses offset nothing"
        end = "after the tax of selling everything" if self.taxed_at_end else "at market value, untaxed"
        return f"Sales pay {percent(self.rate)} tax on their gain; {losses}; final wealth is {end}."
