"""The report file: atomic, self-contained, well formed, and safe against names with markup."""

from __future__ import annotations

import json
import re
import time
import warnings
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from report_cases import SCRIPT, past, ran, scenario, scripted, weighted_by_rate

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.comparison._comparison import Comparison
from riskkit.report.html.figures import drawdown_figures

#: Elements that have no end tag.
VOID = {"meta", "link", "input", "br", "img"}

SECTIONS = [
    "summary", "question", "assumptions", "concentration", "outcomes", "drawdowns", "rules", "causes", "break-even",
    "best", "method", "again",
]  # fmt: skip


class Page(HTMLParser):
    """A page taken apart, refused where a tag is not closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.setdefault(self.open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def written(result: Comparison, folder: Path, **how: object) -> str:
    path = folder / "report.html"
    result.report(path, paths=100, **how)  # type: ignore[arg-type]
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def result() -> Comparison:
    return ran(scenario())


@pytest.fixture(scope="module")
def page(result: Comparison, tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(result, tmp_path_factory.mktemp("report"))


# ---------------------------------------------------------------------------------------------------------------------
# Whole or not at all
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_file_that_exists_is_replaced_only_when_forced(result, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"path must not exist yet, got '.*report\.html'; say force=True \(--force"):
        result.report(path)
    assert path.read_text(encoding="utf-8") == "mine"
    result.report(path, force=True, paths=100)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize("where", ["nowhere/report.html", "file/report.html"])
def test_a_path_that_cannot_be_written_is_refused_before_the_work_begins(result, tmp_path, where, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr("riskkit.report.html.page.page", lambda *parts: pytest.fail("the work has begun"))
    with pytest.raises(
        InvalidInput, match=r"path must be a file that can be written, got '.*report\.html': .*directory"
    ):
        result.report(tmp_path / where)


def test_a_folder_is_refused(result, tmp_path):
    with pytest.raises(InvalidInput, match="path must be a file, got the folder"):
        result.report(tmp_path)


def test_a_report_that_fails_leaves_nothing_behind(result, tmp_path, monkeypatch):
    def fail(*parts: object) -> str:
        raise RuntimeError("no")

    monkeypatch.setattr("riskkit.report.html.page.page", fail)
    with pytest.raises(RuntimeError, match="no"):
        result.report(tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_numbers_out_of_bounds_are_refused(result, tmp_path):
    with pytest.raises(InvalidInput, match="paths must be >= 100, got 10"):
        result.report(tmp_path / "report.html", paths=10)
    with pytest.raises(InvalidInput, match="force must be True or False, got 'yes'"):
        result.report(tmp_path / "report.html", force="yes")


@pytest.mark.slow
def test_the_same_result_makes_the_same_file(result, page, tmp_path):
    assert written(result, tmp_path) == page


@pytest.mark.slow
@pytest.mark.nightly
def test_eight_rules_on_a_hundred_thousand_paths_take_less_than_ten_seconds_and_three_megabytes(tmp_path):
    """By the clock, or by the processor time of all threads where others load the machine.

    On a machine on which the run itself takes longer than ten seconds, its report takes less than the run.
    """
    case = rk.scenarios.baron()
    ran(case, paths=128)  # compiles
    start = time.process_time()
    result = ran(replace(case, rules=[*case.rules, rk.Band(0.05)]), paths=100_000)
    run = time.process_time() - start
    before = time.perf_counter(), time.process_time()
    result.report(tmp_path / "report.html")
    assert min(time.perf_counter() - before[0], time.process_time() - before[1]) < max(10.0, run)
    assert (tmp_path / "report.html").stat().st_size < 3_000_000


# ---------------------------------------------------------------------------------------------------------------------
# Alone and well formed
# ---------------------------------------------------------------------------------------------------------------------


def test_every_section_is_there_and_linked_from_the_top(page):
    taken = Page(page)
    assert [section["id"] for section in taken.all("section")] == SECTIONS
    assert [link["href"] for link in taken.all("a")] == ["#main", *(f"#{name}" for name in SECTIONS)]
    ids = [attributes["id"] for _, attributes in taken.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_headings_are_in_order_and_the_language_is_set(page):
    taken = Page(page)
    levels = [int(tag[1]) for tag, _ in taken.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert taken.all("html") == [{"lang": "en"}]


def test_tables_have_captions_and_scopes_and_figures_say_what_they_show(page):
    taken = Page(page)
    assert len(taken.all("caption")) == len(taken.all("table")) > 8
    assert all(head.get("scope") in ("col", "row") for head in taken.all("th"))
    pictures = taken.all("svg")
    assert len(pictures) == len(taken.all("figure")) == 11
    assert all(picture["role"] == "img" and len(str(picture["aria-label"])) > 20 for picture in pictures)


def test_single_paths_are_those_that_the_caption_says(result):
    """The median and the 95 % quantile: of a plain result itself, of a weighted one those of 500 paths of its law."""
    quantiles = [0.5, 0.95]
    weighed = weighted_by_rate(result, 0.1)
    books = rk.trace(weighed.scenario, "hold", paths=500, seed=3)
    for each, depths in (
        (result, result.values("hold", "max_drawdown")),
        (weighed, rk.measures.max_drawdown(books.wealth)),
    ):
        wanted = np.quantile(depths, quantiles, method="inverted_cdf")
        text = re.findall(r"path \d+: at worst (\d+) %", drawdown_figures(each, "hold", replayed=True)[1].svg)
        assert text == [f"{100 * depth:.0f}" for depth in wanted]


def test_nothing_is_loaded(page):
    taken = Page(page)
    links = [value for _, attributes in taken.tags for name, value in attributes.items() if name in ("href", "src")]
    assert all(str(link).startswith(("#", "data:")) for link in links)
    assert "url(" not in page.replace("url(#", "")
    assert "@import" not in page
    # Nor may it be, by what a name might smuggle in.
    rules = str(next(each["content"] for each in taken.all("meta") if "http-equiv" in each))
    assert {"connect-src 'none'", "img-src data:", "script-src-attr 'none'"} <= set(rules.split("; "))


def test_assumptions_are_marked(page):
    assert Page(page).texts["strong"] == ["assumption"]
    assert "(assumption)" not in page


def test_the_scenario_file_is_inside_and_reads_back_equal(result, page):
    from riskkit.toml import from_toml

    listing = Page(page).texts["code"][0]
    assert from_toml(rk.Scenario, listing) == result.scenario


@pytest.mark.slow
def test_the_command_in_the_report_writes_the_same_report(tmp_path, monkeypatch, capsys):
    from riskkit.cli import main

    # As a file has it: 2.0 years, where Python has 2.
    result = ran(replace(scenario(), years=2.0), paths=300)
    result.report(tmp_path / "first.html")
    first = (tmp_path / "first.html").read_text(encoding="utf-8")
    text, _, command = Page(first).texts["code"]
    (tmp_path / "scenario.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert command == "riskkit run scenario.toml --paths 300 --seed 3 --report report.html"
    assert main(command.split()[1:]) == 0
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == first


@pytest.mark.slow
def test_sections_that_do_not_apply_say_why_in_a_sentence(tmp_path):
    """History has no causes, no break-even, no sliders; one rule without shocks has nothing to compare or to vary."""
    replayed = written(past(), tmp_path)
    why = "the paths are historical, a single sample that cannot be drawn again."
    for what in ("risk attribution", "break-even", "gap to the best plan"):
        assert f"The {what} is left out: {why}" in replayed
    assert f"There are no what-if sliders: {why}" in replayed
    assert "±" not in Page(replayed).texts["td"]
    assert "what-if-data" not in replayed
    alone = written(ran(scenario(rk.Hold(), shocks=())), tmp_path, force=True)
    assert "There is only one rule, &#39;hold&#39;, so nothing is compared." in alone
    assert "There is only one rule, so there is no break-even between two." in alone
    assert "no shock has a rate or an impact to vary." in alone


@pytest.mark.slow
def test_a_tilted_result_and_one_whose_rule_is_only_a_record_say_what_cannot_be_run(result, tmp_path):
    tilted = written(result.tilt({rk.Mean("wealth", rule="hold"): 1.3}), tmp_path)
    assert "Wealth over time is not drawn: the views hold through the weights of these paths" in tilted
    ran(scenario(rk.Hold(), rk.rule(lambda view: None, name="mine"))).save(tmp_path / "saved")
    stored = written(Comparison.load(tmp_path / "saved"), tmp_path, force=True)
    assert "holds only the name and repr of &#39;mine&#39;" in stored


# ---------------------------------------------------------------------------------------------------------------------
# Names are text
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_names_that_are_markup_show_as_text_and_add_no_element(page, tmp_path):
    """The same page but for its names has the same kinds of elements; scripts are the two of the page."""
    attacked = written(ran(scripted()), tmp_path)
    taken = Page(attacked)
    assert {tag for tag, _ in taken.tags} <= {tag for tag, _ in Page(page).tags}
    assert [each.get("type") for each in taken.all("script")] == ["application/json", None]
    assert not any(name.startswith("on") for _, attributes in taken.tags for name in attributes)
    assert SCRIPT in " ".join(taken.texts["th"])
    assert SCRIPT in " ".join(taken.texts["text"])
    assert "{{ 7 * 7 }} $a_b$ <i>" in " ".join(taken.texts["th"])


@pytest.mark.slow
def test_names_in_any_script_show_and_nothing_warns(tmp_path):
    case = scenario(rk.Hold(name="持有"), rk.DiversifyNow(name="بيع الآن \x00"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        taken = Page(written(ran(case), tmp_path))
    assert {"持有", "بيع الآن"} <= set(taken.texts["th"])


def test_data_for_the_script_holds_no_markup(tmp_path):
    attacked = written(ran(scripted()), tmp_path)
    block = re.search(r'<script type="application/json" id="what-if-data">(.*?)</script>', attacked, re.DOTALL)
    assert block is not None
    assert not set(block[1]) & set("<>&\u2028\u2029")
    data = json.loads(block[1])
    # A line separator cannot be shown, and stands as the sign for that.
    assert [rule["name"] for rule in data["rules"]] == ["]]><b> </b> & 'x'", "{{ 7 * 7 }} $a_b$ <i>"]
