"""Two network namespaces with one wire between them, and what sends a capture over it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("ip", "unshare", "nsenter", "sysctl")
HERE, THERE = "here", "there"
"""The ends of the wire: each stands in the namespace of its name."""


def may_be_made() -> bool:
    """Whether this machine lets us make network namespaces."""
    if not all(map(shutil.which, PROGRAMS)):
        return False
    done = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    return done.returncode == 0


@dataclass(frozen=True)
class Wire:
    """Process numbers that hold the namespaces, by end."""

    holders: dict[str, int]

    def inside(self, end: str, *command: object) -> list[str]:
        """The command, run where this end is."""
        return ["nsenter", "-n", "-t", str(self.holders[end]), "--", *map(str, command)]

    def run(self, end: str, *command: object) -> None:
        subprocess.run(self.inside(end, *command), check=True, capture_output=True, timeout=60)

    def send(self, path: Path, *, times: int = 1, timed: bool = True) -> None:
        """Send an Ethernet capture from one end to the other."""
        arguments = [sys.executable, "-m", "tests.netmip6scope.namespaces", path, times, int(timed)]
        subprocess.run(self.inside(THERE, *arguments), check=True, timeout=120)


@contextmanager
def wire() -> Iterator[Wire]:
    holders: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for end in (HERE, THERE):
            holders[end] = subprocess.Popen(["unshare", "-n", "sleep", "600"])
        made = Wire({end: process.pid for end, process in holders.items()})
        _wait_for_namespaces(made)
        peer = made.holders[THERE]
        made.run(HERE, "ip", "link", "add", HERE, "type", "veth", "peer", THERE, "netns", peer)
        for end in (HERE, THERE):
            # Else the kernel adds messages of its own.
            made.run(end, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            made.run(end, "ip", "link", "set", end, "mtu", 9000, "up")
        yield made
    finally:
        for process in holders.values():
            process.kill()
            process.wait()


def _wait_for_namespaces(made: Wire) -> None:
    own = Path("/proc/self/ns/net").readlink()
    for pid in made.holders.values():
        while Path(f"/proc/{pid}/ns/net").readlink() == own:
            time.sleep(0.01)


def main(path: str, times: int, *, timed: bool) -> None:
    """Inside of the namespace: send the frames of a capture."""
    from netmip6scope.capture.inputs import Source
    from netmip6scope.capture.reader import CaptureFile

    frames = [
        (int(batch.time_ns[row]), batch.frame(row))
        for batch in CaptureFile(Source(path)).batches()
        for row in range(len(batch))
    ]
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
    out.bind((THERE, 0))
    begin_ns = time.monotonic_ns() - frames[0][0]
    for _ in range(times):
        for time_ns, octets in frames:
            if timed and (left_ns := begin_ns + time_ns - time.monotonic_ns()) > 0:
                time.sleep(left_ns / 10**9)
            out.send(octets)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), timed=sys.argv[3] == "1")
