"""The report in Debian's Chromium: it opens from a file, loads nothing, and its sliders show fresh results."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from report_cases import SCRIPT, ran, scenario, scripted

import riskkit as rk
from riskkit.comparison._comparison import Comparison

WIDTHS, SCHEMES = (1280, 400), ("light", "dark")

#: Columns of the main table, in its order.
METRICS = [
    "wealth_median", "wealth_p05", "goal_probability", "loss_probability", "max_drawdown_median", "ced95",
    "founder_weight_end", "turnover",
]  # fmt: skip
SHARES = set(METRICS) - {"wealth_median", "wealth_p05"}


def missing(why: str) -> None:
    """Skip, or fail where the browser must be there."""
    if os.environ.get("RISKKIT_NEEDS_BROWSER"):
        pytest.fail(f"{why}, and RISKKIT_NEEDS_BROWSER is set")
    pytest.skip(why)


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def plain() -> Comparison:
    return ran(scenario())


@pytest.fixture(scope="module")
def report(plain: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a market on top of whose expected returns shocks come: other rates are weights."""
    path = tmp_path_factory.mktemp("browser") / "report.html"
    plain.report(path)
    return path


def slide(page, name: str, place: int) -> None:
    page.locator(f"#{name}").fill(str(place))


def number(cell: str) -> tuple[float, float]:
    """The value of a cell, and half a unit of its last digit."""
    text = cell.split(" ")[0].replace("−", "-").replace("+", "")
    decimals = len(text.partition(".")[2])
    return float(text), 0.500001 * 10.0**-decimals


def assert_shows(page, result: Comparison) -> None:
    """The main table and the paired differences are those of a result, to the digits that they have."""
    table, errors = result.table(METRICS), result.errors(METRICS)
    rows = page.locator("#rules-table tbody tr").all()
    assert len(rows) == len(table)
    for rule, row in zip(table.index, rows, strict=True):
        cells = row.locator("td").all_text_contents()
        for metric, cell in zip(METRICS, cells, strict=True):
            scale = 100.0 if metric in SHARES else 1.0
            value, half = number(cell)
            assert value == pytest.approx(scale * table.loc[rule, metric], abs=half), (rule, metric)
            if "±" in cell:
                error, half = number(cell.split("±")[1])
                assert error == pytest.approx(scale * errors.loc[rule, metric], abs=half), (rule, metric)
    metrics = ["wealth_median", "wealth_p05", "ced95"]
    gaps = result.differences(metrics=metrics)
    for row in page.locator("#differences-table tbody tr").all():
        rule = row.locator("th").text_content()
        cells = row.locator("td").all_text_contents()
        for metric, cell in zip(metrics, cells, strict=False):
            value, half = number(cell)
            scale = 100.0 if metric in SHARES else 1.0
            assert value == pytest.approx(scale * gaps.loc[(rule, metric), "difference"], abs=half), (rule, metric)
        assert number(cells[3])[0] == pytest.approx(100.0 * gaps.loc[(rule, "wealth_median"), "won"], abs=0.0501)


def with_impact(case: rk.Scenario, factor: float, rate: float = 0.05) -> rk.Scenario:
    """The founder's exit at another rate and so many times its impact."""
    shock = case.market.shocks[0]
    impact = {name: rk.Impact(factor * each.mean, factor * each.sd) for name, each in shock.impact.items()}
    return replace(case, market=replace(case.market, shocks=[replace(shock, impact=impact, rate=rate)]))


# ---------------------------------------------------------------------------------------------------------------------
# Reading it
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_from_a_file_without_a_complaint_and_asks_for_nothing(opened, report, width, scheme):
    seen = opened(report, width=width, scheme=scheme)
    page = seen.page
    assert page.locator("h1").text_content() == "60\xa0% with Ann: 3 rules over 2 years"
    assert seen.complaints == []
    assert seen.requests == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (scheme == "light")
    # The ink of the figures is that of the page.
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert page.locator("#curves text").first.evaluate("each => getComputedStyle(each).fill") == ink


def test_text_is_large_enough_to_read_on_a_phone(opened, report):
    """Figures scroll rather than shrink below four fifths: 8 points of a note are then 8.5 pixels."""
    page = opened(report, width=400).page
    widths = page.locator("figure svg").evaluate_all("all => all.map(each => each.getBoundingClientRect().width)")
    assert min(widths) >= 480
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 16


def test_it_prints_on_paper(opened, report):
    page = opened(report, scheme="dark").page
    printed = page.pdf(format="A4", print_background=True)
    assert printed.startswith(b"%PDF")
    assert 5 <= len(re.findall(rb"/Type /Page\b", printed)) <= 40
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("#what-if").is_visible()
    width = page.evaluate("document.documentElement.clientWidth")
    tables = page.locator("table").evaluate_all("all => all.map(each => each.getBoundingClientRect().width)")
    assert max(tables) <= width


def test_without_scripts_the_base_case_shows(opened, report, plain):
    seen = opened(report, scripts=False)
    assert_shows(seen.page, plain)
    assert not seen.page.locator("#what-if").is_visible()
    assert seen.page.locator("noscript").is_visible()
    assert seen.page.locator("figure svg").count() == 10


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_no_serious_fault(opened, report, width, scheme):
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("axe-playwright-python is not installed (pip install -e '.[test]')")
    page = opened(report, width=width, scheme=scheme).page
    for place in (2, 4):
        slide(page, "rate", place)
        faults = Axe().run(page).response["violations"]
        assert [fault["id"] for fault in faults if fault["impact"] in ("serious", "critical")] == []


