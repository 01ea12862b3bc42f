"""The compiled kernel: advance a batch of paths from one date to the next, and update every book's statistics."""

from __future__ import annotations

import numpy as np

from riskkit._random.vectors import WIDTH, load, store
from riskkit.engine.kernel.allowances import open_allowances
from riskkit.engine.kernel.diffusion import diffuse
from riskkit.engine.kernel.holding_period import turn_all_long
from riskkit.engine.kernel.layout import (
    DEBT,
    LANES,
    LEAST_PRICE,
    POSITIONS,
    block_of,
    book_of,
    compiled,
    inlined,
    phase,
    wide,
)
from riskkit.engine.kernel.margin_loan import add_positions, call_margin, charge_interest
from riskkit.engine.kernel.option_values import mark_instruments, mark_positions, step_up_premiums
from riskkit.engine.kernel.path_statistics import (
    record_wealth,
    update_founder_highs,
    update_price_highs,
    update_reported_statistics,
    update_statistics,
    update_time_weighted,
)
from riskkit.engine.kernel.scratch import sale_scratch
from riskkit.engine.kernel.structs import PriceArrays, StepScratch
from riskkit.engine.kernel.valuation import gross_wealth, keep_last_weights, lane_gross_wealth

__all__ = ["STEPS_AT_ONCE", "advance"]

#: Steps that are simulated before the books are updated for all of them, so that a book's rows are loaded once.
STEPS_AT_ONCE = 7


