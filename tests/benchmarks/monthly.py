"""Print the time of job J in monthly steps, with rules each year or at every step, against drawing normals.

Run: ``python tests/benchmarks/monthly.py [--paths 327680]``.
"""

from __future__ import annotations

import argparse
import math

import job


def main() -> None:
    """Run the monthly job twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=327_680)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for when, every, bounds in (("yearly", 12, (math.inf, 4.5)), ("every step", 0, (math.inf, 7.0))):
        scenario = job.job(12, every)
        what = f"{arguments.paths:,} x {scenario.calendar.steps} monthly steps, rules {when}"
        job.against_normals(what, scenario, arguments.paths, arguments.rounds, bounds)


if __name__ == "__main__":
    main()
