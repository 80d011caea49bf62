"""RADIUS in a trace: what access routers ask, what AAA servers answer, and about whom."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any

import dissectors.radius_attributes
import dissectors.radius_vendors  # noqa: F401 - the same
from dissectors.body import parse_first
from dissectors.codec import parse
from dissectors.eap import EapCode, EapExchange, EapIdentity
from dissectors.errors import ParseError
from dissectors.layout import Message
from dissectors.radius import Radius, RadiusCode
from dissectors.registries import EAP_PACKETS
from replay.packets import Datagram
from replay.radius import PORT, all_of, value_of
from replay.trace import Step, Trace

_ANSWERS = (RadiusCode.ACCESS_ACCEPT, RadiusCode.ACCESS_REJECT, RadiusCode.ACCESS_CHALLENGE)


@dataclass(frozen=True, slots=True)
class _Seen:
    step: Step
    radius: Radius
    client: IPv6Address
    server: IPv6Address
    port: int

    @property
    def key(self) -> tuple[object, ...]:
        """What an answer refers to (RFC 2865 3)."""
        return self.client, self.server, self.port, self.radius.identifier


@dataclass(frozen=True, slots=True)
class Asked(_Seen):
    """One copy of an Access-Request."""

    @property
    def mn_id(self) -> bytes | None:
        found = value_of(self.radius, "User-Name")
        return found if isinstance(found, bytes) else None


@dataclass(frozen=True, slots=True)
class Answered(_Seen):
    """An Access-Accept, -Reject or -Challenge."""

    @property
    def kind(self) -> str:
        """The contract's word."""
        return f"radius-{RadiusCode(self.radius.code).name.lower().replace('_', '-')}"


def radius_in(trace: Trace) -> list[Asked | Answered]:
    """All of it, in order."""
    found = (_read(step) for step in trace.steps)
    return [each for each in found if each is not None]


def _read(step: Step) -> Asked | Answered | None:
    packet, datagram = step.packet, step.packet.payload
    source, to = packet.source, packet.destination
    if not isinstance(datagram, Datagram) or PORT not in (
        datagram.source_port,
        datagram.destination_port,
    ):
        return None
    if not isinstance(source, IPv6Address) or not isinstance(to, IPv6Address):
        return None
    try:
        radius, _ = parse(Radius, datagram.data)
    except ParseError:
        return None
    if radius.code == RadiusCode.ACCESS_REQUEST and datagram.destination_port == PORT:
        return Asked(step, radius, source, to, datagram.source_port)
    if radius.code in _ANSWERS and datagram.source_port == PORT:
        return Answered(step, radius, to, source, datagram.destination_port)
    return None


def eap_in(radius: Radius) -> Message | None:
    """The EAP message that it carries, in one attribute or several (RFC 3579 3.1)."""
    parts: list[Any] = [getattr(each, "value", b"") for each in all_of(radius, "EAP-Message")]
    if not parts:
        return None
    try:
        return parse_first(EAP_PACKETS, b"".join(parts))[0]
    except ParseError:
        return None


def eap_code(message: Message | None) -> int | None:
    code = getattr(message, "code", None)
    return code if isinstance(code, int) else None


def identity_shown(message: Message | None) -> bytes | None:
    """The NAI of an EAP-Response/Identity."""
    if not isinstance(message, EapExchange) or message.code != EapCode.RESPONSE:
        return None
    method = message.method[0] if message.method else None
    return method.identity if isinstance(method, EapIdentity) else None
