"""A frame on its way through the layers of the object lane.

A region's `end` is what lengths on the wire promise, `Packet.stop` where the captured octets end.
Octets beyond the end are malformed, those between stop and end are cut: different anomalies.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dissectors.authentication.carrier import Carrier
from dissectors.authentication.checks import Checks
from dissectors.fragments import Fragments
from dissectors.layout import Anomaly, Message, Registry
from dissectors.listed import option_nodes
from dissectors.node import Node
from dissectors.part import Part as Part  # noqa: PLC0414 - what `read` gives
from dissectors.plan import plan_of
from dissectors.profile import Profile
from dissectors.raw import raw as raw  # noqa: PLC0414 - layers need both

SNAPPED = "cut by the snap length"
QUOTED = "cut where the quoted packet ends"

_IPV6_ADDRESS = 16


@dataclass(slots=True)
class Packet:
    """The frame, and what upper layers need to know of the lower ones.

    source, destination: the 16 or 4 octets that checksums see, if they are known.
    """

    data: bytes
    stop: int
    profile: Profile
    cut: str = SNAPPED
    depth: int = 0
    nested: int = 0
    """Option lists around."""
    source: bytes | None = None
    destination: bytes | None = None
    padded: bool = False
    """Radiotap said that an 802.11 header is filled up to four octets."""
    path: tuple[bytes, ...] = ()
    """Source and destination of each IP header up to here."""
    fragments: Fragments | None = None
    time_ns: int = 0
    checks: Checks | None = None
    ip_begin: int | None = None
    """Where the innermost IP header begins; None if it is not in `data`."""
    carrier: Carrier | None = None
    """What it says, of a packet that ESP carried without an IP header of its own."""

    @property
    def is_ipv6(self) -> bool:
        """Whether the innermost IP header is IPv6's."""
        return self.source is not None and len(self.source) == _IPV6_ADDRESS

    def lack(self, begin: int, size: int, end: int, what: str) -> Anomaly | None:
        """The anomaly if `size` octets at `begin` are not all there."""
        if begin + size <= min(end, self.stop):
            return None
        # The first octet that lacks is one that was cut, whatever else is wrong with the lengths.
        if self.stop < end:
            return Anomaly(f"{what}: {self.cut}", min(begin + size, self.stop))
        return Anomaly(f"{what} needs {size} octets, {max(0, end - begin)} are there", begin)

    def inside(self, data: bytes, stop: int, carrier: Carrier) -> Packet:
        """What ESP carried, in data[:stop]; it has the addresses of the packet around it."""
        inner = replace(self, data=data, stop=stop, cut=SNAPPED, padded=False)
        inner.depth += 1
        inner.carrier, inner.ip_begin = carrier, None
        return inner

    def quote(self, end: int) -> Packet:
        """A packet quoted in this one up to `end`: octets behind the quote are cut, not wrong."""
        cut = self.cut if end > self.stop else QUOTED
        return Packet(self.data, min(end, self.stop), self.profile, cut, self.depth)

    def joined(self, octets: bytes) -> Packet:
        """Octets put together of several places, with a place of their own to count from.

        The IP header before them is not there, so nothing that depends on it is verified.
        """
        return replace(
            self, data=octets, stop=len(octets), padded=False, checks=None, ip_begin=None
        )

    def options(self, registry: Registry, begin: int, end: int) -> tuple[list[Node], list[Anomaly]]:
        """The options at [begin, end), and what is odd about their list."""
        return option_nodes(self, registry, begin, end)

    def read(self, message: type[Message], begin: int, end: int, *, tail: bool = True) -> Part:
        """The fields of a message at [begin, end); without `tail`, its fixed part alone."""
        return Part(self, plan_of(message), begin, end, tail=tail)
