"""Forced sales: raising cash for spending and for margin calls, cash-like holdings first, then the rest pro rata."""

from __future__ import annotations

import numpy as np
from numba import njit

from riskkit.engine.layout import ACCOUNTS, DEBT, LANES, SHORTFALL, SPENT, TURNOVER, block_of, compiled
from riskkit.engine.ledger import available, cash_of, part_of_sales, sell
from riskkit.threefry import fma

__all__ = ["raise_cash", "spend"]

#: A need that is met up to this share of it is met.
MET = 1e-9


@njit(error_model="numpy")
def raise_cash(need, relief, stage, today, how, holds, prices, inverse, room, low, high):
    """Sell the holdings of a stage, pro rata of what can be sold, until a need is met (lane).

    `stage` marks the holdings; `today` are the shares that may be sold and whether they are of today's units (holding).
    `relief` is what each unit of value sold takes off the need besides its cash: 0 for spending, the loan-to-value
    limit for a margin call. What is raised is taken off `need`; the rest is as in `riskkit.engine.ledger`.
    """
    limit, opens = today
    limited, units, left = how[3], holds[0], holds[2]
    values, sales, sold, cash, _ = room
    for h in range(limit.size):
        for i in range(low, high):
            values[h, i] = units[h, i] * prices[h, i]
            most = available(h, limit[h], opens[h], units, left, limited, prices[h, i], values[h, i], i)
            sales[h, i] = most if stage[h] & (need[i] > 0.0) else 0.0
    cash_of(how, holds, room, low, high)
    for i in range(low, high):
        whole = 0.0
        for h in range(limit.size):
            whole += sales[h, i]
        part = part_of_sales(need[i], cash[i] - relief * whole, how, holds, room, i)
        for h in range(limit.size):
            sales[h, i] *= part
    sell(how, holds, inverse, room, low, high)
    for i in range(low, high):
        rest = need[i] - (cash[i] - relief * sold[i])
        need[i] = rest if rest > MET * need[i] else 0.0


@compiled
def spend(
    share, amount, stages, terms, law, prices, inverse, units, basis, allowance, lots, accounts, last, book, rules
):
    """Spend `share` of net wealth plus `amount` from one book: cash-like holdings first, then pro rata of the rest.

    `stages` marks the cash-like holdings and the others (2, holding). What cannot be raised, or would be the lender's
    money, is not spent and counted as a shortfall.
    A path left with nothing keeps its last weights in `last` (block, rule * holding, lane).
    """
    held = prices.shape[1]
    taxed = basis.shape[1] > 0
    limited = allowance.shape[1] > 0
    kinds = lots[0].shape[1] // rules
    values = np.empty((held, LANES))
    sales = np.empty((held, LANES))
    before = np.empty((held, LANES))
    gross = np.empty(LANES)
    need = np.empty(LANES)
    cash = np.empty(LANES)
    gain = np.zeros(LANES)
    sold = np.empty(LANES)
    cost, limit, opens, discount, _ = terms
    today, how = (limit, opens), (cost, discount, taxed, limited, law)
    room = (values, sales, sold, cash, gain)
    for block in range(prices.shape[0]):
        p = block_of(prices, block, held)
        r = block_of(inverse, block, held)
        u = block_of(units, block * rules + book, held)
        b = block_of(basis, block * rules + book, held if taxed else 0)
        left = block_of(allowance, block * rules + book, held if limited else 0)
        lot_units = block_of(lots[0], block * rules + book, kinds)
        lot_costs = block_of(lots[1], block * rules + book, kinds)
        account = block_of(accounts, block * rules + book, ACCOUNTS)
        memory = block_of(last, block * rules + book, held)
        for i in range(LANES):
            gross[i] = 0.0
        for h in range(held):
            for i in range(LANES):
                gross[i] = fma(u[h, i], p[h, i], gross[i])
        for h in range(held):
            for i in range(LANES):
                before[h, i] = u[h, i] * p[h, i] / gross[i]
        wanted = np.empty(LANES)
        for i in range(LANES):
            net = gross[i] - account[DEBT, i]
            wanted[i] = share * net + amount if net > 0.0 else 0.0
            need[i] = wanted[i] if wanted[i] < net else (net if net > 0.0 else 0.0)
            if (net <= 0.0 and amount > 0.0) or wanted[i] > need[i]:
                account[SHORTFALL, i] = 1.0
        holds = (u, b, left, lot_units, lot_costs, account)
        for stage in range(2):
            raise_cash(need, 0.0, stages[stage], today, how, holds, p, r, room, 0, LANES)
            for i in range(LANES):
                account[SPENT, i] += cash[i]
                account[TURNOVER, i] += sold[i] / gross[i] if gross[i] > 0.0 else 0.0
        for i in range(LANES):
            if need[i] > MET * wanted[i]:
                account[SHORTFALL, i] = 1.0
            rest = 0.0
            for h in range(held):
                rest += u[h, i] * p[h, i]
            if wanted[i] > 0.0 and rest <= 0.0:
                for h in range(held):
                    memory[h, i] = before[h, i]
