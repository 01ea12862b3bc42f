"""Forced sales: raising cash for spending and for margin calls, cash-like holdings first, then the rest pro rata."""

from __future__ import annotations

import numpy as np
from numba import njit

from riskkit.engine.gains import part_to_sell
from riskkit.engine.layout import ACCOUNTS, DEBT, LANES, LOSSES, SHORTFALL, SPENT, TURNOVER, block_of, compiled
from riskkit.engine.ledger import available, cash_of, part_with_lots, sell, sells_lots
from riskkit.threefry import fma

__all__ = ["raise_cash", "spend"]

#: A need that is met up to this share of it is met.
MET = 1e-9


@njit(error_model="numpy")
def raise_cash(
    need,
    relief,
    stage,
    terms,
    law,
    p,
    r,
    u,
    b,
    taxed,
    left,
    limited,
    lot_units,
    lot_costs,
    account,
    values,
    sales,
    cash,
    gain,
    sold,
    low,
    high,
):
    """Sell what is wanted of the holdings of a stage, pro rata of what can be sold, until a need is met (lane).

    `stage` marks the holdings (holding). `relief` is what each unit of value sold takes off the need besides its cash:
    0 for spending, the loan-to-value limit for a margin call. What is raised is taken off `need`; the cash of each
    lane is left in `cash`.
    """
    cost, limit, opens, discount = terms[:4]
    rate, lots = law[0], law[2]
    for h in range(cost.size):
        for i in range(low, high):
            values[h, i] = u[h, i] * p[h, i]
            room = available(h, limit[h], opens[h], u, left, limited, p[h, i], values[h, i], i)
            sales[h, i] = room if stage[h] & (need[i] > 0.0) else 0.0
    cash_of(sales, values, cost, discount, b, taxed, law, lot_units, lot_costs, cash, gain, low, high)
    for i in range(low, high):
        whole = 0.0
        for h in range(cost.size):
            whole += sales[h, i]
        brings = cash[i] - relief * whole
        losses = account[LOSSES, i]
        part = part_to_sell(need[i], brings, gain[i] if taxed else 0.0, losses, rate)
        if taxed and part < 1.0 and sells_lots(sales, lots[1], i):
            part = part_with_lots(
                need[i], relief, sales, values, cost, discount, b, law, losses, lot_units, lot_costs, i
            )
        for h in range(cost.size):
            sales[h, i] *= part
            if limited:
                left[h, i] -= sales[h, i] * r[h, i]
    sell(u, r, values, sales, cost, discount, b, taxed, law, lot_units, lot_costs, account, sold, cash, gain, low, high)
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
        for step in range(2):
            raise_cash(
                need,
                0.0,
                stages[step],
                terms,
                law,
                p,
                r,
                u,
                b,
                taxed,
                left,
                limited,
                lot_units,
                lot_costs,
                account,
                values,
                sales,
                cash,
                gain,
                sold,
                0,
                LANES,
            )
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
