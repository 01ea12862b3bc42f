"""Cases for the fuzzer: valid files, those that once broke a reader, and mutations of both."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from unittest import mock

from growth import grown
from mutation import bred
from readers import READERS, answer, sealed, size, written
from seeds import sound_cases, sound_result

__all__ = ["Cases", "one_form"]

CORPUS = Path(__file__).resolve().parents[1] / "hostile" / "corpus"

#: Share of the cases that grow, and of the calls that read the parent of a case.
GROWN, FITTING = 0.06, 0.7
#: Cases of a reader that are bred from, and the bytes that one may have.
MOST, SMALL = 200, 50_000


class Cases:
    """Cases of each reader, and the calls by which each of them is read.

    Parameters
    ----------
    readers : list of str
        Names in `READERS`.
    folder : Path
        Where sound cases are read once by every call; what is loaded or compiled on first use then is.
    """

    def __init__(self, readers: list[str], folder: Path) -> None:
        self._cases: dict[str, list[tuple[dict[str, bytes], list[str]]]] = {reader: [] for reader in readers}
        sound = sound_cases()
        for reader in readers:
            for case in [*sound[reader], *_corpus(reader)]:
                self._cases[reader].append((case, _fitting(reader, case, folder)))

    def bred(self, reader: str, dice: random.Random) -> tuple[str, dict[str, bytes]]:
        """Return a call, and a case for it that is bred from those of a reader."""
        parent, fitting = dice.choice(self._cases[reader])
        call = dice.choice(fitting if fitting and dice.random() < FITTING else list(READERS[reader].calls))
        large = dice.random() < GROWN
        case = parent
        if not large or dice.random() < 0.2:
            case = bred(case, dice.choice(self._cases[reader])[0], dice)
        if large:
            case = grown(case, dice)
        return call, sealed(case, parent) if reader == "result" else case

    def adopt(self, reader: str, call: str, case: dict[str, bytes], dice: random.Random) -> None:
        """Sometimes add a case that a call has read, as a seed of further mutations."""
        if len(self._cases[reader]) < MOST and size(case) < SMALL and dice.random() < 0.02:
            self._cases[reader].append((case, [call]))


def _corpus(reader: str) -> list[dict[str, bytes]]:
    found = [{file.name: file.read_bytes() for file in case.iterdir()} for case in sorted(CORPUS.glob(f"{reader}/*"))]
    if reader != "result":
        return found
    before = sound_result()
    return [sealed({**before, **files}, before) for files in found]


def _fitting(reader: str, case: dict[str, bytes], folder: Path) -> list[str]:
    """The calls by which a case is read."""
    calls = []
    for call in READERS[reader].calls:
        with suppress(Exception):  # a failure is found when the case is tried
            if not answer(reader, written(case, folder), call):
                calls.append(call)
    return calls


def one_form() -> None:
    """Build the schema of a scenario once: it is most of the work of reading one, and the same each time."""
    import pydantic

    from riskkit.scenario._scenario import Scenario
    from riskkit.toml import read as reading
    from riskkit.toml import schema_types

    counts = []
    with mock.patch.object(
        schema_types, "_ErrorCount", lambda counter=schema_types._ErrorCount: counts.append(counter()) or counts[-1]
    ):
        schema_type = reading.pydantic_type(Scenario)
        adapter = pydantic.TypeAdapter(schema_type)

    class Once:
        """The one adapter; its count of errors restarts with each file."""

        def validate_python(self, data: object) -> object:
            for count in counts:
                count.count = count.count_before = 0
            return adapter.validate_python(data)

    reading.pydantic_type = lambda cls, user_classes: schema_type if not user_classes else None
    pydantic.TypeAdapter = lambda requested: Once() if requested is schema_type else None