@compiled
def advance(
    paths,
    start_step,
    end_step,
    prices,
    diffusion,
    time_change,
    history,
    events,
    books,
    marks,
    founders,
    trading,
    loan,
    instruments,
    recorded,
    moves,
    measures,
):
    """Advance a batch of paths from `start_step` to `end_step`. In each step, in this order:

    1. `diffuse`: prices grow, and the regime moves on;
    2. `apply_events`: shock events and deaths;
    3. `open_allowances`: listings and lock expiries;
    4. `charge_interest`: interest on the loan;
    5. `mark_instruments`, `mark_positions`: marks of instruments; `call_margin`: the margin call; `add_positions`;
    6. `mark_holdings`: marks of unlisted holdings;
    7. `update_statistics`, `update_time_weighted`, `update_reported_statistics` and `update_price_highs`: wealth, its
       peak and drawdowns, and the highest prices.

    Several steps are simulated at once: first the true and reported prices of each, then each book through all of them.
    The result is the same, because prices depend on no book, and units change in between at a margin call only.

    Phases 1 to 6 are the moves of a step, phase 7 its measures. Where a book receives or pays something between the
    two, which it does at the end only, one call makes the moves of the step and another one takes its measures.

    Parameters
    ----------
    paths : ndarray of uint64
        Numbers of the paths (path).
    start_step, end_step : int
    prices : PriceArrays
        State, changed in place, as are the other groups; `riskkit.engine.kernel.structs` describes all of them.
    diffusion : DiffusionArrays
    time_change : TimeChangeArrays or None
        None where business time is calendar time; its code is then not compiled.
    history : HistoryArrays or None
        None where returns are drawn from the diffusion, likewise.
    events : EventArrays
    books : BookArrays
    marks : MarkArrays
    founders : FounderArrays
    trading : TradingArrays
        Its tax may be None where nothing is taxed between dates, which takes a loan or a death.
    loan : LoanArrays or None
        None without a loan, likewise.
    instruments : InstrumentArrays or None
        None without instruments, likewise.
    recorded : RecordedArrays
        Written for the rules that it has rows for, with at least `end_step` - `start_step` steps of all paths.
    moves, measures : bool
        Whether phases 1 to 6, and whether phase 7, are due. With one of them there is one step, which ends at
        `end_step`; measures alone read the prices of that step.
    """
    wide()
    holdings = trading.asset.size
    marked = marks.price.shape[1] > 0
    scratch = step_scratch(prices.price.shape[1], holdings, 0 if instruments is None else instruments.holding.size)
    # A margin call changes debt and units at its step, and marks change what instruments are worth; reported wealth and
    # deaths need those of every step.
    most_steps = STEPS_AT_ONCE
    if loan is not None:
        most_steps = 1 if marked or any_death(events) else STEPS_AT_ONCE
    if instruments is not None and marked:
        most_steps = 1
    for block in range(prices.price.shape[0]):
        for i in range(LANES):
            scratch.paths[i] = paths[block * LANES + i]
        market = market_of(prices, block)
        step = start_step
        while step < end_step:
            step_count = min(most_steps, end_step - step)
            copy_holding_prices(market, trading, scratch.previous)
            for b in range(step_count):
                if moves:
                    diffuse(market, diffusion, time_change, history, block, step, scratch)  # step 1
                    apply_events(market, events, block, step, books, marks, trading, instruments, scratch)  # step 2
                step += 1
                copy_holding_prices(market, trading, scratch.true[b])
                if marked:
                    mark_holdings(marks, block, step, scratch, b)  # step 6
            worthless = any_worthless(scratch, step_count)
            if moves and instruments is not None:
                mark_instruments(instruments, block, step, step_count, scratch)  # step 5
            for k in range(books.thresholds.shape[0]):
                book = book_of(books, block, k)
                gross_wealth(book.units, scratch.true, scratch.wealth, step_count)
                if moves:
                    for b in range(step_count):
                        end = step - step_count + b + 1
                        open_allowances(book, trading, end)  # step 3
                        if loan is not None:
                            charge_interest(book, loan, trading.tax)  # step 4
                        if instruments is not None and instruments.hedged[k]:
                            mark_positions(book, instruments, scratch, b)  # step 5
                        if loan is not None:
                            call_margin(book, trading, loan, end, b, step_count, scratch)  # step 5
                        if instruments is not None and instruments.hedged[k]:
                            add_positions(book, scratch, b, step_count)  # step 5
                    if worthless:
                        keep_weights_of_worthless(book, scratch, step_count)
                elif loan is not None or instruments is not None:
                    subtract_liabilities(book, scratch.wealth)
                if not measures:
                    continue
                if k < recorded.wealth.shape[0]:
                    record_wealth(recorded, book, k, block, step - step_count - start_step, scratch, step_count)
                update_statistics(book, scratch, step_count)  # step 7
                if book.flows.shape[0] > 0:
                    update_time_weighted(book.flows, scratch.wealth, step_count)
                if marked:
                    update_reported_statistics(
                        book, block_of(marks.highs, block * books.thresholds.shape[0] + k, 2), scratch, step_count
                    )
            if measures:
                update_price_highs(marks, block, scratch, step_count, marked)
                update_founder_highs(founders, block, scratch, step_count)


@phase
def subtract_liabilities(book, wealth):
    """Replace the gross wealth of one step (1, lane) by net wealth."""
    wide()
    for i in range(LANES):
        wealth[0, i] += book.accounts[POSITIONS, i] - book.accounts[DEBT, i]


@inlined
def any_death(events):
    """Whether the investor dies on some path."""
    count = 0
    for effect in range(events.asset.size):
        count += 1 if events.asset[effect] < 0 else 0
    return count > 0


