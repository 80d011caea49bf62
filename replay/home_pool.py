"""The home addresses that an anchor gives away: one /64 of its pool, or one IPv4 address, per node.

A home address belongs to an identity: it stays with it when its binding has ended, and goes to
another only when nothing else is left.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

HOME_PREFIX_LENGTH = 64
_LOW_64 = (1 << 64) - 1
_SHARED_SHIFT = 16
"""Low interface identifiers are left to the routers of the prefix."""


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """Networks to give from. `interfaces`: the interface identifiers of known mobile nodes.

    With a network of /64 every mobile node gets an address in it (a MAP's RCoA), with a shorter one
    a /64 of its own.
    """

    network: IPv6Network
    network4: IPv4Network | None = None
    interfaces: dict[bytes, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Homes:
    """What an identity was given."""

    home: IPv6Address
    home4: IPv4Address | None


class HomePool:
    """Assigns addresses, each to one identity at a time."""

    def __init__(self, config: PoolConfig) -> None:
        self._config = config
        shared = config.network.prefixlen == HOME_PREFIX_LENGTH
        self._size = 1 << 32 if shared else 1 << HOME_PREFIX_LENGTH - config.network.prefixlen
        if config.network4 is not None:
            self._size = min(self._size, config.network4.num_addresses - 1)
        self._shared = shared
        self._given: OrderedDict[bytes, tuple[int, Homes]] = OrderedDict()
        self._holders: dict[int, bytes] = {}
        self._next = 1

    def assigned(
        self,
        mn_id: bytes,
        in_use: Callable[[bytes], bool],
        wanted: IPv6Address | IPv4Address | None = None,
    ) -> Homes | None:
        """The identity's addresses; None if there are none left, or `wanted` is another's.

        in_use: whether another identity's addresses must stay with it. wanted: the home address
        that it has already, of another's word.
        """
        known = self._given.get(mn_id)
        if known is not None and wanted in (None, known[1].home, known[1].home4):
            self._given.move_to_end(mn_id)
            return known[1]
        number = self._free(in_use) if wanted is None else self._number(wanted)
        if number is None or self._holders.get(number, mn_id) != mn_id:
            return None
        homes = self._homes(number, mn_id)
        if isinstance(wanted, IPv6Address):
            homes = Homes(wanted, homes.home4)
        if known is not None:
            self._holders.pop(known[0], None)
        self._given[mn_id] = number, homes
        self._holders[number] = mn_id
        return homes

    def _free(self, in_use: Callable[[bytes], bool]) -> int | None:
        while self._next < self._size:
            self._next += 1
            if self._next - 1 not in self._holders:
                return self._next - 1
        oldest = next((mn_id for mn_id in self._given if not in_use(mn_id)), None)
        if oldest is None:
            return None
        number = self._given.pop(oldest)[0]
        del self._holders[number]
        return number

    def _number(self, home: IPv6Address | IPv4Address) -> int | None:
        """Which of the pool's places an address is."""
        network4 = self._config.network4
        if isinstance(home, IPv4Address):
            inside = network4 is not None and home in network4
            return int(home) - int(network4.network_address) if network4 and inside else None
        if home not in self._config.network:
            return None
        place = int(home) - int(self._config.network.network_address)
        return place >> (_SHARED_SHIFT if self._shared else HOME_PREFIX_LENGTH)

    def _homes(self, number: int, mn_id: bytes) -> Homes:
        base = int(self._config.network.network_address)
        interface = self._config.interfaces.get(mn_id, 1)
        home = (
            base | number << _SHARED_SHIFT
            if self._shared
            else base | number << 64 | interface & _LOW_64
        )
        network4 = self._config.network4
        home4 = None if network4 is None else network4.network_address + number
        return Homes(IPv6Address(home), home4)
