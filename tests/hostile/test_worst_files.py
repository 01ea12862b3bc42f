"""A megabyte of the worst for every reader: it is read or refused in ten seconds of processor time and 512 MiB.

Each case is large in one way only. Where time or memory grows with the square of it, it takes minutes or gigabytes.
"""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from file_seeds import NPORT
from limits import MEGABYTE, bounded
from readers import answer, sealed, size, written
from seeds import sound_cases, sound_result

pytestmark = [pytest.mark.slow, pytest.mark.nightly]


def cell(unit: str, end: str = "") -> str:
    """A cell of a megabyte."""
    return unit * (MEGABYTE // len(unit.encode())) + end


def lines(head: str, line: str) -> bytes:
    """A file of a megabyte, of lines that differ in their number."""
    return "\n".join([head, *(line.format(n) for n in range(1, MEGABYTE // len(line) + 1))]).encode()


def columns(head: str, row: str, name: str, value: str) -> bytes:
    """A file of a megabyte in a few lines."""
    many = range(MEGABYTE // (len(name) + len(value) + 4))
    return "\n".join(
        [",".join([head, *(name.format(n) for n in many)]), ",".join([row, *(value for _ in many)])]
    ).encode()


# The cells that took long in regular expressions: digits that end in a letter, groups, signs, spaces, quotes.
CELLS = {
    "digits": cell("9", "x"), "groups": "1" + cell(",000", ",0"), "signs": cell("-", "1"), "brackets": cell("("),
    "spaces": '"a' + cell(" ", 'b"'), "no-break spaces": cell("\u00a0", "x"), "quotes": '"' + cell('""', '"'),
    "open quote": '"' + cell("a\n"), "points": cell("1."), "codes": cell("EUR "), "invisible": cell("\u200b", "x"),
    "marks": "e" + cell("\u0301"), "words of sums": cell("Total "),
    "dates": cell("12/31/2025 "), "zeros": cell("0", "e9"),
}  # fmt: skip

#: Those of them that are long in a way of their own in a name, a head or a date.
FEW = {name: CELLS[name] for name in ("digits", "spaces", "invisible", "marks", "words of sums")}

HOLDINGS = {
    **{f"a value of {name}": f"ticker,value\nTSLA,{text}\nVTI,40\n".encode() for name, text in CELLS.items()},
    **{f"a name of {name}": f"name,value\n{text},60\nVTI,40\n".encode() for name, text in FEW.items()},
    **{f"a head of {name}": f"ticker,{text},value\nTSLA,1,60\n".encode() for name, text in FEW.items()},
    "rows": lines("ticker,value", "N{0},1"),
    "rows of one security": lines("ticker,value,cost", "TSLA,{0},1"),
    "rows that are shorts": lines("ticker,value\nTSLA,1", "N{0},-1"),
    "rows that are sums": lines("ticker,value\nTSLA,1", "Total {0},1"),
    "rows of founders": lines("ticker,value,founder", "N{0},1,P{0}"),
    "rows of one security and many founders": lines("ticker,value,founder", "TSLA,1,P{0}"),
    "rows of currencies": lines("ticker,value,currency", "N{0},1,EUR"),
    "rows of options": lines("symbol,value", "TSLA 01/16/2027 {0}.00 P,1"),
    "rows that add up": lines("ticker,value", "N{0},{0}"),
    "rows that look alike": lines("ticker,value", "N {0}.,1\nN-{0},1"),
    "tables": lines("", "ticker,value\nN{0},1\n"),
    "notes": lines("ticker,value\nTSLA,1\n", "This is a note, number {0}, of more than a few words."),
    "preamble": lines("", "Account {0}"),
    "blank lines": b"ticker,value\nTSLA,1" + b"\n" * MEGABYTE,
    "columns": columns("ticker,value", "TSLA,60", "c{0}", "1"),
    "columns of values": columns("ticker", "TSLA", "value", "1"),
    "columns of costs": columns("ticker,value", "TSLA,60", "cost {0}", "1"),
    "commas": b"ticker,value\nTSLA,1\n" + b"," * MEGABYTE,
    "semicolons": b"ticker;value\nTSLA;1,5\n" + b";" * MEGABYTE,
    "no line": b"x" * MEGABYTE,
    "not UTF-8": b"ticker,value\nTSLA,1\n" + b"\xff" * MEGABYTE,
}  # fmt: skip

PRICES = {
    **{f"a price of {name}": f"date,A\n2026-01-01,1\n2026-01-02,{text}\n".encode() for name, text in CELLS.items()},
    **{f"a date of {name}": f"date,A\n2026-01-01,1\n{text},2\n".encode() for name, text in FEW.items()},
    **{f"a head of {name}": f"date,{text}\n2026-01-01,1\n2026-01-02,2\n".encode() for name, text in FEW.items()},
    "rows of one date": lines("date,A", "2026-01-01,{0}"),
    "rows of seconds": lines("date,A", "2026-01-01T00:00:00.{0:06},1"),
    "long rows": lines("date,ticker,close", "2026-01-01,N{0},1"),
    "long rows of other dates": b"date,ticker,close\n"
    + "\n".join(f"{1000 + n // 28:04}-01-{n % 28 + 1:02},N{n},1" for n in range(40_000)).encode(),
    "rows without a price": lines("date,A\n2026-01-01,1", "2026-01-01T{0:06},"),
    "columns": columns("date", "2026-01-01", "N{0}", "1"),
    "columns of one name": columns("date", "2026-01-01", "A", "1"),
    "columns of closes": columns("date", "2026-01-01", "Close {0}", "1"),
    "two lines of heads": "\n".join(  # as many cells as a line may have
        [f"Price{',Close' * 65_535}", f"Ticker,{','.join(f'N{n}' for n in range(65_535))}", "Date", "2026-01-01,1"]
    ).encode(),
    "blank lines": b"date,A\n2026-01-01,1\n" + b"\n" * MEGABYTE,
    "commas": b"date,A\n2026-01-01,1\n" + b"," * MEGABYTE,
}


def investment(name: str = "N{0}", value: str = "1", rest: str = "") -> str:
    """A line of a filing."""
    return f"<invstOrSec><name>{name}</name>{rest}<valUSD>{value}</valUSD></invstOrSec>"


def filing(inside: str) -> bytes:
    """The sound filing with something before its last line of investments ends."""
    return NPORT.replace(b"</invstOrSecs>", inside.encode() + b"</invstOrSecs>")


def many(unit: str) -> str:
    """A megabyte of what differs in its number."""
    return "".join(unit.format(n) for n in range(MEGABYTE // len(unit)))


TEXTS = {name: re.sub("[<&\x00]", "", text) for name, text in CELLS.items()}

FILINGS = {
    **{f"a value of {n}": filing(investment("a", t)) for n, t in TEXTS.items()},
    **{f"a name of {n}": filing(investment(t)) for n, t in TEXTS.items()
        if n in FEW},
    "investments": filing(many(investment())),
    "investments of one security": filing(many(investment(rest="<cusip>88160R101</cusip>"))),
    "shorts": filing(many(investment(value="-1"))),
    "percentages that are off": filing(many(investment(rest="<pctVal>9</pctVal>"))),
    "derivatives": filing(many(investment(rest="<assetCat>DE</assetCat>"))),
    "elements that are not needed": filing(many("<x{0}/>")),
    "nesting": filing("<a>" * (MEGABYTE // 3)),
    "closed nesting": filing("<a>" * (MEGABYTE // 7) + "</a>" * (MEGABYTE // 7)),
    "comments": filing("<!---->" * (MEGABYTE // 7)),
    "a comment": filing("<!--" + "x" * MEGABYTE + "-->"),
    "instructions": filing("<?x?>" * (MEGABYTE // 5)),
    "attributes": filing("<a " + many("b{0}='c' ") + "/>"),
    "an attribute": filing("<a b='" + "x" * MEGABYTE + "'/>"),
    "namespaces": filing("<a " + many("xmlns:n{0}='u{0}' ") + "/>"),
    "namespaces within one another": filing(many("<a xmlns:n{0}='u'>")),
    "a tag without an end": filing("<" + "a" * MEGABYTE),
    "character references": filing("<invstOrSec><name>" + "&#65;" * (MEGABYTE // 5) + "</name></invstOrSec>"),
}  # fmt: skip

SOUND = sound_cases()["scenario"][0]["scenario.toml"].decode()
RULES, HOLDING = "[[rules]]\ntype = ", "[[portfolio.holdings]]\n"
ASSET = "[market.assets.N{0}]\nvolatility = 0.1\nexpected_return = 0.1\n"


def before(mark: str, inside: str) -> bytes:
    """The sound scenario with something before its first `mark`."""
    assert mark in SOUND
    return SOUND.replace(mark, inside + mark, 1).encode()


SCENARIOS = {
    "holdings": before(HOLDING, many('[[portfolio.holdings]]\nname = "N{0}"\nvalue = 1.0\n')),
    "faulty holdings": before(HOLDING, many("[[portfolio.holdings]]\nvalue = -1.0\n")),
    "holdings and their assets": before(
        HOLDING, many('[[portfolio.holdings]]\nname = "N{0}"\nvalue = 1.0\n' + ASSET)
    ),
    "lots": SOUND.replace("{ value = 30.0, cost = 3.0 },", "{ value = 30.0, cost = 3.0 }," * (MEGABYTE // 30)).encode(),
    "shocks": before(RULES, many('[[market.shocks]]\nname = "s{0}"\nrate = 0.1\nimpact = {{ Rest = -0.1 }}\n')),
    "faulty shocks": before(RULES, many('[[market.shocks]]\nrate = -0.1\n')),
    "impacts": before("[market.shocks.drift_after]", many("[market.shocks.impact.N{0}]\nmean = 0.0\n")),
    "assets": before("[market.assets.TSLA]", many(ASSET)),
    "correlations": before("[market.correlation.TSLA]", many("[market.correlation.N{0}]\nTSLA = 0.1\n")),
    "rules": before(RULES, many('[[rules]]\ntype = "Hold"\nname = "r{0}"\n')),
    "faulty rules": before(RULES, many('[[rules]]\ntype = "Cap"\n')),
    "unknown rules": before(RULES, many('[[rules]]\ntype = "R{0}"\n')),
    "rules within one another": before(
        RULES, "[[rules]]\ntype = 'SellLast'\nafter = " + "{ type = 'SellLast', after = " * 30_000
    ),
    "contagion": before("{ source = ", '{ source = "news", target = "autumn", probability = 0.5 },' * (MEGABYTE // 60)),
    "regimes": before("[market.tails.states.calm]", many("[market.tails.states.r{0}]\nvolatility = 1.0\n")),
    "windows": SOUND.replace("months = [\n", "months = [\n" + "3,\n" * (MEGABYTE // 3)).encode(),
    "keys": before("years = ", many("k{0} = 1\n")),
    "tables": (SOUND + many("[t{0}]\n")).encode(),
    "dotted keys": before("years = ", many("a.k{0} = 1\n")),
    "a long key": before("years = ", "k" * MEGABYTE + " = 1\n"),
    "a string": before("years = ", 'x = "' + "x" * MEGABYTE + '"\n'),
    "a name": SOUND.replace('"Rest"', '"' + "x" * MEGABYTE + '"').encode(),
    "escapes": before("years = ", 'x = "' + "\\u0041" * (MEGABYTE // 6) + '"\n'),
    "digits": before("years = ", "x = " + "9" * MEGABYTE + "\n"),
    "digits behind a point": before("years = ", "x = 0." + "9" * MEGABYTE + "\n"),
    "numbers": before("years = ", "x = [" + "0.5," * (MEGABYTE // 4) + "]\n"),
    "arrays": before("years = ", "x = " + "[" * MEGABYTE),
    "empty arrays": before("years = ", "x = [" + "[]," * (MEGABYTE // 3) + "]\n"),
    "quotes": before("years = ", "x = " + "'" * MEGABYTE),
    "triple quotes": before("years = ", "x = " + '"""a"""' * (MEGABYTE // 7)),
    "comments": ("#\n" * (MEGABYTE // 2) + SOUND).encode(),
    "open brackets in a comment": ("#" + "[" * MEGABYTE + "\n" + SOUND).encode(),
}  # fmt: skip


def result(change: str) -> dict[str, bytes]:
    """A saved result whose paths or facts are large in one way."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sound = sound_result()
    table = pq.read_table(io.BytesIO(sound["paths.parquet"]))
    arrays = {name: table[name] for name in table.column_names}
    facts = sound["result.toml"]
    if change == "columns":
        arrays |= {f"extra {n}": np.zeros(10) for n in range(2_000)}
    elif change == "columns of many rows":
        rows = 1_000_000
        arrays = {name: np.full(rows, arrays[name][0].as_py()) for name in arrays}
        arrays |= {f"extra {n}": np.zeros(rows) for n in range(100)}
        arrays["weight"] = np.full(rows, 1.0 / rows)
        facts = facts.replace(b"paths = 10", b"paths = %d" % rows)
    elif change == "a column's name":
        arrays["x" * MEGABYTE] = np.zeros(10)
    elif change == "facts":
        facts += many("k{0} = 1\n").encode()
    elif change == "thresholds":
        assert b"[thresholds]\n" in facts
        facts = facts.replace(b"[thresholds]\n", b"[thresholds]\n" + many("r{0} = [0.1, 0.2, 0.3, 0.4]\n").encode())
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays), sink, compression="zstd")
    return sealed({**sound, "result.toml": facts, "paths.parquet": sink.getvalue()}, sound)


CASES = {
    "holdings": {name: {"holdings.csv": content} for name, content in HOLDINGS.items()},
    "prices": {name: {"prices.csv": content} for name, content in PRICES.items()},
    "nport": {name: {"primary_doc.xml": content} for name, content in FILINGS.items()},
    "scenario": {name: {"scenario.toml": content} for name, content in SCENARIOS.items()},
    "result": dict.fromkeys(("columns", "columns of many rows", "a column's name", "facts", "thresholds")),
}


@pytest.mark.parametrize(("reader", "name"), [(reader, name) for reader, cases in CASES.items() for name in cases])
def test_a_megabyte_is_read_or_refused_in_bounded_time_and_memory(reader, name, tmp_path):
    case = CASES[reader][name] or result(name)
    assert size(case) < 2 * MEGABYTE
    folder = written(case, tmp_path / "case")
    with bounded(max(size(case), MEGABYTE)):
        answer(reader, folder)


def test_a_reader_that_is_quadratic_is_found():
    """A test that cannot fail shows nothing: the usual slip, a string that grows by its first sign, in 200 kB."""
    from limits import TooSlow

    def count(text: str) -> int:
        found = 0
        while text:
            found += text.count("9")
            text = text[1:]
        return found

    with pytest.raises(TooSlow), bounded(1):
        count("9" * 200_000)


def test_a_reader_that_takes_a_gigabyte_is_found():
    with pytest.raises(MemoryError), bounded(MEGABYTE):
        bytearray(2**30)
