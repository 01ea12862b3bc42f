"""Make large files from small valid ones: repeat a part, grow a cell or number, multiply columns or nesting.

What is large in one way only, up to 1 MB, shows time or memory that grows with the square of a file.
"""

from __future__ import annotations

import copy
import csv
import io
import random
import re
import tomllib
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np

__all__ = ["LARGEST", "grown"]

#: Bytes of a grown file, about.
LARGEST = 2**20
#: Rows of a table that one row repeated makes: a sound result has ten times as many.
MOST_ROWS = 100_000

# What a long cell, number or name is made of.
UNITS = (
    "9", "0", "-", "(", ")", "$", " ", "\t", ".", ",", ",000", "1,", "1e", "_1", '"', '""', "'", "a", "A", "a.", "a b ",
    "/", "\\", "%", "\u00e9", "\u200b", "\u0301", "\u202e", "\u00a0", "\U0001f4a3", "EUR ", "Total ", "12/", "2026-",
    "[", "]", "{", "}", "&amp;", "<a>", "#", "=", ";", "\n", "\r", "\x00",
)  # fmt: skip
ENDS = ("", "", "x", "9", "%", ")", '"', "-", "e5", " ", ".")

_NUMBER = re.compile(rb"\d[\d.]*")
_WORD = re.compile(rb"\w+")
_IN_XML = re.compile(r"[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").match


def grown(case: dict[str, bytes], dice: random.Random) -> dict[str, bytes]:
    """A large case: one file of `case` grown to between a thousand and a million bytes, by any power of ten alike."""
    name = dice.choice(sorted(case))
    target = int(10.0 ** dice.uniform(3.0, 6.0))
    kind = name.rpartition(".")[2]
    ways = {"csv": _CSV, "toml": _TOML, "xml": _XML, "parquet": _PARQUET}[kind]
    way = dice.choice(ways)
    if way is _repeat_rows:
        return _repeat_rows(case, name, min(target, MOST_ROWS))
    content = way(case[name], target, dice)
    return {**case, name: content if kind == "parquet" else content[: LARGEST + 1000]}


