"""Stream the elements of an XML file in bounded memory; refuse document types, entities and giants."""

from __future__ import annotations

import codecs
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, LexicalHandler, property_lexical_handler

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import file_path, short_repr

__all__ = ["Element", "elements", "is_xml", "xml_error"]

# Limits of every XML file. Within them, time and memory grow at most linearly with the file.
_MAX_FILE_BYTES = 2**28  # bytes; the largest filings of funds have about 2**26
_MAX_TAG_BYTES = 2**20  # bytes of a tag, a comment or an instruction, and of white space before the first
_MAX_TEXT_LENGTH = 10_000  # characters of an element; longer text is dropped
_MAX_DEPTH = 200  # elements inside one another
_MAX_ELEMENTS = 10_000_000
_MAX_NAMES = 10_000  # different names of elements and attributes; the parser stores each

_CHUNK = 2**16  # bytes

#: Characters allowed before the first tag: white space in the wide sense, and byte order marks.
_BLANK = " \t\r\n\f\v\x85\xa0\u200b\u2028\u2029\ufeff"
_BLANK_BYTES = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n\f\v"
_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Element:
    """An element of an XML file.

    Parameters
    ----------
    path : tuple of str
        Names from the root to this element, without their prefixes.
    line : int
        Line of the file on which it begins.
    attributes : mapping of str to str
        By name, without prefixes.
    text : str or None
        Text directly inside it, without the space around it; None where it has more than 10,000 characters.
    """

    path: tuple[str, ...]
    line: int
    attributes: Mapping[str, str]
    text: str | None


def is_xml(path: str | os.PathLike[str]) -> bool:
    """Whether a file is XML by its suffix, or by its first character if it exists."""
    file = file_path("path", path)
    named_so = file.suffix.lower() == ".xml"
    if named_so or not file.is_file():
        return named_so
    with file.open("rb") as stream:
        return stream.read(_CHUNK).lstrip(_BLANK_BYTES).startswith(b"<")


def xml_error(path: str, message: str, line: int, column: int | None = None) -> InvalidInput:
    """Return an error whose message begins with the file, line and column."""
    which = "" if column is None else f", column {column}"
    return InvalidInput(f"{path}, line {line}{which}: {message}")


def elements(
    path: str | os.PathLike[str], check_root: Callable[[str, int], object] = lambda name, line: None
) -> Iterator[Element]:
    """Yield each element of an XML file when it ends; the root comes last.

    Parameters
    ----------
    path : str or path
        A file in the encoding that it declares. White space and byte order marks before its first sign are skipped.
    check_root : callable
        Called with the name of the root and its line; may raise to refuse the file.

    Yields
    ------
    Element
        In the order in which they end.

    Raises
    ------
    InvalidInput
        With file and line: if the file is not well-formed; declares a document type, and with it entities, which can
        make a small file grow without end or read other files; is longer than 256 MiB; nests more than 200 elements;
        holds a tag or a comment of more than 1 MiB, more than 10 million elements, or more than 10,000 different
        names of elements and attributes.
    OSError
        If the file cannot be opened.
    """
    from defusedxml.expatreader import create_parser

    name = str(file_path("path", path))
    with Path(name).open("rb") as stream:
        beginning, blank = _skip_blank(name, stream)
        # The parser does not resolve namespaces: it would copy the whole address of one with every name.
        parser = create_parser(namespaceHandling=0, forbid_dtd=True)
        builder = _ElementBuilder(name, parser, blank, check_root)
        parser.setContentHandler(builder)
        parser.setProperty(property_lexical_handler, builder)
        parser.feed(b"")  # starts the parser, so that an empty file is an error
        with builder.parser_errors():
            builder.feed(beginning)
        yield from builder.pop_ended()
        for chunk in iter(partial(stream.read, _CHUNK), b""):
            with builder.parser_errors():
                builder.feed(chunk)
            yield from builder.pop_ended()
    with builder.parser_errors():
        parser.close()
    yield from builder.pop_ended()


def _skip_blank(path: str, stream: BinaryIO) -> tuple[bytes, str]:
    """The first bytes of the file after leading white space, and that white space."""
    chunk = stream.read(_CHUNK)
    mark = chunk[:2] if chunk[:2] in _UTF_16 else b""
    encoding = _UTF_16.get(mark, "utf-8")
    chunk = chunk[len(mark) :]
    blank: list[str] = []
    while chunk:
        text = chunk.decode(encoding, errors="replace")  # bytes that cannot be decoded are not white space
        rest = text.lstrip(_BLANK)
        blank.append(text[: len(text) - len(rest)])
        if rest:
            return mark + chunk[len(blank[-1].encode(encoding)) :], "".join(blank)
        if sum(map(len, blank)) > _MAX_TAG_BYTES:
            raise xml_error(path, f"white space before the first tag must be shorter than {_MAX_TAG_BYTES:,} bytes", 1)
        chunk = stream.read(_CHUNK)
    return b"", "".join(blank)


def _declares_namespace(attribute: str) -> bool:
    """Whether an attribute declares a namespace."""
    return attribute == "xmlns" or attribute.startswith("xmlns:")


@dataclass(slots=True)
class _OpenElement:
    """An element that has begun."""

    path: tuple[str, ...]
    line: int
    attributes: Mapping[str, str]
    prefixes: tuple[str, ...]
    length: int = 0
    text_chunks: list[str] = field(default_factory=list)
    last_child_path: tuple[str, ...] = ()

    def child_path(self, tag: str) -> tuple[str, ...]:
        """The path of a child element; siblings of one name share the tuple."""
        if not self.last_child_path or self.last_child_path[-1] != tag:
            self.last_child_path = (*self.path, tag)
        return self.last_child_path


