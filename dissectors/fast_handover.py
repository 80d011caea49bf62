"""Mobility messages of Fast Handovers (RFC 4068 6.3, RFC 5568 6.2): neighbours of NetMIPv6."""

from __future__ import annotations

from dissectors.layout import Message, Options, declare, flag, option_list, reserved, uint
from dissectors.mobility_codes import BindingStatus
from dissectors.registries import MOBILITY_MESSAGES, MOBILITY_OPTIONS


@declare(MOBILITY_MESSAGES, 8, "mip6.fbu", ref="RFC 5568 6.2.2")
class FastBindingUpdate(Message):
    """Ask the previous access router to forward packets."""

    sequence: int = uint(16, "Sequence number", filter="seqnr")
    ack: bool = flag("Acknowledge (A)", filter="a_flag")
    home: bool = flag("Home Registration (H)", filter="h_flag")
    link_local: bool = flag("Link-Local Address Compatibility (L)", filter="l_flag")
    key_management: bool = flag("Key Management Mobility Capability (K)", filter="k_flag")
    reserved: int = reserved(12)
    lifetime: int = uint(16, "Lifetime", filter="lifetime", unit="s", scale=4)
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 9, "mip6.fback", ref="RFC 5568 6.2.3")
class FastBindingAcknowledgment(Message):
    """The answer; its lifetime is in seconds (RFC 4068 6.3.2)."""

    status: int = uint(8, "Status", filter="status", enum=BindingStatus)
    key_management: bool = flag("Key Management Mobility Capability (K)", filter="k_flag")
    reserved: int = reserved(7)
    sequence: int = uint(16, "Sequence number", filter="seqnr")
    lifetime: int = uint(16, "Lifetime", filter="lifetime", unit="s")
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 10, "mip6.fna", ref="RFC 4068 6.3.3")
class FastNeighborAdvertisement(Message):
    """A mobile node announces itself; an FBU may be encapsulated behind (Payload Proto 41)."""

    reserved: int = reserved(16)
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 14, "mip6.hi", ref="RFC 5568 6.2.1.1")
class HandoverInitiate(Message):
    """The previous access router starts a handover."""

    sequence: int = uint(16, "Sequence number", filter="seqnr")
    assigned: bool = flag("Assigned address configuration (S)", filter="s_flag")
    buffer: bool = flag("Buffer (U)", filter="u_flag")
    reserved: int = reserved(6)
    code: int = uint(8, "Code", filter="code")
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 15, "mip6.hack", ref="RFC 5568 6.2.1.2")
class HandoverAcknowledge(Message):
    """The new access router's answer: below 128 accepted."""

    sequence: int = uint(16, "Sequence number", filter="seqnr")
    reserved: int = reserved(8)
    code: int = uint(8, "Code", filter="code")
    options: Options = option_list(MOBILITY_OPTIONS)
