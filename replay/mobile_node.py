"""A mobile node: a plain host that knows nothing of all this (draft 6.1).

It proves who it is where the link asks for that (`supplicant`), then gets an address as its kind of
access has it: Router Solicitation, DHCPv6, DHCPv4, or PPP with IPV6CP or IPCP. An IPv6 address is
probed for before it is used (RFC 2462 5.4). It keeps the address when the link goes and comes back:
the network sees to the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address

from dissectors.authentication.secret import NO_KEY, Secret
from dissectors.dhcpv4 import Dhcpv4Message
from dissectors.dhcpv6 import Dhcpv6Message
from dissectors.handoff import Access, LinkAuthentication
from dissectors.ppp import PppCode
from replay import dhcp, ppp, slaac
from replay.binding_client import ANY_IPV4
from replay.events import Effects, Fact, Note, Send, Why
from replay.frames import EapolFrame
from replay.machine import Label, Table, never
from replay.packets import Address

PROBE_NS = 1_000_000_000
"""RFC 2462 5.4: one Neighbor Solicitation, then RETRANS_TIMER."""
SOLICIT_NS = 4_000_000_000
"""RFC 2461 10: RTR_SOLICITATION_INTERVAL; the others' intervals are taken to be the same."""
_WITHOUT_PPP = (Access.SLAAC, Access.DHCPV6, Access.DHCPV4)


@dataclass(frozen=True, slots=True)
class Host:
    """A mobile node's interface. `asked` counts its requests, `offer` is the one that it takes."""

    mn_id: bytes
    link: bytes
    access: Access = Access.SLAAC
    authentication: LinkAuthentication = LinkAuthentication.NONE
    secret: Secret = NO_KEY
    address: Address | None = None
    deadline_ns: int | None = None
    asked: int = 0
    offer: Dhcpv6Message | Dhcpv4Message | IPv4Address | None = None

    @property
    def has_ppp(self) -> bool:
        return self.access not in _WITHOUT_PPP


class State(Label):
    """How far the host is."""

    DOWN = "no link"
    AUTHENTICATING = "proving who it is"
    NEGOTIATING = "IPV6CP"
    PROBING_LINK = "probing its link-local address"
    SOLICITING = "asking for an address"
    REQUESTING = "taking the address offered"
    PROBING = "probing its address"
    READY = "has an address"
    PAUSED = "has an address, no link"
    STUCK = "address taken by another"
    DENIED = "not let in"


