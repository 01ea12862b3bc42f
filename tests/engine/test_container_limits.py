"""The memory and processors of a container are its limits, not the machine's: control groups of both versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskkit.engine.execution import container_limits as container
from riskkit.engine.execution import memory
from riskkit.engine.execution.container_limits import memory_limit, processor_limit

GIB = 2**30


@pytest.fixture
def system(tmp_path: Path):
    """Write ``/proc/self/cgroup`` and the files of the tree; return what the functions take."""

    def make(groups: str, files: dict[str, str]) -> tuple[Path, Path]:
        (tmp_path / "cgroup").write_text(groups)
        for name, content in files.items():
            file = tmp_path / "tree" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        return tmp_path / "cgroup", tmp_path / "tree"

    return make


V1 = "12:cpu,cpuacct:/docker/abc\n11:memory:/docker/abc\n1:name=systemd:/docker/abc\n"
NO_LIMIT_V1 = "9223372036854771712\n"

MEMORY = {
    "version 2, at the root of a container's own tree": ("0::/\n", {"memory.max": f"{2 * GIB}\n"}, 2 * GIB),
    "version 2, no limit": ("0::/\n", {"memory.max": "max\n"}, None),
    "version 2, the group itself": ("0::/a/b\n", {"a/b/memory.max": f"{GIB}\n"}, GIB),
    "version 2, a group above is smaller": (
        "0::/a/b/c\n", {"a/memory.max": f"{GIB}\n", "a/b/memory.max": "max\n", "a/b/c/memory.max": f"{3 * GIB}\n"}, GIB,
    ),
    "version 2, the group itself is smaller": (
        "0::/a/b\n", {"a/memory.max": f"{4 * GIB}\n", "a/b/memory.max": f"{GIB}\n"}, GIB,
    ),
    "version 2, another group does not count": ("0::/a\n", {"b/memory.max": "1000\n", "a/memory.max": "max\n"}, None),
    "version 1": (V1, {"memory/docker/abc/memory.limit_in_bytes": f"{GIB}\n"}, GIB),
    "version 1, no limit": (V1, {"memory/docker/abc/memory.limit_in_bytes": NO_LIMIT_V1}, None),
    "version 1, the tree begins at the container": (V1, {"memory/memory.limit_in_bytes": f"{GIB}\n"}, GIB),
    "version 1, nested": (
        V1, {"memory/docker/memory.limit_in_bytes": f"{GIB}\n", "memory/docker/abc/memory.limit_in_bytes": NO_LIMIT_V1},
        GIB,
    ),
    "both, version 1 has the memory": (
        f"{V1}0::/init.scope\n",
        {"memory/docker/abc/memory.limit_in_bytes": f"{GIB}\n", "unified/init.scope/cgroup.procs": "1\n"}, GIB,
    ),
    "both, version 2 has the memory": ("1:name=systemd:/\n0::/a\n", {"unified/a/memory.max": f"{GIB}\n"}, GIB),
    "a group outside of the container's view": ("0::/../../other\n", {"memory.max": f"{GIB}\n"}, GIB),
    "what is no number": ("0::/\n", {"memory.max": "much\n"}, None),
    "an empty file": ("0::/\n", {"memory.max": ""}, None),
    "no groups": ("", {}, None),
    "lines that are none": ("nonsense\n::\n0:\n", {"memory.max": "max"}, None),
}  # fmt: skip


@pytest.mark.parametrize(("groups", "files", "limit"), MEMORY.values(), ids=MEMORY)
def test_memory_is_the_least_of_the_groups_limits(system, groups, files, limit):
    assert memory_limit(*system(groups, files)) == limit


PROCESSORS = {
    "version 2": ("0::/a\n", {"a/cpu.max": "250000 100000\n"}, 2.5),
    "version 2, no limit": ("0::/a\n", {"a/cpu.max": "max 100000\n"}, None),
    "version 2, nested": ("0::/a/b\n", {"a/cpu.max": "50000 100000\n", "a/b/cpu.max": "400000 100000\n"}, 0.5),
    "version 1": (
        V1, {"cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "300000", "cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000"},
        3.0,
    ),
    "version 1, no limit": (
        V1, {"cpu/docker/abc/cpu.cfs_quota_us": "-1\n", "cpu/docker/abc/cpu.cfs_period_us": "100000\n"}, None,
    ),
    "version 1, the tree begins at the container": (
        V1, {"cpu/cpu.cfs_quota_us": "150000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1.5,
    ),
    "a period of 0": ("0::/\n", {"cpu.max": "100000 0\n"}, None),
    "no groups": ("", {}, None),
}  # fmt: skip


@pytest.mark.parametrize(("groups", "files", "limit"), PROCESSORS.values(), ids=PROCESSORS)
def test_processors_are_the_least_of_the_groups_limits(system, groups, files, limit):
    assert processor_limit(*system(groups, files)) == limit


def test_a_system_without_control_groups_has_no_limits(tmp_path):
    nowhere = tmp_path / "nowhere"
    assert (memory_limit(nowhere, nowhere), processor_limit(nowhere, nowhere)) == (None, None)


@pytest.mark.parametrize("limit", [None, 1.0, 2.0**60])
def test_the_memory_of_a_run_is_the_lesser_of_machine_and_container(monkeypatch, limit):
    """The machine has 4 pages of 1000 bytes here."""
    monkeypatch.setattr(memory, "memory_limit", lambda: limit)
    monkeypatch.setattr("os.sysconf", lambda name: {"SC_PHYS_PAGES": 4, "SC_PAGE_SIZE": 1000}[name], raising=False)
    assert memory.memory_size() == (1.0 if limit == 1.0 else 4000.0)


@pytest.mark.parametrize(("limit", "threads"), [(None, 8), (0.5, 1), (2.5, 3), (64.0, 8)])
def test_threads_are_those_of_the_container(monkeypatch, limit, threads):
    """Of 8 processors; a part of one more is worth a thread."""
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr(container, "processor_limit", lambda: limit)
    assert container.thread_count(None) == threads
    assert container.thread_count(5) == 5
