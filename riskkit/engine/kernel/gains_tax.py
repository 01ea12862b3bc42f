"""Capital-gains tax: gains at average cost or by tax lots, losses, and the fraction to sell after tax.

One date is one taxable date: its gains and losses are netted. A value below 0 in the losses row of the accounts is the
net gain on which the date has already paid tax; a later loss of the date refunds that tax. Where the tax of a year is
paid in the next one, the year is what the date is elsewhere, and nothing is paid at the sale. `terms`, `tax`, `book`
and `sale` are groups of `riskkit.engine.kernel.structs`: the step's terms and its tax, one book's rows, and the planned
sales. Lots by holding period are in `riskkit.engine.kernel.holding_period`.
"""

from __future__ import annotations

from riskkit.engine.kernel.layout import (
    DIVIDEND_TAX,
    LANES,
    LOSSES,
    SHORT_LOSSES,
    TAX,
    TAX_OWED,
    book_of,
    compiled,
    inlined,
    phase,
    wide,
)

__all__ = [
    "AVERAGE",
    "DEARER",
    "FIFO",
    "HIFO",
    "WHOLE",
    "buy_lot",
    "end_taxable_period",
    "end_taxable_periods",
    "lane_gain",
    "net_tax",
    "proportional_sale_fraction",
    "rate_on_the_date",
    "realise",
    "sale_fraction_of_lots",
    "sell_lots",
    "tax_dividend",
    "tax_on",
]

#: A fraction this close to 1 is 1, so that rounding leaves no units of a holding that is sold whole.
WHOLE = 1.0 - 1e-12

#: A lot has the higher cost if it cost more by this factor; smaller differences are rounding.
DEARER = 1.0 + 1e-12

#: Methods by which a holding's lots are sold.
AVERAGE, FIFO, HIFO = range(3)


@inlined
def next_lot(costs, first, last, method, used, position, lane):
    """Row of the lot that is sold next: the oldest, or that of the highest cost of those not used yet (one bit each).

    Of lots that cost the same the oldest is sold first.
    """
    if method == FIFO:
        return first + position
    best = -1
    for row in range(first, last):
        if (used >> (row - first)) & 1 == 0 and (best < 0 or costs[row, lane] > costs[best, lane] * DEARER):
            best = row
    return best


@phase
def take_lots(units, costs, first, last, method, fraction, lane, sold):
    """Purchase cost of a fraction of a holding, taken from its lots in the order of the method.

    With `sold`, the units leave the lots; else this is only the cost against which their sale would be taxed.
    """
    units_held = 0.0
    for row in range(first, last):
        units_held += units[row, lane]
    wanted = fraction * units_held
    cost = 0.0
    used = 0
    for position in range(last - first):
        row = next_lot(costs, first, last, method, used, position, lane)
        used |= 1 << (row - first)
        taken = units[row, lane] if fraction >= 1.0 else min(units[row, lane], wanted)
        cost += taken * costs[row, lane]
        wanted -= taken
        if sold:
            units[row, lane] -= taken
    return cost


@inlined
def sell_lots(h, fraction, starts, methods, book, lane):
    """Sell a fraction of a holding from its lots; its purchase cost is then that of the remaining lots."""
    take_lots(book.lot_units, book.lot_costs, starts[h], starts[h + 1], methods[h], fraction, lane, True)
    book.basis[h, lane] = 0.0
    for row in range(starts[h], starts[h + 1]):
        book.basis[h, lane] += book.lot_units[row, lane] * book.lot_costs[row, lane]


@phase
def buy_lot(units, costs, row, bought, paid, lane):
    """Add a purchase to the lot of later purchases, at their average cost."""
    before = units[row, lane]
    costs[row, lane] = (costs[row, lane] * before + paid) / (before + bought)
    units[row, lane] = before + bought


