"""What a capture writes, as one stream: for who looks on, at their own pace.

The capture runs in a process of its own, which nothing here can hold up. It says each file that it
begins on its standard output; their octets follow each other in a pipe, as sections of one pcapng
stream.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence

from netmip6scope.errors import INTERRUPTED, OK, ScopeError

_CHUNK = 1 << 20
_LOOK_EVERY_S = 0.1


class Following:
    """A capture in another process; `place` is where its octets can be read."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """arguments: of the capture command. Raises ScopeError if it does not come to capture."""
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this is
        command = [sys.executable, "-m", "netmip6scope", "capture", *arguments, "--tell-files"]
        self._process = subprocess.Popen(  # noqa: S603 - a list of words, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._told = self._process.stdout.fileno()
        self._lines = b""
        self._files: list[str] = []
        while not self._files:
            if not self._listen(None):
                raise self._failure()
        self._read, self._write = os.pipe()
        self.place = f"/dev/fd/{self._read}"
        self._thread = threading.Thread(target=self._copy, name="follower", daemon=True)
        self._thread.start()

    def end(self) -> str:
        """End the capture; what it says at its end. Raises ScopeError if it failed."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        if self._process.wait() not in (OK, INTERRUPTED):
            raise self._failure()
        return self._text()

    def _listen(self, limit_s: float | None) -> bool:
        """Take what the capture says; False when it has ended."""
        if not select.select([self._told], [], [], limit_s)[0]:
            return True
        octets = os.read(self._told, _CHUNK)
        *lines, self._lines = (self._lines + octets).split(b"\n")
        self._files += [os.fsdecode(line) for line in lines]
        return bool(octets)

    def _copy(self) -> None:
        try:
            going = True
            while going or self._files:
                with open(self._files.pop(0), "rb", buffering=0) as file:
                    while going and not self._files:
                        self._all_of(file.fileno())
                        going = self._listen(_LOOK_EVERY_S)
                    self._all_of(file.fileno())
        except BrokenPipeError:
            pass  # nobody looks on any more
        finally:
            os.close(self._write)

    def _all_of(self, file: int) -> None:
        """Everything that the file holds by now and was not copied before."""
        while octets := os.read(file, _CHUNK):
            view = memoryview(octets)
            while view:
                view = view[os.write(self._write, view) :]

    def _failure(self) -> ScopeError:
        code = self._process.wait()
        error = ScopeError(self._text().removeprefix("netmip6scope: error: "))
        error.exit_code = code
        return error

    def _text(self) -> str:
        self._said.seek(0)
        return self._said.read().decode("utf-8", "replace").strip()
