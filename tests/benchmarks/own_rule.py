"""Print the time of a user's own rule in plain NumPy: as the sixth of job J, and alone with a trigger, asked daily.

Run: ``python tests/benchmarks/own_rule.py [--paths 16384]``.
"""

from __future__ import annotations

import argparse
import dataclasses
import math

import job
import numpy as np

import riskkit as rk


class HandCap(rk.Rule):
    """A user's own cap, as `Cap(0.40, to=0.30)` has it."""

    every: int = 1
    at_start: bool = True

    def decide(self, view, state):  # type: ignore[no-untyped-def]
        """Cut the founder's holdings to 0.3 where they are above 0.4, and share what is freed among the others."""
        founder = view.weights[0] + view.weights[1] + view.weights[2]
        over = founder > 0.4
        if not over.any():
            return None, None
        keep = np.where(over, 0.3 / founder, 1.0)
        target = view.weights.copy()
        target[:3] *= keep
        target[3:] *= 1 + (1 - keep) * founder / (1 - founder)
        return target, None


class DailyCap(HandCap):
    """The same, asked at every step about the paths that are above 0.4."""

    every: int = 0

    def trigger(self, portfolio):  # type: ignore[no-untyped-def]
        """The founder's holdings are worth more than 0.4 of all."""
        return rk.Trigger([[0.6, 0.6, 0.6, -0.4, -0.4, -0.4]], wealth=[0.0], peak=[0.0])


def main() -> None:
    """Run J with each of the two in turn; then the rule with a trigger."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=16384)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    own = job.job(more=(HandCap(),))
    built_in = job.job(more=(rk.Cap(0.40, to=0.30, name="second cap"),))
    rival = {"built-in": lambda: job.seconds(lambda: job.run(built_in, arguments.paths))}
    found = job.ratios(lambda: job.run(own, arguments.paths), rival, arguments.rounds)
    print(f"J with a user's own rule beside its five: {found['built-in']:.2f} x with a built-in one (bound 1.15)")
    daily = dataclasses.replace(job.job(), rules=(rk.Hold(), DailyCap()))
    what = f"{arguments.paths:,} x {daily.calendar.steps} daily steps, own rule with a trigger"
    job.against_normals(what, daily, arguments.paths, arguments.rounds, (math.inf, 10.0))


if __name__ == "__main__":
    main()
