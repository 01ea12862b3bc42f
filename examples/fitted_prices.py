"""Does a market fitted to real prices fall as deep as the real one did?
=====================================================================

Each market has the mean return of the past, to compare it with its own history. That is hindsight: no buyer knew it at
the start, and prices still published today have survivorship bias. The last market has a return that one might have
expected.

::

    python examples/fitted_prices.py [PRICES.csv [NAME]] [--figure FILE]

PRICES.csv has a column ``date`` and a column of adjusted closes a name, as ``rk.read.prices`` takes it; NAME is the
column to look at. Without a file it is Apple, beside JPMorgan, in the prices that the package skfolio ships. The figure
shows how deep the markets fall within ten years.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import riskkit as rk

YEARS, PATHS, SEED = 10, 1_000, 1
EXPECTED_RETURN = 0.08
SHIPPED = ("AAPL", "JPM")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prices", nargs="?", type=Path, help="a CSV file; without it the prices that skfolio ships")
    parser.add_argument("name", nargs="?", help="the column to look at, by default the first")
    parser.add_argument("--figure", type=Path, help="where to save the figure")
    arguments = parser.parse_args()
    prices = from_file(arguments.prices) if arguments.prices else shipped()
    if prices is None:
        return
    name = arguments.name or str(prices.columns[0])
    if name not in prices:
        parser.error(f"{name} must be one of {', '.join(prices.columns)}")
    if prices[name].count() <= YEARS * 252:
        parser.error(f"{name} must have more than {YEARS} years of daily prices, got {prices[name].count()} days")
    markets = fitted(prices)
    print("\nHow good is the fit?\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)  # the fit has already warned
        print(rk.fit_report(markets["NIG tails"], prices))
    happened = prices[name].dropna()
    largest = rk.measures.drawdown_table(happened).iloc[0]
    print(f"\nWhat happened to {name}, and what would in {YEARS} years of each market?\n")
    depths = {label: drawdowns(market, name) for label, market in markets.items()}
    rows = {"the past": statistics(np.log(happened).diff().dropna().to_numpy(), windows(happened), largest["depth"])}
    rows |= {label: statistics(moves, depth, largest["depth"]) for label, (moves, depth) in depths.items()}
    print(pd.DataFrame.from_dict(rows, orient="index").to_string())
    print(
        f"\nThe max drawdown of {name} was {largest['depth']:.1%}, from {largest['peak']:%Y-%m-%d} to "
        f"{largest['trough']:%Y-%m-%d}. Its {YEARS}-year windows overlap: they are few, whatever their number."
    )
    if arguments.figure:
        draw(arguments.figure, name, {label: depth for label, (_, depth) in depths.items()}, largest["depth"])
        print(f"The figure is in {arguments.figure}.")


def from_file(path: Path) -> pd.DataFrame | None:
    if not path.is_file():
        print(f"Skipped: there is no file {path}.")
        return None
    return rk.read.prices(path)


def shipped() -> pd.DataFrame | None:
    try:
        from skfolio.datasets import load_sp500_dataset
    except ImportError:
        print("Skipped: skfolio, which ships the prices, is not installed (pip install skfolio).")
        return None
    return load_sp500_dataset()[list(SHIPPED)]


def fitted(prices: pd.DataFrame) -> dict[str, rk.Market]:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", rk.RiskkitWarning)
        normal = rk.fit(prices, expected_return="sample mean")
        heavy = rk.fit(prices, expected_return="sample mean", tails=rk.NormalInverseGaussian)
        blocks = rk.Resampled(prices)
        expected = rk.fit(prices, expected_return=EXPECTED_RETURN, tails=rk.NormalInverseGaussian)
    for note in dict.fromkeys(str(each.message) for each in said):
        print(f"Note: {note}.")
    return {
        "normal": normal,
        "NIG tails": heavy,
        "blocks of the past": rk.Market(blocks),
        f"NIG tails at {EXPECTED_RETURN:.0%}": expected,
    }


def drawdowns(market: rk.Market, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Daily log returns (step, path), and the max drawdown of each path."""
    simulated = rk.sample(market, years=YEARS, steps_per_year=252, paths=PATHS, seed=SEED)
    levels = simulated.prices[:, simulated.names.index(name)]
    return np.diff(np.log(levels), axis=0), rk.measures.max_drawdown(levels)


def windows(levels: pd.Series) -> np.ndarray:
    """The max drawdown of monthly windows of the past."""
    values, length = levels.to_numpy(), YEARS * 252
    starts = range(0, len(values) - length, 21)
    return np.array([rk.measures.max_drawdown(values[start : start + length + 1]) for start in starts])


def statistics(moves: np.ndarray, depths: np.ndarray, happened: float) -> dict[str, str]:
    scores = (moves - moves.mean()) / moves.std()
    low, median, high = np.quantile(depths, [0.05, 0.5, 0.95])
    return {
        "volatility": f"{moves.std() * 252**0.5:.1%}",
        "kurtosis": f"{(scores**4).mean() - 3.0:.1f}",
        "beyond 4 sd": f"{(np.abs(scores) > 4.0).mean():.2%}",
        "max drawdown: median": f"{median:.0%}",
        "5 % to 95 %": f"{low:.0%} to {high:.0%}",
        f"at least {happened:.1%}": f"{(depths >= happened).mean():.1%}",
    }


def draw(path: Path, name: str, depths: dict[str, np.ndarray], happened: float) -> None:
    from matplotlib.figure import Figure

    picture = Figure(figsize=(8, 4.5), layout="constrained")
    axes = picture.subplots()
    for label, depth in depths.items():
        axes.plot(np.sort(depth), 1.0 - np.arange(len(depth)) / len(depth), label=label)
    axes.axvline(happened, color="black", linestyle="--", label=f"happened: {happened:.1%}")
    axes.set(
        xlabel=f"max drawdown of {name} within {YEARS} years",
        ylabel="share of paths with one at least so deep",
        xlim=(0.0, 1.0),
        ylim=(0.0, 1.0),
    )
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.legend()
    picture.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
