"""A run that is killed or stopped at any moment continues in its folder to the same bits; others are refused."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
import tomllib
import warnings
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w
from scenes import house

import riskkit as rk
from riskkit._core import atomic_write as whole_files
from riskkit.engine.execution.folder_lock import LOCK

PATHS = 4000


def scenario(*rules):
    return house(*(rules or (rk.Hold(), rk.Rebalance(3))), steps_per_year=12, years=2)


def compared(folder, requested=None, paths=PATHS, seed=3, **more):
    return rk.compare(requested or scenario(), paths=paths, seed=seed, checkpoint=folder, **more)


@pytest.fixture(scope="module")
def table():
    return rk.compare(scenario(), paths=PATHS, seed=3, workers=1).table()


def stopped_after(paths):
    """Progress that raises what Ctrl-C does once so many paths are done."""

    def progress(done, total):
        if done >= paths:
            raise KeyboardInterrupt

    return progress


def files(folder):
    return sorted(path.name for path in Path(folder).iterdir() if path.name != LOCK)


def assert_complete(folder, paths=PATHS):
    """The parts cover the paths once each, and nothing else is there but the facts."""
    spans = [tuple(map(int, name[:-8].split("-")[1:])) for name in files(folder) if name != "checkpoint.toml"]
    assert [start for start, _ in spans] == [0, *(end for _, end in spans[:-1])]
    assert spans[-1][1] == paths


def test_a_run_with_a_folder_gives_the_same_bits(tmp_path, table):
    folder = tmp_path / "new" / "folder"
    pd.testing.assert_frame_equal(compared(folder).table(), table, check_exact=True)
    assert_complete(folder)


def test_ctrl_c_says_how_to_go_on_and_the_run_goes_on(tmp_path, table):
    text = r"stopped by Ctrl-C before the 4,000 paths were done; .*the same call with checkpoint='.*' continues"
    with pytest.raises(rk.Interrupted, match=text):
        compared(tmp_path, progress=stopped_after(1000))
    before = files(tmp_path)
    assert len(before) > 1
    seen = []
    found = compared(tmp_path, progress=lambda done, total: seen.append(done), workers=3)
    assert seen[0] > 1000
    assert set(before) < set(files(tmp_path))
    pd.testing.assert_frame_equal(found.table(), table, check_exact=True)
    assert_complete(tmp_path)


def test_a_longer_and_a_shorter_run_use_what_is_there(tmp_path, table):
    compared(tmp_path, paths=1500)
    pd.testing.assert_frame_equal(compared(tmp_path).table(), table, check_exact=True)
    fewer = rk.compare(scenario(), paths=700, seed=3).table()
    pd.testing.assert_frame_equal(compared(tmp_path, paths=700).table(), fewer, check_exact=True)


def test_precision_on_order_with_a_folder(tmp_path):
    how = {"until": {"wealth_median": 0.008}, "max_paths": 20_000, "paths": 4096}
    alone = rk.compare(scenario(), seed=3, **how)
    found = rk.compare(scenario(), seed=3, checkpoint=tmp_path, **how)
    assert found.paths == alone.paths > 4096
    pd.testing.assert_frame_equal(found.table(), alone.table(), check_exact=True)


def test_a_folder_of_another_run_is_refused_with_what_differs(tmp_path):
    compared(tmp_path, paths=200)
    with pytest.raises(rk.InvalidInput, match=r"is of another run: seed was 3 and is now 4; choose another folder"):
        compared(tmp_path, seed=4)
    with pytest.raises(rk.InvalidInput, match=r"scenario\.inflation was not there and is now 0\.02"):
        compared(tmp_path, replace(scenario(), inflation=0.02))
    with pytest.raises(rk.InvalidInput, match=r"scenario\.rules\[1\]\.every was 3 and is now 6"):
        compared(tmp_path, scenario(rk.Hold(), rk.Rebalance(6)))
    with pytest.raises(rk.InvalidInput, match=r"on was \[\] and is now \['founder exit'\]"):
        compared(tmp_path, sampling="stratified", on="founder exit")


def another_version(monkeypatch):
    monkeypatch.setattr("riskkit.engine.execution.checkpoint.__version__", "0.0.7")


def another_numba(monkeypatch):
    monkeypatch.setattr("numba.__version__", "0.0.7")


def another_instruction_set(monkeypatch):
    def magic_tuple(self):
        return "x86_64-unknown-linux-gnu", "nehalem", "+sse4.2,-avx"

    monkeypatch.setattr("numba.core.codegen.CPUCodegen.magic_tuple", magic_tuple)


ENVIRONMENTS = [
    (another_version, r"version was '.*' and is now '0\.0\.7'"),
    (another_numba, r"machine\.numba was '.*' and is now '0\.0\.7'"),
    (another_instruction_set, r"machine\.processor was '.*' and is now 'nehalem'; machine\.features\."),
]


@pytest.mark.parametrize(("change", "what"), ENVIRONMENTS)
def test_a_run_of_another_version_or_machine_starts_anew_with_a_warning(tmp_path, monkeypatch, table, change, what):
    """The stored shards are others than the run's, so that its table shows whether they were used."""
    compared(tmp_path, paths=1000, workers=1)
    stored = files(tmp_path)
    for shard in tmp_path.glob("*.parquet"):
        frame = pd.read_parquet(shard)
        frame.assign(**{"wealth: hold": 1.0}).to_parquet(shard, index=False)
    change(monkeypatch)
    text = rf"starts anew: {what}.*1,000 finished paths in {len(stored) - 1} files of this folder are deleted"
    with pytest.warns(rk.RiskkitWarning, match=text) as caught:
        found = compared(tmp_path)
    assert repr(str(tmp_path)) in str(caught[0].message)
    pd.testing.assert_frame_equal(found.table(), table, check_exact=True)
    assert_complete(tmp_path)
    pd.testing.assert_frame_equal(compared(tmp_path).table(), table, check_exact=True)  # without a warning


