"""Where Numba cannot compile the simulation, riskkit is imported all the same, and a run ends with one sentence."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numba
import pytest
from numba.core import compiler
from numba.core.errors import LoweringError

import riskkit as rk
from riskkit._random.compiling import compiled

ROOT = Path(rk.__file__).parents[1]


def double(value):
    return 2.0 * value


def without_a_type(value):
    return value.nothing


FAILURES = {
    "Numba": LoweringError("No definition for lowering\nof fma"),
    "LLVM": RuntimeError("LLVM IR parsing error\n<string>:1:1: error: expected instruction opcode"),
    "other internals": AttributeError("'Builder' object has no attribute 'fma'"),
}


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))


@pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
def test_the_error_names_the_version_and_what_to_do(failure, monkeypatch):
    def fail(*arguments, **options):
        raise failure

    monkeypatch.setattr(compiler, "compile_extra", fail)
    with pytest.raises(rk.NotCompiled) as caught:
        compiled(double)(2.0)
    assert str(caught.value) == (
        f"Numba {numba.__version__} must be able to compile the simulation, got {type(failure).__name__} in double: "
        f"{' '.join(str(failure).split())}; install another version (pip install 'numba!={numba.__version__}') and "
        "unset environment variables that begin with NUMBA_"
    )
    assert caught.value.__cause__ is failure
    assert isinstance(caught.value, rk.RiskkitError)
    assert isinstance(caught.value, RuntimeError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # as from another process


def test_what_numba_says_is_cut():
    with pytest.raises(
        rk.NotCompiled, match=r"TypingError in without_a_type: Failed in nopython .*…; install"
    ) as caught:
        compiled(without_a_type)(2.0)
    assert len(str(caught.value)) < 500


def test_memory_that_does_not_suffice_is_no_fault_of_numba(monkeypatch):
    def fail(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr(compiler, "compile_extra", fail)
    with pytest.raises(MemoryError):
        compiled(double)(2.0)


def test_errors_of_compiled_code_are_those_of_python():
    def reciprocals(count):
        if count < 0:
            raise ValueError("below 0")
        return 1.0 / count

    with pytest.raises(ValueError, match="below 0"):
        compiled(reciprocals)(-1)


PROGRAM = """
import sys
from numba.core import compiler

def fail(*arguments, **options):
    raise RuntimeError("LLVM IR parsing error")

compiler.compile_extra = fail
from riskkit.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_the_command_line_prints_the_sentence_alone(tmp_path):
    command = [sys.executable, "-c", PROGRAM, "demo", "--paths", "1000"]
    where = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(command, cwd=tmp_path, env=where, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    note, sentence = done.stderr.splitlines()
    assert note.startswith("riskkit: compiling for this machine")
    assert sentence.startswith(
        f"riskkit: error: Numba {numba.__version__} must be able to compile the simulation, got RuntimeError in "
    )
