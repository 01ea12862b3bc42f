"""A small result that the tests of figures share, and readers of Axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

import riskkit as rk
from riskkit.report import figures

PATHS, SEED = 400, 3


@cache
def result() -> rk.Comparison:
    """The founding case with monthly steps: seven rules, the first one the baseline."""
    return rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=PATHS, seed=SEED, progress=False)


@cache
def plain_result() -> rk.Comparison:
    """Two rules without any shock, in money that loses 3 % a year."""
    portfolio = rk.Portfolio([rk.Holding("A", 1, founder="Ann"), rk.Holding("cash", 1)])
    market = rk.Market({"A": rk.Asset(0.07, 0.1), "cash": rk.Asset(0.02, 0.0)})
    rules = (rk.Hold(), rk.Rebalance(12))
    scenario = rk.Scenario(portfolio, market, rules, years=5, steps_per_year=12, inflation=0.03)
    return rk.compare(scenario, paths=PATHS, seed=SEED, progress=False)


@cache
def hedged_result() -> rk.Comparison:
    """The founding case with monthly steps: holding, and the same with a collar on TSLA and with calls sold on it."""
    scenario = rk.scenarios.baron()
    instruments = rk.Collar("TSLA", 0.9), rk.CoveredCall("TSLA", 1.2, share=0.5)
    rules = [rk.Hold(), *(rk.Hedged(rk.Hold(), each) for each in instruments)]
    return rk.compare(replace(scenario, rules=rules, steps_per_year=12), paths=PATHS, seed=SEED, progress=False)


def line(ax: Axes, label: str) -> np.ndarray:
    """Points of the line of that label (point, 2)."""
    [found] = [each for each in ax.get_lines() if each.get_label() == label]
    return np.asarray(found.get_xydata())


def rows(ax: Axes) -> list[str]:
    """Names of the rows, from the top."""
    return [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]


def legend(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def note(ax: Axes) -> str:
    """What stands below the picture."""
    found = [each.get_text() for each in ax.texts if each.get_text().startswith("assumes")]
    return found[0].replace("\n", " ") if found else ""


def numbers(ax: Axes) -> list[str]:
    """Texts that stand beside marks or in cells, in the order in which they were drawn."""
    return [each.get_text() for each in ax.texts if not each.get_text().startswith("assumes")]


CAUSES = pd.DataFrame({"contribution": [0.4, 0.1], "standard_error": [0.01, 0.02]}, ["diffusion", "founder exit"])
POINTS = pd.MultiIndex.from_product(
    [[0.0, 0.1, 0.2], [0.0, 0.02], ["hold", "sell"]], names=["expected_return:Musk", "rate:exit", "rule"]
)
SWEEP = pd.DataFrame({"growth_median": np.linspace(-0.1, 0.2, 12)}, POINTS)

#: Business days of two years; C has no price in the first 100 days.
DAYS = pd.bdate_range("2022-01-03", periods=520)


@cache
def prices() -> pd.DataFrame:
    """Three made-up prices: B moves with A, C alone, and C begins later."""
    steps = np.random.default_rng(1).normal(0.0, 0.02, (len(DAYS), 3)) @ np.array([[1, 0.6, 0], [0, 0.8, 0], [0, 0, 1]])
    levels = pd.DataFrame(100.0 * np.exp(steps.cumsum(axis=0)), DAYS, ["A", "B", "C"])
    levels.iloc[:100, 2] = np.nan
    return levels


@cache
def plan() -> rk.optimize.Plan:
    """Sales of two dates, of holdings that are 40, 24 and 1 % of the portfolio, and are taxed."""
    table = pd.DataFrame([[0.5, 0.25], [0.0, 1.0], [1.0, 0.0]], ["TSLA", "SpaceX", "xAI"], [0, 1])
    return rk.optimize.Plan(
        table=table, weights=pd.Series([0.40, 0.24, 0.01], table.index), objective="wealth_es95", value=0.5, unsold=0.2,
        bound=0.5, gap=0.0, status="optimal", expected_tax=pd.Series([0.05, 0.08], table.columns), paths=1000, seed=0,
        iterations=1, seconds=0.1, rule=rk.Hold(),
    )  # fmt: skip


#: Columns of `Gaps.table`.
GAP_COLUMNS = ["certainty_equivalent", "standard_error", "carried_forward", "gap", "low", "high", "not_covered"]


def gaps_of(rules: dict[str, tuple[float, ...] | str], bound: float = 1.25, error: float = 0.01) -> rk.optimize.Gaps:
    """Gaps of rules: certainty equivalent, its error, and the interval of the gap, or the reason of no cover."""
    lines = {
        name: (*[np.nan] * 6, rule) if isinstance(rule, str) else (*rule[:2], 0.0, 1 - rule[0] / bound, *rule[2:], "")
        for name, rule in rules.items()
    }
    table = pd.DataFrame.from_dict(lines, orient="index", columns=GAP_COLUMNS).rename_axis("rule")
    policy = rk.optimize.Policy(
        table=pd.DataFrame(), value=1.2, unsold=0.5, risk_aversion=3.0, paths=20_000, seed=1, seconds=1.0,
        rule=rk.AdaptiveSellDown({"A": [0.0]}, {"A": [0.0]}, {"A": [0.0]}),
    )  # fmt: skip
    return rk.optimize.Gaps(table, bound, error, "only sell", policy, 64, 1000, 0)


@cache
def gaps() -> rk.optimize.Gaps:
    """Of a bound of 1.25: rules that are 40, 2 and 0.4 % from it, and one that is not covered."""
    return gaps_of(
        {
            "hold": (0.75, 0.02, 0.36, 0.44),
            "diversify now": (1.225, 0.01, 0.018, 0.022),
            "rebalance": "it buys 'TSLA'",
            "adaptive sell down": (1.245, 0.01, 0.003, 0.005),
        }
    )


#: Every figure, by name: takes ``ax`` and ``theme``.
FIGURES: dict[str, Callable[..., Axes]] = {
    "wealth_fan": lambda **options: figures.wealth_fan(result(), paths=100, **options),
    "founder_weight_fan": lambda **options: figures.founder_weight_fan(result(), paths=100, **options),
    "under_water": lambda **options: figures.under_water(result(), paths=[1, 2], **options),
    "max_drawdowns": lambda **options: figures.max_drawdowns(result(), **options),
    "drawdown_probability": lambda **options: figures.drawdown_probability(result(), **options),
    "frontier": lambda **options: figures.frontier(result(), **options),
    "paired_differences": lambda **options: figures.paired_differences(result(), **options),
    "frontier of hedges": lambda **options: figures.frontier(hedged_result(), **options),
    "gap_bars": lambda **options: figures.gap_bars(gaps(), **options),
    "hedge_fan": lambda **options: figures.hedge_fan(hedged_result(), paths=100, **options),
    "payoff": lambda **options: figures.payoff(rk.Collar("TSLA", 0.9), result().scenario.market, **options),
    "waterfall": lambda **options: figures.waterfall(CAUSES, **options),
    "sweep_map": lambda **options: figures.sweep_map(SWEEP, "hold", "sell", break_even=0.1, **options),
    "sweep_map of one rule": lambda **options: figures.sweep_map(SWEEP, "hold", **options),
    "correlation_matrix": lambda **options: figures.correlation_matrix(prices(), **options),
    "price_drawdowns": lambda **options: figures.price_drawdowns(prices(), **options),
    "rolling_volatility": lambda **options: figures.rolling_volatility(prices(), **options),
    "rolling_correlation": lambda **options: figures.rolling_correlation(prices(), **options),
    "monthly_returns": lambda **options: figures.monthly_returns(prices(), **options),
    "sales_by_year": lambda **options: figures.sales_by_year(plan(), **options),
    "concentration_bars": lambda **options: figures.concentration_bars(result().scenario.portfolio, **options),
}
