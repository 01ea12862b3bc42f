"""Memory and processor limits of a container, from Linux's control groups (cgroups).

Version 2 keeps one tree for all (``/sys/fs/cgroup``, files ``memory.max`` and ``cpu.max``), version 1 a tree for each
controller (``/sys/fs/cgroup/memory``, file ``memory.limit_in_bytes``); some systems have both.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from riskkit._core.validation import integer

__all__ = ["memory_limit", "processor_limit", "thread_count"]

GROUPS, TREE = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def memory_limit(groups: Path = GROUPS, tree: Path = TREE) -> float | None:
    """Memory limit of this process's group in bytes, the smallest along its hierarchy; None without a limit.

    The memory that others in the group use is not subtracted: most of it is page cache, which is freed on demand.

    Parameters
    ----------
    groups : Path
        File that names the groups of the process.
    tree : Path
        Folder of the groups' files.
    """
    limits = [_number(folder / name) for folder in _folders("memory", groups, tree) for name in _MEMORY]
    return min((limit for limit in limits if limit is not None), default=None)


def processor_limit(groups: Path = GROUPS, tree: Path = TREE) -> float | None:
    """Processor limit of this process's group, the smallest along its hierarchy; None without a limit.

    Parameters
    ----------
    groups, tree : Path
        As for `memory_limit`.
    """
    limits = []
    for folder in _folders("cpu", groups, tree):
        quota, _, period = (_text(folder / "cpu.max") or "").partition(" ")
        limits.append(_ratio(quota, period or "100000"))
        limits.append(_ratio(_text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")))
    return min((limit for limit in limits if limit is not None), default=None)


def thread_count(workers: int | None) -> int:
    """Number of threads; by default that of the processors that this process and its container may use."""
    if workers is not None:
        return integer("workers", workers, at_least=1)
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = processor_limit()
    return allowed if limit is None else min(allowed, math.ceil(limit))


_MEMORY = ("memory.max", "memory.limit_in_bytes")

#: Version 1 writes "no limit" as the largest number of whole pages.
_NO_LIMIT = 2.0**62


def _folders(controller: str, groups: Path, tree: Path) -> Iterator[Path]:
    """Folders of the process's group and of its ancestors, in every tree that may have the controller.

    Inside a container the tree may begin at the container's own group while the process's group is named as the host
    sees it; folders that do not exist are skipped.
    """
    for line in (_text(groups) or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, name = rest.partition(":")
        if controllers == "":
            roots = [tree, tree / "unified"]
        elif controller in controllers.split(","):
            roots = [tree / controllers, tree / controller]
        else:
            continue
        group = PurePosixPath(name.lstrip("/"))
        inside = () if ".." in group.parts else (group, *group.parents)
        for root in roots:
            yield from (root / each for each in inside)
            yield root


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except (OSError, ValueError):
        return None


def _number(file: Path) -> float | None:
    try:
        value = float(_text(file) or "")
    except ValueError:
        return None
    return value if 0.0 < value < _NO_LIMIT else None


def _ratio(quota: str | None, period: str | None) -> float | None:
    try:
        share = float(quota or "") / float(period or "")
    except (ValueError, ZeroDivisionError):
        return None
    return share if 0.0 < share < math.inf else None
