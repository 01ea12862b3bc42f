"""Saving over an old result: at every moment the old one or the new one can be read, and nobody else's file is lost."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.comparison._comparison import Comparison
from riskkit.engine.outcomes import COLUMNS, Outcomes

FILES = ["paths.parquet", "result.toml", "scenario.toml"]


class Killed(BaseException):
    """Stands for a process that ends there and then: no clean-up comes after it."""


def made(seed: int) -> Comparison:
    """Twenty made-up paths; the seed is in the scenario, the facts and the paths."""
    scenario = rk.Scenario(
        rk.Portfolio([rk.Holding("TSLA", 40, founder="Musk"), rk.Holding("fund", 60)]),
        rk.Market({"TSLA": rk.Asset(0.08, 0.57), "fund": rk.Asset(0.01 * seed, 0.16)}),
        [rk.Hold()],
        years=2,
    )
    rng = np.random.default_rng(seed)
    columns = {name: rng.uniform(size=(1, 20)) for name in COLUMNS}
    columns |= {f"excess_{level + 1}": np.zeros((1, 20)) for level in range(4)}
    outcomes = Outcomes(
        columns=columns,
        path_weights=np.full(20, 0.05),
        thresholds=np.array([[0.1, 0.2, 0.3, 0.4]]),
        event_counts={},
        hazards={},
        holdings={"TSLA": np.zeros(20)},
    )
    return Comparison(scenario, outcomes, seed=seed, notes={"version": "0"})


OLD, NEW = made(1), made(2)


def assert_is(folder: Path, result: Comparison) -> None:
    back = rk.Comparison.load(folder)
    assert back.scenario == result.scenario
    assert back.seed == result.seed
    assert back.values("hold", "wealth").tobytes() == result.values("hold", "wealth").tobytes()


def broken_at(monkeypatch, step: int, fault: BaseException, *, for_good: bool):
    """Let the system fail at one of its calls that change a folder, and, if for good, at all that follow."""
    done = [0]

    def failing(original):
        def call(*args, **named):
            done[0] += 1
            if done[0] == step or (for_good and done[0] > step):
                raise fault
            return original(*args, **named)

        return call

    for name in ("replace", "fsync"):
        monkeypatch.setattr(os, name, failing(getattr(os, name)))
    for name in ("unlink", "open"):
        monkeypatch.setattr(Path, name, failing(getattr(Path, name)))
    return done


def tried(monkeypatch, folder: Path, step: int, fault: BaseException, *, for_good: bool) -> bool:
    """Whether a save over an old result came through although the system failed at a step."""
    shutil.rmtree(folder, ignore_errors=True)
    OLD.save(folder)
    with monkeypatch.context() as patch:
        broken_at(patch, step, fault, for_good=for_good)
        try:
            NEW.save(folder)
        except type(fault):
            return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "for_good"),
    [(Killed(), True), (OSError(28, "No space left on device"), False)],
    ids=["kill", "full disk"],
)
def test_at_every_step_the_old_result_or_the_new_one_is_there(tmp_path, monkeypatch, fault, for_good):
    """Steps are counted at every call that opens, syncs, renames or removes a file, until a save needs no more."""
    folder, found = tmp_path / "result", set()
    for step in range(1, 200):
        through = tried(monkeypatch, folder, step, fault, for_good=for_good)
        seed = rk.Comparison.load(folder).seed
        found.add(seed)
        assert_is(folder, NEW if seed == 2 else OLD)
        if through and seed == 2:
            break
        if not for_good and seed == 1:
            assert sorted(path.name for path in folder.iterdir()) == FILES  # nothing is left beside it
        NEW.save(folder)  # and the same call goes through afterwards
        assert_is(folder, NEW)
        assert sorted(path.name for path in folder.iterdir()) == FILES
    assert step > 10
    assert found == {1, 2}


@pytest.mark.slow
def test_a_save_that_was_killed_twice_loses_nothing(tmp_path, monkeypatch):
    """A third result over one whose files were not yet renamed: they are the only ones that the facts tell."""
    third = made(3)
    for first in range(1, 60):
        if tried(monkeypatch, tmp_path / "result", first, Killed(), for_good=True):
            break
        before = rk.Comparison.load(tmp_path / "result").seed
        for second in (1, 3, 8, 15, 20):
            copy = tmp_path / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(tmp_path / "result", copy)
            with monkeypatch.context() as patch:
                broken_at(patch, second, Killed(), for_good=True)
                with pytest.raises(Killed):
                    third.save(copy)
            assert rk.Comparison.load(copy).seed in (before, 3)


def test_a_first_save_that_fails_leaves_nothing(tmp_path, monkeypatch):
    folder = tmp_path / "result"
    with monkeypatch.context() as patch:
        broken_at(patch, 8, OSError(28, "No space left on device"), for_good=False)
        with pytest.raises(OSError, match="No space left"):
            NEW.save(folder)
    assert list(folder.iterdir()) == []
    NEW.save(folder)
    assert_is(folder, NEW)


def test_a_first_save_that_is_killed_can_be_done_again(tmp_path, monkeypatch):
    for step in range(1, 40):
        folder = tmp_path / str(step)
        with monkeypatch.context() as patch:
            broken_at(patch, step, Killed(), for_good=True)
            try:
                NEW.save(folder)
            except Killed:
                pass
            else:
                return
        NEW.save(folder)
        assert_is(folder, NEW)
        assert sorted(path.name for path in folder.iterdir()) == FILES
    raise AssertionError("a save takes fewer steps")


# ---------------------------------------------------------------------------------------------------------------------
# Whose files
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "own",
    [
        'winner = "Ann"\n',
        "format = 2\n",
        'format = "wide"\nchecksums = {}\n',
        "format = 2\nchecksums = { a = 1 }\n",
        "not TOML",
        "\x00",
    ],
)
def test_a_result_toml_that_riskkit_did_not_write_makes_no_result_of_a_folder(tmp_path, own):
    (tmp_path / "result.toml").write_text(own)
    (tmp_path / "scenario.toml").write_text("mine")
    with pytest.raises(InvalidInput, match=r"got '.*' with a result\.toml that riskkit did not write .*choose another"):
        NEW.save(tmp_path)
    assert (tmp_path / "scenario.toml").read_text() == "mine"
    assert (tmp_path / "result.toml").read_text() == own
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("name", ["scenario.toml", "paths.parquet"])
def test_a_file_of_ones_own_in_a_saved_result_is_not_replaced(tmp_path, name):
    """A scenario that was edited in place, or another file under its name."""
    OLD.save(tmp_path)
    own = b"# mine\n" + (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(own)
    with pytest.raises(
        InvalidInput, match=rf"{name} must be as it was saved with result\.toml.*move it away or choose"
    ):
        NEW.save(tmp_path)
    assert (tmp_path / name).read_bytes() == own
    (tmp_path / name).rename(tmp_path / "mine")
    NEW.save(tmp_path)
    assert_is(tmp_path, NEW)
    assert (tmp_path / "mine").read_bytes() == own


def test_a_folder_with_ones_own_scenario_and_no_result_is_refused(tmp_path):
    OLD.scenario.save(tmp_path / "scenario.toml")
    before = (tmp_path / "scenario.toml").read_bytes()
    with pytest.raises(InvalidInput, match="with other files; choose another"):
        NEW.save(tmp_path)
    assert (tmp_path / "scenario.toml").read_bytes() == before


def test_other_files_beside_a_saved_result_stay(tmp_path):
    OLD.save(tmp_path)
    (tmp_path / "letter.txt").write_text("dear")
    NEW.save(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "dear"
    assert_is(tmp_path, NEW)


def test_a_result_of_an_older_version_is_replaced(tmp_path):
    """It cannot be read any more, but its facts tell that its files are riskkit's."""
    OLD.save(tmp_path)
    facts = (tmp_path / "result.toml").read_text(encoding="utf-8").replace("format = 2", "format = 1")
    (tmp_path / "result.toml").write_text(facts, encoding="utf-8")
    NEW.save(tmp_path)
    assert_is(tmp_path, NEW)


# ---------------------------------------------------------------------------------------------------------------------
# Other files that are written
# ---------------------------------------------------------------------------------------------------------------------


def sampled():
    return rk.sample(rk.Market({"A": rk.Asset(0.08, 0.3)}), years=1, steps_per_year=4, paths=5)


WRITERS = {
    "result to Parquet": lambda path: NEW.to_parquet(path),
    "sample to Parquet": lambda path: sampled().to_parquet(path),
    "trace to Parquet": lambda path: rk.trace(
        dataclasses.replace(OLD.scenario, steps_per_year=12), "hold", paths=[0]
    ).to_parquet(path),
    "scenario": lambda path: OLD.scenario.save(path),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_that_cannot_be_written_to_its_end_leaves_the_old_one_whole(tmp_path, monkeypatch, writer):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda number: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space left"):
            WRITERS[writer](path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    WRITERS[writer](path)
    assert path.read_bytes() != b"old"
    assert list(tmp_path.iterdir()) == [path]
