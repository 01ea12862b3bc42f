"""The state of a batch of paths at the start, in the kernel's arrays."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array
from riskkit.engine.inputs.market_inputs import MarketInputs
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.layout import LANES
from riskkit.engine.kernel.structs import (
    BookArrays,
    FounderArrays,
    HistoryArrays,
    MarkArrays,
    PriceArrays,
    TimeChangeArrays,
)
from riskkit.engine.outcomes import NO_THRESHOLD, THRESHOLDS
from riskkit.engine.time_weighted import start_rows

__all__ = [
    "books_at_start",
    "founders_at_start",
    "history_arrays",
    "marks_at_start",
    "prices_at_start",
    "time_change_arrays",
]


def time_change_arrays(inputs: MarketInputs) -> TimeChangeArrays | None:
    """The market's time change in the kernel's arrays."""
    change = inputs.time_change
    if change is None:
        return None
    # Copies, because Numba compiles again for a read-only array.
    return TimeChangeArrays(
        key=change.key,
        table=np.array(change.pace_table),
        log_variance=change.log_variance,
        transition_cdf=np.array(change.transition_cdf),
        regime_volatility=np.array(change.regime_volatility),
        regime_drift=np.array(change.regime_drift),
        factors=np.array(change.regime_correlation),
        state=layout.as_blocks(change.start),
        pace=np.empty((0, change.start.shape[1])),
        regime=np.empty((0, change.start.shape[1])),
        first=0,
    )


def history_arrays(inputs: MarketInputs) -> HistoryArrays | None:
    """Past returns in the kernel's arrays."""
    history = inputs.history
    if history is None:
        return None
    start = layout.as_blocks(history.start[None])
    return HistoryArrays(history.key, history.growth, history.block_end_probability, start)


def prices_at_start(inputs: MarketInputs, paths: int) -> PriceArrays:
    """The market's state at the start."""
    shape, level = (inputs.correlation_factor.shape[0], paths), inputs.compensator.level
    growth = layout.as_blocks(np.broadcast_to(inputs.growth, shape))
    volatility = layout.as_blocks(np.broadcast_to(inputs.volatility, shape))
    compensating = layout.as_blocks(np.broadcast_to(level, (level.shape[0], paths)))
    return PriceArrays(np.ones_like(growth), growth, volatility, compensating)


def books_at_start(setup: RunSetup, blocks: int, thresholds: Array | None) -> BookArrays:
    """Every book at the start, with the allowance of the holdings whose sale window opens there."""
    books, tax = len(setup.books), setup.tax
    levels = np.full((books, THRESHOLDS), NO_THRESHOLD)
    if thresholds is not None:
        levels[: len(thresholds)] = thresholds
    statistics = np.zeros((blocks, books * layout.STATISTICS, LANES))
    statistics[:, layout.PEAK :: layout.STATISTICS] = 1.0
    accounts = np.zeros((blocks, books * layout.ACCOUNTS, LANES))
    accounts[:, layout.DEBT :: layout.ACCOUNTS] = setup.debt
    hedged = bool(setup.instruments.instruments)
    allowance = np.where(setup.opens[0] & setup.restricted, setup.limit[0] * setup.start, 0.0)
    return BookArrays(
        units=_repeated(setup.start, books, blocks),
        statistics=statistics,
        thresholds=levels,
        basis=_repeated(tax.basis if tax.on else tax.basis[:0], books, blocks),
        allowance=_repeated(allowance if setup.limited else allowance[:0], books, blocks),
        lot_units=_repeated(tax.lot_units, books, blocks),
        lot_costs=_repeated(tax.lot_costs, books, blocks),
        accounts=accounts,
        last_weights=np.zeros((blocks, books * setup.rows.size, LANES)),
        flows=start_rows(blocks, books if setup.external_flows else 0),
        pledged=np.zeros((blocks, books * setup.rows.size * hedged, LANES)),
        positions=np.zeros((blocks, books * 2 * len(setup.instruments.instruments), LANES)),
    )


def marks_at_start(setup: RunSetup, blocks: int) -> MarkArrays:
    """Reported prices and wealth at the start; without rows where every holding is priced at every step."""
    marked = setup.marks.on
    highs = np.zeros((blocks, len(setup.books) * 2 * marked, LANES))
    highs[:, ::2] = 1.0
    price, price_high = (np.ones((blocks, setup.rows.size * rows, LANES)) for rows in (marked, True))
    return MarkArrays(setup.marks.at, setup.marks.reacts, setup.holding_of, price, highs, price_high)


def founders_at_start(setup: RunSetup, blocks: int) -> FounderArrays:
    """The highs of the founder holdings' own prices at the start."""
    highs = np.zeros((blocks, setup.founder_holdings.size * 2, LANES))
    highs[:, ::2] = 1.0
    return FounderArrays(setup.founder_holdings, highs)


def _repeated(values: Array, books: int, blocks: int) -> Array:
    """The same values for every book and lane (block, book * row, lane)."""
    array: Array = np.empty((blocks, books * values.size, LANES))
    array[:] = np.tile(values, books)[None, :, None]
    return array
