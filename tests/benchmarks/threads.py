"""Print the speed-up of job J on several threads over one, interleaved in one process.

Run: ``python tests/benchmarks/threads.py [--paths 131072] [--rounds 5] [--threads 2]``. The best of the rounds counts
on each side, as other work on the machine only ever slows one down. Of the time of one thread, the share that is spent
outside compiled code holds the others up; it is what ``--profile`` shows.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats

import job

import riskkit as rk


def main() -> None:
    """Run both in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=131_072)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    scenario = job.job()

    def taken(workers: int) -> float:
        return job.seconds(lambda: rk.compare(scenario, paths=arguments.paths, seed=1, workers=workers, progress=False))

    taken(1)
    if arguments.profile:
        profile = cProfile.Profile()
        profile.runcall(taken, 1)
        pstats.Stats(profile).sort_stats("tottime").print_stats(18)
        return
    alone, together = [], []
    for _ in range(arguments.rounds):
        alone.append(taken(1))
        together.append(taken(arguments.threads))
        print(f"1 thread {alone[-1]:.2f} s, {arguments.threads} threads {together[-1]:.2f} s", flush=True)
    print(f"best of {arguments.rounds}: {min(alone) / min(together):.2f} times as fast on {arguments.threads} threads")


if __name__ == "__main__":
    main()
