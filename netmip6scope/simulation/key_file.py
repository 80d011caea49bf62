"""A scenario's keys as a key file, so that what a run writes can be checked."""

from __future__ import annotations

from collections.abc import Iterator

from replay.network import SharedKeys


def keys_text(keys: SharedKeys) -> str:
    """TOML, as `netmip6scope.keys` reads it."""
    return "\n".join(_lines(keys))


def _lines(keys: SharedKeys) -> Iterator[str]:
    yield "# Keys of a simulation, made from its seed."
    for entry in keys.mn_ha:
        yield "\n[[mn_ha]]"
        if entry.mn_id is not None:
            yield f'mn_id = "{entry.mn_id.decode()}"'
        if entry.ar is not None:
            yield f'ar = "{entry.ar}"'
        yield f'ha = "{entry.ha}"'
        yield f"spi = {entry.spi}"
        yield f'key = "{entry.key.reveal().hex()}"'
    for one in keys.ah:
        yield "\n[[ah]]"
        yield f"spi = {one.spi}"
        yield f'destination = "{one.destination}"'
        yield f'algorithm = "{one.integrity.name}"'
        yield f'key = "{one.key.reveal().hex()}"'
    for server in keys.radius:
        yield "\n[[radius]]"
        yield f'server = "{server.server}"'
        yield f'secret = "{server.secret.reveal().decode()}"'
    yield ""
