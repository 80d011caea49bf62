"""Runs one command and turns every error into one line and an exit code.

Commands import what they need when they run, so that help and wrong use answer at once.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, NoReturn

from netmip6scope.cli import capturing, replaying, scrubbing, shrinking, simulation
from netmip6scope.cli.collector import without_collector
from netmip6scope.cli.parser import PROGRAM, build_parser
from netmip6scope.errors import FAILED, INTERRUPTED, OK, Interrupted, ScopeError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from netmip6scope.pipeline import Result, Run


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the program's own) and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # Nothing here multiplies matrices, and numpy's threads for it cost time and memory to start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        return _run(arguments)
    except ScopeError as error:
        report(error, debug="--debug" in arguments)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as error:  # argparse ends --help and --version this way
        return error.code if isinstance(error.code, int) else OK


def _run(arguments: list[str]) -> int:
    parser = build_parser(_COMMANDS)
    options = parser.parse_args(parser.with_command(arguments))
    if options.command is None:
        parser.print_help()
        return OK
    code: int = options.run(options)
    return code


def run_findings(options: argparse.Namespace) -> int:
    """The findings command; exit code 1 if one is as bad as --fail-on says."""
    from netmip6scope.tables.output import resolve, write_to

    if options.list:
        from netmip6scope.correlate.finding_rows import listing

        destination = resolve(options.output, options.format)
        write_to(listing(), destination, raw_csv=options.raw_csv)
        return OK
    if not options.captures:
        raise UsageError("findings needs a capture, or --list (see netmip6scope findings --help)")
    return run_table(options)


def run_table(options: argparse.Namespace) -> int:
    """The commands whose answer is a table: messages, sessions, handoffs, findings."""
    from netmip6scope.cli.interrupt import Reading
    from netmip6scope.tables.output import resolve, write_to

    destination = resolve(options.output, options.format)
    want = _wanted(options)
    selection = None
    if options.filter is not None:
        from netmip6scope.filter.select import Filter, Selection

        selection = Selection(Filter.parsed(options.filter, want))
    with without_collector():
        from netmip6scope.pipeline import analyse

        with Reading() as reading:
            settings = options.profile, selection, options.keys
            result = analyse(options.captures, want, reading, *settings)
        table = result.table
        failed = False
        if want == "findings":
            from netmip6scope.correlate.finding_rows import chosen, worst

            table = chosen(table, options.only, options.ignore)
            failed = worst(table) >= options.fail_on
        elif want == "handoffs" and options.stats:
            from netmip6scope.tables.stats import handoff_stats

            table = handoff_stats(table)
        write_to(table, destination, raw_csv=options.raw_csv)
    return _tell(result, options, interrupted=reading.interrupted) or (FAILED if failed else OK)


def _wanted(options: argparse.Namespace) -> str:
    """The table that is asked for: the command's, or one about how it came to be."""
    given = {
        "--clocks": options.clocks,
        "--why": getattr(options, "why", False),
        "--stats": getattr(options, "stats", False),
        "-Y": options.filter is not None,
    }
    first, *others = [*(name for name, is_given in given.items() if is_given), ""]
    if first not in ("--clocks", "--why"):
        return str(options.command)
    if others != [""]:
        raise UsageError(f"{first} gives a table of its own and does not go with {others[0]}")
    return first.removeprefix("--")


def run_report(options: argparse.Namespace) -> int:
    """The report command: one page about everything."""
    from netmip6scope.cli.interrupt import Reading
    from netmip6scope.report.page import Material, report_page, require_libraries
    from netmip6scope.tables.output import replaced_file, standard_output

    require_libraries()
    with without_collector():
        from netmip6scope.ladder.build import TABLES
        from netmip6scope.ladder.draw import session_pictures
        from netmip6scope.pipeline import analyse

        with Reading() as reading:
            result = analyse(
                options.captures, TABLES, reading, options.profile, keys_path=options.keys
            )
        notes = [*result.warnings, *map(str, result.errors)]
        wanted = ("handoffs", "sessions", "messages", "findings")
        handoffs, sessions, messages, findings = (result.tables[name] for name in wanted)
        ladder = session_pictures(result.tables)
        material = Material(options.captures, notes, handoffs, sessions, messages, findings, ladder)
        page = report_page(material)
    to_pipe = options.output == "-"
    with standard_output() if to_pipe else replaced_file(options.output) as stream:
        stream.write(page.encode())
    return _tell(result, options, interrupted=reading.interrupted)


