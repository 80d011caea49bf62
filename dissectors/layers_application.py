"""What stands above UDP, TCP and SCTP in the object lane: DHCP and AAA."""

from __future__ import annotations

from dissectors import dhcpv6_options, duid
from dissectors.layers_messages import messages
from dissectors.registries import DHCPV6_MESSAGES
from dissectors.step import Key, Layer

LOADED = (dhcpv6_options, duid)
"""Importing them fills the registries."""

LAYERS: dict[Key, Layer] = {
    ("dhcpv6", 0): messages(DHCPV6_MESSAGES, "dhcpv6"),
}
