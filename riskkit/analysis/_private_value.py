"""`private_value`: what a founder holding is worth to its owner, who cannot or does not sell it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import user_stacklevel
from riskkit._core.validation import integer, join_first, number, require_known, short_repr
from riskkit.analysis._indifference_price import indifference_price, with_holding, with_holdings
from riskkit.analysis._inputs import checked_scenario, rule_of
from riskkit.analysis._marketability import finnerty_discount, longstaff_bound
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.instruments.model_volatility import model_volatility
from riskkit.market import Shock
from riskkit.portfolio import Holding, Listed, Portfolio
from riskkit.rules import Hold, Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["PrivateValue", "private_value"]

#: Powers of wealth below 1e-6 of the start would not be floats beyond it.
HIGHEST_AVERSION = 50.0

CASH = "cash at 0 %"


@dataclass(frozen=True, repr=False)
class PrivateValue:
    """What a founder holding is worth to its owner.

    Attributes
    ----------
    holding : str
        Its name.
    market_value : float
        Its value in the portfolio, in money.
    into : mapping of str to float
        Holding → share of the cash that buys it in the holding's place.
    rule : str
        Name of the rule that both portfolios follow.
    risk_aversion : float
        Constant relative risk aversion.
    estimate : Estimate
        The private value as a fraction of the market value, with its standard error and ``interval()``.
    free_to_sell : Estimate
        The same if the holding were listed, without locks, windows and marks, under the same rule.
    restricted_years : float
        Years until all of the holding may be sold at once: 0 if today, the horizon if never before it.
    volatility : float
        The model's own volatility a year of the holding over these years, shocks included.
    longstaff_bound : float
        Longstaff's (1995) discount of a stock that cannot be sold for so long, a fraction of the market value: an upper
        bound under perfect timing.
    finnerty_discount : float
        Finnerty's (2012) discount, an average-strike put.
    paths, seed : int
        Those of every run.
    """

    holding: str
    market_value: float
    into: Mapping[str, float]
    rule: str
    risk_aversion: float
    estimate: Estimate
    free_to_sell: Estimate
    restricted_years: float
    volatility: float
    longstaff_bound: float
    finnerty_discount: float
    paths: int
    seed: int

    @property
    def value(self) -> float:
        """The private value as a fraction of the market value; NaN where its error is."""
        return self.estimate.value

    @property
    def discount(self) -> float:
        """1 less `value`: what the owner would give up of the market value; below 0 where it is worth more."""
        return 1.0 - self.estimate.value

    @property
    def money(self) -> float:
        """The private value in money."""
        return self.estimate.value * self.market_value

    def sentences(self) -> list[str]:
        """State the private value, that of the holding free to sell, and the published discounts beside them."""
        lines = [self._value_sentence(), self._terms_sentence()]
        if self.restricted_years == 0.0:
            return [
                *lines,
                "No lock or window restricts its sale: free to sell it is worth the same, and no discount for "
                "illiquidity applies.",
            ]
        return [
            *lines,
            f"Free to sell, under the same rule: {_value_text(self.free_to_sell)}.",
            f"Discounts for a stock that cannot be sold for {self.restricted_years:.3g} years, at a volatility of "
            f"{percent(self.volatility)}: {percent(self.finnerty_discount)} (Finnerty 2012, average-strike put); at "
            f"most {percent(self.longstaff_bound)} (Longstaff 1995, an upper bound under perfect timing). Neither "
            "knows the owner's other wealth.",
        ]

    def _value_sentence(self) -> str:
        if math.isnan(self.value):
            return f"What {self.holding} is worth to its owner is {_value_text(self.estimate)}."
        word = "discount" if self.discount >= 0.0 else "premium"
        size = f"a {word} of {percent(abs(self.discount))}"
        return f"{self.holding} is worth to its owner {_value_text(self.estimate)}, {size}."

    def _terms_sentence(self) -> str:
        alone = len(self.into) == 1
        bought = [name if alone else f"{percent(share)} {name}" for name, share in self.into.items()]
        return (
            f"Rule {self.rule!r}, relative risk aversion {self.risk_aversion:g}; the cash would buy "
            f"{join_first(bought)}."
        )

    def __repr__(self) -> str:
        return "\n".join([*self.sentences(), f"Runs of {self.paths:,} paths, seed {self.seed}"])


def private_value(
    scenario: Scenario,
    holding: str,
    *,
    into: str | Mapping[str, float] | None = None,
    rule: Rule | str | None = None,
    risk_aversion: float = 3.0,
    paths: int = 100_000,
    seed: int = 0,
) -> PrivateValue:
    """Estimate the cash that is worth as much to its owner as a founder holding with its locks, windows and pledges.

    Parameters
    ----------
    scenario : Scenario
        The assumptions; its rules are ignored. All other holdings, frictions and flows are part of the owner's wealth.
    holding : str
        A holding with a founder share above 0.
    into : str or mapping of str to float, optional
        What the cash buys in the holding's place: another holding, or holdings with shares that sum to 1. By default
        the holdings with no founder, pro rata; if there are none, cash at 0 %.
    rule : Rule or str, optional
        What both portfolios follow, or the name of one of the scenario's; by default `Hold`. Locks matter only under a
        rule that would sell.
    risk_aversion : float
        Constant relative risk aversion, from 0 to 50.
    paths, seed : int
        Of each run. All runs use the same random numbers.

    Returns
    -------
    PrivateValue
        Fractions of the market value. ``estimate.interval()`` covers Monte-Carlo error only.

    Raises
    ------
    InvalidInput
        If the holding is not a founder's, is worth nothing or has no risk; if `into` names the holding itself or an
        unknown one; if no cash up to a million times the market value is worth as much.

    Warns
    -----
    RiskkitWarning
        If the error of a certainty equivalent is NaN; then the private value is NaN too.

    Notes
    -----
    The cash c solves CE(portfolio with c in the holding's place) = CE(portfolio), a root on common random numbers. Its
    standard error is that of the paired difference of the two over the slope in c. Both portfolios pay the same tax at
    the horizon; what the cash buys has a cost basis of c, so that the tax on the holding's gain is part of its
    discount. Final wealth is after the tax of selling everything if ``at_end="sell"``. The search takes about six runs.

    With all wealth in one asset, cash at 0 % and no shocks, c/S = exp(T ln(1 + m) - γσ²T/2).

    Examples
    --------
    exp(2 ln 1.08 - 0.5 × 3 × 0.3² × 2) = 0.890:

    >>> import riskkit as rk
    >>> all_of_it = rk.Portfolio([rk.Holding("ACME", 100, founder="Ann", liquidity=rk.Locked(2))])
    >>> market = rk.Market({"ACME": rk.Asset(0.08, 0.3)})
    >>> found = rk.private_value(rk.Scenario(all_of_it, market, rk.Hold(), years=2, steps_per_year=1), "ACME", seed=1)
    >>> abs(found.value - 0.89041) < 4 * found.estimate.standard_error
    True
    """
    checked_scenario(scenario)
    stake = _checked_holding(scenario, holding)
    gamma = number("private_value: risk_aversion", risk_aversion, at_least=0.0, at_most=HIGHEST_AVERSION)
    integer("paths", paths, at_least=1)
    chosen_rule = Hold() if rule is None else rule_of(scenario, rule)
    case, bought = _with_purchases(replace(scenario, rules=(chosen_rule,), baseline=None), stake, into)

    def value(case: Scenario) -> Estimate:
        return indifference_price(case, stake, bought, gamma, paths, seed)

    free = replace(stake, liquidity=Listed(), marks=None)
    estimate = value(case)
    unlocked = estimate if free == stake else value(with_holding(case, free))
    _warn_of_nan(holding, "private value", estimate)
    if unlocked is not estimate:
        _warn_of_nan(holding, "private value free to sell", unlocked)
    years = _restricted_years(scenario, stake)
    volatility = model_volatility(scenario.market, holding, years or float(scenario.years))
    return PrivateValue(
        holding=holding,
        market_value=stake.value,
        into=bought,
        rule=chosen_rule.name,
        risk_aversion=gamma,
        estimate=estimate,
        free_to_sell=unlocked,
        restricted_years=years,
        volatility=volatility,
        longstaff_bound=longstaff_bound(volatility, years),
        finnerty_discount=finnerty_discount(volatility, years),
        paths=paths,
        seed=seed,
    )


def _warn_of_nan(holding: str, what: str, found: Estimate) -> None:
    if math.isnan(found.value):
        message = f"the {what} of {holding!r} is NaN: {found.note}"
        warnings.warn(message, RiskkitWarning, stacklevel=user_stacklevel())


def _checked_holding(scenario: Scenario, name: str) -> Holding:
    """The founder holding of that name, which has a value and a risk."""
    holdings = scenario.portfolio.holdings
    tied = [each.name for each in holdings if each.founder_share > 0.0]
    require_known("private_value: holding", [name], scenario.portfolio.names)
    require_known("private_value: holding, which must be a founder's,", [name], tied)
    stake = scenario.portfolio.holding(name)
    if stake.value == 0.0:
        raise InvalidInput(f"private_value: holding must have a value above 0, got {name!r}, which is worth 0")
    market = scenario.market
    hit = any(not isinstance(shock, Shock) or name in shock.impacts for shock in market.shocks)
    if market.history is None and market.assets[name].mean_volatility == 0.0 and not hit:
        raise InvalidInput(
            f"private_value: scenario must have a risk in holding {name!r}, got volatility 0 and no shock that hits "
            "it; give it a volatility or a shock"
        )
    return stake


def _with_purchases(
    scenario: Scenario, stake: Holding, into: str | Mapping[str, float] | None
) -> tuple[Scenario, dict[str, float]]:
    """The scenario in which all that the cash may buy is a holding, and the share of each."""
    if into is not None:
        return scenario, _checked_into(scenario.portfolio, stake.name, into)
    others = [each for each in scenario.portfolio.holdings if each.founder_share == 0.0]
    if not others:
        market = scenario.market if CASH in scenario.market.assets else scenario.market.with_cash(CASH, 0.0)
        holdings = [*scenario.portfolio.holdings, Holding(CASH, 0.0)]
        return replace(scenario, market=market, portfolio=with_holdings(scenario.portfolio, holdings)), {CASH: 1.0}
    total = sum(each.value for each in others)
    return scenario, {each.name: each.value / total if total > 0.0 else 1.0 / len(others) for each in others}


def _checked_into(portfolio: Portfolio, holding: str, into: object) -> dict[str, float]:
    """Shares of what the cash buys, none of which is the holding itself."""
    if not isinstance(into, str | Mapping) or not into:
        raise InvalidInput(
            f"private_value: into must name a holding or be a mapping {{holding: share}}, got {short_repr(into)}"
        )
    shares = {into: 1.0} if isinstance(into, str) else dict(into)
    require_known("private_value: into", shares, (name for name in portfolio.names if name != holding))
    shares = {name: number(f"private_value: into {name!r}", share, at_least=0.0) for name, share in shares.items()}
    if abs(sum(shares.values()) - 1.0) > 1e-9:
        raise InvalidInput(f"private_value: shares of into must sum to 1, got {sum(shares.values()):g}")
    return shares


def _restricted_years(scenario: Scenario, stake: Holding) -> float:
    """Years until all of the holding may be sold at once; the horizon where that is never before it."""
    calendar = scenario.calendar
    terms = stake.liquidity.terms(calendar)
    steps = [step for step in range(calendar.steps + 1) if terms.limit[step] >= 1.0]
    return float(calendar.time(steps[0])) if steps else float(scenario.years)


def _value_text(found: Estimate) -> str:
    """A value with its interval, as a share of the market value."""
    if math.isnan(found.value):
        return f"not known: {found.note}"
    low, high = found.interval()
    return f"{percent(found.value)} of its market value (95 % interval {percent(low)} to {percent(high)})"
