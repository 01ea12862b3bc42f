"""The command line: parse arguments, run a command, print its answer and return an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from riskkit._core.errors import RiskkitError
from riskkit._core.terminal_text import print_note, print_text
from riskkit.cli.parser import make_parser
from riskkit.cli.warning_format import print_warnings

__all__ = ["main"]

BAD_INPUT, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments; those of the process by default.

    Returns
    -------
    int
        Exit code: 0, 2 for bad input, 130 after Ctrl-C.
    """
    _open_missing_streams()
    chosen = make_parser().parse_args(arguments)
    try:
        with print_warnings():
            answer = chosen.command(chosen)
    except RiskkitError as error:
        return _report_error(error)
    except OSError as error:
        return _report_error(f"{error.filename}: {error.strerror}" if error.filename else error)
    except KeyboardInterrupt as interrupt:
        print_note(f"riskkit: {interrupt}" if str(interrupt) else "riskkit: interrupted")
        return INTERRUPTED
    return _print_answer(answer)


def _print_answer(answer: str) -> int:
    """Print the answer; after a failure drop the rest, so that Python does not try again at exit."""
    try:
        print_text(answer, sys.stdout)
    except BrokenPipeError:
        # The reader of the output has closed it (`riskkit demo | head`).
        _drop_output()
    except OSError as error:
        _drop_output()
        return _report_error(f"the answer cannot be written: {error.strerror}")
    return 0


def _report_error(reason: object) -> int:
    print_note(f"riskkit: error: {reason}")
    return BAD_INPUT


def _drop_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_missing_streams() -> None:
    """Open standard streams that the process lacks, so that no other file takes their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
