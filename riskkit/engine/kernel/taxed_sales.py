"""What a sale is taxed: its gains, the purchase costs that leave with it, and how much of it meets a need after tax.

Sales are planned on one book's rows of one block, as in `riskkit.engine.kernel.ledger`. Each function takes the tax of
its terms as an argument of its own: where that is None, what the tax needs is not compiled.
"""

from __future__ import annotations

from riskkit.engine.kernel.allowances import UNTOUCHED
from riskkit.engine.kernel.gains_tax import (
    AVERAGE,
    lane_gain,
    proportional_sale_fraction,
    realise,
    sale_fraction_of_lots,
    sell_lots,
)
from riskkit.engine.kernel.holding_period import (
    gains_by_period,
    sale_fraction_by_period,
    sell_lots_by_period,
    tax_if_realised,
)
from riskkit.engine.kernel.layout import LANES, LOSSES, phase, wide

__all__ = ["pay_tax", "sale_fraction", "sell_purchase_costs", "write_gains", "write_sale_fractions"]


@phase
def write_gains(tax, terms, book, scratch, low, high):
    """Write the gains of the planned sales on the lanes low … high - 1."""
    if tax is not None:
        wide()
        sales, values, gain = scratch.sales, scratch.values, scratch.gain
        for i in range(low, high):
            gain[i] = 0.0
        if tax.by_period:
            for i in range(low, high):
                gain[i], scratch.short_gain[i] = gains_by_period(1.0, terms, book, scratch, i)
        elif book.lot_units.shape[0] > 0:
            for i in range(low, high):
                gain[i] = lane_gain(1.0, terms, book, scratch, i)
        else:
            for h in range(terms.cost.size):
                share = 1.0 - terms.discount[h]
                for i in range(low, high):
                    fraction = sales[h, i] / values[h, i] if sales[h, i] > 0.0 else 0.0
                    holding_gain = sales[h, i] * share - book.basis[h, i] * fraction
                    gain[i] += holding_gain if (tax.offset | (holding_gain > 0.0)) else 0.0


@phase
def sale_fraction(proceeds, tax, terms, book, scratch, lane):
    """Smallest fraction of one path's planned sales that meets its need; 1 where no fraction does.

    All the sales cover `proceeds` of the need before tax; a fraction covers it in proportion. `tax` is that of the
    terms.
    """
    need = scratch.need[lane]
    if tax is None:
        return proportional_sale_fraction(need, proceeds, 0.0, 0.0, 0.0)
    losses = book.accounts[LOSSES, lane]
    if tax.by_period and not tax.later:
        return sale_fraction_by_period(need, proceeds, terms, book, scratch, lane)
    by_lots = False
    if need > 0.0 and not tax.later:
        for h in range(terms.cost.size):
            by_lots |= (tax.methods[h] != AVERAGE) & (scratch.sales[h, lane] > 0.0)
    if by_lots:
        return sale_fraction_of_lots(need, proceeds, losses, terms, book, scratch, lane)
    return proportional_sale_fraction(need, proceeds, scratch.gain[lane], losses, tax.sale_rate)


@phase
def write_sale_fractions(tax, terms, book, sale, fractions):
    """Write the smallest fraction of each path's planned sales that meets its need (lane); 1 where no fraction does."""
    wide()
    cash, need = sale.cash, sale.need
    if tax is None:
        for i in range(LANES):
            fractions[i] = need[i] / cash[i] if cash[i] > need[i] * (1.0 + UNTOUCHED) else 1.0
    else:
        for i in range(LANES):
            losses = book.accounts[LOSSES, i]
            fractions[i] = proportional_sale_fraction(need[i], cash[i], sale.gain[i], losses, tax.sale_rate)
        if tax.by_period and not tax.later:
            for i in range(LANES):
                # Cash after tax rises with the fraction, because trading cost and tax rates sum to less than 1.
                enough = cash[i] - tax_if_realised(tax, book, sale.gain[i], sale.short_gain[i], i) > need[i]
                fractions[i] = sale_fraction_by_period(need[i], cash[i], terms, book, sale, i) if enough else 1.0
        elif book.lot_units.shape[0] > 0:
            for i in range(LANES):
                if fractions[i] < 1.0:
                    fractions[i] = sale_fraction(cash[i], tax, terms, book, sale, i)


@phase
def sell_purchase_costs(tax, h, terms, book, scratch, low, high):
    """Take what the planned sales of a holding cost out of its purchase costs, and what is sold out of its lots."""
    if tax is not None:
        wide()
        sales, values, basis = scratch.sales, scratch.values, book.basis
        if tax.by_period:
            for i in range(low, high):
                if sales[h, i] > 0.0:
                    sell_lots_by_period(h, min(sales[h, i] / values[h, i], 1.0), terms, book, i)
        elif tax.methods[h] == AVERAGE:
            for i in range(low, high):
                fraction = sales[h, i] / values[h, i] if sales[h, i] > 0.0 else 0.0
                basis[h, i] = basis[h, i] * (1.0 - fraction) if fraction < 1.0 else 0.0
        else:
            for i in range(low, high):
                if sales[h, i] > 0.0:
                    sell_lots(h, min(sales[h, i] / values[h, i], 1.0), tax.starts, tax.methods, book, i)


@phase
def pay_tax(tax, book, scratch, low, high):
    """Pay the tax on the gains of a sale out of its cash."""
    if tax is not None:
        wide()
        for i in range(low, high):
            scratch.cash[i] -= realise(tax, book, scratch.gain[i], True, i)
        if tax.by_period:
            for i in range(low, high):
                scratch.cash[i] -= realise(tax, book, scratch.short_gain[i], False, i)
