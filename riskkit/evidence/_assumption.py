"""An assumption made of published figures: rate, impact or shares, with their sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.frozen import FrozenMap, set_fields
from riskkit._core.validation import require_known, short_repr
from riskkit.evidence._figures import Figure
from riskkit.market import Hazard, Impact, Shock
from riskkit.market.hazards._hazard import AnyHazard
from riskkit.market.shocks._impact import scaled_impact
from riskkit.market.shocks._shock import checked_rate
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["Assumption"]


@dataclass(frozen=True, repr=False)
class Assumption:
    """An assumption made of published figures; `rk.evidence` has functions that return one.

    Printed, it states its numbers, its reservations and its sources.

    Attributes
    ----------
    name : str
        What it is about.
    values : mapping of str to float
        Published or computed numbers by their meaning: shares, returns and volatilities as fractions.
    figures : tuple of Figure
        The rows of `table` that it is made of.
    rate : float or Hazard, optional
        Expected events a year; None where no rate is published for it.
    rate_source : str, optional
        Where the rate comes from.
    impact : Impact, optional
        Change of the price at an event, a loss negative; None where none is published for it.
    impact_source : str, optional
        Where the impact comes from.
    notes : tuple of str
        What the numbers speak of, and what they do not.
    """

    name: str
    values: Mapping[str, float]
    figures: tuple[Figure, ...]
    rate: float | Hazard | None = None
    rate_source: str | None = None
    impact: Impact | None = None
    impact_source: str | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        set_fields(self, values=FrozenMap(self.values))

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source once, with sample and period, in the order of the figures."""
        cited = [figure.citation for figure in self.figures]
        return tuple(dict.fromkeys([*cited, *([self.rate_source] if self.rate_source else [])]))

    def shock(
        self,
        portfolio: Portfolio,
        founder: str,
        *,
        rate: float | AnyHazard | None = None,
        impact: float | Impact | None = None,
        name: str = "founder exit",
    ) -> Shock:
        """Return the shock of a founder's exit with this rate and impact, and their sources in its description.

        Parameters
        ----------
        portfolio : Portfolio
            Says which holdings are tied to the founder, and how much: one with founder share s changes by s times the
            impact, in mean and standard deviation.
        founder : str
            A person among ``portfolio.founders``.
        rate : float or Hazard, optional
            Events a year; to be given if, and only if, the assumption has none.
        impact : float or Impact, optional
            Change of the price; to be given if, and only if, the assumption has none.
        name : str
            Name of the shock.

        Returns
        -------
        Shock
            It happens once, and hits all holdings of the founder alike (``together=1``).

        Raises
        ------
        InvalidInput
            If nothing is tied to that founder, a rate or impact is missing or passed beside a published one, or the
            assumption has neither.

        Examples
        --------
        >>> import riskkit as rk
        >>> mine = rk.Portfolio([rk.Holding("ACME", 60, founder="Ann"), rk.Holding("index", 40)])
        >>> shock = rk.evidence.departure(kind="bad news").shock(mine, "Ann", rate=0.05)
        >>> print(shock.describe())
        founder exit: 5 % a year, once; ACME -7.91 % ± 7.14 % (a gain in 13.5 % of events); impact of \
eprints.nottingham.ac.uk 24358 (177 announcements of a departure), sd computed from Quigley, Crossland and Campbell \
2017 (assumption)
        """
        if not isinstance(portfolio, Portfolio):
            raise InvalidInput(f"portfolio must be a Portfolio, got {short_repr(portfolio)}")
        if self.rate is None and self.impact is None:
            raise InvalidInput(
                f"{self.name}: shock() must be called on an assumption with a rate or an impact, got one of shares "
                "alone; rk.evidence.ceo_death, ceo_turnover and departure return one"
            )
        require_known("founder", [founder], portfolio.founders)
        chosen_rate = self._published_or_chosen("rate", self.rate, rate)
        chosen_impact = self._published_or_chosen("impact", self.impact, impact)
        whole = chosen_impact if isinstance(chosen_impact, Impact) else Impact(chosen_impact)
        shares = zip(portfolio.names, portfolio.shares(founder), strict=True)
        hit = {holding: scaled_impact(whole, share, f"{name} impact") for holding, share in shares if share > 0.0}
        parts = (("rate", self.rate_source), ("impact", self.impact_source))
        source = "; ".join(f"{what} of {where}" for what, where in parts if where)
        return Shock(name, checked_rate(name, chosen_rate), hit, once=True, source=source)

    def _published_or_chosen(self, what: str, published: Any, chosen: Any) -> Any:
        """The one of the two that there is."""
        if published is None and chosen is None:
            raise InvalidInput(f"{self.name}: {what} must be passed, since none is published for it, got none")
        if published is not None and chosen is not None:
            raise InvalidInput(
                f"{self.name}: {what} must be left out, since a published one is used, got {short_repr(chosen)}; write "
                "rk.founder_exit(...) for figures of your own"
            )
        return chosen if published is None else published

    def __repr__(self) -> str:
        lines = [self.name]
        if self.rate is not None:
            lines.append(f"- rate: {_rate_text(self.rate)}")
        if self.impact is not None:
            lines.append(f"- impact: {_impact_text(self.impact)}")
        lines += [f"- {meaning}: {percent(value)}" for meaning, value in self.values.items()]
        lines += [f"- {note}" for note in self.notes]
        return "\n".join([*lines, *(f"Source: {each}." for each in self.sources)])


def _rate_text(rate: float | Hazard) -> str:
    if not isinstance(rate, Hazard):
        return f"{percent(rate)} a year"
    return f"{rate!r}, {float(rate.cumulative(10.0)):.3g} expected in ten years"


def _impact_text(impact: Impact) -> str:
    text = f"{percent(impact.expected, signed=True)} ± {percent(impact.sd)}"
    sign = "gain" if impact.expected < 0.0 else "loss"
    return f"{text} (a {sign} in {percent(impact.wrong_sign)} of events)"
