"""A market as data: correlated assets, their time change, and shocks."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, ClassVar, cast

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import grouped, percent
from riskkit._core.fraction_bounds import INTEREST, fraction, plausible
from riskkit._core.frozen import Converted, FrozenMap, Shorthand, set_fields
from riskkit._core.guessed_names import Hinted
from riskkit._core.size_limits import MOST_ASSETS, MOST_CONTAGION, MOST_SHOCKS
from riskkit._core.validation import (
    boolean,
    checked_name,
    name_list,
    require_at_most,
    require_distinct,
    require_known,
    require_unique,
    short_repr,
)
from riskkit.market.diffusion._asset import Asset, validated_asset
from riskkit.market.diffusion._asset_lines import dividend_lines, uncertain_lines
from riskkit.market.diffusion._correlation import correlation_matrix, factor
from riskkit.market.history._past_prices import PastPrices
from riskkit.market.history._replayed import Replayed
from riskkit.market.shocks._contagion import Contagion, drawing_order, refuse_explosion
from riskkit.market.shocks._event_source import EventSource
from riskkit.market.shocks._shock import Shock
from riskkit.market.time_change._tails import Tail
from riskkit.market.time_change._time_change import TimeChange

__all__ = ["Market"]

_MAX_ROWS = 12


@dataclass(frozen=True, eq=False, repr=False)
class Market(Hinted):
    """A market: correlated diffusions with a common time change, and shocks.

    Parameters
    ----------
    assets : mapping of str to Asset, or Resampled
        At least one; their order is the order of every asset axis. `Resampled` draws from history and brings assets
        and correlation with it.
    correlation : DataFrame or nested mapping, optional
        Correlation of log returns without shocks, by name; missing pairs are 0. A pair may be given in one order or in
        both. Stored as a DataFrame (asset, asset) of read-only values.
    tails : Tail, Clustered, Regimes or another TimeChange, or a list of these
        Components of the common time change, at most one of each kind; by default there is none, and log returns are
        normal. Stored as a tuple.
    shocks : iterable of Shock, Contagion and other EventSource
        Sources of events, with unique names; each `Contagion` is moved to `contagion`.
    compensate : bool
        True: expected returns already include the shocks, so that E[S_t] = (1 + m)**t with them. False: shocks come
        on top.
    contagion : iterable of Contagion
        Which shocks trigger which, in addition to those among `shocks`.
    history : Resampled, optional
        The past that returns are drawn from; set through `assets`.

    Raises
    ------
    InvalidInput
        If a name is unknown or comes twice; the correlation is out of [-1, 1], asymmetric or not positive
        semidefinite (`nearest_correlation` repairs that); an event triggers one event or more of its own kind on
        average through contagion; the order in which shocks are drawn is circular; or history comes together with a
        correlation or tails.

    Notes
    -----
    Markets are equal if their assets, in this order, and all other fields are.

    Examples
    --------
    >>> Market({"TSLA": Asset(0.08, 0.57), "Rest": Asset(0.08, 0.16)}, {"TSLA": {"Rest": 0.45}})
    Market: 2 assets, correlation 0.45, no shocks
          expected_return  volatility
    TSLA              8 %        57 %
    Rest              8 %        16 %
    """

    assets: Mapping[str, Asset]
    correlation: Shorthand[pd.DataFrame | Mapping[str, Mapping[str, float]] | None, pd.DataFrame] = field(
        default=cast(Any, None)
    )
    tails: Converted[TimeChange | Iterable[TimeChange] | None, tuple[TimeChange, ...]] = field(
        default=cast(Any, ()), kw_only=True
    )
    shocks: Converted[EventSource | Contagion | Iterable[EventSource | Contagion], tuple[Shock | EventSource, ...]] = (
        field(default=cast(Any, ()), kw_only=True)
    )
    compensate: bool = field(default=False, kw_only=True)
    contagion: Converted[Contagion | Iterable[Contagion], tuple[Contagion, ...]] = field(
        default=cast(Any, ()), kw_only=True
    )
    history: PastPrices | None = field(default=None, kw_only=True)
    #: The field that a history sets; in a file beside one, it is not held to the bounds of assumptions.
    from_history: ClassVar[str] = "assets"

    def __post_init__(self) -> None:
        if isinstance(self.assets, PastPrices):
            self._use_history(self.assets)
        if not isinstance(self.assets, Mapping):
            raise InvalidInput(f"Market: assets must be a mapping {{name: Asset}}, got {short_repr(self.assets)}")
        if not self.assets:
            raise InvalidInput("Market: assets must hold at least one Asset, got none")
        require_at_most("Market: assets", self.assets, MOST_ASSETS)
        names = [checked_name("Market: name of an asset", name) for name in self.assets]
        require_distinct("Market: names of assets", names)
        for name, asset in zip(names, self.assets.values(), strict=True):
            if not isinstance(asset, Asset):
                raise InvalidInput(f"Market: asset {name!r} must be an Asset, got {short_repr(asset)}")
        set_fields(self, assets=FrozenMap(dict(zip(names, self.assets.values(), strict=True))))
        matrix = correlation_matrix(self.correlation, names)
        set_fields(
            self,
            _matrix=matrix,
            correlation=pd.DataFrame(matrix, index=names, columns=names, copy=False),
            tails=_checked_tails(self.tails, names),
        )
        self._check_history(names)
        shocks, links = _checked_shocks(self.shocks, self.contagion, names)
        set_fields(self, shocks=shocks, contagion=links)
        boolean("Market: compensate", self.compensate)
        other_sources = {source.name for source in shocks if not isinstance(source, Shock)}
        for link in links if self.compensate else ():
            if link.target in other_sources:
                raise InvalidInput(
                    f"Market: compensate=True needs a Shock as target of a Contagion, got {link.target!r}, whose mean "
                    "impact is not known"
                )

    @cached_property
    def factor(self) -> Array:
        """Lower triangular factor of the correlation (asset, asset), read-only."""
        lower = factor(self._correlations)
        lower.flags.writeable = False
        return lower

    @cached_property
    def moving(self) -> FrozenMap[bool]:
        """Whether each asset has a volatility."""
        return FrozenMap({name: asset.mean_volatility > 0.0 for name, asset in self.assets.items()})

    @property
    def pays_dividends(self) -> bool:
        """Whether some asset has a dividend yield."""
        return any(asset.dividend_yield > 0.0 for asset in self.assets.values())

    @property
    def uncertain(self) -> bool:
        """Whether some parameter is `Uncertain`, so that groups of paths share a draw."""
        return self.at_means() != self

    def with_cash(self, name: str, rate: float) -> Market:
        """Return the market with an asset more, which is cash: it grows by `rate` a year and has no volatility.

        Parameters
        ----------
        name : str
            Its name, which no asset has; it comes last.
        rate : float
            Yearly return, > -1.

        Returns
        -------
        Market
            With correlation 0 between cash and all other assets. The other assets, their random numbers and the shocks
            do not change.

        Raises
        ------
        InvalidInput
            If an asset has the name, or the rate is out of bounds.

        Examples
        --------
        >>> Market({"TSLA": Asset(0.08, 0.57)}).with_cash("CASH", 0.03)
        Market: 2 assets, correlation 0, no shocks
              expected_return  volatility
        TSLA              8 %        57 %
        CASH              3 %         0 %
        """
        name = checked_name("with_cash: name", name)
        require_distinct("with_cash: names of assets", [*self.assets, name])
        rate = plausible("with_cash: rate", fraction("with_cash: rate", rate, above=-1.0), INTEREST)
        if self.history is None:
            return replace(self, assets={**self.assets, name: Asset(rate, 0.0)})
        with warnings.catch_warnings():
            # What is left out of the history was warned of when the market was made.
            warnings.simplefilter("ignore", RiskkitWarning)
            past = replace(self.history, cash={**self.history.cash, name: rate})
        return replace(self, assets=past, correlation=None, history=None)

    def at_means(self) -> Market:
        """Return the market with every uncertain parameter at its mean."""
        assets = {
            name: validated_asset(asset.mean_return, asset.mean_volatility, dividend_yield=asset.dividend_yield)
            for name, asset in self.assets.items()
        }
        return replace(self, assets=assets, shocks=tuple(shock.at_means() for shock in self.shocks))

    def assumptions(self) -> list[str]:
        """Return the assumptions of the market as sentences."""
        volatility = {name: asset.mean_volatility for name, asset in self.assets.items()}
        expected_returns = {name: asset.mean_return for name, asset in self.assets.items()}
        lines = [
            f"{self._return_word} a year: {grouped(expected_returns)}.",
            f"Volatility a year: {grouped(volatility)}.",
        ]
        lines += [f"{line}." for line in self._asset_lines()]
        moving = np.array([value > 0.0 for value in volatility.values()])
        if moving.sum() > 1:
            lines.append(f"Correlation of log returns: {_range_text(self._correlations[np.ix_(moving, moving)])}.")
        if self.history is not None:
            lines.append(f"{self.history.describe()}.")
        lines += [f"{time_change.describe()}." for time_change in self.tails]
        lines += [f"{shock.describe()}." for shock in self.shocks]
        lines += [f"{link.describe()}." for link in self.contagion]
        if self.shocks:
            sentence = "Expected returns already include the shocks."
            lines.append(sentence if self.compensate else "Shocks come on top of the expected returns.")
        return lines

    @property
    def _return_word(self) -> str:
        return "Return" if isinstance(self.history, Replayed) else "Expected return"

    def _asset_lines(self) -> list[str]:
        return [*dividend_lines(self.assets, self._return_word), *uncertain_lines(self.assets)]

    def _use_history(self, past: PastPrices) -> None:
        """Take assets and correlation from the history."""
        if self.correlation is not None:
            raise InvalidInput("Market: correlation must not be given beside Resampled, which has its own")
        set_fields(self, history=past, correlation=past.correlation, assets=past.assets)

    def _check_history(self, names: list[str]) -> None:
        if self.history is None:
            return
        if not isinstance(self.history, PastPrices):
            raise InvalidInput(f"Market: history must be a Resampled, got {short_repr(self.history)}")
        if list(self.history) != names:
            raise InvalidInput(
                f"Market: history must be of the market's assets {name_list(names)}, got {name_list(self.history)}"
            )
        if self.tails:
            raise InvalidInput("Market: tails must not be given beside Resampled, which has its own")

    @property
    def _correlations(self) -> Array:
        return cast("Array", self.__dict__["_matrix"])

    def _identity(self) -> tuple[Any, ...]:
        fields = (self.tails, self.shocks, self.compensate, self.contagion, self.history)
        return (tuple(self.assets.items()), self._correlations.tobytes(), *fields)

    def __eq__(self, other: object) -> bool:
        return self._identity() == other._identity() if isinstance(other, Market) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity())

    def __reduce__(self) -> tuple[Any, ...]:
        names = ("tails", "shocks", "compensate", "contagion", "history")
        build = partial(Market, **{name: getattr(self, name) for name in names})
        labels = list(self.assets)
        return (build, (self.assets, pd.DataFrame(self._correlations, index=labels, columns=labels)))

    def __repr__(self) -> str:
        count = len(self.assets)
        summary = [f"{count} asset{'' if count == 1 else 's'}"]
        if count > 1:
            summary.append(f"correlation {_range_text(self._correlations)}")
        if self.shocks:
            summary.append("expected returns " + ("with" if self.compensate else "without") + " the shocks")
        else:
            summary.append("no shocks")
        rows = list(self.assets.items())[:_MAX_ROWS]
        width = max(len(name) for name, _ in rows)
        lines = [f"Market: {', '.join(summary)}", f"{'':<{width}}  expected_return  volatility"]
        for name, asset in rows:
            lines.append(f"{name:<{width}}  {percent(asset.mean_return):>15}  {percent(asset.mean_volatility):>10}")
        if count > _MAX_ROWS:
            lines.append(f"… and {count - _MAX_ROWS} more")
        lines += [*self._asset_lines(), *(time_change.describe() for time_change in self.tails)]
        lines += [*(shock.describe() for shock in self.shocks), *(link.describe() for link in self.contagion)]
        return "\n".join(lines)


def _checked_tails(tails: Any, names: list[str]) -> tuple[TimeChange, ...]:
    """Return the parts of the time change as a tuple, at most one of each kind."""
    items = () if tails is None else (tails,) if isinstance(tails, TimeChange | type) else tails
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise InvalidInput(
            f"Market: tails must be a tail, Clustered, Regimes or another TimeChange, or a list of these, got "
            f"{short_repr(tails)}"
        )
    parts = tuple(items)
    for part in parts:
        if not isinstance(part, TimeChange):
            hint = f"; give its parameters: {part.__name__}(...)" if isinstance(part, type) else ""
            raise InvalidInput(
                f"Market: tails must be a tail, Clustered, Regimes or another TimeChange, got {short_repr(part)}{hint}"
            )
        try:
            hash(part)
        except TypeError:
            raise InvalidInput(
                f"Market: tails must be hashable (a frozen dataclass is), got {short_repr(part)}"
            ) from None
    kinds = ["tail" if isinstance(part, Tail) else type(part).__name__ for part in parts]
    for kind in kinds:
        alike = [part for part, other in zip(parts, kinds, strict=True) if other == kind]
        if len(alike) > 1:
            raise InvalidInput(f"Market: tails must hold at most one {kind}, got {short_repr(alike)}")
    switching = [part for part in parts if part.regimes > 1]
    if len(switching) > 1:
        raise InvalidInput(f"Market: tails must hold at most one with regimes, got {short_repr(switching)}")
    for part in parts:
        part.check(names)
    return parts


def _checked_shocks(
    shocks: object, contagion: object, names: list[str]
) -> tuple[tuple[EventSource, ...], tuple[Contagion, ...]]:
    """Sources of events and contagion, separately."""
    listed_shocks, listed_links = _as_tuple("shocks", shocks), _as_tuple("contagion", contagion)
    for link in listed_links:
        if not isinstance(link, Contagion):
            raise InvalidInput(f"Market: contagion must be Contagion objects, got {short_repr(link)}")
    links = tuple(item for item in (*listed_shocks, *listed_links) if isinstance(item, Contagion))
    require_at_most("Market: shocks", listed_shocks[: len(listed_shocks) + len(listed_links) - len(links)], MOST_SHOCKS)
    require_at_most("Market: contagion", links, MOST_CONTAGION)
    result = [_checked_source(source, names) for source in listed_shocks if not isinstance(source, Contagion)]
    shock_names = [source.name for source in result]
    require_unique("Market: names of shocks", shock_names)
    require_known("Market: source of a Contagion", (link.source for link in links), shock_names)
    require_known("Market: target of a Contagion", (link.target for link in links), shock_names)
    require_unique("Market: Contagion from one shock to another", (f"{link.source} → {link.target}" for link in links))
    refuse_explosion(links, result)
    drawing_order(result, links)
    return tuple(result), links


def _checked_source(source: object, names: list[str]) -> EventSource:
    """Validate a source of events, which may be of a user class."""
    if not isinstance(source, EventSource):
        hint = "; call the class" if isinstance(source, type) and issubclass(source, EventSource) else ""
        raise InvalidInput(
            f"Market: shocks must be Shock, Contagion or EventSource objects, got {short_repr(source)}{hint}"
        )
    if not isinstance(source, Shock):
        EventSource.__post_init__(source)  # a subclass may have another one
    try:
        hash(source)
    except TypeError:
        raise InvalidInput(
            f"Market: shock {source.name!r} must be hashable (tuples and mappings are), got {short_repr(source)}"
        ) from None
    source.check(names)
    return source


def _as_tuple(what: str, value: object) -> tuple[object, ...]:
    items = (value,) if isinstance(value, (EventSource, Contagion)) else value
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise InvalidInput(
            f"Market: {what} must be a list of {what.capitalize().rstrip('s')} objects, got {short_repr(value)}"
        )
    return tuple(items)


def _range_text(matrix: Array) -> str:
    pairs = matrix[np.tril_indices(len(matrix), -1)]
    low, high = f"{pairs.min():.3g}", f"{pairs.max():.3g}"
    return low if low == high else f"from {low} to {high}"
