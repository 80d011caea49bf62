"""The terminal interface on a pseudo-terminal: how soon it shows rows and answers keys.

Prints one line of figures for a capture; `run.py` compares them with their targets.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROWS, COLUMNS = 40, 120
LIMIT_S = 120.0
# Each key, and what stands on the screen when it has been answered.
KEYS = (
    (b"2", b"[2 messages]"),
    (b"1", b"[1 sessions]"),
    (b"]", b"[Messages]"),
    (b"[", b"[Ladder]"),
)
FIRST_ROWS = b"sessions, "
READING = b"reading "


class Screen:
    """The program on its pseudo-terminal, and all that it wrote."""

    def __init__(self, capture: str, settings: str) -> None:
        self.begin_s = time.perf_counter()
        ours, theirs = pty.openpty()
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
        environment = {**os.environ, "TERM": "xterm-256color", "XDG_CONFIG_HOME": settings}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "netmip6scope", "open", capture],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        self._ours = ours
        self._shown = b""
        self.whole_s = 0.0
        """When the status line first said no more that it is reading."""

    def wait(self, wanted: bytes) -> float:
        """Seconds until it is written, from now on; what came before it is forgotten."""
        begin_s = time.perf_counter()
        while wanted not in self._shown:
            left_s = begin_s + LIMIT_S - time.perf_counter()
            if left_s < 0 or not select.select([self._ours], [], [], left_s)[0]:
                raise SystemExit(f"{wanted!r} did not appear")
            self._read()
        self._shown = self._shown.rpartition(wanted)[2]
        return time.perf_counter() - begin_s

    def _read(self) -> None:
        octets = os.read(self._ours, 1 << 16)
        self._shown += octets
        if READING in octets:
            self.whole_s = 0.0
        elif FIRST_ROWS in octets and not self.whole_s:
            self.whole_s = time.perf_counter() - self.begin_s

    def press(self, key: bytes) -> None:
        self._shown = b""
        os.write(self._ours, key)

    @property
    def reading(self) -> bool:
        """Whether it says, a little later, that it is still reading."""
        until_s = time.perf_counter() + 0.3
        while time.perf_counter() < until_s:
            if select.select([self._ours], [], [], 0.05)[0]:
                self._read()
        return READING in self._shown

    def end(self) -> int:
        """Peak resident memory in octets."""
        os.write(self._ours, b"q")
        os.set_blocking(self._ours, False)
        while True:
            done, _, usage = os.wait4(self.process.pid, os.WNOHANG)
            if done:
                self.process.returncode = 0
                return usage.ru_maxrss * 1024
            try:
                os.read(self._ours, 1 << 16)
            except (BlockingIOError, OSError):
                time.sleep(0.01)


def measure(capture: str) -> dict[str, float]:
    """Seconds to the first rows and to the end, of the slowest key meanwhile; peak octets."""
    with tempfile.TemporaryDirectory() as settings:
        screen = Screen(capture, settings)
        screen.wait(FIRST_ROWS)
        first_s = time.perf_counter() - screen.begin_s
        answers = []
        while screen.reading:
            for key, answer in KEYS:
                screen.press(key)
                answers.append(screen.wait(answer))
        return {
            "first_s": first_s,
            "whole_s": screen.whole_s,
            "slowest_key_s": max(answers, default=0.0),
            "keys": len(answers),
            "median_key_s": sorted(answers)[len(answers) // 2] if answers else 0.0,
            "peak": screen.end(),
        }


if __name__ == "__main__":
    print(json.dumps(measure(str(Path(sys.argv[1])))))
