"""The tax on sales: gains on average cost or on lots kept apart, losses, and how much less to sell.

One date is one taxable date: its gains and losses are netted. What the losses row of the accounts says below 0 is the
net gain on which the date has already paid; a later loss of the date gives that tax back. `terms`, `book` and `sale`
are the groups of `riskkit.engine.kernel.structs`: the step's terms, one book's rows, and what is to be sold.
"""

from __future__ import annotations

from numba import njit

__all__ = ["AVERAGE", "FIFO", "HIFO", "buy_lot", "lane_gain", "part_of_lots", "part_to_sell", "take_lots", "tax_on"]

#: A share this close to 1 is all of it, so that rounding leaves no crumb of a holding that is sold whole.
WHOLE = 1.0 - 1e-12

#: A lot is the dearer one if it cost more by this share: what was bought at one price cost the same but for rounding.
DEARER = 1.0 + 1e-12

#: How a holding's lots are sold.
AVERAGE, FIFO, HIFO = range(3)

inlined = njit(error_model="numpy", inline="always")


@inlined
def next_lot(costs, first, last, method, used, position, lane):
    """Row of the lot that is sold next: the oldest, or the dearest one not used yet (a bit for each lot).

    Of lots that cost the same the oldest is sold first.
    """
    if method == FIFO:
        return first + position
    best = -1
    for row in range(first, last):
        if (used >> (row - first)) & 1 == 0 and (best < 0 or costs[row, lane] > costs[best, lane] * DEARER):
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
def holding_gain(h, value, terms, book, sale, lane):
    """Gain of selling one holding of one path for `value`, before cost; below 0 for a loss."""
    if not value > 0.0:
        return 0.0
    starts, methods = terms.tax.starts, terms.tax.methods
    part = min(value / sale.values[h, lane], 1.0)
    brings = value * (1.0 - terms.discount[h])
    if methods[h] == AVERAGE:
        return brings - book.basis[h, lane] * part
    cost = take_lots(book.lot_units, book.lot_costs, starts[h], starts[h + 1], methods[h], part, lane, False)
    return brings - cost


@njit(error_model="numpy")
def lane_gain(scale, terms, book, sale, lane):
    """Gain of one path's planned sales times `scale`; where losses do not count against gains, without them."""
    total = 0.0
    for h in range(terms.cost.size):
        gain = holding_gain(h, scale * sale.sales[h, lane], terms, book, sale, lane)
        if terms.tax.offset or gain > 0.0:
            total += gain
    return total


@inlined
def tax_on(gain, losses, rate):
    """Tax on one more gain of a date; below 0 where a loss gives back what the date has paid.

    `losses` are the losses carried forward; below 0 it is the net gain on which the date has paid.
    """
    return rate * (max(gain - losses, 0.0) - max(-losses, 0.0))


@inlined
def part_to_sell(need, brings, gain, losses, rate):
    """Smallest share of planned sales that meets a need after tax; 1 where no share does.

    The sales take `brings` off the need before tax and have the gain `gain`, both in proportion; the tax is `tax_on`
    that gain. The tax bends where the gain has used up `losses`, or where a loss has given back all that was paid.
    """
    paid = rate * max(-losses, 0.0)
    net = brings - rate * gain
    untaxed = (need - paid) / brings if brings > 0.0 else 1.0
    taxed = (need - rate * losses - paid) / net if net > 0.0 else 1.0
    before = untaxed if losses >= 0.0 else taxed
    beyond = taxed if losses >= 0.0 else untaxed
    bends = before * gain > losses if losses >= 0.0 else before * gain < losses
    part = beyond if bends else before
    part = part if part > 0.0 else 0.0
    return part if part < WHOLE else 1.0


@njit(error_model="numpy")
def next_bend(low, terms, book, sale, lane):
    """Smallest share of the planned sales above `low` at which a lot is used up; at most 1."""
    starts, methods = terms.tax.starts, terms.tax.methods
    bend = 1.0
    for h in range(methods.size):
        if methods[h] == AVERAGE or not sale.sales[h, lane] > 0.0:
            continue
        held = 0.0
        for row in range(starts[h], starts[h + 1]):
            held += book.lot_units[row, lane]
        wanted = held * min(sale.sales[h, lane] / sale.values[h, lane], 1.0)
        before = 0.0
        used = 0
        for position in range(starts[h + 1] - starts[h]):
            row = next_lot(book.lot_costs, starts[h], starts[h + 1], methods[h], used, position, lane)
            used |= 1 << (row - starts[h])
            before += book.lot_units[row, lane]
            if low * wanted < before < bend * wanted and before / wanted > low:
                bend = before / wanted
    return bend


@njit(error_model="numpy")
def part_of_lots(need, brings, losses, terms, book, sale, lane):
    """What `part_to_sell` is for sales of lots, whose gain is not in proportion: it is linear from lot to lot.

    The lots are gone through in the order of their sale; within one the share is a root of a linear equation.
    """
    low = gain = met = 0.0
    while low < 1.0:
        high = next_bend(low, terms, book, sale, lane)
        if not terms.tax.offset:
            end = high
            for h in range(terms.cost.size):
                one = holding_gain(h, low * sale.sales[h, lane], terms, book, sale, lane)
                two = holding_gain(h, end * sale.sales[h, lane], terms, book, sale, lane)
                if one * two < 0.0:
                    turn = low + (end - low) * one / (one - two)
                    high = turn if low < turn < high else high
        gains = lane_gain(high, terms, book, sale, lane)
        if (gain - losses) * (gains - losses) < 0.0:
            turn = low + (high - low) * (gain - losses) / (gain - gains)
            if low < turn < high:
                high, gains = turn, losses
        meets = high * brings - tax_on(gains, losses, terms.tax.rate)
        if meets >= need:
            part = low + (high - low) * (need - met) / (meets - met)
            return part if part < WHOLE else 1.0
        low, gain, met = high, gains, meets
    return 1.0
