"""The slow twins of `riskkit.rules`: the built-in rules as in SEMANTICS, "Rules", one path at a time.

Each twin takes a rule's fields and gives a function of the moment that returns the wanted weights, or None. What it
has to remember it keeps itself. A rule without a twin here is asked through a view of one path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

import riskkit as rk


@dataclass
class Moment:
    """What a rule sees of one path."""

    portfolio: rk.Portfolio
    step: int
    time: float
    units: list[float]
    weights: list[float]
    price: list[float]
    high: list[float]  # the highest reported price so far
    wealth: float
    peak: float
    listed: list[bool]
    sellable: list[float]  # shares of the units
    gain: list[float]  # shares of the reported value
    others: list[list[float]]  # units of the companion books
    hedges: list[float] = field(default_factory=list)  # instruments at their marks, shares of net wealth
    pledged: list[float] = field(default_factory=list)  # units, shares of those at the start

    @property
    def drawdown(self) -> float:
        return 1.0 - self.wealth / self.peak


Decide = Callable[[Moment], "list[float] | None"]


def decider(rule: rk.Rule, portfolio: rk.Portfolio) -> Decide:
    """The twin of a rule; instruments beside it change nothing in what it wants."""
    if type(rule).__name__ == "Hedged":
        return decider(rule.rule, portfolio)
    if type(rule) is rk.Band and rule.to == "edge":
        return through_a_view(rule)
    make = TWINS.get(type(rule))
    return through_a_view(rule) if make is None else make(rule, portfolio)


def tied(portfolio: rk.Portfolio, founder: str | None = None) -> list[float]:
    """Share of each holding that is tied to the founder, or to any."""
    if founder is None:
        return [holding.founder_share for holding in portfolio.holdings]
    return [holding.founder.get(founder, 0.0) for holding in portfolio.holdings]


def start_weights(portfolio: rk.Portfolio) -> list[float]:
    gross = sum(holding.value for holding in portfolio.holdings)
    return [holding.value / gross for holding in portfolio.holdings]


def spread(moment: Moment, sold: dict[int, float], into: dict[str, float] | None) -> list[float]:
    """The weights after `sold` (row → weight sold), with the proceeds going `into`, or pro rata to the founderless."""
    target = list(moment.weights)
    for row, weight in sold.items():
        target[row] -= weight
    proceeds = sum(sold.values())
    if into is not None:
        for name, share in into.items():
            target[moment.portfolio.names.index(name)] += share * proceeds
        return target
    free = [row for row, share in enumerate(tied(moment.portfolio)) if share == 0.0 and row not in sold]
    weight_held = sum(moment.weights[row] for row in free)
    first = start_weights(moment.portfolio)
    for row in free:
        alike = first[row] / sum(first[other] for other in free)
        target[row] += proceeds * (moment.weights[row] / weight_held if weight_held > 1e-12 else alike)
    return target


def to_weight(moment: Moment, wanted: float, founder: str | None, into: dict[str, float] | None) -> list[float] | None:
    """The weights with the founder's at `wanted`: all of his are scaled down alike, or his listed ones are bought."""
    shares = tied(moment.portfolio, founder)
    weight = sum(share * w for share, w in zip(shares, moment.weights, strict=True))
    if abs(weight - wanted) <= 1e-12:
        return None
    if wanted < weight:
        return spread(moment, {r: moment.weights[r] * (1.0 - wanted / weight) for r, s in enumerate(shares) if s}, into)
    target, listed = list(moment.weights), [row for row, share in enumerate(shares) if share and moment.listed[row]]
    if into is None:
        payers = [row for row, share in enumerate(tied(moment.portfolio)) if share == 0.0]
    else:
        payers = [moment.portfolio.names.index(name) for name in into]
    money = sum(moment.weights[row] for row in payers)
    bought = {row: moment.weights[row] for row in listed}
    if sum(bought.values()) <= 1e-12:
        bought = {row: start_weights(moment.portfolio)[row] for row in listed}
    if not bought or not money:
        return None
    per_unit = sum(shares[row] * each for row, each in bought.items()) / sum(bought.values())
    cost = min((wanted - weight) / per_unit, money)
    for row, each in bought.items():
        target[row] += cost * each / sum(bought.values())
    for row in payers:
        target[row] -= cost * moment.weights[row] / money
    return target


