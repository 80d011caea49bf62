"""Sequence numbers and timestamps of one router's Binding Updates: its own choice, but going up.

RFC 6275 9.5.1 orders them by sequence number, RFC 4285 6 by timestamp. An update that is sent again
for want of an answer may have the numbers it had.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dissectors.mobility import BindingAcknowledgement, BindingUpdate
from dissectors.mobility_codes import BindingStatus
from replay import ntp
from replay.judged import Field, Value
from replay.packets import Address
from replay.trace import Step
from replay.update_checks import WINDOW_NS, timestamp_of

_HALF = 1 << 15
Binding = tuple[bytes, Address]
"""A mobile node, and the home agent or MAP that it is registered at."""


@dataclass(slots=True)
class UpdateNumbers:
    """What the trace has shown. `clock_ahead_ns`: how far the router's clock is ahead of it."""

    clock_ahead_ns: int
    _unanswered: dict[Binding, int] = field(default_factory=dict)
    _stamps: dict[Binding, int] = field(default_factory=dict)
    _updated: set[Binding] = field(default_factory=set)
    _corrected: set[bytes] = field(default_factory=set)
    """Whose clock was told to be wrong."""

    def sent(self, mn_id: bytes, to: Address, update: BindingUpdate) -> bool:
        """An update was sent; whether it was the first for this binding."""
        is_first = (mn_id, to) not in self._updated
        stamp = timestamp_of(update)
        self._unanswered[mn_id, to] = update.sequence
        self._updated.add((mn_id, to))
        if stamp is not None:
            self._stamps[mn_id, to] = stamp
        return is_first

    def answered(self, mn_id: bytes, source: Address, ack: BindingAcknowledgement) -> None:
        """An answer came; one that tells the time makes the timestamp begin anew (RFC 4285 6)."""
        self._unanswered.pop((mn_id, source), None)
        if ack.status == BindingStatus.MIPV6_ID_MISMATCH:
            self._stamps.pop((mn_id, source), None)
            self._corrected.add(mn_id)

    def wrong(self, step: Step, told: BindingUpdate) -> Iterator[tuple[Field, Value]]:
        """What does not go up, with what would be right; told: the update as the model sends it."""
        update, mn_id = step.packet.payload, step.mn_id
        assert isinstance(update, BindingUpdate)
        if mn_id is None:
            return
        binding = mn_id, step.packet.destination
        again = self._unanswered.get(binding)
        last = told.sequence - 1 & 0xFFFF
        ahead = update.sequence - last & 0xFFFF
        known = last != 0 or binding in self._updated
        if known and not 0 < ahead < _HALF and update.sequence != again:
            yield Field("sequence", update.sequence, "RFC 6275 9.5.1"), told.sequence
        stamp, before = timestamp_of(update), self._stamps.get(binding)
        if stamp is None:
            return
        went_back = before is not None and not ntp.is_later(stamp, before)
        if went_back and not (stamp == before and again == update.sequence):
            yield Field("timestamp", stamp, "RFC 4285 6"), timestamp_of(told)
            return
        clock = ntp.timestamp(step.time_ns + self.clock_ahead_ns)
        is_off = abs(ntp.difference_ns(stamp, clock)) > WINDOW_NS
        if is_off and mn_id not in self._corrected:
            yield Field("timestamp", stamp, "RFC 4285 6"), clock
