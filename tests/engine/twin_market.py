"""The market of the slow, readable twin: the prices of one path, step by step as in SEMANTICS, in plain Python.

It shares no code with the engine. Random numbers come from `Stream`; what happens with them is worked out here and in
`twin_events`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr
from twin_events import Draws, ShockEvent, drawn, events_and_opportunities, hazard, mean_impact

import riskkit as rk

WORTHLESS = 1e-150


@dataclass
class PricePath:
    """Prices of one path, and what else happens on it that a book must know."""

    points: list[dict[str, float]]  # price of every asset at each point 0 … T, 1 at the start
    hit: list[set[str]]  # at each point: the assets that a shock of its step has hit
    death: int | None  # point at the end of the step in which the investor dies
    at_death: dict[str, float]  # prices at the death's place among the shocks of that step
    first_events: dict[str, float]  # time of the first event of each shock that happens


def prices_of(scenario: rk.Scenario, path: int, seed: int) -> list[dict[str, float]]:
    """Price of every asset of the market at each point 0 … T, 1 at the start."""
    return path_of(scenario, path, seed).points


def path_of(scenario: rk.Scenario, path: int, seed: int) -> PricePath:
    """Prices step by step: diffusion first, then the shocks of the step in their time order."""
    market, calendar, draws = scenario.market, scenario.calendar, Draws(path, seed)
    steps, dt = calendar.steps, calendar.dt
    horizon = calendar.time(steps)
    events, opportunities = events_and_opportunities(scenario, path, seed)
    moves = days_of_history(market, draws, steps) if market.history else diffusion(market, draws, steps, dt)
    dies = death_of(scenario, draws)
    prices = dict.fromkeys(market.assets, 1.0)
    drift = dict.fromkeys(market.assets, 0.0)  # what drift_after has added so far, a year
    first_events = {name: min(event.time for event in each) for name, each in events.items() if each}
    found = PricePath([dict(prices)], [set()], None, {}, first_events)
    for step in range(steps):
        begin, end = step * dt, (step + 1) * dt
        for row, (name, asset) in enumerate(market.assets.items()):
            growth = (log_growth(asset, name, draws, horizon) + drift[name]) * dt + moves[step][row]
            for shock in market.shocks if market.compensate else ():
                growth -= hazard(shock, events[shock.name], draws, begin, end) * mean_impact(shock, name, draws)
            prices[name] *= math.exp(growth)
        hit: set[str] = set()
        happen: list[tuple[float, Any, Any]] = [
            (event.time, shock, event) for shock in market.shocks for event in events[shock.name]
        ]
        happen += [(time, None, link) for time, link in opportunities if market.compensate]
        happen += [(dies, None, None)] if dies < horizon else []
        for time, shock, what in sorted(happen, key=lambda each: each[0]):
            if not begin < time <= end:
                continue
            if shock is not None:
                hit |= set(what.factors)
                apply_event(prices, drift, shock, what, end)
            elif what is not None:
                target = next(shock for shock in market.shocks if shock.name == what.target)
                for name in target.impact:
                    prices[name] /= 1.0 + what.probability * mean_impact(target, name, draws)
            else:
                found.death, found.at_death = step + 1, alive(prices)
        prices = alive(prices)
        found.points.append(dict(prices))
        found.hit.append(hit)
    return found


def apply_event(
    prices: dict[str, float], drift: dict[str, float], shock: rk.Shock, event: ShockEvent, end: float
) -> None:
    """One event of a shock, applied at the end of its step."""
    for name, factor in event.factors.items():
        prices[name] *= factor
    for name, change in (shock.drift_after or {}).items():
        prices[name] *= math.exp(change * (end - event.time))
        drift[name] += change


def alive(prices: dict[str, float]) -> dict[str, float]:
    """The prices; below the least that counts they are 0, and stay so."""
    return {name: price if price >= WORTHLESS else 0.0 for name, price in prices.items()}


def death_of(scenario: rk.Scenario, draws: Draws) -> float:
    """When the investor dies: the hazard up to then is exponential with mean 1."""
    death = scenario.frictions.death
    if death is None or death == 0.0:
        return math.inf
    arrival = -math.log(draws.uniforms("death", 0)[0])
    return arrival / death if isinstance(death, float) else float(death.inverse(arrival))


# ---------------------------------------------------------------------------------------------------------------------
# Moves between the events: log growth less the expected growth, for each step and asset
# ---------------------------------------------------------------------------------------------------------------------


def diffusion(market: rk.Market, draws: Draws, steps: int, dt: float) -> list[list[float]]:
    """-½ σ² G + σ √G · Cz, with the volatility, correlation and drift of the regime."""
    names = list(market.assets)
    paces, states = paces_of(market, draws, steps, dt), states_of(market, draws, steps, dt)
    regimes = next((law for law in market.tails if isinstance(law, rk.Regimes)), None)
    roots = {name: np.linalg.cholesky(np.array(matrix)) for name, matrix in correlations(market, regimes).items()}
    swings = {name: volatility(market.assets[name], name, draws) for name in names}
    factors, pushes, recentred = regime_moves(market, regimes, steps, dt)
    pairs = range((len(names) + 1) // 2)
    normals = np.array([row for pair in pairs for row in draws.normals("diffusion", range(steps), pair)])
    moves = []
    for step in range(steps):
        shaken = roots[states[step]] @ normals[: len(names), step]
        row = []
        for place, name in enumerate(names):
            swing = swings[name] * factors[states[step]][name] * math.sqrt(paces[step] * dt)
            push = pushes[states[step]][name] + recentred[step][name]
            row.append(swing * shaken[place] - 0.5 * swing**2 + push)
        moves.append(row)
    return moves


def paces_of(market: rk.Market, draws: Draws, steps: int, dt: float) -> list[float]:
    """G / dt of each step: a tail's draw times the rate of clustering."""
    tail = next((law for law in market.tails if isinstance(law, rk.Tail)), None)
    clustered = next((law for law in market.tails if isinstance(law, rk.Clustered)), None)
    scores, knots = (None, None) if tail is None else pace_knots(tail, dt)
    rate = clustered.spread * draws.normals("clustering", 0)[0] if clustered else 0.0
    paces = []
    for score, news in zip(*draws.normals("clock", range(steps)), strict=True):
        pace = 1.0 if tail is None else float(np.interp(score, scores, knots)) ** 2
        if clustered:
            pace *= math.exp(rate - 0.5 * clustered.spread**2)
            retained = 0.5 ** (dt / clustered.half_life)
            rate = retained * rate + clustered.spread * math.sqrt(1.0 - retained**2) * news
        paces.append(pace)
    return paces


