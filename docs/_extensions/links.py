"""A site that is whole: after a build every link inside it leads somewhere, and no page loads anything from outside."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Page(HTMLParser):
    """What a page of HTML can be linked to by, where it links to, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in ("img", "script") or (tag == "link" and "stylesheet" in given.get("rel", "")):
            self.loads += [given[name] for name in ("href", "src") if name in given]


def faults(site: Path) -> Iterator[tuple[str, str]]:
    """Page and description of every link of a site that leads nowhere, and of what is loaded from outside."""
    files = [file.resolve() for file in sorted(site.rglob("*.html")) if file.relative_to(site).parts[0] != "_static"]
    pages = {file: Page(file.read_text(encoding="utf-8")) for file in files}
    for file, page in pages.items():
        where = file.relative_to(site.resolve()).as_posix()
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


def check(app: Sphinx, problem: Exception | None) -> None:
    """Each fault is a warning, and with that ends a build in which warnings are errors."""
    from sphinx.util.logging import getLogger

    if problem is None and app.builder.format == "html":
        for page, fault in faults(Path(app.outdir)):
            getLogger(__name__).warning("%s: %s", page, fault)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
