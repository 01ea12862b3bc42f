"""Prices and holdings from files."""

from __future__ import annotations

from riskkit.read.holding_file import holdings
from riskkit.read.nport_file import nport
from riskkit.read.price_file import prices

__all__ = ["holdings", "nport", "prices"]
