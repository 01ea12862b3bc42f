"""riskkit: risk of portfolios that ride on one person.

Correlated-shock simulations, drawdown statistics and comparisons of rebalancing rules, with error bars. Names load on
first use, so that ``import riskkit`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from riskkit._version import __version__ as __version__

if TYPE_CHECKING:
    from riskkit import measures, optimize, read, report, scenarios
    from riskkit.comparison import influence
    from riskkit.comparison.backtesting import backtest
    from riskkit.comparison.beliefs import Mean, Probability, Quantile
    from riskkit.comparison.metric import Metric
    from riskkit.comparison.result import Comparison
    from riskkit.comparison.running import compare
    from riskkit.engine._replay import replay
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
    from riskkit.loan import Loan
    from riskkit.market import (
        Asset,
        Clustered,
        Contagion,
        Hazard,
        Impact,
        Market,
        Mortality,
        NormalInverseGaussian,
        Proxy,
        Regime,
        Regimes,
        Resampled,
        Seasonal,
        Shock,
        StudentT,
        Tail,
        Uncertain,
        breakthrough,
        equilibrium,
        failure,
        fit,
        fit_marks,
        fit_report,
        founder_exit,
        market_crash,
        nearest_correlation,
    )
    from riskkit.portfolio import Portfolio
    from riskkit.questions.break_even import breakeven
    from riskkit.questions.causes import attribution
    from riskkit.questions.parameter_risk import uncertainty
    from riskkit.questions.reversing import reverse_stress
    from riskkit.questions.stressing import stress
    from riskkit.questions.sweeping import sweep
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

_HOMES = {
    "riskkit.comparison.backtesting": ["backtest"],
    "riskkit.comparison.beliefs": ["Mean", "Probability", "Quantile"],
    "riskkit.comparison.metric": ["Metric"],
    "riskkit.comparison.result": ["Comparison"],
    "riskkit.comparison.running": ["compare"],
    "riskkit.engine._replay": ["replay"],
    "riskkit.engine.record": ["Paths", "Trace", "sample", "trace"],
    "riskkit.errors": [
        "Interrupted", "InvalidInput", "MissingExtra", "NotEnoughMemory", "RiskkitError", "RiskkitWarning",
    ],
    "riskkit.exposure": ["Concentration", "concentration"],
    "riskkit.frictions": ["Frictions"],
    "riskkit.holding": ["Holding", "Lot", "Marks"],
    "riskkit.liquidity": ["Liquidity", "Listed", "Locked", "TenderWindows"],
    "riskkit.loan": ["Loan"],
    "riskkit.market": [
        "Asset", "Clustered", "Contagion", "Hazard", "Impact", "Market",
        "Mortality", "NormalInverseGaussian", "Proxy", "Regime", "Regimes", "Resampled", "Seasonal", "Shock",
        "StudentT", "Tail", "Uncertain", "breakthrough", "equilibrium", "failure", "fit", "fit_marks", "fit_report",
        "founder_exit", "market_crash", "nearest_correlation",
    ],
    "riskkit.portfolio": ["Portfolio"],
    "riskkit.questions.break_even": ["breakeven"],
    "riskkit.questions.causes": ["attribution"],
    "riskkit.questions.parameter_risk": ["uncertainty"],
    "riskkit.questions.reversing": ["reverse_stress"],
    "riskkit.questions.stressing": ["stress"],
    "riskkit.questions.sweeping": ["sweep"],
    "riskkit.rules": [
        "Band", "BuyDips", "Cap", "DiversifyNow", "DrawdownControl", "Hold", "Rebalance", "Rule", "SellDown",
        "SellLast", "TakeProfit", "Trim", "View", "rule",
    ],
    "riskkit.scenario": ["Scenario"],
    "riskkit.spending": ["Spending"],
    "riskkit.tax": ["CapitalGains"],
}  # fmt: skip
_PLACES = {name: home for home, names in _HOMES.items() for name in names}
_NAMESPACES = {name: f"riskkit.{name}" for name in ("measures", "optimize", "read", "report", "scenarios")}
_NAMESPACES["influence"] = "riskkit.comparison.influence"

__all__ = [
    "Asset", "Band", "BuyDips", "Cap", "CapitalGains", "Clustered", "Comparison", "Concentration", "Contagion",
    "DiversifyNow", "DrawdownControl", "Frictions", "Hazard", "Hold", "Holding", "Impact", "Interrupted",
    "InvalidInput", "Liquidity", "Listed", "Loan", "Locked", "Lot", "Market", "Marks", "Mean", "Metric", "MissingExtra",
    "Mortality", "NormalInverseGaussian", "NotEnoughMemory", "Paths", "Portfolio", "Probability", "Proxy", "Quantile",
    "Rebalance", "Regime", "Regimes", "Resampled", "RiskkitError", "RiskkitWarning", "Rule", "Scenario", "Seasonal",
    "SellDown", "SellLast", "Shock", "Spending", "StudentT", "Tail", "TakeProfit", "TenderWindows", "Trace", "Trim",
    "Uncertain", "View", "attribution", "backtest", "breakeven", "breakthrough", "compare", "concentration",
    "equilibrium", "failure", "fit", "fit_marks", "fit_report", "founder_exit", "influence", "market_crash", "measures",
    "nearest_correlation", "optimize", "read", "replay", "report", "reverse_stress", "rule", "sample", "scenarios",
    "stress", "sweep", "trace", "uncertainty",
]  # fmt: skip


if not TYPE_CHECKING:  # a type checker knows the names from above, and refuses others

    def __getattr__(name: str) -> Any:
        if name in _NAMESPACES:
            return import_module(_NAMESPACES[name])
        if name in _PLACES:
            value = getattr(import_module(_PLACES[name]), name)
            globals()[name] = value
            return value
        raise AttributeError(f"module 'riskkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
