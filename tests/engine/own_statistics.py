"""User-written statistics that several tests share; processes import them from here."""

from __future__ import annotations

import numpy as np

import riskkit as rk

__all__ = ["Drawdowns", "FirstPassage"]


class Drawdowns(rk.Statistic):
    """Three built-in drawdown statistics once more, point by point in plain NumPy."""

    columns = ("own_max_drawdown", "own_average_drawdown", "own_longest_under_water")

    def start(self, paths, calendar):
        return {name: np.zeros(paths.size) for name in ("deepest", "total", "age", "longest")}

    def update(self, state, first_step, wealth, peak):
        for value, high in zip(wealth, peak, strict=True):
            drawdown, below = 1.0 - value / high, value < high
            spell = state["age"] + (below | (state["age"] > 0.0))
            state["deepest"] = np.maximum(state["deepest"], drawdown)
            state["total"] += drawdown
            state["longest"] = np.maximum(state["longest"], spell)
            state["age"] = np.where(below, spell, 0.0)
        return state

    def finish(self, state, calendar):
        found = state["deepest"], state["total"] / (calendar.steps + 1), state["longest"] * calendar.dt
        return dict(zip(self.columns, found, strict=True))


class FirstPassage(rk.Statistic):
    """Years until wealth is first at or below a level."""

    level: float
    columns = ("first_passage",)
    nan_means = "not within the horizon"

    def start(self, paths, calendar):
        return np.full(paths.size, -1)

    def update(self, state, first_step, wealth, peak):
        below = wealth <= self.level
        return np.where((state < 0) & below.any(axis=0), first_step + below.argmax(axis=0), state)

    def finish(self, state, calendar):
        return {self.columns[0]: np.where(state < 0, np.nan, state * calendar.dt)}
