"""Print the time of a user's own statistic in plain NumPy: job J with it, against J without.

Run: ``python tests/benchmarks/own_statistic.py [--paths 16384]``.
"""

from __future__ import annotations

import argparse

import job
import numpy as np

import riskkit as rk


class WorstMonths(rk.Statistic):
    """The share of steps on which more than `depth` of the peak is lost, and the largest loss."""

    depth: float = 0.3
    columns = ("time_below", "largest_loss")

    def start(self, paths, calendar):  # type: ignore[no-untyped-def]
        """No step so far, and nothing lost."""
        return np.zeros(paths.size), np.ones(paths.size)

    def update(self, state, first_step, wealth, peak):  # type: ignore[no-untyped-def]
        """Count the steps below, and remember the least share of the peak."""
        count, least = state
        share = wealth / peak
        count += np.count_nonzero(share < 1.0 - self.depth, axis=0)
        return count, np.minimum(least, share.min(axis=0))

    def finish(self, state, calendar):  # type: ignore[no-untyped-def]
        """Turn counts into shares."""
        count, least = state
        return {"time_below": count / (calendar.steps + 1), "largest_loss": 1.0 - least}


def main() -> None:
    """Run J with and without it in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=16384)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    scenario, own = job.job(), (WorstMonths(),)
    rival = {"without": lambda: job.seconds(lambda: job.run(scenario, arguments.paths))}
    found = job.ratios(lambda: job.run(scenario, arguments.paths, statistics=own), rival, arguments.rounds)
    print(f"J with a user's own statistic of every rule: {found['without']:.2f} x without (bound 1.3)")


if __name__ == "__main__":
    main()
