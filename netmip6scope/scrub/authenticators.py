"""Authenticators after a change: what was good under its key is good again.

What was bad stays bad, and what no key is known for becomes as meaningless as it was.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from dissectors.authentication.carrier import Carrier
from dissectors.authentication.checks import Checks
from dissectors.authentication.keys import Keys
from dissectors.authentication.verdict import Checked, State
from dissectors.profile import Profile
from dissectors.tree import decode
from netmip6scope.scrub.pseudonyms import Pseudonyms

_Places = dict[tuple[int, int], Checked]


class Authenticators:
    """Makes those of frame after frame anew; a capture's frames are given in order."""

    def __init__(self, keys: Keys, names: Pseudonyms, profile: Profile) -> None:
        def address(one: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
            return ip_address((names.six if one.version == 6 else names.four)(one.packed))

        self.keys = keys.renamed(address, names.text)
        self._before = Noted(keys)
        self._after = Noted(self.keys)
        self._profile = profile

    def good(self, octets: bytes, link_type: int, wirelen: int) -> set[tuple[int, int]]:
        """Places in the frame of authenticators that their keys say are right."""
        found = self._before.look(octets, link_type, wirelen, self._profile)
        return {place for place, one in found.items() if one.verdict.state is State.GOOD}

    def wrong(
        self, octets: bytes, link_type: int, wirelen: int, good: set[tuple[int, int]]
    ) -> _Places:
        """Of these places, those where something else must stand now."""
        found = self._after.look(octets, link_type, wirelen, self._profile)
        return {
            place: one
            for place, one in found.items()
            if place in good and one.verdict.state is State.BAD and one.verdict.expected
        }


class Noted(Checks):
    """Notes what is checked in the frame itself; what is inside of something else is not."""

    def look(self, octets: bytes, link_type: int, wirelen: int, profile: Profile) -> _Places:
        self._frame = octets
        self._found: _Places = {}
        decode(octets, link_type, wirelen, profile, self)
        return self._found

    def mobility(
        self, data: bytes, begin: int, limit: int, carrier: Carrier | None
    ) -> list[Checked]:
        return self._noted(data, super().mobility(data, begin, limit, carrier))

    def radius(self, data: bytes, begin: int, end: int, carrier: Carrier | None) -> list[Checked]:
        return self._noted(data, super().radius(data, begin, end, carrier))

    def ah(self, data: bytes, ip_begin: int | None, begin: int) -> Checked:
        found = super().ah(data, ip_begin, begin)
        self._noted(data, [found])
        return found

    def _noted(self, data: bytes, found: list[Checked]) -> list[Checked]:
        if data == self._frame:
            self._found |= {(one.begin, one.end): one for one in found}
        return found
