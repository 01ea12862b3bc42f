"""Am I better off with a collar, a prepaid forward or an exchange fund than if I sell?
======================================================================================

The founding case, bought for 10 % of its value, at 23.8 % tax: hold, cap at 30 %, or a contract on all of TSLA, with no
view and with the founder leaving in year 1 on every path. Then the implied volatility at which the collar ties with the
cap. Purchase cost, returns, volatilities, correlations, shocks and the prices of options are assumptions.
"""

from __future__ import annotations

from dataclasses import replace

import riskkit as rk

PATHS, SEED = 4_000, 1
CONTRACTS = [
    rk.Collar("TSLA", 0.9),
    rk.PrepaidForward("TSLA", 0.9, 1.2, share=1),
    rk.ExchangeFund("TSLA", "diversified", share=1),
]


def main() -> None:
    case = rk.scenarios.baron()
    bought = rk.Portfolio([replace(holding, cost=0.1 * holding.value) for holding in case.portfolio.holdings])
    rules = [rk.Hold(), rk.Cap(0.3), *(rk.Hedged(rk.Hold(), contract) for contract in CONTRACTS)]
    taxed = replace(case.frictions, tax=rk.CapitalGains(0.238))
    case = replace(case, portfolio=bought, rules=rules, frictions=taxed, steps_per_year=12, baseline="hold")
    print(*case.assumptions(), sep="\n")
    for title, scenario in {"No view": case, "Exit in year 1": case.with_event("founder exit", year=1)}.items():
        result = rk.compare(scenario, paths=PATHS, seed=SEED)
        print(f"\n{title}: final wealth after tax, and what the hedges cost and pay a year\n")
        metrics = ["wealth_median", "wealth_p05", "max_drawdown_median", "hedge_payoff", "founder_delta_end"]
        print(result.table(metrics).round(3).to_string())
        print(result.differences(metrics="wealth_es95").droplevel("metric").iloc[:, :2].round(3).to_string())
    tie = {"vary": "implied_volatility", "metric": "wealth_es95", "paths": 1000, "seed": SEED}
    print()
    print(rk.breakeven(case, "hold + collar on TSLA", "cap", **tie))


if __name__ == "__main__":
    main()
