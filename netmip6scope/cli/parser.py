"""The commands and their options, as an argparse parser.

Nothing here imports what the commands run on: printing help must not wait for it.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NoReturn

from netmip6scope.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[[argparse.Namespace], int]

PROGRAM = "netmip6scope"
_EXIT_CODES = (
    "exit codes: 0 fine; 1 the thing asked about failed; 2 wrong use or unreadable input; "
    "3 a needed program is missing; 130 interrupted"
)
_CAPTURE_HELP = (
    "a capture file, directory or glob, - for standard input, or POINT=FILE to name the capture "
    "point"
)


class _Parser(argparse.ArgumentParser):
    """A parser that raises UsageError, so that wrong use is reported as every error is."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def build_parser(table: Command, decode: Command, report: Command) -> argparse.ArgumentParser:
    """The parser; ``run`` of what it returns is the function of the command that was given."""
    shared = _shared()
    parser = _Parser(
        prog=PROGRAM,
        description="Analyse captures of MIPv6 signalling between access routers and home agents.",
        epilog=_EXIT_CODES,
        parents=[shared],
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, about in (
        ("messages", "one row per signalling message"),
        ("sessions", "one row per mobile-node session"),
        ("handoffs", "one row per handoff with its timing"),
    ):
        command = commands.add_parser(name, help=about, description=about, parents=[shared])
        _add_table_options(command)
        command.set_defaults(run=table, stats=False)
        if name == "handoffs":
            command.add_argument(
                "--stats",
                action="store_true",
                help="counts, success rate and percentiles of all handoffs, and of those per pair "
                "of access routers, kind and outcome",
            )
    about = "one frame as a full tree with byte ranges"
    command = commands.add_parser("decode", help=about, description=about, parents=[shared])
    _add_decode_options(command)
    command.set_defaults(run=decode)
    about = "one self-contained page: summary, distributions, slowest handoffs, messages"
    command = commands.add_parser("report", help=about, description=about, parents=[shared])
    _add_report_options(command)
    command.set_defaults(run=report)
    return parser


def _shared() -> _Parser:
    """Options that stand before or after the command alike."""
    shared = _Parser(add_help=False)
    shared.add_argument(
        "--debug",
        action="store_true",
        default=argparse.SUPPRESS,  # else the command's default would undo one given before it
        help="print the traceback of an error as well",
    )
    return shared


def _add_table_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("captures", nargs="+", metavar="CAPTURE", help=_CAPTURE_HELP)
    command.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write to FILE; its ending picks the format: .csv .json .jsonl .parquet",
    )
    command.add_argument(
        "--format",
        choices=("csv", "json", "jsonl", "parquet"),
        help="the format where no file name tells it (default: a table on a terminal, else csv)",
    )
    command.add_argument(
        "--raw-csv",
        action="store_true",
        help="leave CSV texts that a spreadsheet would run as formulas as they are",
    )
    command.add_argument("--profile", metavar="FILE", help="settings of the network (TOML)")


def _add_decode_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("capture", metavar="CAPTURE", help=_CAPTURE_HELP)
    command.add_argument(
        "--frame", metavar="N", type=_frame_number, required=True, help="frame number, from 1"
    )
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.add_argument(
        "--keys",
        metavar="FILE",
        help="keys (TOML): authenticators are checked, ESP is decrypted; they are never shown",
    )


def _add_report_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("captures", nargs="+", metavar="CAPTURE", help=_CAPTURE_HELP)
    command.add_argument(
        "-o", "--output", metavar="FILE", type=_page_name, required=True, help="an .html file"
    )
    command.add_argument("--profile", metavar="FILE", help="settings of the network (TOML)")


def _page_name(text: str) -> str:
    if text != "-" and not text.lower().endswith((".html", ".htm")):
        raise argparse.ArgumentTypeError(f"{text}: a page needs a name that ends in .html")
    return text


def _frame_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"{text!r} is not a frame number, which count from 1")
    return int(text)
