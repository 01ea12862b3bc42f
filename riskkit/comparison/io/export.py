"""Exports of a comparison: a long frame, a Parquet file, an xarray Dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.atomic_write import write_atomically
from riskkit._core.validation import file_path
from riskkit.comparison.io.frames import labelled
from riskkit.comparison.run_data import RunData
from riskkit.engine.outcomes import path_quantities

__all__ = ["to_pandas", "to_parquet", "to_xarray"]


def to_pandas(result: RunData) -> pd.DataFrame:
    """Every path of every rule in one long frame: a row a rule and path.

    Returns
    -------
    DataFrame
        Columns ``rule`` (a category, in the order of the rules), ``path``, ``weight`` (the paths of a rule sum to 1),
        a column for each quantity of `values`, and ``events: SHOCK``, the number of events of each shock on the path.

    Examples
    --------
    >>> import riskkit as rk
    >>> frame = to_pandas(rk.compare(rk.scenarios.baron(), paths=100, seed=1))
    >>> len(frame), frame.loc[frame["events: founder exit"] > 0, "rule"].iloc[0]
    (700, 'hold')
    """
    names = list(result.scenario.names)
    rules = pd.Categorical.from_codes(np.repeat(np.arange(len(names)), result.paths), categories=pd.Index(names))
    columns: dict[str, Any] = {
        "rule": rules,
        "path": np.tile(np.arange(result.paths), len(names)),
        "weight": np.tile(result.path_weights, len(names)),
    }
    columns |= {name: values.ravel() for name, values in _quantities(result).items()}
    columns |= {
        f"events: {shock}": np.tile(counts, len(names)) for shock, counts in result.outcomes.event_counts.items()
    }
    return labelled(result, pd.DataFrame(columns))


def to_parquet(result: RunData, path: str | Path) -> None:
    """Write the frame of `to_pandas` to a Parquet file; to read a result back whole, use `save` and `load`."""
    write_atomically(file_path("path", path), lambda file: to_pandas(result).to_parquet(file, index=False))


def to_xarray(result: RunData) -> Any:
    """Every path of every rule with labels.

    Returns
    -------
    xarray.Dataset
        Each quantity of `values` (rule, path), ``weight`` (path) and ``events``, their number (shock, path).

    Raises
    ------
    MissingExtra
        If xarray is not installed.
    """
    from riskkit.engine.trace_data import xarray_module

    values: dict[str, Any] = {name: (("rule", "path"), array) for name, array in _quantities(result).items()}
    event_counts = result.outcomes.event_counts
    counts = np.array(list(event_counts.values()), dtype=np.int64).reshape(len(event_counts), result.paths)
    values |= {"weight": ("path", result.path_weights), "events": (("shock", "path"), counts)}
    labels = {"rule": list(result.scenario.names), "path": np.arange(result.paths), "shock": list(event_counts)}
    return xarray_module().Dataset(values, coords=labels, attrs={"assumptions": result.assumptions()})


def _quantities(result: RunData) -> dict[str, Array]:
    """Every quantity of `values` → its values (rule, path)."""
    rules = range(len(result.scenario.names))
    columns = result.outcomes.columns
    return {name: np.stack([columns[name][row] for row in rules]) for name in path_quantities(columns)}
