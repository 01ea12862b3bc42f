"""The command line: its output streams, exit codes, and text for any stream."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import riskkit
from riskkit._core.errors import Interrupted, RiskkitWarning
from riskkit.cli import main


@pytest.fixture
def holdings(tmp_path: Path) -> Path:
    file = tmp_path / "holdings.csv"
    file.write_text("ticker,value\nTSLA,40\nSPCX,25\nBRK,35\n")
    return file


@pytest.mark.slow
def test_demo(capsys: pytest.CaptureFixture[str]):
    assert main(["demo", "--paths", "300", "--seed", "5", "--steps-per-year", "12"]) == 0
    out, err = capsys.readouterr()
    assert "the same 300 paths, seed 5" in out
    assert "12 steps a year" in out
    assert "riskkit: warning: " in err
    assert len(err.splitlines()) == len(set(err.splitlines()))


def test_concentration_against_hand_calculation(holdings: Path, capsys: pytest.CaptureFixture[str]):
    """By holding .4² + .25² + .35² = .345, 1/.345 = 2.90; by founder .65² + .35² = .545, 1/.545 = 1.83."""
    assert main(["concentration", str(holdings), "--founder", "TSLA=Musk", "--founder", "SPCX=Musk"]) == 0
    out = capsys.readouterr().out
    by_holding, by_founder = out.split("Concentration by ")[1:]
    for part, wanted in [
        (by_holding, ["holding, 3 groups", "0.3450", "2.90", "40 % (TSLA)"]),
        (by_founder, ["founder, 2 groups", "0.5450", "1.83", "65 % (Musk)"]),
    ]:
        assert all(words in part for words in wanted)


FILING = """<edgarSubmission><formData><fundInfo><netAssets>100</netAssets></fundInfo><invstOrSecs>
<invstOrSec><name>Tesla Inc</name><valUSD>40</valUSD><identifiers><ticker value="TSLA"/></identifiers></invstOrSec>
<invstOrSec><name>SpaceX</name><valUSD>25</valUSD><fairValLevel>3</fairValLevel></invstOrSec>
<invstOrSec><name>Rest</name><valUSD>35</valUSD></invstOrSec>
<invstOrSec><name>Swap</name><valUSD>-2</valUSD></invstOrSec>
</invstOrSecs></formData></edgarSubmission>"""


@pytest.mark.parametrize("name", ["primary_doc.xml", "primary_doc"])
def test_concentration_of_an_n_port_filing(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The figures of the CSV file above; a swap of -2 % is left out."""
    (tmp_path / name).write_text(FILING)
    founders = ["--founder", "Tesla Inc=Musk", "--founder", "SpaceX=Musk"]
    assert main(["concentration", str(tmp_path / name), *founders]) == 0
    out, err = capsys.readouterr()
    for words in ["gross 100, net 100", "0.3450", "40 % (TSLA)", "0.5450", "65 % (Musk)"]:
        assert words in out
    assert "'Swap' (-2.00 %)" in err


