"""Which captures the arguments of a command mean.

An argument is a file, a directory (the captures directly in it), a glob, "-" for standard input,
or POINT=FILE with any of these behind the sign. What exists literally wins over a glob and over
an equals sign.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from typing import NamedTuple

from netmip6scope.capture import pcap, pcapng
from netmip6scope.capture.compression import open_stream
from netmip6scope.errors import InputError, UsageError

_SUFFIXES = (
    *(".pcap", ".pcapng", ".cap", ".dmp", ".ntar"),
    *(".gz", ".zst", ".zstd", ".lz4", ".bz2", ".xz"),
)


class Source(NamedTuple):
    """A capture to read: its path ("-": standard input) and its capture point, when named.

    copy: a file with its octets, where `path` can be read only once.
    """

    path: str
    point: str | None = None
    copy: str | None = None

    @property
    def place(self) -> str:
        """Where to read its octets."""
        return self.path if self.copy is None else self.copy


def expand(arguments: Sequence[str]) -> list[Source]:
    """The captures meant, in the order of the arguments, each directory and glob by name.

    Raises InputError for what does not exist or may not be read, UsageError for reading standard
    input twice.
    """
    sources: list[Source] = []
    for argument in arguments:
        path, point = argument, None
        before, sign, behind = argument.partition("=")
        if sign and before and not os.path.lexists(argument):
            path, point = behind, before
        sources += [Source(found, point) for found in _paths(path)]
    if sum(source.path == "-" for source in sources) > 1:
        raise UsageError("standard input can be read only once; name - once")
    return sources


def default_point(path: str) -> str:
    """The file's name without the suffixes of captures and compression."""
    name = os.path.basename(path)
    while True:
        stem, suffix = os.path.splitext(name)
        if suffix.lower() not in _SUFFIXES:
            return name
        name = stem


def _paths(path: str) -> list[str]:
    if path == "-":
        return [path]
    if os.path.isdir(path):
        return _in_directory(path)
    if not os.path.lexists(path):
        if not glob.has_magic(path):
            raise InputError(path, "no such file")
        found = sorted(match for match in glob.glob(path) if not os.path.isdir(match))
        if not found:
            raise InputError(path, "no file matches this pattern")
        return [_readable(match) for match in found]
    return [_readable(path)]


def _readable(path: str) -> str:
    if not os.path.exists(path):
        raise InputError(path, "no such file; the symbolic link leads nowhere")
    if not os.access(path, os.R_OK):
        raise InputError(path, "permission denied; make the file readable for this user")
    return path


def _in_directory(directory: str) -> list[str]:
    try:
        names = sorted(os.listdir(directory))
    except PermissionError as error:
        raise InputError(directory, "permission denied; make the directory readable") from error
    paths = [os.path.join(directory, name) for name in names]
    # Only regular files: opening a FIFO would wait for its writer.
    found = [path for path in paths if os.path.isfile(path) and _is_capture(_readable(path))]
    if not found:
        raise InputError(directory, "no capture in this directory; pcap or pcapng files expected")
    return found


def _is_capture(path: str) -> bool:
    """Whether the first octets, decompressed, are those of a capture."""
    stream = open_stream(path)
    head = bytearray(4)
    have = 0
    try:
        with memoryview(head) as view:
            while have < 4 and (count := stream.readinto(view[have:])):
                have += count
    except InputError:
        return False
    finally:
        stream.close()
    return have == 4 and (pcapng.recognise(head) or pcap.recognise(bytes(head)) is not None)
