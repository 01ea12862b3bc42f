"""What to do instead: weights of least tail risk or drawdown within limits, each with a proof of how good it is."""

from riskkit.optimize.allocation import Allocation, DrawdownAllocation, RiskBudget
from riskkit.optimize.budgets import risk_budget
from riskkit.optimize.efficient import frontier
from riskkit.optimize.growth import kelly
from riskkit.optimize.limits import founder_limit, holding_limits, locked, turnover_limit
from riskkit.optimize.minimum import min_cdar, min_ced, min_cvar
from riskkit.optimize.no_trade import no_trade_band
from riskkit.optimize.sale_plan import Plan
from riskkit.optimize.selling import sell_down
from riskkit.optimize.solving import SolverFailed

__all__ = [
    "Allocation",
    "DrawdownAllocation",
    "Plan",
    "RiskBudget",
    "SolverFailed",
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
]
