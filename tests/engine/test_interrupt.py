"""Ctrl-C ends a run within a second, at any moment, with one error that says how to continue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from scenes import house
from test_same_bits import assert_same_outcomes

import riskkit as rk
from riskkit.engine import path_batch as path_batch
from riskkit.engine.execution.backends import in_threads
from riskkit.engine.execution.interrupt import stopping
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.path_batch import run_batch

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends a signal")

no_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="distributed is not installed")

#: A run of minutes: ten years of days, in which one rule is asked on no day and another on each.
PROGRAM = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # as a shell ignores it in the background
sys.path.insert(0, {here!r})
from scenes import house
import riskkit as rk
import riskkit.engine.execution.run

class Daily(rk.Rule):
    def dates(self, calendar):
        return range(calendar.steps)

    def decide(self, view, state):
        return view.weights, state

if {backend!r} == "dask":
    from dask.distributed import Client, LocalCluster
    client = Client(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None))
scenario = house(rk.Hold(), *([Daily()] if {daily} else []), years=10, steps_per_year=252)
print("begins", flush=True)
try:
    rk.compare(
        scenario, paths=1_000_000, workers=2, backend={backend!r}, checkpoint=sys.argv[1],
        progress=lambda done, total: print("a part", flush=True),
    )
except rk.Interrupted as told:
    print(time.time(), told, flush=True)
    os._exit(0)  # what a cluster takes to end is not the run's affair
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "daily", "after"),
    [
        ("threads", False, "begins"),
        ("threads", False, "a part"),
        ("threads", True, "begins"),
        ("loky", False, "a part"),
        pytest.param("loky", True, "a part", marks=pytest.mark.slow),
        pytest.param("threads", True, "a part", marks=pytest.mark.slow),
        pytest.param("dask", False, "a part", marks=[pytest.mark.slow, no_dask]),
    ],
)
def test_ctrl_c_ends_a_run_within_a_second(tmp_path, backend, daily, after):
    """At any moment: just begun, which is in the pilot or the compiler, or while parts are run."""
    program = PROGRAM.format(here=str(Path(__file__).parent), daily=daily, backend=backend)
    taken = []
    while not taken or (taken[-1] >= 1.0 and len(taken) < 3):  # other work on the machine may hold one up
        folder = tmp_path / str(len(taken))
        message = output_after_ctrl_c([sys.executable, "-c", program, str(folder)], after)
        taken.append(float(message.partition(" ")[0]))
        assert "stopped by Ctrl-C before the 1,000,000 paths were done; finished shards are stored" in message
        assert f"the same call with checkpoint={str(folder)!r} continues from there" in message
        assert not list(folder.glob("*.partial"))
    assert min(taken) < 1.0


def output_after_ctrl_c(command, after):
    """Seconds from Ctrl-C to the program's last line, which follows."""
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        while (line := run.stdout.readline().strip()) != after:
            assert line
        time.sleep(0.3)
        sent = time.time()
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to the workers too
        printed, _ = run.communicate(timeout=60)
    finally:
        run.kill()
    when, _, message = printed.splitlines()[-1].partition(" ")
    return f"{float(when) - sent} {message}"


def test_a_batch_without_decisions_checks_for_a_stop():
    """A century of days without a date: it stops at the first check after the stop."""
    scenario = house(rk.Hold(), years=100, steps_per_year=252)
    checks = []

    def stopped():
        checks.append(None)
        return len(checks) > 3

    batch = run_batch(make_run_setup(scenario, 1), np.arange(128, dtype=np.uint64), stopped=stopped)
    assert 0 < batch.step <= 1000 < scenario.calendar.steps


@pytest.mark.parametrize("steps", [1, 7])
def test_same_bits_for_any_number_of_steps_per_check(monkeypatch, steps):
    scenario = house(rk.Hold(), rk.Rebalance(12), years=2, steps_per_year=252)
    expected = rk.compare(scenario, paths=200, seed=1, workers=1).outcomes
    monkeypatch.setattr(path_batch, "STEPS_PER_CHECK", steps)
    assert_same_outcomes(rk.compare(scenario, paths=200, seed=1, workers=1).outcomes, expected, 200)


def test_threads_begin_nothing_once_they_are_to_stop():
    """Two threads are busy and two tasks wait when it comes; those that wait are never begun."""
    begun, stop = [], threading.Event()

    def slow_task(task):
        begun.append(task)
        if task:
            stop.wait(10.0)

    results = in_threads(slow_task, range(100), 2, stop)
    next(results)
    while len(begun) < 3:
        time.sleep(0.001)
    results.close()
    assert stop.is_set()
    assert begun == [0, 1, 2]


def lost():
    """What Numba makes of a Ctrl-C that comes while LLVM calls Python back: an error of its own."""
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise RuntimeError("no compiled object yet") from None


def test_ctrl_c_that_is_lost_in_a_callback_is_heard():
    message = "stopped by Ctrl-C before the end; nothing was stored, because no checkpoint was given"
    with pytest.raises(rk.Interrupted, match=message), stopping("before the end"):
        lost()


def test_an_error_without_ctrl_c_stays_what_it_is():
    with pytest.raises(RuntimeError, match="mine"), stopping("before the end"):
        raise RuntimeError("mine")


def test_a_program_that_handles_ctrl_c_itself_goes_on_doing_so(monkeypatch):
    """Its handler is called, and what does not raise does not stop the run; afterwards it stands as before."""
    heard = []

    def mine(number, frame):
        heard.append(number)

    before = signal.signal(signal.SIGINT, mine)
    try:
        with stopping("before the end"):
            signal.raise_signal(signal.SIGINT)
        assert heard == [signal.SIGINT]
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)


#: The command, with what a shell takes from programs that it runs in the background.
COMMAND = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import riskkit.__main__"


@pytest.mark.slow
@pytest.mark.parametrize("command", [["demo", "--paths", "3000000"], ["run", "scenario.toml", "--paths", "3000000"]])
def test_ctrl_c_ends_a_command_with_its_code_and_no_traceback(tmp_path, command):
    where = {**os.environ, "PYTHONPATH": str(Path(rk.__file__).parents[1])}
    riskkit = [sys.executable, "-c", COMMAND]
    subprocess.run([*riskkit, "new", "scenario.toml"], cwd=tmp_path, env=where, check=True, capture_output=True)
    run = subprocess.Popen([*riskkit, *command], cwd=tmp_path, env=where, stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(10.0)
        sent = time.monotonic()
        run.send_signal(signal.SIGINT)
        message = run.stderr.readline()
        assert time.monotonic() - sent < 1.0
        stopped = "stopped by Ctrl-C before the 3,000,000 paths were done; nothing was stored, "
        stopped += "because no checkpoint was given"
        assert message == f"riskkit: {stopped}\n"
        assert run.communicate(timeout=60)[1] == ""
        assert run.returncode == 130
    finally:
        run.kill()
