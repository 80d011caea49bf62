"""A terminal, a slow pipe and Ctrl-C: what a person at the keyboard sees of the program."""

from __future__ import annotations

import csv
import fcntl
import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from netmip6scope.capture.reader import BLOCK
from netmip6scope.cli.interrupt import Reading
from netmip6scope.errors import Interrupted
from tests.netmip6scope.story import ALICE, AR1, AR2, Mobile, Story, ms

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "netmip6scope"]
LIMIT_S = 60
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3|4|9|10)[0-7][0-9;]*m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ERASE_LINE = "\r\x1b[2K"
STOPPED = "netmip6scope: interrupted: the table holds what was read until then\n"


@pytest.fixture
def told(story: Story) -> Story:
    """A handoff in 8 frames, then traffic."""
    story.attach(ms(0), ALICE, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2)
    story.downlink(ms(1100), ALICE, AR2)
    return story


class Terminal:
    """A pseudo-terminal; what the program writes to it collects in `shown`."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        self.shown = ""

    def read(self, until: Callable[[str], bool]) -> None:
        """Collect until the text is as wanted, or nobody can write any more."""
        octets = self.shown.encode()
        deadline = time.monotonic() + LIMIT_S
        while not until(octets.decode("utf-8", "replace")) and time.monotonic() < deadline:
            if not select.select([self.ours], [], [], 0.1)[0]:
                continue
            try:
                octets += os.read(self.ours, 1 << 16)
            except OSError:  # how Linux says that the other end is closed
                break
        self.shown = octets.decode("utf-8", "replace").replace("\r\n", "\n")


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    os.close(terminal.ours)


def start(*arguments: object, **how: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **how.pop("env", {})}
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [*PROGRAM, *map(str, arguments)]
    options = {**streams, "cwd": ROOT, "env": environment, **how}
    return subprocess.Popen(command, text=True, **options)


def on_terminal(terminal: Terminal, *arguments: object, **how: Any) -> str:
    """What a terminal shows of a run that ends well; nothing else is written."""
    run = start(*arguments, stdout=terminal.theirs, **how)
    os.close(terminal.theirs)
    terminal.read(lambda _: False)
    _, errors = run.communicate(timeout=LIMIT_S)
    assert (run.returncode, errors) == (0, "")
    return terminal.shown


# A terminal


def test_a_terminal_gets_a_table(told: Story, terminal: Terminal) -> None:
    shown = CONTROL.sub("", on_terminal(terminal, "handoffs", told.write()))
    assert "," not in shown.splitlines()[0]
    assert re.search(r"more columns: write them to a file", shown)
    for cell in (ALICE.nai, "complete", "5.000000", AR1):
        assert cell in shown


def test_a_pipe_gets_csv(told: Story) -> None:
    out, errors = start("handoffs", told.write()).communicate(timeout=LIMIT_S)
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["mn_id"], row["outcome"], row["context_ms"]) == (ALICE.nai, "complete", "5.000000")
    assert errors == ""


def test_csv_on_a_terminal_when_asked_for(told: Story, terminal: Terminal) -> None:
    shown = on_terminal(terminal, "handoffs", told.write(), "--format", "csv")
    assert shown == start("handoffs", told.write()).communicate(timeout=LIMIT_S)[0]


def test_parquet_is_not_for_a_terminal(told: Story, terminal: Terminal) -> None:
    run = start("handoffs", told.write(), "--format", "parquet", stdout=terminal.theirs)
    _, errors = run.communicate(timeout=LIMIT_S)
    os.close(terminal.theirs)
    assert run.returncode == 2
    assert errors == ("netmip6scope: error: parquet is not for a terminal: name a file with -o\n")


def test_no_color(told: Story, terminal: Terminal) -> None:
    """https://no-color.org: no colours when the variable is set."""
    shown = on_terminal(terminal, "handoffs", told.write(), env={"NO_COLOR": "1"})
    assert ALICE.nai in shown
    assert not COLOUR.search(shown)


