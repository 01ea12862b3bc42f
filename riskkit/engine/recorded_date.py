"""The trades of all books on one date of a replay, recorded while the date is processed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.path_batch import PathBatch

__all__ = ["Date", "Trades", "process_and_record_date", "trades_of"]


@dataclass(frozen=True, eq=False)
class Trades:
    """The trades of one rule's book on one date, without margin calls.

    Dividends, deposits, vesting, spending and what instruments pay, receive and exchange are within them. Money is in
    multiples of the net start wealth.

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
    premiums, payoffs : ndarray
        Premiums paid at openings, and pay-offs received at settlements, of all instruments (path); below 0 the
        premiums are received, the pay-offs paid. What they buy and sell is within `amount`.
    hedge_cost : ndarray
        Spread, discount and fees of instruments, within their premiums and units; and trading cost where some of them
        sell what others buy, so that `amount` is the balance (path).
    hedge_tax : ndarray
        Tax on gains of instruments, below 0 where a loss refunds tax of the date (path).
    """

    step: int
    time: float
    traded: Bools = field(repr=False)
    amount: Array = field(repr=False)
    cost: Array = field(repr=False)
    tax: Array = field(repr=False)
    stake: Array = field(repr=False)
    premiums: Array = field(repr=False)
    payoffs: Array = field(repr=False)
    hedge_cost: Array = field(repr=False)
    hedge_tax: Array = field(repr=False)


class Action(NamedTuple):
    """One of `PathBatch.actions`.

    Attributes
    ----------
    before, after : ndarray
        Units (block, book * holding, lane).
    sale : bool
        Whether what leaves is a sale for the tax.
    costly : bool
        Whether its trades have a cost.
    hedges : bool
        Whether instruments trade.
    """

    before: Array
    after: Array
    sale: bool
    costly: bool
    hedges: bool


@dataclass(frozen=True, eq=False)
class Date:
    """The trades of all books on one date, in the batch's memory layout.

    Attributes
    ----------
    step : int
    prices : ndarray
        Prices of the date (holding, path).
    actions : list of Action
    units : ndarray
        Units after the date (block, book * holding, lane).
    tax : ndarray
        Tax of each book on the sales of the date (block, book, lane).
    instruments : tuple of ndarray
        Premiums, pay-offs, cost and tax of the instruments of each book, trading cost included (block, book, lane).
    dividends : list of ndarray
        Dividends of each book before tax (holding, path); empty where none are paid.
    dividend_tax : ndarray
        Tax of each book on these (block, book, lane).
    """

    step: int
    prices: Array
    actions: list[Action]
    units: Array
    tax: Array
    instruments: tuple[Array, Array, Array, Array]
    dividends: list[Array]
    dividend_tax: Array


def process_and_record_date(batch: PathBatch) -> Date:
    """Do what `PathBatch.process_date` does, and return the trades."""
    rows = (layout.TAX, layout.COST, layout.PREMIUMS, layout.PAYOFFS)
    taxes, costs, premiums, payoffs = (batch.books.accounts[:, row :: layout.ACCOUNTS] for row in rows)
    paid, actions = taxes.copy(), list[Action]()
    dividends, dividend_tax, hedge_cost = list[Array](), np.zeros_like(paid), np.zeros_like(paid)
    before_date, taxed_before = (premiums.copy(), payoffs.copy()), _tax_on_instruments(batch)
    of_instruments = () if batch.positions is None else batch.positions.actions
    for action in batch.actions():
        before, tax_before, cost_before = batch.books.units.copy(), taxes.copy(), costs.copy()
        action()
        method = action.func if isinstance(action, partial) else action
        costly, hedges = method not in batch.transfers, method in of_instruments
        if hedges:
            hedge_cost += costs - cost_before
        sale = costly or method in batch.deliveries
        actions.append(Action(before, batch.books.units.copy(), sale, costly, hedges))
        if action == batch.pay_dividends:
            dividends, dividend_tax = batch.dividends.paid, taxes - tax_before
        batch.ruin_insolvent(before)
    batch.end_taxable_date()
    hedge_tax = _tax_on_instruments(batch) - taxed_before
    tax = taxes - paid - dividend_tax - hedge_tax
    instruments = (premiums - before_date[0], payoffs - before_date[1], hedge_cost, hedge_tax)
    units = batch.books.units.copy()
    return Date(batch.step, batch.price(), actions, units, tax, instruments, dividends, dividend_tax)


def _tax_on_instruments(batch: PathBatch) -> Array:
    """Tax on gains of instruments so far (block, book, lane)."""
    taxes: Array = np.zeros_like(batch.books.accounts[:, layout.TAX :: layout.ACCOUNTS])
    return taxes if batch.positions is None else batch.positions.taxes.copy()


def trades_of(setup: RunSetup, date: Date, index: int, count: int) -> Trades:
    """The trades of one book on a date, on the first `count` paths."""
    rows = slice(index * setup.start.size, (index + 1) * setup.start.size)

    def of_book(units: Array) -> Array:
        return layout.as_paths(units[:, rows])[:, :count]

    actions = [(of_book(action.before), of_book(action.after)) for action in date.actions]
    amounts = [(after - before) * date.prices[:, :count] for before, after in actions]
    trades = [(amount, action) for amount, action in zip(amounts, date.actions, strict=True) if action.costly]
    sold = [np.maximum(-amount, 0.0) for amount, _ in trades]
    sales = [np.maximum(-amount, 0.0) for amount, action in zip(amounts, date.actions, strict=True) if action.sale]
    rate = setup.cost[:, None]
    net_share = (1.0 - setup.discount[date.step][:, None]) * (1.0 - rate)
    cost = [
        sale * (1.0 - net_share) + np.maximum(amount, 0.0) * rate
        for sale, (amount, _) in zip(sold, trades, strict=True)
    ]
    premiums, payoffs, hedge_cost, hedge_tax = (each[:, index].reshape(-1)[:count].copy() for each in date.instruments)
    for each, (_, action) in zip(cost, trades, strict=True):
        if action.hedges:
            hedge_cost -= each.sum(axis=0)
    tax = _split(date.tax[:, index], np.sum(sales, axis=0))
    if date.dividends:
        tax += _split(date.dividend_tax[:, index], date.dividends[index][:, :count])
    arrays = (
        np.asarray(np.any([before != after for before, after in actions], axis=0)),
        np.sum(amounts, axis=0),
        np.sum(cost, axis=0),
        tax,
        of_book(date.units),
        premiums,
        payoffs,
        hedge_cost,
        hedge_tax,
    )
    for array in arrays:
        array.flags.writeable = False
    return Trades(date.step, setup.calendar.time(date.step), *arrays)


def _split(tax: Array, values: Array) -> Array:
    """A tax of each path (block, lane), split in proportion to values (asset, path); 0 where these are 0 throughout."""
    total = values.sum(axis=0)
    return values / np.where(total > 0.0, total, 1.0) * tax.reshape(-1)[: total.size]
