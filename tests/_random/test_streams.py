"""Streams and primitives: Threefry's published answers, exp and log against exact arithmetic, laws of the draws."""

from __future__ import annotations

import hashlib
import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from numba import njit
from scipy import stats

import riskkit as rk
from riskkit._random import draws, threefry
from riskkit._random.streams import Stream

U = np.uint64
ONES = 2**64 - 1
#: Random123, tests/kat_vectors: rounds, counter, key, answer.
KNOWN_ANSWERS = [
    (13, (0, 0), (0, 0), (0xF167B032C3B480BD, 0xE91F9FEE4B7A6FB5)),
    (13, (ONES, ONES), (ONES, ONES), (0xCCDEC5C917A874B1, 0x4DF53ABCA26CEB01)),
    (
        13,
        (0x243F6A8885A308D3, 0x13198A2E03707344),
        (0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0xC3AAC71561042993, 0x3FE7AE8801AFF316),
    ),
    (20, (0, 0), (0, 0), (0xC2B6E3A8C2C69865, 0x6F81ED42F350084D)),
    (20, (ONES, ONES), (ONES, ONES), (0xE02CB7C4D95D277A, 0xD06633D0893B8B68)),
    (
        20,
        (0x243F6A8885A308D3, 0x13198A2E03707344),
        (0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0x263C7D30BB0F0AF1, 0x56BE8361D3311526),
    ),
    (32, (0, 0), (0, 0), (0x38BA854D7F13CFB3, 0xD02FCA729D54FADC)),
]


def threefry_by_the_paper(key, counter, rounds):
    """Threefry-2x64 as Salmon et al. (2011) define it, section 3.3 and table 2, in whole numbers of any size."""
    rotations = (16, 42, 12, 31, 16, 32, 24, 21)
    keys = (*key, key[0] ^ key[1] ^ 0x1BD11BDAA9FC1A22)
    x = [(word + part) % 2**64 for word, part in zip(counter, key, strict=True)]
    for done in range(rounds):
        x[0] = (x[0] + x[1]) % 2**64
        turn = rotations[done % 8]
        x[1] = ((x[1] << turn | x[1] >> 64 - turn) % 2**64) ^ x[0]
        if done % 4 == 3:
            number = done // 4 + 1
            x[0] = (x[0] + keys[number % 3]) % 2**64
            x[1] = (x[1] + keys[(number + 1) % 3] + number) % 2**64
    return tuple(x)


@njit
def compiled_threefry(k0, k1, c0, c1):
    return threefry.threefry2x64(k0, k1, c0, c1)


@njit
def compiled_exp(x):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = threefry.exp(x[i])
    return out


@njit
def compiled_log(x):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = threefry.log(x[i])
    return out


@njit
def compiled_uniform(bits):
    out = np.empty(bits.size)
    for i in range(bits.size):
        out[i] = threefry.uniform(bits[i])
    return out


@njit
def compiled_normal_pair(x0, x1):
    return threefry.normal_pair(x0, x1)


# ---------------------------------------------------------------------------------------------------------------------
# Threefry
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rounds", "counter", "key", "answer"), KNOWN_ANSWERS)
def test_threefry_by_the_paper_against_published_known_answers(rounds, counter, key, answer):
    assert threefry_by_the_paper(key, counter, rounds) == answer


@pytest.mark.parametrize(("rounds", "counter", "key", "answer"), KNOWN_ANSWERS[:3])
def test_compiled_threefry_against_published_known_answers(rounds, counter, key, answer):
    assert rounds == 13
    assert tuple(map(int, compiled_threefry(*map(U, key), *map(U, counter)))) == answer


def test_compiled_threefry_against_the_paper_on_random_inputs():
    words = np.random.default_rng(1).integers(0, 2**64, (500, 4), dtype=np.uint64)
    for k0, k1, c0, c1 in words:
        expected = threefry_by_the_paper((int(k0), int(k1)), (int(c0), int(c1)), 13)
        assert tuple(map(int, compiled_threefry(k0, k1, c0, c1))) == expected


