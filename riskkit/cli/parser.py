"""The commands and their options, with an example of each."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from typing import Any, NoReturn

from riskkit._core.terminal_text import print_text, printable
from riskkit._version import __version__
from riskkit.cli import commands

__all__ = ["make_parser"]

_EXAMPLES = """\
examples:
  riskkit demo
  riskkit new scenario.toml
  riskkit run scenario.toml --report report.html
  riskkit concentration holdings.csv --founder TSLA=Musk --founder SPACEX=Musk

riskkit COMMAND --help has the options and examples of each. Exit codes: 0, 2 for bad input, 130 after Ctrl-C.
"""

_DEMO = """\
examples:
  riskkit demo --paths 100000 --seed 7
  riskkit demo --steps-per-year 12
  riskkit demo --report demo.html
"""

_NEW = """\
examples:
  riskkit new scenario.toml
  riskkit new scenario.toml --holdings positions.csv --founder TSLA=Musk
  riskkit run scenario.toml
"""

_RUN = """\
examples:
  riskkit run scenario.toml
  riskkit run scenario.toml --paths 20000 --seed 7 --workers 2
  riskkit run scenario.toml --report report.html --save result
  riskkit run scenario.toml --json > result.json
  riskkit run scenario.toml --paths 20000000 --memory 2GB --checkpoint done
  riskkit run scenario.toml --allow-import    # rules such as type = "mypackage.rules:LeaveWithHim"
"""

_COMPARE = """\
examples:
  riskkit run base.toml --seed 1 --save base
  riskkit run dear.toml --seed 1 --save dear
  riskkit compare base dear

Results of the same seed, number of paths and sampling ran the same paths, and their differences are taken path by path.
Others are compared as two independent samples.
"""

_CONCENTRATION = """\
examples:
  riskkit concentration holdings.csv --founder TSLA=Musk --founder SPACEX=Musk
  riskkit concentration holdings.csv --currency USD --fx JPY=0.0067 --decimal ,
  riskkit concentration primary_doc.xml --founder TSLA=Musk
  riskkit concentration scenario.toml
"""

_SCHEMA = """\
examples:
  riskkit schema > riskkit.schema.json

An editor that knows Taplo (Even Better TOML) takes it where the first line of a file is #:schema riskkit.schema.json
"""


class _Parser(argparse.ArgumentParser):
    def _print_message(self, message: str, file: Any = None) -> None:
        with suppress(OSError):
            print_text(message.rstrip("\n"), sys.stderr if file is None else file)

    def error(self, message: str) -> NoReturn:
        """Refuse; what was typed may have come from a file's name."""
        super().error(printable(message))


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command line; what it returns has the function to be called as ``command``."""
    parser = _Parser(
        prog="riskkit",
        description="Risk of portfolios that ride on one person.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"riskkit {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, told: str, examples: str) -> argparse.ArgumentParser:
        added = subparsers.add_parser(
            name, help=told.replace("%", "%%"), description=f"{told[0].upper()}{told[1:]}.", epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        added.set_defaults(command=getattr(commands, name))
        return added

    _demo(command("demo", "compare rules for the built-in portfolio, 65 % of it with one founder", _DEMO))
    new = command("new", "write a scenario file with a comment on every key, to be changed", _NEW)
    new.add_argument("file", metavar="FILE", help="TOML file to write")
    new.add_argument(
        "--holdings", metavar="FILE.csv", help="take what is held from a CSV file of positions, such as brokers export"
    )
    _founder(new)
    _reading(new)
    _force(new)
    _run(command("run", "compare the rules of a scenario file", _RUN))
    _compare(command("compare", "tell how two saved results differ, the second minus the first", _COMPARE))
    _concentration(command("concentration", "tell how concentrated the holdings in a file are", _CONCENTRATION))
    command("schema", "print the JSON Schema of scenario files, for editors", _SCHEMA)
    return parser


def _demo(parser: argparse.ArgumentParser) -> None:
    _paths_and_seed(parser, 20_000)
    parser.add_argument(
        "--steps-per-year", type=int, default=252, metavar="K", help="252 daily, 52 weekly, 12 monthly (default 252)"
    )
    _report(parser)
    _force(parser)


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="scenario file (TOML), such as riskkit new writes")
    _paths_and_seed(parser, 100_000)
    parser.add_argument("--workers", type=int, metavar="N", help="threads (default: one for each processor)")
    parser.add_argument("--memory", metavar="SIZE", help="budget such as 2GB; what goes beyond it is kept in files")
    parser.add_argument("--checkpoint", metavar="FOLDER", help="keep what is done in a folder, and go on from there")
    _report(parser)
    parser.add_argument("--save", metavar="FOLDER", help="save the result, every path of it, in a folder")
    _json(parser)
    _force(parser)
    _allow_import(parser)


def _compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", metavar="FIRST", help="folder that riskkit run --save wrote")
    parser.add_argument("second", metavar="SECOND", help="another")
    _json(parser)


def _concentration(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        help="CSV of positions, such as brokers export, with columns ticker or name, value, perhaps founder; a fund's "
        "N-PORT filing with the SEC (XML); or a scenario file (TOML)",
    )
    _founder(parser)
    _reading(parser)
    parser.add_argument(
        "--derivatives",
        choices=["leave out", "notional"],
        default="leave out",
        help="of an N-PORT filing: left out, with a warning that tells what they stand for (default), or taken at "
        "their notional, financed by cash or a loan",
    )
    _json(parser)
    _allow_import(parser)


def _founder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--founder",
        action="append",
        default=[],
        metavar="HOLDING=PERSON",
        help="ties a holding, by ticker, name or CUSIP, to a person; repeatable",
    )


def _reading(parser: argparse.ArgumentParser) -> None:
    """Options for what a CSV file leaves open."""
    parser.add_argument("--currency", metavar="CODE", help="the currency that values are told in, such as USD")
    parser.add_argument(
        "--fx", action="append", default=[], metavar="CODE=RATE",
        help="units of --currency for one of another currency in the file; repeatable",
    )  # fmt: skip
    parser.add_argument("--decimal", choices=[".", ","], help="decimal sign, where the file leaves it open")
    parser.add_argument(
        "--keep", action="append", default=[], metavar="NAME",
        help="a line that is a holding although it looks like a sum or an option; repeatable",
    )  # fmt: skip
    parser.add_argument("--loan-rate", type=float, default=0.0, metavar="R", help="yearly interest on money owed")
    parser.add_argument(
        "--max-loan-to-value", type=float, metavar="L", help="share of gross assets above which the lender calls"
    )


def _paths_and_seed(parser: argparse.ArgumentParser, paths: int) -> None:
    parser.add_argument("--paths", type=int, default=paths, metavar="N", help="number of paths (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed (default %(default)s)")


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--report", metavar="FILE", help="write a report, one HTML file that stands alone")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document: numbers in full, null where one cannot be told"
    )


def _force(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="replace what exists")


def _allow_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-import",
        action="store_true",
        help="import the classes that the file names by import path, which runs their code",
    )
