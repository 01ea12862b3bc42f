"""A market as data: assets that move together, and the shocks that hit them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.calendar import Calendar
from riskkit.checks import flag, known, text, unique
from riskkit.errors import InvalidInput
from riskkit.frozen import FrozenMap
from riskkit.market.assets import Asset
from riskkit.market.correlation import correlation_matrix, factor
from riskkit.market.shocks import Shock
from riskkit.market.tape import Tape, record
from riskkit.market.ticks import Given
from riskkit.market.wording import grouped, percent
from riskkit.streams import Stream

__all__ = ["Market"]

_ROWS_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False)
class Market:
    """How prices move: correlated log-normal diffusion, and shocks.

    Parameters
    ----------
    assets : mapping of str to Asset
        At least one; their order is the order of every asset axis.
    correlation : DataFrame or nested mapping, optional
        Of log returns without shocks, by name; missing pairs are 0. A pair may be given in one order or in both. Kept
        as a DataFrame (asset, asset) of read-only values.
    shocks : iterable of Shock
        With unique names.
    compensate : bool
        True: expected returns already include the shocks, so that E[S_t] = (1 + m)**t with them. False: shocks come
        on top.

    Raises
    ------
    InvalidInput
        If a name is unknown or comes twice, or the correlation is out of [-1, 1], asymmetric or not positive
        semidefinite (`nearest_correlation` repairs that).

    Notes
    -----
    Markets are equal if assets, in this order, correlation, shocks and `compensate` are.

    Examples
    --------
    >>> Market({"TSLA": Asset(0.08, 0.57), "Rest": Asset(0.08, 0.16)}, {"TSLA": {"Rest": 0.45}})
    Market: 2 assets, correlation 0.45, no shocks
          expected_return  volatility
    TSLA              8 %        57 %
    Rest              8 %        16 %
    """

    assets: Mapping[str, Asset]
    correlation: pd.DataFrame | Mapping[str, Mapping[str, float]] | None = None
    shocks: Sequence[Shock] = field(default=(), kw_only=True)
    compensate: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.assets, Mapping):
            raise InvalidInput(f"Market: assets must be a mapping {{name: Asset}}, got {self.assets!r}")
        if not self.assets:
            raise InvalidInput("Market: assets must hold at least one Asset, got none")
        for name, asset in self.assets.items():
            text("Market: name of an asset", name)
            if not isinstance(asset, Asset):
                raise InvalidInput(f"Market: asset {name!r} must be an Asset, got {asset!r}")
        object.__setattr__(self, "assets", FrozenMap(self.assets))
        names = list(self.assets)
        matrix = correlation_matrix(self.correlation, names)
        object.__setattr__(self, "_matrix", matrix)
        object.__setattr__(self, "correlation", pd.DataFrame(matrix, index=names, columns=names, copy=False))
        object.__setattr__(self, "shocks", _checked_shocks(self.shocks, names))
        flag("Market: compensate", self.compensate)

    @cached_property
    def factor(self) -> NDArray[np.float64]:
        """Lower triangular factor of the correlation (asset, asset), read-only."""
        lower = factor(self._correlations)
        lower.flags.writeable = False
        return lower

    def tape(
        self,
        calendar: Calendar,
        paths: NDArray[np.uint64],
        streams: Callable[[str], Stream],
        given: Mapping[str, Given] | None = None,
    ) -> Tape:
        """Lay the market out for given paths, as the kernel needs it.

        Parameters
        ----------
        calendar : Calendar
            The grid of steps.
        paths : ndarray of uint64
            Numbers of the paths (path).
        streams : callable
            Gives the stream of random numbers of a name.
        given : mapping, optional
            Shock → its number of ticks on each path, or the time in years of the one tick that every path has.

        Returns
        -------
        Tape
            Plain arrays.
        """
        return record(self, calendar, paths, streams, given or {})

    def assumptions(self) -> list[str]:
        """Return sentences that say what the market takes for granted."""
        volatility = {name: asset.volatility for name, asset in self.assets.items()}
        lines = [
            f"Expected return a year: {grouped({name: asset.expected_return for name, asset in self.assets.items()})}.",
            f"Volatility a year: {grouped(volatility)}.",
        ]
        moving = np.array([value > 0.0 for value in volatility.values()])
        if moving.sum() > 1:
            lines.append(f"Correlation of log returns: {_spread(self._correlations[np.ix_(moving, moving)])}.")
        lines += [f"{shock.describe()}." for shock in self.shocks]
        if self.shocks:
            inside = "Expected returns already include the shocks."
            lines.append(inside if self.compensate else "Shocks come on top of the expected returns.")
        return lines

    @property
    def _correlations(self) -> NDArray[np.float64]:
        return cast("NDArray[np.float64]", self.__dict__["_matrix"])

    def _identity(self) -> tuple[Any, ...]:
        return (tuple(self.assets.items()), self._correlations.tobytes(), self.shocks, self.compensate)

    def __eq__(self, other: object) -> bool:
        return self._identity() == other._identity() if isinstance(other, Market) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity())

    def __reduce__(self) -> tuple[Any, ...]:
        build = partial(Market, shocks=self.shocks, compensate=self.compensate)
        names = list(self.assets)
        return (build, (self.assets, pd.DataFrame(self._correlations, index=names, columns=names)))

    def __repr__(self) -> str:
        count = len(self.assets)
        facts = [f"{count} asset{'' if count == 1 else 's'}"]
        if count > 1:
            facts.append(f"correlation {_spread(self._correlations)}")
        if self.shocks:
            facts.append("expected returns " + ("with" if self.compensate else "without") + " the shocks")
        else:
            facts.append("no shocks")
        shown = list(self.assets.items())[:_ROWS_SHOWN]
        width = max(len(name) for name, _ in shown)
        lines = [f"Market: {', '.join(facts)}", f"{'':<{width}}  expected_return  volatility"]
        for name, asset in shown:
            lines.append(f"{name:<{width}}  {percent(asset.expected_return):>15}  {percent(asset.volatility):>10}")
        if count > _ROWS_SHOWN:
            lines.append(f"… and {count - _ROWS_SHOWN} more")
        return "\n".join([*lines, *(shock.describe() for shock in self.shocks)])


def _checked_shocks(shocks: object, names: list[str]) -> tuple[Shock, ...]:
    given = (shocks,) if isinstance(shocks, Shock) else shocks
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidInput(f"Market: shocks must be a list of Shock objects, got {shocks!r}")
    result = tuple(given)
    for shock in result:
        if not isinstance(shock, Shock):
            raise InvalidInput(f"Market: shocks must be Shock objects, got {shock!r}")
        known(f"Market: impact of shock {shock.name!r}", shock.impact, names)
        known(f"Market: drift_after of shock {shock.name!r}", shock.drift_after or (), names)
    unique("Market: names of shocks", (shock.name for shock in result))
    return result


def _spread(matrix: NDArray[np.float64]) -> str:
    pairs = matrix[np.tril_indices(len(matrix), -1)]
    low, high = f"{pairs.min():.3g}", f"{pairs.max():.3g}"
    return low if low == high else f"from {low} to {high}"
