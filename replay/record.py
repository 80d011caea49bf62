"""What a simulation knows to have happened, as rows of the tables of sessions and handoffs.

Written from what nodes say they send and why, and from when a capture point sees it; nobody reads
an octet for it. So it can be held against what is read from the capture. Columns and their meaning
are the contract's; times are nanoseconds, None is an empty cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from dissectors.handoff import HoRequest, HoResponse
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from replay.binding_client import ANY_IPV4, REJECTED, UNIT_S, named
from replay.context import identity_in
from replay.dhcp import SERVER6
from replay.events import Why
from replay.frames import PppFrame
from replay.ntp import SECOND_NS
from replay.packets import IPV4_OCTETS, IPV6_OCTETS, UDP_OCTETS, Address, Datagram, Packet
from replay.security import care_of
from replay.simulator import NUMBER_OCTETS, Sent

_UPDATES = (Why.ATTACH, Why.HANDOFF, Why.RENEWAL, Why.TEARDOWN)
Cell = int | str | None
Row = dict[str, Cell]


_Exchange = tuple[bytes, Address, Address, int]
"""Mobile node, care-of address, home agent or MAP, sequence number."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A packet at a capture point: its time by the reference clock, its number in the file."""

    time_ns: int
    frame: int
    sent: Sent


@dataclass(frozen=True, slots=True)
class Carried:
    """User data in a tunnel: through which router, and its number in the run."""

    time_ns: int
    router: Address
    down: bool
    number: int
    octets: int


@dataclass(slots=True, eq=False)
class Attempt:
    """A handoff, as its messages come."""

    sar: Address
    tar: Address
    start_ns: int
    identifier: int | None = None
    requests: list[Seen] = field(default_factory=list)
    response: Seen | None = None
    status: int | None = None
    updates: list[Seen] = field(default_factory=list)
    acceptance: Seen | None = None
    refusal: Seen | None = None
    teardown_ns: int | None = None
    kind: str = "inter-ar"
    map: Address | None = None
    moved: bool = False
    last_ns: int = 0


@dataclass(slots=True, eq=False)
class Stay:
    """A session."""

    mn_id: bytes
    first_update_ns: int
    ha: Address | None = None
    home: IPv6Address | None = None
    home4: IPv4Address | None = None
    map: Address | None = None
    rcoa: Address | None = None
    serving: Address | None = None
    path: list[Address] = field(default_factory=list)
    asked_ns: int | None = None
    accepted_ns: int | None = None
    answered_ns: int | None = None
    access: str | None = None
    end_ns: int | None = None
    state: str = "partial"
    bound_until_ns: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)
    answers: list[tuple[Seen, Seen, Attempt | None]] = field(default_factory=list)
    """Binding Updates with their answers, and the handoffs that they are part of."""
    stale: int = 0
    """Renewals by a router that did not serve then."""


