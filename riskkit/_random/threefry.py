"""Compiled primitives of random numbers: Threefry-2x64, Box–Muller, and exp and log, of numbers and of vectors.

Multiply-adds are fused by an explicit instruction and the optimiser has no choice, so the bits depend neither on where
a function is inlined nor on the width of the vectors. The polynomials interpolate at the Chebyshev points.
"""

from __future__ import annotations

import numpy as np

from riskkit._random.compiling import inlined
from riskkit._random.vectors import HAS_TABLES, any_of, as_doubles, as_words, choose, fma, one_of_sixteen, sqrt

__all__ = ["exp", "exp_of_growth", "log", "log_by_table", "normal_pair", "threefry2x64", "uniform"]

U = np.uint64
PARITY = U(0x1BD11BDAA9FC1A22)

#: The logarithm of a step's growth is nearly always closer to 0; at most log(2) / 2.
NEAR_0 = 0.34

#: For each value of the first four bits of a mantissa, a number close to its reciprocal, and the logarithm of that.
RECIPROCALS = np.array([128, 117, 111, 105, 100, 95, 91, 87, 167, 161, 155, 149, 144, 139, 134, 128]) / 128.0
LOGARITHMS = -np.log(RECIPROCALS)


@inlined
def rotate(x, k):
    """Rotate 64 bits to the left by k."""
    return (x << U(k)) | (x >> U(64 - k))


@inlined
def threefry2x64(k0, k1, c0, c1):
    """Return the two words of Threefry-2x64 with 13 rounds (Salmon et al. 2011) for key (k0, k1), counter (c0, c1)."""
    k2 = k0 ^ k1 ^ PARITY
    x0 = c0 + k0
    x1 = c1 + k1
    x0 += x1
    x1 = rotate(x1, 16) ^ x0
    x0 += x1
    x1 = rotate(x1, 42) ^ x0
    x0 += x1
    x1 = rotate(x1, 12) ^ x0
    x0 += x1
    x1 = rotate(x1, 31) ^ x0
    x0 += k1
    x1 += k2 + U(1)
    x0 += x1
    x1 = rotate(x1, 16) ^ x0
    x0 += x1
    x1 = rotate(x1, 32) ^ x0
    x0 += x1
    x1 = rotate(x1, 24) ^ x0
    x0 += x1
    x1 = rotate(x1, 21) ^ x0
    x0 += k2
    x1 += k0 + U(2)
    x0 += x1
    x1 = rotate(x1, 16) ^ x0
    x0 += x1
    x1 = rotate(x1, 42) ^ x0
    x0 += x1
    x1 = rotate(x1, 12) ^ x0
    x0 += x1
    x1 = rotate(x1, 31) ^ x0
    x0 += k0
    x1 += k1 + U(3)
    x0 += x1
    x1 = rotate(x1, 16) ^ x0
    return x0, x1


@inlined
def uniform(bits):
    """Return a number in the open interval (0, 1) from the upper 52 bits."""
    return as_doubles((bits >> U(12)) | U(0x3FF0000000000000)) - (1.0 - 1.1102230246251565e-16)


@inlined
def exp(x):
    """Return e**x to about 3e-16 relative; x is clipped to -700 … 700."""
    x = choose(x < -700.0, -700.0, x)
    x = choose(x > 700.0, 700.0, x)
    shifted = fma(x, 1.4426950408889634, 6755399441055744.0)
    n = shifted - 6755399441055744.0
    r = fma(n, -0.693147180369123816490, x)
    r = fma(n, -1.90821492927058770002e-10, r)
    return as_doubles(as_words(exp_near_0(r)) + (as_words(shifted) << U(52)))


@inlined
def exp_of_growth(x):
    """Return e**x with the bits of `exp`, sooner where all lanes of a vector are near 0, as a step's log growth is."""
    return exp(x) if any_of((x > NEAR_0) | (x < -NEAR_0)) else exp_near_0(x)


