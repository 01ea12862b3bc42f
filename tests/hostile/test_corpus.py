"""Files that once broke a reader, and constructed ones: each is read, or raises an error with file and place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limits import bounded
from readers import READERS, answer, sealed, size, written
from seeds import sound_cases, sound_result

CORPUS = Path(__file__).resolve().parent / "corpus"
FOUND = sorted(case for reader in CORPUS.iterdir() for case in reader.iterdir())


@pytest.fixture(scope="module")
def sound():
    return sound_cases()


@pytest.mark.parametrize("reader", READERS)
def test_sound_files_are_read(reader, sound, tmp_path):
    """Each by one call at least, and each call reads one of them at least."""
    useful = set()
    for case in sound[reader]:
        folder = written(case, tmp_path / "case")
        refusals = {call: answer(reader, folder, call) for call in READERS[reader].calls}
        reading = {call for call, refusal in refusals.items() if not refusal}
        assert reading, refusals
        useful |= reading
    assert useful == set(READERS[reader].calls)


@pytest.mark.parametrize("case", FOUND, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_what_the_fuzzer_found_is_read_or_refused_by_place(case, tmp_path):
    """A changed result is a change of some files of a sound one: what it holds beside them follows the format."""
    reader = case.parent.name
    files = {file.name: file.read_bytes() for file in case.iterdir()}
    if reader == "result":
        before = sound_result()
        files = sealed({**before, **files}, before)
    for call in READERS[reader].calls:
        with bounded(size(files)):
            answer(reader, written(files, tmp_path / "case"), call)


@pytest.mark.slow
@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "result"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_in_the_middle_of_a_sound_file_are_read_or_refused_by_place(reader, sound, tmp_path, data):
    case = data.draw(st.sampled_from(sound[reader]))
    call = data.draw(st.sampled_from(sorted(READERS[reader].calls)))
    ((name, content),) = case.items()
    start = data.draw(st.integers(0, len(content)))
    stop = data.draw(st.integers(start, min(start + 30, len(content))))
    inserted = data.draw(st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)))
    answer(reader, written({name: content[:start] + inserted + content[stop:]}, tmp_path / "case"), call)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_in_a_saved_result_are_read_or_refused_by_place(sound, tmp_path, data):
    before = data.draw(st.sampled_from(sound["result"]))
    name = data.draw(st.sampled_from(sorted(before)))
    content = before[name]
    start = data.draw(st.integers(0, len(content)))
    stop = data.draw(st.integers(start, min(start + 30, len(content))))
    case = {**before, name: content[:start] + data.draw(st.binary(max_size=20)) + content[stop:]}
    answer("result", written(sealed(case, before), tmp_path / "case"))
