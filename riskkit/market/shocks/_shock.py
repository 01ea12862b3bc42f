"""Shocks: a clock, and what its ticks do to the prices of several holdings at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.frozen import Converted, FrozenMap, Shorthand, converting_dataclass
from riskkit._core.validation import boolean, checked_name, number, short_repr
from riskkit.market.diffusion._uncertain import Uncertain, checked_parameter, mean_of, scaled_prior
from riskkit.market.hazards._hazard import AnyHazard, Constant, Hazard, as_hazard
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["Impact", "Shock", "founder_exit", "scaled_impact"]

#: The share of events of the other sign than the mean above which `Shock.describe` tells it.
_OTHER_SIGN_TOLD = 0.01


@dataclass(frozen=True)
class Impact:
    """A proportional change of a price, certain or random.

    Parameters
    ----------
    mean : float or Uncertain
        Expected change, > -1: -0.5 halves the price on average, 0.3 adds 30 %. An uncertain one differs from path to
        path, and is the same at all ticks of a path.
    sd : float
        Standard deviation of the change, 0 <= sd < 1e6; 0 is a point mass.

    Raises
    ------
    InvalidInput
        If a number is outside its bounds.

    Notes
    -----
    1 + change is lognormal with the given mean and standard deviation: its logarithm is normal with variance
    ln(1 + (sd / (1 + mean))²) and mean ln(1 + mean) less half of that. Jumps with a mean near 0 and events of both
    signs are those of Merton ("Option pricing when underlying stock returns are discontinuous", *Journal of Financial
    Economics* 3 (1976) 125-144). `Shock.describe` tells the share of events of the other sign than the mean where it
    is above 1 %.

    Examples
    --------
    >>> impact = Impact(-0.5, sd=0.15)
    >>> round(impact.log_mean, 4), round(impact.log_sd, 4), round(impact.wrong_sign, 4)
    (-0.7362, 0.2936, 0.0061)
    >>> round(Impact(-0.03, 0.10).wrong_sign, 3)
    0.364
    """

    mean: float | Uncertain
    sd: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", checked_parameter("Impact: mean", self.mean, above=-1.0))
        object.__setattr__(self, "sd", number("Impact: sd", self.sd, at_least=0.0, below=1e6))

    @property
    def expected(self) -> float:
        """`mean`, or the mean of an uncertain one."""
        return mean_of(self.mean)

    @property
    def log_mean(self) -> float:
        """Mean of ln(1 + change)."""
        return math.log1p(self.expected) - 0.5 * self.log_sd**2

    @property
    def log_sd(self) -> float:
        """Standard deviation of ln(1 + change)."""
        return math.sqrt(math.log1p((self.sd / (1.0 + self.expected)) ** 2))

    @property
    def wrong_sign(self) -> float:
        """Share of events whose change has the other sign than the mean; 0 for a point mass and for mean 0."""
        unsure = self.mean.sd if isinstance(self.mean, Uncertain) else 0.0
        spread = math.sqrt(self.log_sd**2 + math.log1p((unsure / (1.0 + self.expected)) ** 2))
        if spread == 0.0 or self.expected == 0.0:
            return 0.0
        from scipy.special import ndtr

        centre = math.log1p(self.expected) - 0.5 * spread**2
        return float(ndtr(math.copysign(1.0, -self.expected) * centre / spread))


@converting_dataclass()
class Shock:
    """A Poisson clock and, at each tick, a proportional price change of each named holding.

    Parameters
    ----------
    name : str
        Its name in results; its random numbers are keyed by it.
    rate : float, Uncertain or Hazard
        Expected ticks a year, >= 0, or a clock: a `Hazard`, or any object with ``cumulative(t)``.
    impact : mapping of str to float, Uncertain or Impact
        Change of each holding that it hits; losses are negative, gains positive. A number is a point mass. Kept as a
        read-only mapping of `Impact`.
    once : bool
        Whether the clock stops after its first tick.
    together : float
        Correlation of the log impacts of one event, from -1/(n - 1) to 1 for n holdings.
    drift_after : mapping of str to float, optional
        Change of the yearly log drift of each holding after each tick.

    Raises
    ------
    InvalidInput
        If a number is outside its bounds or no holding is named.

    Examples
    --------
    >>> Shock("failure", 0.01, {"xAI": -0.9}, once=True).describe()
    'failure: 1 % a year, once; xAI -90 % (assumption)'
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    name: str
    rate: Converted[float | Uncertain | AnyHazard, float | Uncertain | Hazard]
    impact: Shorthand[Mapping[str, float | Impact | Uncertain], FrozenMap[Impact]]
    once: bool = field(default=False, kw_only=True)
    together: float = field(default=1.0, kw_only=True)
    drift_after: Mapping[str, float] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", checked_name("name of a shock", self.name))
        what = f"Shock {self.name!r}"
        object.__setattr__(self, "rate", _rate(f"{what}: rate", self.rate))
        object.__setattr__(self, "impact", _impacts(what, self.impact))
        boolean(f"{what}: once", self.once)
        lowest = -1.0 / (len(self.impact) - 1) if len(self.impact) > 1 else -1.0
        # -1/3 typed with fewer digits than a float has is meant as the bound.
        together = number(f"{what}: together", self.together, at_least=lowest - 1e-9, at_most=1.0)
        object.__setattr__(self, "together", max(together, lowest))
        object.__setattr__(self, "drift_after", _drifts(what, self.drift_after))

    @property
    def hazard(self) -> Hazard:
        """The clock, as a `Hazard`; of an uncertain rate, the mean."""
        return self.rate if isinstance(self.rate, Hazard) else Constant(mean_of(self.rate))

    @property
    def impacts(self) -> FrozenMap[Impact]:
        """`impact`, known to hold nothing but `Impact`."""
        return self.impact

    def at_means(self) -> Shock:
        """Return the same shock with an uncertain rate and uncertain impacts known to be their means."""
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
            parts.append("log drift a year after each tick: " + ", ".join(drifts))
        return f"{self.name}: {'; '.join(parts)} (assumption)"

    def _expected(self) -> str:
        expected = float(self.hazard.cumulative(np.array([10.0]))[0])
        return f"at {self.rate!r}, {expected:.3g} expected in ten years"


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
        Expected exits a year, or a clock.
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
    shares = zip(portfolio.names, portfolio.shares(founder), strict=True)
    hit = {holding: scaled_impact(whole, share, f"{name} impact") for holding, share in shares if share > 0.0}
    return Shock(name, rate, hit, once=once)


def scaled_impact(whole: Impact, share: float, shared: str) -> Impact:
    """The impact on something that is hit in part; what is uncertain is off alike for all that name `shared`."""
    mean = scaled_prior(share, whole.mean)
    if isinstance(mean, Uncertain) and mean.shared is None:
        mean = replace(mean, shared=shared)
    return Impact(mean, abs(share) * whole.sd)


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
    changes = {name: number(f"{what}: drift_after of {name!r}", change) for name, change in named.items()}
    return FrozenMap(changes) if changes else None


def _in_words(impact: Impact) -> str:
    change = percent(impact.expected, signed=True)
    if isinstance(impact.mean, Uncertain):
        change += f" (not known to {percent(impact.mean.sd)})"
    if impact.sd > 0.0:
        change += f" ± {percent(impact.sd)}"
    if impact.wrong_sign > _OTHER_SIGN_TOLD:
        change += f" (a {'gain' if impact.expected < 0.0 else 'loss'} in {percent(impact.wrong_sign)} of events)"
    return change
