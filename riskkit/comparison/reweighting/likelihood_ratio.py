"""Reweighting: the same paths under other shock rates, weighted by their likelihood ratios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.validation import number, require_known, short_repr
from riskkit.comparison.reweighting.importance_weights import reweighted
from riskkit.comparison.reweighting.moment_matching import is_matched, matched, warn_of_plain
from riskkit.comparison.run_data import Run
from riskkit.market import EventSource, Shock
from riskkit.scenario.hedged_books import priced_at_model_volatility

__all__ = ["log_likelihood_ratio", "reweight"]


def reweight(
    result: Run, rates: Mapping[str, float] | None = None, *, factors: Mapping[str, float] | None = None
) -> Run:
    """The same comparison under other shock rates, without simulating again.

    Parameters
    ----------
    rates : mapping of str to float, optional
        Shock → its new rate a year, >= 0, for shocks with a constant rate.
    factors : mapping of str to float, optional
        Shock → what its rate or hazard is multiplied by, >= 0; of an `EventSource` of your own, its intensity.

    Returns
    -------
    Comparison
        Its scenario has the new rates, its paths have new weights, and its notes and printed text state the effective
        sample size. All errors and paired differences hold under the new weights. It can be reweighted again.

    Raises
    ------
    InvalidInput
        - If there is no such shock, or neither rates nor factors are given, or a shock comes in both.
        - If the effective sample size falls below 100 paths, or 1 % of the paths with a weight > 0: run the
          scenario at the new rate.
        - If the rate is 0 and is to rise: there are no paths with that shock.
        - If an `EventSource` has no exposure, or does not define ``scaled``.
        - If expected returns include the shocks (``compensate=True``): the drift moves with the rate.
        - If options are priced at the model's own volatility, which moves with the rate, too.
        - If the shock is forced by `Scenario.with_event`, or the result is tilted: reweight first, then tilt.

    Warns
    -----
    RiskkitWarning
        If the result is moment matched, and the weights of the new one cannot be.

    Notes
    -----
    A path's weight is multiplied by its likelihood ratio, Π c**n exp(-(c - 1) Λ) over the shocks, with c the factor, n
    the number of events and Λ the hazard integrated to the horizon, or to the event of a ``once`` shock (Brémaud,
    *Point Processes and Queues* (1981), chapter VI); then all weights are scaled to sum to 1.
    Those of a moment-matched result are matched anew, with the means of the new rates.

    Examples
    --------
    >>> import riskkit as rk
    >>> portfolio = rk.Portfolio([rk.Holding("A", 1, founder="Ann")])
    >>> exit_ = rk.founder_exit(portfolio, "Ann", 0.02, -0.5)
    >>> market = rk.Market({"A": rk.Asset(0.08, 0.3)}, shocks=exit_)
    >>> result = rk.compare(rk.Scenario(portfolio, market, rk.Hold(), steps_per_year=12), paths=1000, seed=1)
    >>> riskier = result.reweight({"founder exit": 0.04})
    >>> riskier.scenario.market.shocks[0].rate, 800 < riskier.effective_sample_size < 1000
    (0.04, True)
    """
    market = result.scenario.market
    if market.compensate:
        raise InvalidInput(
            "reweight needs a market whose expected returns do not include the shocks, got compensate=True, where the "
            "drift moves with the rate; run rk.compare on the scenario with the new rate"
        )
    if moving := priced_at_model_volatility(result.scenario.rules, market):
        raise InvalidInput(
            "reweight needs options whose implied volatility is a number, got volatility=None for the "
            f"{moving[0].label}, whose price moves with the rate; give OptionPricing a volatility, or run rk.compare "
            "on the scenario with the new rate"
        )
    if "tilted" in result.notes:
        raise InvalidInput("reweight needs a result that is not tilted, as its views would no longer hold; tilt last")
    shocks = {shock.name: shock for shock in market.shocks}
    changed = _changed(shocks, rates or {}, factors or {})
    hazards = dict(result.outcomes.hazards)
    logs = np.zeros(result.paths)
    changes = []
    for name, (factor, shock) in changed.items():
        if np.isnan(np.asarray(hazards[name])).any():
            raise InvalidInput(
                f"reweight: shock {name!r} must have an exposure to be reweighted, got Events without one; run "
                "rk.compare on a scenario with the new intensity"
            )
        if name in result.scenario.forced:
            raise InvalidInput(f"reweight: shock {name!r} must not be forced, got one that happens whatever its rate")
        logs += log_likelihood_ratio(np.asarray(result.outcomes.event_counts[name]), np.asarray(hazards[name]), factor)
        # So that a second reweighting starts from the new rate.
        hazards[name] = factor * hazards[name]
        changes.append(_change_in_words(shocks[name], shock, factor))
        shocks[name] = shock
    earlier = [result.notes["reweighted"]] if "reweighted" in result.notes else []
    found = reweighted(
        result,
        logs,
        f"reweight ({'; '.join(changes)})",
        "run rk.compare on the scenario with the new rate",
        {"reweighted": "; ".join([*earlier, *changes])},
    )
    scenario = replace(result.scenario, market=replace(market, shocks=tuple(shocks.values())))
    found = replace(found, scenario=scenario, outcomes=replace(found.outcomes, hazards=hazards))
    if not is_matched(result):
        return found
    rematched, reason = matched(found)
    if reason is not None:
        warn_of_plain(reason)
    return rematched


def log_likelihood_ratio(event_counts: Ints, hazard: Array, factor: float) -> Array:
    """Logarithm of the likelihood ratio of a path for a hazard `factor` times as large: n ln c - (c - 1) Λ.

    Parameters
    ----------
    event_counts : ndarray of int
        Number of events (path).
    hazard : ndarray
        Integrated hazard to the horizon, or to the event of a ``once`` shock (path).
    factor : float
        At least 0; at 0 a path with events has minus infinity.

    Examples
    --------
    >>> np.exp(log_likelihood_ratio(np.array([0, 1]), np.array([0.2, 0.1]), 2.0)).round(6).tolist()
    [0.818731, 1.809675]
    """
    from scipy.special import xlogy

    result: Array = xlogy(event_counts, factor) - (factor - 1.0) * hazard
    return result


def _changed(
    shocks: Mapping[str, EventSource], rates: Mapping[str, float], factors: Mapping[str, float]
) -> dict[str, tuple[float, EventSource]]:
    """Name of each changed shock → its factor, and the new shock."""
    for what, values in (("rates", rates), ("factors", factors)):
        if not isinstance(values, Mapping):
            raise InvalidInput(f"reweight: {what} must be a mapping {{shock: number}}, got {short_repr(values)}")
        require_known(f"reweight: shock in {what}", values, shocks)
    if not rates and not factors:
        raise InvalidInput("reweight must be given a rate or a factor, got none")
    for name in rates:
        if name in factors:
            raise InvalidInput(f"reweight: shock {name!r} must have a rate or a factor, got both")
    return {name: _to_rate(shocks[name], rate) for name, rate in rates.items()} | {
        name: _by_factor(shocks[name], factor) for name, factor in factors.items()
    }


def _to_rate(shock: EventSource, rate: float) -> tuple[float, EventSource]:
    """Replace a constant rate by another."""
    what = f"reweight: rate of shock {shock.name!r}"
    new, old = number(what, rate, at_least=0.0), shock.rate if isinstance(shock, Shock) else shock
    if not isinstance(shock, Shock) or not isinstance(old, float):
        raise InvalidInput(
            f"{what} must replace a constant rate, got one in the place of {old!r}; "
            f"say factors={{{shock.name!r}: ...}} to multiply that hazard"
        )
    if old == 0.0 < new:
        raise InvalidInput(
            f"{what} must be 0, as it is in this result, got {new!r}: there are no paths with that shock to be "
            "reweighted; run rk.compare on a scenario in which it has a rate, and reweight from there"
        )
    return (new / old if old else 1.0), replace(shock, rate=new)


def _by_factor(shock: EventSource, factor: float) -> tuple[float, EventSource]:
    """Multiply a rate, a hazard or an intensity."""
    what = f"reweight: factor of shock {shock.name!r}"
    factor = number(what, factor, at_least=0.0)
    if isinstance(shock, Shock) and isinstance(shock.rate, float):
        return _to_rate(shock, factor * shock.rate)
    new = shock.scaled(factor)
    if new is None:
        raise InvalidInput(
            f"{what} needs a source that defines scaled(factor), got None; run rk.compare on a scenario with the new "
            "intensity"
        )
    if not isinstance(new, EventSource) or new.name != shock.name:
        raise InvalidInput(f"{what}: scaled must return a source of the same name, got {short_repr(new)}")
    return factor, new


def _change_in_words(old: EventSource, new: EventSource, factor: float) -> str:
    before, after = (each.rate if isinstance(each, Shock) else None for each in (old, new))
    if isinstance(before, float) and isinstance(after, float):
        return f"{old.name} from {percent(before)} to {percent(after)} a year"
    return f"{old.name} at {factor:g} times its hazard"
