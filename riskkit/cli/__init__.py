"""The command line: what is asked, run, told, and ended with an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from riskkit._core.errors import RiskkitError
from riskkit._core.terminal_text import print_note, print_text
from riskkit.cli.parser import make_parser
from riskkit.cli.warning_format import warnings_told

__all__ = ["main"]

BAD_INPUT, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.

    Returns
    -------
    int
        Exit code: 0, 2 for bad input, 130 after Ctrl-C.
    """
    _open_missing()
    chosen = make_parser().parse_args(arguments)
    try:
        with warnings_told():
            words = chosen.command(chosen)
    except RiskkitError as error:
        return _refused(error)
    except OSError as error:
        return _refused(f"{error.filename}: {error.strerror}" if error.filename else error)
    except KeyboardInterrupt as interrupt:
        print_note(f"riskkit: {interrupt}" if str(interrupt) else "riskkit: interrupted")
        return INTERRUPTED
    return _said(words)


def _said(words: str) -> int:
    """Print the answer; what cannot be printed must not be tried again when the program ends."""
    try:
        print_text(words, sys.stdout)
    except BrokenPipeError:
        # Whoever read the output has gone (`riskkit demo | head`); what is left has nowhere to go.
        _drop_output()
    except OSError as error:
        _drop_output()
        return _refused(f"the answer cannot be written: {error.strerror}")
    return 0


def _refused(reason: object) -> int:
    print_note(f"riskkit: error: {reason}")
    return BAD_INPUT


def _drop_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_missing() -> None:
    """Open what the program was started without, such as stderr: a file of its own must not take that number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