def _tell(result: Result | Run, options: argparse.Namespace, *, interrupted: bool) -> int:
    """Say what was odd about the inputs and which of them failed; the exit code."""
    for warning in result.warnings:
        _say(f"warning: {warning}")
    for error in result.errors:
        if not isinstance(error, Interrupted):
            report(error, debug=_debug(options))
    if interrupted:
        what = {"report": "page", "ladder": "ladder"}.get(options.command, "table")
        _say(f"interrupted: the {what} holds what was read until then")
        return INTERRUPTED
    return result.errors[0].exit_code if result.errors else OK


def run_open(options: argparse.Namespace) -> int:
    """The open command: the terminal interface."""
    from netmip6scope.opening import open_captures, serve_captures

    if options.web:
        if options.keep is not None:
            raise UsageError("--keep is for pipes, and --web for files")
        serve_captures(options.captures, options.bind, options.profile, options.keys)
    else:
        open_captures(options.captures, options.profile, options.keys, options.keep)
    return OK


def run_ladder(options: argparse.Namespace) -> int:
    """The ladder command: one mobile node's messages as text or as a picture."""
    from netmip6scope.cli.interrupt import Reading
    from netmip6scope.ladder.draw import draw, format_for, width_for
    from netmip6scope.tables.output import replaced_file, standard_output

    path = None if options.output == "-" else options.output
    format_ = format_for(path, options.format)
    with without_collector():
        from netmip6scope.ladder.build import TABLES, build
        from netmip6scope.ladder.choice import Choice, choose
        from netmip6scope.pipeline import analyse

        with Reading() as reading:
            result = analyse(
                options.captures, TABLES, reading, options.profile, keys_path=options.keys
            )
        code = _tell(result, options, interrupted=reading.interrupted)
        choice = Choice(options.mn, options.session, options.handoff)
        ladder = build(result.tables, choose(result.tables, choice))
    width = width_for(path, options.width)
    drawing = draw(ladder, format_, width, absolute=options.time == "absolute")
    with standard_output() if path is None else replaced_file(path) as stream:
        stream.write(drawing.encode("utf-8", "backslashreplace"))
    return code


def run_extract(options: argparse.Namespace) -> int:
    """The extract command: one mobile node's packets as a capture."""
    from netmip6scope.tables.progress import Progress

    with without_collector():
        from netmip6scope.extract import extract
        from netmip6scope.ladder.choice import Choice

        choice = Choice(options.mn, options.session, options.handoff)
        with Progress() as progress:
            run = extract(
                options.captures,
                choice,
                options.write,
                progress,
                options.profile,
                options.keys,
                user_plane=options.user_plane,
            )
    return _tell(run, options, interrupted=False)


def run_merge(options: argparse.Namespace) -> int:
    """The merge command: the captures of several points as one."""
    from netmip6scope.merge import merge
    from netmip6scope.tables.progress import Progress

    with Progress() as progress:
        run = merge(options.captures, options.write, progress, options.profile, options.keys)
    return _tell(run, options, interrupted=False)


def run_decode(options: argparse.Namespace) -> int:
    """The decode command: one frame as a tree, or all that a filter holds for."""
    from netmip6scope.tables.output import standard_output

    parts = _decoded(options)
    first = next(parts, "")  # a mistake shows before anything is written
    with standard_output() as stream:
        for part in chain((first,), parts):
            stream.write(part.encode("utf-8", "backslashreplace"))
    return OK


