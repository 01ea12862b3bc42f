"""The founding case with gains: purchase costs of 10 %, 23.8 % tax, on monthly steps."""

from __future__ import annotations

from dataclasses import replace

import riskkit as rk


def taxed_baron(belief: float | None = None, **changes) -> rk.Scenario:
    case = rk.scenarios.baron(belief)
    bought = rk.Portfolio([replace(holding, cost=0.1 * holding.value) for holding in case.portfolio.holdings])
    frictions = replace(case.frictions, tax=rk.CapitalGains(0.238))
    changes = {"rules": [rk.Hold()], "baseline": None, "steps_per_year": 12, **changes}
    return replace(case, portfolio=bought, frictions=frictions, **changes)
