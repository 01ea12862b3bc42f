"""riskkit: risk of portfolios that ride on one person.

Correlated-shock simulations, drawdown statistics and comparisons of rebalancing rules, with error bars. Names load on
first use, so that ``import riskkit`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from riskkit import measures, optimize, read, scenarios
    from riskkit.comparison.result import Comparison
    from riskkit.comparison.running import compare
    from riskkit.engine.record import Paths, Trace, sample, trace
    from riskkit.errors import (
        Interrupted,
        InvalidInput,
        MissingExtra,
        NotEnoughMemory,
        RiskkitError,
        RiskkitWarning,
    )
    from riskkit.exposure import Concentration, concentration
    from riskkit.frictions import Frictions
    from riskkit.holding import Holding, Lot, Marks
    from riskkit.liquidity import Liquidity, Listed, Locked, TenderWindows
    from riskkit.market import Asset, Hazard, Impact, Market, Shock, fit, founder_exit, nearest_correlation
    from riskkit.portfolio import Loan, Portfolio
    from riskkit.rules import (
        Band,
        BuyDips,
        Cap,
        DiversifyNow,
        DrawdownControl,
        Hold,
        Rebalance,
        Rule,
        SellDown,
        SellLast,
        TakeProfit,
        Trim,
        View,
        rule,
    )
    from riskkit.scenario import Scenario
    from riskkit.spending import Spending
    from riskkit.tax import CapitalGains

__version__ = "0.1.0"

_HOMES = {
    "riskkit.comparison.result": ["Comparison"],
    "riskkit.comparison.running": ["compare"],
    "riskkit.engine.record": ["Paths", "Trace", "sample", "trace"],
    "riskkit.errors": [
        "Interrupted", "InvalidInput", "MissingExtra", "NotEnoughMemory", "RiskkitError", "RiskkitWarning",
    ],
    "riskkit.exposure": ["Concentration", "concentration"],
    "riskkit.frictions": ["Frictions"],
    "riskkit.holding": ["Holding", "Lot", "Marks"],
    "riskkit.liquidity": ["Liquidity", "Listed", "Locked", "TenderWindows"],
    "riskkit.market": ["Asset", "Hazard", "Impact", "Market", "Shock", "fit", "founder_exit", "nearest_correlation"],
    "riskkit.portfolio": ["Loan", "Portfolio"],
    "riskkit.rules": [
        "Band", "BuyDips", "Cap", "DiversifyNow", "DrawdownControl", "Hold", "Rebalance", "Rule", "SellDown",
        "SellLast", "TakeProfit", "Trim", "View", "rule",
    ],
    "riskkit.scenario": ["Scenario"],
    "riskkit.spending": ["Spending"],
    "riskkit.tax": ["CapitalGains"],
}  # fmt: skip
_PLACES = {name: home for home, names in _HOMES.items() for name in names}
_FOLDERS = ["measures", "optimize", "read", "scenarios"]

__all__ = [
    "Asset", "Band", "BuyDips", "Cap", "CapitalGains", "Comparison", "Concentration", "DiversifyNow",
    "DrawdownControl", "Frictions", "Hazard", "Hold", "Holding", "Impact", "Interrupted", "InvalidInput", "Liquidity",
    "Listed", "Loan", "Locked", "Lot", "Market", "Marks", "MissingExtra", "NotEnoughMemory", "Paths", "Portfolio",
    "Rebalance", "RiskkitError", "RiskkitWarning", "Rule", "Scenario", "SellDown", "SellLast", "Shock", "Spending",
    "TakeProfit", "TenderWindows", "Trace", "Trim", "View", "compare", "concentration", "fit", "founder_exit",
    "measures", "nearest_correlation", "optimize", "read", "rule", "sample", "scenarios", "trace",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _FOLDERS:
        return import_module(f"riskkit.{name}")
    if name in _PLACES:
        value = getattr(import_module(_PLACES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'riskkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
