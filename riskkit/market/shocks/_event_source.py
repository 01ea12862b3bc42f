"""What makes events: `EventSource`, the contract of every kind of shock, and `Events`, what it draws."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from riskkit._core.array_types import Array, Bools, Ints, UInts
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import FrozenMap, FrozenWhenWritten, freeze_mappings, set_fields
from riskkit._core.random_stream import RandomStream
from riskkit._core.validation import checked_name, short_repr

__all__ = ["TRIGGERED", "EventSource", "Events", "Fixed", "nothing_earlier"]


#: Numbers of triggered events begin behind this one, so that a source's own events keep their draws under contagion.
TRIGGERED = 1 << 40


@dataclass(frozen=True, eq=False)
class Events:
    """The events of one source on a batch of paths.

    Parameters
    ----------
    path : ndarray of int
        Position of the path in the batch (event); a path may have none, or several.
    time : ndarray
        Years from the start, in (0, horizon] (event).
    factor : mapping of str to ndarray
        Asset → what each event multiplies its price by, >= 0 (event). Assets that are not named keep their price.
    exposure : ndarray, optional
        Intensity of the source, integrated along the path to the horizon, or to the event of a source that has at most
        one (path). Without it the source cannot be reweighted.
    drift_after : mapping of str to float
        Asset → change of its yearly log drift after each event.
    once : bool
        Whether a path has at most one event.
    triggered : ndarray of bool, optional
        Whether another source triggered the event (event); by default none.

    Examples
    --------
    Path 0 has two events, path 2 has one:

    >>> events = Events(np.array([0, 2, 0]), np.array([0.5, 0.7, 3.0]), {"TSLA": np.full(3, 0.6)})
    >>> events.number.tolist(), events.count(3).tolist()
    ([0, 0, 1], [2, 0, 1])
    """

    path: Ints
    time: Array
    factor: Mapping[str, Array]
    exposure: Array | None = None
    drift_after: Mapping[str, float] = field(default=FrozenMap({}), kw_only=True)
    once: bool = field(default=False, kw_only=True)
    triggered: Bools | None = field(default=None, kw_only=True)

    @property
    def primary(self) -> Bools:
        """Whether the event is the source's own, and no other source triggered it (event)."""
        return np.ones(self.path.size, np.bool_) if self.triggered is None else ~self.triggered

    @property
    def number(self) -> Ints:
        """Number of each event on its path (event). Its draws are keyed by it.

        They are numbered in the order in which they stand here: own ones from 0 on, triggered ones from 2**40 + 1 on.
        """
        primary, number = self.primary, np.empty(self.path.size, np.int64)
        for chosen, first in ((primary, 0), (~primary, TRIGGERED + 1)):
            path = self.path[chosen]
            order = np.argsort(path, kind="stable")
            ranked = path[order]
            begins = np.flatnonzero(np.diff(ranked, prepend=-1))
            rank = np.empty(path.size, np.int64)
            rank[order] = np.arange(path.size) - np.repeat(begins, np.diff(begins, append=path.size))
            number[chosen] = first + rank
        return number

    def count(self, paths: int) -> Ints:
        """Return the number of own events on each of so many paths (path)."""
        own = self.path if self.triggered is None else self.path[~self.triggered]
        counts: Ints = np.bincount(own, minlength=paths)
        return counts


#: What is fixed of a source's events beforehand: their number (path), the time in years of the one event of every path,
#: or times and paths of all events, triggered ones among them.
Fixed = Ints | float | Events

nothing_earlier: Mapping[str, Events] = MappingProxyType({})


