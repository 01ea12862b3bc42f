"""Compiled functions run without a cache: on a full disk, with a damaged file, without any folder."""

from __future__ import annotations

import errno
import os

import numba
import pytest
from numba.core import caching

from riskkit._core.errors import InvalidInput
from riskkit._random import compiling
from riskkit._random.compiling import compiled, phase


def double(value):
    return 2.0 * value


def triple(value):
    return 3.0 * value


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder of its own, and no note printed yet."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(compiling, "_printed", set())
    return tmp_path / "cache"


def test_what_is_compiled_is_stored_and_found_again(cache, capsys):
    assert compiled(double)(2.0) == 4.0
    assert list(cache.rglob("*.nbc"))
    capsys.readouterr()
    again = compiled(double)
    assert again(2.0) == 4.0
    assert sum(again.stats.cache_hits.values()) == 1
    assert capsys.readouterr().err == ""


def test_a_phase_is_found_by_another_function_that_calls_it(cache):
    first = phase(double)
    assert numba.njit(lambda value: first(value) + 1.0)(2.0) == 5.0
    again = phase(double)
    assert numba.njit(lambda value: again(value) + 3.0)(2.0) == 7.0
    assert (sum(again.stats.cache_hits.values()), sum(again.stats.cache_misses.values())) == (1, 0)


def test_a_change_of_any_file_of_the_kernel_compiles_anew(cache, monkeypatch):
    """Constants and inlined functions of other files are in the compiled code; Numba itself looks at one file only."""
    assert compiled(double)(2.0) == 4.0
    monkeypatch.setattr(compiling, "_fingerprint", lambda: "that of other files")
    again = compiled(double)
    assert again(2.0) == 4.0
    assert (sum(again.stats.cache_hits.values()), sum(again.stats.cache_misses.values())) == (0, 1)


def test_the_fingerprint_is_of_the_kernel_and_of_random_numbers(tmp_path, monkeypatch):
    package = tmp_path / "riskkit"
    for folder in ("_random", "engine/kernel"):
        (package / folder).mkdir(parents=True)
        (package / folder / "first.py").write_text("LANES = 128")
    monkeypatch.setattr(compiling, "__file__", str(package / "_random" / "compiling.py"))
    found = set()
    for folder in ("_random", "engine/kernel"):
        compiling._fingerprint.cache_clear()
        found.add(compiling._fingerprint())
        (package / folder / "first.py").write_text("LANES = 64")
    compiling._fingerprint.cache_clear()
    found.add(compiling._fingerprint())
    compiling._fingerprint.cache_clear()
    assert len(found) == 3


def test_a_note_is_printed_once_and_only_where_something_is_compiled(cache, monkeypatch, capsys):
    assert (compiled(double)(2.0), compiled(triple)(2.0)) == (4.0, 6.0)
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"{compiling.COMPILING}\n")
    monkeypatch.setattr(compiling, "_printed", set())  # as in another process
    assert (compiled(double)(2.0), compiled(triple)(2.0)) == (4.0, 6.0)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_that_takes_nothing_is_reported_once(code, cache, monkeypatch, capsys):
    def full(*arguments):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    assert compiled(double)(2.0) == 4.0
    assert compiled(triple)(2.0) == 6.0
    compiles, message = capsys.readouterr().err.splitlines()
    assert compiles == compiling.COMPILING
    assert "riskkit: compiled code cannot be cached" in message
    assert os.strerror(code) in message
    assert "NUMBA_CACHE_DIR" in message


@pytest.mark.parametrize("pattern", ["*.nbi", "*.nbc"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04", b"noise" * 100])
def test_a_damaged_file_is_compiled_anew(content, pattern, cache):
    assert compiled(double)(2.0) == 4.0
    for file in cache.rglob(pattern):
        file.write_bytes(content)
    assert compiled(double)(2.0) == 4.0


@pytest.mark.parametrize("error", [RuntimeError("no locator available"), OSError(errno.ENOSPC, "No space left")])
def test_without_any_folder_each_process_compiles_for_itself(error, cache, monkeypatch, capsys):
    def nowhere(function):
        raise error

    monkeypatch.setattr(compiling, "FunctionCache", nowhere)
    assert (compiled(double)(2.0), compiled(triple)(2.0)) == (4.0, 6.0)
    [message] = capsys.readouterr().err.splitlines()
    assert "compiled code cannot be cached (no folder can be written), so each process compiles" in message


def test_a_file_in_place_of_the_folder_makes_another_folder_serve(tmp_path, cache):
    cache.write_text("no folder")
    assert compiled(double)(2.0) == 4.0


@pytest.mark.parametrize("value", [1, 2])
def test_numba_without_compilation_is_refused(value, monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", value)
    with pytest.raises(InvalidInput, match=r"NUMBA_DISABLE_JIT must be 0 or unset, got 1; .*: unset NUMBA_DISABLE_JIT"):
        compiled(double)
