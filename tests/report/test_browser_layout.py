"""The report in a browser at widths from a phone to a large screen, light, dark and printed: nothing leaves its box."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from report_cases import ran

import riskkit as rk

WIDTHS, MEDIA = (400, 800, 1280, 1920), ("light", "dark", "print")

#: Width of A4 between margins of 14 mm, in pixels of 1/96 inch.
PAPER = round((210 - 28) / 25.4 * 96)

#: Elements that are wider than their box and do not scroll in it, and boxes that scroll without a visible edge.
LEAVES_ITS_BOX = """() => {
  const found = [], page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.push(`page: ${page.scrollWidth} of ${page.clientWidth}`);
  for (const each of document.querySelectorAll("table, figure, svg, pre, fieldset, .key dd, .key dt, h1, p")) {
    const box = each.parentElement.closest(".scroll, .columns > div, section, main, header, body");
    const [inner, outer] = [each, box].map((one) => one.getBoundingClientRect());
    if (inner.width === 0 || (inner.right <= outer.right + 1 && inner.left >= outer.left - 1)) continue;
    const style = getComputedStyle(box);
    const edge = style.overflowX === "auto" && style.backgroundImage.includes("gradient");
    if (!edge || each.tagName !== "TABLE") found.push(`${each.tagName} ${each.id}: ${inner.right} of ${outer.right}`);
  }
  return found;
}"""

#: Texts of a figure that its own picture cuts off.
CUT_OFF = """() => Array.from(document.querySelectorAll("figure svg"), (svg) => {
  const frame = svg.getBoundingClientRect();
  return Array.from(svg.querySelectorAll("text")).filter((text) => {
    const box = text.getBoundingClientRect();
    const across = box.left < frame.left - 2 || box.right > frame.right + 2;
    return across || box.top < frame.top - 2 || box.bottom > frame.bottom + 2;
  }).map((text) => text.textContent);
}).flat()"""


def with_loan_tax_and_windows() -> rk.Scenario:
    """In dollars, with every column that the main table can have."""
    case = replace(rk.scenarios.baron(), steps_per_year=12)
    windows = rk.TenderWindows()
    holdings = [
        rk.Holding("TSLA", 40e9, founder="Musk", cost=4e9),
        rk.Holding("SpaceX", 24e9, founder="Musk", cost=3e9, liquidity=windows, marks=rk.Marks(6)),
        rk.Holding("xAI", 1e9, founder="Musk", liquidity=windows),
        rk.Holding("diversified", 35e9),
    ]
    portfolio = rk.Portfolio(holdings, loan=rk.Loan(15e9, 0.05, 0.6), currency="USD")
    frictions = rk.Frictions(0.001, tax=rk.CapitalGains(0.238), spending=rk.Spending(rate=0.02))
    market = replace(case.market, compensate=False)
    return replace(case, portfolio=portfolio, market=market, frictions=frictions)


def with_twenty_rules() -> rk.Scenario:
    case = replace(rk.scenarios.baron(), steps_per_year=12)
    caps = [rk.Cap(limit / 100, name=f"cap {limit} %") for limit in (10, 15, 20, 25, 35, 40, 45)]
    trims = [rk.Trim(0.5, years=years, name=f"sell half over {years} years") for years in (2, 3, 5, 8, 10)]
    long = rk.Cap(0.3, holding="TSLA", to=0.2, name="when Tesla exceeds 30 %, sell it down to 20 %")
    return replace(case, rules=[*case.rules, *caps, *trims, long])


CASES = {
    "baron": lambda: replace(rk.scenarios.baron(), steps_per_year=12),
    "loan, tax and windows": with_loan_tax_and_windows,
    "twenty rules": with_twenty_rules,
}

#: The small one in every run of the tests, the others with the slow ones.
NAMES = ["small", *(pytest.param(name, marks=pytest.mark.slow) for name in CASES)]


@pytest.fixture(scope="module")
def written(report: Path, tmp_path_factory: pytest.TempPathFactory):
    """The report of a case by its name, written once; the small one is that of the other tests in a browser."""
    files = {"small": report}

    def write(name: str) -> Path:
        if name not in files:
            files[name] = tmp_path_factory.mktemp("layout") / "report.html"
            ran(CASES[name](), seed=1).report(files[name], paths=250)
        return files[name]

    return write


@pytest.mark.parametrize("name", NAMES)
def test_no_table_or_figure_leaves_its_box_at_any_width(opened, written, name):
    """Paper is as wide as the window here, and as A4."""
    page = opened(written(name)).page
    for medium in MEDIA:
        printed = medium == "print"
        page.emulate_media(media="print" if printed else "screen", color_scheme="light" if printed else medium)
        for width in (*WIDTHS, PAPER) if printed else WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(LEAVES_ITS_BOX) == [], (width, medium)
            assert page.evaluate(CUT_OFF) == [], (width, medium)


@pytest.mark.parametrize("name", NAMES)
def test_first_screen_has_the_answer_four_figures_and_one_picture(opened, written, name):
    """On a laptop of 1280 x 900 pixels; the picture of twenty rules has a long legend, and ends below it."""
    page = opened(written(name)).page
    assert page.locator("#answer").bounding_box()["y"] < 250
    numbers = page.locator("#summary .key dd")
    assert numbers.count() == 4
    for number in numbers.all():
        assert number.bounding_box()["y"] < 700
        assert number.evaluate("each => parseFloat(getComputedStyle(each).fontSize)") >= 28
    picture = page.locator("#summary #frontier svg").bounding_box()
    assert picture["y"] < 250
    if name != "twenty rules":
        assert picture["y"] + picture["height"] < 900


def test_figures_stand_in_two_columns_from_1280_pixels_on(opened, written):
    page = opened(written("small")).page
    for width, columns in ((800, 1), (1279, 1), (1280, 2), (1920, 2)):
        page.set_viewport_size({"width": width, "height": 900})
        lefts = {round(page.locator(f"#{name}").bounding_box()["x"]) for name in ("gaps", "curves")}
        assert len(lefts) == columns, width


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_axe_finds_no_serious_fault_on_the_narrowest_and_the_widest_screen(opened, axe, written, name):
    for width in (WIDTHS[0], WIDTHS[-1]):
        for scheme in ("light", "dark"):
            page = opened(written(name), width=width, scheme=scheme).page
            faults = axe.run(page).response["violations"]
            assert [each["id"] for each in faults if each["impact"] in ("serious", "critical")] == [], (width, scheme)


def test_rows_and_short_tables_are_not_split_on_paper(opened, written):
    """Chromium breaks no page inside these; captions and headings stay with what follows them."""
    page = opened(written("small")).page
    page.emulate_media(media="print")

    def styles(selector: str, name: str) -> set[str]:
        return set(page.locator(selector).evaluate_all(f"all => all.map(each => getComputedStyle(each).{name})"))

    assert styles("tr, figure, .scroll.whole", "breakInside") == {"avoid"}
    assert styles("h2, h3, caption, thead", "breakAfter") == {"avoid"}
    assert page.locator(".scroll.whole #rules-table, .scroll.whole #differences-table").count() == 2
    assert styles("thead", "display") == {"table-header-group"}
