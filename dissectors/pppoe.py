"""PPP over Ethernet (RFC 2516): the session's header, and how a session is found."""

from __future__ import annotations

from enum import IntEnum

from dissectors.layout import (
    Message,
    Options,
    declare,
    octets,
    option_list,
    tail_length,
    text,
    uint,
)
from dissectors.link import EtherType
from dissectors.registries import PPPOE_TAGS, SHIMS


class PppoeCode(IntEnum):
    """Codes of the header (RFC 2516 5, 6)."""

    SESSION_DATA = 0x00
    PADO = 0x07
    PADI = 0x09
    PADR = 0x19
    PADS = 0x65
    PADT = 0xA7


@declare(SHIMS, EtherType.PPPOE_SESSION, "pppoe", ref="RFC 2516 4", label="PPPoE session")
class PppoeSession(Message):
    """Six octets; PPP follows without its HDLC framing."""

    version: int = uint(4, "Version", filter="version")
    kind: int = uint(4, "Type", filter="type")
    code: int = uint(8, "Code", filter="code", enum=PppoeCode)
    session: int = uint(16, "Session ID", filter="session_id")
    length: int = uint(16, "Payload Length", filter="payload_length", unit="octets")


@declare(SHIMS, EtherType.PPPOE_DISCOVERY, "pppoe", ref="RFC 2516 4", label="PPPoE discovery")
class PppoeDiscovery(Message):
    """How a session is found, and how it ends; Ethernet's padding may follow."""

    version: int = uint(4, "Version", filter="version")
    kind: int = uint(4, "Type", filter="type")
    code: int = uint(8, "Code", filter="code", enum=PppoeCode)
    session: int = uint(16, "Session ID", filter="session_id")
    length = tail_length("Payload Length", filter="payload_length", width=16)
    tags: Options = option_list(PPPOE_TAGS)


@declare(PPPOE_TAGS, 0x0000, "netmip6.pppoe.end", ref="RFC 2516 A", label="End-Of-List")
class EndOfList(Message):
    """There are no further tags."""


@declare(PPPOE_TAGS, 0x0101, "pppoed.tags", ref="RFC 2516 A", label="Service-Name")
class ServiceName(Message):
    """The service asked for or offered; empty is any."""

    name: bytes = text("Service-Name", filter="service_name")


@declare(PPPOE_TAGS, 0x0102, "pppoed.tags", ref="RFC 2516 A", label="AC-Name")
class AcName(Message):
    """The access concentrator's name."""

    name: bytes = text("AC-Name", filter="ac_name")


@declare(PPPOE_TAGS, 0x0103, "pppoed.tags", ref="RFC 2516 A", label="Host-Uniq")
class HostUniq(Message):
    """The host's own mark, which comes back in the answer."""

    value: bytes = octets("Host-Uniq", filter="host_uniq")


@declare(PPPOE_TAGS, 0x0104, "pppoed.tags", ref="RFC 2516 A", label="AC-Cookie")
class AcCookie(Message):
    """The access concentrator's own mark."""

    value: bytes = octets("AC-Cookie", filter="ac_cookie")


@declare(PPPOE_TAGS, 0x0105, "pppoed.tags", ref="RFC 2516 A", label="Vendor-Specific")
class VendorTag(Message):
    """A vendor's tag."""

    vendor: int = uint(32, "Vendor id", filter="vendor_id")
    data: bytes = octets("Data", filter="vendor_unspecified")


@declare(PPPOE_TAGS, 0x0110, "pppoed.tags", ref="RFC 2516 A", label="Relay-Session-Id")
class RelaySessionId(Message):
    """An intermediate agent's own mark."""

    value: bytes = octets("Relay-Session-Id", filter="relay_session_id")


@declare(PPPOE_TAGS, 0x0120, "pppoed.tags", ref="RFC 4638 3", label="PPP-Max-Payload")
class PppMaxPayload(Message):
    """Payloads above 1492 octets are asked for."""

    size: bytes = octets("PPP-Max-Payload", filter="max_payload")


@declare(PPPOE_TAGS, 0x0201, "pppoed.tags", ref="RFC 2516 A", label="Service-Name-Error")
class ServiceNameError(Message):
    """The service asked for cannot be had."""

    reason: bytes = text("Service-Name-Error", filter="service_name_error")


@declare(PPPOE_TAGS, 0x0202, "pppoed.tags", ref="RFC 2516 A", label="AC-System-Error")
class AcSystemError(Message):
    """The access concentrator failed."""

    reason: bytes = text("AC-System-Error", filter="ac_system_error")


@declare(PPPOE_TAGS, 0x0203, "pppoed.tags", ref="RFC 2516 A", label="Generic-Error")
class GenericError(Message):
    """Something else failed."""

    reason: bytes = text("Generic-Error", filter="generic_error")
