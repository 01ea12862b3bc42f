"""Functions of a plan's state, compiled: `ValueFunctions.at` of a `LogLinearFit`, for all draws of a path at a time."""

from __future__ import annotations

from riskkit._random.compiling import phase
from riskkit._random.threefry import exp, log

__all__ = ["elasticities", "function_values", "set_exponentials"]


@phase
def function_values(plan, date, functions, price, events, remaining, bought, credit, scratch, values):
    """Set the functions on a date (function, draw), the horizon included, where draws have the same units.

    The order of functions is that of `value_functions.Rows`, that of features of `log_linear.features`.

    Parameters
    ----------
    plan : PlanArrays
    date : int
    functions : FunctionArrays
    price, events : ndarray (…, draw)
    remaining, bought : ndarray (…,)
    credit : float
    scratch : ndarray (feature + 2, draw)
    """
    sold, retained, power = plan.sold, plan.retained, plan.risk_aversion
    rows, count = values.shape
    last, first = plan.limit.shape[0], 1 + retained.size
    log_wealth, form, design = scratch[0], scratch[1], scratch[2:]
    for draw in range(count):
        log_wealth[draw] = credit
    for place in range(retained.size):
        _add_worth(plan, retained[place], 1.0, price, log_wealth)
    for place in range(plan.receivers.size):
        holding = plan.receivers[place]
        units = (1.0 - plan.end_rate[holding]) * bought[place]
        for draw in range(count):
            log_wealth[draw] += units * price[holding, draw]
    for place in range(sold.size):
        _add_worth(plan, sold[place], remaining[place], price, log_wealth)
    set_logarithms(log_wealth, log_wealth)
    set_exponentials(log_wealth, -power, values[0])
    if power == 1.0:
        for draw in range(count):
            values[rows - 1, draw] = log_wealth[draw]
    else:
        set_exponentials(log_wealth, 1.0 - power, values[rows - 1])
        for draw in range(count):
            values[rows - 1, draw] /= 1.0 - power
    for place in range(retained.size):
        for draw in range(count):
            values[1 + place, draw] = values[0, draw] * price[retained[place], draw]
    for place in range(sold.size):
        worth = values[first + place]
        _set_worth(plan, sold[place], 1.0, price, worth)
        for draw in range(count):
            worth[draw] *= values[0, draw]
    if date == last:
        return
    _set_features(plan, price, events, remaining, bought, log_wealth, design)
    for row in range(rows):
        _set_form(functions, row, design, form)
        if power == 1.0 and row == rows - 1:
            for draw in range(count):
                values[row, draw] += form[draw]
        else:
            set_exponentials(form, 1.0, form)
            for draw in range(count):
                values[row, draw] *= form[draw]
    one = form  # of money put into the mix
    for draw in range(count):
        one[draw] = 0.0
    for place in range(plan.receivers.size):
        holding, mix = plan.receivers[place], plan.mix[place]
        rate = plan.end_rate[holding]
        for draw in range(count):
            grown = values[1 + plan.places[place], draw] / price[holding, draw]
            one[draw] += mix * ((1.0 - rate) * grown + rate * values[0, draw])
    for place in range(sold.size):
        holding = sold[place]
        value = plan.value[holding] * (1.0 - plan.discount[date, place])
        net, refund = value * (1.0 - plan.trading_cost[place] - plan.rate), plan.rate * plan.cost[holding]
        limit = plan.limit[date, place]
        for draw in range(count):
            now = (net * price[holding, draw] + refund) * one[draw]
            waiting = values[first + place, draw]
            values[first + place, draw] = waiting + limit * max(now - waiting, 0.0)


