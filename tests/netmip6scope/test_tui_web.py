"""The interface in a browser: a page of ours is served, others are turned away."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from netmip6scope.errors import UsageError
from netmip6scope.opening import _address, serve_captures
from netmip6scope.tui.web import allowed

SAMPLE = Path(__file__).parents[2] / "sample_pcaps" / "slaac_handoff.pcap"
LIMIT_S = 30


@pytest.mark.parametrize(
    ("bound", "host", "origin", "path", "passes"),
    [
        ("127.0.0.1", "127.0.0.1:8000", None, "/", True),
        ("127.0.0.1", "localhost:8000", None, "/", True),
        ("127.0.0.1", "evil.example:8000", None, "/", False),
        ("127.0.0.1", "127.0.0.1:8000", "http://127.0.0.1:8000", "/ws", True),
        ("127.0.0.1", "127.0.0.1:8000", "http://evil.example", "/ws", False),
        ("127.0.0.1", "127.0.0.1:8000", "http://127.0.0.1:9", "/ws", False),
        ("127.0.0.1", "127.0.0.1:8000", "null", "/ws", False),
        ("127.0.0.1", "127.0.0.1:8000", None, "/ws", False),
        ("127.0.0.1", "evil.example", "http://evil.example", "/ws", False),
        ("::1", "[::1]:8000", "http://[::1]:8000", "/ws", True),
        ("192.0.2.1", "192.0.2.1:8000", None, "/", True),
        ("192.0.2.1", "127.0.0.1:8000", None, "/", False),
        ("0.0.0.0", "any.example:8000", "http://any.example:8000", "/ws", True),
        ("0.0.0.0", "any.example:8000", "http://evil.example", "/ws", False),
    ],
)
def test_who_may_come(bound: str, host: str, origin: str | None, path: str, passes: bool) -> None:
    assert allowed(bound, host, origin, path) is passes


@pytest.mark.parametrize(
    ("bind", "host", "port"),
    [
        ("127.0.0.1", "127.0.0.1", 8000),
        ("localhost:81", "localhost", 81),
        ("::1", "::1", 8000),
        ("[::1]", "::1", 8000),
        ("[::1]:81", "::1", 81),
    ],
)
def test_addresses(bind: str, host: str, port: int) -> None:
    assert _address(bind) == (host, port)


@pytest.mark.parametrize("bind", ["", ":80", "a:b", "a:0", "a:65536", "[::1]:x", "a:²"])
def test_no_addresses(bind: str) -> None:
    with pytest.raises(UsageError, match="ADDRESS"):
        _address(bind)


def test_standard_input_is_not_for_browsers() -> None:
    with pytest.raises(UsageError, match="standard input"):
        serve_captures(["-"], "127.0.0.1")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "netmip6scope", "open", "--web"]
    run = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", str(SAMPLE)],
        cwd=SAMPLE.parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield run
    if run.poll() is None:
        run.kill()
    run.communicate(timeout=LIMIT_S)


async def page(client: aiohttp.ClientSession, url: str) -> str:
    """The first page, once the server is there."""
    deadline_s = time.monotonic() + LIMIT_S
    while True:
        try:
            async with client.get(url) as answer:
                assert answer.status == 200
                return await answer.text()
        except aiohttp.ClientConnectionError:
            assert time.monotonic() < deadline_s
            await asyncio.sleep(0.05)


async def test_a_browser_sees_the_capture(server: subprocess.Popen[str], port: int) -> None:
    here = f"127.0.0.1:{port}"
    async with aiohttp.ClientSession() as client:
        text = await page(client, f"http://{here}/")
        assert f"ws://{here}/ws" in text
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(f"ws://{here}/ws", origin="http://evil.example")
        assert refused.value.status == 403
        url = f"ws://{here}/ws?width=100&height=30"
        shown = b""
        async with client.ws_connect(url, origin=f"http://{here}") as socket_:
            while b"1 session, " not in shown:
                message = await socket_.receive(LIMIT_S)
                shown += message.data if isinstance(message.data, bytes) else b""
    server.send_signal(signal.SIGINT)
    out, errors = server.communicate(timeout=LIMIT_S)
    assert (server.returncode, out) == (0, "")
    assert errors == f"netmip6scope: http://{here} until Ctrl-C\n"


def test_an_address_that_is_taken(port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        command = [sys.executable, "-m", "netmip6scope", "open", "--web"]
        run = subprocess.run(
            [*command, "--bind", f"127.0.0.1:{port}", str(SAMPLE)],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"netmip6scope: error: --bind 127.0.0.1:{port}: ")
    assert run.stderr.count("\n") == 1
