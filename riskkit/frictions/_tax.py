"""Tax on capital gains and dividends."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Literal

from riskkit._core.errors import RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import fraction, user_stacklevel
from riskkit._core.frozen import set_fields
from riskkit._core.validation import boolean, one_of

__all__ = ["CapitalGains"]


@dataclass(frozen=True)
class CapitalGains:
    """A tax on realised gains, paid out of the proceeds of the sale, and on dividends, paid out of these.

    Parameters
    ----------
    rate : float
        Share of the gain, 0 <= rate < 1; of long-term gains alone under a `short_rate`.
    short_rate : float, optional
        Share of short-term gains, 0 <= short_rate < 1; by default all gains are taxed at `rate`. With it, what is
        held at the start is long unless ``Lot(value, cost, age=...)`` says less than a year; a later purchase turns
        long at the quarter end from which on it is a year old whenever in its quarter it was made, after 12 to 15
        months; sales take long lots first.
    paid : {"at once", "next april"}
        When the tax is paid: out of the proceeds of each sale, or, for a year of 12 months from the start together,
        four months after its end. Until then it is in no wealth but the final one.
    dividend_rate : float, optional
        Share of the dividends, 0 <= dividend_rate < 1; by default `rate`.
    loss_offset : bool
        Whether losses offset gains, at once and, carried forward, later ones: first those of their own kind, long or
        short, then the other. If not, every gain is taxed in full.
    at_end : {"sell", "step_up", "keep"}
        What final wealth means: after the tax of selling everything, or at market value, as for heirs whose purchase
        cost is stepped up. ``"keep"`` is a synonym of ``"step_up"``.

    Raises
    ------
    InvalidInput
        If a rate is outside [0, 1), or `paid` or `at_end` is not one of those listed.

    Warns
    -----
    RiskkitWarning
        If `short_rate` is below `rate`: most likely the two were exchanged.

    Examples
    --------
    >>> CapitalGains(0.238).taxed_at_end, CapitalGains(0.238, at_end="step_up").taxed_at_end
    (True, False)
    >>> CapitalGains(0.238, short_rate=0.408).on_net_gains(10.0, -4.0)
    1.428
    """

    rate: float
    short_rate: float | None = field(default=None, kw_only=True)
    dividend_rate: float | None = field(default=None, kw_only=True)
    paid: Literal["at once", "next april"] = field(default="at once", kw_only=True)
    loss_offset: bool = field(default=True, kw_only=True)
    at_end: Literal["sell", "step_up", "keep"] = field(default="sell", kw_only=True)

    def __post_init__(self) -> None:
        set_fields(self, rate=fraction("CapitalGains: rate", self.rate, at_least=0.0, below=1.0))
        if self.short_rate is not None:
            short_rate = fraction("CapitalGains: short_rate", self.short_rate, at_least=0.0, below=1.0)
            set_fields(self, short_rate=short_rate)
            if short_rate < self.rate:
                warnings.warn(
                    f"CapitalGains: short_rate should be at least the rate of long-term gains, {self.rate:g}, got "
                    f"{short_rate:g}; exchange the two if they were exchanged",
                    RiskkitWarning,
                    stacklevel=user_stacklevel(),
                )
        one_of("CapitalGains: paid", self.paid, ["at once", "next april"])
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
    def highest_rate(self) -> float:
        """The higher of the rates of long-term and short-term gains."""
        return self.rate if self.short_rate is None else max(self.rate, self.short_rate)

    @property
    def paid_later(self) -> bool:
        """Whether the tax of a year is paid in the next one."""
        return self.paid == "next april"

    def on_net_gains(self, long: float, short: float) -> float:
        """Tax on the sums of the long-term and of the short-term gains, >= 0; a loss offsets the other kind."""
        if long < 0.0 or short < 0.0:
            rate = self.rate if self.short_rate is None or short < 0.0 else self.short_rate
            return rate * max(long + short, 0.0)
        return self.rate * long + (self.rate if self.short_rate is None else self.short_rate) * short

    @property
    def taxed_at_end(self) -> bool:
        """Whether final wealth is after the tax of selling everything."""
        return self.at_end == "sell"

    def describe(self) -> str:
        """Return the rates, what becomes of losses, and what is taxed at the end, in sentences."""
        gain = f"{percent(self.rate)} tax on their gain"
        losses = "losses offset gains" if self.loss_offset else "losses offset nothing"
        if self.short_rate is not None:
            gain = (
                f"{percent(self.rate)} tax on their long-term gain and {percent(self.short_rate)} on a short-term one"
            )
            losses = "losses offset gains of their kind first" if self.loss_offset else losses
        end = "after the tax of selling everything" if self.taxed_at_end else "at market value, untaxed"
        dividends = "" if self.dividend_rate is None else f", dividends {percent(self.dividend_rate)}"
        sentences = [f"Sales pay {gain}{dividends}; {losses}; final wealth is {end}."]
        if self.short_rate is not None:
            sentences.append(
                "A purchase turns long-term at a quarter end, after 12 to 15 months (conservative: the law says a "
                "year); long-term lots are sold first."
            )
        if self.paid_later:
            sentences.append(
                "The tax of a year is paid four months after its end, and final wealth is after what is due."
            )
        return " ".join(sentences)