def test_hostile_identity_on_a_terminal(story: Story, terminal: Terminal) -> None:
    """No control of the wire's reaches the terminal, and no markup of the table's library."""
    nai = "\x1b[31m\x9b2J\x07[bold]x[/]\u202e@a"
    story.attach(ms(0), Mobile(nai, ALICE.hoa), AR1)
    shown = on_terminal(terminal, "sessions", story.write(), env={"TERM": "dumb"})
    assert "\\x1b[31m\\u009b2J\\x07[bold]x[/]\\u202e@a" in shown
    assert [c for c in shown if not c.isprintable() and c != "\n"] == []


def test_a_terminal_that_lacks_characters(story: Story, terminal: Terminal) -> None:
    story.attach(ms(0), Mobile("zoë@example.net", ALICE.hoa), AR1)
    environment = {"PYTHONIOENCODING": "ascii", "TERM": "dumb"}
    shown = on_terminal(terminal, "sessions", story.write(), env=environment)
    assert "zo\\xeb@example.net" in shown


# A slow pipe


def halves(story: Story) -> tuple[bytes, bytes]:
    """The capture's octets, cut in the last frame."""
    octets = Path(story.write()).read_bytes()
    return octets[:-40], octets[-40:]


def drained(write_end: int) -> bool:
    """Whether the program has taken all that was written into its pipe."""
    left = fcntl.ioctl(write_end, termios.FIONREAD, b"\0" * 4)
    return int.from_bytes(left, sys.byteorder) == 0


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def feed(octets: bytes, write_end: int) -> None:
    """Write all of it, and wait until the program has read it and waits for more."""
    os.write(write_end, octets)
    wait(lambda: drained(write_end))
    time.sleep(0.5)


def test_slow_pipe_shows_that_it_is_waited_for(told: Story, terminal: Terminal) -> None:
    """Progress on the terminal; when the rest comes, the line goes and the table is whole."""
    first, second = halves(told)
    theirs, ours = os.pipe()
    run = start("handoffs", "-", stdin=theirs, stderr=terminal.theirs)
    os.close(theirs)
    os.close(terminal.theirs)
    os.write(ours, first)
    terminal.read(lambda shown: bool(re.search(r"read 0 octets, [1-9] s", shown)))
    assert re.search(r"read 0 octets, [1-9] s", terminal.shown)
    assert run.poll() is None
    os.write(ours, second)
    os.close(ours)
    out, _ = run.communicate(timeout=LIMIT_S)
    terminal.read(lambda _: False)
    assert run.returncode == 0
    assert out == start("handoffs", told.write()).communicate(timeout=LIMIT_S)[0]
    assert terminal.shown.endswith(ERASE_LINE)


def test_slow_pipe_without_a_terminal_says_nothing(told: Story) -> None:
    theirs, ours = os.pipe()
    run = start("messages", "-", stdin=theirs)
    os.close(theirs)
    for part in halves(told):
        os.write(ours, part)
        time.sleep(0.7)
    os.close(ours)
    out, errors = run.communicate(timeout=LIMIT_S)
    assert (run.returncode, errors, out.count("\n")) == (0, "", 9)


# Ctrl-C


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_interrupt_while_waiting_for_a_pipe(told: Story, tmp_path: Path, ending: str) -> None:
    """130, with what was complete already written, and nothing half-written beside it."""
    place = tmp_path / "out"
    place.mkdir()
    theirs, ours = os.pipe()
    run = start("handoffs", "-", "-o", place / f"t.{ending}", stdin=theirs)
    os.close(theirs)
    feed(Path(told.write()).read_bytes(), ours)
    run.send_signal(signal.SIGINT)
    out, errors = run.communicate(timeout=LIMIT_S)
    os.close(ours)
    assert (run.returncode, out, errors) == (130, "", STOPPED)
    whole = tmp_path / f"whole.{ending}"
    start("handoffs", told.write(), "-o", whole).communicate(timeout=LIMIT_S)
    assert (place / f"t.{ending}").read_bytes() == whole.read_bytes()
    assert list(place.iterdir()) == [place / f"t.{ending}"]


