"""The built site in Chromium, from a server: no box leaves its page, every card has a picture, searches have excerpts.

Run: ``python tests/site_layout.py SITE``, once `sphinx-build` has made the folder SITE. It prints what is wrong, and
ends with 1 if anything is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from threading import Thread

from playwright.sync_api import Page, sync_playwright

#: Pixels, of a telephone, a tablet, a laptop and a large screen.
WIDTHS = (400, 800, 1280, 1920)

#: From this width on no box of code, output or a formula needs to be scrolled.
WIDE = 1280

#: Pages that are alike; one width is enough.
ALIKE = "api/generated/"

#: Elements that leave the page, or whose content leaves them; what scrolls sideways may do so on a narrow page.
FAULTS = """(wide) => {
  const scrolls = (box) => ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
  const inside = (box, ask) => {
    for (let up = box; up && up !== document.body; up = up.parentElement) if (ask(up)) return true;
    return false;
  };
  const right = document.documentElement.clientWidth + 1;
  const found = document.documentElement.scrollWidth > right ? ["the whole page scrolls sideways"] : [];
  for (const box of document.querySelectorAll(".bd-article, .bd-article *")) {
    if (box.closest("math, svg") && !box.matches("svg")) continue;
    const words = `${box.tagName.toLowerCase()} ${(box.textContent || "").trim().slice(0, 50)}`;
    if (box.getBoundingClientRect().right > right && !inside(box.parentElement, scrolls)) found.push(words);
    if (wide && scrolls(box) && box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 2) found.push(words);
  }
  return found;
}"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and prints no line for each."""

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of a folder, while it is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def layout(page: Page, address: str, site: Path, width: int) -> Iterator[str]:
    """What leaves its box at a width."""
    for file in sorted(site.rglob("*.html")):
        name = file.relative_to(site).as_posix()
        if name.startswith("_") or (name.startswith(ALIKE) and width != WIDTHS[0]):
            continue
        page.goto(f"{address}/{name}")
        wide = width >= WIDE and not name.startswith(ALIKE)
        yield from (f"{name} at {width} px: leaves its box: {fault}" for fault in page.evaluate(FAULTS, wide))


def gallery(page: Page, address: str) -> Iterator[str]:
    """Cards without a picture."""
    page.goto(f"{address}/examples/index.html")
    cards = page.locator(".sphx-glr-thumbcontainer")
    for number in range(cards.count()):
        picture = cards.nth(number).locator("img")
        picture.scroll_into_view_if_needed()
        if not picture.evaluate("(image) => image.decode().then(() => image.offsetWidth > 100)"):
            yield f"examples/index.html: a card must have a picture, got none for {cards.nth(number).inner_text()}"
    if cards.count() < 18:
        yield f"examples/index.html: must have 18 cards or more, got {cards.count()}"


def search(page: Page, address: str) -> Iterator[str]:
    """Results of a search without an excerpt; names of the API have their kind in its place."""
    page.goto(f"{address}/search.html?q=drawdown")
    page.get_by_text("Search finished").wait_for()
    page.wait_for_load_state("networkidle")
    results = page.locator("#search-results li")
    bare = results.filter(has_not=page.locator("p.context")).filter(has_not=page.locator("span:text('Python')"))
    if results.count() == 0 or bare.count() > 0:
        yield f"search.html: {bare.count()} of {results.count()} results have no excerpt"


def main(site: Path) -> int:
    faults: list[str] = []
    with sync_playwright() as driver, served(site) as address:
        browser = driver.chromium.launch(executable_path=which("chromium") or which("chromium-browser"))
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 900})
            faults += layout(page, address, site, width)
        faults += [*gallery(page, address), *search(page, address)]
        browser.close()
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