def test_normals_and_uniforms_follow_from_the_key_the_path_and_the_counter():
    """SEMANTICS, Random numbers: key from (seed, name) by BLAKE2; counter (path, step · 2¹⁶ + draw)."""
    digest = hashlib.blake2b((7).to_bytes(8, "little") + b"shock crash", digest_size=16).digest()
    key = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
    stream = Stream(7, "shock crash")
    assert tuple(map(int, stream.key)) == key
    for path, step, draw in [(0, 0, 0), (17, 2519, 3), (10**9, 40_000, 65_535)]:
        x0, x1 = map(U, threefry_by_the_paper(key, (path, step * 2**16 + draw), 13))
        paths = np.array([path], dtype=np.uint64)
        uniforms = stream.uniforms(paths, step, draw)
        np.testing.assert_array_equal(uniforms[:, 0], compiled_uniform(np.array([x0, x1])))
        np.testing.assert_array_equal(stream.normals(paths, step, draw)[:, 0], compiled_normal_pair(x0, x1))


def test_box_muller_against_its_definition_in_the_math_library():
    """Radius from the first word; the second word's upper bits give the angle in an eighth of the circle, its three
    lowest bits which of the coordinates is the sine, and the two signs.

    The kernel's sine stops before angle¹³/13!, 7e-12 at most, its cosine later; the radius is at most 8.6.
    """
    words = np.random.default_rng(2).integers(0, 2**64, (2000, 2), dtype=np.uint64)
    for x0, x1 in words.tolist():
        radius = math.sqrt(-2.0 * math.log((x0 >> 12) / 2**52 + 2.0**-53))
        angle = (x1 >> 12) / 2**52 * math.pi / 4
        pair = [math.sin(angle), math.cos(angle)]
        if x1 & 1:
            pair.reverse()
        expected = [radius * pair[0] * (-1 if x1 & 2 else 1), radius * pair[1] * (-1 if x1 & 4 else 1)]
        np.testing.assert_allclose(compiled_normal_pair(U(x0), U(x1)), expected, rtol=0.0, atol=8.6 * 7e-12)


# ---------------------------------------------------------------------------------------------------------------------
# exp, log, uniform
# ---------------------------------------------------------------------------------------------------------------------


def test_exp_against_exact_arithmetic_to_two_units_in_the_last_place():
    generator = np.random.default_rng(3)
    near, far, tiny = generator.uniform(-1, 1, 1000), generator.uniform(-600, 600, 1000), generator.normal(0, 1e-3, 500)
    x = np.concatenate([near, far, tiny, [0.0, -0.0]])
    found = compiled_exp(x)
    with localcontext() as context:
        context.prec = 40
        exact = [Decimal(value).exp() for value in x.tolist()]
        error = [abs(Decimal(y) / e - 1) for y, e in zip(found.tolist(), exact, strict=True)]
    assert float(max(error)) <= 2 * 2.0**-52
    assert compiled_exp(np.zeros(1))[0] == 1.0


def test_exp_stays_finite_and_positive_beyond_its_range():
    far = compiled_exp(np.array([-1e6, -701.0, 701.0, 1e6]))
    np.testing.assert_allclose(far, [math.exp(-700.0)] * 2 + [math.exp(700.0)] * 2, rtol=1e-15)


def test_log_against_exact_arithmetic_to_two_units_in_the_last_place_of_the_larger_of_one_and_the_log():
    generator = np.random.default_rng(4)
    x = np.concatenate(
        [
            generator.uniform(0.0, 1.0, 1000) + 2.0**-53,
            np.exp(generator.uniform(-600, 600, 1000)),
            1.0 + generator.normal(0.0, 1e-6, 500),
            [1.0, 0.5, 2.0, 2.0**-53, 1.0 - 2.0**-53],
        ]
    )
    found = compiled_log(x)
    with localcontext() as context:
        context.prec = 40
        exact = [Decimal(value).ln() for value in x.tolist()]
        error = [abs(Decimal(y) - e) / max(abs(e), Decimal(1)) for y, e in zip(found.tolist(), exact, strict=True)]
    assert float(max(error)) <= 2 * 2.0**-52
    assert compiled_log(np.ones(1))[0] == 0.0


