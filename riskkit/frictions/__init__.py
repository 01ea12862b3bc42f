"""Frictions: trading cost, capital-gains tax, and what is spent, deposited and vests."""

from __future__ import annotations

from riskkit.frictions._deposit import Deposit
from riskkit.frictions._frictions import Frictions
from riskkit.frictions._spending import Spending
from riskkit.frictions._tax import CapitalGains
from riskkit.frictions._vesting import Vesting

__all__ = ["CapitalGains", "Deposit", "Frictions", "Spending", "Vesting"]