class Input(Label):
    """What can happen to it."""

    LINK_UP_LOCKED = "link up, authentication first"
    OPEN_IPV6 = "link open for IPv6"
    OPEN_IPV4 = "link open for IPv4"
    OPEN_IPV6CP = "link open for IPV6CP"
    LINK_DOWN = "link down"
    TIMER = "time over"
    DENY = "authentication failed"
    AGREED = "IPV6CP agreed"
    ADVERTISED = "prefix advertised"
    OFFERED = "address offered"
    TOLD_IPV6 = "IPv6 address confirmed"
    TOLD_IPV4 = "IPv4 address confirmed"
    CONFLICT = "address is another's"


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with an input."""

    now_ns: int
    prefix: IPv6Address | None = None
    address: Address | None = None
    offer: Dhcpv6Message | Dhcpv4Message | IPv4Address | None = None


Outcome = tuple[Host, Effects]
Action = Callable[[Host, Given], Outcome]


def start(host: Host, given: Given) -> Outcome:
    """Say that it is there: EAPOL-Start, or LCP."""
    host = _asking(host, given)
    if host.has_ppp:
        frame = ppp.lcp_request(host.asked & 0xFF, ppp.magic_of(host.link))
        return host, (Send(frame, Why.LINK, host.mn_id),)
    return host, (Send(EapolFrame(), Why.LINK, host.mn_id),)


def negotiate(host: Host, given: Given) -> Outcome:
    host = _asking(host, given)
    frame = ppp.ipv6cp_request(host.asked & 0xFF, host.link)
    return host, (Send(frame, Why.SOLICIT, host.mn_id),)


def probe_link(host: Host, given: Given) -> Outcome:
    probe = Send(slaac.duplicate_probe(slaac.link_local(host.link)), Why.NEIGHBOR, host.mn_id)
    return replace(host, deadline_ns=given.now_ns + PROBE_NS), (probe,)


def solicit(host: Host, given: Given) -> Outcome:
    host = _asking(host, given)
    if host.access is Access.IPCP:
        frame = ppp.ipcp(PppCode.CONFIGURE_REQUEST, host.asked & 0xFF, ANY_IPV4)
        return host, (Send(frame, Why.SOLICIT, host.mn_id),)
    if host.access is Access.DHCPV6:
        packet = dhcp.solicit6(host.link, _transaction(host))
    elif host.access is Access.DHCPV4:
        packet = dhcp.discover4(host.link, _transaction(host))
    else:
        packet = slaac.solicitation(host.link)
    return host, (Send(packet, Why.SOLICIT, host.mn_id),)


def request(host: Host, given: Given) -> Outcome:
    """Take what was offered."""
    host = replace(_asking(host, given), offer=given.offer)
    offer = host.offer
    if isinstance(offer, Dhcpv6Message):
        packet = dhcp.request6(host.link, offer, _transaction(host))
    elif isinstance(offer, Dhcpv4Message):
        packet = dhcp.request4(host.link, offer)
    else:
        assert isinstance(offer, IPv4Address)
        frame = ppp.ipcp(PppCode.CONFIGURE_REQUEST, host.asked & 0xFF, offer)
        return host, (Send(frame, Why.LINK, host.mn_id),)
    return host, (Send(packet, Why.LINK, host.mn_id),)


def probe(host: Host, given: Given) -> Outcome:
    address = given.address
    if given.prefix is not None:
        address = slaac.address_in(given.prefix, host.link)
    assert isinstance(address, IPv6Address)
    send = Send(slaac.duplicate_probe(address), Why.NEIGHBOR, host.mn_id)
    return replace(host, address=address, deadline_ns=given.now_ns + PROBE_NS), (send,)


def take(host: Host, given: Given) -> Outcome:
    """An IPv4 address is used at once."""
    return configured(replace(host, address=given.address), given)


def configured(host: Host, _: Given) -> Outcome:
    note = Note(Fact.HAS_ADDRESS, host.mn_id, host.address)
    return replace(host, deadline_ns=None), (note,)


def rest(host: Host, _: Given) -> Outcome:
    return replace(host, deadline_ns=None), ()


def forget(host: Host, _: Given) -> Outcome:
    return replace(host, address=None, deadline_ns=None, offer=None), ()


def nothing(host: Host, _: Given) -> Outcome:
    return host, ()


def _asking(host: Host, given: Given) -> Host:
    return replace(host, asked=host.asked + 1, deadline_ns=given.now_ns + SOLICIT_NS)


def _transaction(host: Host) -> int:
    """24 bits that differ between interfaces and requests (RFC 3315 15.1)."""
    return int.from_bytes(host.link[-3:], "big") * 257 + host.asked & 0xFFFFFF


_S, _I = State, Input
_OPENS = (_I.OPEN_IPV6, _I.OPEN_IPV4, _I.OPEN_IPV6CP)
_NO_LINK = (_S.DOWN, _S.PAUSED)
_LINKED = tuple(state for state in State if state not in _NO_LINK)
_TIMED = (
    _S.AUTHENTICATING,
    _S.NEGOTIATING,
    _S.PROBING_LINK,
    _S.SOLICITING,
    _S.REQUESTING,
    _S.PROBING,
)
_FROM_LINK = (
    _I.DENY,
    _I.AGREED,
    _I.ADVERTISED,
    _I.OFFERED,
    _I.TOLD_IPV6,
    _I.TOLD_IPV4,
    _I.CONFLICT,
)
_CHANGES: dict[tuple[State, Input], tuple[State, Action]] = {
    (_S.DOWN, _I.LINK_UP_LOCKED): (_S.AUTHENTICATING, start),
    (_S.DOWN, _I.OPEN_IPV6): (_S.PROBING_LINK, probe_link),
    (_S.DOWN, _I.OPEN_IPV4): (_S.SOLICITING, solicit),
    (_S.DOWN, _I.OPEN_IPV6CP): (_S.NEGOTIATING, negotiate),
    (_S.PAUSED, _I.LINK_UP_LOCKED): (_S.READY, nothing),
    **{(_S.PAUSED, opened): (_S.READY, nothing) for opened in _OPENS},
    **{(state, _I.LINK_DOWN): (_S.DOWN, forget) for state in _LINKED},
    (_S.READY, _I.LINK_DOWN): (_S.PAUSED, rest),
    (_S.AUTHENTICATING, _I.OPEN_IPV6): (_S.PROBING_LINK, probe_link),
    (_S.AUTHENTICATING, _I.OPEN_IPV4): (_S.SOLICITING, solicit),
    (_S.AUTHENTICATING, _I.OPEN_IPV6CP): (_S.NEGOTIATING, negotiate),
    (_S.AUTHENTICATING, _I.DENY): (_S.DENIED, rest),
    (_S.AUTHENTICATING, _I.TIMER): (_S.AUTHENTICATING, start),
    (_S.NEGOTIATING, _I.AGREED): (_S.SOLICITING, solicit),
    (_S.NEGOTIATING, _I.TIMER): (_S.NEGOTIATING, negotiate),
    (_S.PROBING_LINK, _I.TIMER): (_S.SOLICITING, solicit),
    (_S.PROBING_LINK, _I.CONFLICT): (_S.STUCK, rest),
    (_S.SOLICITING, _I.TIMER): (_S.SOLICITING, solicit),
    (_S.SOLICITING, _I.ADVERTISED): (_S.PROBING, probe),
    (_S.SOLICITING, _I.OFFERED): (_S.REQUESTING, request),
    (_S.REQUESTING, _I.TIMER): (_S.SOLICITING, solicit),
    (_S.REQUESTING, _I.TOLD_IPV6): (_S.PROBING, probe),
    (_S.REQUESTING, _I.TOLD_IPV4): (_S.READY, take),
    (_S.PROBING, _I.TIMER): (_S.READY, configured),
    (_S.PROBING, _I.CONFLICT): (_S.STUCK, forget),
}

TABLE: Table[State, Input, Action] = Table(
    "mobile node",
    State,
    Input,
    {
        # What comes twice, or too late, changes nothing.
        **{
            (state, given): (state, nothing)
            for state in _LINKED
            for given in (*_OPENS, *_FROM_LINK)
        },
        **_CHANGES,
    },
    {
        **never("the link is up already", _LINKED, [_I.LINK_UP_LOCKED]),
        **never("the link is down already", _NO_LINK, [_I.LINK_DOWN, *_FROM_LINK]),
        **never("no timer runs", [s for s in State if s not in _TIMED], [_I.TIMER]),
    },
)
