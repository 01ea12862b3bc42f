"""The trades of all books on one date of a replay, recorded while the date is processed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.path_batch import PathBatch

__all__ = ["Date", "Trades", "process_and_record_date", "trades_of"]


@dataclass(frozen=True, eq=False)
class Trades:
    """The trades of one rule's book on one date, with dividends, deposits, vesting and spending, without margin calls.

    Money is in multiples of the net start wealth.

    Attributes
    ----------
    step : int
        The date.
    time : float
        The date in years from the start.
    traded : ndarray of bool
        Whether units changed (asset, path); with spending and a trade of the rule, the amount may still be 0.
    amount : ndarray
        Bought or vested, > 0, or sold, < 0 (asset, path). What a dividend loses to its tax counts as sold.
    cost : ndarray
        Trading cost and the discount of a sale, >= 0 (asset, path).
    tax : ndarray
        The path's tax on the date: on gains, split by value sold, below 0 where a loss refunds tax that a margin
        call of the date has paid; and on dividends (asset, path).
    stake : ndarray
        Value of the units held after the date, at start prices (asset, path).
    """

    step: int
    time: float
    traded: Bools = field(repr=False)
    amount: Array = field(repr=False)
    cost: Array = field(repr=False)
    tax: Array = field(repr=False)
    stake: Array = field(repr=False)


@dataclass(frozen=True, eq=False)
class Date:
    """The trades of all books on one date, in the batch's memory layout.

    Attributes
    ----------
    step : int
    prices : ndarray
        Prices of the date (holding, path).
    actions : list of (ndarray, ndarray, bool, bool)
        Units before and after each of `PathBatch.actions` (block, book * holding, lane); whether what leaves is a sale
        for the tax, and whether its trades have a cost.
    units : ndarray
        Units after the date (block, book * holding, lane).
    tax : ndarray
        Tax of each book on the sales of the date (block, book, lane).
    dividends : list of ndarray
        Dividends of each book before tax (holding, path); empty where none are paid.
    dividend_tax : ndarray
        Tax of each book on these (block, book, lane).
    """

    step: int
    prices: Array
    actions: list[tuple[Array, Array, bool, bool]]
    units: Array
    tax: Array
    dividends: list[Array]
    dividend_tax: Array


def process_and_record_date(batch: PathBatch) -> Date:
    """Do what `PathBatch.process_date` does, and return the trades."""
    taxes = batch.books.accounts[:, layout.TAX :: layout.ACCOUNTS]
    paid, actions = taxes.copy(), list[tuple[Array, Array, bool, bool]]()
    dividends, dividend_tax = list[Array](), np.zeros_like(paid)
    for action in batch.actions():
        before, tax_before = batch.books.units.copy(), taxes.copy()
        action()
        method = action.func if isinstance(action, partial) else action
        costly = method not in batch.transfers
        actions.append((before, batch.books.units.copy(), costly or method in batch.deliveries, costly))
        if action == batch.pay_dividends:
            dividends, dividend_tax = batch.dividends.paid, taxes - tax_before
        batch.ruin_insolvent(before)
    batch.end_taxable_date()
    units = batch.books.units.copy()
    return Date(batch.step, batch.price(), actions, units, taxes - paid - dividend_tax, dividends, dividend_tax)


def trades_of(setup: RunSetup, date: Date, index: int, count: int) -> Trades:
    """The trades of one book on a date, on the first `count` paths."""
    rows = slice(index * setup.start.size, (index + 1) * setup.start.size)

    def of_book(units: Array) -> Array:
        return layout.as_paths(units[:, rows])[:, :count]

    actions = [(of_book(before), of_book(after)) for before, after, *_ in date.actions]
    amounts = [(after - before) * date.prices[:, :count] for before, after in actions]
    trades = [amount for amount, (*_, costly) in zip(amounts, date.actions, strict=True) if costly]
    sold = [np.maximum(-amount, 0.0) for amount in trades]
    sales = [
        np.maximum(-amount, 0.0) for amount, (_, _, sale, _) in zip(amounts, date.actions, strict=True) if sale
    ]
    rate = setup.cost[:, None]
    net_share = (1.0 - setup.discount[date.step][:, None]) * (1.0 - rate)
    cost = [
        sale * (1.0 - net_share) + np.maximum(amount, 0.0) * rate for sale, amount in zip(sold, trades, strict=True)
    ]
    tax = _split(date.tax[:, index], np.sum(sales, axis=0))
    if date.dividends:
        tax += _split(date.dividend_tax[:, index], date.dividends[index][:, :count])
    arrays = (
        np.asarray(np.any([before != after for before, after in actions], axis=0)),
        np.sum(amounts, axis=0),
        np.sum(cost, axis=0),
        tax,
        of_book(date.units),
    )
    for array in arrays:
        array.flags.writeable = False
    return Trades(date.step, setup.calendar.time(date.step), *arrays)


def _split(tax: Array, values: Array) -> Array:
    """A tax of each path (block, lane), split in proportion to values (asset, path); 0 where these are 0 throughout."""
    total = values.sum(axis=0)
    return values / np.where(total > 0.0, total, 1.0) * tax.reshape(-1)[: total.size]