def pace_knots(tail: rk.Tail, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """√(G / dt) at 4097 normal scores from -8 to 8, scaled so that its square has mean 1 where it is read linearly."""
    law, scores = tail.law(dt), np.linspace(-8.0, 8.0, 4097)
    knots = np.sqrt(np.where(scores < 0.0, law.ppf(ndtr(scores)), law.isf(ndtr(-scores))))
    nodes, node_weights = np.polynomial.legendre.leggauss(8)
    width = scores[1] - scores[0]
    places = (scores[:-1, None] + 0.5 * width * (nodes + 1.0)).ravel()
    density = np.tile(0.5 * width * node_weights, len(scores) - 1) * np.exp(-0.5 * places**2) / math.sqrt(2.0 * math.pi)
    square = float(density @ np.interp(places, scores, knots) ** 2) + ndtr(-8.0) * (knots[0] ** 2 + knots[-1] ** 2)
    return scores, knots / math.sqrt(square)


def states_of(market: rk.Market, draws: Draws, steps: int, dt: float) -> list[str]:
    """Name of the regime in each step; "" where there are none."""
    for law in market.tails:
        if isinstance(law, rk.Regimes):
            names = list(law.states)
            chances = transitions(law, dt)
            state = picked(draws.uniforms("regimes", 0)[0], long_run(chances))
            path = []
            for uniform in draws.uniforms("clock", range(steps), 1)[0]:
                path.append(names[state])
                state = picked(uniform, chances[state])
            return path
    return [""] * steps


def picked(uniform: float, chances: Any) -> int:
    """The number whose interval of the summed chances holds the uniform."""
    return int(np.count_nonzero(np.cumsum(chances)[:-1] <= uniform))


def transitions(regimes: rk.Regimes, dt: float) -> np.ndarray:
    """Chances from state to state: a Poisson number of jumps of the chain that is seen at the fastest rate."""
    names = list(regimes.states)
    rates = np.array([[regimes.switching.get(one, {}).get(other, 0.0) for other in names] for one in names])
    fastest = rates.sum(axis=1).max()
    jump = np.eye(len(names)) + (rates - np.diag(rates.sum(axis=1))) / fastest
    return sum(
        math.exp(-fastest * dt) * (fastest * dt) ** n / math.factorial(n) * np.linalg.matrix_power(jump, n)
        for n in range(60)
    )


def long_run(chances: np.ndarray) -> np.ndarray:
    """Shares of time: the chances after many steps, whatever the first state."""
    for _ in range(60):
        chances = chances @ chances
        chances /= chances.sum(axis=1, keepdims=True)
    return chances[0]


def regime_moves(
    market: rk.Market, regimes: rk.Regimes | None, steps: int, dt: float
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, float]]]:
    """By state and asset: factor on the volatility and log drift of a step; by step and asset: what re-centres them."""
    names = list(market.assets)
    if regimes is None:
        return {"": dict.fromkeys(names, 1.0)}, {"": dict.fromkeys(names, 0.0)}, [dict.fromkeys(names, 0.0)] * steps
    chances = transitions(regimes, dt)
    shares = long_run(chances)
    raw = {
        state: {name: per_asset(regime.volatility, name, 1.0) for name in names}
        for state, regime in regimes.states.items()
    }
    level = {
        name: math.sqrt(sum(share * raw[state][name] ** 2 for share, state in zip(shares, raw, strict=True)))
        for name in names
    }
    factors = {state: {name: raw[state][name] / level[name] for name in names} for state in raw}
    pushes = {
        state: {name: dt * drift_of(regime, name, market.assets[name]) for name in names}
        for state, regime in regimes.states.items()
    }
    expected = {
        name: expected_products(shares, chances, np.exp([pushes[state][name] for state in pushes]), steps)
        for name in names
    }
    recentred = [{name: math.log(expected[name][t] / expected[name][t + 1]) for name in names} for t in range(steps)]
    return factors, pushes, recentred