def _decoded(options: argparse.Namespace) -> Iterator[str]:
    from netmip6scope.profile_file import load_profile

    profile = load_profile(options.profile)
    if options.filter is None:
        from netmip6scope.decode import decode_frame

        if options.frame is None:
            raise UsageError("decode needs --frame N or -Y FILTER (see netmip6scope decode --help)")
        yield decode_frame(
            options.capture,
            options.frame,
            options.format,
            profile,
            keys_path=options.keys,
            wireshark=options.wireshark,
        )
        return
    if options.wireshark:
        raise UsageError("--wireshark goes with --frame N alone, not with a filter")
    from netmip6scope.decode import decode_frames
    from netmip6scope.filter.catalogue import FRAMES
    from netmip6scope.filter.select import Filter
    from netmip6scope.tables.progress import Progress

    chosen = Filter.parsed(options.filter, FRAMES)
    with Progress() as meter:
        # On a terminal the frames themselves show how far it is.
        progress = None if sys.stdout.isatty() else meter
        yield from decode_frames(
            options.capture,
            chosen,
            options.frame,
            options.format,
            progress,
            options.keys,
            profile,
        )


def run_fields(options: argparse.Namespace) -> int:
    """The fields command: what a filter can name."""
    from netmip6scope.filter.reference import fields_table
    from netmip6scope.tables.output import resolve, write_to

    destination = resolve(options.output, options.format)
    write_to(fields_table(options.pattern), destination, raw_csv=options.raw_csv)
    return OK


def run_verify(options: argparse.Namespace) -> int:
    """The verify command: a row for each value that Wireshark shows otherwise."""
    from netmip6scope.tables.output import resolve, write_to
    from netmip6scope.tables.progress import Progress
    from netmip6scope.wireshark.verify import verify

    destination = resolve(options.output, options.format)
    with Progress() as progress:
        verdict = verify(options.captures, progress, options.profile)
    write_to(verdict.table, destination, raw_csv=options.raw_csv)
    for warning in verdict.warnings:
        _say(f"warning: {warning}")
    for error in verdict.errors:
        report(error, debug=_debug(options))
    _say(verdict.summary)
    if verdict.errors:
        return verdict.errors[0].exit_code
    return FAILED if verdict.disagreements else OK


def run_plugin(options: argparse.Namespace) -> int:
    """The plugin command: our Wireshark dissector, printed or installed."""
    from netmip6scope.profile_file import load_profile
    from netmip6scope.tables.output import standard_output
    from netmip6scope.wireshark.install import install
    from netmip6scope.wireshark.plugin import lua_text

    profile = load_profile(options.profile)
    if options.install:
        _say(f"installed {install(profile)}")
        return OK
    with standard_output() as stream:
        stream.write(lua_text(profile).encode("ascii"))
    return OK


_COMMANDS = {
    "table": run_table,
    "findings": run_findings,
    "open": run_open,
    "decode": run_decode,
    "fields": run_fields,
    "verify": run_verify,
    "plugin": run_plugin,
    "report": run_report,
    "ladder": run_ladder,
    "extract": run_extract,
    "merge": run_merge,
    "simulate": simulation.run_command,
    "capture": capturing.run_command,
    "replay": replaying.run_command,
    "shrink": shrinking.run_command,
    "scrub": scrubbing.run_command,
}


def report(error: ScopeError, *, debug: bool) -> None:
    """Print the error on standard error, after its traceback when debugging."""
    if debug and sys.stderr is not None:
        import traceback

        traceback.print_exception(error)
    _say(f"error: {error}")


def _say(message: str) -> None:
    from netmip6scope.tables.text import printable

    if sys.stderr is None:  # started without (`2>&-`): the exit code still tells
        return
    with suppress(OSError):
        sys.stderr.write(f"{PROGRAM}: {printable(message)}\n")


def _debug(options: argparse.Namespace) -> bool:
    return getattr(options, "debug", False)


def run() -> NoReturn:
    """The console script: run the command line and leave with its exit code.

    What is left of a run ends with the process; Python would first walk all of it for cycles.
    """
    code = main()
    gc.freeze()
    sys.exit(code)
