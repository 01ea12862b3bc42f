"""A holding: its value, the founders it depends on, its purchase cost, and how it trades and is marked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import Converted, FrozenMap, Shorthand, set_fields
from riskkit._core.size_limits import MOST_LOTS
from riskkit._core.validation import (
    boolean,
    checked_name,
    integer,
    name_key,
    number,
    one_of,
    require_at_most,
    require_distinct,
    short_repr,
)
from riskkit.portfolio._liquidity import Liquidity, Listed

__all__ = ["NO_FOUNDER", "Holding", "Lot", "Marks", "merged", "scaled"]

NO_FOUNDER = "no founder"

# Values of lots typed to a few digits are meant to add up.
_LOTS_ROUNDING = 1e-9


@dataclass(frozen=True)
class Lot:
    """A tax lot: the part of a holding that was bought at one time.

    Parameters
    ----------
    value : float
        Market value today, in money, > 0.
    cost : float
        What was paid for it, in money, >= 0; above the value it is a loss.
    age : float, optional
        Years since it was bought, >= 0; by default it is long. It matters only under ``CapitalGains(short_rate=...)``:
        from one year on its gain is long-term.

    Raises
    ------
    InvalidInput
        If a number is outside its bounds.

    Examples
    --------
    >>> Holding("TSLA", 40, cost=[Lot(30, 3), Lot(10, 12)], method="hifo").basis
    15.0
    """

    value: float
    cost: float
    age: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        set_fields(
            self, value=number("Lot: value", self.value, above=0.0), cost=number("Lot: cost", self.cost, at_least=0.0)
        )
        if self.age is not None:
            set_fields(self, age=number("Lot: age", self.age, at_least=0.0))

    @property
    def long(self) -> bool:
        """Whether its gain is long-term at the start: it was bought a year ago or earlier."""
        return self.age is None or self.age >= 1.0


@dataclass(frozen=True)
class Marks:
    """Marks of an unlisted holding: the dates on which its reported price is set to the true price.

    Parameters
    ----------
    every : int
        Months between marks, at least 1, counted from the start.
    reacts : bool
        Whether a founder event that hits the holding is marked at once.

    Raises
    ------
    InvalidInput
        If `every` is not a whole number >= 1.

    Examples
    --------
    >>> Marks(every=3)
    Marks(every=3, reacts=False)
    """

    every: int = 6
    reacts: bool = False

    def __post_init__(self) -> None:
        set_fields(self, every=integer("Marks: every", self.every, at_least=1))
        boolean("Marks: reacts", self.reacts)

    def describe(self) -> str:
        """Return the marks in words, to stand after the name of a holding."""
        events = ", and at once after a founder event" if self.reacts else ""
        return f"reported price moves only every {self.every} months{events}"


@dataclass(frozen=True)
class Holding:
    """A holding: its value, the founders it depends on, its purchase cost, and how it trades and is marked.

    Parameters
    ----------
    name : str
        Its name in the market, in rules and in tables; characters that cannot be seen are removed.
    value : float
        Market value in money, >= 0. A holding of value 0 is not held at the start; rules, deposits and vesting may buy
        it later.
    founder : str or mapping of str to float, optional
        The person the value is tied to, or the share of the value tied to each person, each 0 … 1 and together at
        most 1. Stored as a read-only mapping of shares; empty when there is no founder.
    cost : float or iterable of Lot, optional
        What was paid for all of it, in money, >= 0, or the lots that it was bought in, from the first to the last,
        whose values sum to `value`. By default it was bought at its value. Above the value it is a loss. A holding of
        value 0 has no cost.
    method : {"average", "fifo", "hifo"}
        Which lots are sold first: a part of all alike, the first bought, or the one with the highest cost a unit (of
        those that cost the same, the first bought). It matters only with lots.
    liquidity : Liquidity
        When and how it can be traded; `Listed` by default.
    marks : Marks, optional
        When its reported price moves, for an unlisted holding; by default it always is the true price.
    aliases : iterable of str
        What else it is called: ticker, CUSIP, ISIN, name. `Portfolio.look_through` finds by them what is one company.
        They change nothing else, and holdings that differ only in them are equal.

    Raises
    ------
    InvalidInput
        If the name is empty, the value is negative, the founder shares are outside [0, 1] or sum past 1, the cost is
        negative or one of a value of 0, the lots do not sum to the value, or a listed holding has marks.

    Examples
    --------
    >>> Holding("TSLA", 40, founder="Musk").founder
    {'Musk': 1.0}
    >>> Holding("Venture", 10, founder={"Musk": 0.5, "Huang": 0.25}).founder_share
    0.75
    """

    name: str
    value: float
    founder: Shorthand[str | Mapping[str, float] | None, FrozenMap[float]] = field(
        default=cast(Any, None), kw_only=True
    )
    cost: Converted[float | Iterable[Lot] | None, float | tuple[Lot, ...] | None] = field(
        default=cast(Any, None), kw_only=True
    )
    method: Literal["average", "fifo", "hifo"] = field(default="average", kw_only=True)
    liquidity: Liquidity = field(default_factory=Listed, kw_only=True)
    marks: Marks | None = field(default=None, kw_only=True)
    aliases: Converted[Iterable[str], tuple[str, ...]] = field(default=cast(Any, ()), kw_only=True, compare=False)

    def __post_init__(self) -> None:
        set_fields(self, name=checked_name("name of a holding", self.name))
        what = f"Holding {self.name!r}"
        set_fields(
            self, value=number(f"{what}: value", self.value, at_least=0.0), founder=_founder_shares(what, self.founder)
        )
        if self.cost is not None:
            set_fields(self, cost=_purchase(what, self.cost, self.value))
            if self.value == 0.0 and self.cost != 0.0:
                raise InvalidInput(
                    f"{what}: cost must be left out for a value of 0, of which nothing is held, got {self.cost!r}"
                )
        one_of(f"{what}: method", self.method, ["average", "fifo", "hifo"])
        if isinstance(self.aliases, str) or not isinstance(self.aliases, Iterable):
            raise InvalidInput(f"{what}: aliases must be a list of names, got {short_repr(self.aliases)}")
        names = (checked_name(f"{what}: alias", alias) for alias in self.aliases)
        set_fields(self, aliases=tuple(dict.fromkeys(names)))
        if not isinstance(self.liquidity, Liquidity):
            raise InvalidInput(
                f"{what}: liquidity must be a Liquidity such as Listed(), got {short_repr(self.liquidity)}"
            )
        if not isinstance(self.marks, Marks | None):
            raise InvalidInput(f"{what}: marks must be a Marks such as Marks(every=6), got {short_repr(self.marks)}")
        if self.marks is not None and self.liquidity.listed:
            raise InvalidInput(
                f"{what}: marks must be left out for a listed holding, whose price is seen at all times, got "
                f"{self.marks!r}; give it a liquidity such as TenderWindows(), or Locked(years)"
            )

    @property
    def founder_share(self) -> float:
        """Share of the value that is tied to any founder, 0 … 1."""
        return min(1.0, math.fsum(self.founder.values()))

    @property
    def basis(self) -> float:
        """Purchase cost of the whole holding, in money."""
        if self.cost is None:
            return self.value
        return float(self.cost) if isinstance(self.cost, float) else math.fsum(lot.cost for lot in self.lots)

    @property
    def lots(self) -> tuple[Lot, ...]:
        """Its lots; a single one where none were specified, none of a holding of value 0."""
        if isinstance(self.cost, tuple):
            return self.cost
        return (Lot(self.value, self.basis),) if self.value > 0.0 else ()


def scaled(holding: Holding, factor: float) -> Holding:
    """Return a holding with value and purchase cost scaled by `factor` >= 0."""
    cost = holding.cost
    if factor == 0.0:
        cost = None
    elif isinstance(cost, tuple):
        cost = tuple(replace(lot, value=factor * lot.value, cost=factor * lot.cost) for lot in cost)
    elif isinstance(cost, float):
        cost = factor * cost
    return replace(holding, value=factor * holding.value, cost=cost)


def merged(first: Holding, second: Holding) -> Holding:
    """Merge two holdings of one name; liquidity and marks are those of the first.

    Values and purchase costs add up, lots stay apart, and founder shares are weighted by value; equally where both
    values are 0.
    """
    both = (first, second)
    value = first.value + second.value
    persons = dict.fromkeys(person for holding in both for person in holding.founder)
    amounts = [holding.value for holding in both] if value > 0.0 else [1.0, 1.0]
    weighted = list(zip(amounts, both, strict=True))
    shares = {
        person: min(1.0, math.fsum(each * h.founder.get(person, 0.0) for each, h in weighted) / sum(amounts))
        for person in persons
    }
    cost: float | Sequence[Lot] | None = None
    if any(isinstance(holding.cost, tuple) for holding in both):
        cost = (*first.lots, *second.lots)
    elif any(holding.cost is not None for holding in both):
        cost = first.basis + second.basis
    aliases = [name for name in (*first.aliases, second.name, *second.aliases) if name != first.name]
    return replace(first, value=value, founder=shares, cost=cost, aliases=aliases)


def _purchase(what: str, cost: object, value: float) -> float | tuple[Lot, ...]:
    if isinstance(cost, str | Mapping) or not isinstance(cost, Iterable):
        return number(f"{what}: cost", cost, at_least=0.0)
    lots = tuple(cost)
    if not lots:
        raise InvalidInput(f"{what}: cost must hold at least one Lot, got none; leave it out instead")
    require_at_most(f"{what}: lots", lots, MOST_LOTS)
    for lot in lots:
        if not isinstance(lot, Lot):
            raise InvalidInput(f"{what}: cost must be a number or Lot objects, got {short_repr(lot)}")
    total = number(f"{what}: sum of the values of its lots", sum(lot.value for lot in lots))
    number(f"{what}: sum of the costs of its lots", sum(lot.cost for lot in lots))
    if abs(total - value) > _LOTS_ROUNDING * value:
        raise InvalidInput(f"{what}: values of lots must sum to its value {value:.12g}, got {total:.12g}")
    return lots


def _founder_shares(what: str, founder: object) -> FrozenMap[float]:
    if founder is None:
        return FrozenMap({})
    if isinstance(founder, str):
        founder = {founder: 1.0}
    if not isinstance(founder, Mapping):
        raise InvalidInput(
            f"{what}: founder must be a name or a mapping from names to shares, got {short_repr(founder)}"
        )
    persons = [checked_name(f"{what}: founder", person) for person in founder]
    require_distinct(f"{what}: names of founders", persons)
    shares = {}
    for person, share in zip(persons, founder.values(), strict=True):
        if name_key(person) == name_key(NO_FOUNDER):
            raise InvalidInput(f"{what}: founder must be a person, got {short_repr(person)}; leave founder out instead")
        shares[person] = fraction(f"{what}: founder share of {person!r}", share, at_least=0.0, at_most=1.0)
    total = math.fsum(shares.values())
    if total > 1.0 + 1e-12:
        raise InvalidInput(f"{what}: founder shares must sum to at most 1, got {total:g}")
    return FrozenMap(shares)
