"""netmip6scope: analyzer for NetMIPv6 captures (draft-chowdhury-netmip6-01).

    import netmip6scope as scope

    trace = scope.read("x.pcap")
    trace.handoffs, trace.sessions, trace.messages    # pandas frames

Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netmip6scope.api import Trace

__version__ = "0.1.0"
__all__ = ["Trace", "read"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from netmip6scope import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def read(*captures: str, profile: str | None = None, keys: str | None = None) -> Trace:
    """Read captures (files, directories, globs, `POINT=FILE`); see `netmip6scope.api.read`."""
    from netmip6scope import api

    return api.read(*captures, profile=profile, keys=keys)
