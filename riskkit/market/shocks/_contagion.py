"""Contagion: an event of one shock may trigger one of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit._core.validation import checked_name, name_list, number, require_known
from riskkit.market.shocks._event_source import EventSource
from riskkit.market.shocks._shock import Shock

__all__ = ["Contagion", "drawing_order", "expected_events", "refuse_explosion"]


@dataclass(frozen=True)
class Contagion:
    """Each event of one shock triggers one of another, with some probability and after some time.

    Parameters
    ----------
    source, target : str
        Names of two shocks of the market, or of the same one.
    probability : float
        That an event of `source` triggers an event of `target`, from 0 to 1.
    delay : float
        Years between the two, >= 0; with 0 they fall on the same step.

    Notes
    -----
    Triggered events trigger further ones; a ``once`` shock that has happened, for whatever reason, is not triggered
    again. Without ``once`` and delays the expected events solve n = Λ + P' n, with Λ those of the shocks' own hazards
    and P the probabilities (source, target): a branching process (Hawkes and Oakes 1974).

    The source and the target may be any `EventSource`; a target must draw events at fixed times.

    Examples
    --------
    A failure that forces the founder to sell the listed company in one case of two:

    >>> Contagion("failure of xAI", "forced sale", 0.5, delay=0.25).describe()
    'failure of xAI triggers forced sale in 50 % of cases, 0.25 years later (assumption)'
    """

    source: str
    target: str
    probability: float
    delay: float = field(default=0.0)

    def __post_init__(self) -> None:
        set_fields(
            self,
            source=checked_name("Contagion: source", self.source),
            target=checked_name("Contagion: target", self.target),
        )
        chance = fraction("Contagion: probability", self.probability, at_least=0.0, at_most=1.0)
        set_fields(self, probability=chance, delay=number("Contagion: delay", self.delay, at_least=0.0))

    def describe(self) -> str:
        """Return one sentence, and that it is an assumption."""
        later = f", {self.delay:g} years later" if self.delay else ""
        chance = percent(self.probability)
        return f"{self.source} triggers {self.target} in {chance} of cases{later} (assumption)"


def refuse_explosion(links: Sequence[Contagion], sources: Sequence[EventSource]) -> None:
    """Refuse links by which one event triggers, over any number of others, one or more of its own kind on average."""
    if not links:
        return
    again = ~_once(sources)
    chances = _chances(links, sources)[np.ix_(again, again)]
    largest = float(np.abs(np.linalg.eigvals(chances)).max()) if again.any() else 0.0
    if largest >= 1.0 - 1e-12:
        raise InvalidInput(
            "Market: contagion must trigger less than one event of the same kind for each on average, got a loop with "
            f"{largest:.6g}; lower a probability, or make one of the shocks once=True"
        )


def expected_events(shocks: Sequence[Shock], links: Sequence[Contagion], horizon: float) -> Array:
    """Return how many events each shock has within `horizon` years on average, at most (shock).

    Exact without ``once`` and delays; under contagion a ``once`` shock counts as if it were sure to happen.
    """
    own = np.array([float(shock.hazard.cumulative(np.array([horizon]))[0]) for shock in shocks])
    once = _once(shocks)
    own = np.where(once, 1.0 if links else np.minimum(own, 1.0), own)
    chances = _chances(links, shocks)
    chances[:, once] = 0.0
    expected: Array = np.linalg.solve(np.eye(len(own)) - chances.T, own)
    return expected


def drawing_order(
    sources: Sequence[EventSource], links: Sequence[Contagion]
) -> tuple[list[EventSource], list[EventSource]]:
    """Return the sources in an order in which each comes after those that it depends on.

    Parameters
    ----------
    sources : sequence of EventSource
    links : sequence of Contagion

    Returns
    -------
    before, behind : list of EventSource
        Those that are drawn before events trigger each other, and those that depend on triggered events.

    Raises
    ------
    InvalidInput
        If a name in `after` is unknown, or sources depend on each other in a circle.
    """
    names = [source.name for source in sources]
    for source in sources:
        others = [name for name in names if name != source.name]
        require_known(f"Market: name in after of shock {source.name!r}", source.after, others)
    linked, targets = {name for link in links for name in (link.source, link.target)}, {link.target for link in links}
    before: list[EventSource] = []
    behind: list[EventSource] = []
    waiting = list(sources)
    while waiting:
        drawn = {source.name for source in (*before, *behind)}
        ready = next((source for source in waiting if drawn.issuperset(source.after)), None)
        if ready is None:
            circle = ", ".join(f"{source.name!r} after {name_list(source.after)}" for source in waiting)
            raise InvalidInput(f"Market: no shock must be drawn after itself, got the circle {circle}")
        waiting.remove(ready)
        late = targets.union(source.name for source in behind)
        if late.isdisjoint(ready.after):
            before.append(ready)
        elif ready.name in linked:
            raise InvalidInput(
                f"Market: shock {ready.name!r} must not depend on triggered events, by after={ready.after!r}, and be "
                "the source or target of a Contagion, which is drawn before it; leave one of them out"
            )
        else:
            behind.append(ready)
    return before, behind


def _once(sources: Sequence[EventSource]) -> Bools:
    """Whether each source is known to happen at most once (source)."""
    return np.array([isinstance(source, Shock) and source.once for source in sources], dtype=bool)


def _chances(links: Sequence[Contagion], sources: Sequence[EventSource]) -> Array:
    """Probability that an event of each source triggers each other (source, target)."""
    row = {source.name: number for number, source in enumerate(sources)}
    chances = np.zeros((len(row), len(row)))
    for link in links:
        chances[row[link.source], row[link.target]] += link.probability
    return chances