def test_a_checkpoint_without_its_machine_starts_anew_with_a_warning(tmp_path, table):
    """Earlier versions wrote no machine."""
    compared(tmp_path, paths=200)
    facts = tomllib.loads((tmp_path / "checkpoint.toml").read_text())
    del facts["machine"]
    (tmp_path / "checkpoint.toml").write_text(tomli_w.dumps(facts))
    with pytest.warns(rk.RiskkitWarning, match="starts anew: machine was not there and is now"):
        found = compared(tmp_path)
    pd.testing.assert_frame_equal(found.table(), table, check_exact=True)


def test_nothing_is_deleted_where_the_warning_is_an_error(tmp_path, monkeypatch):
    compared(tmp_path, paths=200)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    another_numba(monkeypatch)
    with warnings.catch_warnings():
        warnings.simplefilter("error", rk.RiskkitWarning)
        with pytest.raises(rk.RiskkitWarning, match="starts anew"):
            compared(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_another_run_of_another_machine_is_refused_and_stays(tmp_path, monkeypatch):
    compared(tmp_path, paths=200)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    another_numba(monkeypatch)
    with pytest.raises(rk.InvalidInput, match="is of another run: seed was 3 and is now 4"):
        compared(tmp_path, seed=4)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def spread(view, share):
    return (1 - share) * view.weights + share / len(view.weights)


def by_code(share):
    made = {"spread": spread}
    exec(f"def mine(view): return spread(view, {share})", made)
    return rk.rule(made["mine"])


def by_closure(share):
    return rk.rule(lambda view: spread(view, share), name="mine")


def by_function_in_closure(share):
    def often(view, again=True):
        return often(view, False) if again else spread(view, share)

    return rk.rule(lambda view: often(view), name="mine")


def by_table_in_closure(share):
    """Longer than what numpy's repr shows."""
    table = np.full(3000, 0.5)
    table[1500] = share
    return rk.rule(lambda view: spread(view, table[1500]), name="mine")


def by_default(share):
    def mine(view, share=share):
        return spread(view, share)

    return rk.rule(mine)


def by_keyword_default(share):
    def mine(view, *, share=share):
        return spread(view, share)

    return rk.rule(mine)


def by_partial(share):
    """What the partial's repr tells is a function in a place in memory."""
    return rk.rule(partial(lambda view, how: spread(view, how()), how=lambda: share), name="mine")


class Spreads(rk.Rule):
    def decide(self, view, state):
        share = self.share
        return spread(view, share() if callable(share) else share), None


def by_staticmethod(share):
    class Mine(Spreads):
        @staticmethod
        def share():
            return share

    return Mine()


def by_classmethod(share):
    class Mine(Spreads):
        @classmethod
        def share(cls):
            return share

    return Mine()


def by_property(share):
    class Mine(Spreads):
        @property
        def share(self):
            return share

    return Mine()


def by_attribute(share):
    class Mine(Spreads):
        pass

    Mine.share = share
    return Mine()


MADE = [
    by_code,
    by_closure,
    by_function_in_closure,
    by_table_in_closure,
    by_default,
    by_keyword_default,
    by_partial,
    by_staticmethod,
    by_classmethod,
    by_property,
    by_attribute,
]


@pytest.mark.parametrize("mine", MADE)
def test_a_rule_whose_code_or_what_it_holds_has_changed_is_another_run(tmp_path, mine):
    """Each rule is made anew, as in another process, and has its share of 0.1 or 0.9 in another place."""
    compared(tmp_path, scenario(mine(0.1)), paths=200)
    compared(tmp_path, scenario(mine(0.1)), paths=200)
    with pytest.raises(rk.InvalidInput, match=r"is of another run: code\.mine was"):
        compared(tmp_path, scenario(mine(0.9)), paths=200)


#: A set of words in a rule's code, one in a tuple and one in its closure; the order of a set follows the hash seed.
SETS = """
import sys
sys.path.insert(0, {here!r})
import riskkit as rk
from test_checkpoint import compared, scenario
def made(words):
    def mine(view, kinds=({{"north", "south", "east", "west"}}, 1)):
        return view.weights if "one" in {{"one", "two", "three", "four", "five"}} and words and kinds else None
    return rk.rule(mine)
words = frozenset(["red", "green", "blue", "black", "white", "brown", "pink"])
compared(sys.argv[1], scenario(made(words)), paths=200)
print(list(words))
"""


@pytest.mark.slow
def test_a_folder_is_the_same_runs_in_a_process_with_another_hash_seed(tmp_path):
    program, orders = SETS.format(here=str(Path(__file__).parent)), []
    for seed in ("1", "2"):
        command = [sys.executable, "-c", program, str(tmp_path)]
        run = subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, timeout=60
        )
        assert run.returncode == 0, run.stderr
        orders.append(run.stdout)
    assert orders[0] != orders[1]


