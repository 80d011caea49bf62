"""Where a table goes: a file, a pipe or a terminal, and in which format.

A file appears under its name only when it is complete: it is written under a temporary name in the
same directory and renamed. Devices and pipes are written to as they are.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import TextIOWrapper
from typing import TYPE_CHECKING, BinaryIO

from netmip6scope.errors import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from netmip6scope.tables.columns import Table

FORMATS = ("csv", "json", "jsonl", "parquet")


@dataclass(frozen=True, slots=True)
class Destination:
    """A file name, or None for standard output; a format, or None for a table on a terminal."""

    path: str | None
    format: str | None


def resolve(path: str | None, format_: str | None) -> Destination:
    """Decide where to write and how, before any work is done.

    Raises UsageError if the format is not known or cannot go there, and MissingProgram if it needs
    something that is not installed.
    """
    if format_ is not None and format_ not in FORMATS:
        raise UsageError(f"unknown format {format_}: choose from {', '.join(FORMATS)}")
    if path is None or path == "-":
        path = None
        terminal = _stdout().isatty()
        if format_ is None and not terminal:
            format_ = "csv"
        if format_ == "parquet" and terminal:
            raise UsageError("parquet is not for a terminal: name a file with -o")
    else:
        format_ = _by_ending(path, format_)
    if format_ == "parquet":
        from netmip6scope.tables.parquet import require_pyarrow

        require_pyarrow()
    return Destination(path, format_)


def _by_ending(path: str, format_: str | None) -> str:
    ending = os.path.splitext(path)[1].lower().removeprefix(".")
    if ending not in FORMATS:
        if format_ is None:
            endings = " ".join(f".{known}" for known in FORMATS)
            raise UsageError(
                f"{path}: no format for this name: end it in {endings} or use --format"
            )
        return format_
    if format_ not in (None, ending):
        raise UsageError(f"{path}: the name asks for {ending} and --format for {format_}")
    return ending


def write(
    table: Table,
    destination: str | None,
    format: str | None = None,
    raw_csv: bool = False,
) -> None:
    """Write the table to a file, or to standard output if ``destination`` is None.

    Raises UsageError, MissingProgram, or OutputError when the system refuses. A reader that closes
    the pipe early ends the writing without an error.
    """
    write_to(table, resolve(destination, format), raw_csv=raw_csv)


def write_to(table: Table, destination: Destination, *, raw_csv: bool = False) -> None:
    """Write the table where `resolve` decided; raises as `write` does."""
    if destination.path is not None:
        assert destination.format is not None, "resolve() gives every file a format"
        writer = _writer(destination.format, raw_csv)
        with replaced_file(destination.path) as stream:
            writer(table, stream)
        return
    with standard_output() as stream:
        if destination.format is None:
            from netmip6scope.tables.console import write_console

            if isinstance(sys.stdout, TextIOWrapper):  # a terminal may not know all characters
                sys.stdout.reconfigure(errors="backslashreplace")
            write_console(table, sys.stdout)
        else:
            _writer(destination.format, raw_csv)(table, stream)


def _writer(format_: str, raw_csv: bool) -> Callable[[Table, BinaryIO], None]:
    if format_ == "csv":
        from netmip6scope.tables.csv import write_csv

        return lambda table, stream: write_csv(table, stream, raw=raw_csv)
    if format_ == "parquet":
        from netmip6scope.tables.parquet import write_parquet

        return write_parquet
    from netmip6scope.tables.json_ import write_json, write_json_lines

    return write_json if format_ == "json" else write_json_lines


def unused_beside(target: str) -> str:
    """A hidden name in the directory of ``target`` that nothing has."""
    return os.path.join(os.path.dirname(target), f".{os.urandom(8).hex()}.tmp")


@contextmanager
def replaced_file(path: str) -> Iterator[BinaryIO]:
    """A stream whose octets become the file ``path`` when the block ends without an error.

    Raises OutputError when the system refuses; whatever ends the block, nothing half-written stays.
    """
    try:
        target = os.path.realpath(path)  # a symbolic link stays; what it names is replaced
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "wb") as stream:
                yield stream
            return
        temporary = unused_beside(target)
        try:
            with open(temporary, "xb") as stream:
                if os.path.exists(target):
                    os.chmod(temporary, os.stat(target).st_mode & 0o777)
                yield stream
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Standard output for octets, flushed at the end.

    A closed pipe ends the block quietly, for that is how `head` says it has enough. Raises
    OutputError when the system refuses for another reason.
    """
    try:
        yield _stdout().buffer
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_standard_output()
    except OSError as error:
        _abandon_standard_output()
        raise OutputError(f"standard output: {error.strerror or error}") from error


def _stdout() -> TextIO:
    """Standard output; raises OutputError where the program was started without (`>&-`)."""
    if sys.stdout is None:
        raise OutputError("standard output: is closed")
    return sys.stdout


def _abandon_standard_output() -> None:
    """Point standard output at nothing: what its buffer holds would fail again at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
