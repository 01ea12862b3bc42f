"""The command line: what is asked, run, told, and ended with an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from riskkit.cli.parser import make_parser
from riskkit.cli.terminal import say, warnings_told
from riskkit.errors import RiskkitError

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
    chosen = make_parser().parse_args(arguments)
    try:
        with warnings_told():
            say(chosen.command(chosen))
    except BrokenPipeError:
        # Whoever read the output has gone (`riskkit demo | head`); what is left has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except RiskkitError as error:
        say(f"riskkit: error: {error}", sys.stderr)
        return BAD_INPUT
    except OSError as error:
        place = f"{error.filename}: {error.strerror}" if error.filename else error
        say(f"riskkit: error: {place}", sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as interrupt:
        say(f"riskkit: {interrupt}" if str(interrupt) else "riskkit: interrupted", sys.stderr)
        return INTERRUPTED
    return 0
