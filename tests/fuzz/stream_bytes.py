"""Writes the bits of riskkit's streams to standard output, for test batteries such as PractRand and TestU01.

Run: ``python tests/fuzz/stream_bytes.py [--order steps] | RNG_test stdin64 -tlmax 32GB``. Each draw gives 128
bits: both words of Threefry at a counter (path, step · 2¹⁶), in the order in which a run takes them: paths of a step
one after the other, or steps of a path, or the first word of many streams by turns.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from numba import njit

from riskkit._random.streams import DRAWS_PER_STEP, Stream
from riskkit._random.threefry import threefry2x64

BLOCK = 1 << 16


@njit
def words(k0, k1, paths, counters):  # type: ignore[no-untyped-def]
    """Both words at each counter, one after the other."""
    out = np.empty(2 * paths.size, np.uint64)
    for i in range(paths.size):
        out[2 * i], out[2 * i + 1] = threefry2x64(k0, k1, paths[i], counters[i])
    return out


def blocks(order: str, seed: int):  # type: ignore[no-untyped-def]
    """Endless blocks of words."""
    key, many = Stream(seed, "diffusion").key, [Stream(seed, f"shock {n}").key for n in range(256)]
    numbers, zeros = np.arange(BLOCK, dtype=np.uint64), np.zeros(BLOCK, np.uint64)
    step = np.uint64(DRAWS_PER_STEP)
    start = np.uint64(0)
    while True:
        if order == "paths":
            yield words(*key, numbers, zeros + start * step)
        elif order == "steps":
            yield words(*key, zeros + start, numbers * step)
        else:
            yield np.stack([words(*each, numbers[:256] + start * np.uint64(256), zeros[:256]) for each in many], axis=1)
        start += np.uint64(1)


def main() -> None:
    """Write until the reader has enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--order", choices=("paths", "steps", "streams"), default="paths")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bytes", type=float, default=float("inf"))
    options = parser.parse_args()
    written = 0
    try:
        for block in blocks(options.order, options.seed):
            written += sys.stdout.buffer.write(np.ascontiguousarray(block).astype("<u8").tobytes())
            if written >= options.bytes:
                break
    except BrokenPipeError:
        sys.stderr.close()


if __name__ == "__main__":
    main()
