"""Instruments: hedges and exchanges that a book has beside its units; the contract in `base`, one instrument a file."""

from riskkit.instruments.base import Flow, Instrument, Leg, Position, Terms
from riskkit.instruments.hedged import Hedged, instruments_of, terms_of
from riskkit.instruments.option_pricing import OptionPricing
from riskkit.instruments.put import Put

__all__ = [
    "Flow",
    "Hedged",
    "Instrument",
    "Leg",
    "OptionPricing",
    "Position",
    "Put",
    "Terms",
    "instruments_of",
    "terms_of",
]