def test_another_number_of_rules_is_another_run(tmp_path):
    compared(tmp_path, paths=200)
    for rules in [(rk.Hold(),), (rk.Hold(), rk.Rebalance(3), rk.Rebalance(6, name="seldom"))]:
        with pytest.raises(rk.InvalidInput, match=r"is of another run: scenario\.rules was .* and is now"):
            compared(tmp_path, scenario(*rules), paths=200)


RISING = [0.1, 0.2, 0.3, 0.4]
LEVELS = {
    "missing": None,
    "three levels": [RISING[:3], RISING[:3]],
    "three and four levels": [RISING[:3], RISING],
    "one rule": [RISING],
    "flat": [*RISING, *RISING],
    "not a number": [RISING, [0.1, 0.2, float("nan"), 0.4]],
    "infinite": [RISING, [0.1, 0.2, 0.3, float("inf")]],
    "falling": [RISING, [0.1, 0.3, 0.2, 0.4]],
    "equal": [RISING, [0.1, 0.2, 0.2, 0.4]],
    "words": [RISING, [0.1, 0.2, 0.3, "high"]],
    "larger than any float": [RISING, [0.1, 0.2, 0.3, 10**400]],
    "a table": {"hold": RISING},
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """What a run of 200 paths has written down, without its thresholds."""
    folder = tmp_path_factory.mktemp("facts")
    compared(folder, paths=200)
    found = tomllib.loads((folder / "checkpoint.toml").read_text())
    assert np.shape(found.pop("thresholds")) == (2, 4)
    return found


@pytest.mark.parametrize("levels", LEVELS.values(), ids=LEVELS)
def test_thresholds_that_no_pilot_can_have_placed_are_refused(tmp_path, facts, levels):
    text = tomli_w.dumps({**facts, **({} if levels is None else {"thresholds": levels})})
    (tmp_path / "checkpoint.toml").write_text(text)
    with pytest.raises(rk.InvalidInput, match=r"is damaged \(thresholds must be 4 finite, rising numbers for each of"):
        compared(tmp_path, paths=200)


@pytest.mark.parametrize(
    "text",
    ["seed = ", "seed = " + "9" * 5000, "seed = 0x" + "f" * 5000, "seed = " + "[" * 10_000, "seed = '\udcff'"],
    ids=["cut off", "huge", "huge in hex", "deep", "not utf-8"],
)
def test_facts_that_are_no_toml_or_a_monstrous_one_are_refused(tmp_path, text):
    (tmp_path / "checkpoint.toml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(rk.InvalidInput, match=r"checkpoint\.toml is damaged \(.*choose another folder"):
        compared(tmp_path, paths=200)


def test_other_folders_and_damaged_ones_are_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(rk.InvalidInput, match="checkpoint must be a folder, got the file"):
        compared(tmp_path / "file")
    with pytest.raises(rk.InvalidInput, match="checkpoint must be a new or empty folder or that of an interrupted run"):
        compared(tmp_path)
    with pytest.raises(rk.InvalidInput, match="checkpoint must be a folder, got 3"):
        compared(3)
    compared(tmp_path / "run", paths=300, workers=1)
    shard = min((tmp_path / "run").glob("*.parquet"))
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-100])
    with pytest.raises(rk.InvalidInput, match=r"paths-.* is damaged \(.*remove it and run again"):
        compared(tmp_path / "run", paths=300)
    shard.write_bytes(whole)
    shard.rename(shard.with_name("paths-000000000000-000000000299.parquet"))
    with pytest.raises(rk.InvalidInput, match="must have 299 rows; remove it and run again"):
        compared(tmp_path / "run", paths=299)


def test_after_a_full_disk_shards_are_complete_and_the_run_continues(tmp_path, monkeypatch, table):
    """The sync of the second part fails, as it does on a disk that is full."""
    sync = os.fsync

    def full(file):
        if list(tmp_path.glob("paths-*.parquet")) and list(tmp_path.glob("paths-*.partial")):
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(file)

    with monkeypatch.context() as patched:
        patched.setattr(whole_files.os, "fsync", full)
        with pytest.raises(OSError, match="No space left") as failed:
            compared(tmp_path, workers=1)
    assert "finished shards are complete and stay" in failed.value.__notes__[0]
    assert len(files(tmp_path)) == 2  # the facts and the first part
    pd.testing.assert_frame_equal(compared(tmp_path).table(), table, check_exact=True)
    assert_complete(tmp_path)


#: Parts of 128 paths, so that a run has many moments at which it can be killed; it ends with its last part.
PROGRAM = """
import os, sys
sys.path.insert(0, {here!r})
import riskkit as rk
from riskkit.engine.execution import batch_size
from test_checkpoint import compared, scenario
batch_size.STATE_BYTES, batch_size.SHARDS_PER_WORKER = 1, 2000
rk.compare(scenario(), paths=128)
print("begins", flush=True)
compared(sys.argv[1], workers=2)
os._exit(0)
"""


def begun(folder):
    """A process that has loaded all that it needs and begins the run."""
    program = PROGRAM.format(here=str(Path(__file__).parent))
    run = subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "begins\n"
    return run


def length(folder):
    """Seconds that a whole run takes."""
    run = begun(folder)
    start = time.monotonic()
    run.communicate(timeout=60)
    return time.monotonic() - start


def killed(folder, moment):
    """Begin the run and kill it after so many seconds; false if it was done before that."""
    run = begun(folder)
    time.sleep(moment)
    run.kill()
    run.communicate(timeout=60)
    assert run.returncode in (0, -signal.SIGKILL)
    return run.returncode != 0


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize("times", [2, *(pytest.param(times, marks=pytest.mark.nightly) for times in (8, 30))])
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bits(tmp_path, table, times):
    """A run that got to its end before it was killed is checked, and the next kills are of a new one."""
    moments, done, runs, seen = random.Random(times), 0, 0, set()
    whole = length(tmp_path / "undisturbed")
    while done < times:
        folder = tmp_path / f"run {runs}"
        done += killed(folder, moments.uniform(0.0, whole))
        seen.add(len(files(folder)) if folder.is_dir() else 0)
        if done == times or (folder.is_dir() and len(covered(folder)) == PATHS):
            pd.testing.assert_frame_equal(compared(folder).table(), table, check_exact=True)
            assert_complete(folder)
            runs += 1
    assert times < 5 or len(seen) > times // 5  # of many kills, not all came at one moment


def covered(folder):
    """The paths that are in parts."""
    spans = [tuple(map(int, name[:-8].split("-")[1:])) for name in files(folder) if name.endswith(".parquet")]
    return {path for start, end in spans for path in range(start, end)}


USED = "checkpoint must be a folder that no other run is using, got '.*'; wait until that run has ended"


def test_one_run_at_a_time_uses_a_folder(tmp_path, table):
    """Another one begins in this process, and finds the folder taken; the first one is none the worse for it."""
    text = []

    def also(done, total):
        with pytest.raises(rk.InvalidInput, match=USED):
            compared(tmp_path)
        text.append(done)

    pd.testing.assert_frame_equal(compared(tmp_path, progress=also).table(), table, check_exact=True)
    assert text
    assert_complete(tmp_path)


@pytest.mark.slow
def test_a_process_keeps_others_out_until_it_is_killed(tmp_path, table):
    run = begun(tmp_path)
    while not list(tmp_path.glob("*.parquet")) and run.poll() is None:
        time.sleep(0.001)
    run.send_signal(signal.SIGSTOP)
    with pytest.raises(rk.InvalidInput, match=USED):
        compared(tmp_path)
    run.kill()
    run.communicate(timeout=60)
    pd.testing.assert_frame_equal(compared(tmp_path).table(), table, check_exact=True)
    assert_complete(tmp_path)


@pytest.mark.parametrize("error", [NotImplementedError("no flock"), OSError("no locks available")])
def test_a_file_system_without_locks_runs_all_the_same(tmp_path, monkeypatch, table, error):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    pd.testing.assert_frame_equal(compared(tmp_path).table(), table, check_exact=True)


def test_a_half_written_shard_is_not_used(tmp_path, table):
    """What a power cut leaves beside the parts: the beginning of a file under the name of one being written."""
    compared(tmp_path, paths=1000)
    shard = max(tmp_path.glob("*.parquet"))
    whole = shard.read_bytes()
    shard.with_name(f"{shard.name}.partial").write_bytes(whole[: len(whole) // 2])
    shard.unlink()
    pd.testing.assert_frame_equal(compared(tmp_path).table(), table, check_exact=True)
    assert_complete(tmp_path)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_shard_with_one_bit_changed_is_refused(tmp_path, place):
    """In the data, whose pages carry checksums; after it the file holds its table of contents."""
    compared(tmp_path, paths=300, workers=1)
    shard = min(tmp_path.glob("*.parquet"))
    data = bytearray(shard.read_bytes())
    footer = int.from_bytes(data[-8:-4], "little") + 8
    data[int(place * (len(data) - footer))] ^= 1
    shard.write_bytes(data)
    with pytest.raises(rk.InvalidInput, match=r"paths-.* is damaged \(.*remove it and run again"):
        compared(tmp_path, paths=300)
    shard.unlink()
    expected = rk.compare(scenario(), paths=300, seed=3).table()
    pd.testing.assert_frame_equal(compared(tmp_path, paths=300).table(), expected, check_exact=True)


#: After its first part, the process may write no file longer than 1000 bytes; the system then fails the write itself.
SMALL_FILES = """
import resource, sys
sys.path.insert(0, {here!r})
from riskkit.engine.execution import batch_size
from test_checkpoint import compared
batch_size.STATE_BYTES, batch_size.SHARDS_PER_WORKER = 1, 2000
def limit(done, total):
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    compared(sys.argv[1], workers=2, progress=limit)
except OSError as error:
    print(error.strerror, error.__notes__[0])
"""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("resource") is None, reason="this system sets no such limits")
def test_a_run_whose_writes_the_system_fails_goes_on(tmp_path, table):
    program = SMALL_FILES.format(here=str(Path(__file__).parent))
    command = [sys.executable, "-c", program, str(tmp_path)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert run.stdout.startswith("File too large while paths were written")
    assert len(files(tmp_path)) == 2  # the facts and the first part
    pd.testing.assert_frame_equal(compared(tmp_path).table(), table, check_exact=True)
    assert_complete(tmp_path)
