"""What replay compares of a message, field by field, and where the draft asks for it.

Fields that a node may choose are not here, or stand in `CHOSEN`: sequence numbers and Identifiers
are held against the node's own earlier ones, timestamps and authenticators against what they must
agree with. Of the answers to a mobile node it is the address that counts (draft 3.1-5, 3.2-5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypeVar

from dissectors.dhcpv4_options import Dhcpv4Type
from dissectors.dhcpv6 import Dhcpv6Type
from dissectors.handoff import (
    BindingContext,
    HomeAddressContext,
    HomeAgentContext,
    HoRequest,
    HoResponse,
    Ipv4HomeAddressContext,
    MapContext,
)
from dissectors.layout import Message, Options
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_options import Ipv4AddressAcknowledgement, Ipv4HomeAddress, MesgId
from dissectors.neighbor import RouterAdvertisement
from dissectors.neighbor_options import PrefixInformation
from replay import dhcp
from replay.binding_client import UNIT_S, named
from replay.context import identity_in
from replay.packets import Datagram, Packet
from replay.security import authentication_of, care_of

Value = int | str | bool | None
M = TypeVar("M", bound=Message)


class Kind(Enum):
    """Messages that are judged; the value is the contract's `kind`."""

    BINDING_UPDATE = "bu"
    BINDING_ACKNOWLEDGEMENT = "ba"
    HO_REQUEST = "ho-request"
    HO_RESPONSE = "ho-response"
    ROUTER_ADVERTISEMENT = "ra"
    DHCPV6_ADVERTISE = "dhcp6-advertise"
    DHCPV6_REPLY = "dhcp6-reply"
    DHCPV4_OFFER = "dhcp4-offer"
    DHCPV4_ACK = "dhcp4-ack"
    ROUTER_SOLICITATION = "rs"
    DHCPV6_REQUEST = "dhcp6-request"
    DHCPV4_REQUEST = "dhcp4-request"
    RADIUS_REQUEST = "radius-access-request"
    RADIUS_ANSWER = "radius answer"
    USER_DATA = "user data"
    """In closed replay, by the tunnel that it takes."""


