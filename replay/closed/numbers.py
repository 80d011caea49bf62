"""Numbers that a node may choose: the recorded ones, where it has sent what was recorded.

So sequence numbers, Identifiers and timestamps begin where the trace's do and go on from there.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

from dissectors.handoff import HoRequest, HoResponse
from dissectors.layout import values
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from replay.access_router import AccessRouter
from replay.binding_client import update_packet
from replay.mobile import Mobile
from replay.packets import UNSPECIFIED, Packet
from replay.registration import Client
from replay.security import authentication_of, protected
from replay.trace import Step
from replay.update_checks import ALL_ONES, timestamp_of


def as_recorded(router: AccessRouter, packet: Packet, step: Step, mn_id: bytes) -> Packet:
    """The packet with the recorded numbers; the router goes on from them."""
    mobile = router.mobiles.get(mn_id)
    made, told = packet.payload, step.packet.payload
    if isinstance(made, BindingUpdate) and isinstance(told, BindingUpdate) and mobile is not None:
        return _update(router, mobile, packet, step.packet, step.time_ns)
    if isinstance(made, HoRequest) and isinstance(told, HoRequest) and mobile is not None:
        router.renumber(mobile, told.identifier, step.time_ns)
        router.look_again(mobile)
        again = HoRequest(**values(made) | {"identifier": told.identifier})
        return _sealed(router, replace(packet, payload=again), step.packet)
    if isinstance(made, HoRequest | HoResponse):
        return _sealed(router, packet, step.packet)
    return packet


def _update(
    router: AccessRouter, mobile: Mobile, packet: Packet, recorded: Packet, time_ns: int
) -> Packet:
    made, told = packet.payload, recorded.payload
    assert isinstance(made, BindingUpdate)
    assert isinstance(told, BindingUpdate)
    for client in (mobile.registration.local, mobile.registration.home):
        if client is None or client.binding.peer != packet.destination:
            continue
        if client.binding.sequence != made.sequence:
            continue
        settings = mobile.registration.settings
        client.binding = replace(
            client.binding,
            sequence=told.sequence,
            timestamp=timestamp_of(told) or client.binding.timestamp,
            sent_ns=time_ns,
            home=_formed(client, recorded),
        )
        router.look_again(mobile)
        return update_packet(client.binding, settings)
    return packet


def _formed(client: Client, recorded: Packet) -> IPv6Address | None:
    """The binding's home address; of a MAP's, the RCoA that the router has formed."""
    binding = client.binding
    asks = recorded.home_address in (None, UNSPECIFIED, ALL_ONES)
    return binding.home if asks or not binding.local else recorded.home_address


def sealed_as_recorded(packet: Packet, step: Step) -> Packet:
    """The packet with the recorded seal, where nobody has a key to make one or to judge it."""
    made, told = packet.payload, step.packet.payload
    if step.seen.sealed is not None:
        return packet
    if isinstance(made, HoRequest | HoResponse) and packet.ah is None:
        return replace(packet, ah=step.packet.ah)
    if not isinstance(made, BindingUpdate | BindingAcknowledgement) or type(made) is not type(told):
        return packet
    seal = authentication_of(step.packet)
    if seal is None or authentication_of(packet) is not None:
        return packet
    with_seal = type(made)(**values(made) | {"options": (*made.options, seal)})
    return replace(packet, payload=with_seal)


def _sealed(router: AccessRouter, packet: Packet, recorded: Packet) -> Packet:
    """With the sequence number of the recorded AH, and its own ICV."""
    if packet.ah is None or recorded.ah is None or packet.ah.spi != recorded.ah.spi:
        return packet
    association = router.go_on_from(packet.destination, recorded.ah.sequence)
    if association is None:
        return packet
    bare = replace(packet, ah=None)
    return protected(bare, association, recorded.ah.sequence, router.config.profile)