@inlined
def step_scratch(assets, holdings, instruments):
    """Scratch arrays of the steps that are simulated at once."""
    return StepScratch(
        np.empty(LANES, np.uint64), np.empty((2 * ((assets + 1) // 2), WIDTH)), np.empty((2, LANES)),
        np.empty(LANES, np.int64), np.empty(LANES), np.empty(LANES), np.empty((holdings, LANES)),
        np.empty((STEPS_AT_ONCE, holdings, LANES)), np.empty((STEPS_AT_ONCE, holdings, LANES)),
        np.empty((STEPS_AT_ONCE, LANES)), np.empty((STEPS_AT_ONCE, LANES)), np.empty((holdings, LANES)),
        sale_scratch(holdings), np.empty((STEPS_AT_ONCE, instruments, LANES)), np.empty(LANES), np.empty(LANES),
        np.empty(LANES), np.empty(LANES), np.empty(LANES),
    )  # fmt: skip


@inlined
def market_of(prices, block):
    """The market's state in one block."""
    assets = prices.price.shape[1]
    return PriceArrays(
        block_of(prices.price, block, assets),
        block_of(prices.growth, block, assets),
        block_of(prices.volatility, block, assets),
        block_of(prices.compensating, block, prices.compensating.shape[1]),
    )


@inlined
def copy_holding_prices(market, trading, out):
    """Copy the prices of the holdings (holding, lane)."""
    for h in range(trading.asset.size):
        a = trading.asset[h]
        for j in range(0, LANES, WIDTH):
            store(out, h * LANES + j, load(market.price, a * LANES + j))


@phase
def apply_events(market, events, block, step, books, marks, trading, instruments, scratch):
    """Step 2: shock events and deaths of a step, in their time order, applied at its end.

    Where holdings are marked, those that react to events show the price after all of them.
    """
    first = event = events.cursor[block]
    while events.step[event] == step:
        lane, effect = events.lane[event], events.effect[event]
        a = events.asset[effect]
        if a < 0:
            asset = -1 - a
            price = market.price[asset, lane] * events.factor[event]
            step_up(trading.tax, marks.holding[asset], price, block, lane, step, books)
            if instruments is not None:
                step_up_premiums(instruments, marks.holding[asset], price, step + 1, block, lane, scratch)
        else:
            if market.price[a, lane] > 0.0:
                market.price[a, lane] *= events.factor[event]
            if market.price[a, lane] <= LEAST_PRICE:
                market.price[a, lane] = 0.0
            market.growth[a, lane] += events.growth[effect]
            if events.row[effect] >= 0:
                market.compensating[events.row[effect], lane] = 0.0
        event += 1
    events.cursor[block] = event
    if marks.price.shape[1] > 0:
        reported = block_of(marks.price, block, trading.asset.size)
        for e in range(first, event):
            a, lane = events.asset[events.effect[e]], events.lane[e]
            if a >= 0 and events.hits[events.effect[e]] and marks.holding[a] >= 0 and marks.reacts[marks.holding[a]]:
                reported[marks.holding[a], lane] = market.price[a, lane]


@phase
def step_up(tax, holding, price, block, lane, step, books):
    """A death: the purchase cost of a holding of a path becomes its value, and all its lots are long."""
    if tax is not None:
        for k in range(books.thresholds.shape[0]):
            book = book_of(books, block, k)
            book.basis[holding, lane] = book.units[holding, lane] * price
            for row in range(tax.starts[holding], tax.starts[holding + 1]):
                book.lot_costs[row, lane] = price
            if tax.by_period:
                turn_all_long(holding, step, tax, book, lane)


@phase
def mark_holdings(marks, block, step, scratch, b):
    """Step 6: marks of unlisted holdings; writes the reported prices of step `b` of those simulated at once."""
    wide()
    holdings = scratch.true.shape[1]
    reported = block_of(marks.price, block, holdings)
    for h in range(holdings):
        if marks.at[step, h]:
            for i in range(LANES):
                reported[h, i] = scratch.true[b, h, i]
        for i in range(LANES):
            scratch.reported[b, h, i] = reported[h, i]


@inlined
def any_worthless(scratch, step_count):
    """Whether a holding is worthless on some path; a worthless holding stays so."""
    count = 0
    for h in range(scratch.true.shape[1]):
        for i in range(LANES):
            count += 1 if scratch.true[step_count - 1, h, i] == 0.0 else 0
    return count > 0


@phase
def keep_weights_of_worthless(book, scratch, step_count):
    """Store the last weights of the paths of a book whose holdings have all become worthless."""
    for b in range(step_count):
        previous = scratch.true[b - 1] if b > 0 else scratch.previous
        for i in range(LANES):
            if not lane_gross_wealth(book.units, scratch.true[b], i) > 0.0:
                keep_last_weights(book.units, previous, book.last_weights, i)
