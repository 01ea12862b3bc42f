"""The terms of an instrument in a market, and those of its delta; the latter may need no market."""

from __future__ import annotations

from typing import Protocol

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_known, short_repr
from riskkit.instruments.leg import Leg
from riskkit.instruments.model_volatility import model_volatility, require_model_volatility
from riskkit.instruments.option_pricing import OptionPricing, Terms
from riskkit.market import Market

__all__ = ["HasTerms", "terms_of", "terms_of_delta"]


class HasTerms(Protocol):
    """What terms need of an instrument; see `riskkit.Instrument`."""

    @property
    def on(self) -> str:
        """The holding that it is on."""

    @property
    def years(self) -> float:
        """Tenor."""

    @property
    def pricing(self) -> OptionPricing:
        """How its options are priced."""

    def legs(self, terms: Terms) -> tuple[Leg, ...]:
        """Return the legs of an opening."""


def terms_of(instrument: HasTerms, market: Market) -> Terms:
    """Return the terms of every opening of an instrument: the same on all paths and at all rolls.

    Examples
    --------
    >>> from riskkit.instruments.put import Put
    >>> from riskkit.market import Asset
    >>> terms_of(Put("TSLA", 0.9), Market({"TSLA": Asset(0.08, 0.57)}))
    Terms(rate=0.04, dividend_yield=0.0, volatility=0.57, years=1.0)
    """
    return Terms(
        rate=instrument.pricing.rate,
        dividend_yield=market.assets[instrument.on].dividend_yield,
        volatility=model_volatility(market, instrument.on, instrument.years),
        years=instrument.years,
    )


def terms_of_delta(instrument: HasTerms, market: Market | None) -> Terms:
    """Return the terms at which the delta of an instrument is measured.

    Parameters
    ----------
    instrument : Instrument
    market : Market or None
        Without it the dividend yield is 0.

    Raises
    ------
    InvalidInput
        If `on` is no asset of the market, or options are priced at the model's own volatility and there is no market,
        or one in which it is not known.
    """
    if market is None:
        terms = Terms(instrument.pricing.rate, 0.0, instrument.pricing.volatility or 1.0, instrument.years)
    elif not isinstance(market, Market):
        raise InvalidInput(f"market must be a Market, got {short_repr(market)}")
    else:
        require_known("market: asset", [instrument.on], market.assets)
        terms = terms_of(instrument, market)
    if instrument.pricing.volatility is None and any(leg.is_option for leg in instrument.legs(terms)):
        what = f"{type(instrument).__name__} on {instrument.on!r}"
        if market is None:
            raise InvalidInput(
                f"{what}: market must be given for the model's own volatility, got None; give the market, or a number "
                "such as pricing=rk.OptionPricing(0.4)"
            )
        require_model_volatility(what, market, instrument.on)
    return terms
