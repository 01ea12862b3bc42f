"""Regimes: states of the market, each with its own volatility, correlation and drift."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import LOG_DRIFT, plausible
from riskkit._core.frozen import Converted, FrozenMap, memoized, set_fields
from riskkit._core.random_stream import RandomStream
from riskkit._core.size_limits import MOST_REGIMES
from riskkit._core.validation import (
    checked_name,
    number,
    require_at_most,
    require_known,
    require_unique,
    short_repr,
    text,
)
from riskkit.market.diffusion._correlation import correlation_matrix, factor
from riskkit.market.time_change._time_change import CompiledForm, RegimeTables, TimeChange

__all__ = ["Regime", "Regimes"]

PerAsset = float | Mapping[str, float]

#: Bounds within which the square of a factor on the volatility is a float.
SQUARED = {"at_least": 1e-100, "at_most": 1e100}


@dataclass(frozen=True)
class Regime:
    """One state of the market.

    Parameters
    ----------
    volatility : float or mapping of str to float
        Volatility relative to that of the other states, > 0 (from 1e-100 to 1e100); one for all assets, or by asset,
        where missing ones are 1.
    drift : float or mapping of str to float
        Yearly log drift relative to that of the other states, from -100 to 100; one for all assets that have a
        volatility, or by asset, where missing ones have 0.
    correlation : nested mapping or DataFrame, optional
        Of log returns in this state, missing pairs 0; by default the market's.

    Warns
    -----
    RiskkitWarning
        If a drift is above 10 or below -10: most likely a percentage was meant.

    Examples
    --------
    >>> Regime(volatility=2.5, drift=-0.4)
    Regime(volatility=2.5, drift=-0.4, correlation=None)
    """

    volatility: PerAsset = 1.0
    drift: PerAsset = 0.0
    correlation: Converted[
        pd.DataFrame | Mapping[str, Mapping[str, float]] | None, Mapping[str, Mapping[str, float]] | None
    ] = field(default=cast(Any, None))

    def __post_init__(self) -> None:
        volatility = _per_asset("Regime: volatility", self.volatility, above=0.0)
        set_fields(
            self,
            volatility=_per_asset("Regime: volatility", volatility, **SQUARED),
            drift=_plausible_drift("Regime: drift", _per_asset("Regime: drift", self.drift)),
            correlation=_nested(self.correlation),
        )

    def check(self, what: str, names: Sequence[str]) -> None:
        """Refuse names that are no assets, and a correlation that is none."""
        for quantity in (self.volatility, self.drift):
            if isinstance(quantity, Mapping):
                require_known(what, quantity, names)
        if self.correlation is not None:
            try:
                factor(correlation_matrix(self.correlation, list(names)))
            except InvalidInput as error:
                raise InvalidInput(f"{what}: {error}") from None


@dataclass(frozen=True)
class Regimes(TimeChange):
    """Two or more states between which the whole market switches.

    Parameters
    ----------
    states : mapping of str to Regime
        At least two.
    switching : mapping of str to mapping of str to float
        State → other state → expected switches a year, >= 0; missing pairs are 0. Every state must be reached from
        every other, over others or not.

    Notes
    -----
    A Markov chain in continuous time, seen at the steps; it starts from its stationary law, and its state holds
    within a step (Hamilton 1989, "A new approach to the economic analysis of nonstationary time series"). The squared
    volatilities are scaled so that their mean over the stationary law is 1, and the drifts shifted step by step so
    that E[S_t] = (1 + m)**t. So an asset's volatility and expected return keep their meaning.

    Examples
    --------
    >>> regimes = Regimes(
    ...     {"calm": Regime(), "storm": Regime(volatility=3.0)},
    ...     switching={"calm": {"storm": 0.5}, "storm": {"calm": 4.0}},
    ... )
    >>> {name: round(share, 3) for name, share in regimes.shares.items()}
    {'calm': 0.889, 'storm': 0.111}
    """

    states: Mapping[str, Regime]
    switching: Mapping[str, Mapping[str, float]] = field(kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.states, Mapping) or len(self.states) < 2:
            raise InvalidInput(
                f"Regimes: states must be a mapping of at least two {{name: Regime}}, got {short_repr(self.states)}"
            )
        require_at_most("Regimes: states", self.states, MOST_REGIMES)
        for name, state in self.states.items():
            if not isinstance(state, Regime):
                raise InvalidInput(f"Regimes: state {name!r} must be a Regime, got {short_repr(state)}")
        names = [checked_name("Regimes: name of a state", name) for name in self.states]
        require_unique("Regimes: names of states", names)
        set_fields(self, states=FrozenMap(dict(zip(names, self.states.values(), strict=True))))
        if not isinstance(self.switching, Mapping):
            raise InvalidInput(
                f"Regimes: switching must be a mapping {{state: {{state: rate}}}}, got {short_repr(self.switching)}"
            )
        rates = {}
        for source, targets in self.switching.items():
            require_known("Regimes: switching from", [source], self.states)
            if not isinstance(targets, Mapping):
                raise InvalidInput(f"Regimes: switching from {source!r} must be a mapping, got {short_repr(targets)}")
            require_known(
                f"Regimes: switching from {source!r} to", targets, [name for name in self.states if name != source]
            )
            rates[source] = FrozenMap(
                {
                    to: number(f"Regimes: switching {source!r} to {to!r}", rate, at_least=0.0)
                    for to, rate in targets.items()
                }
            )
        set_fields(self, switching=FrozenMap(rates))
        linked = np.linalg.matrix_power(np.eye(len(self.states)) + (self._rates > 0.0), len(self.states)) > 0.0
        if not linked.all():
            source, to = (list(self.states)[index] for index in np.argwhere(~linked)[0])
            raise InvalidInput(
                f"Regimes: switching must lead from every state to every other, got no way {source!r} to {to!r}"
            )

    @property
    def shares(self) -> dict[str, float]:
        """Share of time in each state, in the long run and at every moment."""
        return dict(zip(self.states, self._stationary.tolist(), strict=True))

    @cached_property
    def _rates(self) -> Array:
        """Generator of the chain (from, to)."""
        names = list(self.states)
        rates = np.array([[self.switching.get(a, {}).get(b, 0.0) for b in names] for a in names])
        result: Array = rates - np.diag(rates.sum(axis=1))
        return result

    @cached_property
    def _stationary(self) -> Array:
        size = len(self.states)
        system = np.vstack([self._rates.T, np.ones(size)])
        share: Array = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)[0]
        return share

    def transitions(self, dt: float) -> Array:
        """Probability of each state one step after each (from, to)."""
        from scipy.linalg import expm

        chances: Array = np.clip(expm(self._rates * dt), 0.0, 1.0)
        return chances

    def scales(self, names: Sequence[str]) -> Array:
        """Factor on the volatility (state, asset), with a mean square of 1 under the stationary law."""
        scales = _table([state.volatility for state in self.states.values()], names, 1.0)
        result: Array = scales / np.sqrt(self._stationary @ scales**2)
        return result

    def pushes(self, moving: Mapping[str, bool], dt: float) -> Array:
        """Log drift a step (state, asset), before it is re-centred; `moving` says which assets have a volatility."""
        drifts = [
            state.drift if isinstance(state.drift, Mapping) else {name: state.drift for name in moving if moving[name]}
            for state in self.states.values()
        ]
        return dt * _table(drifts, list(moving), 0.0)

    @memoized
    def recentring(self, moving: FrozenMap[bool], dt: float, steps: int) -> Array:
        """Log drift of each step that makes up for the mean of what `pushes` adds (step, asset)."""
        pushes, chances = np.exp(self.pushes(moving, dt)), self.transitions(dt)
        weight = np.repeat(self._stationary[:, None], len(moving), axis=1)
        result = np.empty((steps, len(moving)))
        for step in range(steps):
            pushed = weight * pushes
            total = pushed.sum(axis=0)
            result[step] = -np.log(total)
            weight = chances.T @ (pushed / total)
        return result

    @property
    def regimes(self) -> int:  # type: ignore[override]
        """Number of states."""
        return len(self.states)

    def check(self, names: Sequence[str]) -> None:
        """Refuse names that are no assets, and correlations that are none."""
        for name, state in self.states.items():
            state.check(f"Market: regime {name!r}", names)

    def start(self, stream: RandomStream, paths: UInts, dt: float) -> Ints:
        """Draw the number of the regime of the first step from the stationary law (path)."""
        edges = np.cumsum(list(self.shares.values()))[:-1]
        uniform = stream.named("regimes").uniforms(paths, 0)[0]
        return np.asarray(np.searchsorted(edges, uniform, side="right"), dtype=np.int64)

    def advance(
        self,
        stream: RandomStream,
        paths: UInts,
        steps: Ints,
        dt: float,
        state: Ints,
    ) -> tuple[Array, Ints, Ints]:
        """Return paces of 1, the regimes, and the regime of the next step."""
        edges = np.cumsum(self.transitions(dt), axis=1)[:, :-1]
        regime = np.empty((steps.size, paths.size), np.int64)
        for row, step in enumerate(steps):
            regime[row] = state
            state = (stream.uniforms(paths, int(step), 1)[0][:, None] > edges[state]).sum(axis=1)
        return np.ones(regime.shape), regime, state

    def tables(self, moving: Mapping[str, bool], correlation: Array, dt: float) -> RegimeTables:
        """Return factors on the volatility, drifts a step and correlations, by default the market's."""
        names = list(moving)
        own = [state.correlation for state in self.states.values()]
        matrices = [correlation if each is None else correlation_matrix(each, names) for each in own]
        return RegimeTables(self.scales(names), self.pushes(moving, dt), np.stack(matrices))

    def compiled(self, dt: float) -> CompiledForm:
        """Return the transition probabilities."""
        return CompiledForm(transitions=self.transitions(dt))

    def second_moment(self, dt: float) -> float:
        """Return 1: within a regime time runs evenly."""
        return 1.0

    def quadrature(self, dt: float) -> tuple[Array, Array]:
        """Return a pace of 1: within a regime time runs evenly."""
        return np.ones(1), np.ones(1)

    def regime_law(self, names: Sequence[str]) -> tuple[Array, Array]:
        """Return the stationary law, and the factors on the volatility."""
        return self._stationary, self.scales(names)

    def largest_exponent(self, dt: float) -> float:
        """Return infinity: factors on the volatility are bounded."""
        return math.inf

    def describe(self) -> str:
        """Return what it does, in words."""
        parts = [f"{name} {percent(share)} of the time" for name, share in self.shares.items()]
        return f"The market switches between states: {', '.join(parts)}"


