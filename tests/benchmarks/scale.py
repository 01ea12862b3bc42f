"""Print time and peak memory of many monthly paths of job J within a budget, with columns on disk.

Run: ``python tests/benchmarks/scale.py [--paths 20000000] [--memory 1.5GB] [--checkpoint FOLDER]``. The columns of
twenty million paths of five rules take about 7 GB where temporary files go (set TMPDIR), or in the checkpoint.
"""

from __future__ import annotations

import argparse
import resource
import time

import job

import riskkit as rk


def held() -> str:
    """The most memory that this process has held so far."""
    return f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9:.2f} GB held"


def main() -> None:
    """Run the paths, then every answer that reads columns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=20_000_000)
    parser.add_argument("--memory", default="1.5GB")
    parser.add_argument("--checkpoint")
    parser.add_argument("--workers", type=int)
    arguments = parser.parse_args()
    scenario = job.job(12)
    size = f"{arguments.paths:,} paths of {len(scenario.rules)} rules over {scenario.calendar.steps} months"
    print(f"{size}, {arguments.memory}")
    start = time.perf_counter()
    result = rk.compare(
        scenario,
        paths=arguments.paths,
        seed=1,
        workers=arguments.workers,
        memory=arguments.memory,
        checkpoint=arguments.checkpoint,
    )
    print(
        f"compare      {time.perf_counter() - start:7.1f} s, {held()}, columns on disk: {result.outcomes.on_disk}",
        flush=True,
    )
    for what, ask in {
        "table": lambda: result.table(),
        "errors": lambda: result.errors(),
        "differences": lambda: result.differences(),
        "worst 10": lambda: result.worst(10),
    }.items():
        start = time.perf_counter()
        ask()
        print(f"{what:<12} {time.perf_counter() - start:7.1f} s, {held()}", flush=True)


if __name__ == "__main__":
    main()
