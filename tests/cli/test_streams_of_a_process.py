"""Programs under any stdin, stdout and stderr: missing, closed, full, unread, or with few characters."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import riskkit as rk
from riskkit._core.terminal_text import print_note, print_text
from riskkit.cli import main
from riskkit.comparison._progress import progress_reporter

ROOT = str(Path(rk.__file__).parents[1])
SMALL = """
years = 1
steps_per_year = 12
rules = [{ type = "Hold" }, { type = "Rebalance", every = 1 }]
portfolio.holdings = [{ name = "A", value = 60, founder = "Ann" }, { name = "B", value = 40 }]
market.assets = { A = { expected_return = 0.1, volatility = 0.4 }, B = { expected_return = 0.1, volatility = 0.2 } }
"""
RUN = (
    "import riskkit as rk, pathlib, sys\n"
    "held = rk.Portfolio([rk.Holding('A', 1)])\n"
    "asked = rk.Scenario(held, rk.Market({'A': rk.Asset(0.1, 0.4)}), [rk.Hold()], years=1, steps_per_year=12)\n"
    "found = rk.compare(asked, paths=200, progress=PROGRESS)\n"
    "found.errors()\n"
    "pathlib.Path(sys.argv[1]).write_text(repr(found.paths))\n"
)

posix = pytest.mark.skipif(os.name != "posix", reason="needs a shell of POSIX")


def shell(command: str, where: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command of sh, in which $RISKKIT stands for the program and $PYTHON for the interpreter."""
    names = {"RISKKIT": f"{sys.executable} -m riskkit", "PYTHON": sys.executable, "PYTHONPATH": ROOT, "COLUMNS": "120"}
    return subprocess.run(
        ["sh", "-c", command], cwd=where, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, **names, **more},
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "s.toml").write_text(SMALL)
    return tmp_path


REDIRECTED = {
    "stdout closed": ">&-",
    "stderr closed": "2>&-",
    "both closed": ">&- 2>&-",
    "all closed": "<&- >&- 2>&-",
    "stdin closed": "<&-",
    "nobody reads": "| head -c 1",
    "nobody reads stderr either": "2>&1 | head -c 1",
}


@pytest.mark.slow
@posix
@pytest.mark.parametrize("how", REDIRECTED.values(), ids=REDIRECTED)
def test_a_run_is_saved_whatever_its_streams_are(how: str, folder: Path):
    done = shell(f"$RISKKIT run s.toml --paths 200 --save saved {how}", folder)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == 0
    assert rk.Comparison.load(folder / "saved").paths == 200


@pytest.mark.slow
@posix
@pytest.mark.parametrize("how", [">&-", "2>&-", ">&- 2>&-", "2>&1 | head -c 1"])
@pytest.mark.parametrize("command", ["run nothing.toml", "demos", "--help", "run --help"])
def test_a_refusal_and_help_need_no_stream(command: str, how: str, folder: Path):
    done = shell(f"$RISKKIT {command} {how}", folder)
    assert "Traceback" not in done.stderr
    if "|" not in how:
        assert done.returncode == (0 if "help" in command else 2)


@posix
def test_the_files_of_a_run_do_not_take_the_number_of_a_missing_stream(folder: Path):
    """What a library writes to stderr, file 2, must not go into a file that the program happened to open next."""
    code = (
        "import os, sys; from riskkit.cli import main; main(['concentration', 's.toml']); "
        "file = open('out.txt', 'w'); os.write(2, b'noise'); print(file.fileno(), file=file)"
    )
    shell(f'"$PYTHON" -c "{code}" >&- 2>&-', folder)
    assert int((folder / "out.txt").read_text()) > 2


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_behind_stdout_is_reported_with_code_2(folder: Path):
    done = shell("$RISKKIT concentration s.toml > /dev/full", folder)
    assert done.returncode == 2
    assert done.stderr == "riskkit: error: the answer cannot be written: No space left on device\n"
    assert shell("$RISKKIT concentration s.toml 2> /dev/full", folder).returncode == 0
    assert shell("$RISKKIT concentration nothing.csv 2> /dev/full", folder).returncode == 2


@pytest.mark.slow
@posix
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8", "cp437"])
def test_every_command_prints_in_the_characters_of_the_console(encoding: str, folder: Path):
    for command in (
        "demo --paths 200 --steps-per-year 12",
        "run s.toml --paths 200",
        "run --help",
        "schema",
        "compare a b",
    ):
        done = subprocess.run(
            [sys.executable, "-m", "riskkit", *command.split()], cwd=folder, capture_output=True, check=False,
            env={**os.environ, "PYTHONPATH": ROOT, "PYTHONIOENCODING": encoding},
        )  # fmt: skip
        assert b"Traceback" not in done.stderr, command
        assert (done.stdout + done.stderr).decode(encoding)
        assert done.returncode == (2 if command == "compare a b" else 0)


