"""Named groups of the compiled kernel's arrays. Each comment gives a field's shape and unit.

A block is `LANES` paths side by side. Prices are 1 at the start; units, costs and values are in multiples of the net
start wealth. A function that works on one block, or on one book of one block, takes the same groups with the rows of
that block or book alone (row, lane).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array, Bools, Ints, UInts

__all__ = [
    "BookArrays",
    "DiffusionArrays",
    "EventArrays",
    "FounderArrays",
    "HistoryArrays",
    "InstrumentArrays",
    "LoanArrays",
    "MarkArrays",
    "PriceArrays",
    "RecordedArrays",
    "SaleScratch",
    "StepScratch",
    "TaxArrays",
    "TermArrays",
    "TimeChangeArrays",
    "TradeScratch",
    "TradingArrays",
    "TriggerArrays",
]

Key = tuple[np.uint64, np.uint64]


class PriceArrays(NamedTuple):
    """The state of the market; growth changes after a shock, volatility never."""

    price: Array  # (block, asset, lane)
    growth: Array  # (block, asset, lane) log growth a step
    volatility: Array  # (block, asset, lane) standard deviation of a step's log growth
    compensating: Array  # (block, row, lane) weight of each row of the compensator; 0 once it has ended


class DiffusionArrays(NamedTuple):
    """The diffusion of prices between shocks."""

    key: Key  # of the stream of normals
    factor: Array  # (asset, asset) lower triangular factor of the correlation
    compensator: Array  # (row, step, asset) log growth per step while the row is compensating


class TimeChangeArrays(NamedTuple):
    """The time change from calendar to business time; None in the kernel where both are the same."""

    key: Key  # of the stream
    table: Array  # (score) √(G / dt) at evenly spaced normal scores; empty without a tail
    log_variance: tuple[float, float, float]  # AR(1) by step: persistence, innovation, shift; all 0 without clustering
    transition_cdf: Array  # (state, state - 1) uniforms above which the next regime has a higher number
    regime_volatility: Array  # (state, asset) factor on the volatility
    regime_drift: Array  # (state, asset) log growth added per step
    factors: Array  # (state, asset, asset) factors of the correlations; one state where all are equal
    state: Array  # (block, 2, lane) log variance less its mean, and index of the regime
    pace: Array  # (step, path) paces of a user's time change in the steps of one call; of no steps without one
    regime: Array  # (step, path) its regimes; of no steps where it has none
    first: int  # the first of these steps


class HistoryArrays(NamedTuple):
    """Past returns to draw from; None in the kernel where returns come from the diffusion."""

    key: Key  # of the stream
    growth: Array  # (asset, row) log growth of each row of history
    block_end_probability: float  # probability that a block of rows ends
    row: Array  # (block, 1, lane) row of the next step


class EventArrays(NamedTuple):
    """Shock events and deaths, sorted by block and step; each block ends with an entry of step -1."""

    step: NDArray[np.int32]  # (event) step at whose end it happens
    lane: NDArray[np.int32]  # (event)
    effect: NDArray[np.int32]  # (event) index into the arrays below
    factor: Array  # (event) factor on the price; at a death, on the price that costs step up to
    asset: Ints  # (effect) asset, or -1 - asset for a death, which steps its purchase costs up
    growth: Array  # (effect) change of the log growth of every later step
    row: Ints  # (effect) row of the compensator that ends, or -1
    hits: Bools  # (effect) whether the asset is hit, not its drift alone
    cursor: Ints  # (block) next event of each block


class BookArrays(NamedTuple):
    """The state of every book; arrays that a scenario does not need have no rows."""

    units: Array  # (block, book * holding, lane)
    statistics: Array  # (block, book * row, lane) rows as in `riskkit.engine.kernel.layout`
    thresholds: Array  # (book, 4) drawdown levels of the pooled tail
    basis: Array  # (block, book * holding, lane) purchase cost; no rows without a tax
    allowance: Array  # (block, book * holding, lane) units that may still be sold; no rows without restrictions
    lot_units: Array  # (block, book * lot, lane)
    lot_costs: Array  # (block, book * lot, lane) cost of a unit
    accounts: Array  # (block, book * row, lane) rows as in `riskkit.engine.kernel.layout`
    last_weights: Array  # (block, book * holding, lane) shares of gross before a path was ruined or became worthless
    flows: Array  # (block, book * row, lane) rows as in `riskkit.engine.kernel.layout`; none without external flows
    pledged: Array  # (block, book * holding, lane) units that may not be sold; no rows without instruments
    positions: Array  # (block, book * row, lane) units covered by each instrument, then what is owed for each


class InstrumentArrays(NamedTuple):
    """The instruments of all books; None in the kernel where there are none."""

    hedged: Bools  # (book) whether it has instruments
    holding: Ints  # (instrument) the underlying
    steps_up: Bools  # (instrument) whether a death makes its premium its mark
    first_leg: Ints  # (instrument + 1)
    kind: Ints  # (leg) as in `riskkit.engine.kernel.option_values`
    quantity: Array  # (leg) per covered unit
    terms: Array  # (step, leg, row) rows as in `riskkit.engine.kernel.option_values`
    is_open: Bools  # (step, instrument) whether it was opened before the step, and expires then or later
    ex_dividend: Array  # (step, instrument) price without dividends over the price
    owed_growth: Array  # (instrument) factor per step on what is owed for it
    opening_price: Array  # (block, instrument, lane) price without dividends at the opening
    premium: Array  # (block, instrument, lane) what a covered unit cost
    mark: Array  # (block, instrument, lane) value of a covered unit now


class MarkArrays(NamedTuple):
    """Reported prices; arrays by block have no rows where every holding is priced at every step."""

    at: Bools  # (step, holding) whether the reported price is the true one
    reacts: Bools  # (holding) whether it is marked when an event hits it
    holding: Ints  # (asset) holding of each asset, or -1
    price: Array  # (block, holding, lane) reported prices
    highs: Array  # (block, book * 2, lane) highest reported wealth, and maximum drawdown from it
    price_high: Array  # (block, holding, lane) highest reported price; with rows where every holding is priced too


class FounderArrays(NamedTuple):
    """Holdings that depend on a founder, and the highs of their own prices."""

    holding: Ints  # (founder holding)
    highs: Array  # (block, founder holding * 2, lane) high of the price, and its high at the latest catastrophic fall


class RecordedArrays(NamedTuple):
    """Wealth recorded for statistics in Python; of size 0 without them."""

    wealth: Array  # (rule, step, path) net wealth at each step of one call
    peak: Array  # (rule, step, path) the highest so far


class TaxArrays(NamedTuple):
    """The tax on gains and how lots are sold; None in the kernel where there is none, and its code is not compiled."""

    rate: float  # of long-term gains; of all where there is no rate of short-term ones
    short_rate: float
    sale_rate: float  # paid out of the proceeds of a sale: the rate, or 0 where tax is paid later
    offset: bool  # whether losses count against gains
    by_period: bool  # whether short-term gains have a rate of their own
    later: bool  # whether the tax of a year is paid in the next one
    starts: Ints  # (holding + 1) first row of each holding's lots
    methods: Ints  # (holding) as in `riskkit.engine.kernel.gains_tax`
    long_from: Ints  # (lot) step from which on it is long; of no lots without a rate of short-term gains
    quarter: Ints  # (step) number of the quarter's bucket; of no steps likewise


class TradingArrays(NamedTuple):
    """The terms of trade of every step."""

    asset: Ints  # (holding) market asset
    cost: Array  # (holding) share of the value traded
    limit: Array  # (step, holding) share of the units that may be sold
    opens: Bools  # (step, holding) whether a new allowance begins, of the step's units
    discount: Array  # (step, holding) discount below the true price
    buyable: Array  # (step, holding) 1 where it may be bought, else 0
    restricted: Bools  # (holding) whether it cannot be sold whole at every step
    stages: Bools  # (2, holding) holdings that a forced sale takes first and second
    tax: TaxArrays | None


class TriggerArrays(NamedTuple):
    """Where a rule may act; see `riskkit.rules.Trigger`."""

    values: Array  # (row, holding) coefficients of the values
    wealth: Array  # (row) coefficient of net wealth
    peak: Array  # (row) coefficient of its peak
    price: Array  # (holding) price from which it fires; inf: never
    fallen: Array  # (holding) fall below the highest price from which it fires; inf: never


class TermArrays(NamedTuple):
    """The terms of trade of one step."""

    step: int  # that of the latest month-end dates, on which lots turn long: the one before, for a margin call
    cost: Array  # (holding) as in `TradingArrays`, as are the others
    limit: Array  # (holding)
    opens: Bools  # (holding)
    discount: Array  # (holding)
    buyable: Array  # (holding)
    tax: TaxArrays | None


class LoanArrays(NamedTuple):
    """The loan; None in the kernel where there is none."""

    growth: float  # factor on the debt per step
    limit: float  # largest debt, as a share of gross wealth
    callable: Array  # (step, holding) share of the units that a margin call may sell


class SaleScratch(NamedTuple):
    """Scratch arrays of a sale on one block."""

    values: Array  # (holding, lane) true values before the sale
    sales: Array  # (holding, lane) value to be sold
    sold: Array  # (lane) value sold
    cash: Array  # (lane) cash received
    gain: Array  # (lane) taxable gain; the long-term one where short-term gains have a rate of their own
    short_gain: Array  # (lane) the short-term one; 0 without such a rate
    need: Array  # (lane) cash needed


class TradeScratch(NamedTuple):
    """Scratch arrays of a trade on one block."""

    sale: SaleScratch
    orders: Array  # (holding, lane) target weights, then values to be bought (> 0) or sold (< 0)
    buys: Array  # (holding, lane) value to be bought
    gross: Array  # (lane) gross wealth as reported
    true_gross: Array  # (lane) gross wealth; only where holdings are marked
    total: Array  # (lane) a sum, or a fraction of the orders
    smallest: Array  # (lane) smallest target weight
    ratio: Array  # (lane) proceeds of the sales at true prices over those at reported prices
    inverse: Array  # (holding, lane) 1 / price


class StepScratch(NamedTuple):
    """Scratch arrays of the steps that are simulated at once for one block."""

    paths: UInts  # (lane) numbers of the paths
    normals: Array  # (asset, lane of a vector), one row more where the number of assets is odd
    draws: Array  # (2, lane)
    history_row: Ints  # (lane) row of history
    pace: Array  # (lane) √(G / dt)
    log_growth: Array  # (lane) of one asset, where it comes from history
    previous: Array  # (holding, lane) true prices before the first of the steps
    true: Array  # (step, holding, lane) true prices
    reported: Array  # (step, holding, lane) reported prices
    wealth: Array  # (step, lane)
    drawdown: Array  # (step, lane)
    inverse: Array  # (holding, lane) 1 / price
    sale: SaleScratch
    marks: Array  # (step, instrument, lane) value of a covered unit
    positions: Array  # (lane) value of a book's instruments less what is owed for them
    option: Array  # (lane) an option on one path, on every lane
    ratio: Array  # (lane) price over that at the opening
    log_ratio: Array  # (lane)
    collateral: Array  # (lane) gross wealth less what is pledged
