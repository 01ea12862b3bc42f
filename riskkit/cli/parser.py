"""The parser: commands and options, with examples."""

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

Results with the same seed, number of paths and sampling have the same paths: their differences are paired path by path.
Other results are compared as two independent samples.
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

An editor with Taplo (Even Better TOML) uses it if the first line of a file is #:schema riskkit.schema.json
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
    # Without a command the help is the answer.
    parser.set_defaults(command=lambda chosen: parser.format_help().rstrip())
    subparsers = parser.add_subparsers(metavar="COMMAND")

    def command(name: str, summary: str, examples: str) -> argparse.ArgumentParser:
        added = subparsers.add_parser(
            name, help=summary.replace("%", "%%"), description=f"{summary[0].upper()}{summary[1:]}.", epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        added.set_defaults(command=getattr(commands, name))
        return added

    _demo(command("demo", "compare rules for the built-in portfolio, 65 % of it with one founder", _DEMO))
    new = command("new", "write a commented scenario file to start from", _NEW)
    new.add_argument("file", metavar="FILE", help="TOML file to write")
    new.add_argument(
        "--holdings", metavar="FILE.csv", help="read the holdings from a CSV file of positions, such as brokers export"
    )
    _founder(new)
    _reading(new)
    _force(new)
    _run(command("run", "compare the rules of a scenario file", _RUN))
    _compare(command("compare", "compare two saved results: the second minus the first", _COMPARE))
    _concentration(command("concentration", "measure the concentration of the holdings in a file", _CONCENTRATION))
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
    parser.add_argument("--memory", metavar="SIZE", help="memory budget such as 2GB; columns beyond it go to files")
    parser.add_argument("--checkpoint", metavar="FOLDER", help="store finished work in a folder and resume from it")
    _report(parser)
    parser.add_argument("--save", metavar="FOLDER", help="save the result with every path in a folder")
    _json(parser)
    _force(parser)
    _allow_import(parser)


def _compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", metavar="FIRST", help="folder written by riskkit run --save")
    parser.add_argument("second", metavar="SECOND", help="another such folder")
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
        help="derivatives of an N-PORT filing: left out with a warning of their size (default), or taken at their "
        "notional, financed by cash or a loan",
    )
    _json(parser)
    _allow_import(parser)


def _founder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--founder",
        action="append",
        default=[],
        metavar="HOLDING=PERSON",
        help="tie a holding (ticker, name or CUSIP) to a person; repeatable",
    )


def _reading(parser: argparse.ArgumentParser) -> None:
    """Options for what a CSV file does not say."""
    parser.add_argument("--currency", metavar="CODE", help="currency of the values, such as USD")
    parser.add_argument(
        "--fx", action="append", default=[], metavar="CODE=RATE",
        help="exchange rate: units of --currency for one unit of CODE; repeatable",
    )  # fmt: skip
    parser.add_argument("--decimal", choices=[".", ","], help="decimal separator, if the file does not show it")
    parser.add_argument(
        "--keep", action="append", default=[], metavar="NAME",
        help="keep a line that looks like a total or an option as a holding; repeatable",
    )  # fmt: skip
    parser.add_argument("--loan-rate", type=float, default=0.0, metavar="R", help="yearly interest rate of the loan")
    parser.add_argument(
        "--max-loan-to-value", type=float, metavar="L", help="loan-to-value above which the lender makes a margin call"
    )


def _paths_and_seed(parser: argparse.ArgumentParser, paths: int) -> None:
    parser.add_argument("--paths", type=int, default=paths, metavar="N", help="number of paths (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed (default %(default)s)")


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--report", metavar="FILE", help="write a report as one self-contained HTML file")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document: full precision, null for a missing number"
    )


def _force(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="replace existing files")


def _allow_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-import",
        action="store_true",
        help="import the classes that the file names, which runs their code",
    )