@inlined
def exp_near_0(x):
    """Return e**x for abs(x) <= log(2) / 2."""
    p = 2.7626426376580335e-07
    p = fma(x, p, 2.7640263790318923e-06)
    p = fma(x, p, 2.4801504180837137e-05)
    p = fma(x, p, 0.00019841170070971308)
    p = fma(x, p, 0.0013888888932619635)
    p = fma(x, p, 0.008333333385825085)
    p = fma(x, p, 0.04166666666657277)
    p = fma(x, p, 0.16666666666553953)
    p = fma(x, p, 0.5000000000000006)
    p = fma(x, p, 1.0000000000000069)
    return fma(x, p, 1.0)


@inlined
def log(x):
    """Return the natural logarithm of a positive normal number to about 3e-16 of max(1, |log x|).

    With s = (m - 1) / (m + 1), log m is 2 s times a function of s².
    """
    bits = as_words(x)
    exponent = (bits + U(0x000957D600000000)) >> U(52)
    mantissa = as_doubles(bits - ((exponent - U(1023)) << U(52)))
    n = as_doubles(exponent | U(0x4330000000000000)) - (4503599627370496.0 + 1023.0)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    w = s * s
    p = fma(w, 0.08420366132261096, 0.0906084281106413)
    p = fma(w, p, 0.11111721020167409)
    p = fma(w, p, 0.14285707959081723)
    p = fma(w, p, 0.20000000031186443)
    p = fma(w, p, 0.3333333333327576)
    p = fma(w, p, 1.0000000000000002)
    return fma(s + s, p, n * 0.6931471805599453)


@inlined
def log_by_table(x):
    """Return the logarithm as `log` does, without its division.

    It is log m = log(m r) - log r, with r close to 1/m from a table, which has an entry for each value of the first
    four bits of the mantissa m. r has eight bits, so that m r - 1 is exact. Mantissas from 1.5 on belong to the next
    power of 2, so that r is 1 on both sides of 1.
    """
    bits = as_words(x)
    exponent = (bits + U(0x0008000000000000)) >> U(52)
    mantissa = as_doubles(bits - ((exponent - U(1023)) << U(52)))
    n = as_doubles(exponent | U(0x4330000000000000)) - (4503599627370496.0 + 1023.0)
    index = bits >> U(48)
    f = fma(mantissa, one_of_sixteen(RECIPROCALS, index), -1.0)
    p = fma(f, 0.09839082587253974, -0.12468863194699036)
    p = fma(f, p, 0.14287843832440034)
    p = fma(f, p, -0.16666753143608518)
    p = fma(f, p, 0.19999999002555163)
    p = fma(f, p, -0.24999999945811097)
    p = fma(f, p, 0.3333333333347113)
    p = fma(f, p, -0.5000000000000829)
    p = fma(f, p, 1.0)
    return fma(f, p, fma(n, 0.6931471805599453, one_of_sixteen(LOGARITHMS, index)))


#: The bits of the normals therefore depend on whether the processor has tables.
fastest_log = log_by_table if HAS_TABLES else log


@inlined
def normal_pair(x0, x1):
    """Return two independent standard normals of two random words (Box and Muller 1958).

    The angle is drawn in an eighth of the circle, where short polynomials for sine and cosine err by less than 1e-14;
    three further bits choose the eighth.
    """
    radius = sqrt(-2.0 * fastest_log(uniform(x0)))
    angle = (as_doubles((x1 >> U(12)) | U(0x3FF0000000000000)) - 1.0) * 0.7853981633974483
    w = angle * angle
    s = fma(w, -2.475655877198039e-08, 2.7555271893389817e-06)
    s = fma(w, s, -0.0001984126329839051)
    s = fma(w, s, 0.00833333332387815)
    s = fma(w, s, -0.16666666666616686)
    s = fma(w, s, 0.9999999999999957) * angle
    c = fma(w, 2.0630454379662294e-09, -2.755523388484742e-07)
    c = fma(w, c, 2.4801578538562985e-05)
    c = fma(w, c, -0.0013888888869978658)
    c = fma(w, c, 0.041666666666472306)
    c = fma(w, c, -0.4999999999999925)
    c = fma(w, c, 1.0)
    swap = (x1 & U(1)) != U(0)
    first = choose(swap, c, s)
    second = choose(swap, s, c)
    r0 = as_doubles(as_words(radius) ^ ((x1 & U(2)) << U(62)))
    r1 = as_doubles(as_words(radius) ^ ((x1 & U(4)) << U(61)))
    return first * r0, second * r1
