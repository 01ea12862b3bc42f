"""Columns while they fill up: what is kept of a finished batch of paths, and where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.outcomes import COLUMNS, NAMED, THRESHOLDS, label
from riskkit.engine.path_batch import PathBatch

__all__ = ["Columns", "Piece", "bytes_a_path", "kept_as", "named_in", "rule_columns"]

#: A path that fell to 30 % of its peak and ends at most here, as a share of that peak, is a catastrophe.
CATASTROPHE_END = 0.4

#: Label of a column → one number a path (path), of some paths in a row.
Piece = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Columns:
    """Room for what is kept of some paths in a row.

    Attributes
    ----------
    quantities : dict of str to ndarray
        Quantity → values (rule, path), for every name in `COLUMNS` and each column of a user's statistics; those that
        are 0 throughout take no memory.
    named : dict of str to dict
        Field of `Outcomes` → shock or holding → values (path).
    stored : dict of str to ndarray
        Label → the memory of each column that fills up (path).
    """

    quantities: dict[str, NDArray[np.float64]]
    named: dict[str, dict[str, NDArray[Any]]]
    stored: dict[str, NDArray[Any]]

    @classmethod
    def empty(cls, setup: RunSetup, paths: int) -> Columns:
        """Room for so many paths."""
        rules = setup.scenario.names
        nothing = np.broadcast_to(0.0, (len(rules), paths))
        own = {name: np.empty(nothing.shape) for name, source in kept_as(setup).items() if source == name}
        quantities = {name: nothing if source is None else own[source] for name, source in kept_as(setup).items()}
        named: dict[str, dict[str, NDArray[Any]]] = {
            kind: {name: np.empty(paths, NAMED[kind].dtype) for name in names}
            for kind, names in named_in(setup).items()
        }
        stored = {
            label(quantity, rule): row for quantity in own for rule, row in zip(rules, own[quantity], strict=True)
        }
        for kind, columns in named.items():
            stored |= {label(NAMED[kind].prefix, name): values for name, values in columns.items()}
        return cls(quantities, named, stored)

    def extended(self, setup: RunSetup, paths: int) -> Columns:
        """Room for more paths, with these in their place."""
        more = Columns.empty(setup, paths)
        more.place(0, self.stored)
        return more

    def place(self, start: int, piece: Piece) -> None:
        """Copy a piece into its place."""
        for name, values in piece.items():
            self.stored[name][start : start + len(values)] = values

    def take(self, setup: RunSetup, batch: PathBatch, start: int, count: int) -> None:
        """Copy a finished batch's numbers into their place."""
        part, names = slice(start, start + count), setup.scenario.portfolio.names
        for rule in range(len(setup.scenario.rules)):
            for name, values in rule_columns(setup, batch, rule).items():
                if self.quantities[name].flags.writeable:
                    self.quantities[name][rule, part] = values[:count]
            for name, values in batch.own_statistics.columns(rule).items():
                self.quantities[name][rule, part] = values[:count]
        for name, events in batch.inputs.shock_events.items():
            primary = np.bincount(events.lanes[events.primary], minlength=batch.paths.size)
            self.named["ticks"][name][part] = primary[:count]
            self.named["hazards"][name][part] = events.exposure[:count]
        price = batch.price()
        for row, holding in enumerate(setup.founder_holdings):
            high = batch.founders.highs[:, 2 * row + 1].reshape(-1)
            fallen = (high > 0.0) & (price[holding] <= CATASTROPHE_END * high)
            self.named["holdings"][names[holding]][part] = fallen[:count]


def kept_as(setup: RunSetup) -> Mapping[str, str | None]:
    """Quantity → the quantity under which its values are kept; None where it is 0 throughout."""
    idle = set() if setup.tax.on else {"tax_paid", "deferred_tax"}
    if setup.scenario.portfolio.loan is None:
        idle |= {"margin_call", "margin_unmet"}
    if not setup.spending:
        idle |= {"shortfall"}
    kept = {name: None if name in idle else name for name in COLUMNS}
    if not setup.marks.on:
        kept["reported_max_drawdown"] = "max_drawdown"
    kept |= {name: name for statistic in setup.statistics for name in statistic.columns}
    return MappingProxyType(kept)


def named_in(setup: RunSetup) -> dict[str, tuple[str, ...]]:
    """Field of `Outcomes` → the shocks or holdings of which it has a column."""
    shocks = tuple(shock.name for shock in setup.scenario.market.shocks)
    watched = tuple(setup.scenario.portfolio.names[holding] for holding in setup.founder_holdings)
    return {"ticks": shocks, "hazards": shocks, "holdings": watched}


def bytes_a_path(setup: RunSetup) -> float:
    """Bytes that the columns take for each path."""
    scenario = setup.scenario
    shocks, holdings = len(scenario.market.shocks), len(scenario.portfolio.names)
    own = sum(len(statistic.columns) for statistic in setup.statistics)
    return 8.0 * ((len(COLUMNS) + own) * len(scenario.rules) + 2 * shocks + holdings + 1)


def rule_columns(setup: RunSetup, batch: PathBatch, book: int) -> dict[str, NDArray[np.float64]]:
    """Every column of one book of a finished batch (path)."""
    calendar = setup.calendar
    points, years = calendar.steps + 1, calendar.time(calendar.steps)
    weights, wealth = batch.appraise(book)

    def row(index: int) -> NDArray[np.float64]:
        return batch.statistic(book, index)

    fallen = row(layout.FALLEN)
    founder = np.zeros(batch.paths.size)
    for holding in setup.founder_holdings:
        founder += setup.founder[holding] * weights[holding]
    frictions = setup.scenario.frictions
    deferred = batch.tax_on_all(book)
    final = wealth - deferred if frictions.tax is not None and frictions.tax.taxed_at_end else wealth
    reported = batch.marks.highs[:, 2 * book + 1].reshape(-1) if setup.marks.on else row(layout.DEEPEST)
    columns = {
        "wealth": np.maximum(final, 0.0) / (1.0 + setup.scenario.inflation) ** years,
        "max_drawdown": row(layout.DEEPEST),
        "average_drawdown": row(layout.DEPTH) / points,
        "ulcer": np.sqrt(row(layout.SQUARES) / points),
        "under_water": row(layout.UNDER) / points,
        "longest_under_water": row(layout.LONGEST) * calendar.dt,
        "still_under_water": (row(layout.AGE) > 0.0).astype(float),
        "catastrophe": ((fallen > 0.0) & (wealth <= CATASTROPHE_END * fallen)).astype(float),
        "rebalances": batch.account(book, layout.REBALANCES) / years,
        "turnover": batch.account(book, layout.TURNOVER) / years,
        "cost_paid": batch.account(book, layout.COST),
        "tax_paid": batch.account(book, layout.TAX),
        "deferred_tax": deferred,
        "reported_max_drawdown": reported,
        "margin_call": (batch.account(book, layout.CALLS) > 0.0).astype(float),
        "margin_unmet": batch.account(book, layout.UNMET),
        "ruin": (wealth <= 0.0).astype(float),
        "shortfall": batch.account(book, layout.SHORTFALL),
        "founder_weight_end": founder,
    }
    for level in range(THRESHOLDS):
        columns[f"excess_{level + 1}"] = row(layout.EXCESS + level) / points
        columns[f"above_{level + 1}"] = row(layout.ABOVE + level) / points
    return columns