def _long(target: int, dice: random.Random) -> str:
    """A long text of one unit."""
    unit = dice.choice(UNITS)
    return unit * (target // len(unit.encode()) + 1) + dice.choice(ENDS)


# ---------------------------------------------------------------------------------------------------------------------
# Any text
# ---------------------------------------------------------------------------------------------------------------------


def _stretch(content: bytes, target: int, dice: random.Random) -> bytes:
    """A stretch of the file many times over."""
    start = dice.randrange(len(content) + 1)
    stop = min(len(content), start + dice.choice((1, 1, 2, 5, 20, 100, 1000)))
    unit = content[start:stop] or b" "
    return content[:stop] + unit * (target // len(unit)) + content[stop:]


def _lines(content: bytes, target: int, dice: random.Random) -> bytes:
    """A few lines many times over, as they are or with another number in each."""
    lines = content.splitlines(keepends=True) or [b""]
    start = dice.randrange(len(lines))
    unit = b"".join(lines[start : start + dice.choice((1, 1, 2, 3, 10))])
    return b"".join(lines[:start]) + _copies(unit, target, dice) + b"".join(lines[start:])


def _copies(unit: bytes, target: int, dice: random.Random) -> bytes:
    """Copies of a text; in most cases one number or word of it differs from copy to copy."""
    count = target // max(len(unit), 1) + 1
    places = list(dice.choice((_NUMBER, _WORD)).finditer(unit))
    if not places or dice.random() < 0.3:
        return unit * count
    place = dice.choice(places)
    before, after = unit[: place.start()], unit[place.end() :]
    shown = dice.choice((b"%d", b"N%d", place[0] + b"%d"))
    return b"".join(before + shown % n + after for n in range(1, count + 1))


def _inside(pattern: re.Pattern[bytes]) -> Callable[[bytes, int, random.Random], bytes]:
    def way(content: bytes, target: int, dice: random.Random) -> bytes:
        """One number or word grown."""
        places = list(pattern.finditer(content))
        if not places:
            return _stretch(content, target, dice)
        place = dice.choice(places)
        cut = dice.choice((place.start(), place.end()))
        return content[:cut] + _long(target, dice).encode() + content[cut:]

    return way


_TEXT = (_stretch, _lines, _lines, _inside(_NUMBER), _inside(_WORD))

# ---------------------------------------------------------------------------------------------------------------------
# CSV
# ---------------------------------------------------------------------------------------------------------------------


def _cells(change: Callable[[list[list[str]], int, random.Random], None]) -> Callable[..., bytes]:
    def way(content: bytes, target: int, dice: random.Random) -> bytes:
        try:
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig", errors="replace"), newline=None)))
        except csv.Error:
            return _lines(content, target, dice)
        rows = [row for row in rows if row] or [["x"]]
        change(rows, target, dice)
        sink = io.StringIO()
        csv.writer(sink, lineterminator="\n").writerows(rows)
        return sink.getvalue().encode(errors="replace")

    return way


def _grow_a_cell(rows: list[list[str]], target: int, dice: random.Random) -> None:
    row = dice.choice(rows)
    place = dice.randrange(len(row))
    row[place] = dice.choice(("", row[place])) + _long(target, dice)


def _grow_a_column(rows: list[list[str]], target: int, dice: random.Random) -> None:
    """Every cell of a column but the head is long, in a file of many lines."""
    length = int(10.0 ** dice.uniform(0.5, 3.5))
    place = dice.randrange(len(rows[0]))
    row = dice.choice(rows)
    for _ in range(target // (length + sum(map(len, row)) + 1) + 1):
        new = list(row)
        if place < len(new):
            new[place] = _long(length, dice)
        rows.append(new)


def _add_rows(rows: list[list[str]], target: int, dice: random.Random) -> None:
    """Many lines like one, each with a name, a number or a date of its own."""
    at = dice.randrange(len(rows))
    row = rows[at]
    place = dice.randrange(len(row))
    count = target // (sum(map(len, row)) + len(row) + 4) + 1
    shown = dice.choice((row[place], f"{row[place]}{{}}", "N{}", "{}", "{}.5", "-{}", "date"))
    for n in range(count):
        new = list(row)
        date = f"{1000 + n // 336 % 9000:04}-{n % 336 // 28 + 1:02}-{n % 28 + 1:02}"
        new[place] = date if shown == "date" else shown.replace("{}", str(n))
        rows.insert(at + n + 1, new)


def _add_columns(rows: list[list[str]], target: int, dice: random.Random) -> None:
    """Many columns like one, under one name or under many."""
    place = dice.randrange(len(rows[0]))
    numbered = dice.random() < 0.6
    count = target // (sum(len(row[place]) + 3 for row in rows if place < len(row)) + 3) + 1
    for at, row in enumerate(rows):
        cell = row[place] if place < len(row) else ""
        row += [f"{cell} {n}" if numbered and at == 0 else cell for n in range(count)]


_CSV = (
    *_TEXT, _cells(_grow_a_cell), _cells(_grow_a_cell), _cells(_grow_a_column), _cells(_add_rows), _cells(_add_rows),
    _cells(_add_columns),
)  # fmt: skip

# ---------------------------------------------------------------------------------------------------------------------
# TOML
# ---------------------------------------------------------------------------------------------------------------------


def _tree(change: Callable[[dict[str, Any], int, random.Random], None]) -> Callable[..., bytes]:
    def way(content: bytes, target: int, dice: random.Random) -> bytes:
        import tomli_w

        try:
            data = tomllib.loads(content.decode())
            change(data, target, dice)
            return tomli_w.dumps(data).encode()
        except (LookupError, RecursionError, TypeError, ValueError):  # no TOML, no scenario, or nothing to write
            return _lines(content, target, dice)

    return way


def _nodes(tree: Any) -> Any:
    yield tree
    for child in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(child, (dict, list)):
            yield from _nodes(child)


def _multiply(data: dict[str, Any], target: int, dice: random.Random) -> None:
    """Many items of an array or many keys of a table, each like one that is there, with a name of its own."""
    node = dice.choice([node for node in _nodes(data) if node])
    key = dice.choice(list(node)) if isinstance(node, dict) else dice.randrange(len(node))
    unit = node[key]
    count = target // (len(repr(unit)) + 8) + 1
    if isinstance(node, dict):
        node |= {f"{key}{n}": copy.deepcopy(unit) for n in range(count)}
        return
    named = isinstance(unit, dict) and isinstance(unit.get("name"), str) and dice.random() < 0.8
    for n in range(count):
        new = copy.deepcopy(unit)
        if named:
            new["name"] = f"{unit['name']}{n}"
        node.append(new)


def _multiply_the_market(data: dict[str, Any], target: int, dice: random.Random) -> None:
    """Many holdings with an asset each, so that the scenario is sound."""
    holdings, assets = data["portfolio"]["holdings"], data["market"].get("assets")
    if not holdings or not isinstance(assets, dict) or holdings[0]["name"] not in assets:
        raise ValueError
    unit = holdings[0]
    for n in range(min(target // (len(repr(unit)) + 60) + 1, 5_000)):
        holdings.append({**copy.deepcopy(unit), "name": f"N{n}"})
        assets[f"N{n}"] = copy.deepcopy(assets[unit["name"]])


def _grow_a_value(data: dict[str, Any], target: int, dice: random.Random) -> None:
    node = dice.choice([node for node in _nodes(data) if node])
    key = dice.choice(list(node)) if isinstance(node, dict) else dice.randrange(len(node))
    node[key] = dice.choice((_long(target, dice), [0.5] * (target // 5), [node[key]] * (target // 20 + 1)))


def _grow_a_key(data: dict[str, Any], target: int, dice: random.Random) -> None:
    node = dice.choice([node for node in _nodes(data) if isinstance(node, dict) and node])
    node[_long(target, dice)] = node.pop(dice.choice(list(node)))


def _deepen(content: bytes, target: int, dice: random.Random) -> bytes:
    """A value within many tables or arrays."""
    begin, end = dice.choice((("[", "]"), ("{a=", "}"), ("a.", ""), ("[[", "]]"), ("[{a=", "}]")))
    depth = target // len(begin + end)
    nested = f"\nnested = {begin * depth}1{end * depth}\n" if begin != "a." else f"\n{begin * depth}a = 1\n"
    return nested.encode() + content


_TOML = (
    *_TEXT, _tree(_multiply), _tree(_multiply), _tree(_multiply), _tree(_multiply_the_market), _tree(_grow_a_value),
    _tree(_grow_a_key), _deepen,
)  # fmt: skip

# ---------------------------------------------------------------------------------------------------------------------
# XML
# ---------------------------------------------------------------------------------------------------------------------


def _elements(change: Callable[[ElementTree.Element, int, random.Random], None]) -> Callable[..., bytes]:
    def way(content: bytes, target: int, dice: random.Random) -> bytes:
        try:
            root = ElementTree.fromstring(content)
            change(root, target, dice)
        except (ElementTree.ParseError, ValueError, LookupError):
            return _lines(content, target, dice)
        return ElementTree.tostring(root, encoding="utf-8")

    return way


def _repeat_an_element(root: ElementTree.Element, target: int, dice: random.Random) -> None:
    """Many elements like one, beside it; in most cases one text of it differs from copy to copy."""
    parent = dice.choice([element for element in root.iter() if len(element)])
    unit = dice.choice(list(parent))
    inner = dice.randrange(len(list(unit.iter())))
    numbered = dice.random() < 0.8
    for n in range(target // len(ElementTree.tostring(unit)) + 1):
        new = copy.deepcopy(unit)
        if numbered:
            changed = list(new.iter())[inner]
            changed.text = f"{changed.text or ''}{n}"
        parent.append(new)


def _grow_a_text(root: ElementTree.Element, target: int, dice: random.Random) -> None:
    element = dice.choice(list(root.iter()))
    long = "".join(filter(_IN_XML, _long(target, dice)))
    if element.attrib and dice.random() < 0.5:
        element.set(dice.choice(sorted(element.attrib)), long)
    else:
        element.text = (element.text or "") + long


def _add_attributes(root: ElementTree.Element, target: int, dice: random.Random) -> None:
    element = dice.choice(list(root.iter()))
    for n in range(target // 12 + 1):
        element.set(f"a{n}", "v")


def _deepen_elements(content: bytes, target: int, dice: random.Random) -> bytes:
    """Elements, comments or namespaces within or behind one another, inside the root."""
    at = content.find(b">", content.find(b"<", 2) + 1) + 1
    unit = dice.choice((b"<a>", b"<a b='c'>", b"<!--x-->", b"<?a b?>", b"<a xmlns='%d'>", b"<a xmlns:n%d='u'/>", b"<"))
    many = b"".join(unit.replace(b"%d", b"%d" % n) for n in range(target // (len(unit) + 4) + 1))
    close = b"</a>" * (target // (len(unit) + 4) + 1) if unit.startswith(b"<a") and unit[-2:] != b"/>" else b""
    return content[:at] + many + close + content[at:]


_XML = (
    *_TEXT, _elements(_repeat_an_element), _elements(_repeat_an_element), _elements(_grow_a_text),
    _elements(_add_attributes), _deepen_elements,
)  # fmt: skip

# ---------------------------------------------------------------------------------------------------------------------
# Parquet
# ---------------------------------------------------------------------------------------------------------------------


def _table(change: Callable[[Any, int, random.Random], Any]) -> Callable[..., bytes]:
    def way(content: bytes, target: int, dice: random.Random) -> bytes:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = change(pq.read_table(io.BytesIO(content)), target, dice)
        except (pa.ArrowException, OSError, UnicodeError):
            return _stretch(content, target, dice)
        return _parquet(table)

    return way


def _parquet(table: Any) -> bytes:
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _add_table_columns(table: Any, target: int, dice: random.Random) -> Any:
    """Columns beside those that belong there; each takes some 500 bytes of the file."""
    import pyarrow as pa

    place = dice.randrange(table.num_columns)
    name = dice.choice((table.column_names[place], "x" * dice.choice((1, 1, 1000))))
    many = {f"{name} {n}": table.column(place) for n in range(target // 500 + 1)}
    return pa.table({**{each: table[each] for each in table.column_names}, **many})


def _repeat_rows(case: dict[str, bytes], name: str, rows: int) -> dict[str, bytes]:
    """A table of one row many times over, which takes next to no space, and a record of the run that says so."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(case[name]))
    except (pa.ArrowException, OSError, UnicodeError):  # what once broke a reader may be no table
        return dict(case)
    table = table.slice(0, 1).take(pa.array(np.zeros(rows, np.int64)))
    if "weight" in table.column_names:
        place = table.column_names.index("weight")
        table = table.set_column(place, "weight", pa.array(np.full(rows, 1.0 / rows)))
    facts = re.sub(rb"\npaths = \d+", b"\npaths = %d" % rows, case["result.toml"])
    return {**case, "result.toml": facts, name: _parquet(table)}


def _grow_a_column_name(table: Any, target: int, dice: random.Random) -> Any:
    names = list(table.column_names)
    names[dice.randrange(len(names))] += "x" * target
    return table.rename_columns(names)


_PARQUET: tuple[Any, ...] = (
    _stretch, _table(_add_table_columns), _table(_add_table_columns), _table(_grow_a_column_name), _repeat_rows,
)  # fmt: skip
