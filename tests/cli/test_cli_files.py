"""`riskkit new`, `schema` and `concentration` of a scenario file: files that work, and harmless text."""

from __future__ import annotations

import json
import re
import tomllib
import warnings
from pathlib import Path

import pytest

import riskkit
from riskkit._core.validation import clean_text
from riskkit.cli import main
from riskkit.scenario._scenario import Scenario
from riskkit.scenario.scenarios import baron
from riskkit.toml import from_toml
from riskkit.toml.json_schema import SCHEMA_FILE

TEMPLATE = (Path(riskkit.__file__).parent / "cli" / "new.toml").read_text(encoding="utf-8")

#: A setting that may be turned on: a key or the head of a table right behind the sign of a comment.
SETTING = re.compile(r'#(?=[\w"\[])')


def settings() -> list[list[int]]:
    """Numbers of the lines of each group of settings that stand together."""
    groups: list[list[int]] = [[]]
    for number, line in enumerate(TEMPLATE.splitlines()):
        if SETTING.match(line):
            groups[-1].append(number)
        elif groups[-1]:
            groups.append([])
    return groups[:-1] if not groups[-1] else groups


# riskkit new


def test_the_file_is_the_built_in_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "mine.toml"
    assert main(["new", str(file)]) == 0
    assert capsys.readouterr().out == f"Wrote {file}. Change it, then: riskkit run {file}\n"
    loaded = Scenario.load(file)
    assert loaded == baron()
    assert [list(shock.impact) for shock in loaded.market.shocks] == [list(s.impact) for s in baron().market.shocks]


def test_the_first_line_names_the_schema_that_ships(tmp_path: Path):
    assert main(["new", str(tmp_path / "mine.toml")]) == 0
    first = (tmp_path / "mine.toml").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"#:schema {SCHEMA_FILE.as_uri()}"


def test_a_file_that_exists_stays_unless_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "mine.toml"
    file.write_text("kept")
    assert main(["new", str(file)]) == 2
    assert f"FILE must be new, got {str(file)!r}, which exists; give --force to replace it" in capsys.readouterr().err
    assert file.read_text() == "kept"
    assert main(["new", str(file), "--force"]) == 0
    assert Scenario.load(file) == baron()


def test_a_place_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["new", str(tmp_path / "no" / "mine.toml")]) == 2
    assert "FILE must be a place that can be written, got " in capsys.readouterr().err
    assert main(["new", str(tmp_path)]) == 2
    assert "FILE must be a file, got the folder " in capsys.readouterr().err


@pytest.mark.parametrize("group", settings(), ids=lambda group: TEMPLATE.splitlines()[group[0]][1:30])
def test_settings_that_are_turned_on_load(group: list[int]):
    lines = [line[1:] if number in group else line for number, line in enumerate(TEMPLATE.splitlines())]
    text = "\n".join(lines)
    scenario = from_toml(Scenario, text)
    assert tomllib.loads(text) != tomllib.loads(TEMPLATE)
    defaults = ("years", "goal", "inflation")
    assert (scenario == baron()) == lines[group[0]].startswith(defaults)


def test_every_key_is_explained_where_it_first_comes():
    """Beside it, or in the lines above it that stand together with it."""
    explained: set[str] = set()
    above = False
    for line in TEMPLATE.splitlines()[1:]:
        setting = SETTING.sub("", line)
        if not line or line.startswith("# ") or line == "#":
            above = bool(line)
        elif not setting.startswith("["):
            key = re.match(r'[\w"]+', setting)[0].strip('"')
            assert above or "  # " in line or key in explained, line
            explained.add(key)
    assert {"name", "value", "founder", "liquidity", "marks", "rate", "once", "impact", "type", "cost"} <= explained


def test_no_line_is_long():
    assert max(map(len, TEMPLATE.splitlines())) <= 120


# riskkit schema


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


# riskkit concentration


