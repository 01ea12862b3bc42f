"""Run the benchmarks and write their output and the machine to docs/_measured for the docs.

Run: ``python tests/benchmarks/measure.py [NAME ...]``; without names all of them, which takes the better part of an
hour and, for `scale`, 7 GB where temporary files go. Other packages are run beside riskkit where they are installed
(``pip install -e '.[benchmarks]'``). With ``--tiny`` each does a little of its work and tells no speed: it only shows
that the scripts run.
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

ONCE, FEW = ["--rounds", "1"], ["--paths", "1024"]

#: What makes a benchmark tiny.
TINY = {
    "cvar": [*ONCE, "--quick"],
    "imports": ONCE,
    "interval_coverage": ["--runs", "50", "--paths", "1024"],
    "moment_matching": [*ONCE, *FEW, "--runs", "20"],
    "peers": [*ONCE, "--share", "0.05"],
    "rare_events": [*ONCE, *FEW, "--runs", "10"],
    "scale": FEW,
    "stages": [*ONCE, *FEW],
    "what_if": FEW,
}


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
    parser.add_argument("--tiny", action="store_true", help="only show that the scripts run")
    parser.add_argument("--to", type=Path, default=SHOWN, metavar="FOLDER", help="where to write, not docs/_measured")
    arguments = parser.parse_args()
    if arguments.tiny and arguments.to == SHOWN:
        parser.error("--tiny needs --to FOLDER: what it prints is not for the docs")
    names = arguments.names or BENCHMARKS
    for name in names:
        if name not in BENCHMARKS:
            parser.error(f"NAME must be one of {', '.join(BENCHMARKS)}, got {name}")
    folder = arguments.to.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "machine.md").write_text(machine(), encoding="utf-8")
    for name in names:
        print(name, flush=True)
        command = [f"tests/benchmarks/{name}.py", *(TINY.get(name, [*ONCE, *FEW]) if arguments.tiny else [])]
        done = subprocess.run([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        (folder / f"{name}.md").write_text(page(f"python {' '.join(command)}", done.stdout), encoding="utf-8")


if __name__ == "__main__":
    main()
