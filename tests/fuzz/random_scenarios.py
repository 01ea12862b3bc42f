"""Holds the engine against its slow twin on many random scenarios, as a machine may do each night.

Run: ``python tests/fuzz/random_scenarios.py [--count 1000] [--first 1000] [--seconds 3600]``. Prices, wealth,
weights, trades and every column of two paths of every rule are compared; the first scenario that differs is told with
its number, and the exit code is 1. About half a second a scenario.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "engine"))


def main() -> int:
    """Compare until all are done, the time is up, or one differs."""
    import test_twin
    from scenes import random_scenario

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1000, help="number of the first; the tests have 0 to 20")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    levels = [0.0312359, 0.101923, 0.219283, 0.340918]  # that no path stands on, in place of the pilot's
    until = time.monotonic() + options.seconds
    fixed = mock.patch("riskkit.engine.run.placed_thresholds", lambda s, *rest: np.tile(levels, (len(s.rules), 1)))
    with fixed:
        for number in range(options.first, options.first + options.count):
            if time.monotonic() > until:
                print(f"{number - options.first:,} of {options.count:,} scenarios agree; the time is up")
                return 0
            try:
                test_twin.assert_equals_twin(random_scenario(number), [0, 3])
            except Exception:
                traceback.print_exc()
                print(f"scenario {number} differs")
                return 1
    print(f"{options.count:,} scenarios agree, numbers {options.first} to {options.first + options.count - 1}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
