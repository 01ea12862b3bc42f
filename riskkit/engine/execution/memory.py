"""Memory: the size of the machine, the budget of a run, and the refusal of runs that would not fit."""

from __future__ import annotations

import math
import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from riskkit._core.errors import InvalidInput, NotEnoughMemory
from riskkit._core.validation import number, short_repr
from riskkit.engine.columns import bytes_per_path, source_columns
from riskkit.engine.execution.batch_size import SMALLEST_BATCH, event_bytes
from riskkit.engine.execution.container_limits import memory_limit
from riskkit.engine.inputs.run_setup import RunSetup

__all__ = ["as_bytes", "memory_size", "out_of_core_budget", "refuse_full_disk", "refuse_too_large"]

PREFIXES = "kmgt"

#: Bytes of the program itself, and bytes per path of the strata and of sums by stratum.
PROGRAM_BYTES, STRATUM_BYTES = 500 * 10**6, 8 * 7


def as_bytes(memory: str | float) -> float:
    """A size such as ``"2GB"``, ``"1.5 GiB"`` or a number of bytes, in bytes.

    Examples
    --------
    >>> as_bytes("1.5 GB"), as_bytes("2MiB")
    (1500000000.0, 2097152.0)
    """
    if not isinstance(memory, str):
        return number("memory", memory, above=0.0)
    found = re.fullmatch(rf"\s*(\d+(?:\.\d+)?)\s*([{PREFIXES}]?)(i?)b?\s*", memory.lower())
    size = float(found[1]) if found else 0.0
    if found and found[2]:
        size *= (1024 if found[3] else 1000) ** (PREFIXES.index(found[2]) + 1)
    if not 0.0 < size < math.inf:
        raise InvalidInput(f"memory must be a size such as '2GB', '500MB' or '1.5GiB', got {short_repr(memory)}")
    return size


def out_of_core_budget(
    setup: RunSetup, path_counts: Sequence[int], memory: float | None, *, stratified: bool
) -> float | None:
    """Bytes of memory for reading columns on disk; None where all columns stay in memory.

    Raises
    ------
    NotEnoughMemory
        If the budget is below what every run needs.
    """
    paths = path_counts[-1]
    if memory is None or bytes_per_path(setup) * sum(path_counts[-2:]) + PROGRAM_BYTES <= memory:
        return None
    least = PROGRAM_BYTES + (STRATUM_BYTES * paths if stratified else 0.0)
    if memory < least:
        what = f"{paths:,} paths drawn by strata" if stratified else "any number of paths"
        raise NotEnoughMemory(f"memory must be at least {least / 1e6:,.0f} MB for {what}, got {memory / 1e6:,.0f} MB")
    return memory - least


def refuse_too_large(setup: RunSetup, path_counts: Sequence[int], size: int, workers: int, *, on_disk: bool) -> None:
    """Refuse a run whose columns, or the events of whose batches, would not fit into the machine's memory."""
    have, paths = memory_size(), path_counts[-1]
    if have is None:
        return
    # A longer run needs the columns of the run that it continues.
    need = 0.0 if on_disk else bytes_per_path(setup) * sum(path_counts[-2:])
    if need > 0.8 * have:
        raise NotEnoughMemory(
            f"{paths:,} paths of {len(setup.scenario.rules)} rules need {need / 2**30:.1f} GB for their columns, and "
            f"the machine has {have / 2**30:.1f} GB; ask for at most {int(0.8 * have * paths / need):,} paths"
            ", or give memory= a budget, beyond which columns stay on disk"
        )
    # Batches are made smaller for their events; only the smallest batch can be too large.
    events = workers * size * event_bytes(setup) if size == SMALLEST_BATCH else 0.0
    if need + events > 0.8 * have:
        raise NotEnoughMemory(
            f"the shocks' events need {events / 2**30:.1f} GB for {workers} workers with {size} paths each, and the "
            f"machine has {have / 2**30:.1f} GB; lower the rates, the horizon or the number of workers"
        )


def refuse_full_disk(setup: RunSetup, paths: int, folder: Path) -> None:
    """Refuse a run whose columns would not fit on the disk, even if compressed to a quarter."""
    columns = sum(source == name for name, source in source_columns(setup).items()) * len(setup.scenario.rules)
    need, free = 8.0 * columns * paths, shutil.disk_usage(folder).free
    if need / 4.0 > free:
        raise NotEnoughMemory(
            f"{paths:,} paths need from {need / 4e9:,.1f} to {need / 1e9:,.1f} GB on disk, and {str(folder)!r} has "
            f"{free / 1e9:,.1f} GB; ask for fewer paths, or choose a folder on a larger disk"
        )


def memory_size() -> float | None:
    """Bytes of the machine's or the container's memory; None where the system does not report it."""
    limits = [memory_limit()]
    with suppress(AttributeError, ValueError, OSError):
        limits.append(float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE"))
    return min((limit for limit in limits if limit is not None), default=None)
