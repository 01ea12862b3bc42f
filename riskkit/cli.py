"""The command line: ``riskkit demo`` and ``riskkit concentration``."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import riskkit
from riskkit.errors import InvalidInput, RiskkitError, RiskkitWarning

__all__ = ["main"]

BAD_INPUT, INTERRUPTED = 2, 130

_EXAMPLES = """\
examples:
  riskkit demo
  riskkit demo --paths 100000 --seed 7
  riskkit demo --steps-per-year 12
  riskkit concentration holdings.csv --founder TSLA=Musk --founder SPACEX=Musk
  riskkit concentration primary_doc.xml --founder TSLA=Musk
"""

_PLAIN = str.maketrans({"±": "+/-", "−": "-", "×": "x", "…": "...", "→": "->"})


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
    chosen = _parser().parse_args(arguments)
    try:
        with _warnings_told():
            _say(chosen.command(chosen))
    except BrokenPipeError:
        # Whoever read the output has gone (`riskkit demo | head`); what is left has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except RiskkitError as error:
        _say(f"riskkit: error: {error}", sys.stderr)
        return BAD_INPUT
    except OSError as error:
        place = f"{error.filename}: {error.strerror}" if error.filename else error
        _say(f"riskkit: error: {place}", sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as interrupt:
        _say(f"riskkit: {interrupt}" if str(interrupt) else "riskkit: interrupted", sys.stderr)
        return INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="riskkit",
        description="Risk of portfolios that ride on one person.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"riskkit {riskkit.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="compare rules for the built-in portfolio, 65 %% of it with one founder")
    demo.add_argument("--paths", type=int, default=20_000, metavar="N", help="number of paths (default %(default)s)")
    demo.add_argument("--seed", type=int, default=0, metavar="S", help="seed (default %(default)s)")
    demo.add_argument(
        "--steps-per-year", type=int, default=252, metavar="K", help="252 daily, 52 weekly, 12 monthly (default 252)"
    )
    demo.set_defaults(command=_demo)
    concentration = commands.add_parser("concentration", help="how concentrated the holdings in a file are")
    concentration.add_argument(
        "file",
        metavar="FILE",
        help="CSV with columns ticker or name, value and perhaps founder; or a fund's N-PORT filing with the SEC (XML)",
    )
    concentration.add_argument(
        "--founder",
        action="append",
        default=[],
        metavar="HOLDING=PERSON",
        help="ties a holding, by ticker, name or CUSIP, to a person; repeatable",
    )
    concentration.set_defaults(command=_concentration)
    return parser


def _demo(chosen: argparse.Namespace) -> str:
    from riskkit.demo import demo

    return demo(paths=chosen.paths, seed=chosen.seed, steps_per_year=chosen.steps_per_year)


def _concentration(chosen: argparse.Namespace) -> str:
    from riskkit.exposure import concentration
    from riskkit.read import holdings, nport
    from riskkit.read.xml_file import is_xml

    founders = {}
    for pair in chosen.founder:
        holding, equals, person = pair.rpartition("=")
        if not equals or not holding or not person:
            raise InvalidInput(f"--founder must be HOLDING=PERSON, got {pair!r}")
        founders[holding] = person
    portfolio = nport(chosen.file, founders) if is_xml(chosen.file) else holdings(chosen.file, founders)
    told = [repr(portfolio), *(repr(concentration(portfolio, by)) for by in ("holding", "founder"))]
    if portfolio.loan is not None:
        of_net = portfolio.exposure(of="net")
        told += [f"Of net value {of_net[person]:.1%} rides on {person}." for person in portfolio.founders]
    return "\n\n".join(told)


@contextmanager
def _warnings_told() -> Iterator[None]:
    """Print riskkit's warnings, each once, as lines on stderr."""
    told: set[str] = set()

    def show(message: Warning | str, *rest: Any) -> None:
        if str(message) not in told:
            told.add(str(message))
            _say(f"riskkit: warning: {message}", sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("always", RiskkitWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        yield


def _say(words: str, stream: TextIO | None = None) -> None:
    """Print in the characters that the stream can show; what is not text, such as an escape, is shown as its code."""
    stream = sys.stdout if stream is None else stream
    words = "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in words)
    encoding = stream.encoding or "ascii"
    try:
        words.encode(encoding)
    except UnicodeEncodeError:
        words = words.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    print(words, file=stream, flush=True)
