"""Headless Chromium, driven over a pipe by the DevTools protocol: no server, no library.

Messages are JSON, each ended by a zero octet; Chromium reads them from descriptor 3 and writes to
descriptor 4.
"""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

LIMIT_S = 120
# The sandbox needs rights that a container seldom gives; /dev/shm is small there.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-pipe",
)

Message = dict[str, Any]


class Browser:
    """One page in a Chromium of its own; what goes wrong in it is kept in `complaints`."""

    def __init__(self, program: str, profile: Path) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._messages = b""
        self._number = 0
        self._session: str | None = None
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        # Descriptors are moved by the shell: they must be 3 and 4 in the browser.
        self._process = subprocess.Popen(
            [
                *("bash", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "-"),
                *(program, *FLAGS, f"--user-data-dir={profile}", "about:blank"),
            ],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)

    def __enter__(self) -> Self:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._to)  # its end of the pipe: Chromium leaves
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from)

    def call(self, method: str, **parameters: object) -> Message:
        """What the browser answers."""
        self._number += 1
        number = self._number
        request: Message = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            request["sessionId"] = self._session
        os.write(self._to, json.dumps(request).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                result: Message = message["result"]
                return result

    def open(self, page: Path, width: int, height: int, scheme: str = "light") -> None:
        """Show a page in a window of this size and wait until it is there."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.call("Page.navigate", url=page.as_uri())
        while (
            self.value("document.readyState + ' ' + location.href") != f"complete {page.as_uri()}"
        ):
            time.sleep(0.02)

    def value(self, expression: str) -> Any:
        """What an expression of JavaScript gives."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        """Click on the first line of the first element that a selector finds, as a mouse does."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.value(f"{found}.scrollIntoView({{block: 'center'}})")
        box = f"(r => [r.x + r.width / 2, r.y + r.height / 2])({found}.getClientRects()[0])"
        x, y = self.value(box)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self) -> bytes:
        """The window as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def _next(self) -> Message:
        limit = time.monotonic() + LIMIT_S
        while b"\0" not in self._messages:
            ready, _, _ = select.select([self._from], [], [], max(0, limit - time.monotonic()))
            assert ready, "Chromium does not answer"
            octets = os.read(self._from, 1 << 16)
            assert octets, "Chromium has ended"
            self._messages += octets
        line, _, self._messages = self._messages.partition(b"\0")
        message: Message = json.loads(line)
        self._listen(message.get("method", ""), message.get("params", {}))
        return message

    def _listen(self, method: str, event: Message) -> None:
        if method == "Runtime.consoleAPICalled":
            self.complaints.append(f"console: {event['args']}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(f"exception: {event['exceptionDetails']}")
        elif method == "Log.entryAdded":
            self.complaints.append(f"{event['entry']['source']}: {event['entry']['text']}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
