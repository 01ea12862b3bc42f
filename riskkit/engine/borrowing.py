"""The loan of a book: interest, the margin call that sells at once, and ruin, which is for good."""

from __future__ import annotations

from numba import njit

from riskkit.engine.forced import raise_cash
from riskkit.engine.layout import CALLS, DEBT, INTEREST, LANES, LENDER_LOSS, LOSSES, TURNOVER, UNMET

__all__ = ["carry_loan"]

#: A loan is above its limit when it exceeds it by more than this share, so that a call is not repeated for rounding.
ABOVE_LIMIT = 1e-12


@njit(error_model="numpy")
def carry_loan(how, p, r, holds, room, wealth):
    """Charge a step's interest, call the margin where it is due, and turn gross into net wealth (lane).

    `p` are prices (holding, lane), `r` is room for their reciprocals, `holds` are the rows of the book, `room` is
    scratch, and `wealth` the gross wealth that becomes net.
    """
    growth, limit, stages, terms, law, taxed, limited = how
    u, b, left, lot_units, lot_costs, account, memory = holds
    need, values, sales, cash, gain, sold = room
    cost = terms[0]
    for i in range(LANES):
        interest = account[DEBT, i] * (growth - 1.0)
        account[DEBT, i] += interest
        account[INTEREST, i] += interest
    called = 0
    for i in range(LANES):
        called += 1 if account[DEBT, i] > limit * wealth[i] * (1.0 + ABOVE_LIMIT) else 0
    if called > 0:
        for i in range(LANES):
            debt = account[DEBT, i]
            if debt > limit * wealth[i] * (1.0 + ABOVE_LIMIT):
                account[CALLS, i] += 1.0
                gross = wealth[i]
                for h in range(cost.size):
                    memory[h, i] = u[h, i] * p[h, i] / gross if gross > 0.0 else memory[h, i]
                    r[h, i] = 1.0 / p[h, i] if p[h, i] > 0.0 else 0.0
                if debt < gross:
                    need[i] = debt - limit * gross
                    for stage in range(2):
                        raise_cash(
                            need,
                            limit,
                            stages[stage],
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
                            i,
                            i + 1,
                        )
                        account[DEBT, i] -= cash[i]
                        account[TURNOVER, i] += sold[i] / gross
                    wealth[i] = 0.0
                    for h in range(cost.size):
                        wealth[i] += u[h, i] * p[h, i]
                    if account[DEBT, i] > limit * wealth[i] * (1.0 + 1e-9):
                        account[UNMET, i] = 1.0
                if account[DEBT, i] >= wealth[i]:
                    account[UNMET, i] = 1.0
                    account[LENDER_LOSS, i] += account[DEBT, i] - wealth[i]
                    account[DEBT, i] = 0.0
                    account[LOSSES, i] = 0.0
                    wealth[i] = 0.0
                    for h in range(cost.size):
                        u[h, i] = 0.0
                        if taxed:
                            b[h, i] = 0.0
    for i in range(LANES):
        wealth[i] -= account[DEBT, i]
