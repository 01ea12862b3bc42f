"""A bar on a terminal or in a notebook, nothing in a pipe, and a callback for programs."""

from __future__ import annotations

import io
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.comparison._progress import progress_reporter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A stream that is no terminal, outside of a notebook."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    return stream


class Bar:
    """A stand-in for tqdm that stores the calls to it."""

    made: list[Bar]

    def __init__(self, total: int, **options: Any) -> None:
        self.total, self.options, self.n, self.closed = total, options, 0, False
        Bar.made.append(self)

    def close(self) -> None:
        self.closed = True

    def update(self, more: int) -> None:
        self.n += more


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Bar]:
    Bar.made = []
    monkeypatch.setitem(sys.modules, "tqdm.auto", SimpleNamespace(tqdm=Bar))
    return Bar.made


def test_a_terminal_shows_how_many_of_how_many_paths_a_second_and_the_time_left(monkeypatch: pytest.MonkeyPatch):
    """tqdm writes ``1.00k/4.00k [00:00<00:00, 2.00M paths/s]``: done/total, elapsed<left, rate."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with progress_reporter(None, 4000) as report:
        report(1000, 4000)
        report(4000, 4000)
    assert "/4.00k [" in terminal.getvalue()
    assert "<" in terminal.getvalue()
    assert " paths/s]" in terminal.getvalue()


def test_a_pipe_stays_silent(quiet: io.StringIO, bars: list[Bar]):
    with progress_reporter(None, 4000) as report:
        report(4000, 4000)
    assert (quiet.getvalue(), bars) == ("", [])


def test_a_notebook_shows_a_bar_though_it_is_no_terminal(
    quiet: io.StringIO, bars: list[Bar], monkeypatch: pytest.MonkeyPatch
):
    shell = SimpleNamespace(config={"IPKernelApp": {}})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    with progress_reporter(None, 10) as report:
        report(4, 10)
    assert [(bar.n, bar.total, bar.closed) for bar in bars] == [(4, 10, True)]


@pytest.mark.parametrize("shell", [None, SimpleNamespace(config={"TerminalIPythonApp": {}})])
def test_an_ipython_that_is_no_notebook_follows_its_stream(
    shell: object, quiet: io.StringIO, bars: list[Bar], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    with progress_reporter(None, 10) as report:
        report(4, 10)
    assert bars == []


def test_true_draws_a_bar_and_false_none(quiet: io.StringIO, bars: list[Bar], monkeypatch: pytest.MonkeyPatch):
    with progress_reporter(True, 10) as report:
        report(10, 10)
    assert len(bars) == 1
    monkeypatch.setattr("sys.stderr", Terminal())
    with progress_reporter(False, 10) as report:
        report(10, 10)
    assert len(bars) == 1


def test_a_total_that_grows_is_followed(quiet: io.StringIO, bars: list[Bar]):
    with progress_reporter(True, 10) as report:
        report(10, 10)
        report(15, 20)
    assert [(bar.n, bar.total) for bar in bars] == [(15, 20)]


def test_a_bar_is_closed_when_the_run_fails(quiet: io.StringIO, bars: list[Bar]):
    with pytest.raises(KeyboardInterrupt), progress_reporter(True, 10):
        raise KeyboardInterrupt
    assert bars[0].closed


def test_compare_calls_a_program_back_until_all_paths_are_done():
    calls: list[tuple[int, int]] = []
    scenario = rk.Scenario(rk.Portfolio([rk.Holding("A", 1)]), rk.Market({"A": rk.Asset(0.08, 0.2)}), [rk.Hold()])
    rk.compare(scenario, paths=300, seed=1, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (300, 300)
    assert [done for done, _ in calls] == sorted({done for done, _ in calls})


@pytest.mark.parametrize("progress", ["yes", 1, 0, []])
def test_other_values_of_progress_are_refused(progress: Any):
    wanted = rf"progress must be None, True, False or a callable, got {progress!r}".replace("[", r"\[")
    with pytest.raises(InvalidInput, match=wanted), progress_reporter(progress, 10):
        pass


def test_tqdm_is_not_imported_without_a_bar():
    code = (
        "import sys\n"
        "from riskkit.comparison._progress import progress_reporter\n"
        "with progress_reporter(None, 1) as report: report(1, 1)\n"
        "print('tqdm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False\n", "")
