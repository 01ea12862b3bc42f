"""The exceptions and the warning of riskkit; each derives from the builtin that a caller would catch."""

from __future__ import annotations

from riskkit._core.terminal_text import printable

__all__ = [
    "Interrupted",
    "InvalidInput",
    "MissingExtra",
    "NotCompiled",
    "NotEnoughMemory",
    "RiskkitError",
    "RiskkitWarning",
]


class RiskkitError(Exception):
    """Base class of the errors of riskkit; the message is printable, whatever characters a file or a path has."""

    def __str__(self) -> str:
        return printable(super().__str__())


class InvalidInput(RiskkitError, ValueError):
    """An argument, a file or a rule's answer that does not meet its requirement."""


class MissingExtra(RiskkitError, ImportError):
    """An optional dependency is not installed; the message names the command that adds it."""


class NotCompiled(RiskkitError, RuntimeError):
    """The installed version of Numba cannot compile the simulation; the message names it and tells what to do."""


class NotEnoughMemory(RiskkitError, MemoryError):
    """A run would need more memory than the machine has; raised before the run starts."""


class Interrupted(KeyboardInterrupt):
    """A run was stopped by Ctrl-C."""

    def __str__(self) -> str:
        return printable(super().__str__())


class RiskkitWarning(UserWarning):
    """A result is valid only with a reservation, which the message states."""

    def __str__(self) -> str:
        return printable(super().__str__())
