"""The tax on sales: gains on average cost or on lots kept apart, losses carried forward, and how much less to sell."""

from __future__ import annotations

from numba import njit

__all__ = ["AVERAGE", "FIFO", "HIFO", "buy_lot", "lane_gain", "part_to_sell", "take_lots"]

#: A share this close to 1 is all of it, so that rounding leaves no crumb of a holding that is sold whole.
WHOLE = 1.0 - 1e-12

#: How a holding's lots are sold.
AVERAGE, FIFO, HIFO = range(3)

inlined = njit(error_model="numpy", inline="always")


@inlined
def next_lot(costs, first, last, method, used, position, lane):
    """Row of the lot that is sold next: the oldest, or the dearest one not used yet (a bit for each lot)."""
    if method == FIFO:
        return first + position
    best = -1
    for row in range(first, last):
        if (used >> (row - first)) & 1 == 0 and (best < 0 or costs[row, lane] > costs[best, lane]):
            best = row
    return best


@njit(error_model="numpy")
def take_lots(units, costs, first, last, method, part, lane, sold):
    """Purchase cost of the share `part` of a holding, taken from its lots in the order of the method.

    The units leave the lots where they are `sold`; else this is only what their sale would be taxed on.
    """
    held = 0.0
    for row in range(first, last):
        held += units[row, lane]
    wanted = part * held
    cost = 0.0
    used = 0
    for position in range(last - first):
        row = next_lot(costs, first, last, method, used, position, lane)
        used |= 1 << (row - first)
        taken = units[row, lane] if part >= 1.0 else min(units[row, lane], wanted)
        cost += taken * costs[row, lane]
        wanted -= taken
        if sold:
            units[row, lane] -= taken
    return cost


@njit(error_model="numpy")
def buy_lot(units, costs, row, bought, paid, lane):
    """Add a purchase to the lot of later purchases, at their average cost."""
    before = units[row, lane]
    costs[row, lane] = (costs[row, lane] * before + paid) / (before + bought)
    units[row, lane] = before + bought


@njit(error_model="numpy")
def lane_gain(sales, scale, values, after, basis, offset, lots, lot_units, lot_costs, lane):
    """Gain of one path's sales times `scale`; losses count against gains where `offset`, else not at all.

    `after` is the share of a sale's value left after the discount (holding); `lots` are the first rows of each
    holding's lots (holding + 1) and the methods (holding).
    """
    starts, methods = lots
    total = 0.0
    for h in range(after.size):
        sale = scale * sales[h, lane]
        if sale > 0.0:
            part = min(sale / values[h, lane], 1.0)
            if methods[h] == AVERAGE:
                cost = basis[h, lane] * part
            else:
                cost = take_lots(lot_units, lot_costs, starts[h], starts[h + 1], methods[h], part, lane, False)
            gain = sale * after[h] - cost
            if offset or gain > 0.0:
                total += gain
    return total


@inlined
def part_to_sell(need, cash, gain, losses, rate):
    """Share of planned sales whose cash after tax meets a need; 1 where all of them do not suffice.

    The sales bring `cash` before tax and `gain`, both in proportion; the tax is rate * (gain - losses)+.
    """
    all_of_it = cash - rate * max(gain - losses, 0.0)
    untaxed = need / cash if cash > 0.0 else 1.0
    net = cash - rate * gain
    taxed = (need - rate * losses) / net if net > 0.0 else 1.0
    part = untaxed if untaxed * gain <= losses else taxed
    part = part if part > 0.0 else 0.0
    return part if (all_of_it > need) & (part < WHOLE) else 1.0
