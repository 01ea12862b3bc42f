"""Published figures on key persons and single stocks, and assumptions made of them."""

from __future__ import annotations

from riskkit.evidence._assumption import Assumption
from riskkit.evidence._figures import Figure, table
from riskkit.evidence._holdings import single_stock, venture, volatility_premium
from riskkit.evidence._key_persons import ceo_death, ceo_turnover, departure
from riskkit.evidence._scenario_check import check

__all__ = [
    "Assumption",
    "Figure",
    "ceo_death",
    "ceo_turnover",
    "check",
    "departure",
    "single_stock",
    "table",
    "venture",
    "volatility_premium",
]
