"""Live capture by Wireshark's dumpcap, which needs no root where it was given the rights."""

from __future__ import annotations

import fcntl
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator

from dissectors.frames import FrameBatch
from dissectors.text import printable
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.errors import ScopeError, UsageError
from netmip6scope.live.source import LOOK_EVERY_S, Wanted, no_rights

_BUFFER_MIB = 64
_PIPE = 1 << 20
_SETTLED_NS = 400_000_000
"""dumpcap looks for frames four times a second at least."""
_DROPPED = re.compile(rb"received/dropped on interface '.*': \d+/(\d+) ")


def program() -> str | None:
    """Where dumpcap is, if it is there."""
    return shutil.which("dumpcap")


class Dumpcap:
    """A `LiveSource`: dumpcap writes pcapng to a pipe."""

    def __init__(self, wanted: Wanted) -> None:
        """Wrong names and filters show in `batches`."""
        path = program()
        assert path is not None, "dumpcap is asked for where it is missing"
        arguments = [path, "-q", "-n", "-B", str(_BUFFER_MIB), "-w", "-"]
        if wanted.filter is not None:
            arguments += ["-f", wanted.filter]
        for name in wanted.interfaces:
            arguments += ["-i", name]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this is
        # In a session of its own, so that Ctrl-C reaches it only through `stop`.
        self._process = subprocess.Popen(  # noqa: S603 - a list of words, no shell
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        place = f"/dev/fd/{self._process.stdout.fileno()}"
        self._capture = CaptureFile(Source("dumpcap", copy=place), idle=self._idle)
        fcntl.fcntl(self._process.stdout, fcntl.F_SETPIPE_SZ, _PIPE)
        self._look: Callable[[], None] = lambda: None
        self._until_ns: int | None = None

    def _idle(self) -> float:
        self._look()
        self._end_if_all_came(time.time_ns())
        return LOOK_EVERY_S

    def _end_if_all_came(self, time_ns: int) -> None:
        """What dumpcap has not read when it is ended would be lost, and nobody would say so."""
        if self._until_ns is not None and time_ns >= self._until_ns + _SETTLED_NS:
            self._end()

    @property
    def ready(self) -> bool:
        """See `LiveSource`."""
        return self._capture.position > 0

    def batches(self, look: Callable[[], None]) -> Iterator[FrameBatch]:
        """See `LiveSource`. Raises ScopeError where dumpcap captures nothing at all."""
        self._look = look
        came = False
        try:
            for batch in self._capture.batches():
                came = True
                yield batch
                look()
                self._end_if_all_came(int(batch.time_ns[-1]))
        except ScopeError:
            if self._process.wait() == 0:
                raise
        finally:
            self._end()
            assert self._process.stdout is not None
            # It must not wait for a reader, and says at its end what was dropped.
            while self._process.stdout.read(_PIPE):
                pass
            failed = self._process.wait() != 0
        if failed and not came:
            raise _reason(self._text())

    def stop(self) -> None:
        """See `LiveSource`."""
        if self._until_ns is None:
            self._until_ns = time.time_ns()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def dropped(self) -> list[int]:
        """See `LiveSource`."""
        return [int(count) for count in _DROPPED.findall(self._octets())]

    def _octets(self) -> bytes:
        self._said.seek(0)
        return self._said.read()

    def _text(self) -> str:
        return printable(b" ".join(self._octets().split()))


def _reason(said: str) -> ScopeError:
    if "permission" in said or "not permitted" in said:
        return no_rights()
    return UsageError(f"dumpcap does not capture: {said}")
