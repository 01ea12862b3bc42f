"""A comparison with random columns, for tests of tables and analyses of columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

import riskkit as rk
from riskkit._core.calendar import Calendar
from riskkit.comparison._comparison import Comparison
from riskkit.engine.outcomes import COLUMNS, HEDGES, TIME_WEIGHTED, Outcomes

__all__ = ["StubScenario", "random_result"]


@dataclass(frozen=True)
class StubScenario:
    """The attributes of a scenario that a comparison reads."""

    names: tuple[str, ...] = ("hold", "cap <30 %>", "trim")
    goal: float = 2.0
    years: float = 10
    start_after_tax: float = 1.0
    hedged: bool = False
    baseline_name: str = "hold"
    portfolio: rk.Portfolio = field(default_factory=lambda: rk.Portfolio([rk.Holding("TSLA", 1.0, founder="Musk")]))
    frictions: rk.Frictions = field(default_factory=rk.Frictions)
    market: rk.Market = field(default_factory=lambda: rk.Market({"TSLA": rk.Asset(0.08, 0.57)}))
    calendar: Calendar = field(default_factory=lambda: Calendar(10, 12))

    @property
    def rules(self) -> tuple[str, ...]:
        return self.names

    def assumptions(self) -> list[str]:
        return ["TSLA: expected return 8 % a year & volatility 57 %.", "A founder exit costs " + "half of it, " * 12]


def random_result(paths: int = 1000, seed: int = 0, scenario: StubScenario | None = None) -> Comparison:
    """Random columns: rules share most of their randomness, and drawdowns are uniform on 0 … depth of the path."""
    scenario = scenario or StubScenario()
    rng = np.random.default_rng(seed)
    shape = (len(scenario.names), paths)
    luck = rng.standard_normal(paths)
    derived = (*TIME_WEIGHTED, *HEDGES, "tax_due")
    columns = {name: rng.uniform(0.0, 1.0, shape) for name in COLUMNS if name not in derived}
    columns["wealth"] = np.exp(0.4 * luck + 0.1 * rng.standard_normal(shape) + 0.3)
    depth = np.clip(0.5 - 0.1 * luck + 0.05 * rng.standard_normal(shape), 0.05, 0.95)
    columns |= {"max_drawdown": depth, "average_drawdown": depth / 2, "ulcer": depth / np.sqrt(3)}
    columns["tax_due"] = np.zeros(shape)  # all tax is paid at once
    columns |= {**dict.fromkeys(HEDGES, np.zeros(shape)), "founder_delta_end": columns["founder_weight_end"]}
    columns |= {"time_weighted_wealth": columns["wealth"], "time_weighted_max_drawdown": depth}  # no flows
    for name in ("still_under_water", "catastrophe"):
        columns[name] = (rng.uniform(0.0, 1.0, shape) < 0.3).astype(float)
    thresholds = np.tile([0.40, 0.44, 0.48, 0.56], (len(scenario.names), 1))
    for j, eta in enumerate(thresholds[0], start=1):
        beyond = np.maximum(depth - eta, 0.0)
        columns |= {f"excess_{j}": beyond**2 / (2 * depth), f"above_{j}": beyond / depth}
    return Comparison(
        scenario,
        Outcomes(
            columns=columns,
            path_weights=np.full(paths, 1.0 / paths),
            thresholds=thresholds,
            event_counts={"founder exit": rng.integers(0, 2, paths)},
            hazards={"founder exit": rng.uniform(0.0, 0.2, paths)},
            holdings={"TSLA": (rng.uniform(0, 1, paths) < 0.4).astype(float)},
        ),
        seed=7,
        notes={"version": "0.1.0"},
    )
