"""A site that is whole: after a build every link leads somewhere, a page that is named is linked, nothing is loaded.

Docstrings name pages as the project has them, ``docs/scale.md``; on the site that is a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from sphinx.application import Sphinx


#: A page as the project names it.
PAGE = re.compile(r"\b(?:docs/)?(\w+)\.md\b")

#: What a page may be named in without a link.
LITERAL = {"a", "pre", "script", "style", "title"}


class Page(HTMLParser):
    """What a page of HTML can be linked to by, where it links to, what it loads, and the pages it names in its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.named: list[str] = []
        self.literal: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in LITERAL:
            self.literal.append(tag)
        given = {name: value for name, value in attrs if value}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in ("img", "script") or (tag == "link" and "stylesheet" in given.get("rel", "")):
            self.loads += [given[name] for name in ("href", "src") if name in given]

    def handle_endtag(self, tag: str) -> None:
        if tag in self.literal:
            self.literal.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self.literal:
            self.named += PAGE.findall(data)


def faults(site: Path) -> Iterator[tuple[str, str]]:
    """Page and description of every link that leads nowhere, page named without one, and load from outside."""
    files = [file.resolve() for file in sorted(site.rglob("*.html")) if file.relative_to(site).parts[0] != "_static"]
    pages = {file: Page(file.read_text(encoding="utf-8")) for file in files}
    for file, page in pages.items():
        where = file.relative_to(site.resolve()).as_posix()
        for name in page.named:
            if (site / f"{name}.html").exists():
                yield where, f"a page that is named must be linked, got {name}.md"
        for address in page.links + page.loads:
            link = urlsplit(address)
            if link.scheme or link.netloc:
                if address in page.loads and link.scheme != "data":
                    yield where, f"nothing may be loaded from outside, got {address}"
                continue
            target = (file.parent / unquote(link.path)).resolve() if link.path else file
            if not target.exists():
                yield where, f"a link must lead to a file of the site, got {address}"
            elif target in pages and link.fragment and unquote(link.fragment) not in pages[target].anchors:
                yield where, f"a link must lead to a place in its page, got {address}"


def link_pages(app: Sphinx, kind: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Link the pages that a docstring names."""
    lines[:] = [re.sub(r"\bdocs/(\w+)\.md\b", r":doc:`/\1`", line) for line in lines]


def check(app: Sphinx, problem: Exception | None) -> None:
    """Each fault is a warning, and with that ends a build in which warnings are errors."""
    from sphinx.util.logging import getLogger

    if problem is None and app.builder.format == "html":
        for page, fault in faults(Path(app.outdir)):
            getLogger(__name__).warning("%s: %s", page, fault)


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", link_pages)
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
