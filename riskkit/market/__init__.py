"""How prices move: assets and their correlation, shocks on clocks, and markets fitted to real prices."""

from __future__ import annotations

from riskkit.market.assets import Asset
from riskkit.market.fitting import fit
from riskkit.market.hazard import Hazard
from riskkit.market.market import Market
from riskkit.market.nearest import nearest_correlation
from riskkit.market.shocks import Impact, Shock, founder_exit

__all__ = ["Asset", "Hazard", "Impact", "Market", "Shock", "fit", "founder_exit", "nearest_correlation"]
