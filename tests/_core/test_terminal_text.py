"""Escapes, direction marks and other unprintable characters reach no terminal and no page, by any way in."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import matplotlib
import pandas as pd
import pytest

import riskkit as rk
from riskkit._core.errors import Interrupted
from riskkit._core.terminal_text import printable
from riskkit.cli import main
from riskkit.report import figures

matplotlib.use("Agg")

#: Escape, bell, override and isolate of direction, zero-width space, C1 control, byte order mark, half a pair.
SIGNS = "\x1b\x07\u202e\u2066\u200b\x9b\ufeff\ud800"
DIRTY = {"escape": "\x1b[31mred", "override": "\u202egnp.exe", "C1": "\x9b31mred", "zero-width": "r\u200bed"}


def assert_clean(words: str) -> None:
    assert not set(words) & set(SIGNS), ascii(words)
    words.encode()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("plain − text\n", "plain − text\n"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb\u2066", "a\\u202eb\\u2066"),
        ("a\tb\r", "a\\tb\\r"),
        ("\ud800", "\\ud800"),
        ("李 ünï", "李 ünï"),
    ],
)
def test_unprintable_characters_are_replaced_by_their_codes(words: str, expected: str):
    assert printable(words) == expected
    assert printable(words, keep="") == expected.replace("\n", "\\n")


def test_a_mark_may_replace_unprintable_characters():
    assert printable("a\x1bb\u202e\xa0", keep="\xa0", mark="�") == "a�b�\xa0"


def scenario(dirty: str) -> rk.Scenario:
    """Every name of the user's own is dirty."""
    name = f"{dirty} A"
    portfolio = rk.Portfolio([rk.Holding(name, 60, founder=f"{dirty} Ann"), rk.Holding("B", 40)])
    calm, storm = f"{dirty} calm", f"{dirty} storm"
    regimes = rk.Regimes(
        {calm: rk.Regime(0.7), storm: rk.Regime(2.0)},
        switching={_seen(calm): {_seen(storm): 0.5}, _seen(storm): {_seen(calm): 4.0}},
    )
    shocks = [
        rk.Shock(f"{dirty} exit", 0.1, {name: -0.5}),
        rk.Shock(f"{dirty} crash", 0.1, {name: -0.1, "B": -0.1}, drift_after={name: -0.01}),
    ]
    market = rk.Market(
        {name: rk.Asset(rk.Uncertain(0.08, 0.02), 0.5), "B": rk.Asset(0.05, 0.2)}, tails=[regimes],
        shocks=[*shocks, rk.Contagion(f"{dirty} exit", f"{dirty} crash", 0.2)],
    )  # fmt: skip
    rules = [rk.Hold(name=f"{dirty} hold"), rk.Cap(0.3, holding=name, name=f"{dirty} cap")]
    return rk.Scenario(portfolio, market, rules, years=1, steps_per_year=12)


def _seen(words: str) -> str:
    """The name as it is stored."""
    return "".join(sign for sign in words if sign not in SIGNS).strip()


@pytest.fixture(scope="module", params=DIRTY.values(), ids=DIRTY)
def result(request: pytest.FixtureRequest) -> rk.Comparison:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)
        return rk.compare(scenario(request.param), paths=200, seed=1, progress=False)


@pytest.mark.slow
def test_every_print_of_a_scenario_is_clean(result: rk.Comparison):
    case = result.scenario
    parts = [
        case.portfolio,
        case.market,
        *case.market.shocks,
        *case.market.contagion,
        *case.market.tails,
        *case.rules,
    ]
    concentrations = [rk.concentration(case.portfolio, by) for by in ("holding", "founder")]
    for each in [case, *parts, *concentrations, *case.portfolio.holdings]:
        assert_clean(repr(each))
        assert_clean(str(each))
    for words in [*case.assumptions(), *(shock.describe() for shock in case.market.shocks), *case.names]:
        assert_clean(words)
    assert_clean(case.portfolio._repr_html_())
    assert_clean(case.portfolio.frame().to_string())


def test_every_print_of_a_result_is_clean(result: rk.Comparison):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)
        assert_clean(repr(result))
        assert_clean(result._repr_html_())
        for frame in (result.table(), result.errors(), result.differences(), result.holdings()):
            assert_clean(frame.to_string())
            assert_clean(frame.to_csv())
            assert_clean(frame.to_html())


