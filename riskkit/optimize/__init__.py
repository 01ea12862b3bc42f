"""Optimisation: weights of least tail risk or drawdown under constraints, with proven bounds, and sell-down plans."""

from riskkit.optimize._allocation import Allocation, DrawdownAllocation, RiskBudget
from riskkit.optimize._frontier import frontier
from riskkit.optimize._kelly import kelly
from riskkit.optimize._limits import founder_limit, holding_limits, locked, turnover_limit
from riskkit.optimize._min_risk import min_cdar, min_ced, min_cvar
from riskkit.optimize._no_trade_band import no_trade_band
from riskkit.optimize._risk_budget import risk_budget
from riskkit.optimize.best_possible._adaptive_sell_down import adaptive_sell_down
from riskkit.optimize.best_possible._gap import Gaps
from riskkit.optimize.best_possible._upper_bound import upper_bound
from riskkit.optimize.best_possible.bound import Bound
from riskkit.optimize.best_possible.policy import Policy
from riskkit.optimize.cutting_plane.solver import SolverFailed
from riskkit.optimize.sale_plans._sell_down import sell_down
from riskkit.optimize.sale_plans.sale_plan import Plan

__all__ = [
    "Allocation",
    "Bound",
    "DrawdownAllocation",
    "Gaps",
    "Plan",
    "Policy",
    "RiskBudget",
    "SolverFailed",
    "adaptive_sell_down",
    "founder_limit",
    "frontier",
    "holding_limits",
    "kelly",
    "locked",
    "min_cdar",
    "min_ced",
    "min_cvar",
    "no_trade_band",
    "risk_budget",
    "sell_down",
    "turnover_limit",
    "upper_bound",
]