def drift_of(regime: rk.Regime, name: str, asset: rk.Asset) -> float:
    """A drift for all assets at once is for those that move."""
    return 0.0 if isinstance(regime.drift, float) and asset.volatility == 0.0 else per_asset(regime.drift, name, 0.0)


def per_asset(value: Any, name: str, missing: float) -> float:
    return value if isinstance(value, float) else value.get(name, missing)


def expected_products(start: Any, chances: np.ndarray, factors: np.ndarray, steps: int) -> list[float]:
    """E of the product of a chain's factors over its first 0 … `steps` steps: π' D (P D)^(t - 1) 1."""
    row, expected = np.array(start), [1.0]
    for _ in range(steps):
        row = row * factors
        expected.append(float(row.sum()))
        row = row @ chances
    return expected


def correlations(market: rk.Market, regimes: rk.Regimes | None) -> dict[str, np.ndarray]:
    """Correlation matrix of each state."""
    plain = np.array(market.correlation)
    if regimes is None:
        return {"": plain}
    names, matrices = list(market.assets), {}
    for state, regime in regimes.states.items():
        matrices[state] = plain if regime.correlation is None else np.eye(len(names))
        for one, row in (regime.correlation or {}).items():
            for other, value in row.items():
                i, j = names.index(one), names.index(other)
                matrices[state][i, j] = matrices[state][j, i] = value
    return matrices


def days_of_history(market: rk.Market, draws: Draws, steps: int) -> list[list[float]]:
    """Log returns of the rows that the blocks run through, shifted alike on all paths for their mean; cash stands."""
    past = market.history
    returns = np.diff(np.log(past.prices.to_numpy()), axis=0)
    rows, jump = len(returns), 1.0 / past.block
    follow = (1.0 - jump) * np.roll(np.eye(rows), 1, axis=1) + jump / rows
    start = np.full(rows, 1.0 / rows)
    expected = [expected_products(start, follow, np.exp(column), steps) for column in returns.T]
    cash = [0.0] * (len(market.assets) - returns.shape[1])
    row, moves = int(draws.uniforms("history", 0, 1)[0] * rows), []
    for step, (ends, place) in enumerate(zip(*draws.uniforms("history", range(steps)), strict=True)):
        moves.append([x + math.log(e[step] / e[step + 1]) for x, e in zip(returns[row], expected, strict=True)] + cash)
        row = int(place * rows) if ends < jump else (row + 1) % rows
    return moves


def log_growth(asset: rk.Asset, name: str, draws: Draws, horizon: float) -> float:
    """Yearly; where it is not known, so that the mean of e^(growth · horizon) over the draws is right."""
    unsure = asset.expected_return
    if not isinstance(unsure, rk.Uncertain):
        return math.log(1.0 + unsure)
    sd = math.sqrt(math.log(1.0 + (unsure.sd / (1.0 + unsure.mean)) ** 2))
    score = draws.score(unsure, f"expected_return of {name}")
    return math.log(1.0 + unsure.mean) + sd * score - 0.5 * sd**2 * horizon


def volatility(asset: rk.Asset, name: str, draws: Draws) -> float:
    return drawn(asset.volatility, f"volatility of {name}", draws)