def test_derivatives_of_a_filing_are_reported_or_taken_at_their_notional(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Tesla is 40 of 100; a swap of 60, whose mark is -2, makes it 100, of net as well."""
    swap = (
        "<assetCat>DE</assetCat><derivativeInfo><swapDeriv><descRefInstrmnt><otherRefInst><issuerName>TESLA INC"
        "</issuerName></otherRefInst></descRefInstrmnt><otherRecDesc fixedOrFloating='Other'>return</otherRecDesc>"
        "<notionalAmt>60</notionalAmt><curCd>USD</curCd></swapDeriv></derivativeInfo>"
    )
    file = tmp_path / "primary_doc.xml"
    file.write_text(FILING.replace("<valUSD>-2</valUSD>", f"<valUSD>-2</valUSD>{swap}"))
    command = ["concentration", str(file), "--founder", "TSLA=Musk"]
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert "Of net value" not in out
    assert "'TSLA' (60.00 %)" in err
    assert main([*command, "--derivatives", "notional"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("Of net value 100 % rides on Musk.\n")
    assert err == ""


def test_what_is_left_out_of_a_filing_is_in_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A short of -2 and a derivative marked at 1, in lines 5 and 6 of the file."""
    file = tmp_path / "primary_doc.xml"
    file.write_text(
        FILING.replace(
            "</invstOrSecs>",
            "<invstOrSec><name>Future</name><assetCat>DE</assetCat><valUSD>1</valUSD></invstOrSec>\n</invstOrSecs>",
        )
    )
    assert main(["concentration", str(file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["value"]) for each in document["left_out"]] == [("Swap", -2.0), ("Future", 1.0)]
    assert document["left_out"][0]["reason"] == "short or worth nothing, net of longs"
    assert document["left_out"][1]["reason"] == ("derivative: unknown exposure to 'Future': it has no terms")
    assert any("derivatives are left out" in each for each in document["warnings"])


def test_derivatives_are_those_of_a_filing(holdings: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["concentration", str(holdings), "--derivatives", "notional"]) == 2
    assert "--derivatives must be left out for a file that is no N-PORT filing" in capsys.readouterr().err


def test_a_fund_that_borrows_has_its_net_exposure_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """65 of 100 gross are 81.25 % of 80 net."""
    file = tmp_path / "primary_doc.xml"
    file.write_text(FILING.replace(">100<", ">80<"))
    assert main(["concentration", str(file), "--founder", "TSLA=Musk", "--founder", "SpaceX=Musk"]) == 0
    out = capsys.readouterr().out
    assert "65 % (Musk)" in out
    assert out.endswith("\n\nOf net value 81.2 % rides on Musk.\n")


def test_a_hostile_filing_is_reported_on_stderr_with_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "primary_doc.xml"
    file.write_text(f'<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/hostname">]>\n{FILING.replace("Rest", "&b;")}')
    assert main(["concentration", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(r"riskkit: error: .*primary_doc\.xml, line 1: must not declare a document type", err)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["demo", "--paths", "0"], r"riskkit: error: paths must be >= 1, got 0"),
        (["demo", "--seed", "-1"], r"riskkit: error: seed must be from 0 to 2\*\*64 - 1, got -1"),
        (["demo", "--steps-per-year", "0"], r"riskkit: error: steps_per_year must be"),
        (["concentration", "nothing.csv"], r"riskkit: error: nothing\.csv: No such file or directory"),
        (["concentration", "nothing.xml"], r"riskkit: error: nothing\.xml: No such file or directory"),
        (["concentration", "HOLDINGS", "--founder", "TSLA"], r"--founder must be HOLDING=PERSON, got 'TSLA'"),
        (["concentration", "HOLDINGS", "--founder", "=Musk"], r"--founder must be HOLDING=PERSON, got '=Musk'"),
        (["concentration", "HOLDINGS", "--founder", "TSLB=Musk"], r"must name one of .* \(did you mean 'TSLA'\?\)"),
    ],
)
def test_bad_input_is_reported_on_stderr_with_exit_code_2(
    arguments: list[str], message: str, holdings: Path, capsys: pytest.CaptureFixture[str]
):
    assert main([str(holdings) if word == "HOLDINGS" else word for word in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(message, err)
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [["demos"], ["demo", "--paths", "many"], ["concentration"]])
def test_what_cannot_be_read_as_a_command_ends_with_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: riskkit" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--version"], f"riskkit {riskkit.__version__}\n"),
        (["--help"], "riskkit run scenario.toml --report report.html\n"),
        *(([command, "--help"], f"examples:\n  riskkit {command}") for command in ("demo", "new", "run", "schema")),
        (["compare", "--help"], "  riskkit compare base dear\n"),
        (["concentration", "--help"], "  riskkit concentration scenario.toml\n"),
    ],
)
def test_help_with_examples_and_the_version(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 0
    assert words in capsys.readouterr().out


def test_without_a_command_the_help_is_printed(capsys: pytest.CaptureFixture[str]):
    """As `riskkit --help` prints it, and with its exit code: nothing has failed."""
    with pytest.raises(SystemExit):
        main(["--help"])
    help_text = capsys.readouterr().out
    assert main([]) == 0
    assert capsys.readouterr() == (help_text, "")


def test_every_command_is_listed(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert re.findall(r"^    (\w+)", out, re.MULTILINE) == ["demo", "new", "run", "compare", "concentration", "schema"]
    assert "65 % of it with one" in out


@pytest.mark.parametrize(
    ("stop", "message"), [(Interrupted("stopped after 5 of 9 paths"), "5 of 9"), (KeyboardInterrupt(), "interrupted")]
)
def test_ctrl_c_ends_with_code_130(
    stop: BaseException, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def interrupted(**options: int) -> str:
        raise stop

    monkeypatch.setattr("riskkit.cli.demo.demo", interrupted)
    assert main(["demo"]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_warnings_are_printed_once_and_left_as_they_were(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def warned(**options: int) -> str:
        for _ in range(2):
            warnings.warn("read with care", RiskkitWarning, stacklevel=1)
        return "done"

    monkeypatch.setattr("riskkit.cli.demo.demo", warned)
    before = warnings.showwarning
    assert main(["demo"]) == 0
    assert capsys.readouterr() == ("done\n", "riskkit: warning: read with care\n")
    assert warnings.showwarning is before


def test_a_stream_without_the_signs_gets_plain_ones(monkeypatch: pytest.MonkeyPatch):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    monkeypatch.setattr("riskkit.cli.demo.demo", lambda **options: "1 ± 2 × 3 − 4 … 李")
    assert main(["demo"]) == 0
    assert raw.getvalue() == b"1 +/- 2 x 3 - 4 ... \\u674e\n"


@pytest.mark.slow
def test_the_module_runs_as_a_program_and_a_closed_pipe_is_no_error(holdings: Path):
    command = [sys.executable, "-m", "riskkit", "concentration", str(holdings)]
    whole = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (whole.returncode, whole.stderr) == (0, "")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_nothing_heavy_is_loaded_before_it_is_needed():
    code = "import sys, riskkit.cli; print(sorted({'numpy', 'pandas', 'numba', 'scipy', 'tqdm'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
