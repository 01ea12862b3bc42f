"""The compiled kernel: carry a batch of paths from one date to the next, and keep every book's statistics."""

from __future__ import annotations

import numpy as np
from numba import njit

from riskkit._random.threefry import fma
from riskkit.engine.kernel.diffusion import diffuse
from riskkit.engine.kernel.layout import (
    ABOVE,
    AGE,
    DEBT,
    DEEPEST,
    DEPTH,
    EXCESS,
    FALLEN,
    LANES,
    LEAST_PRICE,
    LONGEST,
    PEAK,
    SQUARES,
    UNDER,
    block_of,
    book_of,
    compiled,
    lanes_of,
    wide,
)
from riskkit.engine.kernel.ledger import open_allowances, sale_scratch
from riskkit.engine.kernel.margin_loan import call_margin, charge_interest
from riskkit.engine.kernel.structs import PriceArrays, StepScratch
from riskkit.engine.kernel.valuation import gross_wealth, keep_last_weights, lane_worth

__all__ = ["BATCH", "CATASTROPHE_FALL", "advance"]

#: Steps that are simulated before the books look at them together, so that a book's rows are loaded once for all.
BATCH = 4

#: A path has fallen when its wealth is at most this share of its peak (J.P. Morgan 2014).
CATASTROPHE_FALL = 0.3

phase = njit(error_model="numpy")
inlined = njit(error_model="numpy", inline="always")


@compiled
def advance(
    paths, t0, t1, prices, diffusion, time_change, history, events, books, marks, founders, trading, loan, recorded
):
    """Carry a batch of paths from step `t0` to step `t1`. In each step, in this order:

    1. `diffuse`: prices grow, and the regime moves on;
    2. `apply_events`: shock events and deaths;
    3. `open_allowances`: listings and lock expiries;
    4. `charge_interest`: interest on the loan;
    5. `call_margin`: the margin call;
    6. `mark_holdings`: marks of unlisted holdings;
    7. `take_statistics` and `take_reported`: wealth, its peak and drawdowns.

    Several steps are taken together: first the prices of each, true and reported, then each book through all of them.
    That is the same, because prices depend on no book, and units change in between at a margin call only.

    Parameters
    ----------
    paths : ndarray of uint64
        Numbers of the paths (path).
    t0, t1 : int
    prices : PriceArrays
        State, which is changed in place, as are the other groups; all are described in `riskkit.engine.kernel.structs`.
    diffusion : DiffusionArrays
    time_change : TimeChangeArrays or None
        None where business time is calendar time: the code for it is then not even compiled.
    history : HistoryArrays or None
        None where returns are drawn, likewise.
    events : EventArrays
    books : BookArrays
    marks : MarkArrays
    founders : FounderArrays
    trading : TradingArrays
    loan : LoanArrays or None
        None without a loan, likewise.
    recorded : RecordedArrays
        Written where it has room for rules: then for at least `t1` - `t0` steps of all paths.
    """
    wide()
    holdings = trading.asset.size
    marked = marks.price.shape[1] > 0
    scratch = step_scratch(prices.price.shape[1], holdings)
    # A margin call may change debt and units within a batch, of which reported wealth and a death need those of a step.
    together = BATCH
    if loan is not None:
        together = 1 if marked or any_death(events) else BATCH
    for block in range(prices.price.shape[0]):
        for i in range(LANES):
            scratch.paths[i] = paths[block * LANES + i]
        market = market_of(prices, block)
        t = t0
        while t < t1:
            batch = together if t1 - t >= BATCH else 1
            hold_prices(market, trading, scratch.previous)
            for b in range(batch):
                diffuse(market, diffusion, time_change, history, block, t, scratch)  # step 1
                apply_events(market, events, block, t, books, marks, trading)  # step 2
                t += 1
                hold_prices(market, trading, scratch.true[b])
                if marked:
                    mark_holdings(marks, block, t, scratch, b)  # step 6
            worthless = any_worthless(scratch, batch)
            for k in range(books.thresholds.shape[0]):
                book = book_of(books, block, k)
                if batch == BATCH:
                    gross_wealth(book.units, scratch.true, scratch.wealth, BATCH)
                else:
                    gross_wealth(book.units, scratch.true, scratch.wealth, 1)
                for b in range(batch):
                    open_allowances(book, trading, t - batch + b + 1)  # step 3
                    if loan is not None:
                        charge_interest(book, loan)  # step 4
                        call_margin(book, trading, loan, t - batch + b + 1, b, batch, scratch)  # step 5
                if worthless:
                    remember_the_worthless(book, scratch, batch)
                if k < recorded.wealth.shape[0]:
                    record_wealth(recorded, book, k, block, t - batch - t0, scratch, batch)
                if batch == BATCH:
                    take_statistics(book, scratch, BATCH)  # step 7
                else:
                    take_statistics(book, scratch, 1)
                if marked:
                    take_reported(book, block_of(marks.highs, block * books.thresholds.shape[0] + k, 2), scratch, batch)
            take_price_highs(marks, block, scratch, batch, marked)
            follow_founders(founders, block, scratch, batch)


