"""How prices move: assets and their correlation, the clock they run by, shocks, history, and fits to real prices."""

from __future__ import annotations

from riskkit.market.assets import Asset
from riskkit.market.clustering import Clustered
from riskkit.market.company_life import breakthrough, failure, market_crash
from riskkit.market.contagion import Contagion
from riskkit.market.fit_quality import FitReport, fit_report
from riskkit.market.fitting import fit
from riskkit.market.hazard import Hazard
from riskkit.market.mark_fitting import MarkFit, fit_marks
from riskkit.market.market import Market
from riskkit.market.mortality import Mortality
from riskkit.market.nearest import nearest_correlation
from riskkit.market.proxies import Proxy
from riskkit.market.regimes import Regime, Regimes
from riskkit.market.replayed import Replayed as Replayed
from riskkit.market.resampled import Resampled
from riskkit.market.reverse_optimisation import Equilibrium, equilibrium
from riskkit.market.scaled_hazard import ScaledHazard as ScaledHazard
from riskkit.market.seasonal import Seasonal
from riskkit.market.shocks import Impact, Shock, founder_exit
from riskkit.market.tails import NormalInverseGaussian, StudentT, Tail
from riskkit.market.uncertain import Uncertain

__all__ = [
    "Asset", "Clustered", "Contagion", "Equilibrium", "FitReport", "Hazard", "Impact", "MarkFit", "Market", "Mortality",
    "NormalInverseGaussian", "Proxy", "Regime", "Regimes", "Resampled", "Seasonal", "Shock", "StudentT", "Tail",
    "Uncertain", "breakthrough", "equilibrium", "failure", "fit", "fit_marks", "fit_report", "founder_exit",
    "market_crash", "nearest_correlation",
]  # fmt: skip
