"""Single faults put into right traces, and who must be blamed for each, at which message.

A fault changes what was observed and nothing else: those who received the message have acted on
the right one. Frames count from 1; a message that is put in has the number `ADDED`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from dissectors.authentication.keys import Keys
from dissectors.layout import values
from dissectors.profile import Profile
from netmip6scope.incident.reading import read_observed
from netmip6scope.simulation.run import capture_octets
from replay.isolate import isolate
from replay.judged import Kind, kind_of
from replay.roles import learned
from replay.trace import Observed, traced
from replay.verdict import Verdict
from tests.netmip6scope.simulated import ready_run

ADDED = 100_000
MS = 1_000_000
OTHER6 = IPv6Address("2001:db8:dead::1")
OTHER4 = IPv4Address("203.0.113.77")
Observation = list[Observed]
Change = Callable[[Observation, int], Observation]


@dataclass(frozen=True)
class Case:
    """A fault in the `nth` message of a kind (from 0); `at`: whose frame is blamed, if another."""

    name: str
    scenario: str
    kind: Kind
    nth: int
    change: Change
    node: str
    field: str = "message"
    at: tuple[Kind | str, int] | None = None


@functools.cache
def right_trace(scenario: str) -> tuple[tuple[Observed, ...], Keys]:
    """What the one capture point of a ready scenario saw, and its keys."""
    import tempfile
    from pathlib import Path

    done = ready_run(scenario)
    shared = done.simulator.builder.keys()
    keys = Keys(mn_ha=shared.mn_ha, ah=shared.ah, radius=shared.radius)
    ((point, frames),) = done.camera.frames.items()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "right.pcapng"
        path.write_bytes(capture_octets(point, frames))
        return tuple(read_observed([str(path)], Profile(), keys)), keys


def verdict(observed: Observation, keys: Keys) -> Verdict:
    trace = traced(sorted(observed, key=lambda seen: seen.time_ns))
    return isolate(trace, learned(trace, keys, Profile()), keys)


def place(observed: Observation, kind: Kind | str, nth: int) -> int:
    """The index of the nth message of a kind, or of a payload named by its class."""
    found = [
        n
        for n, seen in enumerate(observed)
        if kind_of(seen.packet) is kind or type(seen.packet.payload).__name__ == kind
    ]
    return found[nth]


# Changes


def with_packet(**fields: Any) -> Change:
    """Other addresses or hop limit."""

    def change(observed: Observation, at: int) -> Observation:
        seen = observed[at]
        wrong = replace(seen, packet=replace(seen.packet, **fields))
        return [*observed[:at], wrong, *observed[at + 1 :]]

    return change


def with_field(**fields: Any) -> Change:
    """Other values of the message's own fields."""

    def change(observed: Observation, at: int) -> Observation:
        message = observed[at].packet.payload
        wrong = type(message)(**values(message) | fields)
        return with_packet(payload=wrong)(observed, at)

    return change


def with_option(kind: type, **fields: Any) -> Change:
    """Other values of an option's fields."""

    def change(observed: Observation, at: int) -> Observation:
        message: Any = observed[at].packet.payload
        options = tuple(
            type(o)(**values(o) | fields) if isinstance(o, kind) else o for o in message.options
        )
        assert options != message.options
        return with_field(options=options)(observed, at)

    return change


def without_option(kind: type) -> Change:
    """An option that is not there."""

    def change(observed: Observation, at: int) -> Observation:
        message: Any = observed[at].packet.payload
        options = tuple(o for o in message.options if not isinstance(o, kind))
        assert options != message.options
        return with_field(options=options)(observed, at)

    return change


def with_sequence(step: int) -> Change:
    """A sequence number that many higher."""

    def change(observed: Observation, at: int) -> Observation:
        message: Any = observed[at].packet.payload
        return with_field(sequence=message.sequence + step & 0xFFFF)(observed, at)

    return change


def dropped(observed: Observation, at: int) -> Observation:
    return [*observed[:at], *observed[at + 1 :]]


def doubled(observed: Observation, at: int) -> Observation:
    copy = replace(observed[at], frame=ADDED, time_ns=observed[at].time_ns + MS)
    return [*observed, copy]


def forged(observed: Observation, at: int) -> Observation:
    wrong = replace(observed[at], sealed=False)
    return [*observed[:at], wrong, *observed[at + 1 :]]


def later(ms: int) -> Change:
    """Sent later; below zero, before what it answers."""

    def change(observed: Observation, at: int) -> Observation:
        late = replace(observed[at], time_ns=observed[at].time_ns + ms * MS)
        return [*observed[:at], late, *observed[at + 1 :]]

    return change
