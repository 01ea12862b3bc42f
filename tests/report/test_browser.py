"""The report in Debian's Chromium: it opens from a file, loads nothing, and its sliders show fresh results."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from report_cases import SCRIPT, ran, scenario, scripted

import riskkit as rk
from riskkit.comparison._comparison import Comparison
from riskkit.report.html.page import page_text
from riskkit.report.html.tables import main_metrics, missing_values

WIDTHS, SCHEMES = (1280, 400), ("light", "dark")

#: Columns of the main table, in its order.
METRICS = [
    "wealth_median", "wealth_p05", "goal_probability", "loss_probability", "max_drawdown_median", "ced95",
    "founder_weight_end", "turnover",
]  # fmt: skip
SHARES = set(METRICS) - {"wealth_median", "wealth_p05"}


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


def test_figures_are_whole_on_a_phone_and_focus_enlarges_one(opened, report):
    """Of 600 pixels a phone shows 376; enlarged, 8 points of a note are 10.7 pixels."""
    page = opened(report, width=400).page
    widths = page.locator("figure svg").evaluate_all("all => all.map(each => each.getBoundingClientRect().width)")
    assert max(widths) <= 376
    frame = page.locator("#curves .scroll")
    frame.click()
    assert page.locator("#curves svg").bounding_box()["width"] == 600
    assert frame.evaluate("each => each.clientWidth") <= 376
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
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
    assert seen.page.locator("figure svg").count() == 11


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_no_serious_fault(opened, axe, report, width, scheme):
    page = opened(report, width=width, scheme=scheme).page
    for place in (2, 4):
        slide(page, "rate", place)
        faults = axe.run(page).response["violations"]
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
    """Of 600 x 400 or so; the heights of 0 % and 100 % are those of the lines of the grid.

    The picture of the summary stays, as the summary is of the base case.
    """
    page = opened(report).page
    own = page.locator("#curves svg").first
    assert own.is_visible()
    slide(page, "rate", 4)
    assert not own.is_visible()
    assert page.locator("#summary #frontier svg").is_visible()
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


def test_reasons_for_missing_errors_are_those_of_the_numbers_on_the_page(opened, report, plain):
    page = opened(report).page
    for place, rate in ((2, 0.05), (0, 0.0), (4, 0.2), (2, 0.05)):
        slide(page, "rate", place)
        result = plain.reweight({"founder exit": rate})
        reasons = page_text(" ".join(missing_values(result, main_metrics(result))))
        assert page.locator("#missing").text_content() == reasons
        assert page.locator("#missing").is_visible() == bool(reasons)


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
