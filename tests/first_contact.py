"""Time the path of a stranger: install, demo, a scenario of one's own holdings, its report, and the report opened.

Run: ``python tests/first_contact.py [--environment FOLDER]``. Without a folder riskkit is installed into a new
environment, with an empty cache of compiled code; with one, what has been compiled there is used. Each command is one
that the README shows; its seconds and what it printed on stderr are shown, and the first one that fails ends the
program with 1. The report is opened in Chromium where that is installed, and must ask for nothing and complain of
nothing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent

#: Opens the report, and prints what it asked for or complained about.
OPEN = """
import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path=sys.argv[2])
    page = browser.new_page()
    page.on("request", lambda request: request.url.startswith("file:") or print(request.url))
    page.on("console", lambda message: print(message.text))
    page.on("pageerror", lambda error: print(error))
    page.goto(sys.argv[1])
    page.wait_for_selector("h1")
    browser.close()
"""


def timed(words: str, command: list[str], folder: Path, settings: dict[str, str]) -> str:
    """Run a command, print its seconds, and return what it printed; a failure ends the program."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True)
    print(f"{time.perf_counter() - start:7.1f} s  {words}", flush=True)
    for line in done.stderr.splitlines():
        print(f"           {line}")
    if done.returncode != 0:
        sys.exit(f"{words} failed with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def main() -> None:
    """Follow the path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", type=Path, help="one in which riskkit is installed")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        settings = {"PYTHONPATH": ""}
        if chosen.environment is None:
            settings["NUMBA_CACHE_DIR"] = str(folder / "compiled")
        environment = (chosen.environment or folder / "environment").resolve()
        programs = environment / ("Scripts" if os.name == "nt" else "bin")
        if chosen.environment is None:
            venv.create(environment, with_pip=True)
            install = [str(programs / "python"), "-m", "pip", "install", "--quiet", str(TOP)]
            timed("pip install .", install, folder, settings)
        shutil.copy(TOP / "examples" / "data" / "holdings.csv", folder)
        for words in (
            "demo",
            "new scenario.toml --holdings holdings.csv",
            "run scenario.toml --report report.html",
        ):
            printed = timed(f"riskkit {words}", [str(programs / "riskkit"), *words.split()], folder, settings)
            print(f"           prints {len(printed.splitlines())} lines")
        report, browser = folder / "report.html", shutil.which("chromium")
        print(f"           the report has {report.stat().st_size / 1e6:.2f} MB")
        if browser is not None:
            complaints = timed("the report opens", [sys.executable, "-c", OPEN, report.as_uri(), browser], folder, {})
            if complaints:
                sys.exit(f"the report asked for or complained about:\n{complaints}")


if __name__ == "__main__":
    main()
