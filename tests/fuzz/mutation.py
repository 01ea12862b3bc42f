"""Mutate valid files: bytes and lines, and the keys, cells, elements and columns of each form."""

from __future__ import annotations

import copy
import csv
import datetime
import io
import random
import re
import tomllib
from typing import Any
from xml.etree import ElementTree

__all__ = ["bred"]

NUMBERS = (
    b"0", b"-0", b"-1", b"1e308", b"1e309", b"-1e-320", b"nan", b"inf", b"9" * 400, b"9" * 5000, b"1_000", b"0x1F",
    b"1,000", b"(1)", b"$", b"1e", b".", b"5e-324", "١٢".encode(), b"1e15", b"0.1", b"2", b"18446744073709551616",
)  # fmt: skip
TOKENS = (
    b'"', b"'", b'"""', b"\n", b"\r", b"\r\n", b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b",", b",,,,", b";", b"\t", b"=",
    b"[", b"]", b"[[", b"]]", b"{", b"}", b"[" * 3000, b"{a=" * 500, b"a." * 2000, b"#", b"<", b">", b"/>", b"&lt;",
    b"&#0;", b"&x;", b"<!DOCTYPE a>", b"<!--", b"<![CDATA[", b"<?xml version='1.0' encoding='rot13'?>", b"<a>" * 300,
    b"</invstOrSec>", b"<invstOrSec>", b"<valUSD>1</valUSD>", b" xmlns:p='q'", b"p:", b"type = \"os:system\"\n",
    b"type = \"Uncertain\"\n", b"__class__", b"total", b"--", b"date", b"ticker", b"value", b"1979-05-27",
    b"9999-12-31", b"0001-01-01", b"2026-06-11T00:00:00+23:59", b"2026-W24-4", b"\xc3\xa9", b"\xf0\x9f\x92\xa3",
    b"Put", b"Call", b"Written", b"Short", b"XXXX", b"N/A", b"EUR", b"NC", b"-0.5", b"TOTAL", b"Cash", b"Margin loan",
    b"JPY 5", b"adjClose", b"Close", b"Open", b"Volume", b"12/31/2025", b"31.12.2025", b"1.234,5",
    b"\xe2\x80\xae", b"\xed\xa0\x80", b"../../etc/passwd", b"x" * 20_000, *NUMBERS,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    0, -1, 1, 2, 10**18, 10**400, 2**63, 0.0, -0.0, 0.5, 1.0, -1.0, 1e-320, 1e308, -1e308, float("nan"), float("inf"),
    True, False, "", " ", "x", "TSLA", "Ann", "hold", "os:system", "__import__('os')", "\x00", "é", "../x", [], [[]],
    [0], [1, 2, 3], ["x"], {}, {"type": "Hold"}, {"type": "os:system"}, {"type": "StoredRule", "text": "x"},
    {"mean": 0.1, "sd": 0.2}, {"TSLA": 0.5}, {"TSLA": {"X": 1.0}}, datetime.date(2026, 1, 1),
    datetime.datetime(2026, 1, 1), datetime.time(1), [[[[[[]]]]]],
)  # fmt: skip

_IN_XML = re.compile(r"[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").match


def bred(case: dict[str, bytes], other: dict[str, bytes], dice: random.Random) -> dict[str, bytes]:
    """A hostile case: one file of `case` changed now and then by pieces of `other`."""
    name = dice.choice(sorted(case))
    content, donor = case[name], other.get(name, case[name])
    if name.endswith(".toml") and dice.random() < 0.7:
        changed = _tree(content, dice)
    elif name.endswith(".parquet") and dice.random() < 0.6:
        changed = _columns(content, dice)
    elif name.endswith(".csv") and dice.random() < 0.5:
        changed = _cells(content, dice)
    elif name.endswith(".xml") and dice.random() < 0.6:
        changed = _elements(content, dice)
    else:
        changed = content
        for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
            changed = dice.choice((_bits, _cut, _token, _token, _number, _lines, _splice))(changed, donor, dice)
    return {**case, name: changed}


def _place(content: bytes, dice: random.Random) -> int:
    return dice.randrange(len(content) + 1)


def _bits(content: bytes, donor: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content or b"\0")
    for _ in range(dice.choice((1, 1, 2, 8))):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(content: bytes, donor: bytes, dice: random.Random) -> bytes:
    start, stop = sorted((_place(content, dice), _place(content, dice)))
    return content[:start] if dice.random() < 0.3 else content[:start] + content[stop:]


def _token(content: bytes, donor: bytes, dice: random.Random) -> bytes:
    place = _place(content, dice)
    return content[:place] + dice.choice(TOKENS) + content[place:]


def _number(content: bytes, donor: bytes, dice: random.Random) -> bytes:
    digits = [place for place, sign in enumerate(content) if sign in b"0123456789"]
    if not digits:
        return content
    start = stop = dice.choice(digits)
    while start and content[start - 1] in b"0123456789.":
        start -= 1
    while stop < len(content) and content[stop] in b"0123456789.":
        stop += 1
    return content[:start] + dice.choice(NUMBERS) + content[stop:]


def _lines(content: bytes, donor: bytes, dice: random.Random) -> bytes:
    split = dice.choice((b"\n", b",", b">"))
    parts = content.split(split)
    one, two = dice.randrange(len(parts)), dice.randrange(len(parts))
    act = dice.randrange(4)
    if act == 0:
        parts[one], parts[two] = parts[two], parts[one]
    elif act == 1:
        parts.insert(one, parts[two])
    elif act == 2:
        del parts[one]
    else:
        parts[one] = dice.choice(TOKENS)
    return split.join(parts)


