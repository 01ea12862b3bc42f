"""The books of some paths at the prices of a date: what they are worth, where triggers fire, and trades."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._core.errors import InvalidInput
from riskkit.engine.inputs.market_inputs import MarketInputs
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.layout import MOST_PRICE
from riskkit.engine.kernel.ledger import trade
from riskkit.engine.kernel.structs import BookArrays, MarkArrays, PriceArrays
from riskkit.engine.kernel.trigger import find_fired
from riskkit.engine.kernel.valuation import appraise
from riskkit.engine.price_range import extreme_price

__all__ = ["PricedBooks"]

#: No path: what stands for all paths in the kernel.
ALL = np.zeros(0, dtype=np.int64)


class PricedBooks:
    """Books and prices of some paths; `riskkit.engine.path_batch.PathBatch` moves them from date to date.

    Prices and their reciprocals are computed when they are first read on a date.
    """

    setup: RunSetup
    paths: UInts
    step: int
    inputs: MarketInputs
    prices: PriceArrays
    books: BookArrays
    marks: MarkArrays
    _prices: Array | None = None
    _reciprocals: Array | None = None

    def forget_prices(self) -> None:
        """Forget the prices of the date; they have moved."""
        self._prices = self._reciprocals = None

    def book_units(self, book: int) -> Array:
        """Units of a book as shares of the start wealth at start prices (holding, path)."""
        holdings = self.setup.rows.size
        return layout.as_paths(self.books.units[:, book * holdings : (book + 1) * holdings])

    def price(self) -> Array:
        """Prices of the holdings, 1 at the start (holding, path)."""
        return layout.as_paths(self.holding_prices())

    def reported_prices(self) -> Array:
        """Prices of the holdings as rules see them (block, holding, lane)."""
        return self.marks.price if self.setup.marks.on else self.holding_prices()

    def appraise(self, book: int, *, reported: bool = False, paths: Ints | None = None) -> tuple[Array, Array]:
        """Shares of gross assets (holding, path) and net wealth (path) of a book, at true or at reported prices.

        `paths` are places in the batch; None: all.
        """
        count = self.paths.size if paths is None else paths.size
        weights, wealth = np.empty((self.setup.rows.size, count)), np.empty(count)
        prices = self.reported_prices() if reported else self.holding_prices()
        appraise(prices, ALL if paths is None else paths, self.books, book, weights, wealth)
        return weights, wealth

    def fired(self, book: int) -> Ints:
        """Paths on which the trigger of a book's rule fires, as places in the batch; all without a trigger."""
        trigger, paths = self.setup.triggers[book], np.arange(self.paths.size)
        if trigger is None:
            return paths
        marked = self.setup.marks.on
        peaks = self.marks.highs if marked else self.books.statistics
        row = 2 * book if marked else book * layout.STATISTICS + layout.PEAK
        prices = self.reported_prices(), self.marks.price_high
        return paths[: find_fired(trigger, *prices, peaks, row, self.books, book, paths)]

    def holding_prices(self) -> Array:
        """Prices of the holdings now (block, holding, lane), to be read only; extreme prices are refused."""
        if self._prices is None:
            rows, prices = self.setup.rows, self.prices.price
            prices = prices if np.array_equal(rows, np.arange(prices.shape[1])) else prices.take(rows, axis=1)
            if not prices.max() < MOST_PRICE:
                raise extreme_price(self.setup, self.inputs, self.paths, self.step, prices)
            self._prices = prices
        return self._prices

    def quotes(self) -> tuple[Array, Array]:
        """`holding_prices` and their reciprocals; that of 0 is 0, so that no units can be bought."""
        prices = self.holding_prices()
        if self._reciprocals is None:
            self._reciprocals = np.divide(1.0, prices, out=np.zeros_like(prices), where=prices > 0.0)
        return prices, self._reciprocals

    def trade(self, book: int, target: Array, paths: Ints | None = None) -> None:
        """Trade a book towards target weights (holding, path), as far as the terms of the date allow.

        `paths` are those of the target, as places in the batch; None: all.
        """
        setup, step = self.setup, self.step
        prices, places = (self.holding_prices(), self.marks.price), ALL if paths is None else paths
        invalid = trade(target, places, setup.trading, step, *prices, self.books, book)
        if invalid >= 0:
            path = self.paths[invalid if paths is None else paths[invalid]]
            raise InvalidInput(
                f"rule {setup.books[book].name!r}: a path's target must be finite, >= 0 and sum to 1, got "
                f"{target[:, invalid].tolist()} (sum {target[:, invalid].sum():.6g}) on path "
                f"{int(path)} at step {step} ({setup.calendar.time(step):.4g} years)"
            )
