"""Tax on capital gains and dividends."""

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
    """A tax on realised gains, paid out of the proceeds of the sale, and on dividends, paid out of these.

    Parameters
    ----------
    rate : float
        Share of the gain, 0 <= rate < 1.
    dividend_rate : float, optional
        Share of the dividends, 0 <= dividend_rate < 1; by default `rate`.
    loss_offset : bool
        Whether losses offset gains, at once and, carried forward, later ones. If not, every gain is taxed in full.
    at_end : {"sell", "step_up", "keep"}
        What final wealth means: after the tax of selling everything, or at market value, as for heirs whose purchase
        cost is stepped up. ``"keep"`` is a synonym of ``"step_up"``.

    Raises
    ------
    InvalidInput
        If a rate is outside [0, 1) or `at_end` is not one of the three.

    Examples
    --------
    >>> CapitalGains(0.238).taxed_at_end, CapitalGains(0.238, at_end="step_up").taxed_at_end
    (True, False)
    """

    rate: float
    dividend_rate: float | None = field(default=None, kw_only=True)
    loss_offset: bool = field(default=True, kw_only=True)
    at_end: Literal["sell", "step_up", "keep"] = field(default="sell", kw_only=True)

    def __post_init__(self) -> None:
        set_fields(self, rate=fraction("CapitalGains: rate", self.rate, at_least=0.0, below=1.0))
        if self.dividend_rate is not None:
            rate = fraction("CapitalGains: dividend_rate", self.dividend_rate, at_least=0.0, below=1.0)
            set_fields(self, dividend_rate=rate)
        boolean("CapitalGains: loss_offset", self.loss_offset)
        one_of("CapitalGains: at_end", self.at_end, ["sell", "step_up", "keep"])

    @property
    def rate_of_dividends(self) -> float:
        """Share of the dividends that is paid as tax: `dividend_rate`, or by default `rate`."""
        return self.rate if self.dividend_rate is None else self.dividend_rate

    @property
    def taxed_at_end(self) -> bool:
        """Whether final wealth is after the tax of selling everything."""
        return self.at_end == "sell"

    def describe(self) -> str:
        """Return one sentence: the rates, what becomes of losses, and what is taxed at the end."""
        losses = "losses offset gains" if self.loss_offset else "losses offset nothing"
        end = "after the tax of selling everything" if self.taxed_at_end else "at market value, untaxed"
        dividends = "" if self.dividend_rate is None else f", dividends {percent(self.dividend_rate)}"
        return f"Sales pay {percent(self.rate)} tax on their gain{dividends}; {losses}; final wealth is {end}."
