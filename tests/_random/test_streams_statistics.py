"""Statistical self-tests of the streams: bits, cells, spacings and correlations within and across streams.

Generators that are known to be bad stand at the end: each test must find those that it is there for.

Bounds are 4 standard errors, or the quantile of the statistic's law at the same probability, 6e-5.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from samples import SIGMAS
from scipy import stats

from riskkit._random.streams import Stream

COUNT = 2**18
#: Probability beyond 4 standard errors on both sides.
RARE = 2.0 * stats.norm.sf(SIGMAS)
NAMES = ("diffusion", "clock", "shock founder exit", "shock crash")


def uniforms(name: str, seed: int = 21, step: int = 0) -> np.ndarray:
    """Both uniforms of COUNT paths, one after the other."""
    return Stream(seed, name).uniforms(np.arange(COUNT // 2), step=step).ravel()


def in_time(name: str, seed: int = 21, path: int = 7) -> np.ndarray:
    """The uniforms of one path at COUNT / 2 steps."""
    steps = np.arange(COUNT // 2)
    return Stream(seed, name).uniforms(np.full(steps.size, path), step=steps).T.ravel()


def chi_square(counts: np.ndarray, expected: np.ndarray | float) -> float:
    """p value of counts against what was expected."""
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return float(stats.chi2.sf(statistic, counts.size - 1))


ORDERS = pytest.mark.parametrize("draw", [uniforms, in_time], ids=["across paths", "along a path"])
STREAMS = pytest.mark.parametrize("name", NAMES)


@ORDERS
@STREAMS
def test_moments_of_uniforms(draw, name):
    """E u^k = 1/(k + 1), with variance 1/(2k + 1) - 1/(k + 1)²."""
    values = draw(name)
    for power in range(1, 7):
        error = math.sqrt((1.0 / (2 * power + 1) - 1.0 / (power + 1) ** 2) / COUNT)
        assert abs((values**power).mean() - 1.0 / (power + 1)) < SIGMAS * error


@ORDERS
@STREAMS
def test_uniforms_fill_cells_of_one_two_and_three_dimensions_evenly(draw, name):
    """χ² over 4096 cells: of single values, of neighbouring pairs (64²) and of triples (16³)."""
    values = draw(name)
    for size in (1, 2, 3):
        edge = round(4096 ** (1 / size))
        groups = (values[: values.size // size * size].reshape(-1, size) * edge).astype(np.int64)
        cells = groups @ (edge ** np.arange(size))
        counts = np.bincount(cells, minlength=edge**size)
        assert RARE < chi_square(counts, groups.shape[0] / edge**size) < 1.0 - RARE


@ORDERS
@STREAMS
def test_each_of_the_first_32_bits_is_a_fair_coin(draw, name):
    words = (draw(name) * 2.0**32).astype(np.uint64)
    for bit in range(32):
        share = float((words >> np.uint64(bit) & np.uint64(1)).mean())
        assert abs(share - 0.5) < SIGMAS * 0.5 / math.sqrt(COUNT), f"bit {bit}"


@ORDERS
@STREAMS
def test_serial_correlation_is_none(draw, name):
    """At lags 1 to 16 the correlation of n values has standard error 1/√n; 16 lags of 8 cases: Bonferroni."""
    values = draw(name) - 0.5
    bound = stats.norm.isf(RARE / 2.0 / 16.0) / math.sqrt(COUNT)
    for lag in range(1, 17):
        assert abs(float((values[lag:] * values[:-lag]).mean()) * 12.0) < bound, f"lag {lag}"


def test_streams_of_other_names_seeds_and_steps_are_uncorrelated():
    """All pairs of 13 streams, of values and of squares about the mean: 156 correlations, Bonferroni."""
    drawn = [uniforms(name) for name in NAMES]
    drawn += [uniforms(NAMES[0], seed) for seed in (22, 23, 2**63)]
    drawn += [uniforms(NAMES[0], step=step) for step in (1, 2, 252, 2519)]
    drawn += [uniforms("shock a"), uniforms("shock b")]
    centred = np.array(drawn) - 0.5
    bound = stats.norm.isf(RARE / 2.0 / 156.0) / math.sqrt(COUNT)
    for table in (centred, centred**2 - 1.0 / 12.0):
        found = np.corrcoef(table)
        assert np.abs(found[np.triu_indices(len(drawn), 1)]).max() < bound


@ORDERS
@STREAMS
def test_birthday_spacings(draw, name):
    """Marsaglia's test: 2⁹ birthdays in a year of 2²⁴ days; of the sorted spacings those that come again are Poisson.

    With n birthdays in m days the mean is n³ / 4m = 2 (Knuth, The Art of Computer Programming 2, 3.3.2.J); summed over
    512 years it is Poisson with mean 1024. Its 6e-5 quantiles bound it, with 1 % room for the order of the limit.
    """
    birthdays, days = 2**9, 2**24
    years = COUNT // birthdays
    dates = np.sort((draw(name).reshape(years, birthdays) * days).astype(np.int64), axis=1)
    spacings = np.sort(np.diff(dates, axis=1), axis=1)
    again = int((np.diff(spacings, axis=1) == 0).sum())
    mean = years * birthdays**3 / (4.0 * days)
    assert stats.poisson.ppf(RARE / 2.0, 0.99 * mean) <= again <= stats.poisson.isf(RARE / 2.0, 1.01 * mean)


@STREAMS
def test_normals_fill_equally_likely_cells_of_the_plane_evenly(name):
    """Box–Muller's two: quantile cells of each and of both together, 32² of them."""
    pair = Stream(21, name).normals(np.arange(COUNT), step=0)
    cells = (stats.norm.cdf(pair) * 32).astype(np.int64)
    counts = np.bincount(cells[0] * 32 + cells[1], minlength=1024)
    assert RARE < chi_square(counts, COUNT / 1024) < 1.0 - RARE


