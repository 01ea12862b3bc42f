"""The paths of a saved result in Parquet: checked before they are read, and refused if no run could write them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput, NotEnoughMemory
from riskkit._core.validation import short_repr
from riskkit.comparison.run_data import RunData
from riskkit.engine.outcomes import COLUMNS, DRIVERS, HEDGES, NAMED, THRESHOLDS, TIME_WEIGHTED, Outcomes, label
from riskkit.scenario._scenario import Scenario

__all__ = ["read_paths", "write_paths"]

#: Bytes of a row group.
BYTES_AT_A_TIME = 2**25
#: Columns that are money in multiples of the start, years and counts; all the others are shares of 1.
BEYOND_ONE = frozenset(
    {
        "wealth",
        "longest_under_water",
        "rebalances",
        "turnover",
        "cost_paid",
        "tax_paid",
        "deferred_tax",
        "tax_due",
        "time_weighted_wealth",
        *HEDGES,
    }
)
#: Columns that may be below 0: selling all may lower the tax of the year, premiums may be received, pay-offs paid, and
#: delta exposure may be against a founder.
OF_EITHER_SIGN = frozenset({"deferred_tax", "hedge_cost", "hedge_payoff", "founder_delta_end"})
#: No run has a number beyond it: prices are refused there (`riskkit.engine.kernel.valuation`).
LARGEST = 1e150
#: Nor a Brownian value in standard deviations, even under heavy tails; e to the power of the second one is a float.
LARGEST_DRIVER, LARGEST_EXPONENT = 1e12, 700.0
#: Rounding error allowed in sums, and the largest share of 1.
ROUNDING = 1e-9
ONE = 1.0 + ROUNDING


def write_paths(result: RunData, file: IO[bytes]) -> None:
    """Write a row a path: ``weight``, ``stratum`` where there are any, and a column for each quantity and rule."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def table(start: int, end: int) -> pa.Table:
        columns = _rows_of(result, slice(start, min(end, result.paths)))
        return pa.table({name: pa.array(np.ascontiguousarray(values)) for name, values in columns.items()})

    first = table(0, 1)
    # A power of two, so that a row group holds whole shards of a run.
    rows = 2 ** max(int(math.log2(BYTES_AT_A_TIME / first.nbytes)), 0)
    with pq.ParquetWriter(file, first.schema, compression="zstd") as writer:
        for start in range(0, result.paths, rows):
            writer.write_table(table(start, start + rows))


def _rows_of(result: RunData, rows: slice) -> dict[str, NDArray[Any]]:
    """Every column of consecutive paths, by its name in the file."""
    from riskkit.engine.execution.shards import rows_of

    outcomes = result.outcomes
    columns: dict[str, NDArray[Any]] = {"weight": outcomes.path_weights[rows]}
    if outcomes.stratum is not None:
        columns["stratum"] = outcomes.stratum[rows]
    for quantity in (*_stored(result.has_time_weighted, result.scenario), *outcomes.own_columns):
        for row, rule in enumerate(result.scenario.names):
            columns[label(quantity, rule)] = outcomes.columns[quantity][row, rows]
    for kind, (_, prefix, _) in NAMED.items():
        named = getattr(outcomes, kind)
        columns |= {label(prefix, name): rows_of(named, name, rows) for name in named}
    return columns


def _stored(time_weighted: bool, scenario: Scenario) -> tuple[str, ...]:
    """The built-in columns of a file, without those that the scenario determines."""
    tax = scenario.frictions.tax
    derived = {*([] if time_weighted else TIME_WEIGHTED), *([] if scenario.hedged else HEDGES)}
    derived |= set() if tax is not None and tax.paid_later else {"tax_due"}
    return tuple(name for name in COLUMNS if name not in derived)


def _without_time_weighted(scenario: Scenario, columns: dict[str, Array]) -> dict[str, Array]:
    """The time-weighted columns of a file without them: those of wealth, or NaN where flows make the two differ."""
    if scenario.frictions.external_flows:
        return {name: np.full_like(columns["wealth"], np.nan) for name in TIME_WEIGHTED}
    return dict(zip(TIME_WEIGHTED, (columns["wealth"], columns["max_drawdown"]), strict=True))


def _without_hedges(columns: Mapping[str, Array]) -> dict[str, Array]:
    """The columns of instruments of a file without them."""
    zeros = np.zeros_like(columns["wealth"])
    return {**dict.fromkeys(HEDGES, zeros), "founder_delta_end": columns["founder_weight_end"]}


