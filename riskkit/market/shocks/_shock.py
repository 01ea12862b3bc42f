"""Shocks: events at a hazard, each of which changes the prices of several holdings at once."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import Field, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from riskkit._core.array_types import Array, UInts
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import EXIT_RATE, LOG_DRIFT, plausible, user_stacklevel
from riskkit._core.frozen import Converted, FrozenMap, Shorthand, set_fields
from riskkit._core.random_stream import RandomStream
from riskkit._core.validation import boolean, checked_name, number, require_known, short_repr
from riskkit.market.diffusion._uncertain import (
    Uncertain,
    checked_parameter,
    lognormal_factor,
    mean_of,
    prior_scores,
    scaled_prior,
)
from riskkit.market.hazards._hazard import AnyHazard, Constant, Hazard, as_hazard
from riskkit.market.hazards._scaled import ScaledHazard
from riskkit.market.shocks._arrivals import counted_arrivals, free_arrivals
from riskkit.market.shocks._event_source import Events, EventSource, Fixed, nothing_earlier
from riskkit.market.shocks._impact import Impact, impact_levels, sample_impacts, scaled_impact
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["Shock", "checked_rate", "founder_exit"]


#: `Shock.describe` states the share of events of the other sign than the mean above this one.
_MAX_OTHER_SIGN = 0.01


@final
class Shock(EventSource):
    """Events at a hazard, and with each a proportional price change of each named holding.

    Parameters
    ----------
    name : str
        Its name in results; its random numbers are keyed by it.
    rate : float, Uncertain or Hazard
        Expected events a year, >= 0, or a `Hazard`, or any object with ``cumulative(t)``.
    impact : mapping of str to float, Uncertain or Impact
        Change of each holding that it hits; losses are negative, gains positive. A number is a point mass. Stored as
        a read-only mapping of `Impact`.
    once : bool
        Whether it can happen once only.
    together : float
        Correlation of the log impacts of one event, from -1/(n - 1) to 1 for n holdings.
    drift_after : mapping of str to float, optional
        Change of the yearly log drift of each holding after each event, from -100 to 100.
    source : str, optional
        Where the figures come from, for the assumptions of a result; it changes no number.

    Raises
    ------
    InvalidInput
        If a number is outside its bounds or no holding is named.
    TypeError
        If a subclass is written: a kind of shock of your own is a subclass of `EventSource`, which may have a `Shock`.

    Warns
    -----
    RiskkitWarning
        If an impact is above 10, or a change of the log drift above 10 or below -10.

    Examples
    --------
    >>> Shock("failure", 0.01, {"xAI": -0.9}, once=True).describe()
    'failure: 1 % a year, once; xAI -90 % (assumption)'
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    name: str = field()
    rate: Converted[float | Uncertain | AnyHazard, float | Uncertain | Hazard]
    impact: Shorthand[Mapping[str, float | Impact | Uncertain], FrozenMap[Impact]]
    once: bool = field(default=False, kw_only=True)
    together: float = field(default=1.0, kw_only=True)
    drift_after: Mapping[str, float] | None = field(default=None, kw_only=True)
    source: str | None = field(default=None, kw_only=True)
    after: ClassVar[tuple[str, ...]] = ()  # type: ignore[misc]

    def __init_subclass__(cls, **options: Any) -> None:
        raise TypeError(
            f"{cls.__name__} must not derive from Shock, whose compensator would not know of it; derive from "
            "EventSource, and give it a Shock as a field"
        )

    def __post_init__(self) -> None:
        set_fields(self, name=checked_name("name of a shock", self.name))
        what = f"Shock {self.name!r}"
        set_fields(self, rate=_rate(f"{what}: rate", self.rate), impact=_impacts(what, self.impact))
        boolean(f"{what}: once", self.once)
        lowest = -1.0 / (len(self.impact) - 1) if len(self.impact) > 1 else -1.0
        # -1/3 typed with fewer digits than a float has is meant as the bound.
        together = number(f"{what}: together", self.together, at_least=lowest - 1e-9, at_most=1.0)
        set_fields(self, together=max(together, lowest), drift_after=_drifts(what, self.drift_after))
        if self.source is not None:
            set_fields(self, source=checked_name(f"{what}: source", self.source))

    @property
    def hazard(self) -> Hazard:
        """The hazard; of an uncertain rate, that of its mean."""
        return self.rate if isinstance(self.rate, Hazard) else Constant(mean_of(self.rate))

    @property
    def impacts(self) -> FrozenMap[Impact]:
        """`impact`, with an `Impact` for each holding."""
        return self.impact

    @property
    def uncertain(self) -> bool:
        """Whether the rate or a mean impact is uncertain."""
        mean_impacts = (impact.mean for impact in self.impacts.values())
        return any(isinstance(value, Uncertain) for value in (self.rate, *mean_impacts))

    def check(self, names: Sequence[str]) -> None:
        """Refuse a market without one of the holdings."""
        require_known(f"Market: impact of shock {self.name!r}", self.impact, names)
        require_known(f"Market: drift_after of shock {self.name!r}", self.drift_after or (), names)

    def draw(
        self,
        stream: RandomStream,
        paths: UInts,
        horizon: float,
        fixed: Fixed | None = None,
        earlier: Mapping[str, Events] = nothing_earlier,
    ) -> Events:
        """Draw the events; see `EventSource.draw`."""
        rate_factor = self.rate_factor(stream, paths)
        total = rate_factor * self._integrated(horizon)
        triggered = None
        if isinstance(fixed, Events):
            path, number, time, triggered = fixed.path, fixed.number, fixed.time, fixed.triggered
            exposure = total.copy()
            if self.once:
                exposure[path] = rate_factor[path] * self.hazard.cumulative(time)
        elif isinstance(fixed, float):
            path, number = np.arange(paths.size), np.zeros(paths.size, np.int64)
            time = np.full(paths.size, fixed)
            exposure = rate_factor * self._integrated(fixed) if self.once else total
        else:
            if fixed is None:
                path, number, arrivals, exposure = free_arrivals(stream, paths, total, once=self.once)
            else:
                path, number, arrivals, exposure = counted_arrivals(stream, paths, total, fixed, once=self.once)
            time = self.hazard.inverse(arrivals / rate_factor[path] if isinstance(self.rate, Uncertain) else arrivals)
        factors = dict(
            zip(self.impact, sample_impacts(self.impacts, self.together, stream, paths[path], number), strict=True)
        )
        for holding, level in impact_levels(self.impacts, self.name, stream, paths).items():
            factors[holding] *= level[path]
        return Events(
            path,
            time,
            factors,
            exposure,
            drift_after=self.drift_after or {},
            once=self.once,
            triggered=triggered,
        )

    def rate_factor(self, stream: RandomStream, paths: UInts) -> Array:
        """Return the factor on the hazard of each path, on average 1; it differs where the rate is uncertain (path)."""
        if not isinstance(self.rate, Uncertain):
            return np.ones(paths.size)
        scores = prior_scores(self.rate, f"rate of {self.name}", stream.named, paths)
        return lognormal_factor(self.rate.sd / self.rate.mean, scores)

    def mean_impacts(self, stream: RandomStream, paths: UInts) -> dict[str, Array]:
        """Return the mean impact on each holding on each path (path)."""
        levels = impact_levels(self.impacts, self.name, stream, paths)
        return {
            name: (1.0 + impact.expected) * levels[name] - 1.0
            if name in levels
            else np.full(paths.size, impact.expected)
            for name, impact in self.impacts.items()
        }

    def compensator(self, calendar: Calendar, names: Sequence[str]) -> Array:
        """Return minus the expected events of each step times the mean impact (step, asset).

        The engine ends it at the event of a ``once`` shock.
        """
        hazard = np.diff(self.hazard.cumulative(np.arange(calendar.steps + 1) * calendar.dt))
        drift = np.zeros((calendar.steps, len(names)))
        for name, impact in self.impacts.items():
            drift[:, list(names).index(name)] = -hazard * impact.expected
        return drift

    def count_law(self, horizon: float) -> Array:
        """Return the probabilities of 0, 1, 2, … events of its own hazard (count), with all that a double can tell."""
        expected = self._integrated(horizon)
        if self.once:
            return np.array([np.exp(-expected), -np.expm1(-expected)])
        most = int(expected + 40.0 * np.sqrt(expected) + 100.0)
        with np.errstate(divide="ignore"):
            logs = np.cumsum(np.log(expected) - np.log(np.arange(1.0, most + 1.0)))
        law: Array = np.exp(np.concatenate([[0.0], logs]) - expected)
        return law

    def scaled(self, factor: float) -> Shock:
        """Return the shock with its hazard multiplied."""
        if isinstance(self.rate, Hazard):
            return replace(self, rate=ScaledHazard(factor, self.rate))
        return replace(self, rate=scaled_prior(factor, self.rate) if factor else 0.0)

    def at_means(self) -> Shock:
        """Return the same shock with an uncertain rate and uncertain impacts fixed at their means."""
        if not self.uncertain:
            return self
        rate = mean_of(self.rate) if isinstance(self.rate, Uncertain) else self.rate
        return replace(
            self, rate=rate, impact={name: Impact(each.expected, each.sd) for name, each in self.impacts.items()}
        )

    def describe(self) -> str:
        """Return one sentence: how often, what it does, and that it is an assumption."""
        if isinstance(self.rate, Hazard):
            often = self._expected()
        else:
            often = f"{self.rate.describe() if isinstance(self.rate, Uncertain) else percent(self.rate)} a year"
        parts = [often + (", once" if self.once else "")]
        alike: dict[str, list[str]] = {}
        for name, impact in self.impacts.items():
            alike.setdefault(_in_words(impact), []).append(name)
        parts.append(", ".join(f"{' and '.join(names)} {words}" for words, names in alike.items()))
        if self.together != 1.0 and sum(impact.sd > 0.0 for impact in self.impacts.values()) > 1:
            parts.append(f"log impacts correlated {self.together:.3g}")
        if self.drift_after:
            drifts = (f"{name} {percent(change, signed=True)}" for name, change in self.drift_after.items())
            parts.append("log drift a year after each event: " + ", ".join(drifts))
        if self.source is not None:
            parts.append(self.source)
        return f"{self.name}: {'; '.join(parts)} (assumption)"

    def _expected(self) -> str:
        return f"at {self.rate!r}, {self._integrated(10.0):.3g} expected in ten years"

    def _integrated(self, time: float) -> float:
        """The integrated hazard up to a time in years."""
        return float(self.hazard.cumulative(np.array([time]))[0])


