"""The columns of a run while batches of paths fill them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array
from riskkit.engine.brownian_values import final_values, moving_holdings
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.outcomes import COLUMNS, HEDGES, NAMED, THRESHOLDS, label
from riskkit.engine.path_batch import PathBatch

__all__ = ["Columns", "ShardColumns", "bytes_per_path", "named_columns", "rule_columns", "source_columns"]

#: A path that fell to 30 % of its peak and ends at most here, as a share of that peak, is a catastrophe.
CATASTROPHE_END = 0.4

#: Label of a column → one number per path of a shard (path).
ShardColumns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Columns:
    """Arrays for the columns of a range of paths.

    Attributes
    ----------
    quantities : dict of str to ndarray
        Quantity → values (rule, path), for every name in `COLUMNS` and each column of a user's statistics; those that
        are 0 throughout take no memory.
    named : dict of str to dict
        Field of `Outcomes` → shock or holding → values (path).
    stored : dict of str to ndarray
        Label → the array of each column that is filled (path).
    """

    quantities: dict[str, Array]
    named: dict[str, dict[str, NDArray[Any]]]
    stored: dict[str, NDArray[Any]]

    @classmethod
    def empty(cls, setup: RunSetup, paths: int) -> Columns:
        """Empty arrays for a number of paths."""
        rules = setup.scenario.names
        zeros = np.broadcast_to(0.0, (len(rules), paths))
        filled = {name: np.empty(zeros.shape) for name, source in source_columns(setup).items() if source == name}
        quantities = {
            name: zeros if source is None else filled[source] for name, source in source_columns(setup).items()
        }
        named: dict[str, dict[str, NDArray[Any]]] = {
            kind: {name: np.empty(paths, NAMED[kind].dtype) for name in names}
            for kind, names in named_columns(setup).items()
        }
        stored = {
            label(quantity, rule): row for quantity in filled for rule, row in zip(rules, filled[quantity], strict=True)
        }
        for kind, columns in named.items():
            stored |= {label(NAMED[kind].prefix, name): values for name, values in columns.items()}
        return cls(quantities, named, stored)

    def extended(self, setup: RunSetup, paths: int) -> Columns:
        """Arrays for more paths, with these columns copied."""
        more = Columns.empty(setup, paths)
        more.place(0, self.stored)
        return more

    def place(self, start: int, shard: ShardColumns) -> None:
        """Copy the columns of a shard to the paths from `start` on."""
        for name, values in shard.items():
            self.stored[name][start : start + len(values)] = values

    def take(self, setup: RunSetup, batch: PathBatch, start: int, count: int) -> None:
        """Copy the results of a finished batch to the paths from `start` on."""
        rows, names = slice(start, start + count), setup.scenario.portfolio.names
        stored = [name for name, source in source_columns(setup).items() if source == name]
        for rule in range(len(setup.scenario.rules)):
            found = rule_columns(setup, batch, rule) | batch.own_statistics.columns(rule)
            for name in stored:
                self.quantities[name][rule, rows] = found[name].reshape(-1)[:count]
        for name, events in batch.inputs.shock_events.items():
            self.named["event_counts"][name][rows] = events.count(batch.paths.size)[:count]
            self.named["hazards"][name][rows] = np.nan if events.exposure is None else events.exposure[:count]
        price = batch.price()
        for row, holding in enumerate(setup.founder_holdings):
            high = batch.founders.highs[:, 2 * row + 1].reshape(-1)
            fallen = (high > 0.0) & (price[holding] <= CATASTROPHE_END * high)
            self.named["holdings"][names[holding]][rows] = fallen[:count]
        if setup.brownian_values:
            for kind, values in final_values(batch)._asdict().items():
                for name, column in self.named[kind].items():
                    column[rows] = values[moving_holdings(setup).index(name), :count]


def source_columns(setup: RunSetup) -> Mapping[str, str | None]:
    """Quantity → the quantity that stores its values; None where it is 0 throughout."""
    zero = set() if setup.tax.on else {"tax_paid", "deferred_tax"}
    if not setup.tax.later:
        zero |= {"tax_due"}
    if setup.scenario.portfolio.loan is None:
        zero |= {"margin_call", "margin_unmet"}
    if not setup.spending and not setup.tax.later and not setup.instruments.instruments:
        zero |= {"shortfall"}
    sources = {name: None if name in zero else name for name in COLUMNS}
    if not setup.marks.on:
        sources["reported_max_drawdown"] = "max_drawdown"
    if not setup.external_flows:
        sources |= {"time_weighted_wealth": "wealth", "time_weighted_max_drawdown": "max_drawdown"}
    if not setup.instruments.instruments:
        sources |= {**dict.fromkeys(HEDGES), "founder_delta_end": "founder_weight_end"}
    sources |= {name: name for statistic in setup.statistics for name in statistic.columns}
    return MappingProxyType(sources)


def named_columns(setup: RunSetup) -> dict[str, tuple[str, ...]]:
    """Column names by field of `Outcomes`."""
    shocks = tuple(shock.name for shock in setup.scenario.market.shocks)
    founder_holdings = tuple(setup.scenario.portfolio.names[holding] for holding in setup.founder_holdings)
    moving = moving_holdings(setup) if setup.brownian_values else ()
    return {
        "event_counts": shocks,
        "hazards": shocks,
        "holdings": founder_holdings,
        "brownian": moving,
        "log_martingale": moving if setup.scenario.market.tails else (),
    }


def bytes_per_path(setup: RunSetup) -> float:
    """Bytes of the columns per path."""
    scenario = setup.scenario
    shocks, holdings = len(scenario.market.shocks), len(scenario.portfolio.names)
    user_columns = sum(len(statistic.columns) for statistic in setup.statistics)
    # Four arrays of the controls of moment matching: at most four an asset, one a pair of them, and two a shock.
    moving = len(moving_holdings(setup)) if setup.brownian_values else 0
    controls = 4 * (moving * (moving + 7) // 2 + 2 * shocks) if setup.brownian_values else 0
    return 8.0 * ((len(COLUMNS) + user_columns) * len(scenario.rules) + 2 * shocks + holdings + controls + 1)


def rule_columns(setup: RunSetup, batch: PathBatch, book: int) -> dict[str, Array]:
    """Every column of one book of a finished batch (path)."""
    calendar, books, frictions = setup.calendar, batch.books, setup.scenario.frictions
    points, years = calendar.steps + 1, calendar.time(calendar.steps)
    weights, wealth = batch.appraise(book)
    hedged = bool(setup.instruments.instruments)

    def row(index: int) -> Array:
        view: Array = books.statistics[:, book * layout.STATISTICS + index]  # (block, lane)
        return view

    def account(index: int) -> Array:
        view: Array = books.accounts[:, book * layout.ACCOUNTS + index]  # (block, lane)
        return view

    fallen = row(layout.PEAK_AT_FALL).reshape(-1)
    founder = np.zeros(batch.paths.size)
    for holding in setup.founder_holdings:
        founder += setup.founder[holding] * weights[holding]
    deferred = batch.tax_on_all(book) if setup.tax.on else np.zeros(wealth.size)
    final = wealth - deferred if frictions.tax is not None and frictions.tax.taxed_at_end else wealth
    due = batch.tax_due(book)
    final = np.maximum(final - due, 0.0)
    time_weighted, time_weighted_drawdown = batch.time_weighted(book, final)
    deflator = (1.0 + setup.scenario.inflation) ** years
    columns = {
        "wealth": final / deflator,
        "max_drawdown": row(layout.MAX_DRAWDOWN),
        "average_drawdown": row(layout.DRAWDOWN_SUM) / points,
        "ulcer": np.sqrt(row(layout.DRAWDOWN_SQUARES) / points),
        "under_water": row(layout.STEPS_UNDER_WATER) / points,
        "longest_under_water": row(layout.LONGEST_SPELL) * calendar.dt,
        "still_under_water": (row(layout.SPELL) > 0.0).astype(float),
        "catastrophe": ((fallen > 0.0) & (wealth <= CATASTROPHE_END * fallen)).astype(float),
        "rebalances": account(layout.REBALANCES) / years,
        "turnover": account(layout.TURNOVER) / years,
        "cost_paid": account(layout.COST),
        "tax_paid": account(layout.TAX),
        "deferred_tax": deferred,
        "tax_due": due,
        "reported_max_drawdown": batch.marks.highs[:, 2 * book + 1] if setup.marks.on else row(layout.MAX_DRAWDOWN),
        "margin_call": (account(layout.MARGIN_CALLS) > 0.0).astype(float),
        "margin_unmet": account(layout.UNMET_CALL),
        "ruin": (wealth <= 0.0).astype(float),
        "shortfall": account(layout.SHORTFALL),
        "founder_weight_end": founder,
        "hedge_cost": account(layout.PREMIUMS) / years,
        "hedge_payoff": account(layout.PAYOFFS) / years,
        "underhedged": account(layout.UNDERHEDGED),
        "founder_delta_end": founder + batch.positions.founder_delta(book) if hedged else founder,
        "time_weighted_wealth": time_weighted / deflator,
        "time_weighted_max_drawdown": time_weighted_drawdown,
    }
    for level in range(THRESHOLDS):
        columns[f"excess_{level + 1}"] = row(layout.EXCESS + level) / points
        columns[f"above_{level + 1}"] = row(layout.ABOVE + level) / points
    return {name: values.reshape(-1) for name, values in columns.items()}
