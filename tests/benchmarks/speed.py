"""Print the time of job J on one thread, as a multiple of only drawing its normal numbers, in one process.

Run: ``python tests/benchmarks/speed.py [--paths 100000]``. On a machine with variables that hold OpenBLAS back, unset
them first, here and for the other benchmarks.
"""

from __future__ import annotations

import argparse

import job


def main() -> None:
    """Run the daily job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    daily = job.job()
    what = f"J: {arguments.paths:,} x {daily.calendar.steps} daily steps, 5 rules monthly, 1 thread"
    job.against_normals(what, daily, arguments.paths, arguments.rounds, (0.60, 4.6))


if __name__ == "__main__":
    main()
