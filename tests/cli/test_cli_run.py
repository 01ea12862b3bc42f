"""`riskkit run` and `riskkit compare`: checks before a run, output after it, and JSON."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import riskkit as rk
from riskkit.cli import main
from riskkit.cli.json_output import as_json
from riskkit.comparison._comparison import Comparison

SCENARIO = rk.Scenario(
    rk.Portfolio([rk.Holding("TSLA", 60, founder="Musk"), rk.Holding("funds", 40)]),
    rk.Market({"TSLA": rk.Asset(0.08, 0.5), "funds": rk.Asset(0.06, 0.1)}),
    [rk.Hold(), rk.Cap(0.3)],
    years=1,
    steps_per_year=12,
)
# A handful of paths is not enough for the error of every metric, which warns; here the numbers are what is looked at.
pytestmark = pytest.mark.filterwarnings("ignore::riskkit.RiskkitWarning")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a scenario, in which the command is given."""
    SCENARIO.save(tmp_path / "base.toml")
    replace(SCENARIO, frictions=rk.Frictions(0.01)).save(tmp_path / "dear.toml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


@pytest.fixture
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run fails the test: errors must be reported before it."""

    def run(*arguments: object, **options: object) -> None:
        pytest.fail("the simulation was started")

    monkeypatch.setattr("riskkit.comparison._compare.compare", run)


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, bool]]:
    """Stands for the report: it writes a file, and keeps how it was called."""
    calls: list[tuple[Any, bool]] = []

    def report(self: Comparison, path: str, *, force: bool = False) -> None:
        calls.append((path, force))
        Path(path).write_text("<!doctype html>")

    monkeypatch.setattr(Comparison, "report", report, raising=False)
    return calls


def run(*words: str, paths: int = 400) -> int:
    return main(["run", *words, "--paths", str(paths), "--seed", "1"])


# Running


def test_what_is_printed_is_the_result(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run("base.toml") == 0
    out = capsys.readouterr().out
    assert out.startswith(repr(rk.compare(SCENARIO, paths=400, seed=1)))
    assert "Each rule minus 'hold', paired path by path" in out
    assert "Saved" not in out
    assert "Report" not in out


def test_printed_differences_are_those_of_the_frame_in_percent(folder: Path, capsys: pytest.CaptureFixture[str]):
    """A fraction of the frame times 100, as far as it is printed, under a head with its unit."""
    assert run("base.toml") == 0
    printed = capsys.readouterr().out.partition("paired path by path")[2]
    frame = rk.compare(SCENARIO, paths=400, seed=1).differences().loc["cap"]
    for metric, unit, scale in (("wealth_median", "times", 1.0), ("ced95", "%", 100.0)):
        line = re.search(rf"{metric} \({unit}\) +(-?[\d.]+) ±([\d.]+) +([\d.]+) +([\d.]+)\n", printed)
        assert line is not None
        value, error, won, p = map(float, line.groups())
        assert value == pytest.approx(scale * frame.at[metric, "difference"], abs=0.006)
        assert error == pytest.approx(scale * frame.at[metric, "standard_error"], abs=0.006)
        assert won == pytest.approx(100.0 * frame.at[metric, "won"], abs=0.051)
        assert p == pytest.approx(frame.at[metric, "p_montecarlo"], abs=5.1e-5)
    assert "of percentages in percentage points" in printed


HEDGED = """
years = 1
steps_per_year = 12
[[portfolio.holdings]]
name = "TSLA"
value = 60
founder = "Musk"

[[portfolio.holdings]]
name = "funds"
value = 40

[market.assets.TSLA]
expected_return = 0.08
volatility = 0.5

[market.assets.funds]
expected_return = 0.06
volatility = 0.1

[[rules]]
type = "Hold"

[[rules]]
type = "Hedged"
name = "collar"
rule = {type = "Hold"}
instruments = [{type = "Collar", on = "TSLA", floor = 0.9, years = 0.5}]
"""


@pytest.fixture
def hedged(folder: Path) -> rk.Scenario:
    """A file with a hedged rule, and its scenario."""
    (folder / "hedged.toml").write_text(HEDGED, encoding="utf-8")
    rules = [rk.Hold(), rk.Hedged(rk.Hold(), rk.Collar("TSLA", 0.9, years=0.5), name="collar")]
    return replace(SCENARIO, rules=rules)


def test_a_hedged_rule_of_a_file_has_its_metrics(folder: Path, hedged: rk.Scenario, capsys: pytest.CaptureFixture[str]):
    """In the table, in the differences, which have those of instruments too, and in JSON."""
    result = rk.compare(hedged, paths=400, seed=1)
    assert run("hedged.toml") == 0
    out = capsys.readouterr().out
    assert out.startswith(repr(result))
    assert max(map(len, out.splitlines())) <= 110
    for metric in ("hedge_cost (times)", "hedge_payoff (times)", "founder_delta_end (%)"):
        assert metric in out
    assert run("hedged.toml", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    for metric in ("hedge_cost", "hedge_payoff", "founder_delta_end", "underhedged_probability"):
        assert document["rules"]["collar"][metric]["value"] == result.table(metric).at["collar", metric]
    assert document["rules"]["hold"]["hedge_payoff"]["value"] == 0.0


def test_saved_hedged_results_are_compared_and_reload_equal(
    folder: Path, hedged: rk.Scenario, capsys: pytest.CaptureFixture[str]
):
    """Two floors: the change is named, and the differences have the metrics of instruments."""
    assert run("hedged.toml", "--save", "first") == 0
    wider = HEDGED.replace("floor = 0.9", "floor = 0.8")
    (folder / "wider.toml").write_text(wider, encoding="utf-8")
    assert run("wider.toml", "--save", "second") == 0
    capsys.readouterr()
    assert main(["compare", "first", "second"]) == 0
    out = capsys.readouterr().out
    assert "- floor of collar on TSLA of rule 'collar': 0.9 → 0.8" in out
    assert "hedge_payoff (times)" in out
    loaded = Comparison.load("first")
    assert loaded.scenario == hedged
    assert loaded.table().equals(rk.compare(hedged, paths=400, seed=1).table())


def test_a_percentage_in_a_file_is_warned_of_once_or_refused(folder: Path, capsys: pytest.CaptureFixture[str]):
    text = (folder / "base.toml").read_text()
    (folder / "high.toml").write_text(text.replace("expected_return = 0.08", "expected_return = 3"))
    assert run("high.toml") == 0
    sentence = "expected_return should be at most 2 (200 % a year), got 3: 3 is 300 % a year; write 0.03 for 3 %\n"
    assert capsys.readouterr().err.count(sentence) == 1
    (folder / "higher.toml").write_text(text.replace("expected_return = 0.08", "expected_return = 8"))
    assert run("higher.toml") == 2
    assert "got 8: 8 is 800 % a year; write 0.08 for 8 %" in capsys.readouterr().err


def test_one_rule_has_nothing_to_differ_from(folder: Path, capsys: pytest.CaptureFixture[str]):
    replace(SCENARIO, rules=[rk.Hold()]).save(folder / "one.toml")
    assert run("one.toml") == 0
    assert "minus" not in capsys.readouterr().out


def test_json_has_every_number_in_full_and_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run("base.toml", "--json", "--save", "kept", "--workers", "1") == 0
    document = json.loads(capsys.readouterr().out)
    result = rk.compare(SCENARIO, paths=400, seed=1)
    table, errors, differences = result.table(), result.errors(), result.differences()
    assert list(document["rules"]) == ["hold", "cap"]
    for rule in result.scenario.names:
        for metric in table:
            message = document["rules"][rule][metric]
            assert message["value"] == table.at[rule, metric]
            error = errors.at[rule, metric]
            assert message["standard_error"] == (error if error == error else None)
    assert document["differences"]["cap"]["ced95"]["difference"] == differences.loc[("cap", "ced95"), "difference"]
    assert (document["seed"], document["paths"], document["baseline"]) == (1, 400, "hold")
    assert document["assumptions"] == result.assumptions()
    assert document["riskkit"] == rk.__version__


def test_a_run_goes_on_from_its_folder_with_the_same_words(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run("base.toml") == 0
    plain = capsys.readouterr().out
    for _ in range(2):
        assert run("base.toml", "--memory", "1GB", "--checkpoint", "done") == 0
        assert capsys.readouterr().out == plain
        next((folder / "done").glob("paths-*.parquet")).unlink()


def test_missing_numbers_are_null():
    """JSON knows neither NaN nor infinity."""
    message = as_json({"a": float("nan"), "b": [float("inf"), 0.1 + 0.2], "c": {"d": None, "e": "ä\x1b"}})
    assert message.isascii()
    assert json.loads(message) | {"riskkit": 0} == {
        "riskkit": 0,
        "a": None,
        "b": [None, 0.30000000000000004],
        "c": {"d": None, "e": "ä\x1b"},
    }


def test_a_result_is_saved_and_replaced_only_by_force(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run("base.toml", "--save", "kept") == 0
    assert capsys.readouterr().out.endswith("\n\nSaved: kept\n")
    first = Comparison.load("kept")
    assert first.scenario == SCENARIO
    assert run("dear.toml", "--save", "kept") == 2
    assert "--save must be new, got 'kept', which exists; give --force to replace it" in capsys.readouterr().err
    assert Comparison.load("kept").scenario == SCENARIO
    assert run("dear.toml", "--save", "kept", "--force") == 0
    assert Comparison.load("kept").scenario != SCENARIO


def test_a_report_is_written_last(folder: Path, reported: list[Any], capsys: pytest.CaptureFixture[str]):
    assert run("base.toml", "--report", "r.html", "--save", "kept") == 0
    assert reported == [("r.html", False)]
    assert capsys.readouterr().out.endswith("\n\nSaved: kept\n\nReport: r.html\n")
    assert run("base.toml", "--report", "r.html") == 2
    assert "--report must be new, got 'r.html', which exists" in capsys.readouterr().err
    assert run("base.toml", "--report", "r.html", "--force") == 0
    assert reported[1:] == [("r.html", True)]


@pytest.mark.slow
def test_the_demo_reports_too(
    folder: Path, reported: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert main(["demo", "--paths", "200", "--steps-per-year", "12", "--report", "demo.html"]) == 0
    assert reported == [("demo.html", False)]
    assert capsys.readouterr().out.endswith("\n\nReport: demo.html\n")


RULE = """
import riskkit as rk

class Wait(rk.Rule):
    every: int = 3

    def decide(self, view, state):
        return None, None
"""


def test_a_rule_of_ones_own_runs_where_importing_is_allowed(folder: Path, capsys: pytest.CaptureFixture[str]):
    """Modules of the folder that the command is given in are found; a saved result needs no import."""
    (folder / "waiting.py").write_text(RULE)
    text = (folder / "base.toml").read_text().replace('type = "Hold"', 'type = "waiting:Wait"')
    (folder / "own.toml").write_text(text)
    assert run("own.toml") == 2
    assert "rules[0].type must name a class of riskkit's, got 'waiting:Wait'" in capsys.readouterr().err
    try:
        assert run("own.toml", "--allow-import", "--save", "kept") == 0
    finally:
        sys.modules.pop("waiting", None)
    assert Comparison.load("kept").scenario.names == ("wait", "cap")


# Before anything runs


CLOCK = """
from dataclasses import dataclass
import riskkit as rk

@dataclass(frozen=True)
class Ageing(rk.Hazard):
    growth: float

    def cumulative(self, t):
        return self.growth * t**2
"""


def test_scenarios_that_cannot_be_saved_fail_before_the_run(
    folder: Path, no_run: None, capsys: pytest.CaptureFixture[str]
):
    (folder / "ageing.py").write_text(CLOCK)
    shock = (
        '[[market.shocks]]\nname = "late"\nrate = { type = "ageing:Ageing", growth = 0.1 }\nimpact = { TSLA = -0.5 }\n'
    )
    (folder / "clock.toml").write_text((folder / "base.toml").read_text() + shock)
    try:
        assert run("clock.toml", "--allow-import", "--save", "kept") == 2
    finally:
        sys.modules.pop("ageing", None)
    assert "market.shocks[0].rate must be of a class of riskkit" in capsys.readouterr().err
    assert not (folder / "kept").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["nothing.toml"], r"nothing\.toml: No such file or directory"),
        (["base.toml", "--report", "."], r"--report must be a file, got the folder '\.'"),
        (["base.toml", "--report", "base.toml"], r"--report must be new, got 'base\.toml', which exists; give"),
        (
            ["base.toml", "--report", "no/r.html"],
            r"--report must be a place that can be written, got 'no/r\.html': No",
        ),
        (
            ["base.toml", "--report", "base.toml/r"],
            r"--report must be a place that can be written, .*: Not a dir",
        ),
        (["base.toml", "--save", "base.toml"], r"--save must be a folder, got the file 'base\.toml'"),
        (["base.toml", "--save", "."], r"--save must be new, empty or hold a saved result, got '\.' with other files"),
        (
            ["base.toml", "--save", ".", "--force"],
            r"--save must be new, empty or hold a saved result, got '\.' with",
        ),
        (["base.toml", "--save", "base.toml/kept"], r"--save must be a place that can be written, .*: Not a dir"),
    ],
)
def test_bad_input_is_reported_by_name_before_the_run(
    options: list[str], message: str, folder: Path, no_run: None, capsys: pytest.CaptureFixture[str]
):
    assert run(*options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("riskkit: error: ")
    assert len(err.splitlines()) == 1
    assert re.search(message, err)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written(folder: Path, no_run: None, capsys: pytest.CaptureFixture[str]):
    (folder / "shut").mkdir(mode=0o500)
    assert run("base.toml", "--report", "shut/r.html") == 2
    assert "--report must be a place that can be written, got 'shut/r.html': Permission" in capsys.readouterr().err


def test_a_full_disk_is_reported_before_the_run(
    folder: Path, no_run: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert run("base.toml", "--report", "r.html") == 2
    assert "--report must be a place that can be written, got 'r.html': No space left" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "volatility = 0.5",
            "volatilty = 0.5",
            "base.toml: market.assets.TSLA: key must name one of 'expected_",
        ),
        ("years = 1", 'years = "one"', "base.toml: years must be a number, got 'one'"),
        (
            'riskkit = "0.1"',
            'riskkit = "7.0"',
            "base.toml: riskkit must be at most '0.1', got '7.0'; read the file",
        ),
        ("years = 1", "years =", "base.toml must be TOML, got an error: Invalid value (at line 6, column "),
    ],
)
def test_a_wrong_file_says_where_and_why(
    old: str, new: str, message: str, folder: Path, no_run: None, capsys: pytest.CaptureFixture[str]
):
    text = (folder / "base.toml").read_text()
    assert old in text
    (folder / "base.toml").write_text(text.replace(old, new, 1))
    assert run("base.toml") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--paths", "0"], "paths must be >= 1, got 0"),
        (["--seed", "-1"], "seed must be from 0 to 2**64 - 1, got -1"),
        (["--workers", "0"], "workers must be >= 1, got 0"),
        (["--memory", "much"], "memory must be a size such as '2GB', '500MB' or '1.5GiB', got 'much'"),
        (["--checkpoint", "base.toml"], "checkpoint must be a folder, got the file '"),
    ],
)
def test_numbers_out_of_bounds(options: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["run", "base.toml", *options]) == 2
    assert f"riskkit: error: {message}" in capsys.readouterr().err


# Two results


@pytest.fixture
def saved(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    for name in ("base", "dear"):
        assert run(f"{name}.toml", "--save", name) == 0
    capsys.readouterr()
    return folder


def test_the_same_paths_are_paired(saved: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["compare", "base", "dear"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Second minus first: dear minus base\n\nPaired: both have the same 400 paths of seed 1. ")
    assert "\n\nFrom the first scenario to the second:\n- trading cost: 0 % → 1 %\n\n" in out
    first, second = (rk.compare(replace(SCENARIO, frictions=cost), paths=400, seed=1).table("ced95")["ced95"]["hold"]
                     for cost in (rk.Frictions(), rk.Frictions(0.01)))  # fmt: skip
    assert re.search(rf"ced95 \(%\) +{100 * first:.4g} +{100 * second:.4g} ", out)


def test_a_result_minus_itself_is_nothing(saved: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["compare", "base", "base", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["paired"], document["not_paired_for"], document["scenario_changes"]) == (True, None, [])
    for metrics in document["differences"].values():
        assert {message["difference"] for message in metrics.values()} == {0.0}
        assert metrics["wealth_median"]["first"] == metrics["wealth_median"]["second"] > 0.0
    assert main(["compare", "base", "base"]) == 0
    assert "\n\nBoth have the same scenario.\n\n" in capsys.readouterr().out


def test_other_paths_are_compared_as_two_samples(saved: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["run", "dear.toml", "--paths", "300", "--seed", "2", "--save", "other"]) == 0
    capsys.readouterr()
    assert main(["compare", "base", "other"]) == 0
    wanted = "Not paired because of different seeds 1 and 2, numbers of paths 400 and 300. Standard errors assume two"
    assert wanted in capsys.readouterr().out


def test_rules_that_only_one_has_are_named(saved: Path, capsys: pytest.CaptureFixture[str]):
    replace(SCENARIO, rules=[rk.Hold(), rk.Rebalance(12)]).save("third.toml")
    assert run("third.toml", "--save", "third") == 0
    capsys.readouterr()
    assert main(["compare", "base", "third"]) == 0
    out = capsys.readouterr().out
    assert "\n- rule 'cap': removed\n- rule 'rebalance': added\n" in out
    assert "rebalance  " not in out


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        (["base", "nothing"], "folder must hold a saved result, got 'nothing' without result.toml"),
        (["base.toml", "base"], "folder must hold a saved result, got 'base.toml' without result.toml"),
    ],
)
def test_what_is_no_saved_result_is_refused(
    folders: list[str], message: str, saved: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["compare", *folders]) == 2
    assert message in capsys.readouterr().err


def test_a_damaged_result_is_refused(saved: Path, capsys: pytest.CaptureFixture[str]):
    (saved / "dear" / "scenario.toml").write_text("")
    assert main(["compare", "base", "dear"]) == 2
    assert "scenario.toml does not match its checksum" in capsys.readouterr().err
