"""Cells and lines of a CSV file."""

from __future__ import annotations

import pytest

from riskkit.errors import InvalidInput
from riskkit.read.csv_file import amount, read_csv


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("3", 3.0),
        ("-3.5", -3.5),
        ("+.5", 0.5),
        ("2.", 2.0),
        ("1e3", 1000.0),
        ("1,234.5", 1234.5),
        ("12,345,678", 12345678.0),
        ("$1,234", 1234.0),
        ("-$5", -5.0),
        ("€-5", -5.0),
        ("(1,234.5)", -1234.5),
    ],
)
def test_numbers_as_files_write_them(cell, value):
    assert amount(cell) == value


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "abc",
        "nan",
        "inf",
        "1e999",
        "12,5",
        "1,23,456",
        "1.234,5",
        "1_000",
        "40%",
        "--5",
        "-$-5",
        "(-5)",
        "5 USD",
        ".",
    ],
)
def test_what_is_no_number(cell):
    assert amount(cell) is None


def test_lines_are_counted_as_an_editor_does(tmp_path):
    # A blank line before the head, one in between, one of commas only, and a cell that runs over two lines.
    path = tmp_path / "file.csv"
    path.write_text('\na, b \n\n"x\ny",1\n,\n\u2028z,"2"\n', encoding="utf-8")
    file = read_csv(path)
    assert file.columns == ("a", "b")
    assert file.lines == {4: ("x\ny", "1"), 7: ("z", "2")}
    assert str(file.fault("must be so", 4, "b")) == f"{path}, line 4, column 'b': must be so"


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes("\ufeffa,b\r\n1,é\r\n".encode())
    assert read_csv(path).columns == ("a", "b")
    assert read_csv(str(path)).lines == {2: ("1", "é")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "file.csv: must name its columns in the first line, got an empty file"),
        (b"\n\n , \n", "file.csv: must name its columns in the first line, got an empty file"),
        (b"a;b\n1;2\n", "file.csv, line 1: columns must be separated by commas, got 'a;b'"),
        (b"a,b\n1,2\n1,2,3\n", "file.csv, line 3: must have 2 cells like the head, got 3"),
        (b"a,b\n\n1\n", "file.csv, line 3: must have 2 cells like the head, got 1"),
        (b'a,b\n1,2\n1,"2\n', "file.csv, line 3: must be well-formed CSV, got unexpected end of data"),
        ("a,b\né,2\n".encode("latin-1"), "file.csv, line 2: must be text in UTF-8, got .*; save it as CSV UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content, message):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        read_csv(path)


def test_a_file_that_is_not_there_is_told_as_python_tells_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        read_csv(tmp_path / "none.csv")