# ---------------------------------------------------------------------------------------------------------------------
# What if
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_rate_slider_shows_reweight(opened, report, plain):
    page = opened(report).page
    assert_shows(page, plain)
    for place, rate in enumerate((0.0, 0.025, 0.05, 0.1, 0.2)):
        slide(page, "rate", place)
        assert_shows(page, plain.reweight({"founder exit": rate}))
        text = page.locator("#rate + output").text_content()
        assert text == f"{100 * rate:g}\xa0% a year" + (" (base case)" if rate == 0.05 else "")
        assert page.locator("#rate").get_attribute("aria-valuetext") == text
        assert page.locator("#status").is_visible() == (rate != 0.05)


@pytest.mark.slow
def test_the_impact_slider_shows_a_fresh_comparison_and_both_together_too(opened, report, plain):
    page = opened(report).page
    for place, factor in enumerate((0.5, 1.0, 1.5)):
        slide(page, "impact", place)
        assert_shows(page, ran(with_impact(scenario(), factor)))
    slide(page, "rate", 3)
    assert_shows(page, ran(with_impact(scenario(), 1.5)).reweight({"founder exit": 0.1}))
    assert "largest impact of −75\xa0%" in page.locator("#status").text_content()


@pytest.mark.slow
def test_where_expected_returns_include_the_shocks_other_rates_are_fresh_comparisons(opened, tmp_path):
    case = scenario(compensate=True)
    ran(case).report(tmp_path / "report.html")
    page = opened(tmp_path / "report.html").page
    for place, rate in ((0, 0.0), (4, 0.2)):
        slide(page, "rate", place)
        assert_shows(page, ran(with_impact(case, 1.0, rate)))
    slide(page, "impact", 0)
    assert_shows(page, ran(with_impact(case, 0.5, 0.2)))


def test_figures_are_redrawn_with_the_numbers_of_the_node(opened, report, plain):
    """Of 600 x 400 or so; the heights of 0 % and 100 % are those of the lines of the grid."""
    page = opened(report).page
    own = page.locator("#curves svg").first
    assert own.is_visible()
    slide(page, "rate", 4)
    assert not own.is_visible()
    assert not page.locator("#frontier").is_visible()
    assert "bands" not in page.locator("#curves figcaption").text_content()
    drawn = page.locator("#curves svg.drawn")
    riskier = plain.reweight({"founder exit": 0.2})
    lines = drawn.locator("polyline").evaluate_all("all => all.map(each => each.getAttribute('points'))")
    flat = drawn.locator("line").evaluate_all(
        "all => all.filter(each => each.getAttribute('y1') === each.getAttribute('y2'))"
        ".map(each => Number(each.getAttribute('y1')))"
    )
    low, high = max(flat), min(flat)
    assert len(lines) == 3
    for rule, line in zip(plain.scenario.names, lines, strict=True):
        heights = [float(pair) for pair in line.split(",")[1:] for pair in [pair.split(" ")[0]]]
        shares = (low - np.array(heights)) / (low - high)
        depths = riskier.values(rule, "max_drawdown")
        for place in (4, 8, 16):
            assert shares[place] == pytest.approx(riskier.path_weights[depths > place / 40].sum(), abs=2e-4)
    assert page.locator("#gaps svg.drawn text").first.text_content() is not None
    names = page.locator("#gaps svg.drawn text").all_text_contents()
    assert {"cap", "diversify now"} <= set(names)
    assert "hold" not in names


def test_sentences_follow_the_sliders(opened, report, plain):
    """Where the founder surely leaves early it is worth more to be out."""
    page = opened(report).page
    before = page.locator("#verdict").text_content()
    slide(page, "rate", 4)
    slide(page, "impact", 2)
    after = page.locator("#verdict").text_content()
    assert before != after
    assert after.startswith("'diversify now' has the highest median final wealth")
    assert "The other sections show the base case." in page.locator("#status").text_content()


def test_the_button_and_the_keys_lead_back_to_the_base_case(opened, report, plain):
    seen = opened(report)
    page = seen.page
    page.locator("#rate").focus()
    page.keyboard.press("ArrowRight")
    assert_shows(page, plain.reweight({"founder exit": 0.1}))
    page.keyboard.press("ArrowLeft")
    assert_shows(page, plain)
    slide(page, "impact", 0)
    page.locator("button[type=reset]").click()
    page.wait_for_function("document.getElementById('status').hidden")
    assert_shows(page, plain)
    assert page.locator("svg.drawn").count() == 0
    assert "bands" in page.locator("#curves figcaption").text_content()
    assert page.locator("#frontier").is_visible()
    assert seen.requests == [report.as_uri()]
    assert seen.complaints == []


@pytest.mark.slow
def test_names_that_are_scripts_do_nothing_but_show(opened, tmp_path):
    ran(scripted()).report(tmp_path / "report.html", paths=200)
    seen = opened(tmp_path / "report.html")
    page = seen.page
    for place in (0, 4, 2):
        slide(page, "rate", place)
    slide(page, "impact", 2)
    assert seen.complaints == []
    assert seen.requests == [(tmp_path / "report.html").as_uri()]
    assert page.locator("script").count() == 2
    assert page.locator("img, i, main b").count() == 0
    assert page.locator("th", has_text=SCRIPT).first.is_visible()
    assert page.locator("#gaps svg.drawn text", has_text="{{ 7 * 7 }}").count() == 1
