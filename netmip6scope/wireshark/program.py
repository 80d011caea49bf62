"""tshark: where it is, what it knows, and how it is run to see what we see.

It runs without the user's own settings and plugins, in UTC and with names unresolved, so that its
answer depends on the capture alone; and it looks at each frame alone, as we do: nothing is put
together from several frames.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache

from dissectors.profile import Profile
from netmip6scope.errors import MissingProgram, ScopeError
from netmip6scope.wireshark.plugin import FILE_NAME, lua_text

TEMPORARY = "netmip6scope-"
"""How the names of temporary directories begin."""
LIMIT_S = 120
"""For one answer of tshark's, which takes a second."""
_LUA_FOLDER = "Personal Lua Plugins"
_OLDER_FOLDER = "Personal Plugins"
_ALONE = (
    *("ip.defragment", "ipv6.defragment", "tcp.desegment_tcp_streams"),
    *("tcp.reassemble_out_of_order", "tcp.analyze_sequence_numbers"),
)
"""Preferences that are turned off."""


def find_tshark() -> str:
    """The path of tshark. Raises MissingProgram."""
    found = shutil.which("tshark")
    if found is None:
        raise MissingProgram("tshark was not found: apt-get install tshark")
    return found


def settings(home: str) -> dict[str, str]:
    """What is different in the environment; `home` is a directory that stands for the user's."""
    return {"HOME": home, "WIRESHARK_CONFIG_DIR": home, "TZ": "UTC", "LC_ALL": "C.UTF-8"}


def arguments(home: str, profile: Profile) -> list[str]:
    """Arguments that load our plugin, which is written into `home`, and look at frames alone."""
    plugin = os.path.join(home, FILE_NAME)
    with open(plugin, "w", encoding="ascii") as stream:
        stream.write(lua_text(profile))
    alone = [word for name in _ALONE for word in ("-o", f"{name}:FALSE")]
    return ["-n", "-X", f"lua_script:{plugin}", *alone]


def run(words: Sequence[str], changes: Mapping[str, str] | None = None) -> bytes:
    """Run tshark to its end: its standard output. Raises MissingProgram, ScopeError."""
    try:
        done = subprocess.run(  # noqa: S603 - an argument list, no shell
            [find_tshark(), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, **(changes or {})},
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ScopeError(f"tshark did not answer within {LIMIT_S} s") from error
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").split("\n")
        said = [line for line in lines if line.strip()]
        raise ScopeError(f"tshark failed: {said[-1] if said else f'status {done.returncode}'}")
    return done.stdout


@cache
def known_names() -> frozenset[str]:
    """Every filter name that Wireshark has without our plugin; asked for once."""
    with tempfile.TemporaryDirectory(prefix=TEMPORARY) as home:
        listed = run(["-G", "fields"], settings(home)).decode("utf-8", "replace")
    rows = (line.split("\t") for line in listed.split("\n"))
    return frozenset(row[2] for row in rows if row[0] == "F" and len(row) > 2)


def plugin_folder() -> str:
    """The folder in which the user's own Lua plugins are looked for; it may not exist yet."""
    folders = {}
    for line in run(["-G", "folders"]).decode("utf-8", "surrogateescape").split("\n"):
        name, _, path = line.partition(":")
        folders[name.strip()] = path.strip()
    folder = folders.get(_LUA_FOLDER) or folders.get(_OLDER_FOLDER)
    if not folder:
        raise ScopeError("tshark -G folders names no folder for personal plugins")
    return folder
