"""Compiled functions ask for vectors of full width, and run without them where they are not available."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import numba
import numpy as np
import pytest

from riskkit._random import compiling, draws
from riskkit._random.compiling import FULL_WIDTH, wide


def scale(values, out):
    wide()
    for i in range(values.size):
        out[i] = 2.0 * values[i] + 1.0


def scale_as_llvm_prefers(values, out):
    for i in range(values.size):
        out[i] = 2.0 * values[i] + 1.0


SIGNATURE = "void(float64[::1], float64[::1])"


def llvm_of(function):
    dispatcher = numba.njit(function)
    dispatcher.compile(SIGNATURE)
    return next(iter(dispatcher.inspect_llvm().values()))


def test_a_function_asks_for_full_width_for_itself_alone():
    assert FULL_WIDTH in llvm_of(scale)
    assert FULL_WIDTH not in llvm_of(scale_as_llvm_prefers)


PROGRAM = """
import numba
from test_full_width import SIGNATURE, scale, scale_as_llvm_prefers
for function in (scale, scale_as_llvm_prefers):
    dispatcher = numba.njit(function)
    dispatcher.compile(SIGNATURE)
    print(sum("zmm" in line for line in next(iter(dispatcher.inspect_asm().values())).splitlines()))
"""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="compiles for an Intel processor")
def test_an_intel_processor_with_512_bits_uses_them():
    """The code is made for such a processor and only read, so that any x86 machine can tell; zmm are its registers."""
    features = "+avx,+avx2,+fma,+avx512f,+avx512vl,+avx512dq,+avx512bw,+avx512cd"
    processor = {"NUMBA_CPU_NAME": "skylake-avx512", "NUMBA_CPU_FEATURES": features}
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(
        command, env=os.environ | processor, cwd=os.path.dirname(__file__), capture_output=True, text=True, check=True
    )
    requested, preferred = map(int, run.stdout.split())
    assert requested > 0
    assert preferred == 0


def refused(function):
    raise ValueError("unknown attr")


def ignored(function):
    pass


def not_read(function):
    set.add(function.attributes, "no attribute")


@pytest.fixture
def normals():
    """As they are with full width, wherever it can be had."""
    paths, counters = np.arange(1000, dtype=np.uint64), np.full(1000, 7, dtype=np.uint64)
    return draws.normals(np.uint64(1), np.uint64(2), paths, counters)


@pytest.fixture(params=[refused, ignored, not_read])
def without_full_width(request, normals, monkeypatch):
    monkeypatch.setattr(compiling, "_request_full_width", request.param)
    compiling._takes_full_width.cache_clear()
    yield
    compiling._takes_full_width.cache_clear()


@pytest.mark.slow
def test_where_full_width_is_not_taken_nothing_changes(normals, without_full_width):
    paths, counters = np.arange(1000, dtype=np.uint64), np.full(1000, 7, dtype=np.uint64)
    assert FULL_WIDTH not in llvm_of(scale)
    plain = numba.njit(error_model="numpy")(draws.fill_normals.py_func)
    out = np.empty((2, 1000))
    plain(np.uint64(1), np.uint64(2), paths, counters, out)
    assert np.array_equal(out, normals)
