"""Names that users of other libraries guess, and what riskkit calls them; errors about such a name give the right one.

docs/coming_from.md lists both tables, and a test compares them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

__all__ = ["ATTRIBUTES", "KEYWORDS", "Hinted", "attribute_error", "hint_keywords"]

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")

#: Module or class → guessed attribute → the right name.
ATTRIBUTES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "riskkit": {
            "simulate": "rk.compare",
            "monte_carlo": "rk.compare",
            "run": "rk.compare",
            "Backtest": "rk.backtest",
            "stress_test": "rk.stress",
            "risk_contribution": "rk.attribution",
            "Strategy": "rk.Rule",
            "Policy": "rk.Rule",
            "Jump": "rk.Shock",
            "hhi": "rk.concentration",
            "read_prices": "rk.read.prices",
            "read_holdings": "rk.read.holdings",
            "max_drawdown": "rk.measures.max_drawdown",
            "cvar": "rk.measures.expected_shortfall",
            "plotting": "rk.report.figures",
            "EfficientFrontier": "rk.optimize.frontier",
            "MeanRisk": "rk.optimize.min_cvar",
            "RiskBudgeting": "rk.optimize.risk_budget",
        },
        "riskkit.measures": {
            "cvar": "rk.measures.expected_shortfall",
            "value_at_risk": "rk.measures.var",
            "ced": "rk.measures.conditional_expected_drawdown",
            "mdd": "rk.measures.max_drawdown",
        },
        "Market": {
            "from_prices": "rk.fit",
            "from_returns": "rk.fit",
            "simulate": "rk.sample",
            "corr": "Market.correlation",
        },
        "Portfolio": {
            "weights_": "Portfolio.weights",
            "from_weights": "rk.Portfolio",
            "positions": "Portfolio.holdings",
            "tickers": "Portfolio.names",
            "hhi": "rk.concentration",
        },
        "Concentration": {
            "hhi": "Concentration.herfindahl",
            "effective_n": "Concentration.effective_number",
        },
        "Comparison": {
            "summary": "Comparison.table",
            "stats": "Comparison.table",
            "metrics": "Comparison.table",
            "plot": "Comparison.figure",
            "to_frame": "Comparison.to_pandas",
        },
    }
)

#: Guessed keyword → the right one, where a function takes that.
KEYWORDS: Mapping[str, str] = MappingProxyType(
    {
        "n_paths": "paths",
        "n_sims": "paths",
        "n_simulations": "paths",
        "num_paths": "paths",
        "random_state": "seed",
        "n_jobs": "workers",
        "horizon": "years",
        "periods_per_year": "steps_per_year",
    }
)


def attribute_error(owner: str, name: str, what: str) -> AttributeError:
    """Return the error for an attribute that a module or class does not have, with the right name if it is known.

    Examples
    --------
    >>> attribute_error("Concentration", "hhi", "'Concentration' object")
    AttributeError("'Concentration' object has no attribute 'hhi'; riskkit calls it Concentration.herfindahl")
    """
    right = ATTRIBUTES.get(owner, {}).get(name)
    return AttributeError(f"{what} has no attribute {name!r}" + (f"; riskkit calls it {right}" if right else ""))


class _HintedType(type):
    """The type of classes whose own missing attributes, such as `Market.from_prices`, are answered with a hint."""

    if not TYPE_CHECKING:  # so that type checkers refuse attributes that do not exist

        def __getattr__(cls, name: str) -> Any:
            if name in ATTRIBUTES.get(cls.__name__, {}):
                raise attribute_error(cls.__name__, name, f"type object {cls.__name__!r}")
            return type.__getattribute__(cls, name)


class Hinted(metaclass=_HintedType):
    """Base of a class whose missing attributes, of the class or an instance, are answered with a hint."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            owner = type(self).__name__
            if name in ATTRIBUTES.get(owner, {}):
                raise attribute_error(owner, name, f"{owner!r} object")
            return object.__getattribute__(self, name)


def hint_keywords(function: Callable[Arguments, Value]) -> Callable[Arguments, Value]:
    """Answer a guessed keyword of a function with the right one."""
    accepted = inspect.signature(function).parameters

    @wraps(function)
    def call(*arguments: Arguments.args, **named: Arguments.kwargs) -> Value:
        for name in named:
            right = KEYWORDS.get(name)
            if name not in accepted and right in accepted:
                raise TypeError(
                    f"{function.__name__}() got an unexpected keyword argument {name!r}; riskkit calls it {right!r}"
                )
        return function(*arguments, **named)

    return call
