"""The contract of rules: `Rule`, the `View` that it decides on, and `rule` for a plain function."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, dataclass_transform

import numpy as np

from riskkit._core.array_types import Array, Bools, Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import freeze_mappings, name_in_words, set_fields
from riskkit._core.validation import checked_name, integer, short_repr
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.trigger import Trigger

__all__ = ["FunctionRule", "Rule", "View", "rule"]


class View:
    """What a rule sees on one of its dates: read-only arrays over many paths, and nothing of the future.

    A view is valid while `Rule.decide` runs. To remember a number, return it as the state.

    Attributes
    ----------
    time : float
        Years since the start.
    step : int
        Step of the calendar.
    portfolio : Portfolio
        The portfolio at the start.
    watched : tuple of View
        The books of the rules named by `Rule.watches`, in that order.
    """

    __slots__ = ("_cache", "_read", "portfolio", "step", "time", "watched")

    portfolio: Portfolio
    step: int
    time: float
    watched: tuple[View, ...]
    _read: Callable[[str], Any] | None
    _cache: dict[str, Any]

    def __init__(
        self,
        portfolio: Portfolio,
        *,
        step: int,
        time: float,
        read: Callable[[str], Any],
        watched: tuple[View, ...] = (),
    ) -> None:
        set_fields(self, portfolio=portfolio, step=step, time=time, watched=watched, _read=read, _cache={})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a view is read-only; {name!r} cannot be set")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the holdings, in the order of the asset axis."""
        return self.portfolio.names

    @property
    def units(self) -> Array:
        """Units held (asset, path); 1 at the start.

        Of a holding that starts with value 0 they are 0, and later multiples of the net start wealth at start prices.
        """
        return self._array("units")

    @property
    def weights(self) -> Array:
        """Shares of gross assets (asset, path); each path sums to 1."""
        return self._array("weights")

    @property
    def wealth(self) -> Array:
        """Net wealth (path), in multiples of the start."""
        return self._array("wealth")

    @property
    def peak(self) -> Array:
        """Highest wealth so far (path), over every step, the start included."""
        return self._array("peak")

    @property
    def drawdown(self) -> Array:
        """Fraction of `peak` that is lost now (path), 0 … 1."""
        return self._array("drawdown")

    @property
    def price(self) -> Array:
        """Price of each holding as reported (asset, path); 1 at the start."""
        return self._array("price")

    @property
    def high(self) -> Array:
        """Highest price of each holding as reported so far (asset, path), over every step, the start included."""
        return self._array("high")

    @property
    def gain(self) -> Array:
        """Unrealised gain as a share of the reported value (asset, path); needs ``Frictions(tax=...)``."""
        return self._array("gain")

    @property
    def sellable(self) -> Array:
        """Share of the units held that could be sold now (asset, path), 0 … 1."""
        return self._array("sellable")

    @property
    def listed(self) -> Bools:
        """Whether each holding has a market now (asset)."""
        result: Bools = self._quantity("listed")
        return result

    @property
    def events(self) -> Mapping[str, Ints]:
        """Number of events of each shock so far (path), by the shock's name."""
        result: Mapping[str, Ints] = self._quantity("events")
        return result

    def founder_share(self, name: str | None = None) -> Array:
        """Share of each holding's value that is tied to the founder (asset); to any founder when not named."""
        return self.portfolio.shares(name)

    def founder_weight(self, name: str | None = None) -> Array:
        """Share of gross assets that is tied to the founder (path); to any founder when not named."""
        share = self.founder_share(name)
        parts = [
            self.weights[row] if share[row] == 1.0 else share[row] * self.weights[row] for row in share.nonzero()[0]
        ]
        total: Array = parts[0].copy() if parts else np.zeros(self.weights.shape[1])
        for part in parts[1:]:
            total += part
        return total

    def _array(self, name: str) -> Array:
        array: Array = self._quantity(name)
        return array

    def _quantity(self, name: str) -> Any:
        if name not in self._cache:
            if self._read is None:
                raise InvalidInput(
                    "a view can be read only while decide() runs; return what you need later as the state"
                )
            value = self._read(name)
            for array in value.values() if isinstance(value, Mapping) else [value]:
                array.flags.writeable = False
            self._cache[name] = MappingProxyType(value) if isinstance(value, Mapping) else value
        return self._cache[name]

    def close(self) -> None:
        """End the view: what was not read before cannot be read any more."""
        set_fields(self, _read=None)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
