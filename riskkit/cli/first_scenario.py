"""A first scenario from a portfolio: its holdings, and default assumptions for everything else."""

from __future__ import annotations

from riskkit.market import Asset, Impact, Market, founder_exit
from riskkit.portfolio._portfolio import Portfolio
from riskkit.read.holding_words import is_cash
from riskkit.rules import Cap, DiversifyNow, Hold, Rebalance, Rule
from riskkit.scenario._scenario import Scenario
from riskkit.toml import to_toml

__all__ = ["first_scenario"]

_RETURN, _CASH_RETURN = 0.08, 0.03
_WITH_FOUNDER, _WITHOUT_FOUNDER = 0.45, 0.16  # volatilities
_CORRELATION = 0.3
_EXIT_RATE, _EXIT_IMPACT = 0.02, Impact(-0.50, 0.15)

_HEAD = """\
#:schema SCHEMA
# A scenario of the holdings in a file.
#
# Holdings, costs and founders come from the file. Every number below, under market, rules and frictions, is an
# assumption: replace it with your own. At first each holding has an expected return of 8 % a year and a volatility of
# 45 % with a founder, else 16 % (cash: 3 % and 0). Correlations are 0.3. A founder's exit has a rate of 2 % a year and
# a mean impact of -50 %. riskkit new without --holdings writes a comment on every key.
"""


def first_scenario(portfolio: Portfolio) -> str:
    """Return a scenario file ready to run: daily steps, ten years, and up to four rules."""
    founders = portfolio.founders
    assets = {holding.name: _asset(holding.name, holding.founder_share) for holding in portfolio.holdings}
    exits = [
        founder_exit(
            portfolio,
            founder,
            _EXIT_RATE,
            _EXIT_IMPACT,
            name="founder exit" if len(founders) == 1 else f"exit of {founder}",
        )
        for founder in founders
    ]
    moving = [name for name, asset in assets.items() if asset.mean_volatility > 0.0]
    correlation = {first: dict.fromkeys(moving[place + 1 :], _CORRELATION) for place, first in enumerate(moving[:-1])}
    rules: list[Rule] = [Hold()]
    if founders and any(holding.founder_share == 0.0 for holding in portfolio.holdings):
        rules += [DiversifyNow(), Cap(0.30, name="cap 30 %")]
    if len(assets) > 1:
        rules.append(Rebalance(12, name="rebalance yearly"))
    scenario = Scenario(portfolio, Market(assets, correlation, shocks=exits), rules)
    return f"{_HEAD}\n{to_toml(scenario)}"


def _asset(name: str, founder_share: float) -> Asset:
    if is_cash(name):
        return Asset(_CASH_RETURN, 0.0)
    return Asset(_RETURN, _WITH_FOUNDER if founder_share else _WITHOUT_FOUNDER)
