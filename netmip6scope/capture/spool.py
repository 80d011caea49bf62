"""Captures that can be read only once, kept in files so that they can be read again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from netmip6scope.capture.compression import open_stream
from netmip6scope.capture.inputs import Source
from netmip6scope.errors import OutputError

_CHUNK = 1 << 20


def is_read_once(source: Source) -> bool:
    """Whether what is read of it is gone: standard input, a pipe."""
    return source.path == "-" or not os.path.isfile(source.path)


@contextmanager
def readable_again(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """The sources; standard input and pipes are read now, to copies that vanish at the end.

    Raises InputError for what cannot be read, OutputError where there is no room for a copy.
    """
    if not any(is_read_once(source) for source in sources):
        yield list(sources)
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="netmip6scope-") as directory:
        kept = list(sources)
        for n, source in enumerate(sources):
            if is_read_once(source):
                copy = os.path.join(directory, str(n))
                _copy(source, copy)
                kept[n] = source._replace(copy=copy)
        yield kept


def _copy(source: Source, copy: str) -> None:
    """What is copied is decompressed, so that whatever is wrong with it shows here."""
    stream = open_stream(source.place)
    try:
        with open(copy, "wb") as target, memoryview(bytearray(_CHUNK)) as chunk:
            while count := stream.readinto(chunk):
                target.write(chunk[:count])
    except OSError as error:
        name = "standard input" if source.path == "-" else source.path
        reason = error.strerror or str(error)
        raise OutputError(f"{name} is read twice and cannot be copied: {reason}") from error
    finally:
        stream.close()
