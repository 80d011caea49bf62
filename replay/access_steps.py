"""Which router and mobile node a question for an address concerns, and the answers to it.

Nothing in a Router Solicitation or in DHCP names either. The answer does, by the home address that
a Binding Acknowledgement brought to the router; else the next Binding Update that asks for one.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from dissectors.dhcpv4_options import Dhcpv4Type
from dissectors.dhcpv6 import Dhcpv6Type
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_options import Ipv4AddressAcknowledgement, Ipv4HomeAddress
from dissectors.neighbor import RouterAdvertisement, RouterSolicitation
from replay import dhcp, slaac
from replay.binding_client import ANY_IPV4, REJECTED
from replay.packets import UNSPECIFIED, Address, Datagram, Packet
from replay.router_shell import Surroundings
from replay.trace import Step
from replay.update_checks import ALL_ONES

SOON_NS = 1_000_000_000
_PREFIX = 64
Client = bytes
"""Link-layer address of a mobile node, or what stands for it."""


def join_access(around: Surroundings) -> None:
    """Give the messages of access links their router and mobile node, where they can be told."""
    steps = around.trace.steps
    taken: set[int] = set()
    owner: dict[Client, tuple[IPv6Address, bytes]] = {}
    for step in steps:
        client, is_first = _asker(step.packet)
        if client is not None:
            earlier = owner.get(client)
            about = None if earlier is None else earlier[1]
            update = _led_to(around, step, client, about, taken) if is_first else None
            if update is not None and update.sender is not None and update.mn_id is not None:
                owner[client] = update.sender, update.mn_id
                around.links[update.mn_id] = client
                if update.number not in taken:
                    around.attached_with[step.number] = update
                taken.add(update.number)
            if client in owner:
                step.receiver, step.mn_id = owner[client]
                step.link = client
            continue
        client = _answered_to(step.packet)
        if client is not None and client in owner:
            step.sender, step.mn_id = owner[client]
            step.link = client


def _led_to(
    around: Surroundings, asked: Step, client: Client, about: bytes | None, taken: set[int]
) -> Step | None:
    """The Binding Update that a question led to, by its answer or by its time.

    about: whom the client's earlier questions were about.
    """
    later = around.trace.steps[asked.number + 1 :]
    near = [s for s in later if s.time_ns <= asked.time_ns + 5 * SOON_NS]
    given = next((a for s in near if (a := _address_for(s.packet, client)) is not None), None)
    nearby = [
        s
        for s in around.trace.steps[max(0, asked.number - 200) : asked.number] + near
        if isinstance(s.packet.payload, BindingUpdate)
    ]
    if given is not None:
        for update in nearby:
            answer = around.answers.get(update.number)
            if answer is not None and _brings(answer.packet, given):
                return update
    for update in nearby:
        soon = asked.number < update.number and update.time_ns <= asked.time_ns + SOON_NS
        other = about is not None and update.mn_id != about
        strange = about is None and update.mn_id in around.links
        if soon and update.number not in taken and not (other or strange) and _asks(update.packet):
            return update
    return None


def _asks(packet: Packet) -> bool:
    update = packet.payload
    assert isinstance(update, BindingUpdate)
    home4 = next((o.address for o in update.options if isinstance(o, Ipv4HomeAddress)), None)
    asks = packet.home_address in (None, UNSPECIFIED, ALL_ONES)
    return asks and home4 in (None, ANY_IPV4) and update.lifetime > 0


def _brings(packet: Packet, given: Address) -> bool:
    """Whether an acknowledgement has the address, or one in its prefix."""
    ack = packet.payload
    assert isinstance(ack, BindingAcknowledgement)
    if ack.status >= REJECTED:
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
            hardware = four.client_hardware[: four.hardware_length]
            return hardware, dhcp.type4(four) == Dhcpv4Type.DISCOVER
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
    return None if four is None else four.client_hardware[: four.hardware_length]


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


def _client(address: Address) -> Client | None:
    """The link-layer address in a link-local one (RFC 4291 appendix A); else its last octets."""
    if not isinstance(address, IPv6Address) or not address.is_link_local:
        return None
    octets = address.packed[8:]
    if octets[3:5] == b"\xff\xfe":
        return bytes((octets[0] ^ 2,)) + octets[1:3] + octets[5:]
    return octets[2:]
