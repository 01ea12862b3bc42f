"""What does a loan against a founder's shares do when the founder leaves, or the market crashes?
==============================================================================================

The portfolio is the founding case. Its unlisted quarter can be sold only in tender windows, so a margin call sells
listed holdings. The same portfolio runs without a loan, with that of Baron Partners at 2026-06-30 (gross assets 1.070
times net), and with more. Returns, volatilities, shocks, tender terms, the loan's rate and its limit are assumptions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

import riskkit as rk

PATHS, SEED = 10_000, 1
RATE, LIMIT = 0.06, 0.50
BARON_PARTNERS = 1.070
GROSS_TO_NET = (1.0, BARON_PARTNERS, 1.25, 1.5, 1.8)
SPIRAL = 1.5
UNLISTED = ("SpaceX", "xAI")
TROUBLE = ["margin_call_probability", "margin_unmet_probability", "ruin_probability"]
WEALTH = ["wealth_mean", "wealth_median", "max_drawdown_mean"]


def main() -> None:
    print("The founding case at 8% a year for everything; nothing is ever sold by choice; SpaceX and xAI are unlisted.")
    print(
        f"A loan bears {RATE:.0%} a year, added to it. Above {LIMIT:.0%} of gross assets the lender calls, and listed"
    )
    print("holdings are sold until the loan is back at that share (rate, limit and tender terms are assumptions).")
    results = {ratio: rk.compare(borrowed(ratio), paths=PATHS, seed=SEED) for ratio in GROSS_TO_NET}
    print(f"\nProbability of margin calls and ruin by gross over net assets; {BARON_PARTNERS:.3f} is Baron Partners\n")
    print(trouble(results).to_string())
    print("\nNet wealth and maximum drawdown. gap: drawdown minus that without a loan, paired path by path\n")
    print(wealth_and_drawdown(results).to_string())
    print(f"\nWhat do the calls do? Gross {SPIRAL:.3f} times net, against a lender who waits until nothing is left\n")
    patient = rk.compare(borrowed(SPIRAL, limit=0.999), paths=PATHS, seed=SEED)
    calls = {f"calls at {LIMIT:.0%}": results[SPIRAL], "waits": patient}
    print(wealth_and_drawdown(calls, plain=results[1.0]).to_string())
    print(f"\nOne path on which he leaves and a crash follows, gross {SPIRAL:.3f} times net\n")
    follow(results[SPIRAL])
    print("\nMoney is in multiples of the net start. ± is the standard error, from the number of paths only.")


def borrowed(ratio: float, limit: float = LIMIT) -> rk.Scenario:
    """The founding case with gross assets `ratio` times net."""
    case = rk.scenarios.baron()
    held = [
        replace(holding, liquidity=rk.TenderWindows()) if holding.name in UNLISTED else holding
        for holding in case.portfolio.holdings
    ]
    loan = rk.Loan((1.0 - 1.0 / ratio) * case.portfolio.total, RATE, limit) if ratio > 1.0 else None
    return replace(case, portfolio=rk.Portfolio(held, loan=loan), rules=[rk.Hold()])


def trouble(results: dict[float, rk.Comparison]) -> pd.DataFrame:
    """A row for each loan: the founder's share, margin calls, unmet margin calls, and ruin."""
    rows = {}
    for ratio, result in results.items():
        found = [result.estimate("hold", metric) for metric in TROUBLE]
        tied = result.scenario.portfolio.exposure(of="net")["Musk"]
        rows[f"{ratio:.3f}"] = [f"{tied:.1%}", *(f"{each.value:.2%} ±{each.standard_error:.2%}" for each in found)]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["founder, of net", *TROUBLE])


def wealth_and_drawdown(results: dict[Any, rk.Comparison], plain: rk.Comparison | None = None) -> pd.DataFrame:
    """A row for each loan: final wealth, maximum drawdown, and its difference to that without a loan."""
    base = (plain or results[1.0]).values("hold", "max_drawdown")
    rows = {}
    for label, result in results.items():
        found = [result.estimate("hold", metric) for metric in WEALTH]
        gap = result.values("hold", "max_drawdown") - base
        cells = [f"{each.value:.3f} ±{each.standard_error:.3f}" for each in found]
        cells.append(f"{gap.mean():+.3f} ±{gap.std() / len(gap) ** 0.5:.3f}")
        rows[f"{label:.3f}" if isinstance(label, float) else label] = cells
    return pd.DataFrame.from_dict(rows, orient="index", columns=[*WEALTH, "gap"])


def follow(result: rk.Comparison) -> None:
    """Print a path with a first margin call at the founder's exit and a crash within half a year."""
    path, leaves, crash = spiral(result)
    books = rk.trace(result.scenario, "hold", paths=[path], seed=SEED)
    alone = rk.trace(borrowed(1.0), "hold", paths=[path], seed=SEED)
    debt = books.accounts["debt"][:, 0]
    gross = books.wealth[:, 0] + debt
    start = books.weights[0, :, 0] * gross[0]
    rows = {}
    for moment, step in zip(
        ("day before", "he leaves", "the crash", "a year on", "end"),
        (leaves - 1, leaves, crash, crash + 252, len(gross) - 1),
        strict=True,
    ):
        units = books.weights[step, :, 0] * gross[step] / books.prices[step, :, 0]
        units_left = dict(zip(books.names, units / start, strict=True))
        rows[moment] = [
            f"{books.times[step]:.2f}",
            f"{books.wealth[step, 0]:.3f}",
            f"{alone.wealth[step, 0]:.3f}",
            f"{debt[step] / gross[step]:.1%}",
            *(f"{units_left[name]:.0%}" for name in ("TSLA", "SpaceX", "diversified")),
            f"{books.prices[step, 0, 0]:.3f}",
        ]
    columns = ["years", "wealth", "no loan", "loan/gross", "TSLA left", "SpaceX left", "diversified left", "TSLA price"]
    print(pd.DataFrame.from_dict(rows, orient="index", columns=columns).to_string())
    print(f"\nMargin calls sell on {np.count_nonzero(np.diff(debt) < 0.0)} days of this path.")


def spiral(result: rk.Comparison) -> tuple[int, int, int]:
    """Number of the path, and the steps of the founder's exit and of the crash."""
    counts, called = result.outcomes.event_counts, result.values("hold", "margin_call") > 0.0
    candidates = np.flatnonzero(called & (counts["founder exit"] > 0) & (counts["crash"] > 0))[:128]
    books = rk.trace(result.scenario, "hold", paths=candidates.tolist(), seed=SEED)
    for column, path in enumerate(candidates):
        first = int(np.argmax(np.diff(books.accounts["debt"][:, column]) < 0.0)) + 1
        struck = books.events[books.events["path"] == path]
        leaves = int(struck.loc[struck["shock"] == "founder exit", "step"].iloc[0])
        later = struck.loc[(struck["shock"] == "crash") & struck["step"].between(leaves + 1, leaves + 126), "step"]
        if first == leaves < 2000 and len(later):
            return int(path), leaves, int(later.iloc[0])
    raise SystemExit("no such path among those that were looked at")


if __name__ == "__main__":
    main()
