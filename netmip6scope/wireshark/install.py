"""The `plugin wireshark` command: the Lua dissector printed, or put where Wireshark finds it."""

from __future__ import annotations

import os

from dissectors.profile import Profile
from netmip6scope.errors import OutputError
from netmip6scope.tables.output import replaced_file
from netmip6scope.wireshark.plugin import FILE_NAME, lua_text
from netmip6scope.wireshark.program import plugin_folder


def install(profile: Profile) -> str:
    """Write the plugin into the user's plugin folder and return its path.

    Raises MissingProgram without tshark, which knows the folder; OutputError when it cannot be
    written.
    """
    folder = plugin_folder()
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror or error}") from error
    path = os.path.join(folder, FILE_NAME)
    with replaced_file(path) as stream:
        stream.write(lua_text(profile).encode("ascii"))
    return path
