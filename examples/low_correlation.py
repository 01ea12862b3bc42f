"""How can two holdings with a daily correlation of 0.15 fall together?
====================================================================

A listed and an unlisted company have little to do with each other from day to day. But both depend on one founder, and
on the day on which he leaves both fall by half. Such days are so rare that no correlation of daily returns shows them.
All numbers are assumptions.

::

    python examples/low_correlation.py [--figure FILE]

The figure shows the days on which both companies moved, with and without the founder's exit.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import riskkit as rk

YEARS, SEED = 10, 1
CORRELATION, FALL, LOSS = 0.15, 0.25, 0.65
LONG_PATHS, SHORT_PATHS = 1_000, 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figure", type=Path, help="where to save the figure")
    arguments = parser.parse_args()
    exit_ = founders_market()
    markets = {"without the exit": replace(exit_, shocks=()), "with it": exit_}
    print("\n".join(exit_.assumptions()), end="\n\n")
    days = {label: daily_returns(market) for label, market in markets.items()}
    rows = {label: {**told_of_days(days[label]), **told_of_a_year(market)} for label, market in markets.items()}
    print(pd.DataFrame(rows).to_string())
    print(
        "\nWho looks at daily returns sees nearly the same market twice. The last row is the correlation at which two"
    )
    print("normal log returns, each as likely to lose as much, would do so together as often.")
    if arguments.figure:
        draw(arguments.figure, days)
        print(f"The figure is in {arguments.figure}.")


def founders_market() -> rk.Market:
    """Two companies of one founder, who leaves at 2 % a year; expected returns include that."""
    portfolio = rk.Portfolio([rk.Holding(name, 1.0, founder="the founder") for name in ("listed", "unlisted")])
    assets = {"listed": rk.Asset(0.08, 0.57), "unlisted": rk.Asset(0.08, 0.45)}
    exit_ = rk.founder_exit(portfolio, "the founder", rate=0.02, impact=rk.Impact(-0.50, 0.15))
    return rk.Market(assets, {"listed": {"unlisted": CORRELATION}}, shocks=[exit_], compensate=True)


def daily_returns(market: rk.Market) -> np.ndarray:
    """Log returns of ten years (day, company, path)."""
    drawn = rk.sample(market, years=YEARS, steps_per_year=252, paths=LONG_PATHS, seed=SEED)
    return np.diff(np.log(drawn.prices), axis=0)


def told_of_days(moves: np.ndarray) -> dict[str, str]:
    listed, unlisted = (moves[:, row] < math.log(1.0 - FALL) for row in (0, 1))
    both = listed & unlisted
    return {
        "daily correlation in ten years, median of the paths": f"{seen_correlation(moves):.2f}",
        f"both fall by {FALL:.0%} on one day, within ten years": f"{both.any(axis=0).mean():.1%}",
        "when the listed one falls so, the other does too": f"{both.sum() / listed.sum():.0%}" if listed.any() else "-",
    }


def seen_correlation(moves: np.ndarray) -> float:
    """Statistics of ten years of daily returns, median of the paths."""
    return float(np.median([np.corrcoef(moves[:, :, path].T)[0, 1] for path in range(moves.shape[2])]))


def told_of_a_year(market: rk.Market) -> dict[str, str]:
    final = rk.sample(market, years=1, steps_per_year=1, paths=SHORT_PATHS, seed=SEED).prices[-1]
    lost = final < 1.0 - LOSS
    together = float(lost.all(axis=0).mean())
    return {
        f"both lose {LOSS:.0%} in a year": f"{together:.2%}",
        "a normal market says as much at a correlation of": f"{needed(lost.mean(axis=1), together):.2f}",
    }


def needed(alone: np.ndarray, together: float) -> float:
    """The correlation of two normals with these tail probabilities, each alone and both together."""
    from scipy.optimize import brentq
    from scipy.stats import multivariate_normal, norm

    down = norm.ppf(alone)
    return float(brentq(lambda r: multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf(down) - together, -0.9, 0.99))


def draw(path: Path, days: dict[str, np.ndarray]) -> None:
    """Two panels of days: some ordinary ones, and all on which both companies fell."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(9, 4.6), layout="constrained")
    panels = picture.subplots(1, 2, sharex=True, sharey=True)
    for panel, (label, moves) in zip(panels, days.items(), strict=True):
        listed, unlisted = np.expm1(moves).transpose(1, 0, 2).reshape(2, -1)
        rare = (listed < -FALL) & (unlisted < -FALL)
        panel.scatter(listed[~rare][::100], unlisted[~rare][::100], s=2, alpha=0.3, color="tab:blue")
        panel.scatter(listed[rare], unlisted[rare], s=12, color="tab:red")
        panel.set_title(f"{label}: correlation {seen_correlation(moves):.2f}")
        panel.set_xlabel("daily return of the listed company")
        panel.xaxis.set_major_formatter("{x:.0%}")
        panel.yaxis.set_major_formatter("{x:.0%}")
    panels[0].set_ylabel("of the unlisted one")
    picture.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