class Record:
    """Tell it what was seen, in order of time; then ask for rows."""

    def __init__(self, retransmission_ns: int) -> None:
        self.stays: list[Stay] = []
        self._patience_ns = retransmission_ns
        self._now: dict[bytes, Stay] = {}
        self._asked_ns: dict[bytes, int] = {}
        self._updates: dict[_Exchange, tuple[Seen, Attempt | None]] = {}
        self._with_ppp: set[bytes] = set()

    def tell(self, seen: Iterable[Seen]) -> None:
        """Take packets in order of time."""
        for one in seen:
            send = one.sent.send
            if send.why is Why.SOLICIT:
                self._solicited(one)
            elif send.why in _UPDATES:
                self._updated(one)
            elif send.why is Why.ANSWER:
                self._acknowledged(one)
            elif send.why is Why.HO_REQUEST:
                self._requested(one)
            elif send.why is Why.HO_RESPONSE:
                self._responded(one)
            elif send.why is Why.ADVERTISE:
                self._advertised(one)
            elif send.why is Why.TUNNELLED:
                self._carried(one)

    # Signalling

    def _solicited(self, one: Seen) -> None:
        mn_id = one.sent.send.mn_id
        if isinstance(one.sent.send.packet, PppFrame):
            self._with_ppp.add(mn_id)
        known_ns = self._asked_ns.get(mn_id)
        if known_ns is None or one.time_ns - known_ns > self._patience_ns:
            self._asked_ns[mn_id] = one.time_ns

    def _updated(self, one: Seen) -> None:
        packet, send = _packet(one), one.sent.send
        update = packet.payload
        assert isinstance(update, BindingUpdate)
        stay = self._now.get(send.mn_id)
        if send.why is Why.ATTACH and not update.map_registration:
            stay = self._attaching(one, stay, packet)
        elif send.why is Why.ATTACH and (stay is None or stay.serving is not None):
            stay = self._opened(one)
        attempt = None
        if stay is not None and send.why is Why.HANDOFF:
            attempt = self._moving(stay, one, packet, update)
        elif stay is not None and send.why is Why.TEARDOWN:
            attempt = self._torn(stay, one, care_of(packet))
        if stay is not None and send.why is Why.RENEWAL:
            served = stay.serving is None or care_of(packet) in (stay.serving, stay.rcoa)
            stay.stale += not served
        key = (send.mn_id, care_of(packet), packet.destination, update.sequence)
        self._updates[key] = one, attempt

    def _attaching(self, one: Seen, stay: Stay | None, packet: Packet) -> Stay:
        behind = stay is not None and stay.rcoa is not None and care_of(packet) == stay.rcoa
        again = (
            stay is not None
            and not behind
            and stay.serving is None
            and one.time_ns - stay.first_update_ns <= self._patience_ns
        )
        if stay is None or not (behind or again):
            stay = self._opened(one)
        stay.ha = packet.destination
        return stay

    def _opened(self, one: Seen) -> Stay:
        mn_id = one.sent.send.mn_id
        asked_ns = self._asked_ns.pop(mn_id, None)
        if asked_ns is not None and one.time_ns - asked_ns > self._patience_ns:
            asked_ns = None
        stay = self._now[mn_id] = Stay(mn_id, one.time_ns, asked_ns=asked_ns)
        self.stays.append(stay)
        return stay

    def _moving(
        self, stay: Stay, one: Seen, packet: Packet, update: BindingUpdate
    ) -> Attempt | None:
        """The attempt that a target's Binding Update is part of."""
        coa = care_of(packet)
        if stay.rcoa is not None and coa == stay.rcoa and stay.attempts:
            attempt = stay.attempts[-1]
        else:
            found = [a for a in stay.attempts if a.tar == coa and a.acceptance is None]
            if found:
                attempt = found[-1]
            elif stay.serving is None or stay.serving == coa:
                return None
            else:
                attempt = Attempt(stay.serving, coa, one.time_ns)
                stay.attempts.append(attempt)
        if update.map_registration and attempt.map is None:
            attempt.map = packet.destination
            attempt.kind = "intra-map" if stay.map == attempt.map else "inter-map"
        attempt.updates.append(one)
        attempt.last_ns = one.time_ns
        return attempt

    def _torn(self, stay: Stay, one: Seen, coa: Address) -> Attempt | None:
        for attempt in reversed(stay.attempts):
            begun = attempt.updates or attempt.status == 0
            if attempt.sar == coa and begun and stay.serving != coa:
                if attempt.teardown_ns is None:
                    attempt.teardown_ns = one.time_ns
                return attempt
            if attempt.sar == coa and begun and attempt.acceptance is None is attempt.refusal:
                if attempt.teardown_ns is None:
                    attempt.teardown_ns = one.time_ns
                return attempt
        return None

    def _acknowledged(self, one: Seen) -> None:
        packet = _innermost(one)
        ack = packet.payload
        assert isinstance(ack, BindingAcknowledgement)
        mn_id = named(ack.options) or b""
        stay = self._now.get(mn_id)
        if stay is None:
            return
        ends = (mn_id, packet.destination, packet.source)
        found = self._updates.pop((*ends, ack.sequence), None)
        if found is None:
            found = self._latest(ends)
        if found is None:
            return
        update, attempt = found
        stay.answers.append((update, one, attempt))
        if ack.status >= REJECTED:
            if attempt is not None and update.sent.send.why is Why.HANDOFF:
                attempt.refusal = one
            elif update.sent.send.why is Why.ATTACH and stay.accepted_ns is None:
                stay.state, stay.end_ns = "rejected", one.time_ns
        else:
            self._accepted(stay, one, update, attempt)

    def _latest(self, ends: tuple[bytes, Address, Address]) -> tuple[Seen, Attempt | None] | None:
        """A refusal for the sequence number carries another one than the update had."""
        keys = [key for key in self._updates if key[:3] == ends]
        return self._updates.pop(keys[-1]) if keys else None

    def _accepted(self, stay: Stay, one: Seen, update: Seen, attempt: Attempt | None) -> None:
        packet, why = _innermost(one), update.sent.send.why
        asked, ack = _packet(update).payload, packet.payload
        assert isinstance(asked, BindingUpdate) and isinstance(ack, BindingAcknowledgement)  # noqa: PT018
        until_ns = one.time_ns + ack.lifetime * UNIT_S * SECOND_NS
        if why is Why.TEARDOWN:
            if attempt is None and packet.destination in (stay.serving, stay.rcoa):
                stay.state, stay.end_ns = "released", one.time_ns
                self._now.pop(stay.mn_id, None)
            return
        stay.bound_until_ns = until_ns
        if asked.map_registration:
            stay.rcoa, stay.map = packet.routed, packet.source
            if attempt is not None and attempt.kind == "inter-map":
                attempt.moved = True
                return
            if why is Why.ATTACH:
                self._serves(stay, packet.destination)
        elif why is Why.ATTACH:
            stay.home, stay.home4 = packet.routed, _home4(packet)
            stay.accepted_ns, stay.state = stay.accepted_ns or one.time_ns, "active"
            if stay.rcoa is None:
                self._serves(stay, packet.destination)
        if why is Why.HANDOFF and attempt is not None and attempt.acceptance is None:
            attempt.acceptance = one
            stay.state = "active"
            self._serves(stay, attempt.tar)

    def _serves(self, stay: Stay, router: Address) -> None:
        stay.serving = router
        if not stay.path or stay.path[-1] != router:
            stay.path.append(router)

    def _requested(self, one: Seen) -> None:
        packet = _packet(one)
        request = packet.payload
        assert isinstance(request, HoRequest)
        stay = self._named(request, one)
        if stay is None:
            return
        identifier = request.identifier
        for attempt in reversed(stay.attempts):
            if attempt.identifier == identifier and attempt.tar == packet.source:
                break
        else:
            attempt = Attempt(packet.destination, packet.source, one.time_ns, identifier)
            stay.attempts.append(attempt)
        attempt.requests.append(one)
        attempt.last_ns = one.time_ns

    def _named(self, request: HoRequest, one: Seen) -> Stay | None:
        """Whom a HO Request is about; one that names nobody is about somebody unknown."""
        mn_id = identity_in(request.options)
        if mn_id is None and b"" not in self._now:
            self._now[b""] = Stay(b"", one.time_ns)
            self.stays.append(self._now[b""])
        return self._now.get(mn_id or b"")

    def _responded(self, one: Seen) -> None:
        packet, stays = _packet(one), self._now.values()
        response = packet.payload
        assert isinstance(response, HoResponse)
        for stay in stays:
            for attempt in reversed(stay.attempts):
                ends = (attempt.sar, attempt.tar) == (packet.source, packet.destination)
                if ends and attempt.identifier == response.identifier and attempt.status != 0:
                    attempt.response, attempt.status = one, int(response.status)
                    attempt.last_ns = one.time_ns
                    return

    def _advertised(self, one: Seen) -> None:
        stay = self._now.get(one.sent.send.mn_id)
        if stay is not None and stay.accepted_ns is not None and stay.answered_ns is None:
            stay.answered_ns, stay.access = one.time_ns, _access(one)
            if stay.access == "slaac" and stay.mn_id in self._with_ppp:
                stay.access = "ipv6cp"

    # User data

    def _carried(self, one: Seen) -> None:
        outer, user = _packet(one), _innermost(one)
        datagram = user.payload
        if isinstance(datagram, BindingAcknowledgement):
            self._acknowledged(one)
            return
        stay = self._holder(user)
        if stay is None or not isinstance(datagram, Datagram):
            return
        homes = (stay.home, stay.home4)
        down = user.destination in homes
        router = outer.destination if down else outer.source
        header = IPV4_OCTETS if isinstance(user.source, IPv4Address) else IPV6_OCTETS
        number = int.from_bytes(datagram.data[:NUMBER_OCTETS], "big")
        octets = header + UDP_OCTETS + len(datagram.data)
        if down or user.source in homes:
            stay.carried.append(Carried(one.time_ns, router, down, number, octets))

    def _holder(self, user: Packet) -> Stay | None:
        """Whose user data it is."""
        ends = (user.source, user.destination)
        held = (s for s in self._now.values() if s.home in ends or s.home4 in ends)
        return next(held, None)

    # Rows

    def finish(self, end_ns: int) -> None:
        """The capture ends here."""
        for stay in self.stays:
            if stay.state == "active" and stay.bound_until_ns < end_ns:
                stay.state, stay.end_ns = "expired", stay.bound_until_ns


def _home4(packet: Packet) -> IPv4Address | None:
    ack = packet.payload
    assert isinstance(ack, BindingAcknowledgement)
    found = (getattr(option, "address", None) for option in ack.options)
    homes = [each for each in found if isinstance(each, IPv4Address) and each != ANY_IPV4]
    return homes[0] if homes else None


def _access(one: Seen) -> str:
    """How an answer gives an address."""
    packet = one.sent.send.packet
    if not isinstance(packet, Packet):
        return "ipcp"
    if not isinstance(packet.payload, Datagram):
        return "slaac"
    return "dhcpv6" if packet.payload.source_port == SERVER6 else "dhcpv4"


def _innermost(one: Seen) -> Packet:
    """The packet inside all tunnels."""
    packet = _packet(one)
    while isinstance(packet.payload, Packet):
        packet = packet.payload
    return packet


def _packet(one: Seen) -> Packet:
    packet = one.sent.send.packet
    assert isinstance(packet, Packet)
    return packet
