"""A comparison as an Excel workbook: table, errors, differences, assumptions and settings, a sheet each."""

from __future__ import annotations

import io
import os
import re
import textwrap
import warnings
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from riskkit._core.atomic_write import write_atomically
from riskkit._core.errors import InvalidInput, MissingExtra
from riskkit._core.terminal_text import printable
from riskkit._core.validation import boolean, file_path, require_distinct, short_repr, text
from riskkit._version import __version__
from riskkit.comparison.estimation.paired_difference import differences
from riskkit.comparison.io.frames import by_rule
from riskkit.comparison.metric import Metric
from riskkit.comparison.metrics import BuiltIn, select
from riskkit.comparison.run_data import RunData

__all__ = ["to_excel"]

#: Excel's limits: characters of a cell and of a sheet's name, and what such a name must not contain.
LONGEST_CELL, LONGEST_SHEET_NAME, NOT_IN_SHEET_NAMES = 32_000, 31, r"[\[\]:*?/\\]"

_OWN_SHEETS = ("table", "errors", "differences", "assumptions", "settings")
_PERCENT, _NUMBER, _SMALL = "0.00%", "0.0000", "0.00E+00"
_WIDEST = 80  # characters of a column on the screen


def to_excel(
    result: RunData,
    path: str | Path,
    *,
    metrics: str | Metric | Iterable[str | Metric] | None = None,
    sheets: Mapping[str, pd.DataFrame] | None = None,
    force: bool = False,
) -> None:
    """Write an Excel workbook: table, errors, differences, assumptions and settings, a sheet each.

    Parameters
    ----------
    path : str or Path
        The file; its name ends in ``.xlsx``.
    metrics : str, Metric, or iterable of them, optional
        Columns of `table`, in that order; all built-in ones by default.
    sheets : mapping of str to DataFrame, optional
        Frames of your own, such as that of `probability`, as further sheets by name.
    force : bool
        Whether a file that exists is replaced.

    Warns
    -----
    RiskkitWarning
        If values or errors are NaN: their cells are empty, and the sheet ``settings`` has the reasons.

    Raises
    ------
    InvalidInput
        If the file exists and `force` is false, it cannot be written, its name does not end in ``.xlsx``, a metric does
        not exist, or a name is not possible for a sheet.
    MissingExtra
        If openpyxl is not installed.

    Notes
    -----
    Each head has the unit of its column. Fractions are stored as fractions, and Excel displays them in percent. What
    begins with ``=`` is stored as text, not as a formula.

    Examples
    --------
    >>> import tempfile
    >>> import riskkit as rk
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1)
    >>> depths = result.probability("max_drawdown", above=[0.3, 0.5, 0.7])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result.to_excel(f"{folder}/baron.xlsx", metrics=["wealth_median", "ced95"], sheets={"depths": depths})
    ...     pd.ExcelFile(f"{folder}/baron.xlsx").sheet_names
    ['table', 'errors', 'differences', 'depths', 'assumptions', 'settings']
    """
    boolean("force", force)
    target = _checked_target(path, force)
    own = _checked_sheets(sheets)
    chosen = select(metrics, result.scenario)
    if find_spec("openpyxl") is None:
        raise MissingExtra("to_excel needs openpyxl, which the extra 'excel' installs: pip install openpyxl")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        names = [each if isinstance(each, Metric) else name for name, each in chosen.items()]
        changes = differences(result, metrics=names)
    for each in caught:  # again, with the line of the user's call
        warnings.warn(each.message, stacklevel=2)
    content = _workbook(_frames(result, chosen, changes, own), chosen)
    try:
        write_atomically(target, lambda file: file.write(content))
    except OSError as error:
        raise InvalidInput(f"path must be a file that can be written, got {str(path)!r}: {error.strerror}") from None


def _checked_target(path: object, force: bool) -> Path:
    target = file_path("path", path)
    if target.suffix.lower() != ".xlsx":
        raise InvalidInput(f"path must end in .xlsx, got {str(path)!r}")
    if target.is_dir():
        raise InvalidInput(f"path must be a file, got the folder {str(path)!r}")
    if os.path.lexists(target) and not force:
        raise InvalidInput(f"path must not exist yet, got {str(path)!r}; say force=True to replace it")
    return target


def _checked_sheets(sheets: object) -> dict[str, pd.DataFrame]:
    """The user's frames by the name of their sheet."""
    if sheets is None:
        return {}
    if not isinstance(sheets, Mapping):
        raise InvalidInput(f"sheets must be a mapping {{name: DataFrame}}, got {short_repr(sheets)}")
    for name, frame in sheets.items():
        text("sheets: name", name)
        if len(name) > LONGEST_SHEET_NAME or re.search(NOT_IN_SHEET_NAMES, name):
            raise InvalidInput(
                f"sheets: name must have at most {LONGEST_SHEET_NAME} characters and none of []:*?/\\, got "
                f"{short_repr(name)}"
            )
        if not isinstance(frame, pd.DataFrame):
            raise InvalidInput(f"sheets: {name!r} must be a DataFrame, got {short_repr(frame)}")
    require_distinct("sheets: names", [*_OWN_SHEETS, *sheets])
    return dict(sheets)


