"""Threads, processes, Dask and Ray give the same bits, with a user's own rule and when a worker dies."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scenes import house, house_market
from test_same_bits import assert_same_outcomes

import riskkit as rk
from riskkit.engine.execution import backends
from riskkit.engine.execution import run as engine_run
from riskkit.engine.execution import task as engine_work
from riskkit.engine.execution.task import Task, run_packed_task
from riskkit.engine.inputs.run_setup import make_run_setup

PATHS = 3000


class Halfway(rk.Rule):
    """A user's own rule: halfway to equal weights each quarter."""

    every: int = 3

    def decide(self, view, state):
        """Half of what is held and half of equal shares."""
        return 0.5 * view.weights + 0.5 / len(view.weights), state


def scenario():
    news = rk.Shock("news", 1.5, {"private": rk.Impact(0.1, 0.04), "venture": rk.Impact(-0.2, 0.05)})
    return house(rk.Hold(), Halfway(), market=house_market(news), steps_per_year=12, years=3)


@pytest.fixture(scope="module")
def threads():
    return rk.compare(scenario(), paths=PATHS, seed=5, workers=1).outcomes


def test_processes_give_the_bits_of_threads(threads):
    found = rk.compare(scenario(), paths=PATHS, seed=5, workers=2, backend="loky").outcomes
    assert_same_outcomes(found, threads, PATHS)


def test_stratified_paths_are_the_same_in_processes():
    how = {"paths": 512, "seed": 5, "sampling": "stratified", "on": "news"}
    found = rk.compare(scenario(), workers=2, backend="loky", **how).outcomes
    expected = rk.compare(scenario(), workers=1, **how).outcomes
    assert_same_outcomes(found, expected, 512)
    np.testing.assert_array_equal(found.path_weights, expected.path_weights)


@pytest.mark.slow
def test_a_rule_of_the_main_program_travels_with_its_code(tmp_path):
    """The worker cannot import the program, so the code itself has to go along."""
    program = tmp_path / "program.py"
    program.write_text(
        "import numpy as np, riskkit as rk\n"
        "class Mine(rk.Rule):\n"
        "    share: float = 0.25\n"
        "    def decide(self, view, state):\n"
        "        target = np.tile(np.array([[self.share], [1 - self.share]]), view.weights.shape[1])\n"
        "        return target, state\n"
        "portfolio = rk.Portfolio([rk.Holding('A', 1, founder='Ann'), rk.Holding('B', 1)])\n"
        "market = rk.Market({'A': rk.Asset(0.1, 0.3), 'B': rk.Asset(0.02, 0.1)})\n"
        "rules = [Mine(), Mine(share=0.5, name='half')]\n"
        "scenario = rk.Scenario(portfolio, market, rules, years=1, steps_per_year=12)\n"
        "runs = [rk.compare(scenario, paths=2000, workers=2, backend=b) for b in ('threads', 'loky')]\n"
        "assert (runs[0].values('half', 'wealth') == runs[1].values('half', 'wealth')).all()\n"
        "print('same')\n"
    )
    where = {**os.environ, "PYTHONPATH": str(Path(rk.__file__).parents[1])}
    command = [sys.executable, str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=where)
    assert done.stdout == "same\n", done.stderr


def test_a_refusal_in_a_process_comes_back_as_it_is():
    bad = rk.rule(lambda view: -view.weights, name="bad")
    with pytest.raises(rk.InvalidInput, match=r"rule 'bad': a path's target must be finite, >= 0 and sum to 1"):
        rk.compare(house(rk.Hold(), bad), paths=200, workers=2, backend="loky")


def test_a_worker_with_another_version_is_refused(monkeypatch):
    task = Task(make_run_setup(scenario(), 1), 1, (), np.zeros((2, 4)))
    packed = task.packed()
    monkeypatch.setattr("riskkit.engine.execution.task.__version__", "0.0.7")
    with pytest.raises(rk.InvalidInput, match=r"workers must have the caller's riskkit .*, got 0\.0\.7; install it"):
        run_packed_task(packed, range(128), 128)


@pytest.mark.parametrize("more", [{}, {"workers": 2}, {"checkpoint": True}, {"until": {"wealth_mean": 1e-9}}])
@pytest.mark.filterwarnings("ignore::riskkit.RiskkitWarning")
def test_a_run_unfolds_its_scenario_once(monkeypatch, tmp_path, more):
    """The pilot, the paths and a longer run share one setup."""
    made = []

    def counted(*arguments, **options):
        made.append(make_run_setup(*arguments, **options))
        return made[-1]

    for module in (engine_run, engine_work):
        monkeypatch.setattr(module, "make_run_setup", counted)
    if more.get("checkpoint"):
        more = {"checkpoint": tmp_path / "run"}
    rk.compare(scenario(), paths=200, max_paths=8192 if "until" in more else None, progress=False, **more)
    assert len(made) == 1