def test_interrupt_in_the_middle_of_a_frame(told: Story) -> None:
    first, _ = halves(told)
    theirs, ours = os.pipe()
    run = start("messages", "-", stdin=theirs)
    os.close(theirs)
    feed(first, ours)
    run.send_signal(signal.SIGINT)
    out, errors = run.communicate(timeout=LIMIT_S)
    os.close(ours)
    assert run.returncode == 130
    assert [row["kind"] for row in csv.DictReader(io.StringIO(out))][-2:] == ["bu", "ba"]
    assert errors.endswith(STOPPED)


def test_interrupt_of_a_pipe_that_never_ends(told: Story) -> None:
    """In the middle of the work: the batch at hand is done, and then the table comes."""
    theirs, ours = os.pipe()
    run = start("handoffs", "-", stdin=theirs)
    os.close(theirs)
    record = 16 + len(told.frames[-1][1])
    octets = Path(told.write()).read_bytes()
    poured = [octets]
    endless = threading.Thread(target=pour, args=(ours, poured, octets[-record:] * 1000))
    endless.start()
    wait(lambda: sum(map(len, poured)) > 3 * BLOCK)
    run.send_signal(signal.SIGINT)
    out, errors = run.communicate(timeout=LIMIT_S)
    endless.join(LIMIT_S)
    assert run.returncode == 130
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["mn_id"], row["outcome"]) == (ALICE.nai, "complete")
    assert errors.endswith(STOPPED)
    assert "Traceback" not in errors


def pour(write_end: int, poured: list[bytes], again: bytes) -> None:
    """Write what is in `poured`, then `again` for ever, and keep the account in `poured`."""
    try:
        os.write(write_end, poured[0])
        while True:
            os.write(write_end, again)
            poured.append(again)
    except BrokenPipeError:
        os.close(write_end)


def test_interrupt_before_anything_came(tmp_path: Path) -> None:
    """No frame was read, so nothing is written: the old table stays."""
    table = tmp_path / "t.csv"
    table.write_text("old\n")
    theirs, ours = os.pipe()
    run = start("handoffs", "-", "-o", table, stdin=theirs)
    os.close(theirs)
    feed(b"\n", ours)
    run.send_signal(signal.SIGINT)
    out, errors = run.communicate(timeout=LIMIT_S)
    os.close(ours)
    assert (run.returncode, out) == (130, "")
    assert errors == "netmip6scope: error: captures: reading was interrupted\n"
    assert table.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [table]


def test_interrupt_that_the_caller_ignores(told: Story) -> None:
    """`nohup`, or a job in the background of a script: Ctrl-C is not for it."""
    theirs, ours = os.pipe()
    run = start("handoffs", "-", stdin=theirs, preexec_fn=ignore_interrupts)
    os.close(theirs)
    first, second = halves(told)
    feed(first, ours)
    run.send_signal(signal.SIGINT)
    os.write(ours, second)
    os.close(ours)
    out, errors = run.communicate(timeout=LIMIT_S)
    assert (run.returncode, errors, out.count("\n")) == (0, "", 2)


def ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def test_first_interrupt_ends_the_reading_the_second_the_program() -> None:
    with Reading() as reading:
        reading.update(1)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted):
            reading.update(2)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert reading.interrupted
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_reading_in_another_thread_leaves_signals_alone() -> None:
    """Signals belong to the main thread; a library must not fail elsewhere."""
    seen = []

    def read() -> None:
        with Reading() as reading:
            reading.update(1)
            seen.append(signal.getsignal(signal.SIGINT))

    other = threading.Thread(target=read)
    other.start()
    other.join(LIMIT_S)
    assert seen == [signal.default_int_handler]
