"""Frictions: trading cost, capital-gains tax and spending."""

from __future__ import annotations

from riskkit.frictions._frictions import Frictions
from riskkit.frictions._spending import Spending
from riskkit.frictions._tax import CapitalGains

__all__ = ["CapitalGains", "Frictions", "Spending"]
