"""Where a rule's trigger fires: its rows, prices and falls on each path of a batch, before the trades of a date."""

from __future__ import annotations

import numpy as np

from riskkit._random.vectors import fma
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
    holdings, rows = prices.shape[1], trigger.values.shape[0]
    value, net, gross = np.empty((holdings, LANES)), np.empty(LANES), np.empty(LANES)
    total, hits = np.empty(LANES), np.empty(LANES)
    common, rest = common_coefficients(trigger.values)
    count = 0
    for block in range(prices.shape[0]):
        price, top = block_of(prices, block, holdings), block_of(high, block, holdings)
        of_book = book_of(books, block, book)
        most = lanes_of(peaks, (block * peaks.shape[1] + peak) * LANES)
        for i in range(LANES):
            gross[i] = 0.0
            hits[i] = 0.0
        for h in range(holdings):
            for i in range(LANES):
                value[h, i] = of_book.units[h, i] * price[h, i]
                gross[i] = fma(of_book.units[h, i], price[h, i], gross[i])
        for i in range(LANES):
            worth = gross[i] - of_book.accounts[DEBT, i] + of_book.accounts[POSITIONS, i]
            net[i] = worth if worth > 0.0 else 0.0
        for r in range(rows):
            a, b, c = trigger.wealth[r], trigger.peak[r], common[r]
            for i in range(LANES):
                total[i] = fma(c, gross[i], SLACK * net[i] - (a * net[i] + b * most[i]))
            for h in range(holdings):
                factor = rest[r, h]
                if factor != 0.0:
                    for i in range(LANES):
                        total[i] = fma(factor, value[h, i], total[i])
            for i in range(LANES):
                hits[i] = 1.0 if total[i] > 0.0 else hits[i]
        for h in range(holdings):
            level, fallen = trigger.price[h], trigger.fallen[h]
            if level < np.inf:
                for i in range(LANES):
                    hits[i] = 1.0 if price[h, i] >= level else hits[i]
            if fallen < np.inf:
                for i in range(LANES):
                    hits[i] = 1.0 if price[h, i] <= (1.0 - fallen) * top[h, i] else hits[i]
        fired = 0
        for i in range(LANES):
            fired += 1 if hits[i] > 0.0 else 0
        if fired > 0:
            for i in range(LANES):
                if hits[i] > 0.0:
                    paths[count] = block * LANES + i
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
