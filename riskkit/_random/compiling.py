"""How functions are compiled: free of the interpreter's lock, and kept on disk wherever there is a place for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from llvmlite import binding, ir
from numba import config, njit, types
from numba.core.caching import FunctionCache, NullCache
from numba.extending import intrinsic

from riskkit._core.errors import InvalidInput
from riskkit._core.terminal_text import print_note

__all__ = ["compiled", "wide"]

_told: list[str] = []

#: The attribute by which a function asks LLVM for vectors of 512 bits.
FULL_WIDTH = '"prefer-vector-width"="512"'


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


@intrinsic
def wide(typingctx: Any) -> Any:
    """Ask for vectors of full width in the compiled function that calls this.

    LLVM prefers 256 bits on Intel processors that have 512, because the first of these lowered their clock rate for
    them; that costs the kernel a fifth of its time. The bits of the results do not depend on the width. A function
    that is compiled on its own asks for itself. On processors without such vectors, and where llvmlite or LLVM does
    not take the attribute, nothing changes.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _takes_full_width():
            _ask_for_full_width(builder.function)
        return context.get_dummy_value()

    return types.none(), generate


def _ask_for_full_width(function: Any) -> None:
    set.add(function.attributes, FULL_WIDTH)  # their own `add` takes only the names that llvmlite knows


@cache
def _takes_full_width() -> bool:
    """Whether llvmlite writes the attribute, and LLVM reads it."""
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), ()), "asks")
    ir.IRBuilder(function.append_basic_block()).ret_void()
    try:
        _ask_for_full_width(function)
        return FULL_WIDTH in str(binding.parse_assembly(str(module)))
    except Exception:  # another version may refuse it in any way
        return False


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
        """What was compiled before; None where it cannot be read, as after a crash, and the files begin anew."""
        try:
            return self._on_disk.load_overload(signature, target)
        except Exception:  # a damaged file fails in as many ways as pickle has
            with suppress(OSError):
                self._on_disk.flush()
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
        print_note(
            f"riskkit: compiled code cannot be stored ({reason}), so each process compiles for about half a minute; "
            "set NUMBA_CACHE_DIR to a folder that can be written"
        )
