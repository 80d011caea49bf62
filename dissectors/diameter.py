"""Diameter messages (RFC 6733 3); AVPs are in `diameter_avps`."""

from __future__ import annotations

from enum import IntEnum

from dissectors.layout import (
    Message,
    Options,
    declare,
    flag,
    option_list,
    own_length,
    reserved,
    uint,
)
from dissectors.registries import DIAMETER_AVPS, DIAMETER_MESSAGES

VERSION = 1


class DiameterCommand(IntEnum):
    """Command codes (RFC 6733 3.1, RFC 4004, RFC 4005, RFC 4072, RFC 5778 and 3GPP's)."""

    CAPABILITIES_EXCHANGE = 257
    RE_AUTH = 258
    AA_MOBILE_NODE = 260
    HOME_AGENT_MIP = 262
    AA = 265
    EAP = 268
    ACCOUNTING = 271
    CREDIT_CONTROL = 272
    ABORT_SESSION = 274
    SESSION_TERMINATION = 275
    DEVICE_WATCHDOG = 280
    DISCONNECT_PEER = 282
    USER_AUTHORIZATION = 300
    SERVER_ASSIGNMENT = 301
    LOCATION_INFO = 302
    MULTIMEDIA_AUTH = 303
    REGISTRATION_TERMINATION = 304
    PUSH_PROFILE = 305
    UPDATE_LOCATION = 316
    CANCEL_LOCATION = 317
    AUTHENTICATION_INFORMATION = 318
    INSERT_SUBSCRIBER_DATA = 319
    PURGE_UE = 321
    NOTIFY = 323
    MIP6 = 325


class DiameterApplication(IntEnum):
    """Application identifiers (RFC 6733 2.4, RFC 5778 8, RFC 5779 6)."""

    COMMON = 0
    NASREQ = 1
    MOBILE_IPV4 = 2
    BASE_ACCOUNTING = 3
    CREDIT_CONTROL = 4
    EAP = 5
    SIP = 6
    MIP6_IKE = 7
    MIP6_AUTH = 8
    RELAY = 0xFFFFFFFF


@declare(DIAMETER_MESSAGES, VERSION, "diameter", ref="RFC 6733 3", label="Diameter")
class Diameter(Message):
    """A request or answer of any command."""

    version: int = uint(8, "Version", filter="version")
    length = own_length(24)
    request: bool = flag("Request (R)", filter=".flags.request")
    proxiable: bool = flag("Proxiable (P)", filter=".flags.proxyable")
    error: bool = flag("Error (E)", filter=".flags.error")
    retransmitted: bool = flag("Potentially retransmitted (T)", filter=".flags.T")
    reserved: int = reserved(4)
    command: int = uint(24, "Command Code", filter=".cmd.code", enum=DiameterCommand)
    application: int = uint(32, "Application-ID", filter="applicationId", enum=DiameterApplication)
    hop_by_hop: int = uint(32, "Hop-by-Hop Identifier", filter="hopbyhopid")
    end_to_end: int = uint(32, "End-to-End Identifier", filter="endtoendid")
    avps: Options = option_list(DIAMETER_AVPS)
