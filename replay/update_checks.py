"""Whether a Binding Update is accepted, and with which status it is refused if not.

In this order: authentication (RFC 4285 5.1), time stamp (RFC 4285 6), identity (draft 6.2), what
the operator forbids, flags, home address, sequence number (RFC 6275 9.5.1, 10.3.1). A message that
is not authenticated learns nothing of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network
from typing import TYPE_CHECKING

from dissectors.mobility import BindingUpdate
from dissectors.mobility_codes import BindingStatus
from dissectors.mobility_options import MesgId
from replay import ntp
from replay.binding_cache import Entry
from replay.binding_client import named
from replay.packets import UNSPECIFIED, Packet
from replay.security import MnHaSecurity, authentication_of, care_of, is_signed_with

if TYPE_CHECKING:
    from replay.home_agent import AgentConfig

ALL_ONES = IPv6Address((1 << 128) - 1)
WINDOW_NS = 7 * ntp.SECOND_NS
"""RFC 4285 6: how far a timestamp may be from the receiver's clock."""


@dataclass(frozen=True, slots=True)
class Checks:
    """What an anchor asks of Binding Updates. Associations: by identity, else by router."""

    of_nodes: dict[bytes, MnHaSecurity] = field(default_factory=dict)
    of_routers: dict[IPv6Address, MnHaSecurity] = field(default_factory=dict)
    by_spi: dict[int, MnHaSecurity] = field(default_factory=dict)
    """Routers' associations where the care-of address does not show the router (an RCoA)."""
    require_timestamp: bool = True
    known: frozenset[bytes] | None = None
    """The only identities served; None: all."""
    forbidden: frozenset[bytes] = frozenset()
    full: bool = False
    """Nothing is left to give: a fault."""

    def association(self, packet: Packet) -> MnHaSecurity | None:
        """What the sender should have authenticated with."""
        update = packet.payload
        assert isinstance(update, BindingUpdate)
        mn_id = named(update.options)
        own = None if mn_id is None else self.of_nodes.get(mn_id)
        if own is None:
            own = self.of_routers.get(care_of(packet))
        option = authentication_of(packet)
        if own is None and option is not None:
            own = self.by_spi.get(option.spi)
        return own

    @property
    def secured(self) -> bool:
        return bool(self.of_nodes or self.of_routers or self.by_spi)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the acknowledgement says; status 0 if the update is accepted after all."""

    status: int
    sequence: int
    timestamp: int | None = None


def judged(
    packet: Packet, entry: Entry | None, holder: bytes | None, config: AgentConfig, now_ns: int
) -> Refusal | None:
    """The answer; None for an update that is passed over in silence.

    entry: what is known of the identity; holder: who has the home address.
    """
    update = packet.payload
    assert isinstance(update, BindingUpdate)
    sent = timestamp_of(update)
    if config.checks.secured:
        if config.checks.association(packet) is None:
            return None
        refused = _unsafe(packet, entry, config, now_ns)
        if refused is not None:
            return refused
    status = _status(packet, update, holder, config)
    last = None if entry is None else entry.sequences.get(care_of(packet))
    if status is not BindingStatus.ACCEPTED or last is None or _is_later(update.sequence, last):
        return Refusal(status, update.sequence, sent)
    return Refusal(BindingStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW, last, sent)


def _unsafe(
    packet: Packet, entry: Entry | None, config: AgentConfig, now_ns: int
) -> Refusal | None:
    """The refusal of an update that anybody may have sent, or sent before."""
    update = packet.payload
    assert isinstance(update, BindingUpdate)
    association = config.checks.association(packet)
    assert association is not None
    if not is_signed_with(packet, association):
        return Refusal(BindingStatus.MIPV6_AUTH_FAIL, update.sequence)
    sent = timestamp_of(update)
    clock = ntp.timestamp(now_ns + config.clock_ahead_ns)
    if not config.checks.require_timestamp:
        return None
    if sent is None:
        return Refusal(BindingStatus.MIPV6_MESG_ID_REQD, update.sequence)
    if not _is_new(packet, entry, sent, clock):
        told = ntp.with_seconds_of(sent, clock)
        return Refusal(BindingStatus.MIPV6_ID_MISMATCH, update.sequence, told)
    return None


def _status(
    packet: Packet, update: BindingUpdate, holder: bytes | None, config: AgentConfig
) -> BindingStatus:
    """The first that holds of these, else accepted."""
    checks, mn_id, home = config.checks, named(update.options), packet.home_address
    other_kind = update.map_registration is not config.local or update.home is config.local
    asks = home in (None, UNSPECIFIED, ALL_ONES)
    refusals = (
        (mn_id is None, BindingStatus.REASON_UNSPECIFIED),
        (mn_id in checks.forbidden, BindingStatus.ADMINISTRATIVELY_PROHIBITED),
        (other_kind, BindingStatus.HOME_REGISTRATION_NOT_SUPPORTED),
        (
            checks.known is not None and mn_id not in checks.known,
            BindingStatus.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE,
        ),
        (checks.full, BindingStatus.INSUFFICIENT_RESOURCES),
        (not asks and not _is_in(home, config.pool.network), BindingStatus.NOT_HOME_SUBNET),
        (
            not asks and holder not in (None, mn_id),
            BindingStatus.DUPLICATE_ADDRESS_DETECTION_FAILED,
        ),
    )
    return next((status for holds, status in refusals if holds), BindingStatus.ACCEPTED)


def _is_in(home: IPv6Address | None, network: IPv6Network) -> bool:
    return home is not None and home in network


def _is_new(packet: Packet, entry: Entry | None, sent: int, clock: int) -> bool:
    """Inside the window, and later than the last one from this care-of address."""
    last = None if entry is None else entry.timestamps.get(care_of(packet))
    if last is not None and ntp.difference_ns(sent, last) < 0:
        return False
    return sent != last and abs(ntp.difference_ns(sent, clock)) <= WINDOW_NS


def _is_later(sequence: int, last: int) -> bool:
    """RFC 6275 9.5.1: modulo 2**16."""
    return 0 < (sequence - last & 0xFFFF) < 1 << 15


def timestamp_of(update: BindingUpdate) -> int | None:
    """Of the Mesg-ID option."""
    return next((o.timestamp for o in update.options if isinstance(o, MesgId)), None)
