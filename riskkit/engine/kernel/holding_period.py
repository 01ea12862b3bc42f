"""Lots by holding period, where short-term gains have a rate of their own: which are sold first, and at which tax.

Every holding then has lots, in rows whose number is fixed: its lots at the start, from the first bought on; one long
lot of later purchases, at their average cost; and five buckets, one for each quarter whose purchases may be short.
Under the average method the lots at the start are in the long lot and the buckets from the beginning. A bucket turns
long at the fourth quarter end after its own: its units then join the long lot, and it is empty for the next quarter. A
lot of the start that is younger than a year stays where it is when it turns long. Long lots are sold first; the method
decides among them, and then among the short ones.
"""

from __future__ import annotations

import numpy as np

from riskkit.engine.kernel.gains_tax import AVERAGE, DEARER, FIFO, WHOLE, buy_lot, net_tax
from riskkit.engine.kernel.layout import LANES, LOSSES, SHORT_LOSSES, book_of, compiled, inlined, phase, wide

__all__ = [
    "BUCKETS", "gains_by_period", "record_purchase", "sale_fraction_by_period", "sell_lots_by_period",
    "tax_if_realised", "turn_all_long", "turn_buckets_long",
]  # fmt: skip

#: Quarters whose purchases may be short: four before the present one, and that one.
BUCKETS = 5

#: A place beyond another by no more than this factor is the same place.
BEYOND = 1.0 + 1e-12


@inlined
def row_by_age(position, first, last, bucket):
    """Row of the lot at a position in the order of purchase; `bucket` is that of the present quarter."""
    starts = last - first - BUCKETS
    return first + position if position < starts else last - BUCKETS + (bucket + 1 + position - starts) % BUCKETS


@phase
def next_row(long, h, used, terms, book, lane):
    """Row of the long or short lot of a holding that is sold next, among those not used; -1 where none is left."""
    tax = terms.tax
    first, last = tax.starts[h], tax.starts[h + 1]
    best = -1
    for position in range(last - first):
        row = row_by_age(position, first, last, tax.quarter[terms.step])
        if used[row - first] or (tax.long_from[row] <= terms.step) != long or not book.lot_units[row, lane] > 0.0:
            continue
        if tax.methods[h] == FIFO:
            return row
        if best < 0 or book.lot_costs[row, lane] > book.lot_costs[best, lane] * DEARER:
            best = row
    return best


@phase
def take_average(wanted, first, last, book, lane, sold):
    """`take_by_period` under the average method: from the long lot, then of all buckets alike."""
    units, costs = book.lot_units, book.lot_costs
    long_there, short_there, short_cost = units[first, lane], 0.0, 0.0
    for row in range(first + 1, last):
        short_there += units[row, lane]
        short_cost += units[row, lane] * costs[row, lane]
    long_units = min(wanted, long_there)
    short_units = min(max(wanted - long_there, 0.0), short_there)
    share = short_units / short_there if short_there > 0.0 else 0.0
    if sold:
        units[first, lane] = long_there - long_units
        for row in range(first + 1, last):
            units[row, lane] = units[row, lane] * (1.0 - share) if share < WHOLE else 0.0
    lot_end = np.inf
    if wanted * BEYOND < long_there + short_there:
        lot_end = long_there if wanted * BEYOND < long_there else long_there + short_there
    return long_units, long_units * costs[first, lane], short_units, short_cost * share, lot_end