def founder_exit(
    portfolio: Portfolio,
    founder: str,
    rate: float | Uncertain | AnyHazard,
    impact: float | Uncertain | Impact,
    *,
    name: str = "founder exit",
    once: bool = True,
) -> Shock:
    """Return the shock of a founder's exit: every holding is hit in proportion to its founder share.

    Parameters
    ----------
    portfolio : Portfolio
        Says which holdings are tied to the founder, and how much.
    founder : str
        A person among ``portfolio.founders``.
    rate : float, Uncertain or Hazard
        Expected exits a year, or a hazard.
    impact : float, Uncertain or Impact
        Change of a holding that is tied to the founder alone; one with founder share s changes by s times it
        (mean and standard deviation).
    name : str
        Name of the shock; give each founder's exit its own.
    once : bool
        Whether it can happen once only.

    Returns
    -------
    Shock
        With ``together=1``: all holdings are hit alike.

    Raises
    ------
    InvalidInput
        If nothing is tied to that founder (the message lists those that exist), or a number is outside its bounds.

    Warns
    -----
    RiskkitWarning
        If the mean impact is a gain, or a constant rate of an exit that happens once is above 1.

    Examples
    --------
    >>> from riskkit.portfolio._holding import Holding
    >>> portfolio = Portfolio([Holding("A", 60, founder="Ann"), Holding("B", 40, founder={"Ann": 0.5})])
    >>> founder_exit(portfolio, "Ann", 0.02, -0.5).describe()
    'founder exit: 2 % a year, once; A -50 %, B -25 % (assumption)'
    """
    if not isinstance(portfolio, Portfolio):
        raise InvalidInput(f"portfolio must be a Portfolio, got {short_repr(portfolio)}")
    founder = checked_name("founder", founder)
    whole = impact if isinstance(impact, Impact) else Impact(impact)
    if whole.expected > 0.0:
        warnings.warn(
            f"{name}: impact {whole.expected:+g} is a gain; a loss is negative: write {-whole.expected:g}",
            RiskkitWarning,
            stacklevel=user_stacklevel(),
        )
    rate = checked_rate(name, rate, once=once)
    shares = zip(portfolio.names, portfolio.shares(founder), strict=True)
    hit = {holding: scaled_impact(whole, share, f"{name} impact") for holding, share in shares if share > 0.0}
    return Shock(name, rate, hit, once=once)