def hold(rule: rk.Hold, portfolio: rk.Portfolio) -> Decide:
    return lambda moment: None


def diversify_now(rule: rk.DiversifyNow, portfolio: rk.Portfolio) -> Decide:
    rows = [row for row, share in enumerate(tied(portfolio)) if share > 0.0]
    return lambda moment: spread(moment, {row: moment.weights[row] for row in rows}, rule.into)


def rebalance(rule: rk.Rebalance, portfolio: rk.Portfolio) -> Decide:
    if rule.to is None:
        return lambda moment: start_weights(portfolio)
    return lambda moment: [rule.to.get(name, 0.0) for name in portfolio.names]


def band(rule: rk.Band, portfolio: rk.Portfolio) -> Decide:
    wanted = start_weights(portfolio)
    widths = [rule.width if rule.relative is None else max(rule.width, rule.relative * share) for share in wanted]

    def decide(moment: Moment) -> list[float] | None:
        off = [abs(weight - share) for weight, share in zip(moment.weights, wanted, strict=True)]
        return wanted if any(o > width for o, width in zip(off, widths, strict=True)) else None

    return decide


def cap(rule: rk.Cap, portfolio: rk.Portfolio) -> Decide:
    """Founder holdings are scaled alike: each counts with its founder share, and all keep the same part."""
    if rule.holding is not None:
        shares = [1.0 if name == rule.holding else 0.0 for name in portfolio.names]
    else:
        shares = tied(portfolio, rule.founder)
    to = rule.limit if rule.to is None else rule.to

    def decide(moment: Moment) -> list[float] | None:
        weight = sum(share * w for share, w in zip(shares, moment.weights, strict=True))
        if weight <= rule.limit + 1e-12:
            return None
        return spread(
            moment, {r: moment.weights[r] * (1.0 - to / weight) for r, s in enumerate(shares) if s}, rule.into
        )

    return decide


def trim(rule: rk.Trim, portfolio: rk.Portfolio) -> Decide:
    """Equal parts at month ends: by month m the part m / (12 years) of the fraction is gone."""

    def decide(moment: Moment) -> list[float] | None:
        month = 12.0 * moment.time if rule.every == 0 else round(12.0 * moment.time)
        keep = 1.0 - rule.fraction * min(1.0, month / (12.0 * rule.years))
        sold = {
            row: moment.weights[row] * (1.0 - keep / moment.units[row]) if moment.units[row] > keep + 1e-12 else 0.0
            for row, share in enumerate(tied(portfolio, rule.founder))
            if share > 0.0
        }
        return spread(moment, sold, rule.into) if any(sold.values()) else None

    return decide


def take_profit(rule: rk.TakeProfit, portfolio: rk.Portfolio) -> Decide:
    """Once the price is reached, the units that are to be kept are settled; what a date cannot sell is asked again."""
    rows = [row for row, share in enumerate(tied(portfolio, rule.founder)) if share > 0.0]
    keep: dict[int, float] = {}

    def decide(moment: Moment) -> list[float] | None:
        sold = dict.fromkeys(rows, 0.0)
        for row in rows:
            if row not in keep and moment.price[row] >= rule.multiple:
                keep[row] = (1.0 - rule.fraction) * moment.units[row]
            if row in keep and moment.units[row] > keep[row] + 1e-12:
                sold[row] = moment.weights[row] * (1.0 - keep[row] / moment.units[row])
        return spread(moment, sold, rule.into) if any(sold.values()) else None

    return decide


