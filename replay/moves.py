"""What happens to an access router's model that no packet of a trace tells.

Functions of the model and a time, as an event is: what follows comes back. They change what the
model knows the way that a base station, an AAA server or a wait would.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from ipaddress import IPv6Address

from replay import dhcp, ntp, slaac
from replay.access_router import AccessRouter
from replay.binding_client import LONGEST_TIMEOUT_NS
from replay.binding_client import State as ClientState
from replay.context import Context
from replay.context_target import ATTEMPTS
from replay.context_target import State as TransferState
from replay.events import Arrived, Deadline, Effects, LinkUp
from replay.link_session import SILENCE_NS, WAITS_NS
from replay.mobile import Mobile
from replay.packets import UNSPECIFIED, Address, Datagram, Packet
from replay.registration import Client
from replay.scenario import CORRESPONDENT_IPV4, CORRESPONDENT_IPV6
from replay.trace import Step
from replay.update_checks import ALL_ONES
from replay.wishes import Wishes

_DISCARD = Datagram(9, 9, b"")


def wait_on(mobile: Mobile, now_ns: int) -> None:
    """Begin those waits anew whose length nobody has set down."""
    if mobile.session in WAITS_NS and mobile.since_ns + WAITS_NS[mobile.session] <= now_ns:
        mobile.since_ns = now_ns
    if mobile.session in SILENCE_NS:
        mobile.heard_ns = max(mobile.heard_ns, now_ns)
    transfer = mobile.transfer
    if transfer is not None and mobile.transfer_state is TransferState.REQUESTED:
        mobile.transfer = replace(transfer, sent_ns=now_ns)
    for client in (mobile.registration.local, mobile.registration.home):
        if client is not None and client.state is ClientState.REGISTERED:
            binding = client.binding
            client.binding = replace(
                binding, refresh_ns=max(binding.refresh_ns, binding.expires_ns)
            )


def wait_longer(client: Client, now_ns: int) -> None:
    """It is not known when an update that waits for its answer is sent again."""
    binding = client.binding
    if (
        client.state is not ClientState.REGISTERED
        and binding.sent_ns + binding.timeout_ns <= now_ns
    ):
        client.binding = replace(binding, timeout_ns=now_ns - binding.sent_ns + 1)
    if client.state in (ClientState.REFRESHING, ClientState.RELEASING):
        expires_ns = max(client.binding.expires_ns, now_ns + LONGEST_TIMEOUT_NS)
        client.binding = replace(client.binding, expires_ns=expires_ns)


def resend(node: object, now_ns: int, *, mn_id: bytes, peer: Address) -> Effects:
    """An update that waits for its answer is sent again."""
    mobile = _router_of(node).mobiles.get(mn_id)
    for client in () if mobile is None else mobile.registration.clients():
        if client.binding.peer == peer and client.state is not ClientState.REGISTERED:
            timeout_ns = max(now_ns - client.binding.sent_ns, 0)
            client.binding = replace(client.binding, timeout_ns=timeout_ns)
            assert mobile is not None
            return _due_now(_router_of(node), mobile, now_ns)
    return ()


def is_own(move: object) -> bool:
    """Whether it is a time that the router chose: to ask again, to give up, to let go."""
    return isinstance(move, partial) and move.func in (wake, resend, ask_again, give_up, wait_over)


def _router_of(node: object) -> AccessRouter:
    assert isinstance(node, AccessRouter)
    return node


def wake(node: object, now_ns: int, *, latest_ns: int) -> Effects:
    """Its next deadline comes a little early."""
    router = _router_of(node)
    due_ns = router.next_deadline_ns()
    if due_ns is None or due_ns > latest_ns:
        return ()
    return router.handle(Deadline(), max(now_ns, due_ns))


def aaa_said(node: object, _: int, *, update: Step) -> Effects:
    """What AAA assigns shows in the Binding Update: home agent, home address (draft 3.1-3)."""
    mobile = _router_of(node).mobiles.get(update.mn_id or b"")
    packet = update.packet
    if mobile is not None and isinstance(packet.destination, IPv6Address):
        asks = packet.home_address in (None, UNSPECIFIED, ALL_ONES)
        mobile.port.home = None if asks else packet.home_address
        mobile.port.home_agent = packet.destination
    return ()


def ask_again(node: object, now_ns: int, *, mn_id: bytes) -> Effects:
    mobile = _router_of(node).mobiles.get(mn_id)
    if mobile is None or mobile.transfer is None:
        return ()
    transfer = mobile.transfer
    mobile.transfer = replace(
        transfer,
        sent_ns=now_ns - transfer.timeout_ns,
        attempts=min(transfer.attempts, ATTEMPTS - 1),
    )
    return _due_now(_router_of(node), mobile, now_ns)


def give_up(node: object, now_ns: int, *, mn_id: bytes) -> Effects:
    """The context does not come."""
    mobile = _router_of(node).mobiles.get(mn_id)
    if mobile is None or mobile.transfer_state is not TransferState.REQUESTED:
        return ()
    assert mobile.transfer is not None
    transfer = mobile.transfer
    sent_ns = now_ns - transfer.timeout_ns
    mobile.transfer = replace(transfer, sent_ns=sent_ns, attempts=ATTEMPTS)
    return _due_now(_router_of(node), mobile, now_ns)


def wait_over(node: object, now_ns: int, *, mn_id: bytes) -> Effects:
    mobile = _router_of(node).mobiles.get(mn_id)
    if mobile is None or mobile.session not in WAITS_NS:
        return ()
    mobile.since_ns = now_ns - WAITS_NS[mobile.session]
    return _due_now(_router_of(node), mobile, now_ns)


def refresh(node: object, now_ns: int, *, mn_id: bytes, peer: Address) -> Effects:
    """One binding is refreshed before its time; when, is the router's to choose."""
    mobile = _router_of(node).mobiles.get(mn_id)
    if mobile is None:
        return ()
    for client in (mobile.registration.local, mobile.registration.home):
        is_meant = client is not None and client.binding.peer == peer
        if client is not None and is_meant and client.state is ClientState.REGISTERED:
            client.binding = replace(client.binding, refresh_ns=now_ns)
            return _due_now(_router_of(node), mobile, now_ns)
    return ()