@STREAMS
def test_runs_up_have_their_lengths(name):
    """Runs of rising values, the value after each left out, end at length r with probability 1/r! - 1/(r + 1)!.

    Knuth, The Art of Computer Programming 2, 3.3.2.G, exercise 14.
    """
    values, lengths, at = uniforms(name), [], 0
    falls = np.flatnonzero(np.diff(values) < 0.0)
    place = 0
    while place < falls.size:
        end = int(falls[place])
        lengths.append(end - at + 1)
        at = end + 2
        place = int(np.searchsorted(falls, at))
    counts = np.bincount(np.minimum(lengths, 7), minlength=8)[1:]
    chances = np.array([1.0 / math.factorial(r) - 1.0 / math.factorial(r + 1) for r in range(1, 7)])
    chances = np.append(chances, 1.0 - chances.sum())
    assert RARE < chi_square(counts, chances * counts.sum()) < 1.0 - RARE


# ---------------------------------------------------------------------------------------------------------------------
# Bad generators
# ---------------------------------------------------------------------------------------------------------------------


def threefry(rounds: int, key: tuple[int, int], paths: np.ndarray) -> np.ndarray:
    """Threefry-2x64 in few rounds, from Salmon et al. (2011), section 4.2; both words of each path as uniforms."""
    rotations = (16, 42, 12, 31, 16, 32, 24, 21)
    ks = [np.uint64(word) for word in (*key, 0x1BD11BDAA9FC1A22 ^ int(key[0]) ^ int(key[1]))]
    x0, x1 = paths.astype(np.uint64) + ks[0], np.zeros(paths.size, np.uint64) + ks[1]
    for n in range(rounds):
        x0 = x0 + x1
        turn = np.uint64(rotations[n % 8])
        x1 = (x1 << turn | x1 >> np.uint64(64) - turn) ^ x0
        if n % 4 == 3:
            place = n // 4 + 1
            x0, x1 = x0 + ks[place % 3], x1 + ks[(place + 1) % 3] + np.uint64(place)
    return (np.array([x0, x1]) >> np.uint64(12)).ravel() * 2.0**-52 + 2.0**-53


def randu(*_: object) -> np.ndarray:
    """IBM's RANDU, x' = 65539 x mod 2^31, whose triples lie in 15 planes."""
    values, x = np.empty(COUNT), 1
    for place in range(COUNT):
        x = 65539 * x % 2**31
        values[place] = x
    return values / 2.0**31


