"""How do I get from real prices to an answer, with nothing but what pip installs?
===============================================================================

The prices are those of 20 large US companies, daily from 1990 to 2022, which the package skfolio ships; without it the
example is skipped. All twenty are survivors: companies that failed in those years are missing, so the history looks
better than it was. The portfolio is invented: Apple and AMD stand for two companies of one founder. Volatilities and
correlations are fitted to the prices; expected returns and shocks are assumptions.
"""

from __future__ import annotations

import warnings

import pandas as pd

import riskkit as rk

PATHS, SEED = 10_000, 1
FOUNDER = "the founder"
STAKES = {"AAPL": 40.0, "AMD": 25.0}


def main() -> None:
    try:
        from skfolio.datasets import load_sp500_dataset
    except ImportError:
        print("Skipped: skfolio, which ships the prices, is not installed (pip install skfolio).")
        return
    prices = load_sp500_dataset()
    print(f"{prices.shape[1]} companies, {prices.index[0]:%Y-%m-%d} to {prices.index[-1]:%Y-%m-%d}, survivors all.\n")
    tell_history(prices)
    portfolio = invented(prices)
    by_holding, by_founder = (rk.concentration(portfolio, by).effective_number for by in ("holding", "founder"))
    print(
        f"\nThe portfolio is as concentrated as {by_holding:.2f} equal parts by holding, {by_founder:.2f} by founder.\n"
    )
    print(rk.compare(scenario(portfolio, prices), paths=PATHS, seed=SEED))
    print("\n± is the standard error, from the number of paths only, not from assumptions or survivorship bias.")


def tell_history(prices: pd.DataFrame) -> None:
    """The largest drawdowns of the founder's two companies in their history, and the time to recovery."""
    for name in STAKES:
        largest = rk.measures.drawdown_table(prices[name]).iloc[0]
        back = "not yet back at its peak" if pd.isna(largest["recovery"]) else f"back on {largest['recovery']:%Y-%m-%d}"
        print(
            f"{name} fell by {largest['depth']:.1%} from {largest['peak']:%Y-%m-%d} to {largest['trough']:%Y-%m-%d}, "
            f"{back}."
        )


def invented(prices: pd.DataFrame) -> rk.Portfolio:
    """65 % in the founder's two companies, the rest in equal parts."""
    rest = [name for name in prices.columns if name not in STAKES]
    each = (100.0 - sum(STAKES.values())) / len(rest)
    tied = [rk.Holding(name, value, founder=FOUNDER) for name, value in STAKES.items()]
    return rk.Portfolio([*tied, *(rk.Holding(name, each) for name in rest)])


def scenario(portfolio: rk.Portfolio, prices: pd.DataFrame) -> rk.Scenario:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", rk.RiskkitWarning)
        fitted = rk.fit(prices, expected_return=0.08)
    for warning in caught:
        print(f"Note: {warning.message}.\n")
    # Crashes are in the fitted volatilities already; an exit of this founder cannot be.
    shock = rk.founder_exit(portfolio, FOUNDER, rate=0.02, impact=rk.Impact(-0.50, 0.15))
    market = rk.Market(fitted.assets, fitted.correlation, shocks=[shock], compensate=True)
    rules = [
        rk.Hold(),
        rk.DiversifyNow(),
        rk.Cap(0.30, founder=FOUNDER, name="cap 30 %"),
        rk.Band(0.05, relative=0.25, to="edge"),
        rk.SellLast(after=rk.Trim(1.0, years=5), name="last seller"),
    ]
    return rk.Scenario(portfolio, market, rules, frictions=rk.Frictions(0.001), years=10)


if __name__ == "__main__":
    main()
