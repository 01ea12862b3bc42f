"""Files that once broke a reader, and files made to: each is read or refused by file and place, and none does harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from doors import DOORS, answer, sealed, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seeds import sound_cases, sound_result

CORPUS = Path(__file__).resolve().parent / "corpus"
FOUND = sorted(case for door in CORPUS.iterdir() for case in door.iterdir())


@pytest.fixture(scope="module")
def sound():
    return sound_cases()


@pytest.mark.parametrize("door", DOORS)
def test_sound_files_are_read(door, sound, tmp_path):
    for case in sound[door]:
        assert answer(door, written(case, tmp_path / "case")) == ""


@pytest.mark.parametrize("case", FOUND, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_what_the_fuzzer_found_is_read_or_refused_by_place(case, tmp_path):
    """A changed result is a change of some files of a sound one: what it holds beside them follows the format."""
    files = {file.name: file.read_bytes() for file in case.iterdir()}
    if case.parent.name == "result":
        before = sound_result()
        files = sealed({**before, **files}, before)
    answer(case.parent.name, written(files, tmp_path / "case"))


@pytest.mark.parametrize("door", ["prices", "holdings", "nport", "scenario"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_in_the_middle_of_a_sound_file_are_read_or_refused_by_place(door, sound, tmp_path, data):
    case = data.draw(st.sampled_from(sound[door]))
    ((name, content),) = case.items()
    start = data.draw(st.integers(0, len(content)))
    stop = data.draw(st.integers(start, min(start + 30, len(content))))
    inserted = data.draw(st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)))
    answer(door, written({name: content[:start] + inserted + content[stop:]}, tmp_path / "case"))


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
