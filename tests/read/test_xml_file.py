"""Untrusted XML: hostile or malformed files raise InvalidInput, and long files fit in memory."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
import warnings
from pathlib import Path

import pytest
from filings import currency_forward, filing, investment, option, swap, written
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.read import nport
from riskkit.read.xml_file import elements, is_xml

NO_DTD = r"primary_doc.xml, line \d+: must not declare a document type or entities .*, got one"
LONG = "x" * 3_000_000


def test_elements_come_when_they_end_with_path_line_attributes_and_text(tmp_path):
    content = '<a xmlns="one" xmlns:p="two">\n <p:b c="1"> x <d/>y\n</p:b><!-- -->\n<e>&lt;<![CDATA[&]]></e></a>'
    parsed = [(e.path, e.line, e.attributes, e.text) for e in elements(written(tmp_path, content))]
    assert parsed == [
        (("a", "b", "d"), 2, {}, ""),
        (("a", "b"), 2, {"c": "1"}, "x y"),
        (("a", "e"), 4, {}, "<&"),
        (("a",), 1, {}, ""),
    ]


def test_text_too_long_for_a_field_is_dropped(tmp_path):
    content = f"<a><b>{'x' * 10_000}</b><b>{'x' * 10_001}</b></a>"
    assert [e.text and len(e.text) for e in elements(written(tmp_path, content))] == [10_000, None, 0 or ""]


def test_xml_is_distinguished_from_csv_by_name_or_content(tmp_path):
    for name, content, answer in [
        ("a.xml", b"ticker,value\n", True),
        ("a.XML", b"", True),
        ("a", b"\xef\xbb\xbf\n <?xml version='1.0'?>", True),
        ("a", "<a/>".encode("utf-16"), True),
        ("a.csv", b"ticker,value\n<,1\n", False),
        ("a.csv", b"", False),
    ]:
        (tmp_path / name).write_bytes(content)
        assert is_xml(tmp_path / name) == answer
    assert not is_xml(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "before",
    [
        "\n",
        "\r\n\r\n",
        "  \t",
        "\u00a0\n",
        "\u2028",
        "\f\n",
        "\ufeff",
        "\ufeff\n",
        "\n\ufeff",
        "\u200b",
        "\ufeff\ufeff \n" * 9,
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_white_space_and_byte_order_marks_before_the_declaration_are_no_error(tmp_path, before, encoding):
    content = f'<?xml version="1.0" encoding="{encoding}"?><a><b>1</b></a>'
    parsed = [(e.path, e.text) for e in elements(written(tmp_path, (before + content).encode(encoding)))]
    assert parsed == [(("a", "b"), "1"), (("a",), "")]


@pytest.mark.parametrize(
    ("before", "place"),
    [
        ("", "line 2, column 3"),
        ("\n\n", "line 4, column 3"),
        ("\r\n\r", "line 4, column 3"),
        ("\n" * 70_000, "line 70002, column 3"),
        ("\ufeff \n ", "line 3, column 3"),
        ("\u2028\f", "line 2, column 3"),
    ],
)
def test_lines_are_those_of_the_file_where_white_space_comes_first(tmp_path, before, place):
    """The error is at the third character of the line after the declaration."""
    with pytest.raises(InvalidInput, match=f"primary_doc.xml, {place}: must be well-formed XML, got 'mismatched tag'"):
        list(elements(written(tmp_path, f"{before}<?xml version='1.0'?><a>\n</b>")))


@pytest.mark.parametrize(("before", "column"), [("", 4), ("  ", 6), ("\n\n   ", 7), ("\ufeff ", 5)])
def test_columns_are_those_of_the_file_where_white_space_comes_first(tmp_path, before, column):
    with pytest.raises(InvalidInput, match=rf"line {before.count(chr(10)) + 1}, column {column}: must be well-formed"):
        list(elements(written(tmp_path, f"{before}<a>&b;</a>")))


def test_a_megabyte_of_nothing_before_the_first_tag_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="line 1: white space before the first tag must be shorter than 1,048,576"):
        list(elements(written(tmp_path, " " * 1_200_000 + "<a/>")))


def test_prefixes_end_with_the_element_that_declares_them(tmp_path):
    content = "<a><b xmlns:p='u'><p:c p:d='1' xml:lang='en'/></b>{}</a>"
    assert [e.path for e in elements(written(tmp_path, content.format("")))] == [("a", "b", "c"), ("a", "b"), ("a",)]
    for late in ("<p:c/>", "<b p:d='1'/>", "<:c/>", "<p:/>", "<b xmlns:q='u'/><q:c/>"):
        with pytest.raises(InvalidInput, match=r"line 1.*: must be well-formed XML, got"):
            list(elements(written(tmp_path, content.format(late))))


# ---------------------------------------------------------------------------------------------------------------------
# Hostile files
# ---------------------------------------------------------------------------------------------------------------------


def hostile(declaration: str, name: str = "A") -> str:
    """A filing with a document type whose entity is in a name."""
    plain = filing(investment(1, name="NAME"), net=1).replace("NAME", name)
    first, rest = plain.split("\n", 1)
    return f"{first}\n{declaration}\n{rest}"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "content",
    [
        hostile(f'<!DOCTYPE e [<!ENTITY l0 "lol">{LAUGHS}]>', "&l11;"),
        hostile(f'<!DOCTYPE e [<!ENTITY q "{"q" * 50_000}">]>', "&q;" * 2_000),
        hostile('<!DOCTYPE e [<!ENTITY x SYSTEM "secret.txt">]>', "&x;"),
        hostile('<!DOCTYPE e [<!ENTITY x SYSTEM "http://localhost:9/">]>', "&x;"),
        hostile('<!DOCTYPE e [<!ENTITY % p SYSTEM "secret.txt"> %p;]>'),
        hostile('<!DOCTYPE e SYSTEM "secret.txt">'),
        hostile("<!DOCTYPE edgarSubmission>"),
    ],
    ids=["laughs", "quadratic", "file", "network", "parameter", "external type", "empty type"],
)
def test_entities_and_document_types_are_refused(tmp_path, monkeypatch, content):
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match=NO_DTD) as error:
        nport(written(tmp_path, content))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (filing(investment(1, name=LONG), net=1), "line 3: <name> must have at most 10,000 characters, got more"),
        (filing(investment(LONG, name="A"), net=1), "line 3: <valUSD> must have at most 10,000 characters, got more"),
        (filing(investment(1, ticker=LONG), net=1), "line 3: a tag or a comment must be shorter than 1,048,576 bytes"),
        (f"<edgarSubmission><!-- {LONG} --></edgarSubmission>", "line 1: a tag or a comment must be shorter"),
        (f"<{LONG}/>", "line 1: a tag or a comment must be shorter"),
        ("<edgarSubmission>" + "<a>" * 100_000, "line 1: elements must be nested at most 200 deep, got more"),
    ],
    ids=["name", "value", "attribute", "comment", "tag", "depth"],
)
def test_giants_are_refused(tmp_path, content, message):
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput, match=message):
            nport(written(tmp_path, content))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < len(content.encode()) + 12_000_000


def test_giants_where_nothing_is_read_do_no_harm(tmp_path):
    content = filing(investment(1, name="A", explntrNotes=LONG), net=1)
    assert nport(written(tmp_path, content)) == nport(written(tmp_path, filing(investment(1, name="A"), net=1)))


MEGABYTE = 1_000_000


def many(form: str, size: int) -> str:
    """As many numbered forms of about so many bytes as make a megabyte."""
    return "".join(form.format(n) for n in range(MEGABYTE // size))


#: A megabyte of each kind of thing, as the whole of a file, and what is refused of it; "" is read.
WORST = {
    "open elements": ("<a>" * (MEGABYTE // 3), "nested at most 200 deep"),
    "elements, deep": ("<a>" * 199 + "<b/>" * (MEGABYTE // 4) + "</a>" * 199, ""),
    "elements, left open": ("<a>" + "<b>" * 190 + "<c>x</c>" * (MEGABYTE // 8), "no element found"),
    "a tag": (f"<{'x' * MEGABYTE}/>", ""),
    "an open tag": (f"<a><{'x' * MEGABYTE}", "unclosed token"),
    "attributes": ("<a " + many("a{}='' ", 10) + "/>", "10,000 different names"),
    "attributes of many": (
        "<a>" + many("<b c{}=''/>", 14) + "</a>",
        "10,000 different names",
    ),
    "names": (f"<a>{many('<b{}/>', 9)}</a>", "10,000 different names"),
    "a value": (f"<a b='{'x' * MEGABYTE}'/>", ""),
    "a value of references": (f"<a b='{'&#65;' * (MEGABYTE // 5)}'/>", ""),
    "text": (f"<a>{'x' * MEGABYTE}</a>", ""),
    "lines": ("<a>" + "\n" * MEGABYTE + "</a>", ""),
    "namespaces": ("<a " + many("xmlns:a{}='u' ", 18) + "/>", "10,000 different names"),
    # A parser that resolves namespaces copies half a megabyte with each name: 60 GB.
    "a namespace of elements": (f"<a xmlns='{'u' * (MEGABYTE // 2)}'>{'<b/>' * (MEGABYTE // 8)}</a>", ""),
    "a namespace of attributes": (
        f"<a xmlns:p='{'u' * (MEGABYTE // 2)}' " + many("p:a{}='' ", 24) + "/>",
        "10,000 different names",
    ),
    "namespaces, deep": ("".join(f"<a xmlns:p{n}='{'u' * 5_000}'>" for n in range(199)) + "</a>" * 199, ""),
    "comments": (f"<a>{'<!---->' * (MEGABYTE // 7)}</a>", ""),
    "a comment": (f"<a><!--{'-x' * (MEGABYTE // 2)}--></a>", ""),
    "sections": (f"<a>{'<![CDATA[]]>' * (MEGABYTE // 12)}</a>", ""),
    "a section": (f"<a><![CDATA[{']' * MEGABYTE}]]></a>", ""),
    "instructions": (f"<a>{'<?a?>' * (MEGABYTE // 5)}</a>", ""),
    "an instruction": (f"<a><?a {'?' * MEGABYTE}?></a>", ""),
    "references": (f"<a>{'&#65;' * (MEGABYTE // 5)}</a>", ""),
    "a reference": (f"<a>&#x{'0' * MEGABYTE}41;</a>", ""),
    "entities": (f"<a>{'&amp;' * (MEGABYTE // 5)}</a>", ""),
    "blank lines before": ("\n" * MEGABYTE + "<a/>", ""),
}


@pytest.mark.slow
@pytest.mark.parametrize(("content", "refused"), WORST.values(), ids=WORST)
def test_a_megabyte_of_anything_is_read_or_refused_in_bounded_time_and_memory(tmp_path, content, refused):
    """At most 40 MB, some of it for 16,000 small elements a chunk; and 30 s, ten times what the slowest takes."""
    path = written(tmp_path, content)
    assert MEGABYTE * 0.9 < path.stat().st_size < MEGABYTE * 1.2
    started = time.process_time()
    tracemalloc.start()
    try:
        if refused:
            with pytest.raises(InvalidInput, match=refused):
                sum(1 for _ in elements(path))
        else:
            assert sum(1 for _ in elements(path)) >= 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40_000_000
    assert time.process_time() - started < 30.0


def test_comments_between_tags_may_be_longer_together_than_a_tag(tmp_path):
    content = f"<a>{'<!-- a note -->' * 200_000}{'<?a note?>' * 200_000}</a>"
    assert [e.path for e in elements(written(tmp_path, content))] == [("a",)]


@pytest.mark.parametrize(
    ("limit", "content", "message"),
    [
        ("_MAX_FILE_BYTES", "<a>\n" + " " * 2_000 + "</a>", "a file must be shorter than 1,000 bytes"),
        ("_MAX_ELEMENTS", "<a>\n" + "<b/>" * 1_000 + "</a>", "line 2: must have at most 1,000 elements"),
        ("_MAX_NAMES", "<a>\n" + "".join(f"<b{n}/>" for n in range(1_000)) + "</a>", "line 2: .* 1,000 different"),
    ],
)
def test_the_size_of_a_file_is_limited(tmp_path, monkeypatch, limit, content, message):
    monkeypatch.setattr(f"riskkit.read.xml_file.{limit}", 1_000)
    with pytest.raises(InvalidInput, match=message):
        list(elements(written(tmp_path, content)))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no device without an end here")
def test_a_device_without_an_end_is_refused():
    with pytest.raises(InvalidInput, match="/dev/zero, line 1, column 1: must be well-formed XML"):
        list(elements("/dev/zero"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"line 1, column 1: must be well-formed XML, got 'no element found'"),
        (b"\n\n", "must be well-formed XML, got 'no element found'"),
        (b"ticker,value\nTSLA,1\n", "line 1, column 1: must be well-formed XML, got 'syntax error'"),
        (b"%PDF-1.7\n", "line 1, column 9: must be well-formed XML, got 'not well-formed"),
        (b"PK\x03\x04\x00\x00", "line 1, column 3: must be well-formed XML, got 'not well-formed"),
        (b"<a>\n<b></a>", "line 2, column 6: must be well-formed XML, got 'mismatched tag'"),
        (b"<a/><b/>", "line 1, column 5: must be well-formed XML, got 'junk after document element'"),
        (b"<a>&unknown;</a>", "line 1, column 4: must be well-formed XML, got 'undefined entity'"),
        (b"<a>\xff</a>", "line 1, column 4: must be well-formed XML, got 'not well-formed"),
        (b"<p:a/>", "must be well-formed XML, got 'unbound prefix'"),
        (b"<a b='1' b='2'/>", "must be well-formed XML, got 'duplicate attribute'"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "line 1: must declare an encoding that can be read, got "),
        (b"<?xml version='1.0' encoding='utf-7'?><a/>", "line 1: must declare an encoding that can be read, got "),
        (b"<?xml version='1.0' encoding='hex'?><a/>", "line 1: must declare an encoding that can be read, got "),
    ],
)
def test_malformed_xml_is_refused_with_its_place(tmp_path, content, message):
    with pytest.raises(InvalidInput, match=message):
        list(elements(written(tmp_path, content)))


def test_a_file_cut_off_anywhere_is_refused(tmp_path):
    content = filing(investment(1, name="A", cusip="88160R101"), net=1).encode().rstrip()
    for length in range(len(content)):
        with pytest.raises(InvalidInput, match=r"primary_doc\.xml, line \d+, column \d+: must be well-formed XML, got"):
            nport(written(tmp_path, content[:length]))


def test_a_missing_file_raises_the_error_of_python(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.xml"):
        nport(tmp_path / "none.xml")


# ---------------------------------------------------------------------------------------------------------------------
# Any bytes
# ---------------------------------------------------------------------------------------------------------------------

VALID = filing(
    investment(40, name="Tesla Inc", title="Tesla", ticker="TSLA", cusip="88160R101", pctVal="40", assetCat="EC"),
    investment(25, name="SpaceX", title="SpaceX N", fairValLevel="3", isRestrictedSec="Y", assetCat="EP"),
    investment(30, name="SpaceX", title="SpaceX G", fairValLevel="3", isRestrictedSec="Y", assetCat="EP"),
    investment(-5, name="Swap", payoffProfile="N/A", isin="US88160R1014"),
    swap(1, 30, currency="EUR"),
    option(1, "Put", "Purchased", 1, -0.5),
    currency_forward(1),
    net=80,
).encode()

PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [
            b"<", b">", b"</valUSD>", b"<valUSD>", b"<name>", b"&amp;", b"&x;", b"<!--", b"]]>", b"<![CDATA[", b"'",
            b"n:", b"<!DOCTYPE a>", b"<?xml version='1.0' encoding='utf-7'?>", b"nan", b"-", b"1e308", b"1e-320", b"0",
            b"\0", b"\xff\xfe", b"\xc3", b"N/A", b"Short", b"<edgarSubmission>", b"\x1b", b"latin-1", b"idna",
            b"</notionalAmt>", b"<delta>", b"XXXX", b"<nestedDerivInfo>", b"NC", b"USD",
        ]
    ),
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(VALID)), st.integers(0, 40), PIECES), min_size=1, max_size=5))
def test_no_change_to_a_file_raises_anything_but_invalid_input(tmp_path_factory, edits):
    content = VALID
    for place, length, piece in edits:
        content = content[:place] + piece + content[place + length :]
    path = written(tmp_path_factory.getbasetemp(), content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        for derivatives in ("leave out", "notional"):
            try:
                assert nport(path, derivatives=derivatives).net > 0.0
            except InvalidInput:
                continue


# ---------------------------------------------------------------------------------------------------------------------
# Memory
# ---------------------------------------------------------------------------------------------------------------------


def long_filing(folder, lines: int, filler: int):
    """A file of so many lines, each with so many elements of 250 bytes that are not needed."""
    ignored = "<debtSec>" + f"<a b='c'><d>{'12345678 ' * 24}</d>\n</a>" * filler + "</debtSec>"
    whole = [investment(1, name=f"Company {n}", cusip=f"C{n:08d}") for n in range(lines)]
    whole = [line.replace("</invstOrSec>", f"{ignored}</invstOrSec>") for line in whole]
    return written(folder, filing(*whole, net=lines))


def test_memory_grows_with_the_lines_and_not_with_what_stands_in_them(tmp_path):
    """100 lines in 40 kB and in 4 MB; a chunk of the file and what is in it take less than 1 MB."""
    peaks = {}
    for filler in (1, 160):
        path = long_filing(tmp_path, 100, filler)
        tracemalloc.start()
        assert len(nport(path).names) == 100
        peaks[filler] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert path.stat().st_size > 3_500_000
    assert peaks[160] < peaks[1] + 1_000_000


@pytest.mark.slow
def test_50_megabytes_are_read_in_as_little_memory(tmp_path):
    """20,000 lines of 2.5 kB each; a tree of all elements would take ten times the file."""
    path = long_filing(tmp_path, 20_000, 10)
    assert path.stat().st_size > 50_000_000
    small = tmp_path / "small"
    small.mkdir()
    code = (
        "import resource, sys\nfrom riskkit.read import nport\n"
        f"nport({str(long_filing(small, 10, 10))!r})\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"assert len(nport({str(path)!r}).names) == 20_000\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50_000  # KiB
