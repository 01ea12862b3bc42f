"""The events of the slow, readable twin: one path's random numbers, shock arrivals, and contagion between shocks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import riskkit as rk
from riskkit._random.streams import Stream

#: Triggered events have the numbers after this one.
TRIGGERED = 2**40


@dataclass
class ShockEvent:
    """What one event of a shock did on one path."""

    time: float
    factors: dict[str, float]


@dataclass
class Draws:
    """The random numbers of one path."""

    path: int
    seed: int

    def normals(self, name: str, step: int | range, draw: int = 0) -> list[Any]:
        """Two of them, or two lists of them for a range of steps."""
        return self.drawn(Stream(self.seed, name).normals, step, draw)

    def uniforms(self, name: str, step: int | range, draw: int = 0) -> list[Any]:
        return self.drawn(Stream(self.seed, name).uniforms, step, draw)

    def drawn(self, source: Callable[..., np.ndarray], step: int | range, draw: int) -> list[Any]:
        if isinstance(step, int):
            return source(self.paths, step, draw)[:, 0].tolist()
        return source(np.full(len(step), self.path, dtype=np.uint64), np.array(step), draw).tolist()

    def score(self, unsure: rk.Uncertain, place: str) -> float:
        """The normal behind an uncertain parameter: one for 16 paths, and for all that share a word."""
        name = f"uncertain shared {unsure.shared}" if unsure.shared else f"uncertain of {place}"
        return Draws(self.path // 16, self.seed).normals(name, 0)[0]

    @property
    def paths(self) -> np.ndarray:
        return np.array([self.path], dtype=np.uint64)


def events_of(scenario: rk.Scenario, path: int, seed: int) -> dict[str, list[ShockEvent]]:
    """Shock → its events in time order, own and triggered."""
    return events_and_opportunities(scenario, path, seed)[0]


def events_and_opportunities(
    scenario: rk.Scenario, path: int, seed: int
) -> tuple[dict[str, list[ShockEvent]], list[tuple[float, rk.Contagion]]]:
    """The events, and when each link might have passed: its target was alive, whether it was triggered or not."""
    market, draws = scenario.market, Draws(path, seed)
    horizon = scenario.calendar.time(scenario.calendar.steps)
    shocks = {shock.name: shock for shock in market.shocks}
    waiting: list[tuple[float, str, int, rk.Contagion | None]] = []
    for shock in market.shocks:
        waiting += [(time, shock.name, n, None) for n, time in enumerate(own_times(shock, horizon, draws))]
    happened: dict[str, list[tuple[float, int]]] = {name: [] for name in shocks}
    counts = dict.fromkeys(shocks, 0)
    opportunities = []
    while waiting:
        waiting.sort(key=lambda event: event[0])
        time, name, number, link = waiting.pop(0)
        if shocks[name].once and happened[name]:
            continue
        if link is not None:
            opportunities.append((time, link))
            if draws.uniforms(f"contagion {link.source!r} to {link.target!r}", number)[0] >= link.probability:
                continue
            counts[name] += 1
            number = TRIGGERED + counts[name]
        happened[name].append((time, number))
        for next_link in market.contagion:
            if next_link.source == name and time + next_link.delay < horizon:
                waiting.append((time + next_link.delay, next_link.target, number, next_link))
    events = {
        name: [ShockEvent(time, price_factors(shocks[name], number, draws)) for time, number in each]
        for name, each in happened.items()
    }
    return events, opportunities


def own_times(shock: rk.Shock, horizon: float, draws: Draws) -> list[float]:
    """Times of the shock's own events before the horizon: exponential gaps, in the time of the integrated hazard."""
    speed = 1.0
    if isinstance(shock.rate, rk.Uncertain):
        speed = drawn(shock.rate, f"rate of {shock.name}", draws) / shock.rate.mean
    total = speed * float(shock.hazard.cumulative(horizon))
    times: list[float] = []
    reached = 0.0
    while not (shock.once and times):
        reached -= math.log(draws.uniforms(f"shock {shock.name}", len(times))[0])
        if reached >= total:
            break
        times.append(float(shock.hazard.inverse(reached / speed)))
    return times


def price_factors(shock: rk.Shock, number: int, draws: Draws) -> dict[str, float]:
    """1 + impact on each holding at the event of a number: lognormal, the logs correlated `together`."""
    names = sorted(shock.impact)
    size = len(names)
    stream = f"shock {shock.name}"
    normals = [normal for pair in range((size + 1) // 2) for normal in draws.normals(stream, number, 1 + pair)][:size]
    # Their matrix stretches what is common by 1 + (n - 1) ρ, and what is not by 1 - ρ.
    common = sum(normals) / size
    apart, together = math.sqrt(1.0 - shock.together), math.sqrt(max(1.0 + (size - 1) * shock.together, 0.0))
    factors = {}
    for name, own in zip(names, normals, strict=True):
        normal = own if size == 1 else apart * (own - common) + together * common
        impact = shock.impact[name]
        mean = impact.mean.mean if isinstance(impact.mean, rk.Uncertain) else impact.mean
        variance = math.log(1.0 + (impact.sd / (1.0 + mean)) ** 2)
        level = (1.0 + mean_impact(shock, name, draws)) / (1.0 + mean)
        factors[name] = (1.0 + mean) * level * math.exp(math.sqrt(variance) * normal - 0.5 * variance)
    return factors


def hazard(shock: rk.Shock, events: list[ShockEvent], draws: Draws, begin: float, end: float) -> float:
    """Integrated hazard of a step while the shock can still happen, at the speed of the path's own rate."""
    if shock.once and events:
        begin, end = min(begin, events[0].time), min(end, events[0].time)
    passed = float(shock.hazard.cumulative(end)) - float(shock.hazard.cumulative(begin))
    if isinstance(shock.rate, rk.Uncertain):
        passed *= drawn(shock.rate, f"rate of {shock.name}", draws) / shock.rate.mean
    return passed


def mean_impact(shock: rk.Shock, name: str, draws: Draws) -> float:
    """Expected impact on a holding, as the path has drawn it."""
    if name not in shock.impact:
        return 0.0
    return drawn(shock.impact[name].mean, f"impact of {shock.name!r} on {name!r}", draws, offset=1.0)


def drawn(value: float | rk.Uncertain, place: str, draws: Draws, offset: float = 0.0) -> float:
    """A number, or the path's draw of an uncertain one: value + offset is lognormal with its mean and sd."""
    if not isinstance(value, rk.Uncertain):
        return value
    variance = math.log(1.0 + (value.sd / (value.mean + offset)) ** 2)
    level = math.exp(math.sqrt(variance) * draws.score(value, place) - 0.5 * variance)
    return (value.mean + offset) * level - offset