@phase
def take_by_period(wanted, h, terms, book, lane, sold):
    """Take units of a holding of one path from its lots in the order of their sale; with `sold` they leave the lots.

    Returns the units and the cost of what is long, the same of what is short, and the sum of units at which the lot
    ends from which the next unit would come.
    """
    tax = terms.tax
    first, last = tax.starts[h], tax.starts[h + 1]
    if tax.methods[h] == AVERAGE:
        return take_average(wanted, first, last, book, lane, sold)
    long_units = long_cost = short_units = short_cost = seen = 0.0
    lot_end = np.inf
    used = np.zeros(last - first, np.bool_)
    for long in (True, False):
        row = next_row(long, h, used, terms, book, lane)
        while row >= 0:
            used[row - first] = True
            units = book.lot_units[row, lane]
            taken = min(units, max(wanted - seen, 0.0))
            seen += units
            if long:
                long_units += taken
                long_cost += taken * book.lot_costs[row, lane]
            else:
                short_units += taken
                short_cost += taken * book.lot_costs[row, lane]
            if sold:
                book.lot_units[row, lane] = units - taken
            if seen > wanted * BEYOND:
                lot_end = min(lot_end, seen)
                if not sold:
                    return long_units, long_cost, short_units, short_cost, lot_end
            row = next_row(long, h, used, terms, book, lane)
    return long_units, long_cost, short_units, short_cost, lot_end


@phase
def holding_gains(h, value, terms, book, sale, lane):
    """Long and short gain of selling one holding of one path for `value`; the value at which the next lot begins."""
    if not value > 0.0:
        return 0.0, 0.0, np.inf
    there = 0.0
    for row in range(terms.tax.starts[h], terms.tax.starts[h + 1]):
        there += book.lot_units[row, lane]
    wanted = there * min(value / sale.values[h, lane], 1.0)
    if not wanted > 0.0:
        return value * (1.0 - terms.discount[h]), 0.0, np.inf
    long_units, long_cost, short_units, short_cost, lot_end = take_by_period(wanted, h, terms, book, lane, False)
    proceeds = value * (1.0 - terms.discount[h])
    short_proceeds = proceeds * short_units / (long_units + short_units)
    return proceeds - short_proceeds - long_cost, short_proceeds - short_cost, value * lot_end / wanted


@phase
def gains_by_period(scale, terms, book, sale, lane):
    """Long and short gain of one path's planned sales times `scale`, without losses where these offset nothing."""
    long_total = short_total = 0.0
    for h in range(terms.cost.size):
        long, short, _ = holding_gains(h, scale * sale.sales[h, lane], terms, book, sale, lane)
        if terms.tax.offset:
            long_total += long
            short_total += short
        else:
            long_total += max(long, 0.0)
            short_total += max(short, 0.0)
    return long_total, short_total


@phase
def tax_if_realised(tax, book, long, short, lane):
    """Tax on a long and a short gain of one path, on what the date has realised so far; below 0 for a refund."""
    long_before, short_before = -book.accounts[LOSSES, lane], -book.accounts[SHORT_LOSSES, lane]
    return net_tax(long_before + long, short_before + short, tax) - net_tax(long_before, short_before, tax)


@inlined
def first_zero(low, high, at_low, at_high, nearest):
    """The place between two at which a line is 0, if that is nearer than `nearest`; else `nearest`."""
    if at_low * at_high < 0.0:
        root = low + (high - low) * at_low / (at_low - at_high)
        if low + (high - low) * (BEYOND - 1.0) < root < nearest:
            return root
    return nearest


@phase
def next_bend(low, terms, book, sale, lane):
    """Smallest fraction of the planned sales above `low` at which a lot is used up or a gain begins; at most 1."""
    bend = 1.0
    for h in range(terms.cost.size):
        planned = sale.sales[h, lane]
        if planned > 0.0:
            # Just above 0 where nothing is sold yet, so that the first lot has an end.
            value = max(low, 1e-15) * planned
            lot_end = holding_gains(h, value, terms, book, sale, lane)[2] / planned
            bend = lot_end if low * BEYOND < lot_end < bend else bend
    if not terms.tax.offset:
        end = bend
        for h in range(terms.cost.size):
            long, short, _ = holding_gains(h, low * sale.sales[h, lane], terms, book, sale, lane)
            long_at_end, short_at_end, _ = holding_gains(h, end * sale.sales[h, lane], terms, book, sale, lane)
            bend = first_zero(low, end, long, long_at_end, bend)
            bend = first_zero(low, end, short, short_at_end, bend)
    return bend


