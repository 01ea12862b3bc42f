"""The loan of a book: interest, the margin call that sells at once, and ruin, which is for good."""

from __future__ import annotations

from numba import njit

from riskkit.engine.forced import raise_cash
from riskkit.engine.layout import (
    ACCOUNTS,
    CALLS,
    DEBT,
    INTEREST,
    LANES,
    LENDER_LOSS,
    LOSSES,
    TURNOVER,
    UNMET,
    block_of,
    compiled,
)
from riskkit.threefry import fma

__all__ = ["carry_loan", "last_weights", "ruin_the_insolvent"]

#: A loan is above its limit when it exceeds it by more than this share, so that a call is not repeated for rounding;
#: and what exceeds the loan by no more than it is nothing.
ABOVE_LIMIT = 1e-12

#: A call that leaves the loan above its limit by more than this share is unmet.
STILL_ABOVE = 1e-9


@njit(error_model="numpy")
def lane_worth(units, prices, lane):
    """Gross wealth of one path, added up in the order in which it is for a whole block."""
    gross = units[0, lane] * prices[0, lane]
    for h in range(1, units.shape[0]):
        gross = fma(units[h, lane], prices[h, lane], gross)
    return gross


@njit(error_model="numpy")
def last_weights(units, prices, memory, lane):
    """Keep the weights of one path at these prices (holding, lane); none are kept where all of it is worthless."""
    gross = lane_worth(units, prices, lane)
    if gross > 0.0:
        for h in range(units.shape[0]):
            memory[h, lane] = units[h, lane] * prices[h, lane] / gross


@njit(error_model="numpy")
def ruin(gross, units, basis, account, lane):
    """End one path's book: the lender takes what there is and bears the rest; losses carried forward are void."""
    account[LENDER_LOSS, lane] += max(account[DEBT, lane] - gross, 0.0)
    account[DEBT, lane] = 0.0
    account[LOSSES, lane] = 0.0
    for h in range(units.shape[0]):
        units[h, lane] = 0.0
    for h in range(basis.shape[0]):
        basis[h, lane] = 0.0


@compiled
def ruin_the_insolvent(prices, before, units, basis, accounts, last, book, rules):
    """Ruin the paths of a book whose sales of this date left no more than the loan.

    `before` are the units before these sales (block, rule * holding, lane), whose weights the path keeps.
    """
    held = prices.shape[1]
    taxed = basis.shape[1] > 0
    for block in range(prices.shape[0]):
        p = block_of(prices, block, held)
        u = block_of(units, block * rules + book, held)
        account = block_of(accounts, block * rules + book, ACCOUNTS)
        for i in range(LANES):
            if account[DEBT, i] > 0.0:
                gross = lane_worth(u, p, i)
                if account[DEBT, i] * (1.0 + ABOVE_LIMIT) >= gross:
                    memory = block_of(last, block * rules + book, held)
                    last_weights(block_of(before, block * rules + book, held), p, memory, i)
                    ruin(gross, u, block_of(basis, block * rules + book, held if taxed else 0), account, i)


@njit(error_model="numpy")
def carry_loan(step, batch, loan, trading, prices, previous, inverse, holds, scratch, wealth):
    """Carry the loan of a book through a batch of steps and turn gross into net wealth (step, lane).

    Each step: interest, new allowances, the margin call, ruin. Where no path is called within the batch, which is the
    rule, the steps need not be looked at one by one.

    Parameters
    ----------
    step, batch : int
        First step of the batch, before which nothing has been charged, and the number of steps.
    loan, trading : tuple
        The loan's terms, and cost, tax law, and whether there are tax and limits; see `riskkit.engine.advance.advance`.
    prices, previous : ndarray
        True prices (step, holding, lane), and those of the step before the first (holding, lane).
    inverse : ndarray
        Room for reciprocals (holding, lane).
    holds : tuple of ndarray
        The rows of the book; see `riskkit.engine.ledger`.
    scratch : tuple
        The rows that keep last weights (holding, lane), room for the needs (lane), and the ledger's room.
    wealth : ndarray
        Gross wealth, made net (step, lane).
    """
    growth, limit, opening = loan[0], loan[1], loan[6]
    taxed, limited = trading[2], trading[3]
    u, left, account = holds[0], holds[2], holds[5]
    called = 0
    for i in range(LANES):
        debt = account[DEBT, i]
        for b in range(batch):
            debt += debt * (growth - 1.0)
            called += 1 if debt > limit * wealth[b, i] * (1.0 + ABOVE_LIMIT) else 0
    for b in range(batch):
        if limited:
            for h in range(u.shape[0]):
                if opening[step + b + 1, h] >= 0.0:
                    for i in range(LANES):
                        left[h, i] = opening[step + b + 1, h] * u[h, i]
        if taxed:
            for i in range(LANES):
                account[LOSSES, i] = account[LOSSES, i] if account[LOSSES, i] > 0.0 else 0.0
        for i in range(LANES):
            interest = account[DEBT, i] * (growth - 1.0)
            account[DEBT, i] += interest
            account[INTEREST, i] += interest
        if called > 0:
            for i in range(LANES):
                if account[DEBT, i] > limit * wealth[b, i] * (1.0 + ABOVE_LIMIT):
                    earlier = prices[b - 1] if b > 0 else previous
                    call_margin(step + b + 1, loan, trading, prices[b], earlier, inverse, holds, scratch, wealth, b, i)
                    for later in range(b + 1, batch):
                        wealth[later, i] = lane_worth(u, prices[later], i)
        for i in range(LANES):
            wealth[b, i] -= account[DEBT, i]


@njit(error_model="numpy")
def call_margin(step, loan, trading, p, earlier, r, holds, scratch, wealth, b, i):
    """Sell on one path until the loan is back at its limit; what cannot be met stands, and net wealth of 0 is ruin.

    `p` are prices (holding, lane), `earlier` those of the step before, `wealth` the gross wealth of the batch, of which
    (b, i) is brought up to date.
    """
    limit, stages, callable_share, callable_today, discount = loan[1:6]
    cost, law, taxed, limited = trading
    u, basis, account = holds[0], holds[1], holds[5]
    memory, need, drafts = scratch
    today = (callable_share[step], callable_today[step])
    how = (cost, discount[step], taxed, limited, law)
    debt, gross = account[DEBT, i], wealth[b, i]
    account[CALLS, i] += 1.0
    last_weights(u, p if gross > 0.0 else earlier, memory, i)
    for h in range(cost.size):
        r[h, i] = 1.0 / p[h, i] if p[h, i] > 0.0 else 0.0
    if debt < gross:
        need[i] = debt - limit * gross
        for stage in range(2):
            raise_cash(need, limit, stages[stage], today, how, holds, p, r, drafts, i, i + 1)
            account[DEBT, i] -= drafts[3][i]
            account[TURNOVER, i] += drafts[2][i] / gross
        wealth[b, i] = lane_worth(u, p, i)
        if account[DEBT, i] > limit * wealth[b, i] * (1.0 + STILL_ABOVE):
            account[UNMET, i] = 1.0
    if account[DEBT, i] >= wealth[b, i]:
        account[UNMET, i] = 1.0
        ruin(wealth[b, i], u, basis, account, i)
        wealth[b, i] = 0.0
