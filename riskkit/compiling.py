"""How functions are compiled: free of the interpreter's lock, and kept on disk wherever there is a place for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import config, njit
from numba.core.caching import FunctionCache, NullCache

from riskkit.errors import InvalidInput
from riskkit.terminal import tell

__all__ = ["compiled"]

_told: list[str] = []


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function on its first call.

    What is compiled is kept beside the source, or in the user's cache where that cannot be written, or in the folder
    that NUMBA_CACHE_DIR names. With none of them, as for a user without a home on a read-only installation, or on a
    full disk, each process compiles for itself, which it tells once.

    Raises
    ------
    InvalidInput
        If Numba is told not to compile.
    """
    if config.DISABLE_JIT:
        raise InvalidInput(
            "NUMBA_DISABLE_JIT must be 0 or unset, got 1; the simulation runs compiled only: unset NUMBA_DISABLE_JIT"
        )
    dispatcher = njit(error_model="numpy", nogil=True)(function)
    dispatcher._cache = _Cache(function)
    return dispatcher


class _Cache:
    """Numba's cache on disk as far as it works."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._on_disk: Any
        try:
            self._on_disk = FunctionCache(function)
        except (RuntimeError, OSError):  # no folder can be written
            self._on_disk = NullCache()
            _tell_once("no folder can be written")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._on_disk, name)

    def load_overload(self, signature: Any, target: Any) -> Any:
        """What was compiled before; None where it cannot be read, as after a crash or on a broken disk."""
        try:
            return self._on_disk.load_overload(signature, target)
        except Exception:  # a damaged file fails in as many ways as pickle has
            return None

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep what was compiled, if that is possible."""
        try:
            self._on_disk.save_overload(signature, compiled)
        except OSError as error:
            _tell_once(f"{self._on_disk.cache_path}: {error.strerror}")


def _tell_once(reason: str) -> None:
    if not _told:
        _told.append(reason)
        tell(
            f"riskkit: compiled code cannot be kept ({reason}), so that each process compiles for itself, which takes "
            "about ten seconds; NUMBA_CACHE_DIR may name a folder that can be written"
        )
