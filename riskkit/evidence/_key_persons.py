"""Ready-made assumptions on chief executives and founders: death, turnover and departure."""

from __future__ import annotations

import math
import warnings
from statistics import NormalDist
from typing import Literal

from riskkit._core.errors import RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import user_stacklevel
from riskkit._core.validation import boolean, number, require_known
from riskkit.evidence._assumption import Assumption
from riskkit.evidence._figures import figures
from riskkit.market import Impact, Mortality

__all__ = ["ceo_death", "ceo_turnover", "departure"]

#: Ages of the life table's fit.
YOUNGEST, OLDEST = 20.0, 90.0

#: Trading days that the returns at a death cover, of a year's 252, and a usual volatility of a stock.
DEATH_DAYS, YEAR, USUAL_VOLATILITY = 4, 252, 0.40

LIFE_TABLE = "the period life table for 2023 of the US Social Security Administration (2026 Trustees Report)"

#: Kind of a departure → its figure.
DEPARTURES = {
    "no clean succession": "departure_no_clean_succession",
    "interim successor": "departure_interim_successor",
    "personal reasons": "departure_personal_reasons",
    "bad news": "departure_bad_news",
    "criticised": "departure_criticised",
}


def ceo_death(*, age: float, sex: Literal["male", "female"], founder: bool = False) -> Assumption:
    """Return the death of a chief executive: the rate of a life table and the published returns, of both signs.

    Parameters
    ----------
    age : float
        Age at the start in years, from 20 to 90, the ages of the life table's fit.
    sex : {"male", "female"}
        The life table.
    founder : bool
        Whether the chief executive founded the firm. It adds what is published on founders to the notes; the law is
        the same, since no size is published for them.

    Returns
    -------
    Assumption
        Its ``impact`` is ``Impact(-0.01285, 0.09404)``, its ``rate`` is ``Mortality(age, sex)``.

    Raises
    ------
    InvalidInput
        If the sex is neither of the two, `founder` is not a bool or the age is not a number.

    Warns
    -----
    RiskkitWarning
        If the age is outside 20 to 90: the nearest of the two is used.

    Notes
    -----
    1 + impact is lognormal with the published tenth and ninetieth percentile, 0.87 and 1.11: log mean
    (ln 1.11 + ln 0.87) / 2 and log sd (ln 1.11 - ln 0.87) / (2 × 1.2816), from which mean and sd follow.

    Examples
    --------
    >>> import riskkit as rk
    >>> rk.evidence.ceo_death(age=54, sex="male").impact
    Impact(mean=-0.01285, sd=0.09404)
    """
    boolean("ceo_death: founder", founder)
    years = number("ceo_death: age", age)
    used = min(max(years, YOUNGEST), OLDEST)
    if used != years:
        warnings.warn(
            f"ceo_death: age should be from {YOUNGEST:g} to {OLDEST:g}, the ages of the life table's fit, got "
            f"{years:g}; the rate is that of {used:g}",
            RiskkitWarning,
            stacklevel=user_stacklevel(),
        )
    low, high = figures()["death_p10"], figures()["death_p90"]
    impact = _with_percentiles(low.value, high.value)
    diffusion = USUAL_VOLATILITY * math.sqrt(DEATH_DAYS / YEAR)
    notes = [
        f"The impact has the published tenth and ninetieth percentile, {percent(low.value, signed=True)} and "
        f"{percent(high.value, signed=True)}: most deaths move a price little, in either direction.",
        f"These are raw returns of {DEATH_DAYS} days. At a volatility of {percent(USUAL_VOLATILITY)} a year they "
        f"contain {100.0 * diffusion:.1f} points of ordinary movement; net of it the sd is "
        f"{100.0 * _sd_without(impact, diffusion):.1f} points.",
        "Young founders and recently listed firms: significantly negative; old founders: positive. Neither the sizes "
        "nor the ages are stated, so the impact is the same at every age.",
    ]
    chosen = [low, high]
    if founder:
        chosen.append(figures()["sudden_executive_deaths"])
        notes.append("At sudden deaths of executives the sign depends on founder status: positive for some founders.")
    return Assumption(
        f"death of a {'founder who is ' * founder}chief executive",
        {},
        tuple(chosen),
        rate=Mortality(used, sex),
        rate_source=LIFE_TABLE,
        impact=impact,
        impact_source=low.citation,
        notes=tuple(notes),
    )


