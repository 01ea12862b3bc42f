"""The margin loan of a book: interest, margin calls with immediate sales, and ruin, which is permanent."""

from __future__ import annotations

from numba import njit

from riskkit.engine.kernel.forced_sales import raise_cash
from riskkit.engine.kernel.gains_tax import end_taxable_period
from riskkit.engine.kernel.layout import (
    DEBT,
    INTEREST,
    LANES,
    LENDER_LOSS,
    LOSSES,
    MARGIN_CALLS,
    TURNOVER,
    UNMET_CALL,
    block_of,
    book_of,
    compiled,
    wide,
)
from riskkit.engine.kernel.structs import TermArrays
from riskkit.engine.kernel.valuation import keep_last_weights, lane_gross_wealth

__all__ = ["ABOVE_LIMIT", "call_margin", "charge_interest", "ruin_insolvent_paths"]

#: A loan is above its limit if it exceeds it by more than this share, so that rounding does not repeat a call. Wealth
#: that exceeds the loan by no more than this share counts as 0.
ABOVE_LIMIT = 1e-12

#: A call that leaves the loan above its limit by more than this share is unmet.
STILL_ABOVE = 1e-9


@njit(error_model="numpy")
def ruin(gross, book, lane):
    """End one path's book: the lender takes its assets and bears the loss; what tax is due later stays due."""
    accounts = book.accounts
    accounts[LENDER_LOSS, lane] += max(accounts[DEBT, lane] - gross, 0.0)
    accounts[DEBT, lane] = 0.0
    for h in range(book.units.shape[0]):
        book.units[h, lane] = 0.0
    for row in range(book.lot_units.shape[0]):
        book.lot_units[row, lane] = 0.0
    for h in range(book.basis.shape[0]):
        book.basis[h, lane] = 0.0


@compiled
def ruin_insolvent_paths(prices, units_before, books, book):
    """Ruin the paths of a book whose sales of this date left no more than the loan.

    `units_before` are the units before these sales (block, book * holding, lane); the path keeps their weights.
    """
    holdings = prices.shape[1]
    for block in range(prices.shape[0]):
        price = block_of(prices, block, holdings)
        earlier = block_of(units_before, block * books.thresholds.shape[0] + book, holdings)
        rows = book_of(books, block, book)
        for i in range(LANES):
            if rows.accounts[DEBT, i] > 0.0:
                gross = lane_gross_wealth(rows.units, price, i)
                if rows.accounts[DEBT, i] * (1.0 + ABOVE_LIMIT) >= gross:
                    keep_last_weights(earlier, price, rows.last_weights, i)
                    ruin(gross, rows, i)


@njit(error_model="numpy")
def charge_interest(book, loan, tax):
    """Step 4: interest on the loan. The step is a taxable date of its own, because a margin call may sell."""
    wide()
    accounts = book.accounts
    if tax.by_period and not tax.later:
        for i in range(LANES):
            end_taxable_period(tax, book, i)
    elif book.basis.shape[0] > 0 and not tax.later:
        for i in range(LANES):
            accounts[LOSSES, i] = accounts[LOSSES, i] if accounts[LOSSES, i] > 0.0 else 0.0
    for i in range(LANES):
        interest = accounts[DEBT, i] * (loan.growth - 1.0)
        accounts[DEBT, i] += interest
        accounts[INTEREST, i] += interest


@njit(error_model="numpy")
def call_margin(book, trading, loan, step, b, step_count, scratch):
    """Step 5: the margin call; it replaces the gross wealth of one step by net wealth.

    Parameters
    ----------
    book : BookArrays
        The rows of one book in one block.
    trading : TradingArrays
    loan : LoanArrays
    step, b, step_count : int
        The step, its index among the steps simulated at once, and their number.
    scratch : StepScratch
        True prices, and the gross wealth of this and the later steps, which is updated.
    """
    wide()
    wealth, accounts = scratch.wealth, book.accounts
    called = 0
    for i in range(LANES):
        called += 1 if accounts[DEBT, i] > loan.limit * wealth[b, i] * (1.0 + ABOVE_LIMIT) else 0
    if called > 0:
        terms = TermArrays(
            step - 1, trading.cost, loan.callable[step], trading.opens[step], trading.discount[step],
            trading.buyable[step], trading.tax,
        )  # fmt: skip
        previous = scratch.true[b - 1] if b > 0 else scratch.previous
        for i in range(LANES):
            if accounts[DEBT, i] > loan.limit * wealth[b, i] * (1.0 + ABOVE_LIMIT):
                prices = scratch.true[b]
                wealth[b, i] = sell_to_limit(
                    wealth[b, i], terms, trading.stages, book, loan, prices, previous, scratch, i
                )
                for later in range(b + 1, step_count):
                    wealth[later, i] = lane_gross_wealth(book.units, scratch.true[later], i)
    for i in range(LANES):
        wealth[b, i] -= accounts[DEBT, i]


@njit(error_model="numpy")
def sell_to_limit(gross, terms, stages, book, loan, prices, previous, scratch, i):
    """Sell on one path until the loan is at its limit, and return the remaining gross wealth.

    A loan that sales cannot bring to its limit stays above it; net wealth of 0 is ruin. `prices` are true
    (holding, lane), `previous` those of the step before.
    """
    accounts, inverse, sale = book.accounts, scratch.inverse, scratch.sale
    debt, left = accounts[DEBT, i], gross
    accounts[MARGIN_CALLS, i] += 1.0
    keep_last_weights(book.units, prices if gross > 0.0 else previous, book.last_weights, i)
    for h in range(terms.cost.size):
        inverse[h, i] = 1.0 / prices[h, i] if prices[h, i] > 0.0 else 0.0
    if debt < gross:
        sale.need[i] = debt - loan.limit * gross
        for stage in range(2):
            raise_cash(loan.limit, stages[stage], terms, book, prices, inverse, sale, i, i + 1)
            accounts[DEBT, i] -= sale.cash[i]
            accounts[TURNOVER, i] += sale.sold[i] / gross
        left = lane_gross_wealth(book.units, prices, i)
        if accounts[DEBT, i] > loan.limit * left * (1.0 + STILL_ABOVE):
            accounts[UNMET_CALL, i] = 1.0
    if accounts[DEBT, i] >= left:
        accounts[UNMET_CALL, i] = 1.0
        ruin(left, book, i)
        left = 0.0
    return left
