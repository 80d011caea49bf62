"""The interface as a program on a pseudo-terminal: every octet that it writes is looked at."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.netmip6scope.story import ALICE, AR1, AR2, Mobile, Story, ms

ROOT = Path(__file__).parents[2]
LIMIT_S = 30
# What a program on a full screen says to its terminal: modes, places, colours, the mouse's shape.
CONTROL = re.compile(r"\x1b(?:\[[<>=?]?[0-9;:]*[ $]?[A-Za-z~]|\]22;[a-z]+\x07)")
# Every one begins with a letter of its own, so that they are told apart.
IDENTITIES = (
    "a\x1b]0;pwned\x07@x",
    "b\x1b[2J\x1b[1;1H@x",
    "c\x9b31m\x9d0;pwned\x9c@x",
    "d\r\n\x08\x7f\x00@x",
    "e\u202egnp.exe\u2066\u200b\ufeff@x",
    "f[bold red]x[/bold red][/]@x",
    "g[@click=app.quit]y[/]@x",
    "h[link=http://x]z[/link]$primary@x",
    "i\\x1b[31m\ud7ff\ue000@x",
    "j😀👨\u200d👩e\u0301宽@x",
)


class Program:
    """The program on a terminal of this size; `shown` is all that it wrote."""

    def __init__(
        self, *arguments: object, config: Path, size: tuple[int, int] = (120, 40), **how: object
    ) -> None:
        self._ours, theirs = pty.openpty()
        columns, rows = size
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "XDG_CONFIG_HOME": str(config)}
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs, **how}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "netmip6scope", *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            preexec_fn=self._own_terminal(theirs),  # noqa: PLW1509 - a terminal needs a session
            **streams,  # type: ignore[arg-type]
        )
        os.close(theirs)
        self._octets = b""

    def kill(self) -> None:
        """What a test that failed leaves behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(LIMIT_S)

    @staticmethod
    def _own_terminal(theirs: int) -> object:
        def make() -> None:
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        return make

    @property
    def shown(self) -> str:
        return self._octets.decode("utf-8")

    def read(self, wanted: str, *, since: int = 0) -> int:
        """Read until this has been written; how much there is then."""
        deadline_s = time.monotonic() + LIMIT_S
        while wanted not in CONTROL.sub("", self._octets[since:].decode("utf-8", "replace")):
            assert time.monotonic() < deadline_s, (wanted, self._octets[since:])
            if select.select([self._ours], [], [], 0.1)[0]:
                self._octets += os.read(self._ours, 1 << 16)
        return len(self._octets)

    def press(self, keys: str, wanted: str) -> None:
        before = len(self._octets)
        os.write(self._ours, keys.encode())
        self.read(wanted, since=before)

    def end(self) -> int:
        """Read to the end; the exit code."""
        deadline_s = time.monotonic() + LIMIT_S
        while self.process.poll() is None and time.monotonic() < deadline_s:
            self._drain()
        self._drain()
        os.close(self._ours)
        return self.process.wait(1)

    def hang_up(self) -> None:
        """Close the terminal."""
        os.close(self._ours)

    def _drain(self) -> None:
        try:
            while select.select([self._ours], [], [], 0.05)[0]:
                self._octets += os.read(self._ours, 1 << 16)
        except OSError:  # how Linux says that the other end is closed
            time.sleep(0.01)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """What starts programs, and ends them with the test."""
    programs: list[Program] = []

    def start(*arguments: object, **how: object) -> Program:
        programs.append(Program(*arguments, config=tmp_path / "config", **how))  # type: ignore[arg-type]
        return programs[-1]

    yield start
    for program in programs:
        program.kill()


def steering(text: str) -> list[str]:
    """What would steer a terminal or hide what a text says, but for the program's controls."""
    odd = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    rest = CONTROL.sub("", text)
    return [c for c in rest if unicodedata.category(c) in odd and c not in "\r\n"]


def test_controls_are_found() -> None:
    assert steering("\x1b[?1049h\x1b[1;31mplain\x1b[0m") == []
    for identity in (*IDENTITIES[:1], *IDENTITIES[2:5]):
        assert steering(identity), identity


