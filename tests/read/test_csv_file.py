"""Cells and lines of a CSV file."""

from __future__ import annotations

import time

import pytest

from riskkit._core.errors import InvalidInput
from riskkit.read.amounts import amount, money
from riskkit.read.csv_file import read_csv, read_lines


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
        ("$ (7)", -7.0),
        ("60,000 €", 60000.0),
        ("1'234.50", 1234.5),
        ("12 345.5", 12345.5),
        ("\u22125", -5.0),
        ("5-", -5.0),
    ],
)
def test_numbers_as_files_write_them(cell, value):
    assert amount(cell) == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1.234,5", 1234.5), ("12,5", 12.5), ("1.234.567", 1234567.0), ("-,5", -0.5), ("1 234,50 €", 1234.5), ("7", 7.0)],
)
def test_numbers_with_a_decimal_comma(cell, value):
    assert amount(cell, decimal=",") == value


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
        "5)",
        "(5",
        "1,234'567",
        "$5€",
        "٣",
    ],
)
def test_what_is_no_number(cell):
    assert amount(cell) is None


@pytest.mark.parametrize(
    ("cell", "number", "currency"),
    [
        ("60", 60.0, ""),
        ("$60,000", 60000.0, "$"),
        ("¥2,800,000", 2800000.0, "¥"),
        ("USD 5", 5.0, "USD"),
        ("5 CHF", 5.0, "CHF"),
        ("US$5", 5.0, "US$"),
        ("12 kr", 12.0, "kr"),
        ("USD -5", -5.0, "USD"),
        ("€5€", 5.0, "€"),
    ],
)
def test_amounts_of_money_have_their_currency(cell, number, currency):
    assert money(cell) == (number, currency)


def test_lines_are_counted_as_an_editor_does(tmp_path):
    # A blank line before the head, one in between, one of commas only, and a cell that runs over two lines, which
    # become one.
    path = tmp_path / "file.csv"
    path.write_text('\na, b \n\n"x\ny",1\n,\n\u2028z,"2"\n', encoding="utf-8")
    file = read_csv(path)
    assert file.columns == ("a", "b")
    assert file.lines == {4: ("x y", "1"), 7: ("z", "2")}
    assert str(file.error("must be so", 4, "b")) == f"{path}, line 4, column 'b': must be so"


