"""The slow twin of the compiled draws: growth over a period in plain NumPy."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri


def growth(law, uniforms, events):
    """Log growth (holding, point) and events after the period (event source, point) at points of the unit cube."""
    normals = law.loading.shape[1]
    found = law.growth[:, None] + law.loading @ ndtri(uniforms[:normals])
    after, place = events.copy(), normals
    for shock, hazard in enumerate(law.hazard):
        uniform, place = uniforms[place], place + 1
        event = law.event[shock]
        if event >= 0:
            waiting = events[event] == 0.0
            arrival = -np.log(uniform)
            count = (waiting & (arrival < hazard)).astype(float)
            after[event] += count
            exposure = np.where(waiting, np.minimum(arrival, hazard), 0.0)
        else:
            count = np.searchsorted(law.cumulative[shock], uniform).astype(float)
            exposure = np.full(uniform.shape, hazard)
        scores = law.impact_loading[shock, :, : law.factors[shock]] @ ndtri(
            uniforms[place : place + law.factors[shock]]
        )
        place += law.factors[shock]
        found += law.compensation[shock][:, None] * exposure + law.log_mean[shock][:, None] * count
        found += law.log_sd[shock][:, None] * np.sqrt(count) * scores
    return found, after
