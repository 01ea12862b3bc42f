"""Moment matching: path weights under which the drivers of the market have the means that closed forms give."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.fraction_bounds import user_stacklevel
from riskkit._core.validation import name_list
from riskkit.comparison.estimation.estimate import effective_sample_size
from riskkit.comparison.reweighting.entropy_pooling import Bound, least_divergent, nearby
from riskkit.comparison.run_data import Run, RunData
from riskkit.engine.outcomes import Outcomes
from riskkit.market import EventSource, Regimes, Shock, Uncertain
from riskkit.market.hazards._hazard import Hazard
from riskkit.market.time_change._time_change import TimeChange
from riskkit.scenario._scenario import Scenario

__all__ = [
    "MOMENT_MATCHED", "controls", "is_matched", "matched", "refuse_unknown_means", "restored", "warn_of_plain",
]  # fmt: skip

#: Value of `sampling`, and its note in a result.
MOMENT_MATCHED = "moment matched"

#: The least effective sample size of the weights, as a share of that without matching.
SMALLEST_SHARE = 0.9

#: How far the mean of a control may be from what it must be in a file, in standard deviations.
SAVED_TOLERANCE = 1e-9

#: Panels of the quadrature over the horizon, and nodes of Gauss and Legendre's rule in each.
PANELS, NODES = 4096, 8


class Control(NamedTuple):
    """A driver of the market with a known mean.

    Attributes
    ----------
    description : str
        What it is.
    values : ndarray
        Its value less its mean (path).
    """

    description: str
    values: Array


def refuse_unknown_means(scenario: Scenario) -> None:
    """Refuse a scenario in which the mean of a driver is not known, naming the cause.

    Raises
    ------
    InvalidInput
        If returns are drawn from past prices, a parameter is uncertain, events are triggered by others, an
        `EventSource` has no ``count_law``, or a `TimeChange` lacks its moments; and if nothing is random.
    """
    market, what = scenario.market, f"sampling={MOMENT_MATCHED!r} needs drivers whose means are known"
    if market.history is not None:
        raise InvalidInput(f"{what}, got returns from past prices; sample it plainly")
    if uncertain := list(_uncertain_parameters(scenario)):
        raise InvalidInput(
            f"{what}, got an Uncertain {name_list(uncertain)}; fix it, as market.at_means() does, or sample it plainly"
        )
    if market.contagion:
        link = market.contagion[0]
        raise InvalidInput(f"{what}, got contagion from {link.source!r} to {link.target!r}; sample it plainly")
    for source in market.shocks:
        if source.after:
            raise InvalidInput(
                f"{what}, got shock {source.name!r}, whose events depend on those of {name_list(source.after)}; sample "
                "it plainly"
            )
        if source.name not in scenario.forced and source.count_law(_horizon(scenario.calendar)) is None:
            raise InvalidInput(f"{what}, got shock {source.name!r}, which does not define count_law; define it")
    for time_change in market.tails:
        missing = []
        if time_change.second_moment(scenario.calendar.dt) is None:
            missing.append("second_moment")
        if time_change.largest_exponent(scenario.calendar.dt) is None:
            missing.append("largest_exponent")
        if time_change.regimes > 1 and time_change.regime_law(list(market.assets)) is None:
            missing.append("regime_law")
        if missing:
            raise InvalidInput(f"{what}, got {time_change!r}, which does not define {' and '.join(missing)}; define it")
    if not any(market.moving[name] for name in scenario.portfolio.names) and not _random_sources(scenario):
        raise InvalidInput(f"{what}, got none: no holding has a volatility and no shock can happen")


def is_matched(result: RunData) -> bool:
    """Whether the weights of a result give every control its known mean."""
    return result.notes.get("sampling") == MOMENT_MATCHED


def matched(result: Run) -> tuple[Run, str | None]:
    """The result with weights under which every control has its known mean.

    Parameters
    ----------
    result : RunData
        Of a run that recorded the final Brownian values of its assets; its weights are the prior.

    Returns
    -------
    result : RunData
        With weights of least relative entropy, which are exponential tilts and so positive. Where there are none, or
        their effective sample size is below 0.9 times that of the prior, the result as a plain one.
    reason : str or None
        Why it is a plain one.
    """
    found = controls(result)
    support = result.path_weights > 0.0
    prior = result.path_weights[support] / result.path_weights[support].sum()
    weights, reason = _matching_weights(found, support, prior)
    if weights is None:
        plain = replace(result.outcomes, brownian={}, log_martingale={})
        return replace(result, outcomes=plain, fixed_moments=(), notes={**result.notes, "sampling": "plain"}), reason
    outcomes = replace(result.outcomes, path_weights=weights)
    size = f"{effective_sample_size(weights):,.0f} of {result.paths:,} paths"
    notes = {**result.notes, "sampling": MOMENT_MATCHED, "effective sample size": size}
    fixed = tuple(control.values for control in found)
    return replace(result, outcomes=outcomes, fixed_moments=fixed, notes=notes), None


def restored(result: Run) -> Run:
    """The moment-matched result whose weights and final Brownian values were read from a file.

    Raises
    ------
    InvalidInput
        If the weights do not give every control its mean.
    """
    refuse_unknown_means(result.scenario)
    found = controls(result)
    for control in found:
        mean = float((result.path_weights * control.values).sum())
        if not abs(mean) <= SAVED_TOLERANCE:
            raise InvalidInput(
                f"weights of a moment-matched result must give the {control.description} its mean, got a distance of "
                f"{mean:.3g} standard deviations"
            )
    return replace(result, fixed_moments=tuple(control.values for control in found))


def warn_of_plain(reason: str) -> None:
    """Warn that the weights of a result are not matched."""
    warnings.warn(
        f"sampling={MOMENT_MATCHED!r}: {reason}; the weights stay those of a plain result. Take more paths, or say "
        "sampling='plain'",
        RiskkitWarning,
        stacklevel=user_stacklevel(),
    )


def _matching_weights(found: Sequence[Control], support: Bools, prior: Array) -> tuple[Array, None] | tuple[None, str]:
    """Weights of the paths (path), or why there are none."""
    values = np.stack([control.values[support] for control in found])
    for control, row in zip(found, values, strict=True):
        if not row.min() < 0.0 < row.max():
            return None, f"no weights of these paths give the {control.description} its mean"
    solved = nearby(prior, values)
    if solved is None:
        slow = least_divergent(prior, [Bound(row, 0.0, 0) for row in values])
        if slow is None:
            return None, f"no weights of these paths give all {len(found)} controls their means"
        solved = prior * np.exp(slow[0] - slow[0].max())
        solved /= solved.sum()
    size, least = effective_sample_size(solved), SMALLEST_SHARE * effective_sample_size(prior)
    if not size >= least:
        return None, f"the effective sample size would be {size:,.0f} paths, below {least:,.0f}"
    weights = np.zeros(support.size)
    weights[support] = solved
    return weights, None


def controls(result: RunData) -> list[Control]:
    """The drivers of the market with a known mean and a finite variance, in units of their standard deviations.

    The controls of an asset with volatility σ are its standardised Brownian value B at the horizon T, B² - 1 and, with
    those of other assets, BᵢBⱼ - ρᵢⱼ, and exp(σ B √T - σ² ΣG / 2) - 1, with ΣG the market's time. Those of a shock are
    its number of events less its mean, and for one that happens once the time without it within the horizon.
    """
    found = [*_asset_controls(result.scenario, result.outcomes), *_shock_controls(result.scenario, result.outcomes)]
    scaled = []
    for control in found:
        # The spread of the values alone, so that a saved result has the same bits.
        spread = float(np.std(control.values))
        scaled.append(Control(control.description, control.values / spread if spread > 0.0 else control.values))
    return scaled


def _asset_controls(scenario: Scenario, outcomes: Outcomes) -> Iterator[Control]:
    """The controls of the assets."""
    market, calendar = scenario.market, scenario.calendar
    brownian = {name: np.asarray(values) for name, values in outcomes.brownian.items()}
    for name, values in brownian.items():
        yield Control(f"Brownian value of {name}", values)
    if all(math.isfinite(moment) for moment in _second_moments(market.tails, calendar.dt)):
        products, row = _mean_products(scenario), list(market.assets).index
        for one, other in combinations_with_replacement(brownian, 2):
            what = f"product of the Brownian values of {one} and {other}" if one != other else f"squared value of {one}"
            yield Control(what, brownian[one] * brownian[other] - products[row(one), row(other)])
    largest = _largest_factors(scenario)
    for name, values in brownian.items():
        spread = market.assets[name].mean_volatility * math.sqrt(_horizon(calendar))
        if _finite_exponential(market.tails, (market.assets[name].mean_volatility * largest[name]) ** 2, calendar.dt):
            logs = outcomes.log_martingale.get(name, spread * values - 0.5 * spread**2)
            yield Control(f"exponential martingale of {name}", np.expm1(np.asarray(logs)))


def _shock_controls(scenario: Scenario, outcomes: Outcomes) -> Iterator[Control]:
    """The controls of the shocks."""
    horizon = _horizon(scenario.calendar)
    for source in _random_sources(scenario):
        law = source.count_law(horizon)
        assert law is not None  # refused before
        counts = np.asarray(outcomes.event_counts[source.name]).astype(np.float64)
        yield Control(f"number of events of {source.name}", counts - float((np.arange(law.size) * law).sum()))
        if isinstance(source, Shock) and source.once:
            time = np.full(counts.size, horizon)
            happened = counts > 0.0
            time[happened] = source.hazard.inverse(np.asarray(outcomes.hazards[source.name])[happened])
            yield Control(f"time without {source.name}", time - _mean_time(source.hazard, horizon))


def _horizon(calendar: Calendar) -> float:
    return calendar.time(calendar.steps)


def _random_sources(scenario: Scenario) -> list[EventSource]:
    """The sources whose number of events differs from path to path."""
    found = []
    for source in scenario.market.shocks:
        law = None if source.name in scenario.forced else source.count_law(_horizon(scenario.calendar))
        if law is not None and law[1:].any():
            found.append(source)
    return found


def _mean_time(hazard: Hazard, horizon: float) -> float:
    """Mean of the time to the first event or the horizon: ∫ exp(-Λ(t)) dt."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    width = horizon / PANELS
    times = width * (np.arange(PANELS)[:, None] + 0.5 * (nodes + 1.0))
    survival = np.exp(-hazard.cumulative(times.ravel())).reshape(times.shape)
    return float(0.5 * width * (survival * weights).sum())


