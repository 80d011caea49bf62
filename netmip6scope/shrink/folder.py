"""A directory that appears under its name when it is complete, and not at all otherwise."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netmip6scope.errors import OutputError, UsageError
from netmip6scope.tables.output import unused_beside


def refuse_early(path: str) -> None:
    """Raise, before any work is done, if no directory can be made there.

    UsageError for what is there already (an empty directory may be), OutputError for the rest.
    """
    parent = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(parent) or not os.access(parent, os.W_OK):
        raise OutputError(f"{path}: no directory can be made in {parent}")
    try:
        if os.path.lexists(path) and (not os.path.isdir(path) or os.listdir(path)):
            raise UsageError(f"{path}: is there already, and shrink writes a new directory")
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error


@contextmanager
def new_folder(path: str) -> Iterator[Path]:
    """A directory beside `path` that becomes `path` when the block ends without an error.

    Raises OutputError when the system refuses; whatever ends the block, nothing half-written stays.
    """
    target = os.path.realpath(path)
    temporary = unused_beside(target)
    try:
        try:
            os.mkdir(temporary)
            yield Path(temporary)
            os.rename(temporary, target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}") from error
