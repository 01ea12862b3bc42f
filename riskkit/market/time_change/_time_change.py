"""What makes the market's time run unevenly: `TimeChange`, the contract of tails, clustering and regimes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._core.frozen import FrozenMap
from riskkit._core.random_stream import RandomStream

__all__ = ["CompiledForm", "RegimeTables", "TimeChange"]


@dataclass(frozen=True, eq=False)
class RegimeTables:
    """What the regimes of a market do to its assets.

    Parameters
    ----------
    volatility : ndarray
        Factor on the volatility, with a mean square of 1 over time (regime, asset).
    drift : ndarray, optional
        Log growth added a step, before it is re-centred (regime, asset); by default none.
    correlation : ndarray, optional
        Of log returns (regime, asset, asset); by default the market's in every regime.
    """

    volatility: Array
    drift: Array | None = None
    correlation: Array | None = None


@dataclass(frozen=True, eq=False)
class CompiledForm:
    """A built-in time change as the kernel runs it by itself.

    Attributes
    ----------
    pace_table : ndarray, optional
        √(G / dt) at evenly spaced normal scores (score).
    log_variance : tuple of float, optional
        AR(1) process of the log of the variance rate: persistence and innovation from step to step, and what half of
        it is lowered by for a mean rate of 1.
    transitions : ndarray, optional
        Probability of each regime one step after each (from, to).
    """

    pace_table: Array | None = None
    log_variance: tuple[float, float, float] | None = None
    transitions: Array | None = None


class TimeChange(ABC):
    """How fast the market's time runs, the same for all assets; for ``Market(tails=...)``.

    A step's log growth is ln(1 + m) dt - σ² G / 2 + σ √G Z, with Z normal and G the time that passes in the step. With
    E G = dt, and G independent of Z, E[S_t] = (1 + m)**t. A subclass gives G by `start` and `advance`, for many paths
    and some steps at a time, in plain NumPy, between two calls of the compiled kernel. A `Tail` needs no more than the
    law of G. Frozen dataclasses are equal by value, as `Market` is.

    Time changes of one market multiply: each must have a mean of 1 by itself.

    Examples
    --------
    Every second year is rough, the other calm, and which is which is a coin's throw:

    >>> import numpy as np
    >>> import riskkit as rk
    >>> @dataclass(frozen=True)
    ... class RoughYears(rk.TimeChange):
    ...     rough: float = 1.8
    ...     def start(self, stream, paths, dt):
    ...         return stream.uniforms(paths, 0)[0] < 0.5
    ...     def advance(self, stream, paths, steps, dt, state):
    ...         odd = np.floor(steps * dt).astype(int) % 2 == 1
    ...         return np.sqrt(np.where(odd[:, None] == state, self.rough, 2.0 - self.rough)), None, state
    >>> market = rk.Market({"A": rk.Asset(0.08, 0.3)}, tails=RoughYears())
    >>> round(float(rk.sample(market, years=1, steps_per_year=12, paths=4000, seed=1).prices[-1].mean()), 2)
    1.08
    """

    #: Number of regimes; with more than one, `tables` says what they do.
    regimes: ClassVar[int] = 1

    #: Whether the paces of steps depend on each other.
    persistent: ClassVar[bool] = True

    @abstractmethod
    def start(self, stream: RandomStream, paths: UInts, dt: float) -> Any:
        """Return the state before the first step.

        Parameters
        ----------
        stream : RandomStream
            The time change's own stream; draws are keyed by the paths' numbers.
        paths : ndarray of uint64
            Numbers of the paths of a batch (path), read-only.
        dt : float
            Length of a step in years.

        Returns
        -------
        object
            Anything, handed to `advance`.
        """

    @abstractmethod
    def advance(
        self, stream: RandomStream, paths: UInts, steps: Ints, dt: float, state: Any
    ) -> tuple[Array, Ints | None, Any]:
        """Return the paces of some steps, and the new state.

        Steps 0 … T - 1 come in order, each once. How they are split into calls, of at most 64, depends on the dates of
        the scenario and may change: the answer must not. So each path is treated by itself, and draws are keyed by its
        number and the step, as in ``stream.normals(paths, step)``.

        Parameters
        ----------
        stream, paths, dt
            As in `start`.
        steps : ndarray of int64
            Numbers of the steps (step).
        state : object
            What `start` or the call before returned; it may be changed in place.

        Returns
        -------
        pace : ndarray
            √(G / dt) >= 0, with a mean square of 1 (step, path).
        regime : ndarray of int, or None
            Number of the regime, from 0 on (step, path); None where there is one only.
        state : object
            The state after these steps.
        """

    def tables(self, moving: Mapping[str, bool], correlation: Array, dt: float) -> RegimeTables:
        """Return what the regimes do to the assets; must be defined where there is more than one.

        Parameters
        ----------
        moving : mapping of str to bool
            Whether each asset of the market has a volatility.
        correlation : ndarray
            Of the market (asset, asset).
        dt : float
            Length of a step in years.
        """
        raise NotImplementedError(f"{type(self).__name__} must define tables(moving, correlation, dt): it has regimes")

    def recentring(self, moving: FrozenMap[bool], dt: float, steps: int) -> Array | None:
        """Return the log drift of each step that makes up for the mean of the regimes' drifts (step, asset).

        None, the default: regimes with drifts are refused.
        """
        return None

    def check(self, names: Sequence[str]) -> None:  # noqa: B027 (optional)
        """Refuse a market that the time change cannot be part of; `names` are its assets."""

    def second_moment(self, dt: float) -> float | None:
        """Return E[(G / dt)²] of a step without the regimes; None, the default: not known."""
        return None

    def quadrature(self, dt: float) -> tuple[Array, Array] | None:
        """Return nodes of the pace of a step, and their probabilities (node); None, the default: not known."""
        return None

    def regime_law(self, names: Sequence[str]) -> tuple[Array, Array] | None:
        """Return the probability of each regime (regime), and its factor on the volatility (regime, asset).

        None, the default: not known.
        """
        return None

    def largest_exponent(self, dt: float) -> float | None:
        """Return the largest c for which E exp(c G / dt) is finite over any horizon; None, the default: not known.

        Whether wealth has negative moments, on which certainty equivalents rest, depends on it.
        """
        return None

    def compiled(self, dt: float) -> CompiledForm | None:
        """Return what the kernel runs by itself; None, the default: `advance` is called."""
        return None

    def describe(self) -> str:
        """Return what it does, in words."""
        return f"Time runs unevenly for all assets at once: {self!r}"