class _ElementBuilder(ContentHandler, LexicalHandler):
    """Assembles elements from the events of the parser."""

    def __init__(self, path: str, parser: Any, blank: str, check_root: Callable[[str, int], object]) -> None:
        super().__init__()
        self._path = path
        self._parser = parser
        self._check_root = check_root
        blank_lines_before, _, blank_before = blank.replace("\r\n", "\n").replace("\r", "\n").rpartition("\n")
        self._lines_before = blank_lines_before.count("\n") + ("\n" in blank or "\r" in blank)
        self._columns_before = len(blank_before.replace("\ufeff", ""))
        self._open_elements: list[_OpenElement] = []
        self._ended: list[Element] = []
        self._prefixes = Counter(["xml", "xmlns"])
        self._names: set[str] = set()
        self._count = 0
        self._length = 0
        self._had_event = False
        self._bytes_without_event = 0

    def feed(self, chunk: bytes) -> None:
        self._length += len(chunk)
        if self._length > _MAX_FILE_BYTES:
            raise self._error(f"a file must be shorter than {_MAX_FILE_BYTES:,} bytes, got a longer one; split it")
        self._had_event = False
        self._parser.feed(chunk)
        # The parser starts an unfinished tag over with each chunk: time grows with the square of its length.
        self._bytes_without_event = 0 if self._had_event else self._bytes_without_event + len(chunk)
        if self._bytes_without_event > _MAX_TAG_BYTES:
            raise self._error(f"a tag or a comment must be shorter than {_MAX_TAG_BYTES:,} bytes, got a longer one")

    def pop_ended(self) -> list[Element]:
        ended, self._ended = self._ended, []
        return ended

    def startElement(self, name: str, attrs: Any) -> None:
        self._had_event = True
        if len(self._open_elements) == _MAX_DEPTH:
            raise self._error(f"elements must be nested at most {_MAX_DEPTH} deep, got more")
        self._count += 1
        if self._count > _MAX_ELEMENTS:
            raise self._error(f"must have at most {_MAX_ELEMENTS:,} elements, got more")
        self._names.add(name)
        declared: tuple[str, ...] = ()
        attributes: Mapping[str, str] = _NO_ATTRIBUTES
        if attrs:
            keys = attrs.keys()
            self._names.update(keys)
            declared = tuple(key.partition(":")[2] for key in keys if _declares_namespace(key))
            self._prefixes.update(declared)
            attributes = {self._local(key): value for key, value in attrs.items() if not _declares_namespace(key)}
        if len(self._names) > _MAX_NAMES:
            raise self._error(f"must use at most {_MAX_NAMES:,} different names of elements and attributes, got more")
        tag = self._local(name)
        line = self._line()
        if not self._open_elements:
            self._check_root(tag, line)
        path = self._open_elements[-1].child_path(tag) if self._open_elements else (tag,)
        self._open_elements.append(_OpenElement(path, line, attributes, declared))

    def characters(self, content: str) -> None:
        self._had_event = True
        element = self._open_elements[-1]
        element.length += len(content)
        if element.length <= _MAX_TEXT_LENGTH:
            element.text_chunks.append(content)

    def endElement(self, name: str) -> None:
        self._had_event = True
        element = self._open_elements.pop()
        if element.prefixes:
            self._prefixes.subtract(element.prefixes)
        text = "".join(element.text_chunks).strip() if element.length <= _MAX_TEXT_LENGTH else None
        self._ended.append(Element(element.path, element.line, element.attributes, text))

    def comment(self, content: str) -> None:
        self._had_event = True

    def processingInstruction(self, target: str, data: str) -> None:
        self._had_event = True

    def _local(self, name: str) -> str:
        """The name without its prefix, which an enclosing element must declare."""
        prefix, colon, local = name.partition(":")
        if not colon:
            return name
        if not prefix or not local or self._prefixes[prefix] < 1:
            raise self._error(f"must be well-formed XML, got 'unbound prefix' {short_repr(prefix, 80)}")
        return local

    def _line(self) -> int:
        return self._lines_before + int(self._parser.getLineNumber())

    def _error(self, message: str) -> InvalidInput:
        return xml_error(self._path, message, self._line())

    @contextmanager
    def parser_errors(self) -> Iterator[None]:
        """Convert errors of the parser to `InvalidInput`."""
        from defusedxml.common import DefusedXmlException

        try:
            yield
        except InvalidInput:
            raise
        except DefusedXmlException as error:
            page = getattr(error, "name", "").lower() == "html"
            got = "that of an HTML page; take the XML file itself" if page else "one"
            message = f"must not declare a document type or entities (<!DOCTYPE>, <!ENTITY>), got {got}"
            raise self._error(message) from None
        except SAXParseException as error:
            line, column = error.getLineNumber() or 1, (error.getColumnNumber() or 0) + 1
            column += self._columns_before if line == 1 else 0
            message = f"must be well-formed XML, got {error.getMessage()!r}"
            raise xml_error(self._path, message, self._lines_before + line, column) from None
        except (LookupError, ValueError) as error:
            # Raised for an encoding that Python does not know, or that is not an encoding of text.
            message = f"must declare an encoding that can be read, got {short_repr(str(error), 80)}"
            raise xml_error(self._path, message, self._lines_before + 1) from None
