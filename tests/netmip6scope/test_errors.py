"""What the program does when something is wrong: a line, an exit code, and no half-written file.

Every case runs the program as a user does, in a process of its own. Exit codes are those of
CONTRACT 1: 2 is wrong use or an input that cannot be read, 130 an interrupt, 0 fine.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netmip6scope
from tests.netmip6scope.story import ALICE, AR1, AR2, Mobile, Story, ms

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "netmip6scope"]
LIMIT_S = 60
NOBODY = 65534
ERROR = "netmip6scope: error: "
WARNING = "netmip6scope: warning: "
HEADER = "handoff,session,mn_id,hoa,"
PCAP_HEADER, RECORD_HEADER = 24, 16

Run = subprocess.CompletedProcess[str]


def scope(*arguments: object, **how: Any) -> Run:
    """Run the program; what it prints comes back as text."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [*PROGRAM, *map(str, arguments)]
    options = {**streams, "cwd": ROOT, **how}
    return subprocess.run(command, text=True, timeout=LIMIT_S, check=False, **options)


def shell(command: str, **variables: object) -> Run:
    """Run a shell command in which $SCOPE is the program; other variables are as given."""
    names = {"SCOPE": " ".join(PROGRAM), **{name: str(value) for name, value in variables.items()}}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**os.environ, **names},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def is_error(run: Run, *words: object, code: int = 2) -> None:
    """No data, one line on standard error with these words, this exit code."""
    assert (run.returncode, run.stdout) == (code, ""), run.stderr
    assert run.stderr.startswith(ERROR)
    assert run.stderr.count("\n") == 1
    assert [word for word in words if str(word) not in run.stderr] == [], run.stderr


@pytest.fixture
def told(story: Story) -> Story:
    """A handoff in 8 frames."""
    story.attach(ms(0), ALICE, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2)
    return story


@pytest.fixture
def capture(told: Story) -> Path:
    return Path(told.write("handoff.pcap"))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture whose messages make a table that no pipe and no small disk holds."""
    story = Story(tmp_path_factory.mktemp("large"))
    for n in range(3000):
        story.bu(ms(n), ALICE, AR1)
    return Path(story.write("large.pcap"))


@pytest.fixture
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which nothing else lies."""
    return tmp_path_factory.mktemp("out")


def kinds(run: Run) -> list[str]:
    """The column `kind` of a table of messages."""
    return [row["kind"] for row in csv.DictReader(run.stdout.splitlines())]


def last_record(story: Story) -> int:
    """Offset of a capture's last record."""
    return PCAP_HEADER + sum(RECORD_HEADER + len(octets) for _, octets in story.in_order()[:-1])


# Inputs


@pytest.mark.parametrize("left", [1, RECORD_HEADER - 1, RECORD_HEADER + 20])
def test_cut_last_record(told: Story, capture: Path, out: Path, left: int) -> None:
    """What comes before it is kept; a warning names file and offset (CAP-CUT is a note)."""
    cut = out / "cut.pcap"
    cut.write_bytes(capture.read_bytes()[: last_record(told) + left])
    run = scope("messages", cut)
    assert run.returncode == 0
    assert kinds(run) == ["rs", "bu", "ba", "ra", "ho-request", "ho-response", "bu"]
    assert run.stderr.startswith(f"{WARNING}{cut}: CAP-CUT")
    assert run.stderr.count("\n") == 1
    assert str(last_record(told)) in run.stderr


def test_corrupt_in_the_middle(told: Story, capture: Path, out: Path) -> None:
    """A record length of nonsense: the rows before it are kept, the code says it is not all."""
    octets = bytearray(capture.read_bytes())
    at = last_record(told)
    octets[at + 8 : at + 12] = b"\xff\xff\xff\x7f"
    corrupt = out / "corrupt.pcap"
    corrupt.write_bytes(octets)
    run = scope("messages", corrupt)
    assert run.returncode == 2
    assert len(kinds(run)) == 7
    assert run.stderr.startswith(f"{ERROR}{corrupt}: corrupt record")
    assert run.stderr.count("\n") == 1
    assert str(at) in run.stderr


def test_wrong_magic(out: Path) -> None:
    path = out / "text.pcap"
    path.write_text("This is not a capture, though it is called one.\n")
    run = scope("handoffs", path)
    assert run.returncode == 2
    assert run.stderr.startswith(f"{ERROR}{path}: not a capture")
    assert run.stderr.endswith("(at octet 0)\n")
    assert run.stderr.count("\n") == 1


def test_empty_file(out: Path) -> None:
    path = out / "empty.pcap"
    path.touch()
    is_error(scope("handoffs", path), path, "empty")


