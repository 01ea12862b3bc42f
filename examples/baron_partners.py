"""How much of a real fund rides on one person, and what would a cap, a trim or a sale do to it?
=============================================================================================

The fund is Baron Partners at 2026-06-30: its holdings as filed (N-PORT-P; columns ticker, value_usd, pct_of_net), and
daily prices of most of them over two years. Volatilities and correlations are fitted to the prices, which are those of
survivors; expected returns, the founder's exit and the proxies for missing prices are assumptions, and are printed as
such.

::

    python examples/baron_partners.py [HOLDINGS.csv PRICES.csv]

Without arguments the two files are looked for in the folder ``../shared/data`` beside the project, or in the folder
that the variable RISKKIT_DATA names, and the example is skipped where they are not.
"""

from __future__ import annotations

import os
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd

import riskkit as rk

PATHS, SEED = 10_000, 1
FOLDER = Path(os.environ.get("RISKKIT_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
FILES = FOLDER / "baron_partners_holdings_2026-06-30.csv", FOLDER / "baron_names_daily_2024_2026.csv"

FOUNDERS = {"SPCX": "Musk", "TSLA": "Musk"}
SHARE_CLASSES = {"HEI-A": "HEI", "GOOG": "GOOGL"}  # two classes of one company move as one
CASH, INDEX, REST = "CASH_MMF", "SPY", "without prices"
EXPECTED_RETURN, CASH_RETURN = 0.08, 0.04
REAL_MOVES = {"MRNA": ["2026-08-19"]}  # +177 % in a day, which `rk.read.prices` and `rk.fit` else refuse
EXIT_RATE, EXIT_IMPACT = 0.02, rk.Impact(-0.50, 0.15)


def main(arguments: list[str]) -> None:
    if len(arguments) not in (0, 2):
        sys.exit("usage: baron_partners.py [HOLDINGS.csv PRICES.csv]")
    holdings_file, prices_file = map(Path, arguments or FILES)
    if not arguments and not (holdings_file.exists() and prices_file.exists()):
        print(f"Skipped: {holdings_file.name} and {prices_file.name} are not in {FOLDER}.")
        return
    filed = rk.read.holdings(holdings_file, founders=FOUNDERS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)  # the fit tells the same
        prices = rk.read.prices(prices_file, real_moves=REAL_MOVES)
    tell_concentration(filed, net_assets(holdings_file, filed))
    portfolio = simulated(filed, prices)
    market = fitted(portfolio, prices)
    print("\nWhich rule?\n")
    result = rk.compare(scenario(portfolio, market), paths=PATHS, seed=SEED)
    print(result)
    print("\nMedian wealth, each rule minus 'hold', paired path by path:\n")
    tell_differences(result)
    calm = market.assets["TSLA"].volatility
    print(f"\nThe same if SPCX swings no more than TSLA ({calm:.0%} a year):\n")
    assets = {**market.assets, "SPCX": rk.Asset(EXPECTED_RETURN, calm)}
    tell_differences(rk.compare(scenario(portfolio, replace(market, assets=assets)), paths=PATHS, seed=SEED))
    print("\n± is the standard error, from the number of paths only. Assumptions and fits matter more.")


def net_assets(file: Path, filed: rk.Portfolio) -> float:
    """Net assets of the fund, from the filing's column of percentages of them."""
    return 100.0 * filed.total / pd.read_csv(file)["pct_of_net"].sum()


def tell_concentration(filed: rk.Portfolio, net: float) -> None:
    # The loan is here only to tell gross from net: its rate and limit are not in the filing and play no part.
    owed = rk.Portfolio(filed.holdings, loan=rk.Loan(filed.total - net, rate=0.0, max_loan_to_value=0.5))
    gross, of_net = (owed.exposure(of=base)["Musk"] for base in ("gross", "net"))
    print("How concentrated is it?\n")
    print(f"{len(filed.names)} holdings, {filed.total / 1e9:.2f} bn gross, {net / 1e9:.2f} bn net (USD).")
    print(f"On one founder: {gross:.1%} of gross, {of_net:.1%} of net assets.")
    for by in ("holding", "founder"):
        print(f"By {by} it is as concentrated as {rk.concentration(filed, by).effective_number:.2f} equal parts.")


def simulated(filed: rk.Portfolio, prices: pd.DataFrame) -> rk.Portfolio:
    """The simulated portfolio: share classes combined, and all holdings without prices as one."""
    print("\nWhat was done to the data?\n")
    values: dict[str, float] = {}
    unpriced: list[rk.Holding] = []
    for holding in filed.holdings:
        name = SHARE_CLASSES.get(holding.name, holding.name)
        if name not in prices and name != CASH:
            unpriced.append(holding)
            name = REST
        values[name] = values.get(name, 0.0) + holding.value
    classes = ", ".join(f"{one} with {other}" for one, other in SHARE_CLASSES.items() if one in filed.names)
    print(f"- Counted as one holding each: {classes}.")
    if unpriced:
        names = ", ".join(holding.name for holding in unpriced)
        share = values[REST] / filed.total
        print(f"- No prices: {names}, together {share:.1%} of gross.")
        print(f"  They are one holding, {REST!r}, which is assumed to move like {INDEX}: single companies swing more.")
    print(f"- {CASH} is cash at {CASH_RETURN:.0%} a year (assumption).")
    print("- The loan is left out: gross assets are simulated, and wealth is that of the unlevered holdings.")
    return rk.Portfolio([rk.Holding(name, value, founder=FOUNDERS.get(name)) for name, value in values.items()])


def fitted(portfolio: rk.Portfolio, prices: pd.DataFrame) -> rk.Market:
    """A market with the volatilities and correlations of the prices."""
    prices = prices.copy()
    if REST in portfolio.names:
        prices[REST] = prices[INDEX]
    names = [name for name in portfolio.names if name != CASH]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", rk.RiskkitWarning)
        real = {name: dates for name, dates in REAL_MOVES.items() if name in names}
        market = rk.fit(prices[names], expected_return=EXPECTED_RETURN, real_moves=real)
    for warning in caught:
        print(f"- {warning.message}.")
    for name in names:
        days = int(prices[name].notna().sum())
        if days < 252:
            volatility = market.assets[name].volatility
            error = volatility / (2.0 * (days - 1)) ** 0.5  # of n - 1 independent normal returns
            print(f"- {name} has {days} prices only: its volatility is {volatility:.0%} ± {error:.0%} a year.")
    if CASH in portfolio.names:
        market = replace(market, assets={**market.assets, CASH: rk.Asset(CASH_RETURN, 0.0)})
    shock = rk.founder_exit(portfolio, "Musk", EXIT_RATE, EXIT_IMPACT)
    return replace(market, shocks=[shock], compensate=True)


def scenario(portfolio: rk.Portfolio, market: rk.Market) -> rk.Scenario:
    rules = [
        rk.Hold(),
        rk.DiversifyNow(),
        rk.Cap(0.20, name="cap 20 %"),
        rk.Trim(0.5, years=2, name="trim half"),
        rk.Rebalance(12, name="rebalance yearly"),
        rk.DrawdownControl(0.50),
    ]
    return rk.Scenario(portfolio, market, rules, frictions=rk.Frictions(0.001), years=10)


def tell_differences(result: rk.Comparison) -> None:
    for name, row in result.differences(metrics="wealth_median").droplevel("metric").iterrows():
        difference = f"{row['difference']:+.3f} ± {row['standard_error']:.3f}"
        print(f"  {name:<17} {difference}, ahead on {row['won']:.0%} of the paths")


if __name__ == "__main__":
    main(sys.argv[1:])