def checked_rate(name: str, rate: Any, *, once: bool = True) -> float | Uncertain | Hazard:
    """Return a validated rate; of a shock that happens once, a constant one above 1 a year is warned of."""
    result = _rate(f"Shock {name!r}: rate", rate)
    if once and not isinstance(result, Hazard):
        plausible(f"{name}: rate", mean_of(result), EXIT_RATE)
    return result


def _rate(what: str, rate: Any) -> float | Uncertain | Hazard:
    if isinstance(rate, Uncertain):
        checked_parameter(what, rate, above=0.0)
        return rate if rate.sd > 0.0 else rate.mean
    hazard = as_hazard(rate, what)
    return hazard.rate if isinstance(hazard, Constant) else hazard


def _impacts(what: str, impact: Any) -> FrozenMap[Impact]:
    if not isinstance(impact, Mapping):
        raise InvalidInput(f"{what}: impact must be a mapping {{holding: change}}, got {short_repr(impact)}")
    if not impact:
        raise InvalidInput(f"{what}: impact must name at least one holding, got none")
    result = {}
    for name, change in impact.items():
        name = checked_name(f"{what}: holding in impact", name)
        if not isinstance(change, Impact):
            change = Impact(checked_parameter(f"{what}: impact on {name!r}", change, above=-1.0))
        result[name] = change
    return FrozenMap(result)


def _drifts(what: str, drift_after: Any) -> FrozenMap[float] | None:
    if drift_after is None:
        return None
    if not isinstance(drift_after, Mapping):
        raise InvalidInput(f"{what}: drift_after must be a mapping {{holding: change}}, got {short_repr(drift_after)}")
    named = {checked_name(f"{what}: holding in drift_after", name): change for name, change in drift_after.items()}
    changes = {}
    for name, change in named.items():
        label = f"{what}: drift_after of {name!r}"
        changes[name] = plausible(label, number(label, change), LOG_DRIFT)
    return FrozenMap(changes) if changes else None


def _in_words(impact: Impact) -> str:
    change = percent(impact.expected, signed=True)
    if isinstance(impact.mean, Uncertain):
        change += f" (not known to {percent(impact.mean.sd)})"
    if impact.sd > 0.0:
        change += f" ± {percent(impact.sd)}"
    if impact.wrong_sign > _MAX_OTHER_SIGN:
        change += f" (a {'gain' if impact.expected < 0.0 else 'loss'} in {percent(impact.wrong_sign)} of events)"
    return change