def test_quotes_hold_delimiters_line_ends_and_quotes(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text('a,b,c\n"1,5", "say ""so""" ,""\n"","x\n\ny",z"z"\n="007","=""T""",1\n', encoding="utf-8")
    assert read_csv(path).lines == {2: ("1,5", 'say "so"', ""), 3: ("", "x y", 'z"z"'), 6: ("007", "T", "1")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_of_spreadsheets_are_read(tmp_path, encoding, end):
    """Those of `utf-16` begin with a byte order mark, as Excel writes them."""
    path = tmp_path / "file.csv"
    path.write_bytes(f"a,b{end}1,é{end}".encode(encoding))
    assert read_csv(path).columns == ("a", "b")
    assert read_csv(str(path)).lines == {2: ("1", "é")}


@pytest.mark.parametrize(
    "content",
    [
        "a;b\n1,5;2,5\n3;4\n",
        "a\tb\n1,5\t2,5\n3\t4\n",
        "a|b\n1,5|2,5\n3|4\n",
        "\n".join(["Konten, Stand 30.06.2026, 14:00", "a;b", "1,5;2,5", "3;4"]),
        "sep=;\na;b\n1,5;2,5\n3;4\n",
    ],
)
def test_the_delimiter_has_the_same_count_in_most_lines(tmp_path, content):
    path = tmp_path / "file.csv"
    path.write_text(content, encoding="utf-8")
    assert list(read_lines(path).lines.values())[-3:] == [("a", "b"), ("1,5", "2,5"), ("3", "4")]


@pytest.mark.parametrize("content", ["a,b\n1,x;y\n2,z;u\n", 'a,b\n"1;2","x;y"\n"3;4","z"\n', "sep=,\na,b;\n1,;\n2,;\n"])
def test_semicolons_inside_cells_are_not_delimiters(tmp_path, content):
    path = tmp_path / "file.csv"
    path.write_text(content, encoding="utf-8")
    assert {len(cells) for cells in read_lines(path).lines.values()} == {2}


@pytest.mark.parametrize("content", ["a,b\n1,2,\n3,4,,\n", "a,b,\n1,2\n3,4\n", "a,b,,\n1,2,,\n3,4,\n"])
def test_empty_cells_at_the_end_of_a_line_do_not_count(tmp_path, content):
    path = tmp_path / "file.csv"
    path.write_text(content, encoding="utf-8")
    file = read_csv(path)
    assert (file.columns, file.lines) == (("a", "b"), {2: ("1", "2"), 3: ("3", "4")})


def test_blank_lines_separate_blocks_and_a_table_may_begin_in_any_line(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("Positions\n\na,b\n1,2\n,\nc\n\n", encoding="utf-8")
    text = read_lines(path)
    assert text.blocks == ((1,), (3, 4), (6,))
    table = text.table(3, text.blocks[1][1:])
    assert (table.columns, table.lines) == (("a", "b"), {4: ("1", "2")})


@pytest.mark.parametrize(
    "cell", ["\u200b40", "40\ufeff", "\u202a40\u202c", "4\u00ad0", "\u00a040", "\u206640\u2069", "4\u20600"]
)
def test_characters_that_cannot_be_seen_are_removed(tmp_path, cell):
    path = tmp_path / "file.csv"
    path.write_text(f"\u200ba\nTS\u200bLA\n{cell}\n", encoding="utf-8")
    file = read_csv(path)
    assert (file.columns, file.lines) == (("a",), {2: ("TSLA",), 3: ("40",)})
    assert file.amount(3, 0) == 40.0


@pytest.mark.parametrize(
    ("decimal", "content", "value"),
    [
        (None, "a,b\n1.5,x\n", 1.5),
        (None, 'a,b\n"1,234",x\n', 1234.0),
        (None, "a;b\n1.5;x\n", 1.5),
        (None, "a;b\n1,234;2.5\n", 1234.0),
        (None, "a;b\n12;x\n", 12.0),
        (",", "a;b\n1,234;x\n", 1.234),
        (",", "a;b\n1.234;2,5\n", 1234.0),
        (",", 'a,b\n"1.234,5",x\n', 1234.5),
        (".", "a;b\n1.234;2,5\n", 1.234),
        (None, "a;b\n1.234.567,5;x\n", "must be a finite number .* got '1.234.567,5'; give decimal=','"),
        (None, "a;b\n1,5;x\n", "line 2, column 'a': must be a finite number .* '.', got '1,5'; give decimal=','"),
        (None, 'a,b\n"1,5",x\n', "line 2, column 'a': must be a finite number .* '.', got '1,5'; give decimal=','"),
        (",", "a;b\n1.5;x\n", "line 2, column 'a': must be a finite number .* ',', got '1.5'; give decimal='.'"),
        (None, "a;b\n1,234;x\n", "known decimal sign, got '1,234', which is 1.234 or 1234; give decimal=',' or"),
        (None, "a\tb\n1.234\tx\n", "known decimal sign, got '1.234', which is 1234 or 1.234; give decimal=',' or"),
        (None, "a;b\n1.234;2,5\n", "known decimal sign, got '1.234', which is 1234 or 1.234; give decimal=',' or"),
    ],
)
def test_the_decimal_sign_is_an_argument_or_unambiguous(tmp_path, decimal, content, value):
    path = tmp_path / "file.csv"
    path.write_text(content, encoding="utf-8")
    file = read_csv(path, decimal=decimal)
    if isinstance(value, float):
        assert file.amount(2, 0) == value
    else:
        with pytest.raises(InvalidInput, match=value):
            file.amount(2, 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "file.csv: must have a header line, got an empty file"),
        (b"\n\n , \n", "file.csv: must have a header line, got an empty file"),
        (b"a,b\n1,2\n1,2,3\n", "file.csv, line 3: must have 2 cells like the header, got 3; put cells"),
        (b"a,b\n\n1\n", "file.csv, line 3: must have 2 cells like the header, got 1"),
        (b'a,b\n1,2\n1,"2\n', "file.csv, line 3: must be well-formed CSV, got a quote that is not closed"),
        (b'a,b\n1,2\n"1"x,2\n', "file.csv, line 3: must be well-formed CSV, got 'x,2' after a quoted cell; double"),
        (b"a,b\n1,\x002\n", "file.csv, line 2: must be text in UTF-8, got a character of code 0; save it as CSV UTF-8"),
        ("a,b\né,2\n".encode("latin-1"), "file.csv, line 2: must be text in UTF-8, got .*; save it as CSV UTF-8"),
        ("a,b\n€,2\n".encode("cp1252"), "file.csv, line 2: must be text in UTF-8, got .*; save it as CSV UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "file.csv, line 1: must be text in UTF-8, got a character of code 0"),
        (b"\xff\xfea\x00,", "file.csv, line 1: must be text in UTF-8, got truncated data; save it as CSV UTF-8"),
        (b"a,b\n" + b"x" * 32_768 + b",1", "line 2: a cell must have at most 32,767 characters, got 'xxx"),
        (
            b'a,b\n1,"' + b"x\n" * 20_000 + b'"',
            "line 2: a cell must have at most 32,767 characters, got .*close the quote",
        ),
        (b"a,b\n" + b"," * 65_536 + b"1", "line 2: must have at most 65,536 cells, got 65,537"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content, message):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message) as refused:
        read_csv(path)
    assert len(str(refused.value).removeprefix(str(path))) < 300


def test_a_missing_file_raises_the_error_of_python(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        read_csv(tmp_path / "none.csv")


WORST = {
    "digits and a letter": "a\n" + ("9" * 20_000 + "x\n") * 50,
    "digits": "a\n" + ("9" * 20_000 + "\n") * 50,
    "groups of digits": "a;b\n" + ("1" + ",234" * 8_000 + "x;1\n") * 30,
    "points": "a;b\n" + ("." * 32_000 + ";1\n") * 30,
    "brackets": "a\n" + ("(" * 16_000 + ")" * 16_000 + "\n") * 30,
    "signs": "a\n" + ("-" * 32_000 + "1\n") * 30,
    "spaces in a number": "a\n" + ("1" + " " * 32_000 + "1\n") * 30,
    "quotes": '"' * 1_000_000,
    "quotes and lines": '"\n' * 500_000,
    "quoted cells": "a\n" + '"",' * 60_000 + '"x"',
    "lone quotes": "a\n" + 'x"' * 500_000,
    "delimiters": "," * 1_000_000,
    "delimiters and lines": "a,b\n" + ",\n" * 500_000,
    "lines": "\n" * 1_000_000,
    "carriage returns": "\r" * 1_000_000,
    "short lines": "a\n" + "1\n" * 500_000,
    "spaces": " " * 1_000_000,
    "spaces and a letter": " " * 1_000_000 + "a",
    "a cell": "x" * 1_000_000,
    "zero-width spaces": "\u200b" * 330_000,
    "no-break spaces": "a\n" + "\u00a0" * 500_000 + "x",
}


@pytest.mark.slow
@pytest.mark.parametrize("content", WORST.values(), ids=WORST)
def test_a_megabyte_of_the_worst_kind_is_read_or_refused_at_once(tmp_path, content):
    """A quadratic pattern takes hours for most of them; 3 s leave room for a loaded machine."""
    path = tmp_path / "file.csv"
    path.write_text(content, encoding="utf-8", newline="")
    begin = time.process_time()
    message = ""
    try:
        file = read_csv(path)
        for line in file.lines:
            file.amount(line, 0)
    except InvalidInput as refused:
        message = str(refused).removeprefix(str(path))
    assert len(message) < 300
    assert time.process_time() - begin < 3.0
