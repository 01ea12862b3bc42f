"""One holding of a portfolio and the persons its value is tied to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from riskkit.checks import number, text
from riskkit.errors import InvalidInput
from riskkit.frozen import FrozenMap
from riskkit.liquidity import Liquidity, Listed

__all__ = ["NO_FOUNDER", "Holding"]

NO_FOUNDER = "no founder"


@dataclass(frozen=True)
class Holding:
    """A holding and the persons its value is tied to.

    Parameters
    ----------
    name : str
        Its name in the market, in rules and in tables.
    value : float
        Market value in money, > 0.
    founder : str or mapping of str to float, optional
        The person the value is tied to, or the share of the value tied to each person, each 0 … 1 and together at
        most 1. Kept as a read-only mapping of shares; empty when there is no founder.
    liquidity : Liquidity
        When and how it can be traded; `Listed` by default.

    Raises
    ------
    InvalidInput
        If the name is empty, the value is not > 0, or the founder shares are outside [0, 1] or sum past 1.

    Examples
    --------
    >>> Holding("TSLA", 40, founder="Musk").founder
    {'Musk': 1.0}
    >>> Holding("Venture", 10, founder={"Musk": 0.5, "Huang": 0.25}).founder_share
    0.75
    """

    name: str
    value: float
    founder: str | Mapping[str, float] | None = field(default=None, kw_only=True)
    liquidity: Liquidity = field(default_factory=Listed, kw_only=True)

    def __post_init__(self) -> None:
        text("name of a holding", self.name)
        what = f"Holding {self.name!r}"
        object.__setattr__(self, "value", number(f"{what}: value", self.value, above=0.0))
        object.__setattr__(self, "founder", _founder_shares(what, self.founder))
        if not isinstance(self.liquidity, Liquidity):
            raise InvalidInput(f"{what}: liquidity must be a Liquidity such as Listed(), got {self.liquidity!r}")

    @property
    def founder_share(self) -> float:
        """Share of the value that is tied to any founder, 0 … 1."""
        return min(1.0, math.fsum(cast(FrozenMap[float], self.founder).values()))


def _founder_shares(what: str, founder: object) -> FrozenMap[float]:
    if founder is None:
        return FrozenMap({})
    if isinstance(founder, str):
        founder = {founder: 1.0}
    if not isinstance(founder, Mapping):
        raise InvalidInput(f"{what}: founder must be a name or a mapping from names to shares, got {founder!r}")
    shares = {}
    for person, share in founder.items():
        text(f"{what}: founder", person)
        if person == NO_FOUNDER:
            raise InvalidInput(f"{what}: founder must be a person, got {person!r}; leave founder out instead")
        shares[person] = number(f"{what}: founder share of {person!r}", share, at_least=0.0, at_most=1.0)
    total = math.fsum(shares.values())
    if total > 1.0 + 1e-12:
        raise InvalidInput(f"{what}: founder shares must sum to at most 1, got {total:g}")
    return FrozenMap(shares)
