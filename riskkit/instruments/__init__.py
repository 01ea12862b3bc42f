"""Instruments: hedges and exchanges that a book has beside its units; the contract in `base`, one instrument a file."""

from riskkit.instruments.base import Flow, Instrument, Leg, Position, Terms, terms_of
from riskkit.instruments.collar import Collar
from riskkit.instruments.covered_call import CoveredCall
from riskkit.instruments.exchange_fund import ExchangeFund
from riskkit.instruments.hedged import Hedged, instruments_of
from riskkit.instruments.option_pricing import OptionPricing
from riskkit.instruments.prepaid_forward import PrepaidForward
from riskkit.instruments.put import Put

__all__ = [
    "Collar",
    "CoveredCall",
    "ExchangeFund",
    "Flow",
    "Hedged",
    "Instrument",
    "Leg",
    "OptionPricing",
    "Position",
    "PrepaidForward",
    "Put",
    "Terms",
    "instruments_of",
    "terms_of",
]
