"""How functions are compiled: free of the interpreter's lock, and kept on disk wherever there is a place for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

__all__ = ["compiled"]


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function on its first call.

    What is compiled is kept beside the source, or in the user's cache where that cannot be written, or in the folder
    that NUMBA_CACHE_DIR names. With none of them, as for a user without a home on a read-only installation, each
    process compiles for itself.
    """
    try:
        return njit(error_model="numpy", nogil=True, cache=True)(function)
    except RuntimeError:
        return njit(error_model="numpy", nogil=True)(function)