class EventSource(FrozenWhenWritten, ABC):
    """A kind of shock: when its events happen, and what they do to prices; for ``Market(shocks=[...])``.

    A subclass becomes a frozen dataclass by being written, and must define `draw`. Events are drawn before prices: they
    may depend on time, on chance and on the events of other sources, and on nothing else. All other methods have
    defaults; what a source does not define, such as its compensator, is refused by its name where it is needed.

    Parameters
    ----------
    name : str
        Its name in results, a keyword; by default the class name in words. Names must be unique in a market, and random
        numbers are keyed by them.
    after : tuple of str
        Names of sources of the market whose events this one depends on, a keyword; its default is what the class sets,
        as in ``after = ("founder exit",)``. A class may define it as a property of its fields instead.

    See Also
    --------
    riskkit.Shock : the built-in kind, a hazard and an impact on each holding.
    riskkit.Contagion : a link by which an event of one source triggers an event of another.

    Examples
    --------
    A founder's exit that hits harder the later it comes:

    >>> import riskkit as rk
    >>> class LateExit(rk.EventSource):
    ...     exit: rk.Shock
    ...     growth: float = 0.1
    ...     def draw(self, stream, paths, horizon, fixed=None, earlier=None):
    ...         events = self.exit.draw(stream, paths, horizon, fixed)
    ...         power = 1.0 + self.growth * events.time
    ...         return dataclasses.replace(events, factor={name: f**power for name, f in events.factor.items()})
    >>> late = LateExit(rk.Shock("exit", 0.05, {"TSLA": -0.5}, once=True))
    >>> market = rk.Market({"TSLA": rk.Asset(0.08, 0.5)}, shocks=[late])
    >>> market.shocks[0].name
    'late exit'
    """

    keywords = MappingProxyType({"name": "str", "after": "tuple[str, ...]"})

    name: str = dataclasses.field(default="event source", kw_only=True)
    after: tuple[str, ...] = dataclasses.field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        set_fields(self, name=checked_name("name of a shock", self.name))
        if not isinstance(self.after, tuple):
            raise InvalidInput(
                f"shock {self.name!r}: after must be a tuple of names of shocks, got {short_repr(self.after)}"
            )
        for name in self.after:
            checked_name(f"shock {self.name!r}: name in after", name)
        freeze_mappings(self)

    def check(self, names: Sequence[str]) -> None:
        """Refuse a market that the source cannot be part of, for example for an unknown asset.

        Parameters
        ----------
        names : sequence of str
            The market's assets.
        """

    @abstractmethod
    def draw(
        self,
        stream: RandomStream,
        paths: UInts,
        horizon: float,
        fixed: Fixed | None = None,
        earlier: Mapping[str, Events] = nothing_earlier,
    ) -> Events:
        """Draw the events on a batch of paths up to `horizon`.

        Each path must be treated by itself, and each draw keyed by the path's number, as in ``stream.uniforms(paths,
        number)``: the events of a path must not depend on the batch that it is in.

        Parameters
        ----------
        stream : RandomStream
            The source's own stream.
        paths : ndarray of uint64
            Numbers of the paths (path).
        horizon : float
            Years.
        fixed : optional
            What is fixed beforehand; the rest is drawn conditional on it. An array of int: the number of events on each
            path (path), which stratified sampling asks for. A float: the time of the one event that every path has,
            which forced events ask for. `Events` without factors: paths and times of all events, which contagion asks
            for. Events that do not meet it are refused, with the name of the source.
        earlier : mapping of str to Events
            The events of the sources in `after`.

        Returns
        -------
        Events
        """

    def compensator(self, calendar: Calendar, names: Sequence[str]) -> Array | None:
        """Return the log drift of each step that offsets the mean effect of the events (step, asset).

        Parameters
        ----------
        calendar : Calendar
            The grid of steps.
        names : sequence of str
            The market's assets.

        Returns
        -------
        ndarray or None
            With it E[S_t] = (1 + m)**t under ``Market(compensate=True)``: it is minus the growth of the logarithm of
            the mean product of the factors up to the end of each step. None, the default: ``compensate=True`` is
            refused.
        """
        return None

    def count_law(self, horizon: float) -> Array | None:
        """Return the probabilities of 0, 1, 2, … events within `horizon` years (count).

        None, the default: stratified sampling of this source is refused.
        """
        return None

    def scaled(self, factor: float) -> EventSource | None:
        """Return the source with its intensity multiplied by `factor` >= 0.

        None, the default: reweighting of this source is refused.
        """
        return None

    def at_means(self) -> EventSource:
        """Return the source with uncertain parameters known to be their means; by default the source itself."""
        return self

    def describe(self) -> str:
        """Return one sentence: how often, what it does, and that it is an assumption."""
        return f"{self.name}: {self!r} (assumption)"