def _table(values: Sequence[PerAsset], names: Sequence[str], missing: float) -> Array:
    """One number a state and asset (state, asset)."""
    rows = [[value.get(name, missing) if isinstance(value, Mapping) else value for name in names] for value in values]
    return np.array(rows, dtype=np.float64)


def _per_asset(what: str, value: Any, **bounds: float) -> PerAsset:
    if isinstance(value, Mapping):
        return FrozenMap(
            {text(what, name): number(f"{what} of {name!r}", item, **bounds) for name, item in value.items()}
        )
    return number(what, value, **bounds)


def _plausible_drift(what: str, drift: PerAsset) -> PerAsset:
    for name, value in drift.items() if isinstance(drift, Mapping) else ((None, drift),):
        plausible(what if name is None else f"{what} of {name!r}", value, LOG_DRIFT)
    return drift


def _nested(correlation: Any) -> FrozenMap[FrozenMap[float]] | None:
    """Read-only and hashable form of a correlation by name; pairs only, each as it was given."""
    if correlation is None:
        return None
    if isinstance(correlation, pd.DataFrame):
        correlation = {str(name): {str(key): item for key, item in row.items()} for name, row in correlation.iterrows()}
    if not isinstance(correlation, Mapping) or not all(isinstance(row, Mapping) for row in correlation.values()):
        raise InvalidInput(
            f"Regime: correlation must be a DataFrame or {{name: {{name: number}}}}, got {short_repr(correlation)}"
        )
    rows = {
        name: FrozenMap(
            {other: number(f"Regime: correlation of {name!r} and {other!r}", item) for other, item in row.items()}
        )
        for name, row in correlation.items()
    }
    return FrozenMap(cast("dict[str, FrozenMap[float]]", rows))
