"""Which messages of a trace may not have arrived: asked again, or followed by what that tells."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from typing import TYPE_CHECKING

from dissectors.handoff import HoRequest, HoResponse
from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_codes import BindingStatus
from dissectors.mobility_options import Ipv4HomeAddress
from replay.binding_client import ANY_IPV4, REJECTED
from replay.packets import UNSPECIFIED, Packet
from replay.security import care_of
from replay.update_checks import ALL_ONES

if TYPE_CHECKING:
    from replay.trace import Step

LOST_NS = 500_000_000
"""What is sent again sooner than that was doubled, not lost."""
SOONEST_NS = 100_000_000
"""So soon an update with another number may follow, as where a lifetime is over meanwhile."""
LONGEST_NS = 32_000_000_000
"""RFC 6275 12, MAX_BINDACK_TIMEOUT: what is asked again later than that is asked anew."""


def mark_lost(steps: Sequence[Step]) -> None:
    """Requests that are asked again without an answer between, and answers followed by that."""
    open_: dict[object, tuple[Step, Step | None]] = {}
    for step in steps:
        payload = step.packet.payload
        if isinstance(payload, BindingUpdate | HoRequest):
            key = _question(step)
            earlier = open_.get(key)
            if earlier is not None and _repeats(earlier[0], step, answered=earlier[1] is not None):
                asked, answer = earlier
                if answer is None:
                    asked.lost = step.lost = True
                elif _wants_again(asked, answer, step):
                    answer.lost = True
            open_[key] = step, None
        elif isinstance(payload, BindingAcknowledgement | HoResponse):
            step.lost = _is_ignored(step, steps)
            key = _answered(step)
            if key in open_:
                open_[key][0].lost = False
                open_[key] = open_[key][0], step


def _is_ignored(answer: Step, steps: Sequence[Step]) -> bool:
    """Whether a refusal that asks for another update at once is followed by none."""
    ack = answer.packet.payload
    if not isinstance(ack, BindingAcknowledgement) or ack.status not in _ASKS_AGAIN:
        return False
    for later in islice(steps, answer.number + 1, None):
        if later.time_ns - answer.time_ns >= LOST_NS * 4 // 5:
            return True
        is_update = isinstance(later.packet.payload, BindingUpdate)
        ends = later.sender, later.receiver, later.mn_id
        if is_update and ends == (answer.receiver, answer.sender, answer.mn_id):
            return False
    return False


_ASKS_AGAIN = (
    BindingStatus.SEQUENCE_NUMBER_OUT_OF_WINDOW,
    BindingStatus.MIPV6_ID_MISMATCH,
)


def _question(step: Step) -> object:
    packet = step.packet
    if isinstance(packet.payload, HoRequest):
        return packet.source, packet.destination, packet.payload.identifier
    return care_of(packet), packet.destination, step.mn_id


def _answered(step: Step) -> object:
    packet = step.packet
    if isinstance(packet.payload, HoResponse):
        return packet.destination, packet.source, packet.payload.identifier
    return packet.destination, packet.source, step.mn_id


def _repeats(earlier: Step, later: Step, *, answered: bool) -> bool:
    """The same question, no sooner than one that was lost is asked again."""
    one, other = earlier.packet.payload, later.packet.payload
    if earlier.sender != later.sender:
        return False
    waited_ns = later.time_ns - earlier.time_ns
    least_ns = LOST_NS * 4 // 5
    if isinstance(one, BindingUpdate) and isinstance(other, BindingUpdate):
        least_ns = least_ns if one.sequence == other.sequence or answered else SOONEST_NS
    if not least_ns <= waited_ns <= LONGEST_NS * 5 // 4:
        return False
    if isinstance(one, BindingUpdate) and isinstance(other, BindingUpdate):
        same = _named_homes(earlier.packet) == _named_homes(later.packet)
        return same and (one.lifetime == 0) == (other.lifetime == 0)
    return isinstance(one, HoRequest) and isinstance(other, HoRequest)


def _wants_again(asked: Step, answer: Step, later: Step) -> bool:
    """Whether the answer between did not arrive: else the question would not come as it was."""
    if isinstance(asked.packet.payload, HoRequest):
        return True
    ack = answer.packet.payload
    if isinstance(ack, BindingAcknowledgement) and ack.status >= REJECTED:
        return False
    home, home4 = _named_homes(later.packet)
    asks = home4 == ANY_IPV4 if home4 is not None else home in (None, UNSPECIFIED, ALL_ONES)
    return asks and asked.mn_id == later.mn_id


def _named_homes(packet: Packet) -> tuple[IPv6Address | None, IPv4Address | None]:
    """The home addresses that a Binding Update is about."""
    update = packet.payload
    assert isinstance(update, BindingUpdate)
    home4 = (each.address for each in update.options if isinstance(each, Ipv4HomeAddress))
    return packet.home_address, next(home4, None)
