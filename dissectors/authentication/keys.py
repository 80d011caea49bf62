"""The keys that a user gives, and which of them fits a message."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from dissectors.authentication.algorithms import Encryption, Integrity
from dissectors.authentication.secret import NO_KEY, Secret

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class MnHaKey:
    """RFC 4285 5.1, with a home agent: of one mobile node, or of one access router for all."""

    ha: IPv6Address
    spi: int
    key: Secret
    mn_id: bytes | None = None
    ar: IPv6Address | None = None


@dataclass(frozen=True, slots=True)
class MnAaaKey:
    """RFC 4285 5.2, of one mobile node with its AAA server."""

    mn_id: bytes
    spi: int
    key: Secret


@dataclass(frozen=True, slots=True)
class AhKey:
    """A security association of RFC 4302."""

    spi: int
    destination: Address
    integrity: Integrity
    key: Secret


@dataclass(frozen=True, slots=True)
class EspKey:
    """A security association of RFC 4303. A combined mode's encryption key ends in its salt."""

    spi: int
    destination: Address
    encryption: Encryption
    encryption_key: Secret = NO_KEY
    integrity: Integrity | None = None
    key: Secret = NO_KEY


@dataclass(frozen=True, slots=True)
class RadiusKey:
    """A RADIUS server's shared secret (RFC 2865 3)."""

    server: Address
    secret: Secret


class Entries(NamedTuple):
    """Keys by their kind, in the order in which they were given."""

    mn_ha: tuple[MnHaKey, ...]
    mn_aaa: tuple[MnAaaKey, ...]
    ah: tuple[AhKey, ...]
    esp: tuple[EspKey, ...]
    radius: tuple[RadiusKey, ...]


class Keys:
    """All keys of a run, found by what stands in a message. Of equal entries the last one counts.

    An MN-HA key goes by the mobile node if there is one of its own, else by the access router.
    """

    def __init__(
        self,
        mn_ha: Iterable[MnHaKey] = (),
        mn_aaa: Iterable[MnAaaKey] = (),
        ah: Iterable[AhKey] = (),
        esp: Iterable[EspKey] = (),
        radius: Iterable[RadiusKey] = (),
    ) -> None:
        self._of_node: dict[tuple[IPv6Address, int, bytes], MnHaKey] = {}
        self._of_router: dict[tuple[IPv6Address, int], dict[IPv6Address, MnHaKey]] = {}
        for entry in mn_ha:
            if entry.mn_id is not None:
                self._of_node[entry.ha, entry.spi, entry.mn_id] = entry
            if entry.ar is not None:
                self._of_router.setdefault((entry.ha, entry.spi), {})[entry.ar] = entry
        self._mn_aaa = {(entry.mn_id, entry.spi): entry for entry in mn_aaa}
        self._ah = {(entry.spi, entry.destination): entry for entry in ah}
        self._esp = {(entry.spi, entry.destination): entry for entry in esp}
        self._radius = {entry.server: entry for entry in radius}

    @property
    def entries(self) -> Entries:
        """Every key."""
        of_routers = (key for routers in self._of_router.values() for key in routers.values())
        return Entries(
            tuple(dict.fromkeys([*self._of_node.values(), *of_routers])),
            tuple(self._mn_aaa.values()),
            tuple(self._ah.values()),
            tuple(self._esp.values()),
            tuple(self._radius.values()),
        )

    def renamed(
        self, address: Callable[[Address], Address], name: Callable[[bytes], bytes]
    ) -> Keys:
        """The same keys where everybody is called something else."""
        every = self.entries
        return Keys(
            [
                replace(
                    key,
                    ha=IPv6Address(address(key.ha)),
                    mn_id=None if key.mn_id is None else name(key.mn_id),
                    ar=None if key.ar is None else IPv6Address(address(key.ar)),
                )
                for key in every.mn_ha
            ],
            [replace(key, mn_id=name(key.mn_id)) for key in every.mn_aaa],
            [replace(ah, destination=address(ah.destination)) for ah in every.ah],
            [replace(esp, destination=address(esp.destination)) for esp in every.esp],
            [replace(shared, server=address(shared.server)) for shared in every.radius],
        )

    @property
    def esp_spis(self) -> frozenset[int]:
        """The SPIs of all ESP keys."""
        return frozenset(spi for spi, _ in self._esp)

    def mn_ha(
        self, ha: IPv6Address, spi: int, mn_id: bytes | None, routers: Iterable[IPv6Address]
    ) -> MnHaKey | None:
        """The key of a mobile node, or of the first of the routers that has one."""
        if mn_id is not None and (ha, spi, mn_id) in self._of_node:
            return self._of_node[ha, spi, mn_id]
        by_router = self._of_router.get((ha, spi), {})
        return next((by_router[router] for router in routers if router in by_router), None)

    def mn_ha_of_routers(self, ha: IPv6Address, spi: int) -> list[MnHaKey]:
        """The keys of all routers with this home agent and SPI.

        In Net-HMIPv6 a home agent sees a regional care-of address, not the router's (WIRE.md).
        """
        return list(self._of_router.get((ha, spi), {}).values())

    def mn_aaa(self, mn_id: bytes, spi: int) -> MnAaaKey | None:
        """The key of a mobile node with its AAA server."""
        return self._mn_aaa.get((mn_id, spi))

    def ah(self, spi: int, destinations: Iterable[Address]) -> AhKey | None:
        """The association of an AH packet to any of the destinations."""
        found = (self._ah.get((spi, destination)) for destination in destinations)
        return next((entry for entry in found if entry is not None), None)

    def esp(self, spi: int, destinations: Iterable[Address]) -> EspKey | None:
        """The association of an ESP packet to any of the destinations."""
        found = (self._esp.get((spi, destination)) for destination in destinations)
        return next((entry for entry in found if entry is not None), None)

    def radius(self, server: Address) -> RadiusKey | None:
        """The secret shared with a RADIUS server."""
        return self._radius.get(server)
