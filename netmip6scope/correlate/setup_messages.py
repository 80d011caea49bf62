"""Messages before a mobile node's binding, and the exchanges that they make."""

from __future__ import annotations

from dataclasses import dataclass, field

from dissectors.handoff import Access

PATIENCE_NS = 60 * 10**9
"""An exchange that is older is another one."""
OF_MESSAGE = (
    "kind",
    "time_ns",
    "frame",
    "src",
    "dst",
    "mn_id",
    "hoa",
    "identifier",
    "client",
    "status",
    "marks",
)
"""Columns of which a SetupMessage is made."""
_FAMILIES = {
    "dhcp6-": Access.DHCPV6,
    "dhcp4-": Access.DHCPV4,
    "ppp-ipv6cp-": Access.IPV6CP,
    "ppp-ipcp-": Access.IPCP,
}


@dataclass(slots=True)
class SetupMessage:
    """A message; `order` is its number among all, the others are as in MessageBatch."""

    kind: str
    time_ns: int
    order: int
    frame: int
    src: int
    dst: int
    mn_id: int
    address: int
    identifier: int
    client: int
    status: int
    marks: int


@dataclass(slots=True)
class Exchange:
    """Messages in time order."""

    access: Access
    messages: list[SetupMessage] = field(default_factory=list)
    done_ns: int | None = None
    """When the answer came."""

    @property
    def begin_ns(self) -> int:
        """When the first of them came."""
        return self.messages[0].time_ns


def family(kind: str) -> Access | None:
    """How an address is asked for by a message of this kind."""
    return next((access for begin, access in _FAMILIES.items() if kind.startswith(begin)), None)
