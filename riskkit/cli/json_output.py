"""JSON output: one document each, with full precision and null for missing numbers."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import pandas as pd

from riskkit._version import __version__
from riskkit.comparison._comparison import Comparison
from riskkit.portfolio._concentration import Concentration
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["as_json", "difference_document", "portfolio_document", "result_document"]


def as_json(document: dict[str, Any]) -> str:
    """Serialise a document in ASCII; a number that is not finite becomes null."""
    return json.dumps({"riskkit": __version__, **_finite(document)}, indent=2, allow_nan=False)


def result_document(result: Comparison) -> dict[str, Any]:
    """The document of a comparison: value and standard error of each metric of each rule, and paired differences."""
    values, errors = result.table(), result.errors()
    rules = {
        rule: {name: {"value": values.at[rule, name], "standard_error": errors.at[rule, name]} for name in values}
        for rule in result.scenario.names
    }
    return {
        "seed": result.seed,
        "paths": result.paths,
        "notes": dict(result.notes),
        "assumptions": result.assumptions(),
        "baseline": result.scenario.baseline_name,
        "rules": rules,
        "differences": difference_document(result.differences()),
    }


def difference_document(frame: pd.DataFrame) -> dict[str, Any]:
    """A frame indexed by rule and metric, as nested tables."""
    rules = frame.groupby(level="rule", sort=False)
    return {str(rule): rows.droplevel("rule").to_dict("index") for rule, rows in rules}


def portfolio_document(portfolio: Portfolio, measured: list[Concentration]) -> dict[str, Any]:
    """The document of a portfolio: its concentration and its exposure to each person."""
    names = ("herfindahl", "effective_number", "entropy_number", "largest", "largest_name", "top5")
    return {
        "currency": portfolio.currency,
        "gross": portfolio.total,
        "net": portfolio.net,
        "loan": None if portfolio.loan is None else asdict(portfolio.loan),
        "concentration": {
            each.by: {"groups": dict(each.groups), **{name: getattr(each, name) for name in names}} for each in measured
        },
        "founders": {
            of: {person: portfolio.exposure(of=of)[person] for person in portfolio.founders} for of in ("gross", "net")
        },
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