def test_a_worker_process_unpacks_a_scenario_once_for_all_its_shards(monkeypatch):
    packed = Task(make_run_setup(scenario(), 1), 1, (), np.zeros((2, 4))).packed()
    made = []

    def counted(*arguments, **options):
        made.append(1)
        return make_run_setup(*arguments, **options)

    monkeypatch.setattr(engine_work, "make_run_setup", counted)
    for start in (0, 128, 256):
        run_packed_task(packed, range(start, start + 128), 128)
    assert made == [1]


def test_unknown_and_missing_backends_are_refused(monkeypatch):
    with pytest.raises(rk.InvalidInput, match="backend must be one of"):
        rk.compare(scenario(), paths=10, backend="spark")
    monkeypatch.setattr(backends.importlib.util, "find_spec", lambda name: None)
    for backend, package in (("dask", "distributed"), ("ray", "ray")):
        with pytest.raises(
            rk.MissingExtra, match=f"^backend='{backend}' needs {package}, which .* installs: pip install {package}$"
        ):
            rk.compare(scenario(), paths=10, backend=backend)


@pytest.fixture(scope="module")
def cluster():
    """A Dask client with two local workers."""
    distributed = pytest.importorskip("distributed", reason="distributed is not installed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local,
        distributed.Client(local) as client,
    ):
        yield client


@pytest.mark.slow
@pytest.mark.skipif(find_spec("distributed") is None, reason="distributed is not installed")
def test_dask_without_a_client_is_refused():
    with pytest.raises(rk.InvalidInput, match="backend='dask' needs a client: make one first"):
        rk.compare(scenario(), paths=10, backend="dask")


@pytest.mark.slow
def test_dask_gives_the_bits_of_threads_and_loses_nothing_with_a_worker(cluster):
    """A worker is killed once an eighth of the paths is there."""
    paths, killed = 20_000, []
    expected = rk.compare(scenario(), paths=paths, seed=5, workers=1)
    workers = list(cluster.run(os.getpid).values())
    found = rk.compare(scenario(), paths=paths, seed=5, backend="dask")
    assert_same_outcomes(found.outcomes, expected.outcomes, paths)

    def kill(done, total):
        if done >= total / 8 and not killed:
            killed.append(workers[0])
            os.kill(workers[0], signal.SIGKILL)

    found = rk.compare(scenario(), paths=paths, seed=5, backend="dask", progress=kill)
    assert killed
    assert_same_outcomes(found.outcomes, expected.outcomes, paths)


@pytest.mark.slow
def test_ray_gives_the_bits_of_threads(threads):
    ray = pytest.importorskip("ray", reason="ray is not installed")
    with pytest.raises(rk.InvalidInput, match="backend='ray' needs a cluster: connect to one first"):
        rk.compare(scenario(), paths=10, backend="ray")
    where = {"env_vars": {"PYTHONPATH": os.pathsep.join(sys.path)}}
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=10**8, runtime_env=where)
    try:
        found = rk.compare(scenario(), paths=PATHS, seed=5, backend="ray").outcomes
    finally:
        ray.shutdown()
    assert_same_outcomes(found, threads, PATHS)


def test_two_comparisons_at_once_in_one_process(threads):
    """Each of two threads runs the same scenario, in threads of its own; neither sees the other."""
    found, shared = {}, scenario()

    def run(seed):
        found[seed] = rk.compare(shared, paths=PATHS, seed=seed, workers=2)

    both = [threading.Thread(target=run, args=(seed,)) for seed in (5, 6)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert_same_outcomes(found[5].outcomes, threads, PATHS)
    alone = rk.compare(scenario(), paths=PATHS, seed=6, workers=1)
    pd.testing.assert_frame_equal(found[6].table(), alone.table(), check_exact=True)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_process_that_is_forked_or_spawned_has_the_same_bits(threads, method, tmp_path):
    """The parent has run before, with threads, so a fork inherits all that a run leaves behind."""
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system cannot {method}")
    child = multiprocessing.get_context(method).Process(target=_written, args=(str(tmp_path / "wealth"),))
    child.start()
    child.join(120)
    assert child.exitcode == 0
    found = pickle.loads((tmp_path / "wealth").read_bytes())
    np.testing.assert_array_equal(found, threads.columns["wealth"][1])


def _written(path):
    wealth = rk.compare(scenario(), paths=PATHS, seed=5, workers=2).values("halfway", "wealth")
    with open(path, "wb") as file:
        pickle.dump(np.array(wealth), file)