@dataclasses.dataclass(frozen=True)
class Rule:
    """A rebalancing rule: on its own dates it decides on target weights.

    A subclass becomes a frozen dataclass by being written. It may declare the fields ``every`` (months between
    consultations, 0 = every step; default 1) and ``at_start`` (decides at time 0 too; default False). The keyword
    ``name`` is a field of every rule; its default is the class name in words.

    Examples
    --------
    >>> class Half(Rule):
    ...     every: int = 12
    ...     def decide(self, view, state):
    ...         return np.full_like(view.weights, 1 / len(view.names)), None
    >>> Half(every=6)
    Half(name='half', every=6)
    """

    name: str = dataclasses.field(default="rule", kw_only=True)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        annotations = cls.__dict__.get("__annotations__", {})
        if "name" not in annotations:
            cls.__annotations__ = {**annotations, "name": "str"}
            cls.name = dataclasses.field(default=name_in_words(cls), kw_only=True)
        if "decide" in cls.__dict__ and "trigger" not in cls.__dict__:
            cls.trigger = Rule.trigger  # type: ignore[method-assign]  # that of a parent is not for this `decide`
        dataclasses.dataclass(frozen=True)(cls)

    def __post_init__(self) -> None:
        set_fields(self, name=checked_name("name", self.name))
        freeze_mappings(self)

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Return target weights, and the state for the next decision.

        Parameters
        ----------
        view : View
            The moment, before any rule has traded.
        state : object
            What this method returned last time on the same paths; None at first.

        Returns
        -------
        target : ndarray or None
            Target shares of gross assets (asset, path), each >= 0, each path summing to 1. A path whose target
            equals its weights does not trade; None: nobody trades.
        state : object
            Anything; arrays must have the path as last axis.
        """
        raise NotImplementedError(f"{type(self).__name__} must define decide(view, state)")

    def dates(self, calendar: Calendar) -> Ints:
        """Steps on which the rule decides, from its fields `every` and `at_start`."""
        every = integer(f"rule {self.name!r}: every", getattr(self, "every", 1), at_least=0)
        return calendar.every(every, at_start=bool(getattr(self, "at_start", False)))

    def check(self, portfolio: Portfolio) -> None:
        """Refuse a portfolio to which the rule cannot be applied, for example for an unknown founder."""

    def watches(self) -> tuple[Rule, ...]:
        """Rules whose books are simulated beside this one; their views are ``view.watched``."""
        return ()

    def trigger(self, portfolio: Portfolio) -> Trigger | None:
        """Return where the rule may act, so that it is asked about no other path; None: it is asked about all.

        A rule with a trigger treats each path by itself. On a path that does not fire it neither trades nor changes its
        state, which is None or arrays with the path as last axis, in tuples, dicts or dataclasses. Paths that fire for
        the first time have the state None and are asked apart from the others.
        ``rk.compare(..., check_triggers=True)`` tests all this.
        """


class FunctionRule(Rule):
    """A rule made of a plain function of the view; see `rule`."""

    function: Callable[[View], Array | None]
    every: int = 1

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Return what the function returns."""
        return self.function(view), None


def rule(function: Callable[[View], Array | None], *, every: int = 1, name: str | None = None) -> FunctionRule:
    """Make a rule of a function that takes a `View` and returns target weights (asset, path) or None.

    Parameters
    ----------
    function : callable
        Takes a view; returns target weights (asset, path), or None for no trade.
    every : int
        Months between consultations; 0 means every step.
    name : str, optional
        Row in the table; by default the function's name in words.

    Examples
    --------
    >>> def equal_weights(view):
    ...     return np.full_like(view.weights, 1 / len(view.names))
    >>> rule(equal_weights, every=12).name
    'equal weights'
    """
    if not callable(function):
        raise InvalidInput(f"function must be callable with a view, got {short_repr(function)}")
    default = getattr(function, "__name__", "rule").strip("<>").replace("_", " ")
    return FunctionRule(function, every, name=default if name is None else name)
