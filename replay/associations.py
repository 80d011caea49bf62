"""An access router's associations with the others: AH on what it sends, checks of what comes."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from ipaddress import IPv6Address

from replay.events import Send
from replay.packets import NEIGHBOR_HOP_LIMIT, Packet
from replay.router_config import Neighbour, RouterConfig
from replay.security import AhSecurity, ReplayWindow, is_protected_with, protected


class Trust(Enum):
    """What a packet's protection is worth."""

    GOOD = "good"
    REPLAYED = "seen before"
    BAD = "no association, or it does not hold"


class Associations:
    """Sequence numbers out, replay windows in, by SPI."""

    def __init__(self, config: RouterConfig) -> None:
        self._config = config
        self._sequences: dict[int, int] = {}
        self._windows: dict[int, ReplayWindow] = {}

    def start_anew(self, router: IPv6Address) -> None:
        """Sequence numbers of new associations begin with 1; their keys are the same here."""
        neighbour = self._config.neighbours.get(router)
        if neighbour is not None and neighbour.inbound is not None:
            self._windows.pop(neighbour.inbound.spi, None)
        if neighbour is not None and neighbour.outbound is not None:
            self._sequences.pop(neighbour.outbound.spi, None)

    def trust(self, packet: Packet) -> Trust:
        """Whether the association with the sender holds, and the packet is new."""
        neighbour = self._with(packet.source)
        if neighbour is None or packet.hop_limit != NEIGHBOR_HOP_LIMIT:
            return Trust.BAD
        if neighbour.inbound is None or packet.ah is None:
            return Trust.BAD if self._config.require_ah else Trust.GOOD
        if not is_protected_with(packet, neighbour.inbound, self._config.profile):
            return Trust.BAD
        window = self._windows.get(packet.ah.spi, ReplayWindow())
        if not window.admits(packet.ah.sequence):
            return Trust.REPLAYED
        self._windows[packet.ah.spi] = window.after(packet.ah.sequence)
        return Trust.GOOD

    def secured(self, send: Send) -> Send:
        """A HO message under the association with its receiver, where there is one."""
        packet = send.packet
        assert isinstance(packet, Packet)
        neighbour = self._with(packet.destination)
        if neighbour is None or neighbour.outbound is None:
            return send
        spi = neighbour.outbound.spi
        sequence = self._sequences[spi] = self._sequences.get(spi, 0) + 1
        sealed = protected(packet, neighbour.outbound, sequence, self._config.profile)
        return replace(send, packet=sealed)

    def go_on_from(self, receiver: object, sequence: int) -> AhSecurity | None:
        """The next packet to a router has the number after this; the association with it."""
        neighbour = self._with(receiver)
        outbound = None if neighbour is None else neighbour.outbound
        if outbound is not None:
            self._sequences[outbound.spi] = sequence
        return outbound

    def _with(self, address: object) -> Neighbour | None:
        return self._config.neighbours.get(address) if isinstance(address, IPv6Address) else None
