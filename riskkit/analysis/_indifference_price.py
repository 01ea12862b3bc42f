"""The cash that has the certainty equivalent of a holding: a root on common random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from riskkit._core.errors import InvalidInput
from riskkit.analysis._inputs import run
from riskkit.comparison.estimation import estimate, tail_estimates
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.estimation.paired_difference import Difference, paired_difference
from riskkit.engine.outcomes import SamplingDesign
from riskkit.market.calibration._negative_moments import infinite_negative_moment
from riskkit.portfolio import Holding, Lot, Portfolio
from riskkit.scenario._scenario import Scenario

__all__ = ["indifference_price", "with_holding", "with_holdings"]

#: The search ends where the certainty equivalents differ by less than this share of the error of their difference, or
#: by rounding.
CLOSE, ROUNDING = 1e-3, 1e-12

#: Values are looked for up to this many times the market value, and down to its inverse.
FARTHEST = 2.0**20

#: Steps of the search, each a run; the function is nearly linear, so that few are needed.
MOST_STEPS = 60


def indifference_price(
    scenario: Scenario, stake: Holding, bought: Mapping[str, float], gamma: float, paths: int, seed: int
) -> Estimate:
    """Return the cash whose certainty equivalent is that of a holding, as a fraction of the holding's value.

    It is the utility indifference price (Hodges and Neuberger 1989) of a seller.

    Parameters
    ----------
    scenario : Scenario
        With the rule that both portfolios follow, and every holding that the cash may buy.
    stake : Holding
        The holding.
    bought : mapping of str to float
        Holding → share of the cash that buys it.
    gamma : float
        Constant relative risk aversion, >= 0.
    paths, seed : int
        Of each run.

    Returns
    -------
    Estimate
        Its standard error is that of the paired difference of the certainty equivalents at the root over the slope
        there. NaN with the reason where the error of a certainty equivalent is NaN, or one is 0.

    Raises
    ------
    InvalidInput
        If no cash up to a million times the holding's value is worth as much.
    """
    if gamma > 1.0 and (
        why := infinite_negative_moment(scenario.market, scenario.portfolio.names, scenario.calendar.dt, gamma - 1.0)
    ):
        return Estimate(math.nan, math.nan, note=why)
    target, design = _certainty_equivalent(scenario, gamma, paths, seed)
    if math.isnan(target.standard_error):
        return Estimate(math.nan, math.nan, note=target.note)
    if target.value == 0.0:
        return Estimate(math.nan, math.nan, note="wealth is 0 on some paths, so that its certainty equivalent is 0")
    notes: list[str | None] = []

    rest = scenario.portfolio.net - stake.value

    def difference(fraction: float) -> Difference:
        if rest + fraction * stake.value <= 0.0:  # the loan is more than all else, which is worth nothing
            return Difference(-target.value, math.nan, math.nan, math.nan, math.nan)
        changed = _exchanged(scenario, stake, bought, fraction * stake.value)
        found, _ = _certainty_equivalent(changed, gamma, paths, seed)
        notes.append(found.note)
        return paired_difference(found, target, design)

    tried: dict[float, Difference] = {}

    def gap(fraction: float) -> float:
        if fraction not in tried:
            tried[fraction] = difference(fraction)
        each = tried[fraction]
        close = max(CLOSE * (0.0 if math.isnan(each.standard_error) else each.standard_error), ROUNDING * target.value)
        return 0.0 if abs(each.value) <= close else each.value

    ends = _bracket(gap)
    if ends is None:
        highest = max(tried)
        if gap(highest) < 0.0:
            raise InvalidInput(
                f"private_value: holding must be worth at most {FARTHEST:,.0f} times its market value to its owner, "
                f"got more for {stake.name!r}; check the expected return and what the cash buys"
            )
        return Estimate(math.nan, math.nan, note="the owner would be better off without it, at any price above 0")
    fraction = _regula_falsi(gap, *ends)
    here = tried[fraction]
    if math.isnan(here.standard_error):
        return Estimate(math.nan, math.nan, note=here.note or notes[-1])
    # A point near the root, not so near that rounding decides its slope.
    apart = [each for each in tried if abs(each - fraction) >= CLOSE * fraction]
    if not apart:
        apart = [fraction * 1.01]
        gap(apart[0])
    other = min(apart, key=lambda each: abs(each - fraction))
    slope = (tried[other].value - here.value) / (other - fraction)
    return Estimate(fraction, here.standard_error / slope)


def _certainty_equivalent(scenario: Scenario, gamma: float, paths: int, seed: int) -> tuple[Estimate, SamplingDesign]:
    """Certainty equivalent of final wealth in money, under the only rule."""
    result = run(scenario, *scenario.rules, paths=paths, seed=seed)
    design = result.outcomes.design
    found = result._calibrated(
        tail_estimates.certainty_equivalent(result.values(scenario.names[0], "wealth"), design, gamma)
    )
    start = scenario.portfolio.net
    return estimate.delta(found, lambda multiple: start * multiple, lambda multiple: start), design


def _exchanged(scenario: Scenario, stake: Holding, bought: Mapping[str, float], cash: float) -> Scenario:
    """The scenario with so much cash, and what it buys, in the holding's place."""
    worthless = replace(stake, value=0.0, cost=None)
    holdings = [
        worthless
        if each.name == stake.name
        else _with_more(each, cash * bought[each.name])
        if bought.get(each.name, 0.0) > 0.0
        else each
        for each in scenario.portfolio.holdings
    ]
    return replace(scenario, portfolio=with_holdings(scenario.portfolio, holdings))


def _with_more(holding: Holding, money: float) -> Holding:
    """The holding after a purchase, which costs what it is worth."""
    if isinstance(holding.cost, tuple):
        return replace(holding, value=holding.value + money, cost=(*holding.cost, Lot(money, money)))
    cost = None if holding.cost is None else holding.cost + money
    return replace(holding, value=holding.value + money, cost=cost)


def with_holding(scenario: Scenario, changed: Holding) -> Scenario:
    """Return the scenario with a holding in the place of the one of the same name."""
    holdings = [changed if each.name == changed.name else each for each in scenario.portfolio.holdings]
    return replace(scenario, portfolio=with_holdings(scenario.portfolio, holdings))


def with_holdings(portfolio: Portfolio, holdings: list[Holding]) -> Portfolio:
    """Return a portfolio of these holdings, with the loan and the currency of another."""
    return Portfolio(holdings, loan=portfolio.loan, currency=portfolio.currency)


def _bracket(gap: Callable[[float], float]) -> tuple[float, float] | None:
    """Two fractions with a root between them, or one at it twice; None where there is none."""
    near, here = 1.0, gap(1.0)
    if here == 0.0:
        return near, near
    factor = 0.5 if here > 0.0 else 2.0
    while 1.0 / FARTHEST <= near * factor <= FARTHEST:
        far = near * factor
        there = gap(far)
        if there * here <= 0.0:
            return near, far
        near = far
    return None


def _regula_falsi(gap: Callable[[float], float], first: float, second: float) -> float:
    """The root between two points, by the Illinois method (Dowell and Jarratt 1971)."""
    low, high = gap(first), gap(second)
    for _ in range(MOST_STEPS):
        if low == 0.0:
            return first
        if high == 0.0:
            return second
        middle = second - high * (second - first) / (high - low)
        value = gap(middle)
        if value * high < 0.0:
            first, low = second, high
        else:
            low *= 0.5
        second, high = middle, value
    return second