@pytest.mark.slow
@posix
@pytest.mark.parametrize(
    "surroundings",
    [
        {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"TERM": "dumb"},
        {"NO_COLOR": "1"},
        {"TERM": ""},
    ],
    ids=["plain locale", "dumb terminal", "no colour", "no terminal"],
)
def test_surroundings_change_nothing_but_signs(surroundings: dict[str, str], folder: Path):
    done = shell("$RISKKIT run s.toml --paths 200", folder, **surroundings)
    assert (done.returncode, "\x1b" in done.stdout + done.stderr, "\r" in done.stderr) == (0, False, False)
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@posix
@pytest.mark.parametrize("name", ["HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"])
def test_a_run_needs_no_folder_of_the_users_own(name: str, folder: Path):
    done = shell("$RISKKIT run s.toml --paths 200", folder, **{name: "/dev/null/nowhere"})
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


@pytest.mark.slow
@posix
@pytest.mark.parametrize(
    "command", ["run s.toml --paths 200 --memory 510MB", "run s.toml --paths 400000 --memory 510MB"]
)
def test_without_a_temporary_folder_a_budget_is_refused_where_it_needs_one(command: str, folder: Path):
    """A small run fits into the budget; a large one needs files. In the last resort Python takes the current folder."""
    code = (
        "import tempfile; tempfile._candidate_tempdir_list = lambda: ['/dev/null/no']; from riskkit.cli import main; "
        f"raise SystemExit(main({command.split()}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": ROOT},
    )  # fmt: skip
    if "400000" in command:
        assert done.returncode == 2
        assert "memory needs a temporary folder that can be written" in done.stderr
    else:
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
@posix
@pytest.mark.parametrize("progress", ["None", "True", "False"])
@pytest.mark.parametrize(
    "before", ["sys.stderr = sys.stdout = None", "sys.stderr.close()", "sys.stdin = None; sys.stdout.close()"]
)
def test_a_program_without_streams_runs(before: str, progress: str, tmp_path: Path):
    code = f"import sys\n{before}\n{RUN.replace('PROGRESS', progress)}"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "done")], check=True, capture_output=True,
        env={**os.environ, "PYTHONPATH": ROOT},
    )  # fmt: skip
    assert (tmp_path / "done").read_text() == "200"


class Gone(io.StringIO):
    """A terminal whose other end has hung up."""

    def isatty(self) -> bool:
        return True

    def write(self, words: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("progress", [None, True])
def test_a_bar_that_nobody_reads_ends_no_run(progress: bool | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stderr", Gone())
    with progress_reporter(progress, 10) as report:
        report(5, 10)
        report(10, 10)


@pytest.mark.parametrize("terminal", ["dumb", "xterm"])
def test_a_terminal_that_cannot_go_back_shows_a_bar_only_when_asked(terminal: str, monkeypatch: pytest.MonkeyPatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", terminal)
    for progress, shows in ((None, terminal != "dumb"), (True, True), (False, False)):
        stream = Terminal()
        monkeypatch.setattr("sys.stderr", stream)
        with progress_reporter(progress, 10) as report:
            report(10, 10)
        assert bool(stream.getvalue()) == shows


def test_notes_are_dropped_where_they_cannot_go(monkeypatch: pytest.MonkeyPatch):
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed, Gone()):
        monkeypatch.setattr("sys.stderr", stream)
        print_note("a note")
    print_text("an answer", None)
    print_text("an answer", closed)
    with pytest.raises(BrokenPipeError):
        print_text("an answer", Gone())


@pytest.mark.parametrize("stream", ["None", "closed", "gone"])
def test_warnings_of_a_command_are_dropped_where_they_cannot_go(stream: str, monkeypatch: pytest.MonkeyPatch):
    def warned(**options: int) -> str:
        warnings.warn("read with care", rk.RiskkitWarning, stacklevel=1)
        return "done"

    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("riskkit.cli.demo.demo", warned)
    monkeypatch.setattr("sys.stderr", {"None": None, "closed": closed, "gone": Gone()}[stream])
    assert main(["demo"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("value", ["1", "2"])
def test_without_compiling_one_sentence_says_what_to_do(value: str, folder: Path):
    """The command that compiles nothing works; a run is refused."""
    surroundings = {**os.environ, "PYTHONPATH": ROOT, "NUMBA_DISABLE_JIT": value}
    for command, code in (("concentration", 0), ("run", 2)):
        done = subprocess.run(
            [sys.executable, "-m", "riskkit", command, "s.toml"], cwd=folder, env=surroundings, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code
        if code:
            assert done.stderr == (
                "riskkit: error: NUMBA_DISABLE_JIT must be 0 or unset, got 1; the simulation runs compiled only: unset "
                "NUMBA_DISABLE_JIT\n"
            )
