"""Compiled primitives of random numbers: Threefry-2x64, Box–Muller, and exp and log for SIMD.

Everything here is branch-free, so that LLVM turns a loop over lanes into vector code. Multiply-adds are fused by an
explicit instruction and the optimiser has no choice, so the bits depend neither on where a function is inlined nor on
the width of the vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

__all__ = ["exp", "fma", "log", "normal_pair", "threefry2x64", "uniform"]

U = np.uint64
PARITY = U(0x1BD11BDAA9FC1A22)

inlined: Any = njit(error_model="numpy", inline="always")


@intrinsic
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a*b + c with one rounding."""
    double = types.float64
    return double(double, double, double), lambda context, builder, signature, a: builder.fma(a[0], a[1], a[2])


@intrinsic
def bits_to_double(typingctx: Any, bits: Any) -> Any:
    """Read 64 bits as a double."""
    return types.float64(types.uint64), lambda context, builder, signature, a: builder.bitcast(a[0], ir.DoubleType())


@intrinsic
def double_to_bits(typingctx: Any, value: Any) -> Any:
    """Read a double as 64 bits."""
    return types.uint64(types.float64), lambda context, builder, signature, a: builder.bitcast(a[0], ir.IntType(64))


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
    return bits_to_double((bits >> U(12)) | U(0x3FF0000000000000)) - (1.0 - 1.1102230246251565e-16)


@inlined
def exp(x):
    """Return e**x to about 1e-16 relative; x is clipped to -700 … 700."""
    x = -700.0 if x < -700.0 else x
    x = 700.0 if x > 700.0 else x
    shifted = fma(x, 1.4426950408889634, 6755399441055744.0)
    n = shifted - 6755399441055744.0
    r = fma(n, -0.693147180369123816490, x)
    r = fma(n, -1.90821492927058770002e-10, r)
    p = 2.08767569878681e-9
    p = fma(p, r, 2.505210838544172e-8)
    p = fma(p, r, 2.755731922398589e-7)
    p = fma(p, r, 2.755731922398589e-6)
    p = fma(p, r, 2.480158730158730e-5)
    p = fma(p, r, 1.984126984126984e-4)
    p = fma(p, r, 1.388888888888889e-3)
    p = fma(p, r, 8.333333333333333e-3)
    p = fma(p, r, 4.166666666666666e-2)
    p = fma(p, r, 1.666666666666667e-1)
    p = fma(p, r, 0.5)
    p = fma(p, r, 1.0)
    p = fma(p, r, 1.0)
    return p * bits_to_double((double_to_bits(shifted) << U(52)) + U(0x3FF0000000000000))


@inlined
def log(x):
    """Return the natural logarithm of a positive normal number to about 1e-16 of max(1, |log x|)."""
    bits = double_to_bits(x)
    exponent = (bits + U(0x000957D600000000)) >> U(52)
    mantissa = bits_to_double(bits - ((exponent - U(1023)) << U(52)))
    n = bits_to_double(exponent | U(0x4330000000000000)) - (4503599627370496.0 + 1023.0)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    w = s * s
    p = 1.0 / 17
    p = fma(p, w, 1.0 / 15)
    p = fma(p, w, 1.0 / 13)
    p = fma(p, w, 1.0 / 11)
    p = fma(p, w, 1.0 / 9)
    p = fma(p, w, 1.0 / 7)
    p = fma(p, w, 0.2)
    p = fma(p, w, 1.0 / 3)
    p = fma(p, w, 1.0)
    return fma(2.0 * s, p, n * 0.6931471805599453)


@inlined
def normal_pair(x0, x1):
    """Return two independent standard normals of two random words (Box and Muller 1958).

    The angle is drawn in an eighth of the circle, where short series for sine and cosine err by less than 1e-13; three
    further bits choose the eighth.
    """
    radius = np.sqrt(-2.0 * log(uniform(x0)))
    angle = (bits_to_double((x1 >> U(12)) | U(0x3FF0000000000000)) - 1.0) * 0.7853981633974483
    w = angle * angle
    s = 1.6059043836821613e-10
    s = fma(s, w, -2.5052108385441720e-8)
    s = fma(s, w, 2.7557319223985893e-6)
    s = fma(s, w, -1.9841269841269841e-4)
    s = fma(s, w, 8.3333333333333333e-3)
    s = fma(s, w, -1.6666666666666667e-1)
    s = fma(s, w, 1.0) * angle
    c = -1.1470745597729725e-11
    c = fma(c, w, 2.0876756987868099e-9)
    c = fma(c, w, -2.7557319223985888e-7)
    c = fma(c, w, 2.4801587301587302e-5)
    c = fma(c, w, -1.3888888888888889e-3)
    c = fma(c, w, 4.1666666666666664e-2)
    c = fma(c, w, -0.5)
    c = fma(c, w, 1.0)
    swap = (x1 & U(1)) != U(0)
    first = c if swap else s
    second = s if swap else c
    r0 = bits_to_double(double_to_bits(radius) ^ ((x1 & U(2)) << U(62)))
    r1 = bits_to_double(double_to_bits(radius) ^ ((x1 & U(4)) << U(61)))
    return first * r0, second * r1