@phase
def holding_gain(h, value, terms, book, sale, lane):
    """Gain of selling one holding of one path for `value`, before cost; below 0 for a loss."""
    if not value > 0.0:
        return 0.0
    starts, methods = terms.tax.starts, terms.tax.methods
    fraction = min(value / sale.values[h, lane], 1.0)
    proceeds = value * (1.0 - terms.discount[h])
    if methods[h] == AVERAGE:
        return proceeds - book.basis[h, lane] * fraction
    cost = take_lots(book.lot_units, book.lot_costs, starts[h], starts[h + 1], methods[h], fraction, lane, False)
    return proceeds - cost


@phase
def lane_gain(scale, terms, book, sale, lane):
    """Gain of one path's planned sales times `scale`, without losses where these do not count against gains."""
    total = 0.0
    for h in range(terms.cost.size):
        gain = holding_gain(h, scale * sale.sales[h, lane], terms, book, sale, lane)
        if terms.tax.offset or gain > 0.0:
            total += gain
    return total


@inlined
def tax_on(gain, losses, rate):
    """Tax on one more gain of a date; below 0 where a loss refunds tax that the date has paid.

    `losses` are the losses carried forward; below 0 they are the net gain on which the date has paid tax.
    """
    return rate * (max(gain - losses, 0.0) - max(-losses, 0.0))


@inlined
def net_tax(long, short, tax):
    """Tax on net gains, below 0 for losses; a loss of one kind offsets gains of the other."""
    both = long + short
    both = both if both > 0.0 else 0.0
    if short < 0.0:
        return tax.rate * both
    if long < 0.0:
        return tax.short_rate * both
    return tax.rate * long + tax.short_rate * short


@phase
def realise(tax, book, gain, long, lane):
    """Enter a realised gain of one path in its book, and return the tax that is due on it now.

    This is the one place where a gain enters the accounts, from whatever source. The caller takes what is due out of
    the cash that the gain came with.

    Parameters
    ----------
    tax : TaxArrays
    book : BookArrays
        The rows of one book in one block; its accounts are changed in place.
    gain : float
        The gain, below 0 for a loss.
    long : bool
        Whether it is long-term; without a rate of short-term gains it makes no difference.
    lane : int

    Returns
    -------
    float
        The tax due now, already in the account of tax paid. Below 0 where a loss refunds tax that the date has paid,
        and 0 where tax is paid later.
    """
    accounts = book.accounts
    if not (tax.by_period | tax.later):
        due = tax_on(gain, accounts[LOSSES, lane], tax.rate)
        if tax.offset:
            accounts[LOSSES, lane] -= gain
    else:
        counted = gain if tax.offset or gain > 0.0 else 0.0
        before = net_tax(-accounts[LOSSES, lane], -accounts[SHORT_LOSSES, lane], tax)
        accounts[SHORT_LOSSES if tax.by_period and not long else LOSSES, lane] -= counted
        due = 0.0
        if not tax.later:
            due = net_tax(-accounts[LOSSES, lane], -accounts[SHORT_LOSSES, lane], tax) - before
    accounts[TAX, lane] += due
    return due


@phase
def tax_dividend(tax, book, amount, lane):
    """Enter the tax on a dividend of one path in its book, and return what is due now: all, or 0 where paid later."""
    if tax is None:
        return 0.0
    if tax.later:
        book.accounts[DIVIDEND_TAX, lane] += amount
        return 0.0
    book.accounts[TAX, lane] += amount
    return amount


@phase
def rate_on_the_date(tax, rate):
    """The rate of a tax that is paid on the date: all, or 0 where it is paid later."""
    if tax is None:
        return 0.0
    return 0.0 if tax.later else rate


@phase
def end_taxable_period(tax, book, lane):
    """End the taxable date of one path, or its year where tax is paid later: only losses are carried forward."""
    accounts = book.accounts
    long, short = -accounts[LOSSES, lane], -accounts[SHORT_LOSSES, lane]
    if tax.later:
        accounts[TAX_OWED, lane] += net_tax(long, short, tax) + accounts[DIVIDEND_TAX, lane]
        accounts[DIVIDEND_TAX, lane] = 0.0
    left = min(long + short, 0.0)
    accounts[LOSSES, lane] = max(-long if short <= 0.0 else -left, 0.0) if long < 0.0 else 0.0
    accounts[SHORT_LOSSES, lane] = max(-short if long <= 0.0 else -left, 0.0) if short < 0.0 else 0.0