def test_concentration_of_a_scenario_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """40, 24, 1 and 35 of 100: .16 + .0576 + .0001 + .1225 = .3402; by founder .65² + .35² = .545."""
    baron().save(tmp_path / "s.toml")
    assert main(["concentration", str(tmp_path / "s.toml"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["concentration"]["holding"]["herfindahl"] == pytest.approx(0.3402)
    assert document["concentration"]["founder"]["herfindahl"] == pytest.approx(0.545)
    assert document["founders"] == {"gross": {"Musk": pytest.approx(0.65)}, "net": {"Musk": pytest.approx(0.65)}}
    assert (document["gross"], document["net"]) == (100.0, 100.0)
    assert main(["concentration", str(tmp_path / "s.toml")]) == 0
    assert "0.5450" in capsys.readouterr().out
    assert main(["concentration", str(tmp_path / "s.toml"), "--founder", "TSLA=Musk"]) == 2
    assert "--founder must be left out for a scenario file" in capsys.readouterr().err


POSITIONS = """ticker,value,cost basis
TSLA,60000,1000
VTI,40000,30000
TSLA260116P200,8000,10000
Cash,-40000,
Account Total,68000,
"""


@pytest.fixture
def positions(tmp_path: Path) -> Path:
    file = tmp_path / "positions.csv"
    file.write_text(POSITIONS)
    return file


def test_what_is_left_out_of_holdings_is_in_the_document(positions: Path, capsys: pytest.CaptureFixture[str]):
    """Of 100,000 gross and 60,000 net the founder has 60 % and 100 %."""
    assert main(["concentration", str(positions), "--founder", "TSLA=Musk", "--json", "--loan-rate", "0.06"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert (document["gross"], document["net"], document["currency"]) == (100_000.0, 60_000.0, None)
    assert document["loan"] == {"amount": 40_000.0, "rate": 0.06, "max_loan_to_value": 0.75}
    assert document["founders"] == {"gross": {"Musk": 0.6}, "net": {"Musk": 1.0}}
    assert document["left_out"] == [
        {"line": 4, "name": "TSLA260116P200", "value": 8000.0, "reason": "derivative"},
        {"line": 6, "name": "Account Total", "value": 68000.0, "reason": "sum"},
    ]
    assert len(document["warnings"]) == 3
    assert all(f"riskkit: warning: {words}" in err for words in document["warnings"])


def test_what_a_file_leaves_open_is_an_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """60,000.5 dollars, and 10,000 yen at 0.0067 = 67; the line called SUM is a holding."""
    file = tmp_path / "mixed.csv"
    file.write_text("ticker;value;currency\nSUM;60.000,5;USD\n7203;10.000;JPY\n")
    command = ["concentration", str(file), "--json", "--decimal", ",", "--keep", "SUM", "--currency", "USD"]
    assert main([*command, "--fx", "JPY=0.0067"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["gross"], document["currency"], document["left_out"]) == (pytest.approx(60_067.5), "USD", [])
    for wrong, message in [
        ([], "give currency='USD', fx={'JPY': …}"),
        (["--fx", "JPY"], "--fx must be CODE=RATE such as JPY=0.0067, got 'JPY'"),
        (["--fx", "JPY=-1"], "fx of 'JPY' must be > 0, got -1.0"),
    ]:
        assert main([*command, *wrong]) == 2
        assert message in capsys.readouterr().err


def test_a_scenario_of_holdings_runs_and_keeps_what_the_file_says(positions: Path, tmp_path: Path):
    file = tmp_path / "mine.toml"
    options = ["--holdings", str(positions), "--founder", "TSLA=Musk", "--loan-rate", "0.06"]
    assert main(["new", str(file), *options]) == 0
    scenario = Scenario.load(file)
    assert scenario.portfolio.values.to_dict() == {"TSLA": 60_000.0, "VTI": 40_000.0}
    assert [holding.cost for holding in scenario.portfolio.holdings] == [1000.0, 30_000.0]
    assert scenario.portfolio.loan == riskkit.Loan(40_000, 0.06, 0.75)
    assert scenario.names == ("hold", "diversify now", "cap 30 %", "rebalance yearly")
    assert [shock.name for shock in scenario.market.shocks] == ["founder exit"]
    assert "Every number below" in file.read_text(encoding="utf-8")
    assert main(["run", str(file), "--paths", "50"]) == 0


def test_a_scenario_of_one_holding_has_one_rule(tmp_path: Path):
    (tmp_path / "one.csv").write_text("ticker,value\nCash,5\n")
    assert main(["new", str(tmp_path / "one.toml"), "--holdings", str(tmp_path / "one.csv")]) == 0
    scenario = Scenario.load(tmp_path / "one.toml")
    assert scenario.names == ("hold",)
    assert scenario.market.assets == {"Cash": riskkit.Asset(0.03, 0.0)}


def test_persons_without_holdings_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["new", str(tmp_path / "a.toml"), "--founder", "TSLA=Musk"]) == 2
    assert "--founder must come with --holdings" in capsys.readouterr().err


# Names are text and nothing else: what cannot be seen is removed from them

NAMES = {
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "\\u001b[31mred\\u0007": "[31mred",
    "\\u202egnp.exe": "gnp.exe",
    "a\\rb\\tc": "a b c",
}


@pytest.mark.filterwarnings("ignore::riskkit.RiskkitWarning")
@pytest.mark.parametrize(
    ("written", "printed"), NAMES.items(), ids=["script", "escape", "turned round", "return and tab"]
)
def test_a_hostile_name_shows_as_text(written: str, printed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    text = f"""
    years = 1
    steps_per_year = 12
    rules = [{{ type = "Hold", name = "{written}" }}, {{ type = "Cap", limit = 0.3 }}]
    portfolio.holdings = [{{ name = "{written}", value = 60, founder = "{written}" }}, {{ name = "B", value = 40 }}]
    market.assets."{written}" = {{ expected_return = 0.1, volatility = 0.4 }}
    market.assets.B = {{ expected_return = 0.1, volatility = 0.2 }}
    """
    file = tmp_path / "s.toml"
    file.write_text(text, encoding="utf-8")
    for command in (["run", str(file), "--paths", "100"], ["concentration", str(file)]):
        assert main(command) == 0
        out, err = capsys.readouterr()
        # Names of rules are shown as they are; those of holdings and persons have lost what cannot be seen.
        assert (printed if command[0] == "run" else clean_text(json.loads(f'"{written}"'))) in out
        assert not set(out + err) & set("\x1b\x07\u202e\r\t")
    file.write_text(text.replace("limit = 0.3", "limit = 7"), encoding="utf-8")
    assert main(["run", str(file)]) == 2
    file.write_text(text.replace("value = 60", "value = -60"), encoding="utf-8")
    assert main(["run", str(file)]) == 2
    assert not set(capsys.readouterr().err) & set("\x1b\x07\u202e\r\t")


def test_a_hostile_argument_shows_as_text(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        main(["concentration", "a.csv", "\x1b[31mred"])
    assert end.value.code == 2
    assert r"unrecognized arguments: \x1b[31mred" in capsys.readouterr().err


# Where files are written


def test_a_new_file_takes_the_place_of_a_link_and_leaves_what_the_link_leads_to(tmp_path: Path):
    mine, link = tmp_path / "mine.txt", tmp_path / "scenario.toml"
    mine.write_text("mine")
    link.symlink_to(mine)
    assert main(["new", str(link)]) == 2
    assert main(["new", str(link), "--force"]) == 0
    assert (mine.read_text(), link.is_symlink()) == ("mine", False)
    assert Scenario.load(link).names


@pytest.mark.parametrize("kind", ["dangling", "to itself", "to a folder"])
def test_a_new_file_takes_the_place_of_any_link_but_one_to_a_folder(kind: str, tmp_path: Path):
    link = tmp_path / "scenario.toml"
    link.symlink_to({"dangling": tmp_path / "nothing", "to itself": link, "to a folder": tmp_path}[kind])
    assert main(["new", str(link), "--force"]) == (2 if kind == "to a folder" else 0)
    assert link.is_symlink() == (kind == "to a folder")
    assert not (tmp_path / "nothing").exists()


@pytest.mark.slow
@pytest.mark.parametrize("command", [["demo", "--paths", "100", "--steps-per-year", "12", "--report"], ["new"]])
def test_what_is_laid_where_a_file_is_written_first_leads_nowhere(command: list[str], tmp_path: Path):
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    (tmp_path / "out.partial").symlink_to(mine)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", riskkit.RiskkitWarning)
        assert main([*command, str(tmp_path / "out")]) == 0
    assert mine.read_text() == "mine"
    assert (tmp_path / "out").stat().st_size > 1000