def _second_moments(tails: Sequence[TimeChange], dt: float) -> list[float]:
    """E[(G / dt)²] of each time change; all are known."""
    return [moment for time_change in tails if (moment := time_change.second_moment(dt)) is not None]


def _finite_exponential(tails: Sequence[TimeChange], variance_rate: float, dt: float) -> bool:
    """Whether the exponential martingale of an asset has a finite variance, E exp(σ² ΣG) - 1.

    Regimes are in the variance rate; the exponents of two other time changes do not give that of their product.
    """
    uneven = [time_change for time_change in tails if not isinstance(time_change, Regimes)]
    bounds = [bound for time_change in uneven if (bound := time_change.largest_exponent(dt)) is not None]
    return len(bounds) <= 1 and all(variance_rate * dt < bound for bound in bounds)


def _mean_products(scenario: Scenario) -> Array:
    """E[BᵢBⱼ] (asset, asset): the correlation, or its mean over regimes with their factors on the volatility."""
    market = scenario.market
    correlation = market.correlation.to_numpy()
    for time_change in market.tails:
        law = time_change.regime_law(list(market.assets)) if time_change.regimes > 1 else None
        if law is not None:
            tables = time_change.tables(market.moving, correlation, scenario.calendar.dt)
            matrices = correlation[None] if tables.correlation is None else tables.correlation
            own = np.broadcast_to(matrices, (len(law[0]), *correlation.shape))
            mean: Array = np.einsum("k,ki,kj,kij->ij", law[0], tables.volatility, tables.volatility, own)
            return mean
    return correlation


def _largest_factors(scenario: Scenario) -> dict[str, float]:
    """The largest factor of any regime on the volatility of each asset."""
    market = scenario.market
    largest = dict.fromkeys(market.assets, 1.0)
    for time_change in market.tails:
        if time_change.regimes > 1:
            tables = time_change.tables(market.moving, market.correlation.to_numpy(), scenario.calendar.dt)
            largest = dict(zip(market.assets, tables.volatility.max(axis=0).tolist(), strict=True))
    return largest


def _uncertain_parameters(scenario: Scenario) -> Iterator[str]:
    """Every uncertain parameter, in words."""
    for name, asset in scenario.market.assets.items():
        for parameter in ("expected_return", "volatility"):
            if isinstance(getattr(asset, parameter), Uncertain):
                yield f"{parameter} of {name}"
    for shock in scenario.market.shocks:
        if isinstance(shock, Shock):
            if isinstance(shock.rate, Uncertain):
                yield f"rate of {shock.name}"
            for name, impact in shock.impacts.items():
                if isinstance(impact.mean, Uncertain):
                    yield f"impact of {shock.name} on {name}"
