"""Whatever turns itself into an array is measured as that array; what cannot is refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from riskkit import measures
from riskkit._core.errors import InvalidInput

#: A fall from 4 to 1 is a drawdown of 0.75; from 5 to 4 one of 0.2.
LEVELS = np.array([[2.0, 4.0], [4.0, 5.0], [1.0, 4.0]])


class Foreign:
    """A series of another package: no sequence, but convertible to an array."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if isinstance(self.values, Exception):
            raise self.values
        return np.asarray(self.values, dtype=dtype)


@pytest.mark.parametrize(
    "wealth",
    [
        Foreign(LEVELS[:, 0]),
        Foreign([2, 4, 1]),
        pa.array([2.0, 4.0, 1.0]),
        pa.chunked_array([[2.0, 4.0], [1.0]]),
        pd.array([2.0, 4.0, 1.0], dtype="Float64"),
        pd.Index([2.0, 4.0, 1.0]),
        memoryview(np.array([2.0, 4.0, 1.0])),
    ],
    ids=lambda wealth: type(wealth).__name__,
)
def test_one_path_of_any_kind(wealth: Any):
    assert measures.max_drawdown(wealth) == 0.75
    assert measures.drawdown(wealth).tolist() == [0.0, 0.0, 0.75]


def test_many_paths_of_any_kind():
    assert measures.max_drawdown(Foreign(LEVELS)).tolist() == [0.75, pytest.approx(0.2)]
    assert measures.max_drawdown(Foreign(LEVELS), weights=Foreign([0, 2])) == pytest.approx(0.2)


def test_labelled_arrays_of_xarray():
    xarray = pytest.importorskip("xarray", reason="xarray brings arrays with labels")
    wealth = xarray.DataArray(LEVELS, dims=("time", "path"))
    assert measures.max_drawdown(wealth).tolist() == measures.max_drawdown(LEVELS).tolist()


def test_tables_of_polars():
    polars = pytest.importorskip("polars", reason="polars brings tables of its own")
    assert measures.max_drawdown(polars.Series([2.0, 4.0, 1.0])) == 0.75


@pytest.mark.parametrize(
    ("wealth", "message"),
    [
        (
            Foreign(RuntimeError("on another device")),
            "wealth must be an array of numbers, got Foreign: on another device",
        ),
        (Foreign(["a", "b"]), "wealth must be numbers, got <U1"),
        (Foreign(3.0), "wealth must be a sequence, got the single number 3.0"),
        (Foreign([1.0, np.nan]), "wealth must be finite, got NaN at row 1"),
        (object(), "wealth must be numbers, got object"),
        ([[1.0], [1.0, 2.0]], "wealth must be an array of numbers, got rows of unequal length"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(wealth: Any, message: str):
    with pytest.raises(InvalidInput, match=message):
        measures.max_drawdown(wealth)
