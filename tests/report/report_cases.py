"""Small results for tests of the report: simulated, or with given columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

import riskkit as rk
from riskkit.comparison._comparison import Comparison
from riskkit.engine.outcomes import COLUMNS, Outcomes

__all__ = ["PORTFOLIO", "SCRIPT", "chosen", "past", "ran", "scenario", "scripted", "weighted_by_rate"]

PORTFOLIO = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("B", 40)])

SCRIPT = "<script>alert(1)</script>"


def scenario(*rules: rk.Rule, compensate: bool = False, shocks: tuple[rk.Shock, ...] | None = None) -> rk.Scenario:
    """Two holdings, one founder who may leave, two years of monthly steps."""
    leaves = (rk.founder_exit(PORTFOLIO, "Ann", 0.05, rk.Impact(-0.5, 0.1)),)
    market = rk.Market(
        {"A": rk.Asset(0.1, 0.3), "B": rk.Asset(0.1, 0.2)},
        shocks=leaves if shocks is None else shocks,
        compensate=compensate,
    )
    chosen_rules = rules or (rk.Hold(), rk.Cap(0.5), rk.DiversifyNow())
    return rk.Scenario(PORTFOLIO, market, chosen_rules, years=2, steps_per_year=12, goal=1.5)


def ran(case: rk.Scenario, paths: int = 1000, seed: int = 3, **how: object) -> Comparison:
    """Run without a bar."""
    return rk.compare(case, paths=paths, seed=seed, progress=False, **how)  # type: ignore[arg-type]


def weighted_by_rate(result: Comparison, rate: float) -> Comparison:
    """At another rate of the founder's exit."""
    return result.reweight({"founder exit": rate})


def scripted() -> rk.Scenario:
    """A scenario in which every name is an attack on the page that shows it."""
    person, other = "</script><img src=x onerror=alert(2)>", '"><svg onload=alert(3)>'
    portfolio = rk.Portfolio([rk.Holding(SCRIPT, 60, founder=person), rk.Holding(other, 40)])
    shock = rk.Shock("--!><script>alert(4)</script>", 0.05, {SCRIPT: -0.5})
    market = rk.Market({SCRIPT: rk.Asset(0.1, 0.3), other: rk.Asset(0.1, 0.2)}, shocks=shock)
    rules = [rk.Hold(name="]]><b>\u2028</b> & 'x'"), rk.DiversifyNow(name="{{ 7 * 7 }} $a_b$ <i>")]
    return rk.Scenario(portfolio, market, rules, years=2, steps_per_year=12)


def past(starts: str = "all") -> Comparison:
    """Two years of made-up prices, replayed from every day on which they can begin."""
    days = pd.bdate_range("2020-01-01", periods=700)
    random = np.random.default_rng(5)
    growth = np.cumsum(random.standard_normal((700, 2)) * [0.02, 0.01], axis=0)
    prices = pd.DataFrame(100.0 * np.exp(growth), days, ["A", "B"])
    return rk.backtest(replace(scenario(), steps_per_year=261), prices, starts=starts)


def chosen(
    wealth: dict[str, list[float]],
    depth: dict[str, list[float]] | None = None,
    case: rk.Scenario | None = None,
    **columns: list[float],
) -> Comparison:
    """A result with these columns, a number for each path; other columns are 0, extra ones are equal for all rules.

    Parameters
    ----------
    wealth, depth : dict of str to list of float
        Rule → final wealth, and max drawdown, of each path.
    case : Scenario, optional
        Whose rules are replaced by idle ones of these names.
    """
    base = case or scenario()
    rules = [rk.Hold(name=name) for name in wealth]
    paths = len(next(iter(wealth.values())))
    found = {name: np.zeros((len(rules), paths)) for name in COLUMNS}
    found["wealth"] = np.array(list(wealth.values()), dtype=float)
    if depth is not None:
        found["max_drawdown"] = np.array([depth[name] for name in wealth], dtype=float)
    for name, values in columns.items():
        found[name] = np.tile(np.array(values, dtype=float), (len(rules), 1))
    outcomes = Outcomes(
        columns=found,
        path_weights=np.full(paths, 1.0 / paths),
        thresholds=np.tile([0.1, 0.2, 0.3, 0.4], (len(rules), 1)),
        event_counts={shock.name: np.zeros(paths, np.int64) for shock in base.market.shocks},
        hazards={shock.name: np.zeros(paths) for shock in base.market.shocks},
        holdings={},
    )
    return Comparison(replace(base, rules=rules, baseline=None), outcomes, seed=3, notes={"version": rk.__version__})