def _splice(content: bytes, donor: bytes, dice: random.Random) -> bytes:
    start, stop = sorted((_place(donor, dice), _place(donor, dice)))
    place = _place(content, dice)
    return content[:place] + donor[start:stop] + content[place:]


def _tree(content: bytes, dice: random.Random) -> bytes:
    """One or a few values of a TOML file changed, removed, renamed or added."""
    import tomli_w

    try:
        data = tomllib.loads(content.decode())
        nodes = list(_nodes(data))
    except (RecursionError, ValueError):  # what once broke a reader may be no TOML
        return _bits(content, content, dice)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        nodes = list(_nodes(data))
        node = dice.choice(nodes)
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        act = dice.randrange(5) if keys else 4
        key = dice.choice(keys) if keys else None
        odd = copy.deepcopy(dice.choice(VALUES if dice.random() < 0.7 else nodes))
        if act == 0:
            del node[key]
        elif act == 1 and isinstance(node, dict):
            node[dice.choice(("x", "type", "", "name", "TSLA", *map(str, keys)))] = node.pop(key)
        elif act == 4:
            if isinstance(node, dict):
                node[dice.choice(("type", "x", "TSLA", "Ann", "sd", "shared", "forced", "loan"))] = odd
            else:
                node.append(odd)
        else:
            node[key] = odd
    try:
        return tomli_w.dumps(data).encode()
    except (RecursionError, ValueError, UnicodeEncodeError):  # too deep, a number of too many digits
        return content[: _place(content, dice)]


def _nodes(tree: Any) -> Any:
    yield tree
    for child in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(child, (dict, list)):
            yield from _nodes(child)


def _cells(content: bytes, dice: random.Random) -> bytes:
    """A CSV file with as many cells in each line as before, some of them changed, or lines or columns moved."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode(errors="replace"), newline=None)))
    except csv.Error:
        return content[: _place(content, dice)]
    rows = [row for row in rows if row] or [[""]]
    for _ in range(dice.choice((1, 1, 2, 5))):
        row = dice.choice(rows)
        one, two = dice.randrange(len(row)), dice.randrange(len(row))
        act = dice.randrange(7)
        if act < 3:
            row[one] = dice.choice((*NUMBERS, *TOKENS)).decode(errors="replace")
        elif act == 3:
            row[one] = dice.choice(dice.choice(rows))
        elif act == 4:
            rows.insert(dice.randrange(len(rows) + 1), list(row))
        elif act == 5:
            rows.remove(row)
            rows = rows or [row]
        else:
            for each in rows:
                if max(one, two) < len(each):
                    each[one], each[two] = each[two], each[one]
    sink = io.StringIO()
    csv.writer(sink, lineterminator=dice.choice(("\n", "\r\n", "\r"))).writerows(rows)
    return sink.getvalue().encode(errors="replace")


def _elements(content: bytes, dice: random.Random) -> bytes:
    """A well-formed XML file whose elements changed in text, place, number, name or attributes."""
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError):
        return content[: _place(content, dice)]
    for _ in range(dice.choice((1, 1, 2, 5))):
        elements = list(root.iter())
        one, two = dice.choice(elements), dice.choice(elements)
        act = dice.randrange(7)
        if act < 3:
            one.text = "".join(filter(_IN_XML, dice.choice((*NUMBERS, *TOKENS)).decode(errors="replace")))
        elif act == 3:
            one.append(copy.deepcopy(two))
        elif act == 4 and len(one):
            one.remove(dice.choice(list(one)))
        elif act == 5:
            one.tag = two.tag
        else:
            one.attrib.clear()
            one.attrib.update(two.attrib)
            one.text = two.text
    return ElementTree.tostring(root, encoding=dice.choice(("utf-8", "us-ascii", "utf-16", "iso-8859-1")))


def _columns(content: bytes, dice: random.Random) -> bytes:
    """A Parquet file whose columns changed in number, name, length, type or values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(content))
    except (pa.ArrowException, OSError, UnicodeError):  # what once broke a reader may be no table
        return _bits(content, content, dice)
    place = dice.randrange(table.num_columns)
    name, column = table.column_names[place], table.column(place)
    act = dice.randrange(7)
    if act == 0:
        table = table.remove_column(place)
    elif act == 1:
        table = table.append_column(name, column)
    elif act == 2:
        table = table.rename_columns(
            [dice.choice(("", "x", "weight", "é", n)) if n == name else n for n in table.column_names]
        )
    elif act == 3:
        table = table.slice(0, dice.randrange(table.num_rows + 1))
    elif act == 4:
        odd = dice.choice((None, float("nan"), float("inf"), -1.0, 1e308, -(2.0**62)))
        values = [odd if dice.random() < 0.5 else value for value in column.to_pylist()]
        kind = column.type if pa.types.is_floating(column.type) or odd is None else pa.float64()
        table = table.set_column(place, name, pa.array(values, kind))
    elif act == 5:
        kinds = (pa.float32(), pa.int8(), pa.bool_(), pa.string(), pa.binary(), pa.dictionary(pa.int8(), pa.float64()))
        kinds += (pa.list_(pa.float64()), pa.struct([("x", pa.float64())]), pa.timestamp("us"), pa.decimal128(5))
        table = table.set_column(place, name, pa.nulls(table.num_rows, dice.choice(kinds)))
    else:
        table = table.replace_schema_metadata({b"ARROW:schema": dice.randbytes(20), b"pandas": b"{"})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression=dice.choice(("none", "zstd", "gzip")), use_dictionary=dice.random() < 0.5)
    return sink.getvalue()
