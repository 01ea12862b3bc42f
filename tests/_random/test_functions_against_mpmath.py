"""Exponential, logarithm, sine and cosine of the compiled kernel against mpmath, for any processor."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from numba import njit

from riskkit._random import threefry
from riskkit._random.compiling import wide

#: What the kernel may err by: relative for the exponential, of max(1, |log x|) for the logarithm.
BOUND = 3e-14

#: Bits of a uniform, of which the lower 12 are not used.
FIRST, UNUSED = 1 << 12, (1 << 12) - 1
LARGEST = 2**64 - 1


@njit(error_model="numpy")
def exponentials(x, out):
    wide()
    for i in range(x.size):
        out[i] = threefry.exp(x[i])


@njit(error_model="numpy")
def logarithms(x, out):
    wide()
    for i in range(x.size):
        out[i] = threefry.log(x[i])


@njit(error_model="numpy")
def uniforms(words, out):
    wide()
    for i in range(words.size):
        out[i] = threefry.uniform(words[i])


@njit(error_model="numpy")
def pairs(words, angles, out):
    wide()
    for i in range(words.size):
        out[0, i], out[1, i] = threefry.normal_pair(words[i], angles[i])


def values(function, x):
    out = np.empty(x.size)
    function(x, out)
    return out


def errors(found, function, x, scale):
    """The largest error over a scale, both in numbers of 60 digits; NaN is as large as can be."""
    assert np.isfinite(found).all()
    with mpmath.workdps(60):
        exact = [function(mpmath.mpf(float(each))) for each in x]
        return max(float(abs(mpmath.mpf(float(y)) - e) / scale(e)) for y, e in zip(found, exact, strict=True))


def around(points, ulps=3):
    """Each point and its neighbours on both sides."""
    found = [points]
    for end in (-np.inf, np.inf):
        next_ones = points
        for _ in range(ulps):
            next_ones = np.nextafter(next_ones, end)
            found.append(next_ones)
    return np.concatenate(found)


HALF_LN2 = 0.5 * math.log(2.0)
EXPONENTS = {
    "from end to end": np.linspace(-700.0, 700.0, 4001),
    "the ends": np.concatenate([np.linspace(end - 1.0, end, 501) for end in (-699.0, 700.0)]),
    "next to 0": np.concatenate([[0.0], *(sign * np.logspace(-320, -1, 1001) for sign in (-1, 1))]),
    "as prices move": np.random.default_rng(1).normal(0.0, 0.3, 4001),
    "where the reduction jumps": around(np.arange(-1999, 2001, 2) * HALF_LN2),
}
POSITIVE = {
    "of any size": np.logspace(-307.6, 308.2, 4001),
    "uniform": np.random.default_rng(2).uniform(1e-9, 1.0, 4001),
    "next to 1": np.concatenate([1.0 + sign * np.logspace(-15.5, -1, 2001) for sign in (-1, 1)]),
    "powers of two": around(2.0 ** np.arange(-1021, 1023)),
    "where mantissas are halved": around(np.linspace(1.3, 1.5, 301)),
}


@pytest.mark.parametrize("x", EXPONENTS.values(), ids=list(EXPONENTS))
def test_exponential(x):
    assert errors(values(exponentials, x), mpmath.exp, x, lambda exact: exact) <= BOUND


def test_exponential_beyond_its_range_is_that_of_the_end():
    beyond = values(exponentials, np.array([-1e308, -700.5, -700.0, 700.0, 700.5, 1e308]))
    assert (beyond[:3] == beyond[2]).all()
    assert (beyond[3:] == beyond[3]).all()


@pytest.mark.parametrize("x", POSITIVE.values(), ids=list(POSITIVE))
def test_logarithm(x):
    assert errors(values(logarithms, x), mpmath.log, x, lambda exact: max(1, abs(exact))) <= BOUND


def edge_words():
    """Words whose uniforms are next to 0, to 1 and to powers of 2, and others between."""
    low = np.concatenate([np.arange(300, dtype=np.uint64), 2 ** np.arange(52, dtype=np.uint64)]) * np.uint64(FIRST)
    drawn = np.random.default_rng(3).integers(0, LARGEST, 3001, dtype=np.uint64, endpoint=True)
    return np.concatenate([low, np.uint64(LARGEST) - low, drawn])


def test_logarithm_of_uniforms_next_to_0_and_to_1():
    """The uniform of the k-th of 2⁵² cells is its middle, which needs a bit more than a number below 1/2 has."""
    words = edge_words()
    drawn = values(uniforms, words)
    cells = [int(word) >> 12 for word in words]
    exact = [(2 * cell + 1) / 2**53 for cell in cells]
    assert (drawn > 0.0).all()
    assert (drawn < 1.0).all()
    np.testing.assert_allclose(drawn, exact, rtol=0.0, atol=2.0**-54)
    assert errors(values(logarithms, drawn), mpmath.log, drawn, lambda exact: max(1, abs(exact))) <= BOUND


def test_radius_of_normals():
    """At an angle of 0 the normals are a sine of 0 and the radius, half of whose square is -log u."""
    words = edge_words()
    out = np.empty((2, words.size))
    pairs(words, np.zeros(words.size, np.uint64), out)
    drawn = values(uniforms, words)
    assert (out[0] == 0.0).all()
    assert (out[1] >= 0.0).all()
    # A product in doubles errs by 1e-16 of itself.
    assert errors(0.5 * out[1] * out[1], lambda u: -mpmath.log(u), drawn, lambda exact: max(1, exact)) <= BOUND


@pytest.mark.parametrize("bits", range(8))
def test_sine_and_cosine_of_normals(bits):
    """A normal over its radius, which the angle 0 shows, is a sine or cosine, to 2e-16; the bits swap and sign them.

    The angle is an eighth of the circle times the upper 52 bits as a fraction.
    """
    upper = np.concatenate([np.arange(300), 2**52 - 1 - np.arange(300), np.linspace(0, 2**52 - 1, 4001).astype(int)])
    words = np.full(upper.size, 0x123456789ABCDEF0, np.uint64)
    at_zero, out = np.empty((2, upper.size)), np.empty((2, upper.size))
    pairs(words, np.zeros(upper.size, np.uint64), at_zero)
    pairs(words, (upper.astype(np.uint64) << np.uint64(12)) | np.uint64(bits), out)
    with mpmath.workdps(60):
        angles = [mpmath.pi / 4 * int(each) / 2**52 for each in upper]
        exact = np.array([[float(function(angle)) for angle in angles] for function in (mpmath.sin, mpmath.cos)])
    expected = exact[::-1] if bits & 1 else exact
    signs = np.array([[-1.0 if bits & 2 else 1.0], [-1.0 if bits & 4 else 1.0]])
    np.testing.assert_allclose(signs * out / at_zero[1], expected, rtol=0.0, atol=BOUND)