def test_missing_file(out: Path) -> None:
    is_error(scope("handoffs", out / "none.pcap"), out / "none.pcap", "no such file")


def test_missing_file_beside_others(capture: Path, out: Path) -> None:
    """A name that does not exist stops the run before anything is written."""
    table = out / "t.csv"
    is_error(scope("handoffs", capture, out / "none.pcap", "-o", table), "no such file")
    assert not table.exists()


def test_directory_without_captures(out: Path) -> None:
    (out / "notes.txt").write_text("nothing here")
    is_error(scope("handoffs", out), out, "no capture")


def test_pattern_that_matches_nothing(out: Path) -> None:
    is_error(scope("handoffs", out / "*.pcap"), "no file matches")


def test_unreadable_file(capture: Path, in_the_open: Path) -> None:
    """Permission bits do not stop root, so root becomes nobody for this."""
    secret = in_the_open / "secret.pcap"
    secret.write_bytes(capture.read_bytes())
    secret.chmod(0o000)
    is_error(as_nobody("handoffs", secret), secret, "permission denied")


def test_unreadable_directory(capture: Path, in_the_open: Path) -> None:
    (in_the_open / "a.pcap").write_bytes(capture.read_bytes())
    in_the_open.chmod(0o111)
    is_error(as_nobody("handoffs", in_the_open), in_the_open, "permission denied")


def test_unwritable_directory(capture: Path, in_the_open: Path) -> None:
    path = in_the_open / "t.csv"
    readable = in_the_open / "a.pcap"
    readable.write_bytes(capture.read_bytes())
    in_the_open.chmod(0o555)
    is_error(as_nobody("handoffs", readable, "-o", path), path, "Permission denied")
    assert list(in_the_open.iterdir()) == [readable]


@pytest.fixture
def in_the_open() -> Iterator[Path]:
    """A directory to which the user nobody can walk: pytest keeps its own to their owner."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
        path.chmod(0o700)


AS_NOBODY = f"""
import os
from netmip6scope.cli.main import main, run
# Once as root, so that all modules are loaded: Python itself may lie where nobody cannot read.
assert main(["handoffs", {str(ROOT / "sample_pcaps")!r}, "-o", "/dev/null", "--format", "csv"]) == 0
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid({NOBODY}, {NOBODY}, {NOBODY})
    os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
