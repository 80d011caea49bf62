"""The open command: the terminal interface on captures."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from netmip6scope.capture.inputs import Source
from netmip6scope.errors import OK, UsageError
from netmip6scope.keys import load_keys
from netmip6scope.pipeline import arranged
from netmip6scope.profile_file import load_profile

_KEEP_S = 3600
_TURN_S = 0.0005
_PORT = 8000


def open_captures(
    captures: Sequence[str],
    profile_path: str | None = None,
    keys_path: str | None = None,
    keep_s: float | None = None,
) -> None:
    """Show captures until the user leaves. Raises ScopeError.

    Standard input may be one of them; keys are then read from the terminal itself. keep_s: how long
    what is over stays in memory, where the capture is a pipe.
    """
    profile, keys = load_profile(profile_path), load_keys(keys_path)
    sources, clock_of = arranged(captures)
    if not _in_browser():
        require_terminal()
        sources = [_beside_keyboard(source) for source in sources]
    keep_ns = _keep_ns(sources, keep_s)
    from netmip6scope.tui.app import ScopeApp

    _take_turns()
    known = keys if keys_path else None
    failure = ScopeApp(sources, clock_of, profile, known, keep_ns).run()
    if failure is not None:
        raise failure


def _keep_ns(sources: Sequence[Source], keep_s: float | None) -> int | None:
    """None for what ends, which is kept whole."""
    if len(sources) > 1 or os.path.isfile(sources[0].place):
        if keep_s is not None:
            raise UsageError("--keep is for one pipe: files, and several captures, are kept whole")
        return None
    return round((_KEEP_S if keep_s is None else keep_s) * 10**9)


def _take_turns() -> None:
    """Keep keys from waiting: for the thread that reads, and for the collector.

    What was imported stays for good; looking through it again and again would take longer than a
    key may.
    """
    sys.setswitchinterval(_TURN_S)
    gc.freeze()


def _in_browser() -> bool:
    """Whether a web server started this, which draws in place of a terminal."""
    return os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


def serve_captures(
    captures: Sequence[str],
    bind: str,
    profile_path: str | None = None,
    keys_path: str | None = None,
) -> None:
    """The same in browsers, until Ctrl-C; bind: ADDRESS or ADDRESS:PORT. Raises ScopeError."""
    host, port = _address(bind)
    load_profile(profile_path)
    load_keys(keys_path)
    sources, _ = arranged(captures)
    if any(source.path == "-" for source in sources):
        raise UsageError("a browser may come twice, standard input does not: name a file")
    from netmip6scope.tui.web import serve

    command = [sys.executable, "-m", "netmip6scope", "open"]
    for option, path in (("--profile", profile_path), ("--keys", keys_path)):
        command += [] if path is None else [option, path]
    serve([*command, "--", *captures], host, port)


def _address(bind: str) -> tuple[str, int]:
    """Host and port; an IPv6 address with a port stands in brackets."""
    host, port = bind, str(_PORT)
    if bind.startswith("["):
        host, _, port = bind[1:].partition("]")
        port = port.removeprefix(":") or str(_PORT)
    elif bind.count(":") == 1:
        host, _, port = bind.partition(":")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
        raise UsageError(f"--bind {bind}: ADDRESS or ADDRESS:PORT expected")
    return host, int(port)


def open_capture(
    arguments: Sequence[str],
    path: str,
    profile_path: str | None = None,
    keep_s: float | None = None,
) -> int:
    """Show what a capture writes to `path` as it comes; the capture ends when the user leaves.

    arguments: of the capture command; keep_s: see `open_captures`. Raises ScopeError.
    """
    profile = load_profile(profile_path)
    require_terminal()
    from netmip6scope.live.follow import Following
    from netmip6scope.tui.app import ScopeApp

    following = Following(arguments)
    try:
        _take_turns()
        sources = [Source(path, copy=following.place)]
        failure = ScopeApp(sources, None, profile, keep_ns=_keep_ns(sources, keep_s)).run()
    finally:
        said = following.end()
    if failure is not None:
        raise failure
    sys.stderr.write(f"{said}\n")
    return OK


def require_terminal() -> None:
    """Raises UsageError where there is no terminal to draw on."""
    if sys.stdout is None or not sys.stdout.isatty():
        raise UsageError("this draws on a terminal: run it in one, or use report or handoffs")


def _beside_keyboard(source: Source) -> Source:
    """Standard input moved away, so that the terminal can be the keyboard."""
    if source.path != "-":
        if not sys.stdin.isatty():
            _keyboard()
        return source
    moved = os.dup(0)
    _keyboard()
    return source._replace(copy=f"/dev/fd/{moved}")


def _keyboard() -> None:
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError as error:
        raise UsageError("open needs a terminal for its keys, and there is none") from error
    os.dup2(terminal, 0)
    os.close(terminal)
