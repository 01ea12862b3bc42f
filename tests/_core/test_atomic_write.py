"""A file has its old content or all of the new, and no other file is touched."""

from __future__ import annotations

import os

import pytest

from riskkit._core.atomic_write import PARTIAL, write_atomically


def write_half(file):
    file.write(b"half of ")
    file.flush()
    raise KeyboardInterrupt


def test_a_file_is_written_to_its_path_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, lambda file: file.write(b"a\r\nb\xff"))
    assert path.read_bytes() == b"a\r\nb\xff"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_in_the_middle_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", write_half)
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_is_complete_until_the_new_one_is_and_stays_after_an_error(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write(file):
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"

    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, write_half)
    assert path.read_bytes() == b"old"
    write_atomically(path, write)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("write", [lambda file: file.write(b"new"), write_half])
@pytest.mark.parametrize("place", ["file", f"file{PARTIAL}"])
def test_nothing_is_written_through_a_link(tmp_path, place, write):
    """Neither through a link at the path of the file nor through one at the path of the temporary file."""
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.write_bytes(b"mine")
    (folder / place).symlink_to(outside)
    try:
        write_atomically(folder / "file", write)
    except KeyboardInterrupt:
        assert not (folder / f"file{PARTIAL}").exists()
    else:
        assert (folder / "file").read_bytes() == b"new"
        assert not any(path.is_symlink() for path in folder.iterdir())
    assert outside.read_bytes() == b"mine"


def test_a_leftover_of_a_run_that_was_killed_is_written_over(tmp_path):
    (tmp_path / f"file{PARTIAL}").write_bytes(b"longer than what comes")
    write_atomically(tmp_path / "file", lambda file: file.write(b"new"))
    assert (tmp_path / "file").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_all_is_on_disk_before_the_file_takes_its_place(tmp_path, monkeypatch):
    """Else a machine that loses power could have the name with half of the content: the file, the move, the folder."""
    done, sync, move = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda number: (done.append(os.fstat(number).st_size), sync(number)))
    monkeypatch.setattr(os, "replace", lambda *names: (done.append("moved"), move(*names)))
    write_atomically(tmp_path / "file", lambda file: file.write(b"1234567"))
    assert done[:2] == [7, "moved"]
    assert len(done) == (3 if os.name == "posix" else 2)
