"""Growth over one period of a `PeriodLaw`, compiled: draws and their median, and the known mean of a power."""

from __future__ import annotations

import numpy as np

from riskkit._random.compiling import phase

__all__ = ["draw_growth", "log_mean_of_power", "mean_of_logarithm"]

#: Distance from 1 below which a compensation that a hazard cancels is taken at its limit.
SMALL = 1e-9


@phase
def draw_growth(law, draws, events, growth, events_after):
    """Set log growth (holding, draw + 1) and the events after the period (event source, draw + 1).

    The last column is where the diffusion stands at its median and no shock arrives.

    Parameters
    ----------
    law : PeriodLaw
    draws : ndarray (dimension, draw)
        Normals of the diffusion, then for each shock uniforms and the normals of its impacts.
    events : ndarray (event source,)
        Before the period. Of a shock that happens once, the draw is conditional on "not yet".
    """
    holdings, normals = law.loading.shape
    count = draws.shape[1]
    for holding in range(holdings):
        for draw in range(count + 1):
            growth[holding, draw] = law.growth[holding]
        for normal in range(normals):
            loading = law.loading[holding, normal]
            for draw in range(count):
                growth[holding, draw] += loading * draws[normal, draw]
    for source in range(events.size):
        for draw in range(count + 1):
            events_after[source, draw] = events[source]
    place = normals
    for shock in range(law.hazard.size):
        hazard, event = law.hazard[shock], law.event[shock]
        if event < 0 or events[event] == 0.0:
            for holding in range(holdings):
                growth[holding, count] += law.compensation[shock, holding] * hazard
        for draw in range(count):
            uniform, happened, exposure = draws[place, draw], 0, hazard
            if event >= 0:
                exposure = 0.0
                if events[event] == 0.0:
                    arrival = -np.log(uniform)
                    exposure = min(arrival, hazard)
                    if arrival < hazard:
                        happened = 1
                        events_after[event, draw] = 1.0
            else:
                while uniform > law.cumulative[shock, happened]:
                    happened += 1
            for holding in range(holdings):
                growth[holding, draw] += law.compensation[shock, holding] * exposure
            if happened > 0:
                root = np.sqrt(happened)
                for holding in range(holdings):
                    score = 0.0
                    for factor in range(law.factors[shock]):
                        score += law.impact_loading[shock, holding, factor] * draws[place + 1 + factor, draw]
                    sd = law.log_sd[shock, holding] * root
                    growth[holding, draw] += law.log_mean[shock, holding] * happened + sd * score
        place += 1 + law.factors[shock]


@phase
def log_mean_of_power(law, exponents, times, events):
    """Logarithm of the mean of prod(G**a) for the factors G of prices and exponents a (holding), `times` a factor.

    Log growth without shocks is normal. Shocks that can happen again add a compound Poisson sum: h (m - 1), h the
    hazard and m the mean of an impact's power. A shock that happens once, at a time t < h of its hazard or not, has
    growth c t until then: m (1 - exp(-(1 - c) h)) / (1 - c) + exp(-(1 - c) h).
    """
    holdings, normals = law.loading.shape
    result = 0.0
    for holding in range(holdings):
        result += times * exponents[holding] * law.growth[holding]
    for normal in range(normals):
        score = 0.0
        for holding in range(holdings):
            score += times * exponents[holding] * law.loading[holding, normal]
        result += 0.5 * score * score
    for shock in range(law.hazard.size):
        hazard, event = law.hazard[shock], law.event[shock]
        if event >= 0 and events[event] > 0.0:
            continue
        log_impact, compensation = 0.0, 0.0
        for holding in range(holdings):
            log_impact += times * exponents[holding] * law.log_mean[shock, holding]
            compensation += times * exponents[holding] * law.compensation[shock, holding]
        for factor in range(law.factors[shock]):
            score = 0.0
            for holding in range(holdings):
                loading = law.log_sd[shock, holding] * law.impact_loading[shock, holding, factor]
                score += times * exponents[holding] * loading
            log_impact += 0.5 * score * score
        if event < 0:
            result += compensation * hazard + hazard * (np.exp(log_impact) - 1.0)
        else:
            rate = 1.0 - compensation
            arrived = hazard if abs(rate) < SMALL else -np.expm1(-rate * hazard) / rate
            result += np.log(np.exp(log_impact) * arrived + np.exp(-rate * hazard))
    return result


@phase
def mean_of_logarithm(law, exponents, events):
    """Mean of the sum of a * ln G for the factors G of prices and exponents a (holding)."""
    result = 0.0
    for holding in range(exponents.size):
        mean = law.growth[holding]
        for shock in range(law.hazard.size):
            exposure, event = law.hazard[shock], law.event[shock]
            if event >= 0:
                exposure = -np.expm1(-exposure) if events[event] == 0.0 else 0.0
            mean += (law.compensation[shock, holding] + law.log_mean[shock, holding]) * exposure
        result += exponents[holding] * mean
    return result
