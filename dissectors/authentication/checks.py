"""All checks of a run: its keys, and what its frames told so far."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv6Address

from dissectors.authentication.ah import check_ah
from dissectors.authentication.binding import read_binding
from dissectors.authentication.carrier import Address, Carrier
from dissectors.authentication.esp import HEADER as ESP_HEADER
from dissectors.authentication.esp import Opened, open_esp
from dissectors.authentication.keys import Keys
from dissectors.authentication.mobile_ip import check_authentication
from dissectors.authentication.radius import REQUESTS, check_radius, request_authenticator
from dissectors.authentication.recent import Recent
from dissectors.authentication.return_routability import Tokens
from dissectors.authentication.verdict import Checked, Verdict, unchecked

_NOWHERE = Carrier(IPv6Address(0), IPv6Address(0))

_TESTS_AND_UPDATES = re.compile(rb"\x3b[\x01-\xff][\x03-\x05]", re.DOTALL)
"""Payload Proto 59, Header Len, MH Type of Home Test, Care-of Test, Binding Update."""
RADIUS_PORTS = (1812, 1813, 1645, 1646)
"""Authentication and accounting; then those before them (RFC 2865 3, RFC 2866 3)."""

_Exchange = tuple[Address, Address, bytes, int]
"""RADIUS client, server, their ports, Identifier."""


class Checks:
    """Verdicts on what is found in a run's frames, given in their order.

    Some verdicts need an earlier frame: a RADIUS response its request, return routability its
    tests. What is remembered is bounded (`recent.MOST`).
    """

    def __init__(self, keys: Keys | None = None) -> None:
        self.keys = Keys() if keys is None else keys
        self._tokens = Tokens()
        self._requests: Recent[_Exchange, bytes] = Recent()
        signs = [spi.to_bytes(4, "big") for spi in sorted(self.keys.esp_spis)]
        signs += [port.to_bytes(2, "big") for port in RADIUS_PORTS]
        # One search for each beats one for all: it finds its first octet with memchr.
        self._signs = (_TESTS_AND_UPDATES, *map(re.compile, map(re.escape, signs)))

    def concerns(self, frame: bytes) -> bool:
        """Whether later verdicts may need this frame; most others are told apart by this."""
        return any(sign.search(frame) for sign in self._signs)

    def mobility(
        self, data: bytes, begin: int, limit: int, carrier: Carrier | None
    ) -> list[Checked]:
        """Authenticators in the Mobility Header at `begin`, of which data[:limit] is there."""
        known = carrier is not None and isinstance(carrier.source, IPv6Address)
        binding = read_binding(data, begin, limit, carrier if carrier and known else _NOWHERE)
        if binding is None:
            if carrier is not None:
                self._tokens.note(data[:limit], begin, carrier)
            return []
        found = [*check_authentication(binding, self.keys), *self._tokens.check(binding)]
        if known:
            return found
        return [replace(each, verdict=unchecked("not carried by IPv6")) for each in found]

    def ah(self, data: bytes, ip_begin: int | None, begin: int) -> Checked:
        """The ICV of the AH at `begin`; None for an IP header that is not in `data`."""
        return check_ah(data, ip_begin, begin, self.keys)

    def esp(self, data: bytes, begin: int, end: int, carrier: Carrier) -> Opened | Verdict:
        """The ESP packet at data[begin:end] opened; a verdict where there is no key for it."""
        if begin + ESP_HEADER > len(data):
            return unchecked("octets are missing")
        spi = int.from_bytes(data[begin : begin + 4], "big")
        key = self.keys.esp(spi, carrier.destinations)
        if key is None:
            return unchecked(f"no key for SPI {spi} to {carrier.destinations[-1]}")
        return open_esp(data, begin, end, key)

    def radius(self, data: bytes, begin: int, end: int, carrier: Carrier | None) -> list[Checked]:
        """Authenticators of the RADIUS packet at data[begin:end], with a UDP header before it."""
        packet = data[begin:end]
        if carrier is None or not packet:
            return []
        ports = data[begin - 8 : begin - 4]
        client, server = carrier.source, carrier.destination
        if packet[0] not in REQUESTS:
            client, server, ports = server, client, ports[2:] + ports[:2]
        exchange = (client, server, ports, packet[1] if len(packet) > 1 else 0)
        asked = request_authenticator(packet)
        if asked is not None:
            self._requests.put(exchange, asked)
        key = self.keys.radius(server)
        found = check_radius(packet, key.secret if key else None, self._requests.get(exchange))
        return [Checked(begin + each.begin, begin + each.end, each.verdict) for each in found]
