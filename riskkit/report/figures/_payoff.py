"""Pay-off diagram: the value of a holding together with its instruments, by the holding's price."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.format import in_years
from riskkit._core.frozen import name_in_words
from riskkit._core.validation import join_first, require_known, short_repr
from riskkit.instruments import Instrument, Leg, Terms, terms_of
from riskkit.market import Market
from riskkit.report.figures._labels import quoted, shortened
from riskkit.report.figures._style import styled_axes
from riskkit.report.figures._themes import PALETTE

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["payoff"]

#: Prices of a curve besides the strikes, and the lowest end of the price axis.
POINTS, LEAST_END = 201, 2.0


def payoff(
    instruments: Instrument | Iterable[Instrument],
    market: Market,
    *,
    on: str | None = None,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Pay-off diagram: the value of a holding with its instruments, at the opening and at expiry, by its price.

    Parameters
    ----------
    instruments : Instrument or iterable of Instrument
        Such as the ``instruments`` of a `Hedged` rule.
    market : Market
        For the volatility and the dividend yield of the holding.
    on : str, optional
        The holding; by default that of the first instrument with legs.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        For one unit of the holding, its price without dividends, both in multiples of the price at the opening. Each
        instrument counts with its `share`, less the premium, which is added where it is received, without interest on
        it. The thin line is the holding alone. Where tenors differ, the curve at expiry is at the first one, the other
        instruments at their marks then.

    Raises
    ------
    InvalidInput
        If an argument is of another kind, or no instrument on the holding has legs, as an exchange fund has none.

    Examples
    --------
    At a price of 0 what is left is the strike, less the premium:

    >>> import riskkit as rk
    >>> market = rk.Market({"TSLA": rk.Asset(0.08, 0.57)})
    >>> put = rk.Put("TSLA", 0.9, pricing=rk.OptionPricing(0.5))
    >>> ax = payoff(put, market)
    >>> premium = put.premium(rk.Terms(rate=0.04, dividend_yield=0.0, volatility=0.57, years=1.0))
    >>> bool(abs(ax.get_lines()[-1].get_ydata()[0] - (0.9 - premium)) < 1e-12)
    True
    """
    chosen, name = _on_one_holding(instruments, market, on)
    terms = {each: terms_of(each, market) for each in chosen}
    legs = {each: each.legs(terms[each]) for each in chosen}
    first = min(each.months for each in chosen)
    kinks = [leg.strike for each in chosen for leg in legs[each] if leg.is_option]
    prices = np.union1d(np.linspace(0.0, max(LEAST_END, 1.25 * max(kinks, default=0.0)), POINTS), kinks)

    def value(months: int) -> Array:
        """The holding and its instruments so many months after the opening (price)."""
        found = prices.copy()
        for each in chosen:
            years = (each.months - months) / 12.0
            found += each.share * (_value_of(legs[each], prices, years, terms[each]) - each.premium(terms[each]))
        return found

    with styled_axes(ax, theme) as styled:
        handles: list[Artist] = []
        handles += styled.ax.plot(prices, prices, color=styled.theme.ink, linewidth=0.8, label="alone")
        handles += styled.ax.plot(
            prices, value(0), color=PALETTE[1], linewidth=1.4, linestyle="--", label="at the opening"
        )
        handles += styled.ax.plot(prices, value(first), color=PALETTE[0], linewidth=2.0, label="at expiry")
        styled.ax.set_xlim(0.0, prices[-1])
        styled.ax.set_ylim(bottom=min(0.0, styled.ax.get_ylim()[0]))
        together = join_first(dict.fromkeys(name_in_words(type(each)) for each in chosen))
        styled.label(
            f"price of {quoted(name)} (times the price at the opening)",
            f"{quoted(name)} with {together}, premium included (times the price at the opening)",
            "times",
            "times",
        )
        same = len({each.months for each in chosen}) == 1
        expiry = f"at {'' if same else 'the first '}expiry, after {in_years(first)}"
        styled.legend(handles, [f"{shortened(name)} alone", "at the opening", expiry])
        options = [each for each in chosen if any(leg.is_option for leg in legs[each])]
        styled.note(dict.fromkeys(each.pricing.describe(terms[each]) for each in options))
    return styled.ax


def _on_one_holding(
    instruments: Instrument | Iterable[Instrument], market: Market, on: str | None
) -> tuple[list[Instrument], str]:
    """The instruments with legs on one holding, and its name."""
    every = [instruments] if isinstance(instruments, Instrument) else instruments
    if isinstance(every, str) or not isinstance(every, Iterable):
        raise InvalidInput(f"instruments must be an instrument or several, got {short_repr(instruments)}")
    if not isinstance(market, Market):
        raise InvalidInput(f"market must be a Market, got {short_repr(market)}")
    every = list(every)
    for each in every:
        if not isinstance(each, Instrument):
            raise InvalidInput(f"instruments must be Instrument objects such as rk.Put, got {short_repr(each)}")
    require_known("instruments: on", [each.on for each in every], market.assets)
    require_known("on", [] if on is None else [on], market.assets)
    with_legs = [each for each in every if each.legs(terms_of(each, market)) and on in (None, each.on)]
    if not with_legs:
        where = "" if on is None else f" on {on!r}"
        raise InvalidInput(
            f"instruments must include one with legs{where}, such as a put, got "
            f"{join_first(each.label for each in every) if every else 'none'}"
        )
    name = with_legs[0].on
    return [each for each in with_legs if each.on == name], name


def _value_of(legs: tuple[Leg, ...], prices: Array, years: float, terms: Terms) -> Array:
    """Value of the legs of a covered unit, at mid (price)."""
    values: Array = np.sum([leg.value(prices, years, terms) for leg in legs], axis=0)
    return values
