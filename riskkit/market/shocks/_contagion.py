"""Contagion: a tick of one shock may set off another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.validation import checked_name, number
from riskkit.market.shocks._shock import Shock

__all__ = ["Contagion", "expected_ticks", "refuse_explosion"]


@dataclass(frozen=True)
class Contagion:
    """Each tick of one shock sets off another, with some probability and after some time.

    Parameters
    ----------
    source, target : str
        Names of two shocks of the market, or of the same one.
    probability : float
        That a tick of `source` sets off a tick of `target`, from 0 to 1.
    delay : float
        Years between the two, >= 0; with 0 they fall on the same step.

    Notes
    -----
    Set off ticks set off further ones; a ``once`` shock that has ticked, for whatever reason, is not set off again.
    Without ``once`` and delays the expected ticks solve n = Λ + P' n, with Λ the clocks' own expected ticks and P the
    probabilities (source, target): a branching process (Hawkes and Oakes 1974).

    Examples
    --------
    A failure that forces the founder to sell the listed company in one case of two:

    >>> Contagion("failure of xAI", "forced sale", 0.5, delay=0.25).describe()
    'failure of xAI sets off forced sale in 50 % of cases, 0.25 years later (assumption)'
    """

    source: str
    target: str
    probability: float
    delay: float = field(default=0.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", checked_name("Contagion: source", self.source))
        object.__setattr__(self, "target", checked_name("Contagion: target", self.target))
        chance = number("Contagion: probability", self.probability, at_least=0.0, at_most=1.0)
        object.__setattr__(self, "probability", chance)
        object.__setattr__(self, "delay", number("Contagion: delay", self.delay, at_least=0.0))

    def describe(self) -> str:
        """Return one sentence, and that it is an assumption."""
        later = f", {self.delay:g} years later" if self.delay else ""
        chance = percent(self.probability)
        return f"{self.source} sets off {self.target} in {chance} of cases{later} (assumption)"


def refuse_explosion(links: Sequence[Contagion], shocks: Sequence[Shock]) -> None:
    """Refuse links by which one tick sets off, over any number of others, one or more of its own kind on average."""
    if not links:
        return
    again = np.array([not shock.once for shock in shocks], dtype=bool)
    chances = _chances(links, shocks)[np.ix_(again, again)]
    largest = float(np.abs(np.linalg.eigvals(chances)).max()) if again.any() else 0.0
    if largest >= 1.0 - 1e-12:
        raise InvalidInput(
            "Market: contagion must set off less than one tick of the same kind for each on average, got a loop with "
            f"{largest:.6g}; lower a probability, or make one of the shocks once=True"
        )


def expected_ticks(shocks: Sequence[Shock], links: Sequence[Contagion], horizon: float) -> NDArray[np.float64]:
    """Return how often each shock ticks within `horizon` years on average, at most (shock).

    Exact without ``once`` and delays; under contagion a ``once`` shock counts as if it were sure to tick.
    """
    own = np.array([float(shock.hazard.cumulative(np.array([horizon]))[0]) for shock in shocks])
    once = np.array([shock.once for shock in shocks], dtype=bool)
    own = np.where(once, 1.0 if links else np.minimum(own, 1.0), own)
    chances = _chances(links, shocks)
    chances[:, once] = 0.0
    expected: NDArray[np.float64] = np.linalg.solve(np.eye(len(own)) - chances.T, own)
    return expected


def _chances(links: Sequence[Contagion], shocks: Sequence[Shock]) -> NDArray[np.float64]:
    """Probability that a tick of each shock sets off each other (source, target)."""
    row = {shock.name: number for number, shock in enumerate(shocks)}
    chances = np.zeros((len(row), len(row)))
    for link in links:
        chances[row[link.source], row[link.target]] += link.probability
    return chances
