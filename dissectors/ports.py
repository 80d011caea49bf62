"""What datagrams and segments between well-known ports carry."""

from __future__ import annotations

from collections.abc import Mapping

from dissectors.ipv6 import DSMIPV6_PORT, PMIPV6_PORT
from dissectors.key import VERSION, Key

UDP_PORTS: dict[int, Key] = {
    DSMIPV6_PORT: VERSION,  # these two first, as the scan lane has them
    PMIPV6_PORT: ("udp", PMIPV6_PORT),
    53: ("app", 53),
    67: ("dhcpv4", 0),  # RFC 2131 4.1: server and client
    68: ("dhcpv4", 0),
    123: ("app", 123),
    546: ("dhcpv6", 0),  # RFC 3315 5.2: client and server
    547: ("dhcpv6", 0),
    1645: ("radius", 0),  # RFC 2865 3, RFC 2866 3: these before 1812 and 1813
    1646: ("radius", 0),
    1812: ("radius", 0),
    1813: ("radius", 0),
    3799: ("radius", 0),  # RFC 5176 2.1
}
DIAMETER_PORT = 3868
"""RFC 6733 2.1: TCP and SCTP."""

STREAM_PORTS: dict[int, Key] = {DIAMETER_PORT: ("diameter", 0)}

SIGNALLING = [port for port, (space, _) in UDP_PORTS.items() if space != "app"]
"""UDP ports of signalling and of tunnels."""


def port_key(ports: tuple[int, int], known: Mapping[int, Key]) -> Key | None:
    """What goes between these ports; the one that is listed first decides if both are known."""
    found = [port for port in ports if port in known]
    if len(found) < 2:
        return known[found[0]] if found else None
    return next(known[port] for port in known if port in found)