def test_uniforms_are_the_middles_of_two_to_the_52_cells():
    bits = np.array([0, 2**12 - 1, 2**12, 2**63, 2**64 - 1], dtype=np.uint64)
    expected = [2.0**-53, 2.0**-53, 3 * 2.0**-53, 0.5 + 2.0**-53, 1.0 - 2.0**-53]
    assert compiled_uniform(bits).tolist() == expected


# ---------------------------------------------------------------------------------------------------------------------
# Laws of the draws; 4 standard errors
# ---------------------------------------------------------------------------------------------------------------------

COUNT = 400_000


@pytest.fixture(scope="module")
def normals():
    return Stream(11, "diffusion").normals(np.arange(COUNT), step=3, draw=1)


def test_moments_of_normals_against_the_normal_law(normals):
    """E x^k = 0, 1, 0, 3, 0, 15 with variance E x^2k - (E x^k)²: 1, 2, 15, 96, 945, 10170."""
    for row in normals:
        for power, (mean, variance) in enumerate([(0, 1), (1, 2), (0, 15), (3, 96), (0, 945), (15, 10170)], start=1):
            assert abs((row**power).mean() - mean) < 4.0 * math.sqrt(variance / COUNT)


def test_normals_against_the_normal_law_by_kolmogorov_distance(normals):
    """P(distance · √n > 2.28) is 6e-5, as for 4 standard errors."""
    for row in normals:
        assert stats.kstest(row, stats.norm.cdf).statistic * math.sqrt(COUNT) < 2.28


def test_tails_of_normals_against_the_normal_law(normals):
    both = np.abs(normals).ravel()
    for edge in (2.0, 3.0, 4.0):
        p = 2.0 * stats.norm.sf(edge)
        assert abs((both > edge).mean() - p) < 4.0 * math.sqrt(p * (1.0 - p) / both.size)


def test_uniforms_against_the_uniform_law():
    values = Stream(12, "diffusion").uniforms(np.arange(COUNT), step=0)
    assert values.min() > 0.0
    assert values.max() < 1.0
    for row in values:
        assert stats.kstest(row, "uniform").statistic * math.sqrt(COUNT) < 2.28


def correlation(a, b):
    return np.corrcoef(a, b)[0, 1]


def test_draws_are_independent_across_names_seeds_steps_draws_paths_and_of_each_other():
    paths = np.arange(COUNT)
    base = Stream(11, "diffusion").normals(paths, step=3, draw=1)
    others = [
        base[1],
        Stream(11, "shock a").normals(paths, step=3, draw=1)[0],
        Stream(11, "Diffusion").normals(paths, step=3, draw=1)[0],
        Stream(12, "diffusion").normals(paths, step=3, draw=1)[0],
        Stream(11, "diffusion").normals(paths, step=4, draw=1)[0],
        Stream(11, "diffusion").normals(paths, step=3, draw=0)[0],
        Stream(11, "diffusion").normals(paths + 1, step=3, draw=1)[0],
    ]
    for other in others:
        assert not np.array_equal(base[0], other)
        assert abs(correlation(base[0], other)) < 4.0 / math.sqrt(COUNT)
        assert abs(correlation(base[0] ** 2, other**2)) < 4.0 / math.sqrt(COUNT)


