"""Markets: correlated diffusions with a time change, shocks, past prices, and fits to real prices."""

from __future__ import annotations

from riskkit.market._market import Market
from riskkit.market.calibration._equilibrium import Equilibrium, equilibrium
from riskkit.market.calibration._fit import fit
from riskkit.market.calibration._fit_report import FitReport, fit_report
from riskkit.market.calibration._mark_volatility import MarkFit, fit_marks
from riskkit.market.calibration._proxy import Proxy
from riskkit.market.diffusion._asset import Asset
from riskkit.market.diffusion._nearest_correlation import nearest_correlation
from riskkit.market.diffusion._uncertain import Uncertain
from riskkit.market.hazards._hazard import Hazard
from riskkit.market.hazards._mortality import Mortality
from riskkit.market.hazards._scaled import ScaledHazard as ScaledHazard
from riskkit.market.hazards._seasonal import Seasonal
from riskkit.market.history._replayed import Replayed as Replayed
from riskkit.market.history._resampled import Resampled
from riskkit.market.shocks._contagion import Contagion
from riskkit.market.shocks._event_source import Events, EventSource
from riskkit.market.shocks._impact import Impact
from riskkit.market.shocks._ready_made import breakthrough, failure, market_crash
from riskkit.market.shocks._shock import Shock, founder_exit
from riskkit.market.time_change._clustered import Clustered
from riskkit.market.time_change._regimes import Regime, Regimes
from riskkit.market.time_change._tails import NormalInverseGaussian, StudentT, Tail
from riskkit.market.time_change._time_change import RegimeTables, TimeChange

__all__ = [
    "Asset", "Clustered", "Contagion", "Equilibrium", "EventSource", "Events", "FitReport", "Hazard", "Impact",
    "MarkFit", "Market", "Mortality", "NormalInverseGaussian", "Proxy", "Regime", "RegimeTables", "Regimes",
    "Resampled", "Seasonal", "Shock", "StudentT", "Tail", "TimeChange", "Uncertain", "breakthrough", "equilibrium",
    "failure", "fit", "fit_marks", "fit_report", "founder_exit", "market_crash", "nearest_correlation",
]  # fmt: skip
