"""Feed hostile files to every reader for a given time, and store those that break one.

Run: ``python tests/fuzz/fuzz_readers.py --seconds 900 [--reader nport] [--jobs 2] [--seed 1] [--keep found]``. Files
change in content and in size, and each is read by one of the calls of ``tests/hostile/readers.py``. A fault is any end
but an answer or a refusal of riskkit's own that names file and place; more time or memory than a file of that size may
take (``tests/hostile/limits.py``: ten seconds and 512 MiB for 1 MB); a refusal longer than a page; and the death of the
process. Each kind of fault is kept once, as a folder with the files and ``why.txt``; put the files under
``tests/hostile/corpus/READER/NAME`` and they are tried by the tests ever after. The counts and the slowest case of each
reader are printed at the end, after SIGINT and SIGTERM too. With ``--guided``, where atheris is installed, mutations
are led by the branches that they reach.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import selectors
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

# On a busy machine threads of linear algebra use processor time by waiting, independent of the file.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "hostile")]

from cases import Cases, one_form  # noqa: E402 (the path above comes first)
from limits import TooSlow, bounded, seconds_allowed  # noqa: E402
from readers import READERS, answer, size, written  # noqa: E402

#: Address space of a worker, where what a case adds cannot be seen; wall-clock seconds after which a case is dead.
MEMORY, DEAD = 4 * 2**30, 300


def main() -> int:
    """Fuzz; the exit code is 1 if anything was found, and that of the signal if one ended the run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of processor time, of all jobs together")
    parser.add_argument("--reader", action="append", choices=READERS, help="repeatable; all by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("found"))
    parser.add_argument("--guided", action="store_true")
    options = parser.parse_args()
    options.reader = options.reader or list(READERS)
    if options.guided:
        return guided(options)
    tally = Tally(options.reader)
    with stopped_by_signals() as stopped:
        fuzz(options, tally, stopped)
    print(tally.table(), flush=True)
    found = tally.failures > 0
    return 1 if found else 128 + stopped[0] if stopped else 0


# ---------------------------------------------------------------------------------------------------------------------
# What was tried
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """Counts of ends, and the slowest case, by reader."""

    readers: list[str]
    spent: float = 0.0
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: dict[str, tuple[float, int, str]] = field(default_factory=dict)

    @property
    def failures(self) -> int:
        """Number of cases that ended in a failure, with repetitions of a kind."""
        return sum(count for (_, end), count in self.ends.items() if end == "FAULT")

    def take(self, line: str) -> None:
        """Add the report of a worker on a case."""
        reader, end, call, length, seconds, spent = line.split("\t")
        self.spent += float(spent)
        self.ends[reader, end] += 1
        self.slowest[reader] = max(self.slowest.get(reader, (0.0, 0, "")), (float(seconds), int(length), call))

    def table(self) -> str:
        """A table with one line per reader."""
        lines = [f"{'reader':<10}{'read':>10}{'refused':>10}{'failures':>10}  slowest case (processor time)"]
        for reader in self.readers:
            read, refused, failures = (self.ends[reader, end] for end in ("read", "refused", "FAULT"))
            seconds, length, call = self.slowest.get(reader, (0.0, 0, ""))
            slowest = f"{seconds:.2f} s of {seconds_allowed(length):.1f} s for {length:,} bytes{call and f', {call}'}"
            lines.append(f"{reader:<10}{read:>10,}{refused:>10,}{failures:>10,}  {slowest}")
        total = sum(self.ends.values())
        return "\n".join(
            [*lines, f"{total:,} cases in {self.spent:,.0f} s of processor time, {self.failures:,} failures"]
        )


# ---------------------------------------------------------------------------------------------------------------------
# Workers
# ---------------------------------------------------------------------------------------------------------------------


@contextmanager
def stopped_by_signals() -> Iterator[list[int]]:
    """SIGINT and SIGTERM are appended to the list that is yielded, and do not stop the process."""
    stopped: list[int] = []
    before = {
        number: signal.signal(number, lambda n, _: stopped.append(n)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class Worker:
    """A process that tries cases, its folder, and its output of one line per case."""

    process: int
    folder: Path
    said: int
    rest: bytes = b""

    def lines(self) -> list[str]:
        """Whole lines that came since; nothing at all means that the process has ended."""
        *lines, self.rest = (self.rest + os.read(self.said, 2**16)).split(b"\n")
        return [line.decode() for line in lines]


def fuzz(options: argparse.Namespace, tally: Tally, stopped: list[int]) -> None:
    """Run workers until the time is spent or a signal comes; one that dies is replaced."""
    place = Path(tempfile.mkdtemp())
    seeds = iter(range(options.seed, sys.maxsize))
    workers = selectors.DefaultSelector()
    try:
        for job in range(options.jobs):
            start(workers, options, place / str(job), next(seeds))
        while tally.spent < options.seconds and not stopped:
            for key, _ in workers.select(timeout=1.0):
                worker: Worker = key.data
                before = worker.rest
                lines = worker.lines()
                for line in lines:
                    tally.take(line)
                if not lines and worker.rest == before:
                    ended(workers, worker, options, tally)
                    start(workers, options, worker.folder, next(seeds))
    finally:
        for key in list(workers.get_map().values()):
            os.kill(key.data.process, signal.SIGKILL)
            os.waitpid(key.data.process, 0)
        shutil.rmtree(place)


def start(workers: selectors.BaseSelector, options: argparse.Namespace, folder: Path, seed: int) -> None:
    """Begin a worker."""
    said, says = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            for number in (signal.SIGINT, signal.SIGTERM):  # they may come to the whole group of processes
                signal.signal(number, signal.SIG_IGN)
            os.close(said)
            work(options, seed, folder, says)
        finally:
            traceback.print_exc()
            os._exit(2)
    os.close(says)
    workers.register(said, selectors.EVENT_READ, Worker(process, folder, said))


def ended(workers: selectors.BaseSelector, worker: Worker, options: argparse.Namespace, tally: Tally) -> None:
    """Store the last case of a worker that died."""
    workers.unregister(worker.said)
    os.close(worker.said)
    _, status = os.waitpid(worker.process, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError("a worker ended by a fault of its own, which is printed above")
    number = os.WTERMSIG(status)
    reader = (worker.folder / "reader").read_text()
    keep(options.keep / reader, worker.folder / "case", f"killed by signal {number}", f"signal-{number}")
    tally.ends[reader, "FAULT"] += 1


def work(options: argparse.Namespace, seed: int, folder: Path, says: int) -> None:
    """Try cases without end; those of each reader are the same on every machine, only their number is not."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    one_form()
    cases = Cases(options.reader, folder / "warm")
    spent = dict.fromkeys(options.reader, 0.0)
    dice = {reader: random.Random(f"{seed} {reader}") for reader in options.reader}
    last = time.process_time()
    while True:
        reader = min(spent, key=spent.__getitem__)
        call, case = cases.bred(reader, dice[reader])
        (folder / "reader").write_text(reader)
        end, seconds, why, kind = tried(reader, call, written(case, folder / "case"), size(case))
        if end == "FAULT":
            keep(options.keep / reader, folder / "case", f"call {call!r}\n{why}", kind)
        if end == "read":
            cases.adopt(reader, call, case, dice[reader])
        now = time.process_time()
        spent[reader] += now - last
        line = f"{reader}\t{end}\t{call}\t{size(case)}\t{seconds:.3f}\t{now - last:.6f}\n"
        last = now
        try:
            os.write(says, line.encode())
        except BrokenPipeError:
            os._exit(0)


def tried(reader: str, call: str, folder: Path, length: int) -> tuple[str, float, str, str]:
    """The end of a case ("read", "refused" or "FAULT"), its processor time, and text and kind of a failure."""
    begun = time.process_time()
    end, why, name = "FAULT", "", ""
    signal.alarm(DEAD)  # kills what no signal can interrupt
    try:
        with bounded(length):
            end = "refused" if answer(reader, folder, call) else "read"
    except (Exception, TooSlow) as error:
        why, name = "".join(traceback.format_exception(error)), kind(error)
    finally:
        signal.alarm(0)
    return end, time.process_time() - begun, why, name


# ---------------------------------------------------------------------------------------------------------------------
# Faults
# ---------------------------------------------------------------------------------------------------------------------


def kind(error: BaseException) -> str:
    """The kind of a failure: the exception and the last lines of riskkit in the traceback."""
    # An answer that is none is found outside of riskkit: the refusal that it is about knows where it came from.
    about = error.__context__ if isinstance(error, AssertionError) and error.__context__ else error
    frames = [f for f in traceback.extract_tb(about.__traceback__) if f"{os.sep}riskkit{os.sep}" in f.filename]
    # Where code is slow, or has no memory left, differs from case to case within one function.
    sort = isinstance(error, (TooSlow, MemoryError))
    place = "-".join(f"{Path(f.filename).stem}-{f.name if sort else f.lineno}" for f in frames[-2:])
    said = "-".join(re.findall(r"\w+", str(error))[:2]) if isinstance(error, AssertionError) else ""
    return "-".join(filter(None, (type(error).__name__, place, re.sub(r"\d+", "n", said))))


def keep(place: Path, folder: Path, why: str, name: str) -> None:
    """Store a case under its kind, unless one of that kind is stored."""
    target = place / name
    with suppress(FileExistsError):
        shutil.copytree(folder, target)
        (target / "why.txt").write_text(why[:100_000], encoding="utf-8", errors="replace")
        print(f"found {target}", flush=True)


def guided(options: argparse.Namespace) -> int:
    """Fuzz one reader of a single file by coverage; atheris ends at the first failure, and prints the input."""
    import atheris

    with atheris.instrument_imports(include=["riskkit", "tomllib", "csv"]):
        from seeds import sound_cases
    (reader,) = options.reader
    file = READERS[reader].file
    folder = Path(tempfile.mkdtemp())
    corpus = options.keep / f"{reader}-corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(sound_cases()[reader]):
        (corpus / str(number)).write_bytes(case[file])

    def one(content: bytes) -> None:
        (folder / file).write_bytes(content)
        for call in READERS[reader].calls:
            answer(reader, folder, call)

    limits = f"-max_total_time={options.seconds:.0f} -timeout=20 -max_len=20000 -artifact_prefix={options.keep}/"
    atheris.Setup([sys.argv[0], *limits.split(), str(corpus)], one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
