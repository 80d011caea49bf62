"""Live capture over a wire between two namespaces: nothing is lost that the kernel gave."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import netmip6scope as scope
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from tests.netmip6scope.namespaces import HERE, Wire, wire

pytestmark = [pytest.mark.namespaces, pytest.mark.tshark]
METHODS = ("dumpcap", "sockets")
LIMIT_S = 60


@pytest.fixture(scope="module")
def line() -> Iterator[Wire]:
    with wire() as made:
        yield made


class Capture:
    """A running `netmip6scope capture`."""

    def __init__(self, line: Wire, out: Path, by: str, *options: object) -> None:
        self.out = out
        command = [sys.executable, "-m", "netmip6scope", "capture", "-i", HERE, "-w", out]
        command += ["--by", by, *options, "--tell-files"]
        self.process = subprocess.Popen(
            line.inside(HERE, *command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        # The file is there as soon as the interface is listened to.
        self.first = self.process.stdout.readline().strip()

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Its exit code, and what it said."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        _, said = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, said


def frames_of(path: Path) -> list[bytes]:
    return [
        batch.frame(row)
        for batch in CaptureFile(Source(str(path))).batches()
        for row in range(len(batch))
    ]


def counted(said: str) -> tuple[int, int]:
    """Frames written and dropped, as the command says."""
    found = re.fullmatch(r"(\d+) frames in .*, (\d+) dropped by the kernel\n", said)
    assert found, said
    return int(found[1]), int(found[2])


@pytest.mark.parametrize("by", METHODS)
def test_a_capture_sent_again_gives_the_same_tables(
    line: Wire, netmip6: Path, tmp_path: Path, by: str
) -> None:
    sent = netmip6 / "20b_vlan_be.pcap"
    capture = Capture(line, tmp_path / "live.pcapng", by)
    line.send(sent)
    time.sleep(0.5)
    code, said = capture.end()
    assert (code, counted(said)[1]) == (130, 0)
    assert frames_of(capture.out) == frames_of(sent)
    was, live = scope.read(str(sent)), scope.read(str(capture.out))
    for name in ("messages", "sessions", "handoffs"):
        table, again = getattr(was, name), getattr(live, name)
        # What says when, and where it was captured, is another.
        same = [c for c in table if not re.search(r"_ms$|time|start|end|point|state", c)]
        assert len(table) > 0
        assert again[same].equals(table[same]), name


@pytest.mark.parametrize("by", METHODS)
def test_a_flood_loses_nothing_that_the_kernel_gave(
    line: Wire, netmip6: Path, tmp_path: Path, by: str
) -> None:
    sent = netmip6 / "20a_eth.pcap.gz"
    times = 200
    capture = Capture(line, tmp_path / "flood.pcapng", by)
    line.send(sent, times=times, timed=False)
    time.sleep(0.5)
    written, dropped = counted(capture.end()[1])
    assert written == len(frames_of(capture.out))
    assert written + dropped == times * len(frames_of(sent))


@pytest.mark.parametrize("by", METHODS)
def test_a_killed_capture_leaves_a_file_that_can_be_read(
    line: Wire, netmip6: Path, tmp_path: Path, by: str
) -> None:
    sent = netmip6 / "20a_eth.pcap.gz"
    capture = Capture(line, tmp_path / "killed.pcapng", by)
    line.send(sent, timed=False)
    while len(frames_of(capture.out)) < len(frames_of(sent)):
        time.sleep(0.05)
    capture.end(signal.SIGKILL)
    assert frames_of(capture.out) == frames_of(sent)


@pytest.mark.parametrize("by", METHODS)
def test_a_ring_keeps_the_latest_files(line: Wire, netmip6: Path, tmp_path: Path, by: str) -> None:
    sent = frames_of(netmip6 / "20a_eth.pcap.gz")
    capture = Capture(line, tmp_path / "r.pcapng", by, "--file-size", "20kB", "--files", 3)
    line.send(netmip6 / "20a_eth.pcap.gz", timed=False)
    time.sleep(0.5)
    capture.end()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 3
    assert all(path.stat().st_size <= 20_000 + 64 for path in files)
    kept = [frame for path in files for frame in frames_of(path)]
    assert kept == sent[-len(kept) :]


@pytest.mark.parametrize("by", METHODS)
def test_it_ends_at_a_count(line: Wire, netmip6: Path, tmp_path: Path, by: str) -> None:
    capture = Capture(line, tmp_path / "ten.pcapng", by, "--stop-count", 10)
    line.send(netmip6 / "20a_eth.pcap.gz", timed=False)
    code, said = capture.wait()
    assert (code, counted(said)[0]) == (0, 10)
    assert frames_of(capture.out) == frames_of(netmip6 / "20a_eth.pcap.gz")[:10]


def test_a_filter_of_dumpcap(line: Wire, netmip6: Path, tmp_path: Path) -> None:
    capture = Capture(line, tmp_path / "mh.pcapng", "dumpcap", "-f", "ip6 protochain 135")
    line.send(netmip6 / "20a_eth.pcap.gz", timed=False)
    time.sleep(0.5)
    capture.end()
    kinds = set(scope.read(str(capture.out)).messages["kind"])
    assert kinds == {"bu", "ba"}


@pytest.mark.parametrize("by", METHODS)
def test_a_full_disk_ends_it_with_a_file_that_is_whole(
    line: Wire, netmip6: Path, tmp_path: Path, by: str
) -> None:
    out = tmp_path / "full.pcapng"
    program = f"{sys.executable} -m netmip6scope capture -i {HERE} -w {out} --by {by} --tell-files"
    copied = f"code=$?; cp {out} {tmp_path.parent}/; exit $code"
    script = f"mount -t tmpfs -o size=16k tmpfs {tmp_path} && {{ {program}; {copied}; }}"
    kept = tmp_path.parent / out.name
    command = line.inside(HERE, "unshare", "-m", "bash", "-c", script)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    line.send(netmip6 / "20a_eth.pcap.gz", timed=False)
    _, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 2
    assert said.splitlines()[-1].startswith(f"netmip6scope: error: {out}: No space left")
    whole = frames_of(kept)
    assert len(whole) > 0
    assert whole == frames_of(netmip6 / "20a_eth.pcap.gz")[: len(whole)]
    capture = CaptureFile(Source(str(kept)))
    list(capture.batches())
    assert capture.notes == []


@pytest.mark.parametrize("by", METHODS)
def test_who_may_not_capture_is_told_how(tmp_path: Path, by: str) -> None:
    tmp_path.chmod(0o777)
    command = [sys.executable, "-m", "netmip6scope", "capture", "-i", "lo", "--by", by]
    command += ["-w", "out.pcapng"]
    # Nobody in a user namespace: no rights over any network.
    run = subprocess.run(
        [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--bounding-set=-all",
            *command,
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert run.returncode == 3, run.stderr
    assert run.stderr.count("\n") == 1
    assert "dpkg-reconfigure wireshark-common" in run.stderr
    assert "as root" in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("by", METHODS)
def test_an_interface_that_is_not_there(tmp_path: Path, by: str) -> None:
    command = [sys.executable, "-m", "netmip6scope", "capture", "-i", "nope0", "--by", by]
    command += ["-w", str(tmp_path / "x.pcapng")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "nope0" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_packet_sockets_have_no_filters(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "netmip6scope", "capture", "-i", "lo", "--by", "sockets"]
    command += ["-f", "ip6", "-w", str(tmp_path / "x.pcapng")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert run.returncode == 3
    assert "apt-get install wireshark-common" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_interface_looks_on(line: Wire, netmip6: Path, tmp_path: Path) -> None:
    out = tmp_path / "shown.pcapng"
    command = [sys.executable, "-m", "netmip6scope", "capture", "-i", HERE, "-w", out, "--tui"]
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 30, 120, 0, 0))
    process = subprocess.Popen(
        line.inside(HERE, *command),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "XDG_CONFIG_HOME": str(tmp_path)},
    )
    os.close(slave)
    screen = Screen(master)
    with killed_at_the_end(process):
        screen.until(b"sessions")
        line.send(netmip6 / "20a_eth.pcap.gz", timed=False)
        first = str(scope.read(str(netmip6 / "20a_eth.pcap.gz")).sessions["mn_id"][0])
        screen.until(first[:12].encode())
        os.write(master, b"q")
        assert process.wait(timeout=LIMIT_S) == 0
    screen.until(f"{len(frames_of(out))} frames in {out}, 0 dropped".encode())


@contextlib.contextmanager
def killed_at_the_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("by", METHODS)
def test_it_ends_when_nobody_looks_on_any_more(line: Wire, tmp_path: Path, by: str) -> None:
    capture = Capture(line, tmp_path / "left.pcapng", by)
    with capture.process as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=LIMIT_S) == 0
    assert frames_of(capture.out) == []


class Screen:
    """What a program wrote to its terminal."""

    def __init__(self, master: int) -> None:
        self._master = master
        self._seen = b""
        threading.Thread(target=self._read, daemon=True).start()

    def until(self, words: bytes) -> None:
        begin_s = time.monotonic()
        while words not in self._seen:
            assert time.monotonic() - begin_s < LIMIT_S, self._seen[-2000:]
            time.sleep(0.05)

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the program has left
            while octets := os.read(self._master, 1 << 16):
                self._seen += octets