@inlined
def any_death(events):
    """Whether the investor dies on some path."""
    count = 0
    for part in range(events.asset.size):
        count += 1 if events.asset[part] < 0 else 0
    return count > 0


@inlined
def step_scratch(assets, holdings):
    """Scratch arrays of the steps of a batch."""
    return StepScratch(
        np.empty(LANES, np.uint64), np.empty((2 * ((assets + 1) // 2), LANES)), np.empty((2, LANES)),
        np.empty(LANES, np.int64), np.empty(LANES), np.empty(LANES), np.empty(LANES), np.empty((holdings, LANES)),
        np.empty((BATCH, holdings, LANES)), np.empty((BATCH, holdings, LANES)), np.empty((BATCH, LANES)),
        np.empty((BATCH, LANES)), np.empty((holdings, LANES)), sale_scratch(holdings),
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
def hold_prices(market, trading, out):
    """Copy the prices of the holdings (holding, lane)."""
    for h in range(trading.asset.size):
        a = trading.asset[h]
        for i in range(LANES):
            out[h, i] = market.price[a, i]


@phase
def apply_events(market, events, block, step, books, marks, trading):
    """Step 2: shock events and deaths of a step, in their time order, applied at its end.

    Where holdings are marked, those that react to events show the price after all of them.
    """
    first = event = events.cursor[block]
    while events.step[event] == step:
        lane, part = events.lane[event], events.part[event]
        a = events.asset[part]
        if a < 0:
            asset = -1 - a
            price = market.price[asset, lane] * events.factor[event]
            step_up(marks.holding[asset], price, block, lane, books, trading)
        else:
            if market.price[a, lane] > 0.0:
                market.price[a, lane] *= events.factor[event]
            if market.price[a, lane] <= LEAST_PRICE:
                market.price[a, lane] = 0.0
            market.growth[a, lane] += events.growth[part]
            if events.row[part] >= 0:
                market.compensating[events.row[part], lane] = 0.0
        event += 1
    events.cursor[block] = event
    if marks.price.shape[1] > 0:
        reported = block_of(marks.price, block, trading.asset.size)
        for e in range(first, event):
            a, lane = events.asset[events.part[e]], events.lane[e]
            if a >= 0 and events.hits[events.part[e]] and marks.holding[a] >= 0 and marks.reacts[marks.holding[a]]:
                reported[marks.holding[a], lane] = market.price[a, lane]


@phase
def step_up(holding, price, block, lane, books, trading):
    """A death: the purchase cost of a holding of a path becomes its value."""
    starts = trading.tax.starts
    for k in range(books.thresholds.shape[0]):
        book = book_of(books, block, k)
        book.basis[holding, lane] = book.units[holding, lane] * price
        for row in range(starts[holding], starts[holding + 1]):
            book.lot_costs[row, lane] = price


@phase
def mark_holdings(marks, block, step, scratch, b):
    """Step 6: marks of unlisted holdings; writes the reported prices of step `b` of the batch."""
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
def any_worthless(scratch, batch):
    """Whether a holding is worthless on some path; it stays so."""
    count = 0
    for h in range(scratch.true.shape[1]):
        for i in range(LANES):
            count += 1 if scratch.true[batch - 1, h, i] == 0.0 else 0
    return count > 0


@phase
def remember_the_worthless(book, scratch, batch):
    """Keep the last weights of the paths of a book on which the last holding of any worth became worthless."""
    for b in range(batch):
        previous = scratch.true[b - 1] if b > 0 else scratch.previous
        for i in range(LANES):
            if not lane_worth(book.units, scratch.true[b], i) > 0.0:
                keep_last_weights(book.units, previous, book.last_weights, i)


@phase
def record_wealth(recorded, book, rule, block, row, scratch, batch):
    """Write a batch of net wealth and its running peak from a row on, before step 7 moves the book's peak."""
    wide()
    steps, paths = recorded.wealth.shape[1], recorded.wealth.shape[2]
    offset = (rule * steps + row) * paths + block * LANES
    for b in range(batch):
        wealth = lanes_of(recorded.wealth, offset + b * paths)
        peak = lanes_of(recorded.peak, offset + b * paths)
        for i in range(LANES):
            wealth[i] = scratch.wealth[b, i]
        if b == 0:
            for i in range(LANES):
                before = book.statistics[PEAK, i]
                peak[i] = wealth[i] if wealth[i] > before else before
        else:
            previous = lanes_of(recorded.peak, offset + (b - 1) * paths)
            for i in range(LANES):
                peak[i] = wealth[i] if wealth[i] > previous[i] else previous[i]


@inlined
def take_statistics(book, scratch, batch):
    """Step 7: take a batch of net wealth (step, lane) into a book's statistics."""
    s, wealth, drawdown = book.statistics, scratch.wealth, scratch.drawdown
    for i in range(LANES):
        peak, deepest, depth, squares = s[PEAK, i], s[DEEPEST, i], s[DEPTH, i], s[SQUARES, i]
        under, age, longest, fallen = s[UNDER, i], s[AGE, i], s[LONGEST, i], s[FALLEN, i]
        for b in range(batch):
            value = wealth[b, i]
            peak = value if value > peak else peak
            below = value < peak
            fall = 1.0 - value / peak
            drawdown[b, i] = fall
            deepest = fall if fall > deepest else deepest
            depth += fall
            squares = fma(fall, fall, squares)
            under += 1.0 if below else 0.0
            spell = age + (1.0 if (below or age > 0.0) else 0.0)
            longest = spell if spell > longest else longest
            age = spell if below else 0.0
            fallen = peak if value <= CATASTROPHE_FALL * peak else fallen
        s[PEAK, i], s[DEEPEST, i], s[DEPTH, i], s[SQUARES, i] = peak, deepest, depth, squares
        s[UNDER, i], s[AGE, i], s[LONGEST, i], s[FALLEN, i] = under, age, longest, fallen
    for j in range(4):
        level = book.thresholds[j]
        for i in range(LANES):
            excess = s[EXCESS + j, i]
            above = s[ABOVE + j, i]
            for b in range(batch):
                over = drawdown[b, i] - level
                excess += over if over > 0.0 else 0.0
                above += 1.0 if over > 0.0 else 0.0
            s[EXCESS + j, i] = excess
            s[ABOVE + j, i] = above


@phase
def take_reported(book, highs, scratch, batch):
    """Step 7 for wealth as reported: its high and deepest drawdown (2, lane)."""
    wide()
    wealth = scratch.wealth
    gross_wealth(book.units, scratch.reported, wealth, batch)
    for b in range(batch):
        for i in range(LANES):
            net = wealth[b, i] - book.accounts[DEBT, i]
            net = net if net > 0.0 else 0.0
            peak = net if net > highs[0, i] else highs[0, i]
            drawdown = 1.0 - net / peak
            highs[0, i] = peak
            highs[1, i] = drawdown if drawdown > highs[1, i] else highs[1, i]


@inlined
def take_price_highs(marks, block, scratch, batch, marked):
    """Step 7 for prices as reported: the highest of each holding."""
    seen = scratch.reported if marked else scratch.true
    holdings = seen.shape[1]
    high = block_of(marks.price_high, block, holdings)
    for h in range(holdings):
        for i in range(LANES):
            top = high[h, i]
            for b in range(batch):
                top = seen[b, h, i] if seen[b, h, i] > top else top
            high[h, i] = top


@inlined
def follow_founders(founders, block, scratch, batch):
    """High of each founder holding's price, and its high at the latest step on which it had fallen."""
    for k in range(founders.holding.size):
        s = block_of(founders.highs, block * founders.holding.size + k, 2)
        h = founders.holding[k]
        for b in range(batch):
            for i in range(LANES):
                price = scratch.true[b, h, i]
                high = price if price > s[0, i] else s[0, i]
                s[0, i] = high
                s[1, i] = high if price <= CATASTROPHE_FALL * high else s[1, i]