@pytest.mark.slow
def test_files_and_reports_are_clean(result: rk.Comparison, tmp_path: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)
        result.save(tmp_path / "saved")
        result.report(tmp_path / "report.html", paths=100)
    for name in ("scenario.toml", "result.toml"):
        assert_clean((tmp_path / "saved" / name).read_text(encoding="utf-8"))
    assert_clean((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert_clean(repr(rk.Comparison.load(tmp_path / "saved")))


def test_figures_are_clean(result: rk.Comparison):
    assert_clean(figures.svg(figures.max_drawdowns(result)))
    dirty = pd.Series({f"{words} part": 0.1 for words in DIRTY.values()})
    assert_clean(figures.svg(figures.waterfall(dirty, name=f"{DIRTY['override']} title")))


@pytest.mark.slow
@pytest.mark.parametrize("dirty", DIRTY.values(), ids=DIRTY)
def test_free_texts_of_a_saved_result_are_clean_where_they_are_printed(dirty: str, tmp_path: Path):
    """Notes and the name of a user's rule come from a file that may be hostile."""
    case = scenario("")
    found = rk.compare(replace(case, rules=[rk.Hold(), rk.rule(lambda view: view.weights, name="own")]), paths=200)
    noted = rk.Comparison(found.scenario, found.outcomes, seed=1, notes={"version": "0", f"from{dirty}": f"{dirty} me"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)
        assert_clean(repr(noted))
        assert_clean(noted._repr_html_())
        noted.report(tmp_path / "report.html", paths=100)
    assert_clean((tmp_path / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("dirty", DIRTY.values(), ids=DIRTY)
@pytest.mark.parametrize("kind", [rk.InvalidInput, rk.MissingExtra, rk.NotEnoughMemory, rk.RiskkitWarning, Interrupted])
def test_errors_and_warnings_are_clean(kind: type[BaseException], dirty: str):
    assert_clean(str(kind(f"{dirty}: must be text")))


@pytest.mark.parametrize("dirty", DIRTY.values(), ids=DIRTY)
def test_paths_show_as_text_in_refusals(dirty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / f"{dirty}.toml"
    file.write_text("years = 'x'")
    with pytest.raises(rk.InvalidInput) as refusal:
        rk.Scenario.load(file)
    assert_clean(str(refusal.value))
    assert main(["run", str(file)]) == 2
    assert main(["run", str(tmp_path / f"no{dirty}.toml")]) == 2
    assert main(["concentration", str(tmp_path / f"no{dirty}.csv")]) == 2
    assert_clean("".join(capsys.readouterr()))


@pytest.mark.skipif(os.name != "posix", reason="needs file names of any bytes")
def test_a_traceback_of_a_refusal_is_clean(tmp_path: Path):
    code = "import sys, riskkit as rk; rk.Portfolio([rk.Holding('A', 1)]).holding(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, DIRTY["escape"] + DIRTY["override"]], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(rk.__file__).parents[1])},
    )  # fmt: skip
    assert "InvalidInput" in done.stderr
    assert_clean(done.stderr)


NUL = "a\0b"


@pytest.mark.parametrize(
    "open_path",
    [
        lambda path: rk.read.prices(path),
        lambda path: rk.read.holdings(path),
        lambda path: rk.read.nport(path),
        lambda path: rk.Scenario.load(path),
        lambda path: rk.Comparison.load(path),
        lambda path: rk.scenarios.baron().save(path),
    ],
    ids=["prices", "holdings", "nport", "scenario", "result", "save scenario"],
)
@pytest.mark.parametrize("path", [NUL, "\0", Path(f"{NUL}.csv"), b"bytes.csv", 7, None])
def test_what_is_no_path_is_refused(open_path, path):
    with pytest.raises(
        rk.InvalidInput, match=r"must be a (path|frame|DataFrame)|must be a path without NUL characters"
    ):
        open_path(path)


@pytest.mark.parametrize("path", [NUL, Path(NUL)])
def test_results_are_written_to_no_path_with_nul(path, tmp_path: Path):
    found = rk.compare(scenario(""), paths=200, progress=False)
    for write in (found.save, found.report, found.to_parquet):
        with pytest.raises(rk.InvalidInput, match="must be a path without NUL characters"):
            write(path)
    with pytest.raises(rk.InvalidInput, match="checkpoint must be a path without NUL characters"):
        rk.compare(scenario(""), paths=200, checkpoint=path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", f"{NUL}.toml"],
        ["new", NUL],
        ["compare", NUL, NUL],
        ["concentration", NUL],
        ["concentration", f"{NUL}.xml"],
        ["concentration", f"{NUL}.toml"],
        ["demo", "--report", NUL],
        ["run", "s.toml", "--save", NUL],
        ["run", "s.toml", "--report", NUL],
    ],
    ids=" ".join,
)
def test_a_command_refuses_a_path_with_nul(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == 2
    assert "must be a path without NUL characters" in capsys.readouterr().err
