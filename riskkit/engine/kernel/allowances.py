"""What may be sold of a holding at a step: the terms of trade, allowances, and what is pledged."""

from __future__ import annotations

from riskkit.engine.kernel.layout import LANES, inlined, phase, wide
from riskkit.engine.kernel.structs import TermArrays

__all__ = ["UNTOUCHED", "open_allowances", "sellable_value", "spare_pledged", "terms_of"]

#: An order of at most this share of wealth leaves a holding unchanged, bit for bit.
UNTOUCHED = 1e-12


@inlined
def terms_of(trading, step):
    """The terms of trade of a step."""
    return TermArrays(
        step, trading.cost, trading.limit[step], trading.opens[step], trading.discount[step], trading.buyable[step],
        trading.tax,
    )  # fmt: skip


@inlined
def open_allowances(book, trading, step):
    """Step 3: listings and lock expiries. A new allowance is a share of the current units."""
    for h in range(book.allowance.shape[0]):
        if trading.restricted[h] and trading.opens[step, h]:
            limit = trading.limit[step, h]
            for i in range(LANES):
                book.allowance[h, i] = limit * book.units[h, i]


@inlined
def sellable_value(h, limit, opens, book, price, value, lane):
    """Value of a holding that may be sold now: all of it, the rest of the open allowance, or nothing."""
    if book.allowance.shape[0] > 0:
        left = max(book.allowance[h, lane], 0.0)
        open_value = left * price if left < book.units[h, lane] * (1.0 - UNTOUCHED) else value
        return value if (limit >= 1.0) & opens else (open_value if limit > 0.0 else 0.0)
    return value * limit


@phase
def spare_pledged(book, price, sales, low, high):
    """Reduce the planned sales on the lanes low … high - 1 to what is not pledged."""
    wide()
    for h in range(book.pledged.shape[0]):
        for i in range(low, high):
            pledged = book.pledged[h, i]
            rest = book.units[h, i] - pledged
            free = rest * price[h, i] if rest > UNTOUCHED * book.units[h, i] else 0.0
            sales[h, i] = free if (pledged > 0.0) & (free < sales[h, i]) else sales[h, i]
