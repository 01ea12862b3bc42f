"""The margin loan of a book: interest, margin calls with immediate sales, and ruin, which is permanent."""

from __future__ import annotations

from riskkit._random.vectors import WIDTH, any_of, choose, load, store
from riskkit.engine.kernel.forced_sales import raise_cash
from riskkit.engine.kernel.gains_tax import end_taxable_period
from riskkit.engine.kernel.layout import (
    DEBT,
    INTEREST,
    LANES,
    LENDER_LOSS,
    LOSSES,
    MARGIN_CALLS,
    POSITIONS,
    TURNOVER,
    UNMET_CALL,
    block_of,
    book_of,
    compiled,
    phase,
    wide,
)
from riskkit.engine.kernel.structs import TermArrays
from riskkit.engine.kernel.valuation import keep_last_weights, lane_gross_wealth

__all__ = ["ABOVE_LIMIT", "add_positions", "call_margin", "charge_interest", "ruin_insolvent_paths"]

#: A loan is above its limit if it exceeds it by more than this share, so that rounding does not repeat a call. Wealth
#: that exceeds the loan by no more than this share counts as 0.
ABOVE_LIMIT = 1e-12

#: A call that leaves the loan above its limit by more than this share is unmet.
STILL_ABOVE = 1e-9


@phase
def ruin(gross, book, lane):
    """End one path's book: lenders take its assets and bear the loss; what tax is due later stays due."""
    accounts = book.accounts
    accounts[LENDER_LOSS, lane] += max(accounts[DEBT, lane] - accounts[POSITIONS, lane] - gross, 0.0)
    accounts[DEBT, lane] = 0.0
    accounts[POSITIONS, lane] = 0.0
    for h in range(book.units.shape[0]):
        book.units[h, lane] = 0.0
    for row in range(book.lot_units.shape[0]):
        book.lot_units[row, lane] = 0.0
    for h in range(book.basis.shape[0]):
        book.basis[h, lane] = 0.0
    for h in range(book.pledged.shape[0]):
        book.pledged[h, lane] = 0.0
    for row in range(book.positions.shape[0]):
        book.positions[row, lane] = 0.0


@phase
def owes(book, lane):
    """Whether a path has a loan, or instruments that are worth less than nothing."""
    return (book.accounts[DEBT, lane] > 0.0) | (book.accounts[POSITIONS, lane] < 0.0)


@phase
def insolvent(gross, book, lane):
    """Whether what a path owes is no less than what it has."""
    positions = book.accounts[POSITIONS, lane]
    owed = book.accounts[DEBT, lane] + (-positions if positions < 0.0 else 0.0)
    return owed * (1.0 + ABOVE_LIMIT) >= gross + (positions if positions > 0.0 else 0.0)


@compiled
def ruin_insolvent_paths(prices, units_before, books, book):
    """Ruin the paths of a book whose sales of this date left no more than is owed.

    `units_before` are the units before these sales (block, book * holding, lane); the path keeps their weights.
    """
    holdings = prices.shape[1]
    for block in range(prices.shape[0]):
        price = block_of(prices, block, holdings)
        earlier = block_of(units_before, block * books.thresholds.shape[0] + book, holdings)
        rows = book_of(books, block, book)
        for i in range(LANES):
            if owes(rows, i):
                gross = lane_gross_wealth(rows.units, price, i)
                if insolvent(gross, rows, i):
                    keep_last_weights(earlier, price, rows.last_weights, i)
                    ruin(gross, rows, i)


@phase
def charge_interest(book, loan, tax):
    """Step 4: interest on the loan. The step is a taxable date of its own, because a margin call may sell."""
    wide()
    accounts = book.accounts
    if tax is not None and not tax.later:
        if tax.by_period:
            for i in range(LANES):
                end_taxable_period(tax, book, i)
        else:
            for j in range(0, LANES, WIDTH):
                losses = load(accounts, LOSSES * LANES + j)
                store(accounts, LOSSES * LANES + j, choose(losses > 0.0, losses, 0.0))
    for j in range(0, LANES, WIDTH):
        debt, paid = load(accounts, DEBT * LANES + j), load(accounts, INTEREST * LANES + j)
        interest = debt * (loan.growth - 1.0)
        store(accounts, DEBT * LANES + j, debt + interest)
        store(accounts, INTEREST * LANES + j, paid + interest)


@phase
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
    wealth, accounts, collateral = scratch.wealth, book.accounts, scratch.collateral
    holdings = scratch.true.shape[1]
    called = False
    for j in range(0, LANES, WIDTH):
        free = load(wealth, b * LANES + j)
        for h in range(book.pledged.shape[0]):
            pledged, units = load(book.pledged, h * LANES + j), load(book.units, h * LANES + j)
            price = load(scratch.true, (b * holdings + h) * LANES + j)
            free = free - choose(pledged < units, pledged, units) * price
        store(collateral, j, free)
        called |= any_of(load(accounts, DEBT * LANES + j) > loan.limit * free * (1.0 + ABOVE_LIMIT))
    if called:
        terms = TermArrays(
            step - 1, trading.cost, loan.callable[step], trading.opens[step], trading.discount[step],
            trading.buyable[step], trading.tax,
        )  # fmt: skip
        previous = scratch.true[b - 1] if b > 0 else scratch.previous
        for i in range(LANES):
            if accounts[DEBT, i] > loan.limit * collateral[i] * (1.0 + ABOVE_LIMIT):
                prices = scratch.true[b]
                wealth[b, i] = sell_to_limit(
                    wealth[b, i], terms, trading.stages, book, loan, prices, previous, scratch, i
                )
                for later in range(b + 1, step_count):
                    wealth[later, i] = lane_gross_wealth(book.units, scratch.true[later], i)
    for j in range(0, LANES, WIDTH):
        net = load(wealth, b * LANES + j) - load(accounts, DEBT * LANES + j)
        store(wealth, b * LANES + j, net)


@phase
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
    pledged = gross - scratch.collateral[i]
    if not insolvent(gross, book, i):
        sale.need[i] = debt - loan.limit * scratch.collateral[i]
        for stage in range(2):
            raise_cash(loan.limit, stages[stage], terms, book, prices, inverse, sale, i, i + 1)
            accounts[DEBT, i] -= sale.cash[i]
            accounts[TURNOVER, i] += sale.sold[i] / gross if gross > 0.0 else 0.0
        left = lane_gross_wealth(book.units, prices, i)
        if accounts[DEBT, i] > loan.limit * (left - pledged) * (1.0 + STILL_ABOVE):
            accounts[UNMET_CALL, i] = 1.0
    if accounts[DEBT, i] >= left + accounts[POSITIONS, i]:
        accounts[UNMET_CALL, i] = 1.0
        ruin(left, book, i)
        left = 0.0
    return left


@phase
def add_positions(book, scratch, b, step_count):
    """Step 5: add the value of instruments less what is owed for them to one step's wealth; none left is ruin."""
    wide()
    wealth, accounts = scratch.wealth, book.accounts
    broke = 0
    for i in range(LANES):
        wealth[b, i] += accounts[POSITIONS, i]
        broke += 1 if wealth[b, i] <= 0.0 else 0
    if broke > 0:
        previous = scratch.true[b - 1] if b > 0 else scratch.previous
        for i in range(LANES):
            if wealth[b, i] <= 0.0 and owes(book, i):
                gross = lane_gross_wealth(book.units, scratch.true[b], i)
                prices = scratch.true[b] if gross > 0.0 else previous
                keep_last_weights(book.units, prices, book.last_weights, i)
                ruin(gross, book, i)
                for later in range(b, step_count):
                    wealth[later, i] = 0.0
