"""Dividends of every book of a batch: paid, taxed, and reinvested in the payer or in what an unlisted payer's buy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.engine.inputs.dividends import DividendDate, dividend_rate
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.allowances import UNTOUCHED
from riskkit.engine.kernel.dividends import pay_dividends, reinvest_in_payers
from riskkit.engine.kernel.margin_loan import ABOVE_LIMIT
from riskkit.engine.kernel.receipts import invest
from riskkit.engine.kernel.structs import BookArrays

__all__ = ["Dividends"]


class Dividends:
    """The dividends of a batch of paths.

    Parameters
    ----------
    setup : RunSetup
    paths : int
        Number of paths.

    Attributes
    ----------
    paid : list of ndarray
        For each book, each holding's dividends of the last date before tax (holding, path).
    """

    def __init__(self, setup: RunSetup, paths: int) -> None:
        self.setup, self.paths = setup, paths
        self.rate = dividend_rate(setup.scenario)
        self.paid: list[Array] = []
        self._cash: list[list[tuple[Bools, Array]]] = []

    def pay(self, step: int, quotes: tuple[Array, Array], books: BookArrays) -> None:
        """Pay the dividends of a date in every book, and reinvest those that buy their payer.

        Parameters
        ----------
        step : int
        quotes : tuple of ndarray
            True prices and their reciprocals (block, holding, lane).
        books : BookArrays
            Changed in place.
        """
        date, price = self.setup.dividends[step], layout.as_paths(quotes[0])
        self.paid, self._cash = [], []
        for book in range(len(self.setup.books)):
            self.paid.append(date.accrued[:, None] * (self._units(books, book) * price))
            cash = np.empty((self.setup.rows.size, self.paths))
            pay_dividends(date.accrued, date.itself, self.rate, self.setup.trading, step, quotes[0], books, book, cash)
            self._cash.append([])
            if cash.any():
                stays = self._assign(date, step, price, books, book, cash)
                reinvest_in_payers(stays, self.setup.trading, step, quotes[0], books, book, cash)

    def invest(
        self,
        step: int,
        quotes: tuple[Array, Array],
        books: BookArrays,
        repay: Callable[[int, Array], Array],
    ) -> None:
        """Invest the dividends that do not buy their payer, in every book.

        The arguments are those of `pay`, and what repays of a book's cash (path) what it owes and returns the rest.
        """
        pro_rata = np.zeros(self.setup.rows.size)
        for book, groups in enumerate(self._cash):
            for takers, received in groups:
                cash = repay(book, received)
                invest(cash, takers, pro_rata, self.setup.start, self.setup.trading, step, *quotes, books, book)

    def _assign(self, date: DividendDate, step: int, price: Array, books: BookArrays, book: int, cash: Array) -> Bools:
        """Assign each path's dividends to the first group that it can buy; return the paths that can buy none."""
        units, first = self._units(books, book), book * layout.ACCOUNTS
        debt = books.accounts[:, first + layout.DEBT] - books.accounts[:, first + layout.POSITIONS]
        debt = debt.reshape(-1)
        gross, left = (units * price).sum(axis=0), cash.any(axis=0)
        # A path whose other assets do not cover the loan must not be ruined between payment and purchase.
        able = left & (gross > debt * (1.0 + ABOVE_LIMIT))
        total = cash.sum(axis=0)
        for takers in date.takers:
            open_here = (takers & (self.setup.buyable[step] > 0.0))[:, None] & (price > 0.0)
            value = np.where(open_here, units * price, 0.0).sum(axis=0)
            at_start = np.where(open_here, self.setup.start[:, None], 0.0).sum(axis=0)
            takes = able & ((value > UNTOUCHED * gross) | (at_start > 0.0))
            self._cash[book].append((takers, np.where(takes, total, 0.0)))
            able &= ~takes
            left &= ~takes
        stays: Bools = np.asarray(left)
        return stays

    def _units(self, books: BookArrays, book: int) -> Array:
        """Units of a book (holding, path)."""
        holdings = self.setup.rows.size
        return layout.as_paths(books.units[:, book * holdings : (book + 1) * holdings])
