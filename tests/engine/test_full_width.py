"""Compiled functions ask for vectors of full width, and run without them where they are not available."""

from __future__ import annotations

import os
import pickle
import platform
import subprocess
import sys

import numba
import numpy as np
import pytest

import riskkit as rk
from riskkit._random import compiling, draws
from riskkit._random.compiling import FULL_WIDTH, wide
from riskkit.engine.kernel.advance import advance


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


X86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="compiles for an Intel processor")

WITH_512_BITS = {
    "NUMBA_CPU_NAME": "skylake-avx512",
    "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+avx512f,+avx512vl,+avx512dq,+avx512bw,+avx512cd",
}
WITH_256_BITS = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+bmi,+bmi2"}


def printed_by(program, processor, **more):
    """What a program prints in a process that compiles for another processor; it must not run what it compiles."""
    command = [sys.executable, "-c", program]
    place = os.path.dirname(__file__)
    return subprocess.run(
        command, env=os.environ | processor, cwd=place, stdout=subprocess.PIPE, check=True, **more
    ).stdout


PROGRAM = """
import numba
from test_full_width import SIGNATURE, scale, scale_as_llvm_prefers
for function in (scale, scale_as_llvm_prefers):
    dispatcher = numba.njit(function)
    dispatcher.compile(SIGNATURE)
    print(sum("zmm" in line for line in next(iter(dispatcher.inspect_asm().values())).splitlines()))
"""


@X86
@pytest.mark.slow
def test_an_intel_processor_with_512_bits_uses_them():
    """The code is made for such a processor and only read, so that any x86 machine can tell; zmm are its registers."""
    requested, preferred = map(int, printed_by(PROGRAM, WITH_512_BITS).split())
    assert requested > 0
    assert preferred == 0


PROGRAM_OF_THE_KERNEL = """
import pickle, sys
import numba
from riskkit.engine.kernel.advance import advance
signature = pickle.load(sys.stdin.buffer)
kernel = numba.njit(error_model="numpy", nogil=True)(advance.py_func)
kernel.compile(signature)
lines = next(iter(kernel.inspect_asm().values())).splitlines()
print(*(sum(register in line for line in lines) for register in ("zmm", "ymm")))
"""


@X86
@pytest.mark.slow
@pytest.mark.parametrize(("processor", "full"), [(WITH_512_BITS, True), (WITH_256_BITS, False)], ids=["512", "256"])
def test_the_kernel_uses_vectors_of_full_width(processor, full, tmp_path):
    """Registers of 512 bits where the processor has them; where it has none, those of 256 bits."""
    if not advance.signatures:
        rk.compare(rk.scenarios.baron(), paths=128, progress=False)
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)}
    printed = printed_by(PROGRAM_OF_THE_KERNEL, processor | cache, input=pickle.dumps(advance.signatures[0]))
    zmm, ymm = map(int, printed.split())
    assert (zmm > 0) == full
    assert ymm > 0


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