def golden(*_: object) -> np.ndarray:
    """Multiples of the golden ratio: far too even."""
    return np.arange(1, COUNT + 1) * ((math.sqrt(5.0) - 1.0) / 2.0) % 1.0


def stuck(*_: object) -> np.ndarray:
    """One bit of 32 is always 0."""
    words = (uniforms("diffusion") * 2.0**32).astype(np.uint64) & np.uint64(~(1 << 7) & 0xFFFFFFFF)
    return (words.astype(float) + 0.5) / 2.0**32


def biased(*_: object) -> np.ndarray:
    """Values 1 % too low near 0."""
    return uniforms("diffusion") ** 1.01


def sticky(*_: object) -> np.ndarray:
    """Each value comes again three places on with probability 2 %."""
    values = uniforms("diffusion")
    again = np.flatnonzero(uniforms("other") < 0.02)
    again = again[again + 3 < COUNT]
    values[again + 3] = values[again]
    return values


def coarse(*_: object) -> np.ndarray:
    """Twenty bits."""
    return (np.floor(uniforms("diffusion") * 2.0**20) + 0.5) / 2.0**20


@pytest.mark.parametrize(
    ("test", "bad"),
    [
        (test_moments_of_uniforms, biased),
        (test_uniforms_fill_cells_of_one_two_and_three_dimensions_evenly, randu),
        (test_uniforms_fill_cells_of_one_two_and_three_dimensions_evenly, golden),
        (test_each_of_the_first_32_bits_is_a_fair_coin, stuck),
        (test_each_of_the_first_32_bits_is_a_fair_coin, coarse),
        (test_serial_correlation_is_none, sticky),
        (test_serial_correlation_is_none, golden),
        (test_birthday_spacings, golden),
        (test_birthday_spacings, coarse),
    ],
)
def test_bad_generators_are_found(test, bad):
    with pytest.raises(AssertionError):
        test(bad, "diffusion")


@pytest.mark.parametrize("test", [test_moments_of_uniforms, test_birthday_spacings, test_serial_correlation_is_none])
def test_threefry_with_too_few_rounds_is_found(test):
    """Of neighbouring paths; with all 13 rounds it is the stream itself."""
    key, paths = Stream(21, "diffusion").key, np.arange(COUNT // 2)
    np.testing.assert_allclose(threefry(13, key, paths), uniforms("diffusion"), atol=1e-9)
    test(lambda name: threefry(13, key, paths), "diffusion")
    with pytest.raises(AssertionError):
        test(lambda name: threefry(3, key, paths), "diffusion")


def test_streams_that_share_something_are_found(monkeypatch):
    """A name that is left out of the key; and a hundredth of the values from another stream."""
    honest = uniforms

    def nameless(name: str, seed: int = 21, step: int = 0) -> np.ndarray:
        return honest("diffusion", seed, step)

    def leaky(name: str, seed: int = 21, step: int = 0) -> np.ndarray:
        values = honest(name, seed, step)
        values[::50] = honest("diffusion", 21, 0)[::50]
        return values

    for bad in (nameless, leaky):
        monkeypatch.setattr("test_streams_statistics.uniforms", bad)
        with pytest.raises(AssertionError):
            test_streams_of_other_names_seeds_and_steps_are_uncorrelated()


def test_normals_and_runs_of_bad_uniforms_are_found(monkeypatch):
    """Box–Muller's two with a correlation of 5 %; and every fifth pair of values sorted."""
    honest = Stream.normals

    def leaning(stream: Stream, paths: np.ndarray, step: int, draw: int = 0) -> np.ndarray:
        one, two = honest(stream, paths, step, draw)
        return np.array([one, 0.05 * one + math.sqrt(1.0 - 0.05**2) * two])

    monkeypatch.setattr(Stream, "normals", leaning)
    with pytest.raises(AssertionError):
        test_normals_fill_equally_likely_cells_of_the_plane_evenly("diffusion")

    values = uniforms("diffusion")
    pairs = values.reshape(-1, 2)
    pairs[::5] = np.sort(pairs[::5], axis=1)
    monkeypatch.setattr("test_streams_statistics.uniforms", lambda name: values)
    with pytest.raises(AssertionError):
        test_runs_up_have_their_lengths("diffusion")
