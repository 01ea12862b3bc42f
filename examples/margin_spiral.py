"""What does a loan against a founder's shares do when the founder leaves, or the market crashes?

The portfolio is the founding case; its unlisted half can be sold only in tender windows, so that a margin call falls on
what is listed. The same portfolio is run without a loan, with that of Baron Partners at 2026-06-30 (gross assets 1.070
times net), and with more. Returns, volatilities, shocks, tender terms, the loan's rate and its limit are assumptions.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

import riskkit as rk

PATHS, SEED = 10_000, 1
RATE, LIMIT = 0.06, 0.50
BARON_PARTNERS = 1.070
GROSS_TO_NET = (1.0, BARON_PARTNERS, 1.25, 1.5, 1.8)
UNLISTED = ("SpaceX", "xAI")
METRICS = ["margin_call_probability", "margin_unmet_probability", "ruin_probability"]


def main() -> None:
    print("The founding case, nothing ever sold by choice, 10 years of daily steps, SpaceX and xAI unlisted.")
    print(
        f"Loans bear {RATE:.0%} a year, and the lender calls when they exceed {LIMIT:.0%} of gross assets (assumptions)."
    )
    print("Interest is added to the loan; nothing is paid back but by margin calls.\n")
    results = {ratio: rk.compare(borrowed(ratio), paths=PATHS, seed=SEED) for ratio in GROSS_TO_NET}
    print("How often does it go wrong? Shares of the paths, by gross assets over net at the start\n")
    print(trouble(results).to_string())
    print(
        "\nWhat does it do to wealth and drawdown? Net wealth in multiples of the start; gap: less that without a loan\n"
    )
    print(wealth_and_drawdown(results).to_string())
    print("\nA loan multiplies what rides on him, too: of net assets")
    for ratio in GROSS_TO_NET:
        print(f"  {ratio:.3f}  {borrowed(ratio).portfolio.exposure(of='net')['Musk']:.1%}")
    print("\nOne path on which he leaves and the market crashes, gross assets 1.5 times net\n")
    follow(borrowed(1.5), results[1.5])
    print("\n± is the standard error, from the number of paths only.")


def borrowed(ratio: float) -> rk.Scenario:
    """The founding case with gross assets `ratio` times net."""
    case = rk.scenarios.baron()
    held = [
        replace(holding, liquidity=rk.TenderWindows()) if holding.name in UNLISTED else holding
        for holding in case.portfolio.holdings
    ]
    loan = rk.Loan((1.0 - 1.0 / ratio) * case.portfolio.total, RATE, LIMIT) if ratio > 1.0 else None
    return replace(case, portfolio=rk.Portfolio(held, loan=loan), rules=[rk.Hold()])


def trouble(results: dict[float, rk.Comparison]) -> pd.DataFrame:
    """A row a loan: margin calls, calls that sales could not meet, and ruin."""
    rows = {}
    for ratio, result in results.items():
        found = [result.estimate("hold", metric) for metric in METRICS]
        rows[f"{ratio:.3f}"] = [f"{each.value:.2%} ±{each.standard_error:.2%}" for each in found]
    return pd.DataFrame.from_dict(rows, orient="index", columns=METRICS)


def wealth_and_drawdown(results: dict[float, rk.Comparison]) -> pd.DataFrame:
    """A row a loan: the median of final wealth, the mean deepest drawdown, and its gap to that without a loan."""
    plain = results[1.0].values("hold", "max_drawdown")
    rows = {}
    for ratio, result in results.items():
        found = [result.estimate("hold", metric) for metric in ("wealth_mean", "wealth_median", "max_drawdown_mean")]
        gap = result.values("hold", "max_drawdown") - plain
        cells = [f"{each.value:.3f} ±{each.standard_error:.3f}" for each in found]
        rows[f"{ratio:.3f}"] = [*cells, f"{gap.mean():+.4f} ±{gap.std() / len(gap) ** 0.5:.4f}"]
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["wealth_mean", "wealth_median", "max_drawdown_mean", "gap"]
    )


def follow(scenario: rk.Scenario, result: rk.Comparison) -> None:
    """Tell the margin calls of one path, and what the sold shares were worth in the end."""
    called = result.values("hold", "margin_call") > 0.0
    both = (result.outcomes.ticks["founder exit"] > 0) & (result.outcomes.ticks["crash"] > 0)
    path = int(np.flatnonzero(called & both)[0])
    books = rk.trace(scenario, "hold", paths=[path], seed=SEED)
    for _, event in books.events.iterrows():
        print(f"  {event['time']:5.2f} years  {event['shock']}")
