"""Runs the benchmarks and writes what they print, and on which machine, to docs/_measured, which the docs show.

Run: ``python tests/benchmarks/measure.py [NAME ...]``; without names all of them, about a quarter of an hour.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHOWN = ROOT / "docs" / "_measured"

#: Modules that the benchmarks share, and this one.
NO_BENCHMARKS = {"job", "measure"}
BENCHMARKS = sorted(file.stem for file in HERE.glob("*.py") if file.stem not in NO_BENCHMARKS)


def machine() -> str:
    """When, on what processor, and with which versions."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "scipy", "pandas", "cvxpy"))
    return (
        f"Measured {datetime.date.today()} on {names[0] if names else platform.processor()}, {os.cpu_count()} cores; "
        f"Python {platform.python_version()}, {packages}.\n"
    )


def page(command: str, printed: str) -> str:
    """What a command printed as Markdown: its tables as they are, all else as text."""
    parts = [f"$ {command}", *printed.strip("\n").split("\n\n")]
    return "\n\n".join(part if part.startswith("|") else f"```text\n{part}\n```" for part in parts) + "\n"


def main() -> None:
    """Run the benchmarks one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}")
    names = parser.parse_args().names or BENCHMARKS
    for name in names:
        if name not in BENCHMARKS:
            parser.error(f"NAME must be one of {', '.join(BENCHMARKS)}, got {name}")
    SHOWN.mkdir(exist_ok=True)
    (SHOWN / "machine.md").write_text(machine(), encoding="utf-8")
    for name in names:
        print(name, flush=True)
        script = f"tests/benchmarks/{name}.py"
        done = subprocess.run([sys.executable, script], cwd=ROOT, check=True, capture_output=True, text=True)
        (SHOWN / f"{name}.md").write_text(page(f"python {script}", done.stdout), encoding="utf-8")


if __name__ == "__main__":
    main()
