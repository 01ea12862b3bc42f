"""Feeds hostile files to every reader, in one process, for as long as is asked, and keeps what breaks one.

Run: ``python tests/fuzz/fuzz_readers.py --seconds 900 [--door nport] [--seed 1] [--keep found]``. A fault is any end
but an answer or a refusal of riskkit's own that names file and place, in bounded time and memory; a death of the
process is one too. Each kind of fault is kept once, as a folder with the files and ``why.txt``; put the files under
``tests/hostile/corpus/DOOR/NAME`` and they are tried by the tests ever after. With ``--guided``, where atheris is
installed, mutations are led by the branches that they reach.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "hostile")]

MEMORY, SECONDS = 4 * 2**30, 20


def main() -> int:
    """Fuzz; the exit code is 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of processor time")
    parser.add_argument("--door", action="append", help="one of the readers; repeatable; all by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("found"))
    parser.add_argument("--guided", action="store_true")
    options = parser.parse_args()
    if options.guided:
        return guided(options)
    folder = Path(tempfile.mkdtemp())
    number, found = options.seed, False
    try:
        while options.seconds > 0.0:
            child = os.fork()
            if child == 0:
                try:
                    os._exit(tried(options, random.Random(number), folder))
                finally:
                    traceback.print_exc()
                    os._exit(2)
            _, status, used = os.wait4(child, 0)
            options.seconds -= used.ru_utime + used.ru_stime
            number += 1
            found |= status != 0
            if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 2:
                return 2
            if os.WIFSIGNALED(status):
                keep(options.keep, folder, f"killed by signal {os.WTERMSIG(status)}", "death")
    finally:
        shutil.rmtree(folder)
    return int(found)


def tried(options: argparse.Namespace, dice: random.Random, folder: Path) -> int:
    """Try cases until the time is up; 1 if a fault was found."""
    from doors import DOORS, answer, sealed, written
    from mutation import bred
    from seeds import sound_cases

    draw_the_form_once()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, slow)
    cases = sound_cases()
    doors = options.door or list(DOORS)
    counts: Counter[tuple[str, str]] = Counter()
    spent = dict.fromkeys(doors, 0.0)
    while time.process_time() < options.seconds:
        door = min(spent, key=spent.__getitem__)
        start = time.process_time()
        before = dice.choice(cases[door])
        case = bred(before, dice.choice(cases[door]), dice)
        written(sealed(case, before) if door == "result" else case, folder)
        signal.alarm(SECONDS)
        try:
            told = answer(door, folder)
            counts[door, "refused" if told else "read"] += 1
            if not told and len(cases[door]) < 200 and dice.random() < 0.02:
                cases[door].append(case)  # what is read may be led further astray
        except Exception as error:
            counts[door, "FAULT"] += 1
            keep(options.keep / door, folder, "".join(traceback.format_exception(error)), kind(error))
        finally:
            signal.alarm(0)
        spent[door] += time.process_time() - start
    for (door, end), count in sorted(counts.items()):
        print(f"{door:<10} {end:<8} {count:>9,}", flush=True)
    return int(any(end == "FAULT" for _, end in counts))


def draw_the_form_once() -> None:
    """Reading a scenario draws the form of its classes, which is most of the work and the same each time."""
    import pydantic

    from riskkit.scenario import Scenario
    from riskkit.scenario_file import reading

    form = reading.file_form(Scenario)
    adapter = pydantic.TypeAdapter(form)
    reading.file_form = lambda cls, own: form if not own else None
    pydantic.TypeAdapter = lambda given: adapter if given is form else None


def slow(*_: object) -> None:
    """End a case that takes too long."""
    raise TimeoutError(f"took more than {SECONDS} seconds")


def kind(error: Exception) -> str:
    """What tells one kind of fault from others: the exception and the last lines of riskkit that it came through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f"{os.sep}riskkit{os.sep}" in f.filename]
    place = "-".join(f"{Path(f.filename).stem}-{f.lineno}" for f in frames[-2:])
    told = (
        re.sub(r"(['\"]).*\1|\d+", "", str(error), flags=re.DOTALL)[:100] if isinstance(error, AssertionError) else ""
    )
    return f"{type(error).__name__}-{place}-{hashlib.blake2b(told.encode(), digest_size=2).hexdigest()}"


def keep(place: Path, folder: Path, why: str, name: str) -> None:
    """Keep a case under its kind, unless one of that kind is kept."""
    target = place / name
    if not target.exists():
        shutil.copytree(folder, target)
        (target / "why.txt").write_text(why, encoding="utf-8", errors="replace")
        print(f"found {target}", flush=True)


def guided(options: argparse.Namespace) -> int:
    """Fuzz one door of a single file by coverage; atheris ends the process at the first fault, and prints the input."""
    import atheris

    with atheris.instrument_imports(include=["riskkit", "tomllib", "csv"]):
        from doors import DOORS, answer
        from seeds import sound_cases
    (door,) = options.door
    folder = Path(tempfile.mkdtemp())
    corpus = options.keep / f"{door}-corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(sound_cases()[door]):
        (corpus / str(number)).write_bytes(case[DOORS[door][0]])

    def one(content: bytes) -> None:
        (folder / DOORS[door][0]).write_bytes(content)
        answer(door, folder)

    limits = f"-max_total_time={options.seconds:.0f} -timeout={SECONDS} -max_len=20000 -artifact_prefix={options.keep}/"
    atheris.Setup([sys.argv[0], *limits.split(), str(corpus)], one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
