"""The commands and their options, as an argparse parser.

Nothing here imports what the commands run on: printing help must not wait for it.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, NoReturn

from netmip6scope import __version__
from netmip6scope.cli import capturing, replaying, scrubbing, shrinking, simulation
from netmip6scope.cli.amounts import keep_s, number, whole
from netmip6scope.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from _typeshed import SupportsWrite

    Command = Callable[[argparse.Namespace], int]

PROGRAM = "netmip6scope"
_SEVERITIES = ("note", "warning", "error")
_NEVER = len(_SEVERITIES)
_EXIT_CODES = (
    "exit codes: 0 fine; 1 the thing asked about failed; 2 wrong use or unreadable input; "
    "3 a needed program is missing; 130 interrupted"
)
_CAPTURE_HELP = (
    "a capture file, directory or glob, - for standard input, or POINT=FILE to name the capture "
    "point"
)


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError, so that wrong use is reported as every error is."""

    commands: AbstractSet[str] = frozenset()

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(f"{message} (see {self.prog} --help)")

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print help; a closed pipe or a full disk is treated as for any other output."""
        if file is not None:
            super().print_help(file)
            return
        from netmip6scope.tables.output import standard_output

        with standard_output() as stream:
            stream.write(self.format_help().encode())

    def with_command(self, arguments: Sequence[str]) -> list[str]:
        """The arguments, with `open` before them where they begin with a capture.

        Raises UsageError where the first that is no option is neither a capture nor a command, and
        where a command stands behind it.
        """
        words = [word for word in arguments if word == "-" or not word.startswith("-")]
        if not words or words[0] in self.commands:
            return list(arguments)
        if not _means_capture(words[0]) or not self.commands.isdisjoint(words[1:]):
            names = ", ".join(self.commands)
            self.error(f"{words[0]!r} is not a command; name one before the captures: {names}")
        return ["open", *arguments]


def _means_capture(word: str) -> bool:
    """Whether it is there, or looks like a capture: POINT=FILE, a glob, a file's name."""
    return word == "-" or any(sign in word for sign in "=*?[/.") or os.path.lexists(word)


