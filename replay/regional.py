"""Regional care-of addresses: which access router each stands for, as a trace goes on.

A MAP binds them (draft 5.1). Routers that a mobile node has left go on to renew the home agent's
binding from the address that another holds by then: their security association tells them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv6Address

import numpy as np

from dissectors.frames import Ints
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from replay.binding_client import REJECTED
from replay.packets import Address, Packet
from replay.security import authentication_of

SAME_NS = 1_000_000_000
"""How long a message may be on its way inside the network."""


class Regional:
    """Which router a regional care-of address stands for, as the trace goes on."""

    def __init__(self, agents: dict[IPv6Address, bool]) -> None:
        self._maps = {agent for agent, local in agents.items() if local}
        self._router: dict[Address, IPv6Address] = {}
        self._since: dict[Address, list[tuple[int, IPv6Address]]] = {}
        self._holders: dict[Address, list[IPv6Address]] = {}
        self._asked: dict[Address, tuple[int, IPv6Address]] = {}
        """Who has just asked for it at its MAP, and when."""
        self._held: dict[Address, set[IPv6Address]] = {}
        """All that it has ever stood for."""
        self._users: dict[tuple[Address, int], Counter[IPv6Address]] = {}
        """By home agent and SPI, who has sent with it."""

    def learn(self, packet: Packet, time_ns: int, sender: IPv6Address | None) -> None:
        """Take a message into account, and who is taken to have sent it."""
        is_update = isinstance(packet.payload, BindingUpdate)
        option = authentication_of(packet) if is_update else None
        if option is not None and sender is not None:
            users = self._users.setdefault((packet.destination, option.spi), Counter())
            users[sender] += 1
        if isinstance(packet.payload, BindingUpdate) and packet.destination in self._maps:
            rcoa, router = packet.home_address, packet.source
            if packet.payload.lifetime and rcoa is not None and isinstance(router, IPv6Address):
                self._asked[rcoa] = time_ns, router
        ack, to, rcoa = packet.payload, packet.destination, packet.routed
        is_ack = isinstance(ack, BindingAcknowledgement) and packet.source in self._maps
        if is_ack and rcoa is not None and isinstance(to, IPv6Address):
            assert isinstance(ack, BindingAcknowledgement)
            if ack.status < REJECTED:
                self._hold(rcoa, to, time_ns, bound=ack.lifetime > 0)

    def _hold(self, rcoa: Address, router: IPv6Address, time_ns: int, *, bound: bool) -> None:
        """It stands for who was bound last, of those that have not taken their bindings away."""
        holders = self._holders.setdefault(rcoa, [])
        if router in holders:
            holders.remove(router)
        if bound:
            holders.append(router)
            self._asked.pop(rcoa, None)
            self._held.setdefault(rcoa, set()).add(router)
        if holders and self._router.get(rcoa) != holders[-1]:
            self._router[rcoa] = holders[-1]
            self._since.setdefault(rcoa, []).append((time_ns, holders[-1]))

    def ends(self, packet: Packet, time_ns: int) -> tuple[IPv6Address | None, IPv6Address | None]:
        """Sender and receiver; whoever asks a MAP may register at home in the same moment."""
        router = self._signer(packet)
        asked_ns, asking = self._asked.get(packet.source, (0, None))
        if router is None and isinstance(packet.payload, BindingUpdate):
            router = asking if time_ns - asked_ns <= SAME_NS else None
        return router or self.router(packet.source), self.router(packet.destination)

    def _signer(self, packet: Packet) -> IPv6Address | None:
        """Of those that an RCoA has stood for, the one whose security association this is."""
        held = self._held.get(packet.source)
        is_update = isinstance(packet.payload, BindingUpdate)
        option = authentication_of(packet) if is_update else None
        if held is None or option is None:
            return None
        users = self._users.get((packet.destination, option.spi), Counter())
        usual = next((router for router, _ in users.most_common(1)), None)
        return usual if usual in held else None

    def router_at_end(self, tunnel: Packet) -> IPv6Address | None:
        """Whom a MAP's tunnel leads to: the router that an RCoA stood for when it was used."""
        end = tunnel.destination
        return end if tunnel.source in self._maps and isinstance(end, IPv6Address) else None

    def router(self, address: Address) -> IPv6Address | None:
        found = self._router.get(address, address)
        return found if isinstance(found, IPv6Address) else None

    def stays(self, address: Address, rows: Ints, time_ns: Ints) -> Iterator[tuple[Address, Ints]]:
        """Rows of packets with this address, apart for each router that it has stood for."""
        since = self._since.get(address)
        if since is None:
            yield address, rows
            return
        cuts = np.searchsorted(time_ns[rows], [ns for ns, _ in since], "right")
        routers = [address, *(router for _, router in since)]
        yield from zip(routers, np.split(rows, cuts), strict=True)
