"""Vectors as values in compiled functions: each operation against NumPy's on the same numbers, lane by lane."""

from __future__ import annotations

import operator
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from numba import njit

from riskkit._random.threefry import exp, exp_of_growth, log, log_by_table
from riskkit._random.vectors import (
    WIDTH,
    any_of,
    as_doubles,
    as_words,
    choose,
    fma,
    load,
    one_of_sixteen,
    repeat,
    sqrt,
    store,
)

GENERATOR = np.random.default_rng(7)
SIZE = 4 * WIDTH
FIRST, SECOND = GENERATOR.normal(0.0, 3.0, SIZE), GENERATOR.normal(0.0, 3.0, SIZE)
SECOND[: SIZE // 2 : 3] = FIRST[: SIZE // 2 : 3]  # for comparisons
WORDS, SHIFTS = GENERATOR.integers(0, 2**64, (2, SIZE), dtype=np.uint64)


def on_vectors(function, *arrays):
    """Apply a function of vectors to arrays, a vector at a time."""
    compiled = njit(error_model="numpy", inline="always")(function)

    if len(arrays) == 1:

        @njit(error_model="numpy")
        def run(out, first):
            for i in range(0, first.size, WIDTH):
                store(out, i, compiled(load(first, i)))

    else:

        @njit(error_model="numpy")
        def run(out, first, second):
            for i in range(0, first.size, WIDTH):
                store(out, i, compiled(load(first, i), load(second, i)))

    out = np.empty_like(arrays[0])
    run(out, *arrays)
    return out


ARITHMETIC = [
    (lambda a, b: a + b, operator.add),
    (lambda a, b: a - b, operator.sub),
    (lambda a, b: a * b, operator.mul),
    (lambda a, b: a / b, operator.truediv),
    (lambda a, b: 2.5 - a * b, lambda a, b: 2.5 - a * b),
    (lambda a, b: choose(a < b, a, b), np.minimum),
    (lambda a, b: choose(a <= b, 1.0, 0.0), lambda a, b: (a <= b).astype(float)),
    (lambda a, b: choose(a == b, 1.0, b), lambda a, b: np.where(a == b, 1.0, b)),
    (lambda a, b: choose((a > b) | (a >= 1.0), a, 0.0), lambda a, b: np.where((a > b) | (a >= 1.0), a, 0.0)),
    (lambda a, b: choose((a != b) & (b < 1.0), a, 2.0), lambda a, b: np.where((a != b) & (b < 1.0), a, 2.0)),
    (lambda a, b: repeat(3.0) + b, lambda a, b: 3.0 + b),
    (lambda a, b: sqrt(a * a), lambda a, b: np.sqrt(a * a)),
]


@pytest.mark.parametrize(("function", "expected"), ARITHMETIC)
def test_doubles_against_numpy(function, expected):
    np.testing.assert_array_equal(on_vectors(function, FIRST, SECOND), expected(FIRST, SECOND))


U = np.uint64
BITWISE = [
    (lambda a, b: a + b, operator.add),
    (lambda a, b: a - b, operator.sub),
    (lambda a, b: a ^ b, operator.xor),
    (lambda a, b: a & b, operator.and_),
    (lambda a, b: a | b, operator.or_),
    (lambda a, b: a << U(13), lambda a, b: a << U(13)),
    (lambda a, b: a >> U(12), lambda a, b: a >> U(12)),
    (lambda a, b: (a << (b & U(31))) + U(5), lambda a, b: (a << (b & U(31))) + U(5)),
    (lambda a, b: choose(a < b, a, b), np.minimum),
]


@pytest.mark.parametrize(("function", "expected"), BITWISE)
def test_words_against_numpy(function, expected):
    np.testing.assert_array_equal(on_vectors(function, WORDS, SHIFTS), expected(WORDS, SHIFTS))


def test_bits_of_a_double_and_back():
    flipped = on_vectors(lambda a: as_doubles(as_words(a) ^ U(1 << 63)), FIRST)
    np.testing.assert_array_equal(flipped, -FIRST)


def test_fma_rounds_once():
    """Against exact fractions, on vectors and on numbers."""
    found = on_vectors(lambda a, b: fma(a, b, -1.0), FIRST, SECOND)
    exact = [float(Fraction(a) * Fraction(b) - 1) for a, b in zip(FIRST.tolist(), SECOND.tolist(), strict=True)]
    np.testing.assert_array_equal(found, exact)
    single = njit(lambda a, b: fma(a, b, -1.0))
    assert [single(a, b) for a, b in zip(FIRST.tolist(), SECOND.tolist(), strict=True)] == exact


def test_comparisons_with_nan_are_those_of_numpy():
    """A comparison with NaN is false but for !=, as in NumPy."""
    values = FIRST.copy()
    values[::3] = np.nan
    for function, expected in ARITHMETIC[5:10]:
        if expected is not np.minimum:
            np.testing.assert_array_equal(on_vectors(function, values, SECOND), expected(values, SECOND))


def test_any_lane():
    @njit(error_model="numpy")
    def above(values, level, out):
        for i in range(0, values.size, WIDTH):
            out[i // WIDTH] = any_of(load(values, i) > level)

    values, out = np.zeros(WIDTH * WIDTH), np.zeros(WIDTH, np.bool_)
    above(values, 0.5, out)
    assert not out.any()
    for vector in range(WIDTH):  # the condition holds on one lane of each vector, each time another one
        values[vector * WIDTH + vector] = 1.0
    above(values, 0.5, out)
    assert out.all()


def test_vectors_may_begin_anywhere():
    @njit(error_model="numpy")
    def shifted(values, out):
        store(out, 1, load(values, 3))

    values, out = np.arange(3.0 + WIDTH), np.full(WIDTH + 2, -1.0)
    shifted(values, out)
    np.testing.assert_array_equal(out, [-1.0, *values[3:], -1.0])


TABLE = np.array([float(3 * k + 1) for k in range(16)])


def test_one_of_sixteen_reads_the_last_four_bits():
    read = on_vectors(lambda word: as_words(one_of_sixteen(TABLE, word)), WORDS)
    np.testing.assert_array_equal(read.view(np.float64), TABLE[(WORDS & U(15)).astype(int)])
    single = njit(lambda word: one_of_sixteen(TABLE, word))
    assert [single(word) for word in WORDS] == TABLE[(WORDS & U(15)).astype(int)].tolist()


def test_logarithm_by_table_against_mpmath():
    """Also where the processor has no instruction for the table, and next to 1 on both sides."""
    uniform = GENERATOR.random(64 * WIDTH)
    near_1 = 1.0 - 2.0 ** -np.arange(1.0, 1.0 + 3 * WIDTH)
    near_0 = 2.0 ** -np.arange(1.0, 1.0 + 3 * WIDTH) * 1.37
    x = np.concatenate([uniform, near_1, near_0, 1.0 + (1.0 - near_1), np.linspace(0.5, 2.0, 64 * WIDTH)])
    exact = np.array([float(mpmath.log(mpmath.mpf(value))) for value in x])
    for function in (log_by_table, log):
        error = np.abs(on_vectors(lambda value: function(value), x) - exact)  # noqa: B023  # compiled at once
        assert (error <= 1e-15 * np.maximum(1.0, np.abs(exact))).all()


def test_short_exponential_has_the_bits_of_the_long_one():
    """Whether a vector is near 0 on all lanes must not show."""
    x = np.concatenate([GENERATOR.uniform(-0.345, 0.345, 64 * WIDTH), GENERATOR.normal(0.0, 0.3, 64 * WIDTH)])
    np.testing.assert_array_equal(on_vectors(lambda v: exp_of_growth(v), x), on_vectors(lambda v: exp(v), x))
