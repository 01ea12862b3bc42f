"""A comparison leaves as a long frame, a file and labelled arrays, with every number in its place."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from random_results import random_result

from riskkit._core.errors import MissingExtra
from riskkit.comparison.io.export import to_pandas, to_parquet, to_xarray
from riskkit.engine.outcomes import QUANTITIES

RESULT = random_result(paths=5)


def test_a_row_is_a_rule_and_a_path():
    frame = to_pandas(RESULT)
    assert len(frame) == 3 * 5
    assert frame.columns.tolist() == ["rule", "path", "weight", *QUANTITIES, "events: founder exit"]
    row = frame[(frame["rule"] == "trim") & (frame["path"] == 3)].iloc[0]
    assert row["wealth"] == RESULT.values("trim", "wealth")[3]
    assert row["max_drawdown"] == RESULT.values("trim", "max_drawdown")[3]
    assert row["events: founder exit"] == RESULT.outcomes.event_counts["founder exit"][3]
    assert row["weight"] == 0.2
    assert frame["rule"].cat.categories.tolist() == ["hold", "cap <30 %>", "trim"]
    assert frame.attrs["assumptions"] == RESULT.assumptions()


def test_metrics_can_be_made_from_the_frame():
    means = to_pandas(RESULT).groupby("rule", observed=True)["wealth"].mean()
    assert means.to_dict() == {rule: np.mean(RESULT.values(rule, "wealth")) for rule in RESULT.scenario.names}


def test_a_file_holds_the_frame(tmp_path: Path):
    to_parquet(RESULT, tmp_path / "result.parquet")
    back = pd.read_parquet(tmp_path / "result.parquet")
    pd.testing.assert_frame_equal(back, to_pandas(RESULT))
    assert back.attrs["assumptions"] == RESULT.assumptions()


def test_labelled_arrays():
    pytest.importorskip("xarray", reason="xarray is an extra")
    data = to_xarray(RESULT)
    assert float(data.ulcer.sel(rule="hold", path=4)) == RESULT.values("hold", "ulcer")[4]
    assert (
        data.events.sel(shock="founder exit").values.tolist() == RESULT.outcomes.event_counts["founder exit"].tolist()
    )
    assert float(data.weight.sum()) == pytest.approx(1.0)
    assert set(QUANTITIES) <= set(data.data_vars)
    assert data.attrs["assumptions"] == RESULT.assumptions()


def test_without_xarray_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(MissingExtra, match="to_xarray needs xarray: pip install xarray"):
        to_xarray(RESULT)
