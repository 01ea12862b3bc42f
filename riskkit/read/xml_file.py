"""An XML file as a stream of elements, in memory that does not grow with the file; what could do harm is refused."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

from riskkit.checks import file_path
from riskkit.errors import InvalidInput, MissingExtra

__all__ = ["Element", "elements", "is_xml", "xml_fault"]

_CHUNK = 2**16  # bytes
_LONGEST_TAG = 2**20  # bytes
_LONGEST_TEXT = 10_000  # characters
_DEEPEST = 200

#: What may stand before the first sign of an XML file: byte order marks and space.
_BEFORE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"


@dataclass(frozen=True, slots=True)
class Element:
    """An element of an XML file.

    Parameters
    ----------
    path : tuple of str
        Names from the root to this element, without their namespaces.
    line : int
        Line of the file on which it begins.
    attributes : mapping of str to str
        By name, without namespaces.
    text : str or None
        Text directly inside it, without the space around it; None where it has more than 10,000 characters.
    """

    path: tuple[str, ...]
    line: int
    attributes: Mapping[str, str]
    text: str | None


def is_xml(path: str | os.PathLike[str]) -> bool:
    """Whether a file is meant as XML, by its name or by how it begins; what is no file is not looked into."""
    file = file_path("path", path)
    named_so = file.suffix.lower() == ".xml"
    if named_so or not file.is_file():
        return named_so
    with file.open("rb") as stream:
        return stream.read(_CHUNK).lstrip(_BEFORE).startswith(b"<")


def xml_fault(path: str, message: str, line: int, column: int | None = None) -> InvalidInput:
    """Return an error that begins with the place in the file."""
    which = "" if column is None else f", column {column}"
    return InvalidInput(f"{path}, line {line}{which}: {message}")


def elements(path: str | os.PathLike[str]) -> Iterator[Element]:
    """Yield each element of an XML file when it ends; the root comes last.

    Parameters
    ----------
    path : str or path
        A file in the encoding that it declares.

    Yields
    ------
    Element
        In the order in which they end.

    Raises
    ------
    InvalidInput
        With file and line: if the file is not well-formed; declares a document type, and with it entities, which can
        make a small file grow without end or read other files; nests more than 200 elements; holds a tag or a comment
        of more than 1 MiB.
    MissingExtra
        If defusedxml is not installed.
    OSError
        If the file cannot be opened.
    """
    try:
        from defusedxml.expatreader import create_parser
    except ImportError:
        raise MissingExtra("XML files need defusedxml: pip install 'riskkit[read]'") from None
    name = str(file_path("path", path))
    parser = create_parser(namespaceHandling=1, forbid_dtd=True)
    builder = _Builder(name, parser)
    parser.setContentHandler(builder)
    with Path(name).open("rb") as stream:
        parser.feed(b"")  # begins, so that an empty file has an end to complain about
        for chunk in iter(partial(stream.read, _CHUNK), b""):
            with _told_in_our_words(name, parser):
                builder.feed(chunk)
            yield from builder.taken()
    with _told_in_our_words(name, parser):
        parser.close()
    yield from builder.taken()


@dataclass
class _Open:
    """An element that has begun."""

    path: tuple[str, ...]
    line: int
    attributes: Mapping[str, str]
    length: int = 0
    parts: list[str] = field(default_factory=list)


class _Builder(ContentHandler):
    """Puts elements together from what the parser reports."""

    def __init__(self, path: str, parser: Any) -> None:
        super().__init__()
        self._path = path
        self._parser = parser
        self._open: list[_Open] = []
        self._ended: list[Element] = []
        self._heard = False
        self._unheard = 0

    def feed(self, chunk: bytes) -> None:
        self._heard = False
        self._parser.feed(chunk)
        # An unfinished tag is kept and parsed anew with each chunk: time grows with the square of its length.
        self._unheard = 0 if self._heard else self._unheard + len(chunk)
        if self._unheard > _LONGEST_TAG:
            raise self._fault(f"a tag or a comment must be shorter than {_LONGEST_TAG:,} bytes, got a longer one")

    def taken(self) -> list[Element]:
        ended, self._ended = self._ended, []
        return ended

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:
        self._heard = True
        if len(self._open) == _DEEPEST:
            raise self._fault(f"elements must be nested at most {_DEEPEST} deep, got more")
        attributes = {key[1]: value for key, value in attrs.items()}
        path = (*self._open[-1].path, name[1]) if self._open else (name[1],)
        self._open.append(_Open(path, self._parser.getLineNumber(), attributes))

    def characters(self, content: str) -> None:
        self._heard = True
        element = self._open[-1]
        element.length += len(content)
        if element.length <= _LONGEST_TEXT:
            element.parts.append(content)

    def endElementNS(self, name: Any, qname: Any) -> None:
        self._heard = True
        element = self._open.pop()
        text = "".join(element.parts).strip() if element.length <= _LONGEST_TEXT else None
        self._ended.append(Element(element.path, element.line, element.attributes, text))

    def _fault(self, message: str) -> InvalidInput:
        return xml_fault(self._path, message, self._parser.getLineNumber())


@contextmanager
def _told_in_our_words(path: str, parser: Any) -> Iterator[None]:
    from defusedxml.common import DefusedXmlException

    try:
        yield
    except InvalidInput:
        raise
    except DefusedXmlException:
        message = "must not declare a document type or entities (<!DOCTYPE>, <!ENTITY>), got one"
        raise xml_fault(path, message, parser.getLineNumber()) from None
    except SAXParseException as error:
        message = f"must be well-formed XML, got {error.getMessage()!r}"
        raise xml_fault(path, message, error.getLineNumber() or 1, (error.getColumnNumber() or 0) + 1) from None
    except (LookupError, ValueError) as error:
        # What the parser raises for an encoding that Python does not know, or that is no encoding of text.
        raise xml_fault(path, f"must declare an encoding that can be read, got {error}", 1) from None
