"""Rebalancing rules: the contract in `base`, and the built-in rules, one a file."""

from riskkit.rules.adaptive_sale import AdaptiveSellDown
from riskkit.rules.band import Band
from riskkit.rules.base import FunctionRule, Rule, View, rule
from riskkit.rules.buy_dips import BuyDips
from riskkit.rules.cap import Cap
from riskkit.rules.cppi import CPPI
from riskkit.rules.diversify_now import DiversifyNow
from riskkit.rules.drawdown_control import DrawdownControl
from riskkit.rules.hold import Hold
from riskkit.rules.planned_sale import SellDown
from riskkit.rules.rebalance import Rebalance
from riskkit.rules.sell_last import SellLast
from riskkit.rules.take_profit import TakeProfit
from riskkit.rules.trigger import Trigger
from riskkit.rules.trim import Trim

__all__ = [
    "CPPI",
    "AdaptiveSellDown",
    "Band",
    "BuyDips",
    "Cap",
    "DiversifyNow",
    "DrawdownControl",
    "FunctionRule",
    "Hold",
    "Rebalance",
    "Rule",
    "SellDown",
    "SellLast",
    "TakeProfit",
    "Trigger",
    "Trim",
    "View",
    "rule",
]
