"""Sources of events as a user would write them, which several tests share; processes import them from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

import riskkit as rk

__all__ = ["Aftershocks", "DeepeningExit", "SelfExciting"]


class SelfExciting(rk.EventSource):
    """A Hawkes process: each event raises the intensity by `jump`, which fades at the rate `decay` a year.

    Drawn exactly by the next event of the base rate or of what is left of the excess, whichever is first (Dassios and
    Zhao 2013, "Exact simulation of Hawkes process with exponentially decaying intensity").
    """

    rate: float
    jump: float
    decay: float
    impact: Mapping[str, float]

    def check(self, names):
        unknown = set(self.impact) - set(names)
        if unknown:
            raise rk.InvalidInput(f"shock {self.name!r}: impact must be on assets of the market, got {unknown}")

    def draw(self, stream, paths, horizon, fixed=None, earlier=None):
        time, excess, exposure = (np.zeros(paths.size) for _ in range(3))
        path, times, waiting, number = [], [], np.arange(paths.size), 0
        while waiting.size:
            first, second = stream.uniforms(paths[waiting], number)
            before = excess[waiting]
            with np.errstate(divide="ignore", invalid="ignore"):
                left = 1.0 + self.decay * np.log(second) / before
                wait = np.minimum(-np.log(first) / self.rate, np.where(left > 0.0, -np.log(left) / self.decay, np.inf))
            wait = np.minimum(wait, horizon - time[waiting])
            exposure[waiting] += self.rate * wait - before / self.decay * np.expm1(-self.decay * wait)
            time[waiting] += wait
            excess[waiting] = before * np.exp(-self.decay * wait) + self.jump
            waiting = waiting[time[waiting] < horizon]
            path.append(waiting)
            times.append(time[waiting])
            number += 1
        path, times = np.concatenate(path), np.concatenate(times)
        factor = {name: np.full(path.size, 1.0 + change) for name, change in self.impact.items()}
        return rk.Events(path, times, factor, exposure)

    def scaled(self, factor):
        return replace(self, rate=factor * self.rate, jump=factor * self.jump)

    def mean_count(self, horizon):
        """Mean number of events: of the mean intensity, which solves m' = decay (rate - m) + jump m (Hawkes 1971)."""
        speed, ratio = self.decay - self.jump, self.jump / self.decay
        level = self.rate / (1.0 - ratio)
        return level * horizon - level * ratio / speed * -np.expm1(-speed * horizon)


class DeepeningExit(rk.EventSource):
    """An exit at a constant rate that hits the harder the later it comes: the factor is `share` ** (1 + time)."""

    exit: rk.Shock
    share: float = 0.8

    def draw(self, stream, paths, horizon, fixed=None, earlier=None):
        events = self.exit.draw(stream, paths, horizon, fixed)
        return replace(events, factor=dict.fromkeys(events.factor, self.share ** (1.0 + events.time)))

    def mean_factor(self, time):
        """E of the product of the factors up to a time: exp(λ (∫ share^(1+s) ds - t)), or so for a first event."""
        rate, log = self.exit.rate, np.log(self.share)
        if self.exit.once:
            hit = rate * self.share / (log - rate) * np.expm1((log - rate) * time)
            return np.exp(-rate * time) + hit
        return np.exp(rate * (self.share * np.expm1(log * time) / log - time))

    def compensator(self, calendar, names):
        drift = np.zeros((calendar.steps, len(names)))
        gain = -np.diff(np.log(self.mean_factor(np.arange(calendar.steps + 1) * calendar.dt)))
        for name in self.exit.impact:
            drift[:, list(names).index(name)] = gain
        return drift

    def count_law(self, horizon):
        return self.exit.count_law(horizon)

    def scaled(self, factor):
        return replace(self, exit=self.exit.scaled(factor))


class Aftershocks(rk.EventSource):
    """Each event of another source is followed, `delay` years later, by a loss on one asset."""

    main: str
    asset: str
    delay: float = 0.5
    loss: float = 0.1

    @property
    def after(self):
        return (self.main,)

    def draw(self, stream, paths, horizon, fixed=None, earlier=None):
        events = earlier[self.main]
        time = events.time + self.delay
        within = time <= horizon
        factor = {self.asset: np.full(int(within.sum()), 1.0 - self.loss)}
        return rk.Events(events.path[within], time[within], factor)