class _Version(argparse.Action):
    """Prints the program's name and version, and ends it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from netmip6scope.tables.output import standard_output

        with standard_output() as stream:
            stream.write(f"{PROGRAM} {__version__}\n".encode())
        parser.exit()


def build_parser(runs: Mapping[str, Command]) -> Parser:
    """The parser; ``run`` of what it returns is the function of the command that was given.

    runs: those functions, by command; "table" stands for all commands whose answer is a table.
    """
    shared = _shared()
    parser = Parser(
        prog=PROGRAM,
        description="Analyse captures of NetMIPv6 handoffs, and run its nodes from scenarios.",
        epilog=_EXIT_CODES,
        parents=[shared],
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    parser.commands = commands.choices.keys()
    for name, run, about, add_options in _COMMANDS:
        command = commands.add_parser(name, help=about, description=about, parents=[shared])
        add_options(command)
        command.set_defaults(run=runs[run])
    simulation.add_command(commands, shared, runs["simulate"])
    return parser


def _shared() -> Parser:
    """Options that stand before or after the command alike."""
    shared = Parser(add_help=False)
    shared.add_argument(
        "--debug",
        action="store_true",
        default=argparse.SUPPRESS,  # else the command's default would undo one given before it
        help="print the traceback of an error as well",
    )
    return shared


def _add_table_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("captures", nargs="+", metavar="CAPTURE", help=_CAPTURE_HELP)
    _add_filter(command, "leave the rows that FILTER holds for")
    _add_output_options(command)
    _add_clocks(command)
    _add_keys_option(command, "wrong authenticators are findings")
    _add_profile_option(command)


def _add_open_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("captures", nargs="+", metavar="CAPTURE", help=_CAPTURE_HELP)
    command.add_argument("--web", action="store_true", help="in a browser, not in the terminal")
    command.add_argument(
        "--bind",
        metavar="ADDRESS[:PORT]",
        default="127.0.0.1",
        help="where browsers may come from with --web (default: this machine alone, port 8000)",
    )
    command.add_argument("--keys", metavar="FILE", help="keys (TOML), to check the chosen message")
    about = "of a pipe: how long sessions that are over stay in memory (default: 1h)"
    command.add_argument("--keep", type=keep_s, metavar="TIME", help=about)
    _add_profile_option(command)


def _add_handoffs_options(command: argparse.ArgumentParser) -> None:
    _add_table_options(command)
    about = "counts, success rate and percentiles of all, per pair of routers, kind and outcome"
    command.add_argument("--stats", action="store_true", help=about)


def _add_sessions_options(command: argparse.ArgumentParser) -> None:
    _add_table_options(command)
    about = "one row per message of a session instead: the field that tells whose it is, and the "
    about += "frame that it agrees with"
    command.add_argument("--why", action="store_true", help=about)


def _add_fields_options(command: argparse.ArgumentParser) -> None:
    about = "text in the name or label, or a glob"
    command.add_argument("pattern", nargs="?", metavar="PATTERN", help=about)
    _add_output_options(command)


def _add_verify_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("captures", nargs="+", metavar="CAPTURE", help=_CAPTURE_HELP)
    _add_output_options(command)
    _add_profile_option(command)


def _add_findings_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("captures", nargs="*", metavar="CAPTURE", help=_CAPTURE_HELP)
    command.add_argument(
        "--fail-on",
        type=_severity,
        metavar="SEVERITY",
        default=_NEVER,
        help="exit code 1 if there is a finding of this severity or a worse one: "
        "error, warning or note",
    )
    for name, about in (("only", "leave these codes"), ("ignore", "leave these codes out")):
        command.add_argument(
            f"--{name}", action="append", default=[], metavar="CODE", type=str.upper, help=about
        )
    command.add_argument("--list", action="store_true", help="explain every code")
    _add_filter(command, "leave the rows that FILTER holds for")
    _add_output_options(command)
    _add_clocks(command)
    _add_keys_option(command, "wrong authenticators are findings")
    _add_profile_option(command)


def _severity(text: str) -> int:
    if text not in _SEVERITIES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(_SEVERITIES)}")
    return _SEVERITIES.index(text)


def _add_filter(command: argparse.ArgumentParser, about: str) -> None:
    about += ", such as 'mip6.ba.status >= 128': see the command fields"
    command.add_argument("-Y", "--filter", metavar="FILTER", help=about)


def _add_output_options(command: argparse.ArgumentParser) -> None:
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


def _add_profile_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--profile", metavar="FILE", help="settings of the network (TOML)")


def _add_clocks(command: argparse.ArgumentParser) -> None:
    about = "one row per capture point instead: offset, drift and error bound of its clock"
    command.add_argument("--clocks", action="store_true", help=about)


def _add_keys_option(command: argparse.ArgumentParser, what: str) -> None:
    about = f"keys (TOML): {what}; they are never shown"
    command.add_argument("--keys", metavar="FILE", help=about)


def _add_plugin_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("program", choices=("wireshark",), help="which program it is for")
    command.add_argument(
        "--install",
        action="store_true",
        help="put it into your own Wireshark plugin folder, rather than print it",
    )
    _add_profile_option(command)


def _add_decode_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("capture", metavar="CAPTURE", help=_CAPTURE_HELP)
    command.add_argument("--frame", metavar="N", type=_frame_number, help="frame number, from 1")
    _add_filter(command, "every frame that FILTER holds for")
    command.add_argument("--format", choices=("text", "json"), default="text")
    _add_keys_option(command, "authenticators are checked, ESP is decrypted")
    _add_profile_option(command)
    command.add_argument(
        "--wireshark",
        action="store_true",
        help="show Wireshark's own tree of the frame",
    )


def _add_report_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("captures", nargs="+", metavar="CAPTURE", help=_CAPTURE_HELP)
    command.add_argument(
        "-o", "--output", metavar="FILE", type=_page_name, required=True, help="an .html file"
    )
    _add_keys_option(command, "wrong authenticators are findings")
    _add_profile_option(command)


def _page_name(text: str) -> str:
    if text != "-" and not text.lower().endswith((".html", ".htm")):
        raise argparse.ArgumentTypeError(f"{text}: a page needs a name that ends in .html")
    return text


def _add_ladder_options(command: argparse.ArgumentParser) -> None:
    _add_choice(command)
    _add_keys_option(command, "wrong authenticators are findings")
    _add_profile_option(command)
    command.add_argument(
        "-o", "--output", metavar="FILE", help="write to FILE; its ending: .txt .svg .mmd (Mermaid)"
    )
    command.add_argument("--format", choices=("text", "svg", "mmd"), help="where no name tells it")
    command.add_argument(
        "--time",
        choices=("relative", "absolute"),
        default="relative",
        help="milliseconds since the first step, or seconds since 1970",
    )
    command.add_argument(
        "--width", metavar="N", type=_width, help="of the text (default: the terminal's, else 120)"
    )


def _add_extract_options(command: argparse.ArgumentParser) -> None:
    _add_choice(command)
    _add_keys_option(command, "signalling in ESP is found")
    _add_profile_option(command)
    command.add_argument(
        "--user-plane", action="store_true", help="the packets in the node's tunnels as well"
    )
    command.add_argument("-w", "--write", metavar="FILE", required=True, help="the pcapng file")


def _add_merge_options(command: argparse.ArgumentParser) -> None:
    about = "POINT=FILE, the reference clock's first; a file without a name is a point too"
    command.add_argument("captures", nargs="+", metavar="CAPTURE", help=about)
    command.add_argument("-w", "--write", metavar="FILE", required=True, help="the pcapng file")
    _add_keys_option(command, "signalling in ESP is found")
    _add_profile_option(command)


def _add_choice(command: argparse.ArgumentParser) -> None:
    command.add_argument("captures", nargs="+", metavar="CAPTURE", help=_CAPTURE_HELP)
    about = "the mobile node: its identifier, a part that no other has, or a home address"
    command.add_argument("--mn", metavar="ID", help=about)
    for what in ("session", "handoff"):
        about = f"only the {what} of this number, as the table of {what}s has it"
        command.add_argument(f"--{what}", metavar="N", type=number, help=about)


def _frame_number(text: str) -> int:
    return whole(text, 1, "a frame number, which count from 1")


def _width(text: str) -> int:
    return whole(text, 60, "a width of 60 characters or more")


_COMMANDS = (
    (
        "open",
        "open",
        "the terminal interface; netmip6scope CAPTURE is the same",
        _add_open_options,
    ),
    (
        "capture",
        "capture",
        "frames of network interfaces to pcapng files, shown as they come or not",
        capturing.add_options,
    ),
    ("messages", "table", "one row per signalling message", _add_table_options),
    ("sessions", "table", "one row per mobile-node session", _add_sessions_options),
    ("handoffs", "table", "one row per handoff with its timing", _add_handoffs_options),
    (
        "findings",
        "findings",
        "one row per finding: what went wrong, where, and where it is written",
        _add_findings_options,
    ),
    (
        "decode",
        "decode",
        "one frame, or all that a filter holds for, as full trees with byte ranges",
        _add_decode_options,
    ),
    ("ladder", "ladder", "the message ladder of one mobile node", _add_ladder_options),
    (
        "report",
        "report",
        "one self-contained page: summary, distributions, slowest handoffs, messages",
        _add_report_options,
    ),
    (
        "extract",
        "extract",
        "the packets of one mobile node as a capture",
        _add_extract_options,
    ),
    (
        "merge",
        "merge",
        "the captures of several points as one, by one clock",
        _add_merge_options,
    ),
    (
        "replay",
        "replay",
        "re-run the nodes of a trace and name the one that went wrong",
        replaying.add_options,
    ),
    (
        "shrink",
        "shrink",
        "the smallest incident that gives the same verdict",
        shrinking.add_options,
    ),
    (
        "scrub",
        "scrub",
        "a capture without the identities in it, that gives the same tables",
        scrubbing.add_options,
    ),
    ("fields", "fields", "what a filter can name, one row per field", _add_fields_options),
    (
        "verify",
        "verify",
        "compare our decode with Wireshark's, field by field",
        _add_verify_options,
    ),
    ("plugin", "plugin", "make our dissector for Wireshark", _add_plugin_options),
)
"""Name, which function runs it, what it does, and what gives it its options."""