def read_paths(path: Path, facts: dict[str, Any], scenario: Scenario) -> Outcomes:
    """Read what `write_paths` wrote.

    Parameters
    ----------
    path : Path
        The file.
    facts : dict
        Number of paths, names of shocks and holdings, columns of user-defined statistics, thresholds of each rule, how
        the paths were drawn, and whether there are time-weighted columns.
    scenario : Scenario
        The scenario of the result.

    Raises
    ------
    InvalidInput
        If it is no Parquet file, or a column is missing, unknown, of another type or has an impossible value; the
        message names the column and the row.
    NotEnoughMemory
        If the columns would not fit into the machine's memory.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from riskkit.engine.execution.memory import memory_size
    from riskkit.engine.execution.parquet_bounds import check_columns, check_footer

    def numbers(name: str, dtype: type = np.float64) -> NDArray[Any]:
        values: NDArray[Any] = np.asarray(file.read(columns=[name])[name].to_numpy())
        if values.size != paths:
            raise InvalidInput(f"{path}: column {name!r} must have {paths} rows, got {values.size}")
        if values.dtype != dtype:
            raise InvalidInput(f"{path}: column {name!r} must have a number in each row, got rows with none")
        return values

    def column(name: str, dtype: type = np.float64, most: float = LARGEST, least: float = 0.0) -> NDArray[Any]:
        values = numbers(name, dtype)
        wrong = np.flatnonzero(~((values >= least) & (values <= most)))
        if wrong.size:
            raise InvalidInput(
                f"{path}: column {name!r} must be from {least:g} to {most:g}, got {values[wrong[0]]} in row {wrong[0]} "
                "(the first is 0)"
            )
        return values

    def hazard(name: str) -> NDArray[Any]:
        values = numbers(name)
        return values if np.isnan(values).all() else column(name)

    def driver(kind: str, name: str) -> NDArray[Any]:
        most = LARGEST_EXPONENT if kind == "log_martingale" else LARGEST_DRIVER
        return column(name, most=most, least=-LARGEST_DRIVER)

    def own_column(name: str, nan_means: str) -> NDArray[Any]:
        values = numbers(name)
        wrong = np.flatnonzero(np.isinf(values) if nan_means else ~np.isfinite(values))
        if wrong.size:
            raise InvalidInput(
                f"{path}: column {name!r} must be finite, got {values[wrong[0]]} in row {wrong[0]} (the first is 0)"
            )
        return values

    rules, stored = scenario.names, _stored(facts["time_weighted"], scenario)
    paths, wanted = facts["paths"], _wanted(facts, rules, stored)
    try:
        check_footer(path, len(wanted), paths)
        with pq.ParquetFile(path) as file:
            check_columns(path, file, wanted, paths, alone=True)
            # A column of one value takes a few bytes on disk for any number of rows.
            need, have = 8.0 * paths * len(wanted), memory_size()
            if have is not None and need > 0.8 * have:
                raise NotEnoughMemory(
                    f"{path}: {paths:,} paths of {len(rules)} rules need {need / 2**30:.1f} GB of memory, and the "
                    f"machine has {have / 2**30:.1f} GB"
                )
            columns = {
                each: np.stack(
                    [
                        column(
                            label(each, rule),
                            most=LARGEST if each in BEYOND_ONE else ONE,
                            least=-LARGEST if each in OF_EITHER_SIGN else 0.0,
                        )
                        for rule in rules
                    ]
                )
                for each in stored
            }
            if not facts["time_weighted"]:
                columns |= _without_time_weighted(scenario, columns)
            if not scenario.hedged:
                columns |= _without_hedges(columns)
            if "tax_due" not in columns:
                columns["tax_due"] = np.zeros_like(columns["wealth"])
            columns = {each: columns[each] for each in COLUMNS}
            columns |= {
                each: np.stack([own_column(label(each, rule), nan_means) for rule in rules])
                for each, nan_means in facts["statistics"].items()
            }
            named: dict[str, Any] = {
                kind: {
                    name: hazard(label(prefix, name))
                    if kind == "hazards"
                    else driver(kind, label(prefix, name))
                    if kind in DRIVERS
                    else column(label(prefix, name), dtype, ONE if kind == "holdings" else LARGEST)
                    for name in facts[key]
                }
                for kind, (key, prefix, dtype) in NAMED.items()
            }
            weights = column("weight", most=ONE)
            stratum = column("stratum", np.int64, 2**63 - 1) if facts["stratified"] else None
    except (OSError, UnicodeError, pa.ArrowException) as error:
        raise InvalidInput(f"{path} must be a Parquet file, got {short_repr(str(error))}") from error
    if abs(weights.sum() - 1.0) > ROUNDING:
        raise InvalidInput(f"{path}: column 'weight' must sum to 1, got the sum {float(weights.sum())!r}")
    thresholds = np.array([facts["thresholds"][rule] for rule in rules])
    _refuse_impossible_excesses(path, columns, thresholds, rules)
    sampling = {"stratum": stratum, **{name: facts[name] for name in ("group", "sequential", "overlapping")}}
    sampling["own_columns"] = facts["statistics"]
    return Outcomes(columns=columns, path_weights=weights, thresholds=thresholds, **named, **sampling)


def _wanted(facts: dict[str, Any], rules: tuple[str, ...], stored: tuple[str, ...]) -> dict[str, type]:
    """Every column that the file of a result has, and its type."""
    wanted: dict[str, type] = {"weight": np.float64}
    if facts["stratified"]:
        wanted["stratum"] = np.int64
    quantities = (*stored, *facts["statistics"])
    wanted |= {label(quantity, rule): np.float64 for quantity in quantities for rule in rules}
    for key, prefix, dtype in NAMED.values():
        wanted |= {label(prefix, name): dtype for name in facts[key]}
    return wanted


def _refuse_impossible_excesses(
    path: Path, columns: dict[str, Array], thresholds: Array, rules: tuple[str, ...]
) -> None:
    """Refuse mean excesses that fall by more than the gap from one threshold to the next, or rise."""
    for level in range(1, THRESHOLDS):
        falls = columns[f"excess_{level}"] - columns[f"excess_{level + 1}"]
        gaps = (thresholds[:, level] - thresholds[:, level - 1])[:, None]
        wrong = np.argwhere(~((falls >= -ROUNDING) & (falls <= gaps + ROUNDING)))
        if wrong.size:
            rule, row = wrong[0]
            name = label(f"excess_{level + 1}", rules[rule])
            raise InvalidInput(
                f"{path}: column {name!r} must be what is left of the one before, less at most the gap between the "
                f"thresholds, got a fall of {falls[rule, row]:g} over {gaps[rule, 0]:g} in row {row} (the first is 0)"
            )
