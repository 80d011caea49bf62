"""Mobility messages of other extensions, so that a mixed capture reads well.

Fixed fields are declared where they are constant; the rest is shown as octets.
"""

from __future__ import annotations

from dissectors.layout import Message, Options, declare, flag, octets, option_list, reserved, uint
from dissectors.registries import MOBILITY_MESSAGES, MOBILITY_OPTIONS


@declare(MOBILITY_MESSAGES, 11, "netmip6.experimental", ref="RFC 5096 4")
class ExperimentalMobility(Message):
    """A message of some experiment."""

    data: bytes = octets("Message data", filter="mip6.em.data")


@declare(MOBILITY_MESSAGES, 12, "mip6.has", ref="RFC 5142 4")
class HomeAgentSwitch(Message):
    """A home agent sends its mobile nodes elsewhere; the addresses stand before the options."""

    addresses: int = uint(8, "Number of Addresses", filter="num_addrs")
    reserved: int = reserved(8)
    data: bytes = octets("Home agent addresses and options", filter="netmip6.has.data")


@declare(MOBILITY_MESSAGES, 13, "mip6.hb", ref="RFC 5847 3.1")
class Heartbeat(Message):
    """A question whether the peer lives, or its answer."""

    reserved: int = reserved(14)
    unsolicited: bool = flag("Unsolicited (U)", filter="u_flag")
    response: bool = flag("Response (R)", filter="r_flag")
    sequence: int = uint(32, "Sequence number", filter="seqnr")
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 16, "netmip6.binding_revocation", ref="RFC 5846 5")
class BindingRevocation(Message):
    """Type 1 is an indication with a trigger, type 2 its acknowledgement with a status."""

    revocation_type: int = uint(8, "B.R. Type", filter="mip6.bri_br.type")
    trigger: int = uint(8, "R. Trigger or Status")
    sequence: int = uint(16, "Sequence number", filter="mip6.bri_seqnr")
    proxy: bool = flag("Proxy Binding (P)", filter="p_flag")
    ipv4: bool = flag("IPv4 HoA Binding Only (V)", filter="v_flag")
    all_bindings: bool = flag("Global (G)", filter="g_flag")
    reserved: int = reserved(13)
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 17, "mip6.lri", ref="RFC 6705 9.1")
class LocalizedRoutingInitiation(Message):
    """Set up the direct path between two access gateways."""

    sequence: int = uint(16, "Sequence", filter="sequence")
    reserved: int = reserved(16)
    lifetime: int = uint(16, "Lifetime", filter="lifetime", unit="s")
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 18, "mip6.lra", ref="RFC 6705 9.2")
class LocalizedRoutingAcknowledgment(Message):
    """The answer."""

    sequence: int = uint(16, "Sequence", filter="sequence")
    unsolicited: bool = flag("Unsolicited (U)", filter="mip6.lri.unsolicited")
    reserved: int = reserved(7)
    status: int = uint(8, "Status", filter="status")
    lifetime: int = uint(16, "Lifetime", filter="lifetime", unit="s")
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 19, "netmip6.upn", ref="RFC 7077 4.1")
class UpdateNotification(Message):
    """An anchor tells an access gateway of a change."""

    sequence: int = uint(16, "Sequence number", filter="sequence")
    reason: int = uint(16, "Notification Reason")
    ack: bool = flag("Acknowledgement requested (A)", filter="a_flag")
    retransmission: bool = flag("Retransmission (D)", filter="d_flag")
    reserved: int = reserved(14)
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 20, "netmip6.upa", ref="RFC 7077 4.2")
class UpdateNotificationAcknowledgement(Message):
    """The answer."""

    sequence: int = uint(16, "Sequence number", filter="sequence")
    status: int = uint(8, "Status")
    reserved: int = reserved(8)
    options: Options = option_list(MOBILITY_OPTIONS)


@declare(MOBILITY_MESSAGES, 21, "netmip6.flow_binding", ref="RFC 7109 4")
class FlowBinding(Message):
    """Flow binding indication or acknowledgement."""

    data: bytes = octets("Message data")


@declare(MOBILITY_MESSAGES, 22, "netmip6.subscription_query", ref="RFC 7161 5")
class SubscriptionQuery(Message):
    """An anchor or gateway asks for multicast groups."""

    data: bytes = octets("Message data")


@declare(MOBILITY_MESSAGES, 23, "netmip6.subscription_response", ref="RFC 7161 5")
class SubscriptionResponse(Message):
    """The answer."""

    data: bytes = octets("Message data")