@phase
def elasticities(plan, price, draw, remaining, bought, credit, exponents):
    """Set the elasticity of each function's scale in each price (function, holding), at the prices of a draw.

    Marginal utility falls by γ percent for each percent of wealth, and a holding's price moves wealth by its share.
    """
    rows, power, wealth = exponents.shape[0], plan.risk_aversion, credit
    net = exponents[0]
    for row in range(rows):
        for holding in range(price.shape[0]):
            exponents[row, holding] = 0.0
    for place in range(plan.retained.size):
        holding = plan.retained[place]
        net[holding] = (1.0 - plan.end_rate[holding]) * plan.value[holding] * price[holding, draw]
        wealth += net[holding] + plan.end_rate[holding] * plan.cost[holding]
    for place in range(plan.receivers.size):
        holding = plan.receivers[place]
        purchase = (1.0 - plan.end_rate[holding]) * bought[place] * price[holding, draw]
        net[holding] += purchase
        wealth += purchase
    for place in range(plan.sold.size):
        holding, row = plan.sold[place], 1 + plan.retained.size + place
        gross = (1.0 - plan.end_rate[holding]) * plan.value[holding] * price[holding, draw]
        refund = plan.end_rate[holding] * plan.cost[holding]
        net[holding] = remaining[place] * gross
        wealth += remaining[place] * (gross + refund)
        exponents[row, holding] = gross / (gross + refund)
    for place in range(plan.retained.size):
        exponents[1 + place, plan.retained[place]] = 1.0
    for holding in range(price.shape[0]):
        share = net[holding] / wealth
        for row in range(rows - 1):
            exponents[row, holding] -= power * share
        exponents[rows - 1, holding] = share if power == 1.0 else (1.0 - power) * share
        exponents[0, holding] = -power * share


@phase
def _add_worth(plan, holding, units, price, total):
    """Add the value after the tax at the horizon of a share of the start units of a holding (draw)."""
    rate = plan.end_rate[holding]
    slope, refund = units * (1.0 - rate) * plan.value[holding], units * rate * plan.cost[holding]
    for draw in range(total.size):
        total[draw] += slope * price[holding, draw] + refund


@phase
def _set_worth(plan, holding, units, price, worth):
    for draw in range(worth.size):
        worth[draw] = 0.0
    _add_worth(plan, holding, units, price, worth)


@phase
def _set_form(functions, row, design, form):
    """Set the linear form of the features of one function (draw), within its bounds."""
    for draw in range(form.size):
        form[draw] = 0.0
    for feature in range(design.shape[0]):
        coefficient = functions.coefficients[row, feature]
        for draw in range(form.size):
            form[draw] += coefficient * design[feature, draw]
    low, high = functions.low[row], functions.high[row]
    for draw in range(form.size):
        form[draw] = min(max(form[draw], low), high)


@phase
def set_exponentials(source, factor, target):
    """Set target to exp(factor * source), both (draw)."""
    for draw in range(target.size):
        target[draw] = exp(factor * source[draw])


@phase
def set_logarithms(source, target):
    """Set target to log(source), both (draw)."""
    for draw in range(target.size):
        target[draw] = log(source[draw])


@phase
def _set_features(plan, price, events, remaining, bought, log_wealth, design):
    """Set the features (feature, draw); shares of holdings for sale are after tax."""
    sold, retained, sources = plan.sold, plan.retained, events.shape[0]
    count = log_wealth.size
    prices = 1 + sold.size + retained.size - 1 + sources
    for place in range(sold.size):
        _set_worth(plan, sold[place], remaining[place], price, design[1 + place])
        set_logarithms(price[sold[place]], design[prices + place])
    at = 1 + sold.size
    for place in range(retained.size - 1):
        holding = retained[place]
        units = plan.value[holding]
        for receiver in range(plan.receivers.size):
            if plan.receivers[receiver] == holding:
                units += bought[receiver]
        for draw in range(count):
            design[at + place, draw] = units * price[holding, draw]
    at += retained.size - 1
    set_exponentials(log_wealth, -1.0, design[0])
    for row in range(1, at):
        for draw in range(count):
            design[row, draw] *= design[0, draw]
    for draw in range(count):
        design[0, draw] = 1.0
    for source in range(sources):
        for draw in range(count):
            design[at + source, draw] = events[source, draw]
    at = prices + sold.size
    for draw in range(count):
        design[at, draw] = log_wealth[draw]
        design[at + 1, draw] = log_wealth[draw] * log_wealth[draw]
    at += 2
    for place in range(sold.size):
        share, log_price = design[1 + place], design[prices + place]
        for other in range(place, sold.size):
            for draw in range(count):
                design[at, draw] = share[draw] * design[1 + other, draw]
            at += 1
        for draw in range(count):
            design[at, draw] = share[draw] * share[draw] * share[draw]
            design[at + 1, draw] = share[draw] * log_wealth[draw]
            design[at + 2, draw] = share[draw] * log_price[draw]
            design[at + 3, draw] = log_price[draw] * log_price[draw]
        at += 4
        for source in range(sources):
            for draw in range(count):
                design[at, draw] = share[draw] * events[source, draw]
            at += 1
