"""Print the time of ``import riskkit`` in fresh processes, with NumPy and pandas, and the packages it must not load.

Run: ``python tests/benchmarks/imports.py [--rounds 7]``.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

#: Modules that load on use only.
LATE = ("cvxpy", "matplotlib", "scipy.stats", "numba", "joblib", "pyarrow", "tqdm", "pydantic", "defusedxml")


def seconds(code: str, rounds: int) -> float:
    """Median time of a fresh process that runs `code`, after one that warms the file cache."""
    taken = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


def main() -> None:
    """Time imports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    bare = seconds("pass", options.rounds)
    base = seconds("import numpy, pandas", options.rounds) - bare
    print(f"{'import numpy, pandas':<34} {base:6.3f} s more than Python alone")
    for code, bound in {"import riskkit": " (bound 0.5)", "import riskkit; riskkit.Scenario": ""}.items():
        taken = seconds(code, options.rounds) - bare
        print(f"{code:<34} {taken:6.3f} s more{bound}, {taken / base:.2f} x numpy and pandas")
    probe = f"import sys, riskkit; print(*[name for name in {LATE!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True).stdout.strip()
    print(f"loaded at once though it should not be: {loaded or 'nothing'}")


if __name__ == "__main__":
    main()