def _due_now(router: AccessRouter, mobile: Mobile, now_ns: int) -> Effects:
    router.look_again(mobile)
    return router.handle(Deadline(), now_ns)


def take_over(node: object, now_ns: int, *, context: Context, link: bytes) -> Effects:
    """Be as after the mobile node has attached and talked."""
    router = _router_of(node)
    home = context.home or context.home4
    if home is None:
        return ()
    router.handle(LinkUp(context.mn_id, link), now_ns)
    router.handle(talk(home, link), now_ns)
    mobile = router.mobiles.get(context.mn_id)
    if mobile is not None and router.config.domain is not None:
        mobile.registration.stand(Wishes(router.config).from_context(context), now_ns)
    client = None if mobile is None else mobile.registration.home
    if mobile is None or client is None:
        return ()
    ends_ns = now_ns + context.remaining_s * ntp.SECOND_NS
    client.state = ClientState.REGISTERED
    client.binding = replace(
        client.binding,
        peer=context.home_agent or client.binding.peer,
        home=context.home,
        home4=context.home4,
        sequence=context.sequence,
        timestamp=context.timestamp,
        lifetime_units=context.lifetime_units,
        refresh_ns=ends_ns,
        expires_ns=ends_ns,
    )
    router.look_again(mobile)
    return ()


def question(link: bytes, *, ipv4: bool) -> Arrived:
    return Arrived(dhcp.discover4(link, 0) if ipv4 else slaac.solicitation(link), link)


def talk(home: Address, link: bytes) -> Arrived:
    to: Address = CORRESPONDENT_IPV6 if isinstance(home, IPv6Address) else CORRESPONDENT_IPV4
    return Arrived(Packet(home, to, _DISCARD), link)
