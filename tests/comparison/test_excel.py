"""`Comparison.to_excel`: every number comes back from the workbook, and nothing in it is a formula."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput, MissingExtra, RiskkitWarning

openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is an extra")
METRICS = ["wealth_median", "ced95", "sharpe"]


def trimmed(rules=None):
    rules = [rk.Hold(), rk.Cap(0.3)] if rules is None else rules
    return replace(rk.scenarios.baron(), rules=rules, baseline=None, steps_per_year=12)


@pytest.fixture(scope="module")
def result():
    return rk.compare(trimmed(), paths=400, seed=1)


def test_every_number_comes_back_to_sixteen_digits(result, tmp_path):
    depths = result.probability("max_drawdown", above=[0.3, 0.5])
    result.to_excel(tmp_path / "a.xlsx", metrics=METRICS, sheets={"depths": depths})
    back = pd.read_excel(tmp_path / "a.xlsx", sheet_name=None)
    assert list(back) == ["table", "errors", "differences", "depths", "assumptions", "settings"]
    heads = ["rule", "wealth_median (times)", "ced95 (share)", "sharpe (ratio)"]
    for name, frame in (("table", result.table(METRICS)), ("errors", result.errors(METRICS))):
        assert back[name].columns.tolist() == heads
        assert back[name]["rule"].tolist() == ["hold", "cap"]
        # The file has 16 digits of a number.
        np.testing.assert_allclose(back[name][heads[1:]].to_numpy(), frame.to_numpy(), rtol=1e-15)
    changes = result.differences(metrics=METRICS)
    assert back["differences"]["unit"].tolist() == ["times", "share", "ratio"]
    numbers = changes.columns.tolist()
    pd.testing.assert_frame_equal(back["differences"][numbers], changes.reset_index(drop=True), rtol=1e-15, atol=0.0)
    np.testing.assert_allclose(back["depths"]["probability"], depths["probability"], rtol=1e-15)
    assert back["assumptions"]["assumption"].tolist() == result.assumptions()
    settings = back["settings"].set_index("setting")["value"]
    assert (settings["paths"], settings["seed"], settings["baseline of the differences"]) == (400, 1, "hold")
    assert settings["riskkit"] == rk.__version__


def test_fractions_are_displayed_in_percent(result, tmp_path):
    result.to_excel(tmp_path / "a.xlsx", metrics=METRICS)
    sheets = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert [sheets["table"].cell(2, column).number_format for column in (2, 3, 4)] == ["0.0000", "0.00%", "0.0000"]
    assert [sheets["differences"].cell(row, 4).number_format for row in (2, 3)] == ["0.0000", "0.00%"]


def test_a_name_that_looks_like_a_formula_is_text(tmp_path):
    held = rk.rule(lambda view: None, name="=1+1")
    result = rk.compare(trimmed([rk.Hold(), held]), paths=100, seed=1)
    result.to_excel(tmp_path / "a.xlsx", metrics="max_drawdown_mean")
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["table"].cell(3, 1)
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_reasons_for_nan_are_in_the_settings_and_warned_of_once(tmp_path):
    result = rk.compare(trimmed(), paths=100, seed=1)
    with pytest.warns(RiskkitWarning) as seen:
        result.to_excel(tmp_path / "a.xlsx", metrics="ced95")
    assert {warning.filename for warning in seen} == {__file__}
    settings = pd.read_excel(tmp_path / "a.xlsx", sheet_name="settings").set_index("setting")["value"]
    assert "handful of paths" in settings["no number or error: ced95 of hold"]
    assert pd.read_excel(tmp_path / "a.xlsx", sheet_name="errors")["ced95 (share)"].isna().all()


def test_a_file_is_replaced_only_by_force(result, tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_text("mine")
    with pytest.raises(InvalidInput, match=r"path must not exist yet, got .*a\.xlsx'; say force=True to replace it"):
        result.to_excel(path, metrics=METRICS)
    assert path.read_text() == "mine"
    result.to_excel(path, metrics=METRICS, force=True)
    assert len(pd.read_excel(path, sheet_name=None)) == 5


@pytest.mark.parametrize(
    ("path", "arguments", "message"),
    [
        ("a.xls", {}, r"path must end in \.xlsx, got"),
        ("none/a.xlsx", {}, r"path must be a file that can be written, got .*: No such file or directory"),
        ("a.xlsx", {"metrics": "sharp"}, r"metrics must name one of .* got 'sharp' \(did you mean 'sharpe'\?\)"),
        (
            "a.xlsx",
            {"sheets": {"Table": pd.DataFrame()}},
            "sheets: names must differ by more than case and punctuation",
        ),
        ("a.xlsx", {"sheets": {"a/b": pd.DataFrame()}}, r"sheets: name must have at most 31 characters and none of"),
        ("a.xlsx", {"sheets": {"a": [1]}}, r"sheets: 'a' must be a DataFrame, got \[1\]"),
        ("a.xlsx", {"sheets": pd.DataFrame()}, "sheets must be a mapping"),
        ("a.xlsx", {"force": 1}, "force must be True or False, got 1"),
    ],
)
def test_what_cannot_be_written_is_refused(result, tmp_path, path, arguments, message):
    with pytest.raises(InvalidInput, match=message):
        result.to_excel(tmp_path / path, **{"metrics": METRICS, **arguments})
    assert list(tmp_path.iterdir()) == []


def test_without_openpyxl_the_error_names_the_extra_and_what_to_type(result, tmp_path, monkeypatch):
    monkeypatch.setattr("riskkit.comparison.io.excel.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="openpyxl, which the extra 'excel' installs: pip install openpyxl"):
        result.to_excel(tmp_path / "a.xlsx", metrics=METRICS)


def test_a_replayed_history_and_a_single_rule_are_written(tmp_path):
    result = rk.compare(trimmed([rk.Hold()]), paths=400, seed=1)
    replayed = replace(result, outcomes=replace(result.outcomes, overlapping=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        replayed.to_excel(tmp_path / "a.xlsx", metrics=METRICS)
    back = pd.read_excel(tmp_path / "a.xlsx", sheet_name=None)
    assert back["differences"].empty
    assert back["errors"].drop(columns="rule").isna().all(axis=None)
