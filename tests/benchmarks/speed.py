"""Print the time of job J on one thread, rules monthly and daily, as a multiple of only drawing its normal numbers.

Run: ``python tests/benchmarks/speed.py [--paths 100000]``. On a machine with variables that hold OpenBLAS back, unset
them first, here and for the other benchmarks.
"""

from __future__ import annotations

import argparse
import math

import job


def main() -> None:
    """Run the daily job twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for when, every, bounds in (("monthly", 1, (0.50, 2.6)), ("daily", 0, (math.inf, 8.0))):
        scenario = job.job(every=every)
        what = f"J: {arguments.paths:,} x {scenario.calendar.steps} daily steps, 5 rules {when}, 1 thread"
        job.against_normals(what, scenario, arguments.paths, arguments.rounds, bounds)


if __name__ == "__main__":
    main()
