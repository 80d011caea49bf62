"""The interface in browsers, by way of textual-serve, an optional part of the installation.

Every browser gets a process of its own. Pages of other sites must not reach it, so a request is
taken only if it names this server, and a connection only if its page came from here.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from netmip6scope.errors import MissingProgram, UsageError

if TYPE_CHECKING:
    from aiohttp import web

_TITLE = "netmip6scope"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - what the user binds to is compared with these


def serve(command: Sequence[str], host: str, port: int) -> None:
    """Run the command for every browser until Ctrl-C.

    Raises MissingProgram without textual-serve, UsageError where the address cannot be had.
    """
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ImportError as error:
        need = "open --web needs textual-serve: pip install netmip6scope[web]"
        raise MissingProgram(need) from error

    class Browsers(Server):
        """textual-serve's server, for our pages alone and quiet."""

        async def _make_app(self) -> web.Application:
            app = await super()._make_app()
            app.middlewares.append(_ours_alone)
            return app

        async def on_startup(self, _app: web.Application) -> None:
            """Say nothing yet: the address may be taken."""

        def run(self) -> None:
            def say(*_: object) -> None:
                sys.stderr.write(f"{_TITLE}: {self.public_url} until Ctrl-C\n")

            web.run_app(self._make_app(), host=host, port=port, print=say, access_log=None)

        async def handle_index(self, request: web.Request) -> web.StreamResponse:
            # A page asks for the rest by the name that it was asked by.
            self.public_url = f"http://{request.host}"
            response: web.StreamResponse = await super().handle_index(request)
            return response

    @web.middleware
    async def _ours_alone(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not allowed(host, request.host, request.headers.get("Origin"), request.path):
            raise web.HTTPForbidden(text="not a page of this server")
        return await handler(request)

    shown = f"[{host}]" if ":" in host else host
    server = Browsers(shlex.join(command), host, port, _TITLE, f"http://{shown}:{port}")
    try:
        server.run()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UsageError(f"--bind {shown}:{port}: {reason}") from error


def allowed(bound: str, host: str, origin: str | None, path: str) -> bool:
    """Whether a request may pass: to a server bound there, by these headers."""
    named = urlsplit(f"//{host}").hostname
    if bound not in _EVERYWHERE:
        names = _LOOPBACK if bound in _LOOPBACK else (bound,)
        if named not in names:
            return False
    # A browser says where a page that opens a connection came from.
    return path != "/ws" or (origin is not None and urlsplit(origin).netloc == host)
