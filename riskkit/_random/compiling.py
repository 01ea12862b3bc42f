"""Compilation with Numba: without the interpreter's lock, cached on disk wherever a folder can be written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from llvmlite import binding, ir
from numba import __version__ as numba_version
from numba import config, njit, types
from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache
from numba.extending import intrinsic

from riskkit._core.errors import InvalidInput, NotCompiled
from riskkit._core.terminal_text import print_note

__all__ = ["compiled", "inlined", "phase", "target_features", "wide"]

#: Kinds of the notes that this process has printed.
_printed: set[str] = set()

COMPILING = "riskkit: compiling for this machine; the first run takes about half a minute longer"

#: Characters of a compiler's error that are repeated; it may print all of its code.
_LONGEST_REASON = 200

#: The attribute of a function for which LLVM is to use vectors of 512 bits.
FULL_WIDTH = '"prefer-vector-width"="512"'


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function on its first call.

    Compiled code is cached beside the source, or in the user's cache where that cannot be written, or in the folder
    that NUMBA_CACHE_DIR names. With none of them, as for a user without a home on a read-only installation, or on a
    full disk, each process compiles anew and prints one note.

    Raises
    ------
    InvalidInput
        If Numba is set not to compile.
    NotCompiled
        By the first call, if Numba or LLVM fails to compile the function.
    """
    if config.DISABLE_JIT:
        raise InvalidInput(
            "NUMBA_DISABLE_JIT must be 0 or unset, got 1; the simulation runs compiled only: unset NUMBA_DISABLE_JIT"
        )
    dispatcher = njit(error_model="numpy", nogil=True)(function)
    dispatcher._cache = _Cache(function)
    # Numba calls this where it has no code for the types of the arguments; other calls do not pass through Python.
    dispatcher._compile_for_args = _or_not_compiled(dispatcher._compile_for_args, function.__name__)
    return dispatcher


def phase(function: Callable[..., Any]) -> Any:
    """Compile a function that compiled functions alone call.

    It is cached as those of `compiled` are, so that the kernel for the next kind of scenario, and other functions that
    call it, take half as long to compile. Numba would also compile two entries for callers from outside, which took a
    quarter of the time that the kernel takes to compile.

    Raises
    ------
    TypeError
        By a call from Python.
    """
    dispatcher = _without_entries(njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(function))
    dispatcher._cache = _Cache(function)
    return dispatcher


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function as `phase` does, and copy it into each of its callers."""
    compile_it = njit(error_model="numpy", inline="always", no_cpython_wrapper=True, no_cfunc_wrapper=True)
    return _without_entries(compile_it(function))


def _without_entries(dispatcher: Any) -> Any:
    """The same, but a call from Python is refused, where it would end the process."""

    def refuse(*arguments: Any) -> Any:
        raise TypeError(f"{dispatcher.__name__} must be called by a compiled function, got a call from Python")

    def add(overload: Any) -> None:
        dispatcher.overloads[tuple(overload.signature.args)] = overload

    # Where another version of Numba has other names for these, nothing changes.
    dispatcher._compile_for_args, dispatcher.add_overload = refuse, add
    return dispatcher


def _or_not_compiled(compile_for: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The same function, whose errors say which version of Numba cannot compile, and what to do."""

    def compile_or_refuse(*arguments: Any) -> Any:
        try:
            return compile_for(*arguments)
        except MemoryError:
            raise
        except Exception as error:  # of Numba, of LLVM, or of Python where another version has other internals
            reason = " ".join(str(error).split())
            raise NotCompiled(
                f"Numba {numba_version} must be able to compile the simulation, got {type(error).__name__} in {name}: "
                f"{reason if len(reason) <= _LONGEST_REASON else reason[:_LONGEST_REASON] + '…'}; install another "
                f"version (pip install 'numba!={numba_version}') and unset environment variables that begin with NUMBA_"
            ) from error

    return compile_or_refuse


@intrinsic
def wide(typingctx: Any) -> Any:
    """Request vectors of full width in the compiled function that calls this.

    LLVM prefers 256 bits on Intel processors that have 512, because the first of these lowered their clock rate for
    them; that costs the kernel a fifth of its time. The bits of the results do not depend on the width. Each
    function that is compiled on its own needs its own request. On processors without such vectors, and where llvmlite
    or LLVM does not accept the attribute, nothing changes.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _takes_full_width():
            _request_full_width(builder.function)
        return context.get_dummy_value()

    return types.none(), generate


def _request_full_width(function: Any) -> None:
    set.add(function.attributes, FULL_WIDTH)  # their own `add` takes only the names that llvmlite knows


@cache
def _takes_full_width() -> bool:
    """Whether llvmlite writes the attribute and LLVM accepts it."""
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), ()), "request")
    ir.IRBuilder(function.append_basic_block()).ret_void()
    try:
        _request_full_width(function)
        return FULL_WIDTH in str(binding.parse_assembly(str(module)))
    except Exception:  # another version may refuse it in any way
        return False


@cache
def target_features() -> str:
    """The processor's features for which Numba compiles, as LLVM names them: those of NUMBA_CPU_FEATURES if it is set.

    Empty if this version of Numba does not say.
    """
    try:
        from numba.core.registry import cpu_target

        _, _, features = cpu_target.target_context.codegen().magic_tuple()
    except Exception:  # another version may have moved it
        return ""
    return str(features)


@cache
def _fingerprint() -> str:
    """A digest of every file that compiled code is made of."""
    package = Path(__file__).resolve().parents[1]
    digest = blake2b(digest_size=16)
    for file in sorted([*package.glob("_random/*.py"), *package.glob("engine/kernel/*.py")]):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


class _Cache:
    """Numba's cache on disk; where it fails, nothing is cached."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._on_disk: Any
        try:
            self._on_disk = FunctionCache(function)
            # Numba looks at the function's own file only, but what is inlined into it and its constants are of others.
            place = self._on_disk._impl
            self._on_disk._cache_file = IndexDataCacheFile(
                cache_path=self._on_disk.cache_path,
                filename_base=place.filename_base,
                source_stamp=(place.locator.get_source_stamp(), _fingerprint()),
            )
        except (RuntimeError, OSError):  # no folder can be written
            self._on_disk = NullCache()
            _note_not_cached("no folder can be written")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._on_disk, name)

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Load compiled code; return None if there is none, and clear files that cannot be read, as after a crash."""
        try:
            found = self._on_disk.load_overload(signature, target)
        except Exception:  # a damaged file fails in as many ways as pickle has
            with suppress(OSError):
                self._on_disk.flush()
            found = None
        # Numba compiles next. Without a folder the note on that says so.
        if found is None and not isinstance(self._on_disk, NullCache):
            _note_once("compiling", COMPILING)
        return found

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Store compiled code, if that is possible."""
        try:
            self._on_disk.save_overload(signature, compiled)
        except OSError as error:
            _note_not_cached(f"{self._on_disk.cache_path}: {error.strerror}")


def _note_not_cached(reason: str) -> None:
    _note_once(
        "not cached",
        f"riskkit: compiled code cannot be cached ({reason}), so each process compiles for about half a minute; "
        "set NUMBA_CACHE_DIR to a folder that can be written",
    )


def _note_once(kind: str, note: str) -> None:
    """Print a note, one of each kind in a process."""
    if kind not in _printed:
        _printed.add(kind)
        print_note(note)