def _frames(
    result: RunData,
    chosen: Mapping[str, BuiltIn | Metric],
    changes: pd.DataFrame,
    own: Mapping[str, pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    """The frame of each sheet; rules and metrics are columns of their own."""
    names = result.scenario.names
    found = {name: {rule: result.estimate(rule, each) for rule in names} for name, each in chosen.items()}
    reasons = {
        f"no number or error: {name} of {rule}": each.note
        for name, estimates in found.items()
        for rule, each in estimates.items()
        if each.note
    }
    heads = [f"{name} ({each.unit})" for name, each in chosen.items()]
    values = {name: [each.value for each in found[name].values()] for name in chosen}
    errors = {name: [each.standard_error for each in found[name].values()] for name in chosen}
    changes = changes.reset_index()
    changes.insert(2, "unit", [chosen[name].unit for name in changes["metric"]])
    lines = [cell for line in result.assumptions() for cell in textwrap.wrap(line, LONGEST_CELL)]
    return {
        "table": by_rule(result, values).set_axis(heads, axis=1).reset_index(),
        "errors": by_rule(result, errors).set_axis(heads, axis=1).reset_index(),
        "differences": changes,
        **{name: frame.reset_index() if _is_named(frame) else frame for name, frame in own.items()},
        "assumptions": pd.DataFrame({"assumption": lines}),
        "settings": pd.DataFrame({**_settings(result), **reasons}.items(), columns=["setting", "value"]),
    }


def _is_named(frame: pd.DataFrame) -> bool:
    """Whether the index says something: it has names, or is not 0, 1, 2 …"""
    return not isinstance(frame.index, pd.RangeIndex) or frame.index.name is not None


def _settings(result: RunData) -> dict[str, Any]:
    scenario = result.scenario
    return {
        "riskkit": __version__,
        "paths": result.paths,
        "effective sample size": result.effective_sample_size,
        "seed": result.seed,
        "years": scenario.years,
        "steps a year": scenario.steps_per_year,
        "goal (times the start)": scenario.goal,
        "inflation a year (share)": scenario.inflation,
        "baseline of the differences": scenario.baseline_name,
        "currency": scenario.portfolio.currency or "not stated",
        "gross value at the start": scenario.portfolio.total,
        "net value at the start": scenario.portfolio.net,
        **{f"note: {name}": fact for name, fact in result.notes.items()},
        "unit: times": "multiples of the net value at the start",
        "unit: share": "fraction, displayed in percent",
        "errors": "standard errors of Monte Carlo, not of the assumptions",
    }


def _workbook(frames: Mapping[str, pd.DataFrame], chosen: Mapping[str, BuiltIn | Metric]) -> bytes:
    """The file as bytes."""
    file = io.BytesIO()
    with pd.ExcelWriter(file, engine="openpyxl") as writer:
        for name, frame in frames.items():
            plain = frame.map(lambda cell: printable(cell) if isinstance(cell, str) else cell)
            plain.set_axis([printable(str(head)) for head in frame.columns], axis=1).to_excel(
                writer, sheet_name=name, index=False, freeze_panes=(1, 1)
            )
            _format(writer.sheets[name], _cell_formats(name, frame, chosen))
    return file.getvalue()


def _cell_formats(
    sheet: str, frame: pd.DataFrame, chosen: Mapping[str, BuiltIn | Metric]
) -> dict[tuple[int, int], str]:
    """Number format by row and column, counted from 1 with the heads."""
    shares = {column for column, each in enumerate(chosen.values(), start=2) if each.unit == "share"}
    formats: dict[tuple[int, int], str] = {}
    for column, head in enumerate(frame.columns, start=1):
        for row in range(2, len(frame) + 2):
            if sheet in ("table", "errors"):
                formats[row, column] = _PERCENT if column in shares else _NUMBER
            elif sheet == "differences":
                in_percent = head == "won" or (frame["unit"].iloc[row - 2] == "share" and head != "p_montecarlo")
                formats[row, column] = _SMALL if head == "p_montecarlo" else _PERCENT if in_percent else _NUMBER
            elif sheet not in _OWN_SHEETS and frame.dtypes.iloc[column - 1].kind == "f":
                formats[row, column] = _NUMBER
    return formats


def _format(sheet: Any, formats: Mapping[tuple[int, int], str]) -> None:
    """Number formats and widths of columns; text that looks like a formula stays text."""
    for cells in sheet.iter_cols():
        widest = 0
        for cell in cells:
            if cell.data_type == "f":
                cell.data_type = "s"
            cell.number_format = formats.get((cell.row, cell.column), cell.number_format)
            widest = max(widest, len(str(cell.value)) if isinstance(cell.value, str) else 10)
        sheet.column_dimensions[cells[0].column_letter].width = min(widest, _WIDEST) + 2
