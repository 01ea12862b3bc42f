"""Marks of instruments at every step: the closed form of each leg (Black and Scholes 1973, Merton 1973)."""

from __future__ import annotations

from riskkit._random.threefry import exp, log
from riskkit._random.vectors import fma
from riskkit.engine.kernel.layout import INTEREST, LANES, POSITIONS, inlined, lanes_of, phase, wide

__all__ = ["mark_instruments", "mark_positions", "step_up_premiums"]

#: Kinds of a leg.
CALL, PUT, FORWARD, CASH = range(4)

#: Terms of a leg at a step: log of strike over forward price, standard deviation of the log price to the expiry and its
#: reciprocal (0 at the expiry), present value of the strike, and present value of a unit of the asset over its price.
LOG_STRIKE, DEVIATION, INVERSE_DEVIATION, STRIKE, DIVIDEND_FACTOR = range(5)
LEG_TERMS = 5

#: A ratio of prices below this one is taken for it, so that its logarithm is finite.
LEAST_RATIO = 1e-300


@inlined
def tail_over_density(z):
    """N(-z) / exp(-z² / 2) for z >= 0 to about 1e-15 (Hart 1968, approximation 5666, as given by West 2005)."""
    p = fma(0.0352624965998911, z, 0.700383064443688)
    p = fma(p, z, 6.37396220353165)
    p = fma(p, z, 33.912866078383)
    p = fma(p, z, 112.079291497871)
    p = fma(p, z, 221.213596169931)
    p = fma(p, z, 220.206867912376)
    q = fma(0.0883883476483184, z, 1.75566716318264)
    q = fma(q, z, 16.064177579207)
    q = fma(q, z, 86.7807322029461)
    q = fma(q, z, 296.564248779674)
    q = fma(q, z, 637.333633378831)
    q = fma(q, z, 793.826512519948)
    q = fma(q, z, 440.413735824752)
    return p / q


@inlined
def call_value(ratio, log_ratio, log_strike, deviation, inverse_deviation, strike, dividend_factor):
    """A call on an asset at `ratio` times its price at the opening, in units of that price.

    One exponential serves both probabilities: the forward's present value times the density at d1 is that of the strike
    times the density at d2.
    """
    d1 = fma(log_ratio - log_strike, inverse_deviation, 0.5 * deviation)
    d2 = d1 - deviation
    forward = ratio * dividend_factor
    common = forward * exp(-0.5 * d1 * d1)
    first = common * tail_over_density(abs(d1))
    second = common * tail_over_density(abs(d2))
    first = forward - first if d1 >= 0.0 else first
    second = strike - second if d2 >= 0.0 else second
    return first - second


@phase
def add_leg(kind, quantity, terms, ratio, log_ratio, out):
    """Add a leg's value on every lane, in units of the price at the opening; `terms` are those of the step."""
    wide()
    log_strike, deviation, inverse_deviation = terms[LOG_STRIKE], terms[DEVIATION], terms[INVERSE_DEVIATION]
    strike, dividend_factor = terms[STRIKE], terms[DIVIDEND_FACTOR]
    if kind == CASH:
        for i in range(LANES):
            out[i] += quantity * strike
    elif kind == FORWARD:
        for i in range(LANES):
            out[i] += quantity * (ratio[i] * dividend_factor - strike)
    elif deviation > 0.0:
        parity = 0.0 if kind == CALL else 1.0
        for i in range(LANES):
            call = call_value(ratio[i], log_ratio[i], log_strike, deviation, inverse_deviation, strike, dividend_factor)
            out[i] += quantity * (call - parity * (ratio[i] * dividend_factor - strike))
    else:
        sign = 1.0 if kind == CALL else -1.0
        for i in range(LANES):
            payoff = sign * (ratio[i] * dividend_factor - strike)
            out[i] += quantity * (payoff if payoff > 0.0 else 0.0)


@phase
def mark_instruments(instruments, block, step, step_count, scratch):
    """Write the mark of a covered unit of each instrument at the last `step_count` steps (step, instrument, lane)."""
    wide()
    count = instruments.holding.size
    ratio, log_ratio = scratch.ratio, scratch.log_ratio
    for k in range(count):
        opening = lanes_of(instruments.opening_price, (block * count + k) * LANES)
        now = lanes_of(instruments.mark, (block * count + k) * LANES)
        h = instruments.holding[k]
        for b in range(step_count):
            t = step - step_count + b + 1
            out = scratch.marks[b, k]
            for i in range(LANES):
                out[i] = 0.0
            if instruments.is_open[t, k]:
                factor = instruments.ex_dividend[t, k]
                for i in range(LANES):
                    x = scratch.true[b, h, i] * factor / opening[i] if opening[i] > 0.0 else 1.0
                    ratio[i] = x
                    log_ratio[i] = log(x if x > LEAST_RATIO else LEAST_RATIO)
                for leg in range(instruments.first_leg[k], instruments.first_leg[k + 1]):
                    add_leg(instruments.kind[leg], instruments.quantity[leg], instruments.terms[t, leg], ratio,
                            log_ratio, out)  # fmt: skip
                for i in range(LANES):
                    out[i] *= opening[i]
        last = scratch.marks[step_count - 1, k]
        for i in range(LANES):
            now[i] = last[i]


@phase
def step_up_premiums(instruments, holding, price, step, block, lane, scratch):
    """A death: what the options on a holding cost is their mark at the price of that moment."""
    count = instruments.holding.size
    for k in range(count):
        if instruments.holding[k] == holding and instruments.steps_up[k] and instruments.is_open[step, k]:
            row = (block * count + k) * LANES
            opening = lanes_of(instruments.opening_price, row)
            if opening[lane] > 0.0:
                x = price * instruments.ex_dividend[step, k] / opening[lane]
                for i in range(LANES):
                    scratch.ratio[i] = x
                    scratch.log_ratio[i] = log(x if x > LEAST_RATIO else LEAST_RATIO)
                    scratch.option[i] = 0.0
                for leg in range(instruments.first_leg[k], instruments.first_leg[k + 1]):
                    add_leg(instruments.kind[leg], instruments.quantity[leg], instruments.terms[step, leg],
                            scratch.ratio, scratch.log_ratio, scratch.option)  # fmt: skip
                lanes_of(instruments.premium, row)[lane] = opening[lane] * scratch.option[lane]


@phase
def mark_positions(book, instruments, scratch, b):
    """Step 5: interest on what is owed for instruments, and the value of the book's positions less what is owed."""
    wide()
    count = instruments.holding.size
    accounts, positions, net = book.accounts, book.positions, scratch.positions
    for i in range(LANES):
        net[i] = 0.0
    for k in range(count):
        owing = 0
        for i in range(LANES):
            owing += 1 if positions[count + k, i] != 0.0 else 0
        if owing > 0:
            growth = instruments.owed_growth[k] - 1.0
            for i in range(LANES):
                interest = positions[count + k, i] * growth
                positions[count + k, i] += interest
                accounts[INTEREST, i] += interest
                net[i] -= positions[count + k, i]
        for i in range(LANES):
            net[i] = fma(positions[k, i], scratch.marks[b, k, i], net[i])
    for i in range(LANES):
        accounts[POSITIONS, i] = net[i]