@compiled
def end_taxable_periods(tax, books):
    """End the taxable date, or year, of every book and path."""
    wide()
    for block in range(books.accounts.shape[0]):
        for k in range(books.thresholds.shape[0]):
            book = book_of(books, block, k)
            for i in range(LANES):
                end_taxable_period(tax, book, i)


@inlined
def proportional_sale_fraction(need, proceeds, gain, losses, rate):
    """Smallest fraction of planned sales that meets a need after tax; 1 where no fraction does.

    All the sales cover `proceeds` of the need before tax and have the gain `gain`; a fraction has both in proportion.
    The tax is `tax_on` that gain. It has a kink where the gain has used up `losses`, or a loss has refunded all tax
    paid.
    """
    paid = rate * max(-losses, 0.0)
    net = proceeds - rate * gain
    untaxed = (need - paid) / proceeds if proceeds > 0.0 else 1.0
    taxed = (need - rate * losses - paid) / net if net > 0.0 else 1.0
    before = untaxed if losses >= 0.0 else taxed
    beyond = taxed if losses >= 0.0 else untaxed
    past_kink = before * gain > losses if losses >= 0.0 else before * gain < losses
    fraction = beyond if past_kink else before
    fraction = fraction if fraction > 0.0 else 0.0
    return fraction if fraction < WHOLE else 1.0


@phase
def next_kink(low, terms, book, sale, lane):
    """Smallest fraction of the planned sales above `low` at which a lot is used up; at most 1."""
    starts, methods = terms.tax.starts, terms.tax.methods
    kink = 1.0
    for h in range(methods.size):
        if methods[h] == AVERAGE or not sale.sales[h, lane] > 0.0:
            continue
        units_held = 0.0
        for row in range(starts[h], starts[h + 1]):
            units_held += book.lot_units[row, lane]
        wanted = units_held * min(sale.sales[h, lane] / sale.values[h, lane], 1.0)
        before = 0.0
        used = 0
        for position in range(starts[h + 1] - starts[h]):
            row = next_lot(book.lot_costs, starts[h], starts[h + 1], methods[h], used, position, lane)
            used |= 1 << (row - starts[h])
            before += book.lot_units[row, lane]
            if low * wanted < before < kink * wanted and before / wanted > low:
                kink = before / wanted
    return kink


@phase
def sale_fraction_of_lots(need, proceeds, losses, terms, book, sale, lane):
    """`proportional_sale_fraction` for sales of lots, whose gain is piecewise linear with a kink at every lot.

    The search visits the lots in the order of their sale; within one, the fraction solves a linear equation.
    """
    low = gain = cash = 0.0
    while low < 1.0:
        high = next_kink(low, terms, book, sale, lane)
        if not terms.tax.offset:
            end = high
            for h in range(terms.cost.size):
                gain_at_low = holding_gain(h, low * sale.sales[h, lane], terms, book, sale, lane)
                gain_at_high = holding_gain(h, end * sale.sales[h, lane], terms, book, sale, lane)
                if gain_at_low * gain_at_high < 0.0:
                    root = low + (end - low) * gain_at_low / (gain_at_low - gain_at_high)
                    high = root if low < root < high else high
        gain_at_end = lane_gain(high, terms, book, sale, lane)
        if (gain - losses) * (gain_at_end - losses) < 0.0:
            root = low + (high - low) * (gain - losses) / (gain - gain_at_end)
            if low < root < high:
                high, gain_at_end = root, losses
        cash_at_high = high * proceeds - tax_on(gain_at_end, losses, terms.tax.sale_rate)
        if cash_at_high >= need:
            fraction = low + (high - low) * (need - cash) / (cash_at_high - cash)
            return fraction if fraction < WHOLE else 1.0
        low, gain, cash = high, gain_at_end, cash_at_high
    return 1.0
