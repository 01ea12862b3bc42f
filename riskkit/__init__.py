"""riskkit: risk of portfolios that ride on one person.

Correlated-shock simulations, drawdown statistics and comparisons of rebalancing rules, with error bars. Names load on
first use, so that ``import riskkit`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from riskkit._version import __version__ as __version__

if TYPE_CHECKING:
    from riskkit import measures, optimize, read, report
    from riskkit._core.errors import (
        Interrupted,
        InvalidInput,
        MissingExtra,
        NotEnoughMemory,
        RiskkitError,
        RiskkitWarning,
    )
    from riskkit.analysis import attribution, breakeven, reverse_stress, stress, sweep, uncertainty
    from riskkit.comparison import influence
    from riskkit.comparison._backtest import backtest
    from riskkit.comparison._compare import compare
    from riskkit.comparison._comparison import Comparison
    from riskkit.comparison.metric import Metric
    from riskkit.comparison.reweighting.views import Mean, Probability, Quantile
    from riskkit.engine._replay import replay
    from riskkit.engine._trace import Paths, Trace, sample, trace
    from riskkit.engine.statistic import Statistic
    from riskkit.frictions import CapitalGains, Frictions, Spending
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
    from riskkit.portfolio import (
        Concentration,
        Holding,
        Liquidity,
        Listed,
        Loan,
        Locked,
        Lot,
        Marks,
        Portfolio,
        TenderWindows,
        concentration,
    )
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
    from riskkit.scenario import ready_made as scenarios

_HOMES = {
    "riskkit._core.errors": [
        "Interrupted", "InvalidInput", "MissingExtra", "NotEnoughMemory", "RiskkitError", "RiskkitWarning",
    ],
    "riskkit.analysis": ["attribution", "breakeven", "reverse_stress", "stress", "sweep", "uncertainty"],
    "riskkit.comparison._backtest": ["backtest"],
    "riskkit.comparison._compare": ["compare"],
    "riskkit.comparison._comparison": ["Comparison"],
    "riskkit.comparison.metric": ["Metric"],
    "riskkit.comparison.reweighting.views": ["Mean", "Probability", "Quantile"],
    "riskkit.engine._replay": ["replay"],
    "riskkit.engine._trace": ["Paths", "Trace", "sample", "trace"],
    "riskkit.engine.statistic": ["Statistic"],
    "riskkit.frictions": ["CapitalGains", "Frictions", "Spending"],
    "riskkit.market": [
        "Asset", "Clustered", "Contagion", "Hazard", "Impact", "Market",
        "Mortality", "NormalInverseGaussian", "Proxy", "Regime", "Regimes", "Resampled", "Seasonal", "Shock",
        "StudentT", "Tail", "Uncertain", "breakthrough", "equilibrium", "failure", "fit", "fit_marks", "fit_report",
        "founder_exit", "market_crash", "nearest_correlation",
    ],
    "riskkit.portfolio": [
        "Concentration", "Holding", "Liquidity", "Listed", "Loan", "Locked", "Lot", "Marks", "Portfolio",
        "TenderWindows", "concentration",
    ],
    "riskkit.rules": [
        "Band", "BuyDips", "Cap", "DiversifyNow", "DrawdownControl", "Hold", "Rebalance", "Rule", "SellDown",
        "SellLast", "TakeProfit", "Trim", "View", "rule",
    ],
    "riskkit.scenario": ["Scenario"],
}  # fmt: skip
_PLACES = {name: home for home, names in _HOMES.items() for name in names}
_NAMESPACES = {name: f"riskkit.{name}" for name in ("measures", "optimize", "read", "report")}
_NAMESPACES |= {"influence": "riskkit.comparison.influence", "scenarios": "riskkit.scenario.ready_made"}

__all__ = [
    "Asset", "Band", "BuyDips", "Cap", "CapitalGains", "Clustered", "Comparison", "Concentration", "Contagion",
    "DiversifyNow", "DrawdownControl", "Frictions", "Hazard", "Hold", "Holding", "Impact", "Interrupted",
    "InvalidInput", "Liquidity", "Listed", "Loan", "Locked", "Lot", "Market", "Marks", "Mean", "Metric", "MissingExtra",
    "Mortality", "NormalInverseGaussian", "NotEnoughMemory", "Paths", "Portfolio", "Probability", "Proxy", "Quantile",
    "Rebalance", "Regime", "Regimes", "Resampled", "RiskkitError", "RiskkitWarning", "Rule", "Scenario", "Seasonal",
    "SellDown", "SellLast", "Shock", "Spending", "Statistic", "StudentT", "Tail", "TakeProfit", "TenderWindows",
    "Trace", "Trim", "Uncertain", "View", "attribution", "backtest", "breakeven", "breakthrough", "compare",
    "concentration", "equilibrium", "failure", "fit", "fit_marks", "fit_report", "founder_exit", "influence",
    "market_crash", "measures", "nearest_correlation", "optimize", "read", "replay", "report", "reverse_stress", "rule",
    "sample", "scenarios", "stress", "sweep", "trace", "uncertainty",
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
