"""A browser for tests of the report: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from report_cases import ran, scenario

from riskkit.comparison._comparison import Comparison


def missing(why: str) -> None:
    """Skip, or fail where the browser must be there."""
    if os.environ.get("RISKKIT_NEEDS_BROWSER"):
        pytest.fail(f"{why}, and RISKKIT_NEEDS_BROWSER is set")
    pytest.skip(why)


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium is not installed (apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed (pip install -e '.[test]')")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@dataclass
class Seen:
    """A page, and all that it asked for or complained about."""

    page: object
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def opened(chromium) -> Iterator[Callable[..., Seen]]:
    """Opens a file in a window of its own."""
    contexts = []

    def open_file(path: Path, *, width: int = 1280, scheme: str = "light", scripts: bool = True) -> Seen:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
        )
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("console", lambda message: seen.complaints.append(message.text))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("dialog", lambda dialog: (seen.complaints.append(dialog.message), dialog.dismiss()))
        seen.page.goto(path.as_uri())
        return seen

    yield open_file
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> object:
    """Finds faults of accessibility."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("axe-playwright-python is not installed (pip install -e '.[test]')")
    return Axe()


@pytest.fixture(scope="session")
def plain() -> Comparison:
    return ran(scenario())


@pytest.fixture(scope="session")
def report(plain: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a market on top of whose expected returns shocks come: other rates are weights."""
    path = tmp_path_factory.mktemp("browser") / "report.html"
    plain.report(path)
    return path