@pytest.fixture
def hostile(story: Story) -> str:
    """Each identity attaches and moves; the interface and the file have such names too."""
    for n, identity in enumerate(IDENTITIES):
        mobile = Mobile(identity, f"2001:db8:{n + 1:x}::{n + 1:x}")
        story.attach(ms(100 * n), mobile, AR1)
        story.handoff(ms(5000 + 100 * n), mobile, AR1, AR2)
    return str(story.write("x[red]\x1b]0;pwned\x07.pcap"))


def test_no_text_of_the_wire_steers_the_terminal(
    hostile: str, start: Callable[..., Program]
) -> None:
    """All screens and dialogs, with every identity chosen; nothing of theirs is run."""
    program = start("open", hostile)
    program.read("sessions, 80 messages")
    for begin in "bcdefghij":
        program.press("j", f"Timing   {begin}")  # its ladder's title
    program.press("\r\x1b[B", "▸ [Ladder]")
    program.press("]", "[Messages]")
    program.press("]", "[Timing]")
    program.press("2", "[2 messages]")
    program.press("mjjjm", "*")
    program.press("c", "Esc closes")
    program.press("q", "[2 messages]")
    program.press("/", "Filter: ")
    program.press('mn_id contains "pwned"\r', "of 80")
    for number, name in enumerate(("handoffs", "findings", "points", "stats"), 3):
        program.press(str(number), f"[{number} {name}]")
    program.press("1", "[1 sessions]")
    program.press("\x1b[Z", "▸ Sessions")
    program.press("g", "")
    for _ in IDENTITIES:
        # The name is in the title, and among the fields of the step that diverges.
        program.press("r", "as expected")
        program.press("\tjjjj", "▸ Step")
        program.press("1", "[1 sessions]")
        program.press("j", "")
    os.write(program._ours, b"q")
    assert program.end() == 0
    text = program.shown
    assert steering(text) == []
    # A full screen is cleared and colours change by the program's own will, but not behind a name.
    assert [identity for identity in IDENTITIES[:5] if identity[:4] in text] == []
    plain = CONTROL.sub("", text)
    assert "\\x1b]0;pwned\\x07" in plain
    assert "[bold red]x[/bold red]" in plain
    assert "[@click=app.quit]y[/]" in plain


def test_standard_input_is_a_capture_and_the_terminal_the_keyboard(
    story: Story, start: Callable[..., Program]
) -> None:
    """As `tcpdump -w - | netmip6scope open -`: messages show as they come, keys work meanwhile."""
    story.attach(ms(0), ALICE, AR1)
    first = Path(story.write()).read_bytes()
    story.handoff(ms(1000), ALICE, AR1, AR2)
    whole = Path(story.write()).read_bytes()
    theirs, ours = os.pipe()
    program = start("open", "-", stdin=theirs)
    os.close(theirs)
    os.write(ours, first)
    program.read("1 session, 4 messages")
    program.press("2", "[2 messages]")
    os.write(ours, whole[len(first) :])
    program.read("8 messages")
    program.press("p", "held")
    program.press("p", "read ")
    os.close(ours)
    program.press("q", "")
    assert program.end() == 0


def test_a_capture_without_a_command(story: Story, start: Callable[..., Program]) -> None:
    story.attach(ms(0), ALICE, AR1)
    program = start(story.write(), size=(80, 24))
    program.read("1 session, 4 messages")
    program.press("\x03", "")
    assert program.end() == 0


@pytest.mark.parametrize(
    ("octets", "said"),
    [(b"no capture", "not a capture"), (b"", "empty file")],
    ids=["no capture", "empty"],
)
def test_what_cannot_be_read(
    octets: bytes, said: str, tmp_path: Path, start: Callable[..., Program]
) -> None:
    bad = tmp_path / "bad.pcap"
    bad.write_bytes(octets)
    program = start("open", bad)
    assert program.end() == 2
    # The screen is left before the line is written.
    shown, _, line = program.shown.rpartition("netmip6scope: error: ")
    assert "\x1b[?1049l" in shown
    assert line.startswith(f"{bad}: ") and said in line
    assert line.count("\n") == 1


def test_it_leaves_with_a_terminal_that_is_closed_without_a_word(
    story: Story, start: Callable[..., Program]
) -> None:
    """Who ignores SIGHUP, as under nohup, only sees that the keyboard is gone."""
    story.attach(ms(0), ALICE, AR1)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        program = start(story.write())
    finally:
        signal.signal(signal.SIGHUP, before)
    program.read("1 session, 4 messages")
    program.hang_up()
    assert program.process.wait(LIMIT_S) == -signal.SIGHUP