def test_no_normal_comes_twice_in_a_stream():
    """Counters of different (path, step, draw) differ, so a repeat among a million would be a fault of the counter."""
    stream = Stream(5, "diffusion")
    paths = np.arange(5000)
    drawn = np.concatenate([stream.uniforms(paths, step, draw)[0] for step in range(40) for draw in range(4)])
    # Of n uniforms on 2^52 cells, n²/2^53 pairs are expected to be equal by chance: 7e-5 here.
    assert np.unique(drawn).size == drawn.size


def test_a_path_has_its_numbers_whatever_other_paths_are_drawn():
    stream = Stream(3, "diffusion")
    chosen = np.array([5, 4095, 17, 5, 10**12])
    together = stream.normals(chosen, step=9, draw=2)
    for place, path in enumerate(chosen):
        np.testing.assert_array_equal(stream.normals(np.array([path]), 9, 2)[:, 0], together[:, place])
    steps = np.array([0, 1, 2, 3, 4])
    each = stream.normals(chosen, steps, 2)
    for place, (path, step) in enumerate(zip(chosen, steps, strict=True)):
        np.testing.assert_array_equal(stream.normals(np.array([path]), int(step), 2)[:, 0], each[:, place])


def test_arrivals_against_sums_of_logarithms_of_the_uniforms():
    """Gap n of a path is -ln of the uniform at (path, n · 2¹⁶)."""
    stream = Stream(8, "shock x")
    paths = np.arange(40, dtype=np.uint64)
    lanes, numbers, times, first = draws.arrivals(stream.key, paths, np.full(40, 6.0), once=False)
    for lane, path in enumerate(paths):
        clock = np.cumsum([-math.log(stream.uniforms(np.array([path]), n)[0, 0]) for n in range(40)])
        mine = lanes == lane
        np.testing.assert_array_equal(numbers[mine], np.arange(mine.sum()))
        np.testing.assert_allclose(times[mine], clock[clock < 6.0], rtol=1e-14)
        assert first[lane] == pytest.approx(clock[0], rel=1e-14)
    once = draws.arrivals(stream.key, paths, np.full(40, 6.0), once=True)
    np.testing.assert_array_equal(once[0], lanes[numbers == 0])
    np.testing.assert_array_equal(once[2], times[numbers == 0])
    np.testing.assert_array_equal(once[3], first)


def test_arrivals_need_no_guess_of_their_number():
    """Far more arrivals than the first capacity: the counts are Poisson (mean 300 on each of 50 paths)."""
    lanes, _, times, _ = draws.arrivals(
        Stream(1, "s").key, np.arange(50, dtype=np.uint64), np.full(50, 300.0), once=False
    )
    counts = np.bincount(lanes, minlength=50)
    assert abs(counts.mean() - 300.0) < 4.0 * math.sqrt(300.0 / 50)
    assert times.max() < 300.0
    none = draws.arrivals(Stream(1, "s").key, np.arange(50, dtype=np.uint64), np.zeros(50), once=False)
    assert none[0].size == 0
    assert (none[3] > 0.0).all()


@pytest.mark.parametrize(
    ("seed", "name", "message"),
    [
        (1.0, "x", r"seed must be a whole number, got 1\.0"),
        (True, "x", "seed must be a whole number, got True"),
        ("1", "x", "seed must be a whole number, got '1'"),
        (None, "x", "seed must be a whole number, got None"),
        (-1, "x", r"seed must be from 0 to 2\*\*64 - 1, got -1"),
        (2**64, "x", r"seed must be from 0 to 2\*\*64 - 1, got 18446744073709551616"),
        (1, "", "name of a stream must be a non-empty string, got ''"),
        (1, 3, "name of a stream must be a non-empty string, got 3"),
    ],
)
def test_bad_streams_are_refused_with_what_came(seed, name, message):
    with pytest.raises(rk.InvalidInput, match=message):
        Stream(seed, name)


def test_the_largest_seed_and_a_numpy_seed_are_seeds():
    assert Stream(2**64 - 1, "x").key != Stream(0, "x").key
    assert Stream(np.int64(4), "x").key == Stream(4, "x").key
