"""Keys as a key file, so that what a run writes can be checked."""

from __future__ import annotations

import json
from collections.abc import Iterator

from dissectors.authentication.keys import Keys


def keys_text(keys: Keys, title: str) -> str:
    """TOML, as `netmip6scope.keys` reads it."""
    return "\n".join(_lines(keys, title))


def _lines(keys: Keys, title: str) -> Iterator[str]:
    entries = keys.entries
    yield f"# {title}"
    for entry in entries.mn_ha:
        yield "\n[[mn_ha]]"
        if entry.mn_id is not None:
            yield f"mn_id = {_text(entry.mn_id)}"
        if entry.ar is not None:
            yield f'ar = "{entry.ar}"'
        yield f'ha = "{entry.ha}"'
        yield f"spi = {entry.spi}"
        yield f'key = "{entry.key.reveal().hex()}"'
    for shared in entries.mn_aaa:
        yield "\n[[mn_aaa]]"
        yield f"mn_id = {_text(shared.mn_id)}"
        yield f"spi = {shared.spi}"
        yield f'key = "{shared.key.reveal().hex()}"'
    for ah in entries.ah:
        yield "\n[[ah]]"
        yield f"spi = {ah.spi}"
        yield f'destination = "{ah.destination}"'
        yield f'algorithm = "{ah.integrity.name}"'
        yield f'key = "{ah.key.reveal().hex()}"'
    for esp in entries.esp:
        yield "\n[[esp]]"
        yield f"spi = {esp.spi}"
        yield f'destination = "{esp.destination}"'
        yield f'encryption = "{esp.encryption.name}"'
        if esp.encryption_key.reveal():
            yield f'encryption_key = "{esp.encryption_key.reveal().hex()}"'
        if esp.integrity is not None:
            yield f'algorithm = "{esp.integrity.name}"'
            yield f'key = "{esp.key.reveal().hex()}"'
    for server in entries.radius:
        yield "\n[[radius]]"
        yield f'server = "{server.server}"'
        yield f"secret = {_text(server.secret.reveal())}"
    yield ""


def _text(octets: bytes) -> str:
    """A basic string; what JSON escapes TOML does alike."""
    return json.dumps(octets.decode())
