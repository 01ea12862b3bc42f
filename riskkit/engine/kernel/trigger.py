"""Where a rule's trigger fires: its rows, prices and falls on each path of a batch, before the trades of a date."""

from __future__ import annotations

import numpy as np

from riskkit._random.vectors import WIDTH, any_of, choose, fma, load, repeat, store
from riskkit.engine.kernel.layout import DEBT, LANES, POSITIONS, block_of, book_of, compiled, lanes_of, phase, wide

__all__ = ["find_fired"]

#: A row fires where it lacks no more than this share of net wealth.
SLACK = 1e-10


@compiled
def find_fired(trigger, prices, high, peaks, peak, books, book, paths):
    """Write the paths on which the trigger fires, as places in the batch, increasing; return how many there are.

    Parameters
    ----------
    trigger : TriggerArrays
    prices, high : ndarray
        The holdings' reported prices now, and the highest so far (block, holding, lane).
    peaks : ndarray
        Peaks of net wealth as reported (block, row, lane).
    peak : int
        The book's row of `peaks`.
    books : BookArrays
    book : int
        Which of the books.
    paths : ndarray of int64
        Written (path).
    """
    wide()
    holdings = prices.shape[1]
    common, rest = common_coefficients(trigger.values)
    hits = np.empty(WIDTH)
    count = 0
    for block in range(prices.shape[0]):
        price, top = block_of(prices, block, holdings), block_of(high, block, holdings)
        units, accounts = book_of(books, block, book).units, book_of(books, block, book).accounts
        most = lanes_of(peaks, (block * peaks.shape[1] + peak) * LANES)
        for j in range(0, LANES, WIDTH):
            gross = repeat(0.0)
            for h in range(holdings):
                gross = fma(load(units, h * LANES + j), load(price, h * LANES + j), gross)
            net = gross - load(accounts, DEBT * LANES + j) + load(accounts, POSITIONS * LANES + j)
            net = choose(net > 0.0, net, 0.0)
            fires = net < 0.0
            for r in range(trigger.values.shape[0]):
                needed = trigger.wealth[r] * net + trigger.peak[r] * load(most, j)
                total = fma(common[r], gross, SLACK * net - needed)
                for h in range(holdings):
                    if rest[r, h] != 0.0:
                        value = load(units, h * LANES + j) * load(price, h * LANES + j)
                        total = fma(rest[r, h], value, total)
                fires = fires | (total > 0.0)
            for h in range(holdings):
                if trigger.price[h] < np.inf:
                    fires = fires | (load(price, h * LANES + j) >= trigger.price[h])
                if trigger.fallen[h] < np.inf:
                    lowest = (1.0 - trigger.fallen[h]) * load(top, h * LANES + j)
                    fires = fires | (load(price, h * LANES + j) <= lowest)
            if any_of(fires):
                store(hits, 0, choose(fires, 1.0, 0.0))
                for i in range(WIDTH):
                    if hits[i] > 0.0:
                        paths[count] = block * LANES + j + i
                        count += 1
    return count


@phase
def common_coefficients(values):
    """The coefficient that most holdings of a row have (row), and the others less it (row, holding).

    The sum of a row is then that coefficient times gross wealth, and a term for each of the others.
    """
    common, rest = np.empty(values.shape[0]), np.empty(values.shape)
    for r in range(values.shape[0]):
        most = 0
        for h in range(values.shape[1]):
            alike = 0
            for k in range(values.shape[1]):
                alike += 1 if values[r, k] == values[r, h] else 0
            if alike > most:
                most, common[r] = alike, values[r, h]
        for h in range(values.shape[1]):
            rest[r, h] = values[r, h] - common[r]
    return common, rest