def buy_dips(rule: rk.BuyDips, portfolio: rk.Portfolio) -> Decide:
    """The running high is that of every step; a new one arms the rule again. It buys what is listed."""
    rows = [row for row, share in enumerate(tied(portfolio)) if share > 0.0]
    bought_under = dict.fromkeys(rows, 0.0)

    def decide(moment: Moment) -> list[float] | None:
        dips = []
        for row in rows:
            high = moment.high[row]
            if moment.listed[row] and high > bought_under[row] and moment.price[row] <= (1.0 - rule.drawdown) * high:
                bought_under[row] = high
                dips.append(row)
        payers = [row for row, share in enumerate(tied(portfolio)) if share == 0.0]
        weight_held = sum(moment.weights[row] for row in payers)
        paid = min(rule.amount * len(dips), weight_held)
        if not paid:
            return None
        target = list(moment.weights)
        for row in payers:
            target[row] -= paid * moment.weights[row] / weight_held
        for row in dips:
            target[row] += paid / len(dips)
        return target

    return decide


def drawdown_control(rule: rk.DrawdownControl, portfolio: rk.Portfolio) -> Decide:
    shares = tied(portfolio, rule.founder)
    first = sum(share * weight for share, weight in zip(shares, start_weights(portfolio), strict=True))

    def decide(moment: Moment) -> list[float] | None:
        lost = moment.drawdown
        allowed = 0.0 if lost >= rule.limit else first * (rule.limit - lost) / (rule.limit * (1.0 - lost))
        weight = sum(share * w for share, w in zip(shares, moment.weights, strict=True))
        if weight <= allowed and not rule.buy_back:
            return None
        return to_weight(moment, allowed, rule.founder, rule.into)

    return decide


def cppi(rule: rk.CPPI, portfolio: rk.Portfolio) -> Decide:
    """The multiple of the cushion as a share of wealth; wealth is 1 at the start."""

    def decide(moment: Moment) -> list[float] | None:
        cushion = max(0.0, moment.wealth - rule.floor)
        wanted = min(1.0, rule.multiple * cushion / moment.wealth) if cushion else 0.0
        return to_weight(moment, wanted, rule.founder, rule.into)

    return decide


def sell_last(rule: rk.SellLast, portfolio: rk.Portfolio) -> Decide:
    """Out for good when each founder holding of the other book is below 1e-6 of its start units; then it sells all."""
    rows = [row for row, share in enumerate(tied(portfolio)) if share > 0.0]
    follow = decider(rk.DiversifyNow(rule.into) if rule.then is None else rule.then, portfolio)
    out = False

    def decide(moment: Moment) -> list[float] | None:
        nonlocal out
        out = out or all(moment.others[0][row] < 1e-6 for row in rows)
        return follow(replace(moment, others=moment.others[1:])) if out else None

    return decide


def through_a_view(rule: rk.Rule) -> Decide:
    """Ask the rule itself, through a view of one path."""
    state = None

    def decide(moment: Moment) -> list[float] | None:
        nonlocal state
        by_holding = ("units", "weights", "price", "high", "sellable", "gain", "hedges", "pledged")
        seen = {name: np.array(getattr(moment, name))[:, None] for name in by_holding}
        seen |= {name: np.array([getattr(moment, name)]) for name in ("wealth", "peak", "drawdown")}
        view = rk.View(moment.portfolio, step=moment.step, time=moment.time, read=seen.__getitem__)
        target, state = rule.decide(view, state)
        return None if target is None else np.asarray(target)[:, 0].tolist()

    return decide


TWINS: dict[type[rk.Rule], Callable[..., Decide]] = {
    rk.Hold: hold,
    rk.DiversifyNow: diversify_now,
    rk.Rebalance: rebalance,
    rk.Band: band,
    rk.Cap: cap,
    rk.Trim: trim,
    rk.TakeProfit: take_profit,
    rk.BuyDips: buy_dips,
    rk.DrawdownControl: drawdown_control,
    rk.CPPI: cppi,
    rk.SellLast: sell_last,
}
