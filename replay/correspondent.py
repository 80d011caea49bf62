"""Whoever a mobile node talks to: an ordinary host on the internet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from replay.events import Arrived, Effects, Event, Fact, Note, Send, Spoken, Why
from replay.packets import Address, Datagram, Packet

PORT = 40000
PEER_PORT = 40001
"""UDP ports of mobile nodes and of whom they talk to."""


class Correspondent:
    """Sends what its user says, and takes note of what it gets."""

    def __init__(self, address: IPv6Address, address4: IPv4Address | None = None) -> None:
        self._address = address
        self._address4 = address4

    def addresses(self) -> tuple[Address, ...]:
        """One of each version, if it has IPv4."""
        return (self._address,) if self._address4 is None else (self._address, self._address4)

    def next_deadline_ns(self) -> int | None:
        """It waits for nothing."""
        return None

    def handle(self, event: Event, now_ns: int) -> Effects:
        """Take an event."""
        del now_ns
        match event:
            case Spoken():
                is_ipv4 = isinstance(event.destination, IPv4Address)
                source = self._address4 if is_ipv4 else self._address
                if source is None:
                    return ()
                data = Datagram(PEER_PORT, PORT, event.data)
                return (Send(Packet(source, event.destination, data), Why.USER),)
            case Arrived(packet=Packet(payload=Datagram() as datagram) as packet):
                number = int.from_bytes(datagram.data[:8], "big")
                return (Note(Fact.RECEIVED, b"", packet.source, number=number),)
            case _:
                return ()
