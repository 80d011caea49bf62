"""Which router and mobile node a question for an address concerns, and the answers to it.

Nothing in a Router Solicitation or in DHCP names either. The answer does, by the home address that
a Binding Acknowledgement brought to the router; else the next Binding Update that asks for one.
"""

from __future__ import annotations

from bisect import bisect_right
from ipaddress import IPv4Address, IPv6Address

from dissectors.dhcpv4 import Dhcpv4Message
from dissectors.dhcpv4_options import Dhcpv4Type
from dissectors.dhcpv6 import Dhcpv6Type
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_options import Ipv4AddressAcknowledgement
from dissectors.neighbor import RouterAdvertisement, RouterSolicitation
from replay import dhcp, slaac
from replay.binding_client import ANY_IPV4, REJECTED
from replay.packets import Address, Datagram, Packet
from replay.surroundings import Surroundings
from replay.trace import Step

SOON_NS = 1_000_000_000
_PREFIX = 64
_LINK_OCTETS = 6
Client = bytes
"""Link-layer address of a mobile node, or what stands for it."""
Subject = tuple[IPv6Address, bytes]
"""An access router and a mobile node."""


def join_access(around: Surroundings) -> None:
    """Give the messages of access links their router and mobile node, where they can be told."""
    taken: set[int] = set()
    owner: dict[Client, Subject] = {}
    for step in around.trace.steps:
        client, is_first = _asker(step.packet)
        if client is None:
            client = _answered_to(step.packet)
            if client is not None and client in owner:
                step.sender, step.mn_id = owner[client]
                step.link = client
            continue
        if is_first:
            subject = _subject(around, step, client, owner.get(client), taken)
            if subject is not None:
                owner[client] = subject
                around.links[subject[1]] = client
        if client in owner:
            step.receiver, step.mn_id = owner[client]
            step.link = client


def _subject(
    around: Surroundings, asked: Step, client: Client, earlier: Subject | None, taken: set[int]
) -> Subject | None:
    """Router and mobile node of a question, by its answer or by its time.

    earlier: those of the client's earlier questions. taken: Binding Updates that others led to.
    """
    steps, latest_ns = around.trace.steps, asked.time_ns + 5 * SOON_NS
    near = steps[asked.number + 1 : bisect_right(steps, latest_ns, key=lambda s: s.time_ns)]
    told = ((s, _address_for(s.packet, client)) for s in near)
    reply, given = next(((s, a) for s, a in told if a is not None), (None, None))
    found: Step | None = None
    if reply is not None and given is not None:
        brought = (s for s in near if s.number < reply.number and _brings(s.packet, given))
        found = next(brought, None)
    about = None if earlier is None else earlier[1]
    for update in near:
        if not _asks(update.packet) or update.number in taken:
            continue
        by_answer = found is not None and (update.sender, update.mn_id) == (
            found.receiver,
            found.mn_id,
        )
        soon = update.time_ns <= asked.time_ns + SOON_NS
        strange = update.mn_id in around.links if about is None else update.mn_id != about
        if by_answer or (found is None and soon and not strange):
            taken.add(update.number)
            around.attached_with[asked.number] = update
            return _named(update.sender, update.mn_id)
    return None if found is None else _named(found.receiver, found.mn_id)


def _named(router: IPv6Address | None, mn_id: bytes | None) -> Subject | None:
    return None if router is None or mn_id is None else (router, mn_id)


def _asks(packet: Packet) -> bool:
    """Whether it is a Binding Update that may be a mobile node's first."""
    update = packet.payload
    return isinstance(update, BindingUpdate) and update.lifetime > 0


def _brings(packet: Packet, given: Address) -> bool:
    """Whether an acknowledgement has the address, or one in its prefix."""
    ack = packet.payload
    if not isinstance(ack, BindingAcknowledgement) or ack.status >= REJECTED:
        return False
    if isinstance(given, IPv4Address):
        found = (o.address for o in ack.options if isinstance(o, Ipv4AddressAcknowledgement))
        return given in found
    home = packet.routed
    return home is not None and int(home) >> _PREFIX == int(given) >> _PREFIX


# Who asks, who is answered


def _asker(packet: Packet) -> tuple[Client | None, bool]:
    """The mobile node that asks, and whether it is its first question."""
    payload = packet.payload
    if isinstance(payload, RouterSolicitation):
        return _client(packet.source), True
    if not isinstance(payload, Datagram):
        return None, False
    if payload.destination_port == dhcp.SERVER6:
        six = dhcp.dhcpv6(payload)
        return (
            (None, False)
            if six is None
            else (
                _client(packet.source),
                six.msg_type == Dhcpv6Type.SOLICIT,
            )
        )
    if payload.destination_port == dhcp.SERVER4:
        four = dhcp.dhcpv4(payload)
        if four is not None:
            return _hardware(four), dhcp.type4(four) == Dhcpv4Type.DISCOVER
    return None, False


def _answered_to(packet: Packet) -> Client | None:
    payload = packet.payload
    if isinstance(payload, RouterAdvertisement):
        return _client(packet.destination)
    if not isinstance(payload, Datagram):
        return None
    if payload.source_port == dhcp.SERVER6:
        return _client(packet.destination)
    four = dhcp.dhcpv4(payload) if payload.source_port == dhcp.SERVER4 else None
    return None if four is None else _hardware(four)


def _address_for(packet: Packet, client: Client) -> Address | None:
    """The address, or an address of the prefix, that this tells the client."""
    if _answered_to(packet) != client:
        return None
    payload = packet.payload
    if isinstance(payload, RouterAdvertisement):
        return slaac.prefix_told(payload)
    assert isinstance(payload, Datagram)
    six = dhcp.dhcpv6(payload)
    if six is not None:
        return dhcp.offered6(six)
    four = dhcp.dhcpv4(payload)
    return None if four is None or four.your_address == ANY_IPV4 else four.your_address


def _hardware(message: Dhcpv4Message) -> Client:
    """The link-layer address, with as many octets as others'."""
    return message.client_hardware[: message.hardware_length].ljust(_LINK_OCTETS, b"\0")[
        :_LINK_OCTETS
    ]


def _client(address: Address) -> Client | None:
    """The link-layer address in a link-local one (RFC 4291 appendix A); else its last octets."""
    if not isinstance(address, IPv6Address) or not address.is_link_local:
        return None
    octets = address.packed[8:]
    if octets[3:5] == b"\xff\xfe":
        return bytes((octets[0] ^ 2,)) + octets[1:3] + octets[5:]
    return octets[2:]
