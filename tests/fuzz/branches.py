"""Print the share of the readers' branches that the fuzzer reaches, by module, and fail below 85 %.

Run: ``python tests/fuzz/branches.py [--cases 6000] [--seed 1] [--least 85] [--missing]``. The cases are those of
``fuzz_readers.py``: valid files, those that once broke a reader, and mutations of both, read by every call. They
are tried in one process, under coverage.py. It ignores failures of the readers.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import coverage

# On a busy machine threads of linear algebra use processor time by waiting, independent of the file.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "hostile")]

#: What reads files, as folders and files of the package.
READING = ("read/*", "toml/*", "comparison/io/folder.py", "comparison/io/parquet.py")


def main() -> int:
    """Try cases under coverage.py; the exit code is 1 if fewer branches than asked for are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=6000, help="bred ones, of all readers together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=85.0, help="percent of all branches")
    parser.add_argument("--missing", action="store_true", help="list the branches that are not reached")
    options = parser.parse_args()
    measured = coverage.Coverage(branch=True, data_file=None, include=[f"*/riskkit/{name}" for name in READING])
    measured.start()
    try_cases(options.cases, random.Random(options.seed))
    measured.stop()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        measured.json_report(outfile=str(report))
        files = json.loads(report.read_text())["files"]
    reached = total = 0
    for name, found in sorted(files.items()):
        summary = found["summary"]
        if not summary["num_branches"]:
            continue
        reached += summary["covered_branches"]
        total += summary["num_branches"]
        print(line(name.rpartition("riskkit/")[2], summary["covered_branches"], summary["num_branches"]))
        if options.missing:
            print("".join(f"    {start} → {stop}\n" for start, stop in found["missing_branches"]), end="")
    print(line("all", reached, total))
    return int(100.0 * reached < options.least * total)


def line(name: str, reached: int, branches: int) -> str:
    """Return a line of the table."""
    return f"{name:<34}{reached:>5} of {branches:>5} branches {reached / branches:>7.1%}"


def try_cases(count: int, dice: random.Random) -> None:
    """Read every valid case by every call, and `count` mutated ones."""
    from cases import Cases, one_form
    from readers import READERS, answer, written

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "case"
        cases = Cases(list(READERS), folder)  # reads what is sound, by every call
        one_form()
        for number in range(count):
            reader = list(READERS)[number % len(READERS)]
            call, case = cases.bred(reader, dice)
            written(case, folder)
            with suppress(Exception):
                if not answer(reader, folder, call):
                    cases.adopt(reader, call, case, dice)


if __name__ == "__main__":
    sys.exit(main())
