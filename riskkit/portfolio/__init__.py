"""Portfolios: holdings with their liquidity and marks, a loan, and measures of concentration."""

from __future__ import annotations

from riskkit.portfolio._concentration import Concentration, concentration
from riskkit.portfolio._holding import Holding, Lot, Marks
from riskkit.portfolio._liquidity import Liquidity, LiquidityTerms, Listed, Locked, TenderWindows
from riskkit.portfolio._loan import Loan
from riskkit.portfolio._portfolio import Portfolio

__all__ = [
    "Concentration", "Holding", "Liquidity", "LiquidityTerms", "Listed", "Loan", "Locked", "Lot", "Marks", "Portfolio",
    "TenderWindows", "concentration",
]  # fmt: skip
