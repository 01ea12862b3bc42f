"""Sales down to limits on weights, their utility and its gradient, path by path, compiled."""

from __future__ import annotations

import numpy as np

from riskkit._random.compiling import compiled, inlined

__all__ = ["utility_and_gradient"]


@compiled
def utility_and_gradient(plan, limits, largest_score, prices, log_prices, events, worth, base, first, end, sales):
    """Return the sum of utilities over paths first … end - 1, and its gradient in the coefficients of the limits.

    Parameters
    ----------
    plan : PlanArrays
    limits : ndarray (date, holding sold, coefficient)
        Level, price, others, and one for each event source; see `riskkit.rules.adaptive_sale.AdaptiveSellDown`.
    largest_score : float
        The score beyond which a limit is 0 or 1.
    prices : ndarray (date + 1, holding, path)
    log_prices : ndarray (date, holding sold, path)
    events : ndarray (date + 1, event source, path)
    worth : ndarray (date + 1, holding sold, path)
        Final worth of selling all start units on a date, the horizon included.
    base : ndarray (path,)
        Final worth of what is not for sale.
    sales : ndarray (date, holding sold, path)
        Is set to the shares of the start units sold.

    Notes
    -----
    The gradient is exact, by the chain rule backwards in time: `to_…` is the derivative in what it names.
    """
    dates, sold, count = limits.shape
    receivers = plan.receivers.size
    gradient, total = np.zeros(limits.shape), 0.0
    remaining, bought = np.empty(sold), np.empty(receivers)
    wealth, weight, limit = np.empty(dates), np.empty((dates, sold)), np.empty((dates, sold))
    binding, least = np.empty((dates, sold), np.bool_), np.empty((dates, sold))
    to_remaining, to_bought, pull, to_others = np.empty(sold), np.empty(receivers), np.empty(sold), np.empty(sold)
    features = np.empty(count)
    for path in range(first, end):
        for place in range(sold):
            remaining[place] = 1.0
        for place in range(receivers):
            bought[place] = 0.0
        final = base[path]
        for date in range(dates):
            wealth[date] = _gross_wealth(plan, prices, date, path, remaining, bought)
            others = 0.0
            for place in range(sold):
                value = plan.value[plan.sold[place]] * prices[date, plan.sold[place], path]
                weight[date, place] = remaining[place] * value / wealth[date]
                others += weight[date, place]
            money = 0.0
            for place in range(sold):
                holding = plan.sold[place]
                _set_features(features, log_prices, events, date, place, path, others - weight[date, place])
                score = 0.0
                for term in range(count):
                    score += limits[date, place, term] * features[term]
                score = min(max(score, -largest_score), largest_score)
                limit[date, place] = 0.0 if score == -largest_score else 1.0 / (1.0 + np.exp(-score))
                before, price = remaining[place], prices[date, holding, path]
                wanted = limit[date, place] * wealth[date] / (plan.value[holding] * price)
                locked = 1.0 - plan.limit[date, place]
                over, short = wanted < before, wanted <= before * locked
                binding[date, place] = over and not short
                least[date, place] = locked if over and short else 1.0
                remaining[place] = wanted if over and not short else before * least[date, place]
                sales[date, place, path] = before - remaining[place]
                money += sales[date, place, path] * _proceeds(plan, date, place, price)
                final += sales[date, place, path] * worth[date, place, path]
            for place in range(receivers):
                bought[place] += plan.mix[place] * money / prices[date, plan.receivers[place], path]
        for place in range(sold):
            final += remaining[place] * worth[dates, place, path]
        slope = final**-plan.risk_aversion
        total += np.log(final) if plan.risk_aversion == 1.0 else final * slope / (1.0 - plan.risk_aversion)
        for place in range(sold):
            to_remaining[place] = slope * worth[dates, place, path]
        for place in range(receivers):
            to_bought[place] = 0.0
        for date in range(dates - 1, -1, -1):
            to_money, to_wealth, to_all, others = 0.0, 0.0, 0.0, 0.0
            for place in range(receivers):
                to_money += to_bought[place] * plan.mix[place] / prices[date, plan.receivers[place], path]
            for place in range(sold):
                others += weight[date, place]
            for place in range(sold):
                holding = plan.sold[place]
                price = prices[date, holding, path]
                value = plan.value[holding] * price
                to_sale = slope * worth[date, place, path] + _proceeds(plan, date, place, price) * to_money
                to_left = to_remaining[place] - to_sale
                pull[place] = to_left if binding[date, place] else 0.0
                to_remaining[place] = to_sale + (to_left - pull[place]) * least[date, place]
                bound = limit[date, place]
                to_wealth += pull[place] * bound / value
                to_score = pull[place] * wealth[date] / value * bound * (1.0 - bound)
                _set_features(features, log_prices, events, date, place, path, others - weight[date, place])
                for term in range(count):
                    gradient[date, place, term] += features[term] * to_score
                to_others[place] = to_score * limits[date, place, 2]
                to_all += to_others[place]
            for place in range(sold):
                to_wealth -= (to_all - to_others[place]) * weight[date, place] / wealth[date]
            for place in range(sold):
                value = plan.value[plan.sold[place]] * prices[date, plan.sold[place], path]
                to_remaining[place] += ((to_all - to_others[place]) / wealth[date] + to_wealth) * value
            for place in range(receivers):
                to_bought[place] += to_wealth * prices[date, plan.receivers[place], path]
    return total, gradient


@inlined
def _gross_wealth(plan, prices, date, path, remaining, bought):
    wealth = 0.0
    for place in range(plan.sold.size):
        holding = plan.sold[place]
        wealth += remaining[place] * plan.value[holding] * prices[date, holding, path]
    for place in range(plan.retained.size):
        holding = plan.retained[place]
        wealth += plan.value[holding] * prices[date, holding, path]
    for place in range(plan.receivers.size):
        wealth += bought[place] * prices[date, plan.receivers[place], path]
    return wealth


@inlined
def _proceeds(plan, date, place, price):
    """Money after cost and tax from selling all start units of a holding."""
    holding = plan.sold[place]
    value = plan.value[holding] * price * (1.0 - plan.discount[date, place])
    return value * (1.0 - plan.trading_cost[place]) - plan.rate * (value - plan.cost[holding])


@inlined
def _set_features(features, log_prices, events, date, place, path, others):
    features[0] = 1.0
    features[1] = log_prices[date, place, path]
    features[2] = others
    for source in range(events.shape[1]):
        features[3 + source] = events[date, source, path]