def ceo_turnover() -> Assumption:
    """Return the turnover of chief executives for all reasons: 15.8 % a year.

    Returns
    -------
    Assumption
        Its ``rate``, a year; no impact belongs to it.

    Examples
    --------
    >>> import riskkit as rk
    >>> rk.evidence.ceo_turnover()
    turnover of chief executives
    - rate: 15.8 % a year
    - since 2000: 16.8 %
    - All reasons, retirement among them, in large US firms. Few of these chief executives are founders, and none of \
these exits needs to be bad news.
    Source: Kaplan and Minton 2012 (1992 to 2007).
    Source: Kaplan and Minton 2012 (since 2000).
    """
    early, late = figures()["turnover"], figures()["turnover_since_2000"]
    note = (
        "All reasons, retirement among them, in large US firms. Few of these chief executives are founders, and none "
        "of these exits needs to be bad news."
    )
    return Assumption(
        "turnover of chief executives",
        {"since 2000": late.value},
        (early, late),
        rate=early.value,
        rate_source=early.citation,
        notes=(note,),
    )


def departure(*, kind: str) -> Assumption:
    """Return what a price does when the departure of a chief executive is announced, by kind.

    Parameters
    ----------
    kind : str
        "no clean succession", "interim successor", "personal reasons", "bad news" or "criticised" (a chief executive
        under criticism leaves: a gain).

    Returns
    -------
    Assumption
        Its ``impact``: the published mean of the kind, from -7.91 % to +3.33 %. No sd is published for it; it is
        borrowed from deaths of chief executives and computed. No rate is published by kind.

    Raises
    ------
    InvalidInput
        If the kind is unknown; the message lists those that exist.

    Notes
    -----
    The sd is that of a normal law with mean 0 whose mean absolute value is the 5.7 % around deaths of chief executives
    from 1990 to 2009: 5.7 % × √(π/2) = 7.14 points.

    Examples
    --------
    >>> import riskkit as rk
    >>> impact = rk.evidence.departure(kind="personal reasons").impact
    >>> impact.mean, round(impact.sd, 4)
    (-0.039, 0.0714)
    """
    require_known("departure: kind", [kind], DEPARTURES)
    mean, absolute = figures()[DEPARTURES[kind]], figures()["absolute_1990"]
    sd = absolute.value * math.sqrt(math.pi / 2.0)
    notes = [
        f"The sd is computed: {percent(absolute.value)} × √(π/2), borrowed from the absolute three-day returns around "
        "deaths of chief executives, 1990 to 2009; none is published for departures.",
        "No rate is published by kind: pass your own to shock(rate=...).",
    ]
    if mean.note:
        notes.insert(0, f"The mean is {mean.note}.")
    return Assumption(
        f"departure of a chief executive: {kind}",
        {},
        (mean, absolute),
        impact=Impact(mean.value, sd),
        impact_source=f"{mean.citation}, sd computed from Quigley, Crossland and Campbell 2017",
        notes=tuple(notes),
    )


def _with_percentiles(low: float, high: float) -> Impact:
    """The impact whose tenth and ninetieth percentile these are, to five decimals."""
    log_low, log_high = math.log1p(low), math.log1p(high)
    log_sd = (log_high - log_low) / (2.0 * NormalDist().inv_cdf(0.9))
    return Impact(*(round(each, 5) for each in _moments(0.5 * (log_low + log_high), log_sd)))


def _sd_without(impact: Impact, diffusion: float) -> float:
    """The sd of an impact after the variance of ordinary movement, an sd of the log return, is taken off."""
    return _moments(impact.log_mean, math.sqrt(impact.log_sd**2 - diffusion**2))[1]


def _moments(log_mean: float, log_sd: float) -> tuple[float, float]:
    """Mean and sd of a change whose log factor is normal."""
    factor = math.exp(log_mean + 0.5 * log_sd**2)
    return factor - 1.0, factor * math.sqrt(math.expm1(log_sd**2))
