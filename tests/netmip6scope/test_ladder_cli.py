"""The commands ladder, extract and merge as they are typed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from netmip6scope.cli.main import main
from netmip6scope.ladder.draw import format_for, width_for
from tests.netmip6scope.story import ALICE, AR1, AR2, Mobile, Story, ms, rows_of

Captured = pytest.CaptureFixture[str]
LIMIT_S = 60


@pytest.fixture
def path(story: Story) -> str:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2)
    return story.write()


def test_a_pipe_gets_120_columns(path: str, capsys: Captured) -> None:
    assert main(["ladder", path, "--mn", "alice"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert main(["ladder", path, "--mn", "alice", "--width", "120"]) == 0
    assert capsys.readouterr().out == out
    assert main(["ladder", path, "--mn", "alice", "--width", "80"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_the_only_mobile_node_needs_no_name(path: str, capsys: Captured) -> None:
    assert main(["ladder", path, "--mn", "alice"]) == 0
    named = capsys.readouterr().out
    assert main(["ladder", path]) == 0
    assert capsys.readouterr().out == named


@pytest.mark.parametrize("columns", [80, 100])
def test_a_terminal_gets_its_width(path: str, columns: int) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    command = [sys.executable, "-m", "netmip6scope", "ladder", path, "--mn", "alice"]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    octets = bytearray()
    try:
        while chunk := os.read(ours, 1 << 16):
            octets += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait(LIMIT_S) == 0
    lines = octets.decode().replace("\r\n", "\n").splitlines()
    assert columns - 20 < max(map(len, lines)) <= columns


@pytest.mark.parametrize(
    ("name", "begins"),
    [("x.txt", "alice@"), ("x.svg", "<?xml"), ("x.SVG", "<?xml"), ("x.mmd", "sequenceDiagram")],
)
def test_the_ending_picks_the_format(path: str, tmp_path: Path, name: str, begins: str) -> None:
    assert main(["ladder", path, "--session", "1", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_text("utf-8").startswith(begins)


def test_absolute_times(path: str, capsys: Captured) -> None:
    assert main(["ladder", path, "--mn", "alice", "--time", "absolute"]) == 0
    assert "1700000001.005000000" in capsys.readouterr().out  # the HO Response


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ladder", "{}", "--mn", "alice", "-o", "x.png"], ".txt .svg .mmd"),
        (["ladder", "{}", "--mn", "alice", "-o", "x.svg", "--format", "mmd"], "asks for svg"),
        (["ladder", "{}", "--mn", "alice", "--width", "12"], "'12'"),
        (["ladder", "{}", "--session", "0"], "'0'"),
        (["ladder", "{}", "--time", "never"], "never"),
        (["extract", "{}", "--mn", "alice"], "-w"),
        (["merge", "{}"], "-w"),
        (["merge", "A={}", "B=nowhere.pcap", "-w", "x"], "nowhere.pcap: no such file"),
    ],
)
def test_wrong_use_is_one_line(
    path: str, arguments: list[str], words: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(path).parent)
    assert main([a.format(path) for a in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert words in err
    assert os.listdir() == ["story.pcap"]


def test_what_is_odd_about_a_capture_is_said(path: str, capsys: Captured) -> None:
    with Path(path).open("ab") as stream:
        stream.write(b"cut")
    assert main(["ladder", path, "--mn", "alice"]) == 0
    out, err = capsys.readouterr()
    assert "HO Request" in out
    assert "CAP-CUT" in err


def test_a_capture_is_not_for_a_terminal(path: str) -> None:
    ours, theirs = pty.openpty()
    command = ["extract", path, "--mn", "alice", "-w", "-"]
    done = subprocess.run(
        [sys.executable, "-m", "netmip6scope", *command],
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert "not for a terminal" in done.stderr


def test_a_hostile_name_does_not_steer_a_terminal(story: Story, capsys: Captured) -> None:
    story.attach(ms(0), Mobile("\x1b]0;owned\x07\x9b2J@x", ALICE.hoa), AR1)
    for format_ in ("text", "svg", "mmd"):
        assert main(["ladder", story.write(), "--session", "1", "--format", format_]) == 0
        out = capsys.readouterr().out
        assert not [c for c in out if not c.isprintable() and c != "\n"]


@pytest.mark.parametrize("command", ["handoffs", "sessions"])
def test_standard_input_may_be_one_of_several_points(story: Story, command: str) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2)
    path = story.write()
    with Path(path).open("rb") as stream:
        done = subprocess.run(
            [sys.executable, "-m", "netmip6scope", command, "A=-", f"B={path}", "--format", "csv"],
            stdin=stream,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1 + len(rows_of([path], command)) == 2


def test_a_pipe_may_be_one_of_several_captures(story: Story) -> None:
    """Its first frame, by which captures are put in order, must not be lost."""
    story.attach(ms(0), ALICE, AR1)
    story.write("first.pcap")
    story.frames.clear()
    story.handoff(ms(1000), ALICE, AR1, AR2)
    second, pipe = Path(story.write("second.pcap")), story.directory / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(second.read_bytes()))
    writer.start()
    rows = rows_of([str(story.directory / "first.pcap"), str(pipe)], "handoffs")
    writer.join()
    assert [row["outcome"] for row in rows] == ["complete"]


@pytest.mark.parametrize("command", ["handoffs", "sessions", "messages"])
def test_points_without_a_frame_give_an_empty_table(story: Story, command: str) -> None:
    path = story.write()
    assert rows_of([f"A={path}", f"B={path}"], command) == []


@pytest.mark.parametrize("command", ["ladder", "extract", "merge"])
def test_help_loads_no_numpy(command: str) -> None:
    code = (
        "import sys\n"
        "from netmip6scope.cli.main import main\n"
        f"main([{command!r}, '--help'])\n"
        "print('numpy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_formats_and_widths() -> None:
    assert format_for(None, None) == "text"
    assert format_for("x", "svg") == "svg"
    assert width_for("x.txt", None) == 120
    assert width_for(None, 77) == 77