run()
"""


def as_nobody(*arguments: object) -> Run:
    """Run the program without root's right to read everything."""
    return subprocess.run(
        [sys.executable, "-c", AS_NOBODY, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def test_standard_input_closed() -> None:
    is_error(shell("$SCOPE handoffs - <&-"), "standard input")


@pytest.mark.parametrize(
    "content", ["", "retransmission_ns = ", "colour = 3", "ho_request_type=1.5"]
)
def test_wrong_profile(capture: Path, out: Path, content: str) -> None:
    """An empty profile is one; the others are none, and the line names the file."""
    profile = out / "p.toml"
    profile.write_text(content)
    run = scope("handoffs", capture, "--profile", profile)
    if content:
        is_error(run, profile, "profile")
    else:
        assert (run.returncode, run.stderr) == (0, "")


def test_unreadable_profile(capture: Path, out: Path) -> None:
    is_error(scope("handoffs", capture, "--profile", out / "none.toml"), out / "none.toml")
    (out / "binary.toml").write_bytes(b"\xff\xfe\0")
    is_error(scope("handoffs", capture, "--profile", out / "binary.toml"), out / "binary.toml")
    is_error(scope("handoffs", capture, "--profile", out), out)


# Outputs


def test_full_disk(large: Path, out: Path) -> None:
    """A disk of 16 KB, in a mount namespace of its own."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a mount namespace needs root: only the limit on file sizes is tested")
    command = (
        'mount -t tmpfs -o size=16k tmpfs "$OUT" && echo old > "$OUT/t.csv" &&'
        ' { $SCOPE messages "$IN" -o "$OUT/t.csv"; code=$?; ls -A "$OUT"; cat "$OUT/t.csv";'
        " exit $code; }"
    )
    run = shell(f"unshare -m bash -c '{command}'", IN=large, OUT=out)
    assert run.stderr == f"{ERROR}{out}/t.csv: No space left on device\n"
    assert (run.returncode, run.stdout) == (2, "t.csv\nold\n")


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "parquet"])
def test_file_size_limit(large: Path, out: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    path = out / f"t.{ending}"
    run = scope("messages", large, "-o", path, preexec_fn=limit)
    is_error(run, path, "File too large")
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("format_", ["csv", "json", "jsonl"])
def test_full_standard_output(large: Path, format_: str) -> None:
    with Path("/dev/full").open("wb") as full:
        run = scope("messages", large, "--format", format_, stdout=full)
    assert run.returncode == 2
    assert run.stderr == f"{ERROR}standard output: No space left on device\n"


def test_full_standard_output_and_little_to_say(capture: Path) -> None:
    """The table fits a buffer: the disk says no only when that is flushed."""
    for arguments in (["handoffs", capture], ["decode", capture, "--frame", 2], ["--help"]):
        with Path("/dev/full").open("wb") as full:
            run = scope(*arguments, stdout=full)
        assert run.returncode == 2
        assert run.stderr == f"{ERROR}standard output: No space left on device\n"


def test_output_directory_missing(capture: Path, out: Path) -> None:
    path = out / "none" / "t.csv"
    is_error(scope("handoffs", capture, "-o", path), path, "No such file or directory")


def test_output_is_a_directory(capture: Path, out: Path) -> None:
    path = out / "t.csv"
    path.mkdir()
    is_error(scope("handoffs", capture, "-o", path), path, "Is a directory")
    assert list(path.iterdir()) == []
    assert list(out.iterdir()) == [path]


def test_output_name_too_long(capture: Path, out: Path) -> None:
    is_error(scope("handoffs", capture, "-o", out / f"{'n' * 300}.csv"), "File name too long")
    assert list(out.iterdir()) == []


def test_output_over_the_input(capture: Path) -> None:
    """The capture was read before the table takes its name; the ending must be one of a table."""
    before = capture.read_bytes()
    is_error(scope("handoffs", capture, "-o", capture), "no format for this name")
    assert capture.read_bytes() == before


def test_standard_output_closed(capture: Path, out: Path) -> None:
    is_error(shell('$SCOPE handoffs "$IN" >&-', IN=capture), "standard output")
    run = shell('$SCOPE handoffs "$IN" -o "$OUT" >&-', IN=capture, OUT=out / "t.csv")
    assert (run.returncode, run.stderr) == (0, "")
    assert (out / "t.csv").read_text().startswith(HEADER)


def test_standard_error_closed(capture: Path) -> None:
    """Nobody hears the line; the exit code still tells, and data stays clean."""
    run = shell('$SCOPE handoffs "$IN" 2>&-', IN=capture)
    assert run.returncode == 0
    assert run.stdout.startswith(HEADER)
    run = shell('$SCOPE --debug handoffs "$IN.none" 2>&-', IN=capture)
    assert (run.returncode, run.stdout) == (2, "")


def test_standard_error_full(capture: Path) -> None:
    run = shell('$SCOPE handoffs "$IN.none" 2>/dev/full', IN=capture)
    assert (run.returncode, run.stdout) == (2, "")


@pytest.mark.parametrize("arguments", ["messages $IN", "messages $IN --format json", "--help"])
def test_reader_that_has_enough(large: Path, arguments: str) -> None:
    """`| head -1` is no error: no traceback, exit code 0."""
    run = shell(f"$SCOPE {arguments} | head -1; echo ${{PIPESTATUS[0]}}", IN=large)
    assert run.stderr == ""
    assert len(run.stdout.splitlines()) == 2
    assert run.stdout.splitlines()[-1] == "0"


def test_reader_that_never_was(capture: Path) -> None:
    """The pipe is closed before the first octet, also for what fits the buffer."""
    for arguments in (["handoffs", capture], ["decode", capture, "--frame", 2], ["--version"]):
        ours, theirs = os.pipe()
        os.close(ours)
        run = scope(*arguments, stdout=theirs)
        os.close(theirs)
        assert (run.returncode, run.stderr) == (0, "")


# Use


def test_version() -> None:
    run = scope("--version")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == f"netmip6scope {netmip6scope.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["handoffs", "IN", "--format", "xml"], ["xml", "csv", "parquet"]),
        (["handoffs", "IN", "-o", "t.xlsx"], ["t.xlsx", ".csv .json .jsonl .parquet"]),
        (["handoffs", "IN", "-o", "t"], ["t:", ".csv .json .jsonl .parquet"]),
        (["handoffs", "IN", "-o", "t.csv", "--format", "json"], ["t.csv", "json"]),
        (["handofs", "IN"], ["'handofs'", "messages, sessions, handoffs, findings, decode"]),
        (
            ["IN", "messages"],
            ["IN", "is not a command", "messages, sessions, handoffs, findings, decode"],
        ),
        (["IN"], ["draws on a terminal", "report"]),
        (["IN", "IN"], ["draws on a terminal"]),
        (["none.pcap"], ["none.pcap: no such file"]),
        (["A=none.pcap"], ["none.pcap: no such file"]),
        (["-"], ["draws on a terminal"]),
        (["--debug", "A=IN"], ["draws on a terminal"]),
        (["open", "IN"], ["draws on a terminal"]),
        (["handoffs", "-", "-"], ["standard input", "once"]),
        (["handoffs", "IN", "--no-such-option"], ["--no-such-option"]),
        (["decode", "IN", "--frame", "9"], ["8 frames", "no frame 9"]),
        (["decode", "IN", "--frame", "-1"], ["-1"]),
        (["decode", "IN", "--frame", "²"], ["²"]),
    ],
)
def test_wrong_use(arguments: list[str], words: list[str], capture: Path, out: Path) -> None:
    """One line that says what is wrong and what would be right; nothing is written."""
    given = [word.replace("IN", str(capture)) for word in arguments]
    before = sorted(ROOT.iterdir())
    run = scope(*given)
    if "--debug" in arguments:
        assert run.stderr.startswith("Traceback")
        run.stderr = run.stderr[run.stderr.index(ERROR) :]
    is_error(run, *(word.replace("IN", str(capture)) for word in words))
    assert sorted(ROOT.iterdir()) == before


def test_debug_adds_the_traceback(out: Path) -> None:
    run = scope("handoffs", out / "none.pcap", "--debug")
    lines = run.stderr.splitlines()
    assert (run.returncode, run.stdout) == (2, "")
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == f"{ERROR}{out}/none.pcap: no such file"


# Text from the wire

HOSTILE = "=cmd|' /C calc'!A0,\x1b[31m\x1b]0;pwned\x07\r\n\x9b2J\u202egnp.exe\u200b\x00\"<b>&\\"
"""A formula, terminal controls (C0, DEL, C1), a line break, bidi and zero-width controls, HTML."""


@pytest.fixture
def hostile(story: Story) -> Path:
    story.attach(ms(0), Mobile(HOSTILE, ALICE.hoa), AR1)
    return Path(story.write("hostile.pcap"))


def unsafe(text: str) -> list[str]:
    """Characters that steer a terminal or hide what a text says; a line's end is none."""
    odd = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    return [c for c in text if unicodedata.category(c) in odd and c != "\n"]


SHOWN = (
    "=cmd|' /C calc'!A0,\\x1b[31m\\x1b]0;pwned\\x07\\x0d\\x0a\\u009b2J\\u202egnp.exe\\u200b\\x00"
    '"<b>&\\\\'
)
"""Each of those as an escape; the backslash too, so that nothing else looks like one."""


@pytest.mark.parametrize("table", ["messages", "sessions"])
@pytest.mark.parametrize("format_", ["csv", "json", "jsonl"])
def test_hostile_identity(hostile: Path, table: str, format_: str) -> None:
    run = scope(table, hostile, "--format", format_)
    assert (run.returncode, run.stderr) == (0, "")
    assert unsafe(run.stdout) == []
    if format_ == "csv":
        rows = list(csv.DictReader(run.stdout.splitlines()))
        assert {row["mn_id"] for row in rows} - {""} == {f"'{SHOWN}"}
        return
    text = run.stdout if format_ == "json" else f"[{','.join(run.stdout.splitlines())}]"
    named = {row["mn_id"] for row in json.loads(text)}
    assert named - {None} == {SHOWN}
    assert unsafe("".join(named - {None})) == []


def test_hostile_identity_in_raw_csv(hostile: Path) -> None:
    """`--raw-csv` leaves formulas alone, controls stay escaped."""
    run = scope("sessions", hostile, "--raw-csv")
    assert unsafe(run.stdout) == []
    assert [row["mn_id"] for row in csv.DictReader(run.stdout.splitlines())] == [SHOWN]


def test_hostile_identity_in_parquet(hostile: Path, out: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    scope("sessions", hostile, "-o", out / "t.parquet")
    assert parquet.read_table(out / "t.parquet")["mn_id"].to_pylist() == [SHOWN]


def test_hostile_identity_in_decode(hostile: Path) -> None:
    """Text and JSON; the octets themselves are there as hex."""
    run = scope("decode", hostile, "--frame", 2)
    assert (run.returncode, run.stderr) == (0, "")
    assert unsafe(run.stdout) == []
    assert SHOWN in run.stdout
    run = scope("decode", hostile, "--frame", 2, "--format", "json")
    assert unsafe(run.stdout) == []
    assert unsafe("".join(texts(json.loads(run.stdout)))) == []
    assert HOSTILE.encode().hex() in run.stdout


def texts(value: object) -> Iterator[str]:
    """All strings in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


def test_hostile_file_name(capture: Path, out: Path) -> None:
    """What stands in an error is from outside too."""
    path = out / "\x1b[31mred\u202e.pcap"
    is_error(scope("handoffs", path), "\\x1b[31mred\\u202e.pcap")
    path.touch()
    is_error(scope("handoffs", path), "\\x1b[31mred\\u202e.pcap", "empty")