@phase
def sale_fraction_by_period(need, proceeds, terms, book, sale, lane):
    """Smallest fraction of one path's planned sales that meets a need after tax; 1 where no fraction does.

    Between two bends both gains are linear in the fraction. The tax on them bends where a net gain of either kind, or
    of both together, is 0.
    """
    tax, accounts = terms.tax, book.accounts
    long_before, short_before = -accounts[LOSSES, lane], -accounts[SHORT_LOSSES, lane]
    paid = net_tax(long_before, short_before, tax)
    low = cash = 0.0
    long, short = long_before, short_before
    if not need > 0.0:
        return 0.0
    while low < 1.0:
        end = next_bend(low, terms, book, sale, lane)
        long_gain, short_gain = gains_by_period(end, terms, book, sale, lane)
        long_at_end, short_at_end = long_before + long_gain, short_before + short_gain
        high = first_zero(low, end, long, long_at_end, end)
        high = first_zero(low, end, short, short_at_end, high)
        high = first_zero(low, end, long + short, long_at_end + short_at_end, high)
        if high < end:
            long_gain, short_gain = gains_by_period(high, terms, book, sale, lane)
            long_at_end, short_at_end = long_before + long_gain, short_before + short_gain
        cash_at_high = high * proceeds - (net_tax(long_at_end, short_at_end, tax) - paid)
        if cash_at_high >= need:
            fraction = low + (high - low) * (need - cash) / (cash_at_high - cash)
            return fraction if fraction < WHOLE else 1.0
        low, cash, long, short = high, cash_at_high, long_at_end, short_at_end
    return 1.0


@phase
def sell_lots_by_period(h, fraction, terms, book, lane):
    """Sell a fraction of a holding of one path from its lots; its purchase cost is then that of the remaining lots."""
    first, last = terms.tax.starts[h], terms.tax.starts[h + 1]
    if fraction >= WHOLE:
        for row in range(first, last):
            book.lot_units[row, lane] = 0.0
    else:
        there = 0.0
        for row in range(first, last):
            there += book.lot_units[row, lane]
        take_by_period(there * fraction, h, terms, book, lane, True)
    book.basis[h, lane] = 0.0
    for row in range(first, last):
        book.basis[h, lane] += book.lot_units[row, lane] * book.lot_costs[row, lane]


@phase
def record_purchase(tax, h, units, paid, step, book, lane):
    """Enter a purchase of one holding of one path in its purchase cost, and in its lots, if it has any."""
    if tax is not None:
        book.basis[h, lane] += paid
        if tax.by_period:
            buy_lot(book.lot_units, book.lot_costs, tax.starts[h + 1] - BUCKETS + tax.quarter[step], units, paid, lane)
        elif tax.methods[h] != AVERAGE:
            buy_lot(book.lot_units, book.lot_costs, tax.starts[h + 1] - 1, units, paid, lane)


@inlined
def join_long_lot(row, last, book, lane):
    """Move the units of a lot to the holding's long lot of later purchases."""
    units = book.lot_units[row, lane]
    if units > 0.0:
        buy_lot(book.lot_units, book.lot_costs, last - BUCKETS - 1, units, units * book.lot_costs[row, lane], lane)
        book.lot_units[row, lane] = 0.0


@compiled
def turn_buckets_long(buckets, starts, books):
    """At a quarter end: purchases of the given buckets, of every holding, book and path, turn long."""
    wide()
    for block in range(books.lot_units.shape[0]):
        for k in range(books.thresholds.shape[0]):
            book = book_of(books, block, k)
            for h in range(starts.size - 1):
                for bucket in buckets:
                    for i in range(LANES):
                        join_long_lot(starts[h + 1] - BUCKETS + bucket, starts[h + 1], book, i)


@phase
def turn_all_long(h, step, tax, book, lane):
    """A death: the short lots of one holding of one path turn long."""
    for row in range(tax.starts[h], tax.starts[h + 1]):
        if tax.long_from[row] > step:
            join_long_lot(row, tax.starts[h + 1], book, lane)
