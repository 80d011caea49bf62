"""Runs one command and turns every error into one line and an exit code.

Commands import what they need when they run, so that help and wrong use answer at once.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from netmip6scope.cli.parser import PROGRAM, build_parser
from netmip6scope.errors import INTERRUPTED, OK, ScopeError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from netmip6scope.pipeline import Result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the program's own) and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except ScopeError as error:
        report(error, debug="--debug" in arguments)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as error:  # argparse ends --help this way
        return error.code if isinstance(error.code, int) else OK


def _run(arguments: list[str]) -> int:
    parser = build_parser(run_table, run_decode, run_report)
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return OK
    code: int = options.run(options)
    return code


def run_table(options: argparse.Namespace) -> int:
    """The commands whose answer is a table: messages, sessions, handoffs."""
    from netmip6scope.tables.output import resolve, write_to
    from netmip6scope.tables.progress import Progress

    destination = resolve(options.output, options.format)
    with _without_collector():
        from netmip6scope.pipeline import analyse

        with Progress() as progress:
            result = analyse(options.captures, options.command, progress, options.profile)
        table = result.table
        if options.stats:
            from netmip6scope.tables.stats import handoff_stats

            table = handoff_stats(table)
        write_to(table, destination, raw_csv=options.raw_csv)
    return _tell(result, options)


def run_report(options: argparse.Namespace) -> int:
    """The report command: one page about everything."""
    from netmip6scope.report.page import Material, report_page, require_libraries
    from netmip6scope.tables.output import replaced_file, standard_output
    from netmip6scope.tables.progress import Progress

    require_libraries()
    with _without_collector():
        from netmip6scope.pipeline import analyse

        wanted = ("handoffs", "sessions", "messages", "findings")
        with Progress() as progress:
            result = analyse(options.captures, wanted, progress, options.profile)
        notes = [*result.warnings, *map(str, result.errors)]
        handoffs, sessions, messages, findings = (result.tables[name] for name in wanted)
        material = Material(options.captures, notes, handoffs, sessions, messages, findings)
        page = report_page(material)
    to_pipe = options.output == "-"
    with standard_output() if to_pipe else replaced_file(options.output) as stream:
        stream.write(page.encode())
    return _tell(result, options)


def _tell(result: Result, options: argparse.Namespace) -> int:
    """Say what was odd about the inputs and which of them failed; the exit code."""
    for warning in result.warnings:
        _say(f"warning: {warning}")
    for error in result.errors:
        report(error, debug=_debug(options))
    return result.errors[0].exit_code if result.errors else OK


def run_decode(options: argparse.Namespace) -> int:
    """The decode command: one frame as a tree."""
    from netmip6scope.decode import decode_frame
    from netmip6scope.tables.output import standard_output

    tree = decode_frame(options.capture, options.frame, options.format, keys_path=options.keys)
    with standard_output() as stream:
        stream.write(tree.encode("utf-8", "backslashreplace"))
        if not tree.endswith("\n"):
            stream.write(b"\n")
    return OK


def report(error: ScopeError, *, debug: bool) -> None:
    """Print the error on standard error, after its traceback when debugging."""
    if debug:
        import traceback

        traceback.print_exception(error)
    _say(f"error: {error}")


def _say(message: str) -> None:
    from netmip6scope.tables.text import printable

    sys.stderr.write(f"{PROGRAM}: {printable(message)}\n")


def _debug(options: argparse.Namespace) -> bool:
    return getattr(options, "debug", False)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Run without the cycle collector.

    A table command is a short run that keeps nearly all it allocates until it ends: the collector
    would walk millions of live objects again and again and free next to nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def run() -> NoReturn:
    """The console script: run the command line and leave with its exit code."""
    sys.exit(main())