ANSWERS_TO_HOST = frozenset(
    (
        Kind.ROUTER_ADVERTISEMENT,
        Kind.DHCPV6_ADVERTISE,
        Kind.DHCPV6_REPLY,
        Kind.DHCPV4_OFFER,
        Kind.DHCPV4_ACK,
    )
)
_DHCPV6 = {
    Dhcpv6Type.ADVERTISE: Kind.DHCPV6_ADVERTISE,
    Dhcpv6Type.REPLY: Kind.DHCPV6_REPLY,
}
_DHCPV4 = {Dhcpv4Type.OFFER: Kind.DHCPV4_OFFER, Dhcpv4Type.ACK: Kind.DHCPV4_ACK}
_KINDS: dict[type, Kind] = {
    BindingUpdate: Kind.BINDING_UPDATE,
    BindingAcknowledgement: Kind.BINDING_ACKNOWLEDGEMENT,
    HoRequest: Kind.HO_REQUEST,
    HoResponse: Kind.HO_RESPONSE,
    RouterAdvertisement: Kind.ROUTER_ADVERTISEMENT,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is compared. `section`: the draft's, where no other document is named."""

    name: str
    value: Value
    section: str


CHOSEN = frozenset(("sequence", "identifier"))
"""Fields that are not compared for equality here."""


def kind_of(packet: object) -> Kind | None:
    """None for what is not judged."""
    if not isinstance(packet, Packet):
        return None
    payload = packet.payload
    if isinstance(payload, Datagram):
        six, four = dhcp.dhcpv6(payload), dhcp.dhcpv4(payload)
        if six is not None:
            return _DHCPV6.get(Dhcpv6Type(six.msg_type)) if six.msg_type in _SIX else None
        kind4 = None if four is None else dhcp.type4(four)
        return _DHCPV4.get(Dhcpv4Type(kind4)) if kind4 in _FOUR else None
    return _KINDS.get(type(payload))


_SIX = frozenset(_DHCPV6)
_FOUR = frozenset(_DHCPV4)


def who(packet: Packet) -> bytes | None:
    """The mobile node that a binding or handoff message names."""
    payload = packet.payload
    if isinstance(payload, BindingUpdate | BindingAcknowledgement):
        return named(payload.options)
    if isinstance(payload, HoRequest | HoResponse):
        return identity_in(payload.options)
    return None


def fields(packet: Packet) -> tuple[Field, ...]:
    """All that is compared of a message."""
    return tuple(_FIELDS[kind](packet)) if (kind := kind_of(packet)) else ()


def _ends(packet: Packet, section: str) -> Iterator[Field]:
    yield Field("source", _shown(packet.source), section)
    yield Field("destination", _shown(packet.destination), section)


def _update(packet: Packet) -> Iterator[Field]:
    update = packet.payload
    assert isinstance(update, BindingUpdate)
    yield from _ends(packet, "3.1-3")
    yield Field("mobile node identifier", _text(named(update.options)), "6.2")
    yield Field("home address", _text(packet.home_address), "3.1-3, 3.3-5")
    yield Field("care-of address", _shown(care_of(packet)), "3.1-3")
    yield Field("acknowledge (A)", update.ack, "RFC 6275 6.1.7")
    yield Field("home registration (H)", update.home, "RFC 6275 6.1.7")
    yield Field("MAP registration (M)", update.map_registration, "5.1")
    yield Field("lifetime", update.lifetime * UNIT_S, "6.2")
    home4 = _first(Ipv4HomeAddress, update.options)
    yield Field("IPv4 home address", None if home4 is None else _shown(home4.address), "3.2-3")
    yield Field("timestamp", _has(MesgId, update.options), "RFC 4285 6")
    yield from _authenticated(packet)
    yield Field("sequence", update.sequence, "RFC 6275 9.5.1")


def _acknowledgement(packet: Packet) -> Iterator[Field]:
    ack = packet.payload
    assert isinstance(ack, BindingAcknowledgement)
    yield from _ends(packet, "3.1-4")
    yield Field("mobile node identifier", _text(named(ack.options)), "6.3")
    yield Field("status", ack.status, "RFC 6275 6.1.8")
    yield Field("acknowledged sequence", ack.sequence, "RFC 6275 6.1.8")
    yield Field("lifetime", ack.lifetime * UNIT_S, "RFC 6275 6.1.8")
    yield Field("home address", _text(packet.routed), "3.1-4, 3.3-9")
    home4 = next((o for o in ack.options if isinstance(o, _HOME4)), None)
    yield Field("IPv4 home address", None if home4 is None else _shown(home4.address), "3.2-4")
    stamp = _first(MesgId, ack.options)
    yield Field("echoed timestamp", None if stamp is None else stamp.timestamp, "RFC 4285 6")
    yield from _authenticated(packet)


_HOME4 = (Ipv4AddressAcknowledgement, Ipv4HomeAddress)


def _authenticated(packet: Packet) -> Iterator[Field]:
    option = authentication_of(packet)
    yield Field("SPI", None if option is None else option.spi, "3.1, 7")


def _request(packet: Packet) -> Iterator[Field]:
    request = packet.payload
    assert isinstance(request, HoRequest)
    yield from _ends(packet, "4.1")
    yield Field("hop limit", packet.hop_limit, "4.1")
    yield Field("context request (C)", request.context, "4.1")
    yield Field("handoff request (H)", request.handoff, "4.1")
    yield Field("reserved", request.reserved, "4.1")
    yield Field("mobile node identifier", _text(identity_in(request.options)), "4.1")
    yield Field("AH SPI", None if packet.ah is None else packet.ah.spi, "4.1, 7")
    yield Field("identifier", request.identifier, "4.1")


def _response(packet: Packet) -> Iterator[Field]:
    response = packet.payload
    assert isinstance(response, HoResponse)
    yield from _ends(packet, "4.2")
    yield Field("hop limit", packet.hop_limit, "4.2")
    yield Field("copied identifier", response.identifier, "4.2")
    yield Field("status", response.status, "4.2")
    yield Field("AH SPI", None if packet.ah is None else packet.ah.spi, "4.2, 7")
    if response.status:
        return
    told = response.options
    yield Field("mobile node identifier", _text(identity_in(told)), "3.3-4")
    home = _first(HomeAddressContext, told)
    yield Field("home address", None if home is None else _shown(home.address), "3.3-4")
    agent = _first(HomeAgentContext, told)
    yield Field("home agent", None if agent is None else _shown(agent.address), "3.3-4")
    home4 = _first(Ipv4HomeAddressContext, told)
    yield Field("IPv4 home address", None if home4 is None else _shown(home4.address), "3.3-4")
    binding = _first(BindingContext, told)
    lifetime = None if binding is None else binding.lifetime * UNIT_S
    yield Field("granted lifetime", lifetime, "3.3-4")
    yield Field("remaining lifetime", None if binding is None else binding.remaining, "3.3-4")
    yield Field("context sequence", None if binding is None else binding.sequence, "3.3-4")
    domain = _first(MapContext, told)
    yield Field("MAP", None if domain is None else _shown(domain.map), "5.1")
    yield Field("RCoA", None if domain is None else _shown(domain.rcoa), "5.1")


def _advertisement(packet: Packet) -> Iterator[Field]:
    message = packet.payload
    assert isinstance(message, RouterAdvertisement)
    prefix = _first(PrefixInformation, message.options)
    yield Field("prefix", None if prefix is None else _shown(prefix.prefix), "3.1-5")


def _dhcpv6(packet: Packet) -> Iterator[Field]:
    assert isinstance(packet.payload, Datagram)
    message = dhcp.dhcpv6(packet.payload)
    address = None if message is None else dhcp.offered6(message)
    yield Field("address", _text(address), "3.1-5")


def _dhcpv4(packet: Packet) -> Iterator[Field]:
    assert isinstance(packet.payload, Datagram)
    message = dhcp.dhcpv4(packet.payload)
    yield Field("address", None if message is None else _shown(message.your_address), "3.2-5")


_FIELDS = {
    Kind.BINDING_UPDATE: _update,
    Kind.BINDING_ACKNOWLEDGEMENT: _acknowledgement,
    Kind.HO_REQUEST: _request,
    Kind.HO_RESPONSE: _response,
    Kind.ROUTER_ADVERTISEMENT: _advertisement,
    Kind.DHCPV6_ADVERTISE: _dhcpv6,
    Kind.DHCPV6_REPLY: _dhcpv6,
    Kind.DHCPV4_OFFER: _dhcpv4,
    Kind.DHCPV4_ACK: _dhcpv4,
}


def _first(kind: type[M], options: Options) -> M | None:
    return next((option for option in options if isinstance(option, kind)), None)


def _has(kind: type[Message], options: Options) -> bool:
    return _first(kind, options) is not None


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else _shown(value)


@lru_cache(maxsize=4096)
def _shown(address: object) -> str:
    """Few addresses come again and again."""
    return str(address)


SECTIONS = {
    Kind.BINDING_UPDATE: "3.1-3, 3.3-5, 3.3-8, 6.2",
    Kind.BINDING_ACKNOWLEDGEMENT: "3.1-4, 3.3-6",
    Kind.HO_REQUEST: "3.3-3, 4.1",
    Kind.HO_RESPONSE: "3.3-4, 4.2",
    Kind.ROUTER_ADVERTISEMENT: "3.1-5",
    Kind.DHCPV6_ADVERTISE: "3.1-5",
    Kind.DHCPV6_REPLY: "3.1-5",
    Kind.DHCPV4_OFFER: "3.2-5",
    Kind.DHCPV4_ACK: "3.2-5",
    Kind.ROUTER_SOLICITATION: "3.1-2",
    Kind.DHCPV6_REQUEST: "3.1-2",
    Kind.DHCPV4_REQUEST: "3.2-2",
    Kind.RADIUS_REQUEST: "3.1-1",
    Kind.RADIUS_ANSWER: "3.1-1",
    Kind.USER_DATA: "3.3, 6.3",
}
"""Where the draft says that a node sends it."""
