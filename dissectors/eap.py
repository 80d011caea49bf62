"""EAP (RFC 3748): over PPP, EAPOL and RADIUS. Methods that the draft's exchanges use, by field."""

from __future__ import annotations

from enum import IntEnum

from dissectors.layout import (
    Message,
    Options,
    declare,
    octets,
    option_list,
    own_length,
    text,
    uint,
    uints,
)
from dissectors.registries import EAP_MD5_FIELDS, EAP_METHODS, EAP_PACKETS


class EapCode(IntEnum):
    """Codes of EAP (RFC 3748 4, RFC 5296 5.3)."""

    REQUEST = 1
    RESPONSE = 2
    SUCCESS = 3
    FAILURE = 4
    INITIATE = 5
    FINISH = 6


@declare(EAP_PACKETS, EapCode.REQUEST, "eap", ref="RFC 3748 4.1", label="EAP")
class EapExchange(Message):
    """Request or Response: one method's data."""

    code: int = uint(8, "Code", filter="code", enum=EapCode)
    identifier: int = uint(8, "Identifier", filter="id")
    length = own_length(16, filter="len")
    method: Options = option_list(EAP_METHODS)


@declare(EAP_PACKETS, EapCode.SUCCESS, "eap", ref="RFC 3748 4.2", label="EAP")
class EapResult(Message):
    """Success or Failure."""

    code: int = uint(8, "Code", filter="code", enum=EapCode)
    identifier: int = uint(8, "Identifier", filter="id")
    length = own_length(16, filter="len")


@declare(EAP_PACKETS, EapCode.INITIATE, "eap", ref="RFC 5296 5.3", label="EAP")
class EapOther(Message):
    """A packet of another code."""

    code: int = uint(8, "Code", filter="code", enum=EapCode)
    identifier: int = uint(8, "Identifier", filter="id")
    length = own_length(16, filter="len")
    data: bytes = octets("Data", filter="data")


EAP_PACKETS.also(EapExchange, EapCode.RESPONSE)
EAP_PACKETS.also(EapResult, EapCode.FAILURE)
EAP_PACKETS.also(EapOther, EapCode.FINISH)
EAP_PACKETS.other = lambda _: EapOther


@declare(EAP_METHODS, 1, "eap", ref="RFC 3748 5.1", label="Identity")
class EapIdentity(Message):
    """A request's prompt, or a response's NAI."""

    identity: bytes = text("Identity", filter="identity")


@declare(EAP_METHODS, 2, "eap", ref="RFC 3748 5.2", label="Notification")
class EapNotification(Message):
    """Something for the user to read."""

    message: bytes = text("Notification", filter="notification")


@declare(EAP_METHODS, 3, "eap", ref="RFC 3748 5.3.1", label="Nak")
class EapNak(Message):
    """The methods that the peer would take; 0 is none."""

    desired: tuple[int, ...] = uints(
        8, "Desired Authentication Type", filter="desired_type", registry=EAP_METHODS
    )


@declare(EAP_METHODS, 4, "eap.md5", ref="RFC 3748 5.4", label="MD5-Challenge")
class EapMd5Challenge(Message):
    """As in CHAP: the challenge, or the hash over it."""

    fields: Options = option_list(EAP_MD5_FIELDS)


@declare(EAP_METHODS, 5, "netmip6.eap.otp", ref="RFC 3748 5.5", label="One-Time Password")
class EapOneTimePassword(Message):
    """A challenge to read, or the password."""

    data: bytes = text("Type-Data", secret=True)


@declare(EAP_METHODS, 6, "netmip6.eap.gtc", ref="RFC 3748 5.6", label="Generic Token Card")
class EapGenericTokenCard(Message):
    """A message to read, or the token's answer."""

    data: bytes = text("Type-Data", secret=True)


@declare(EAP_METHODS, 254, "eap.ext", ref="RFC 3748 5.7", label="Expanded Type")
class EapExpanded(Message):
    """A vendor's own types."""

    vendor: int = uint(24, "Vendor-Id", filter="vendor_id")
    vendor_type: int = uint(32, "Vendor-Type", filter="vendor_type")
    data: bytes = octets("Vendor data", filter="netmip6.eap.vendor_data")


@declare(EAP_MD5_FIELDS, 1, "eap.md5", ref="RFC 3748 5.4", label="Value")
class EapMd5Value(Message):
    """The challenge, or the hash of identifier, secret and challenge."""

    value: bytes = octets("Value", filter="value")


@declare(EAP_MD5_FIELDS, 2, "eap.md5", ref="RFC 3748 5.4", label="Name")
class EapMd5Name(Message):
    """Who sent it."""

    name: bytes = text("Name", filter="extra_data")


EAP_METHODS.names = {
    9: "RSA Public Key Authentication",
    10: "DSS Unilateral",
    11: "KEA",
    12: "KEA-VALIDATE",
    13: "EAP-TLS",
    14: "Defender Token (AXENT)",
    15: "RSA Security SecurID EAP",
    16: "Arcot Systems EAP",
    17: "EAP-Cisco Wireless (LEAP)",
    18: "EAP-SIM",
    19: "SRP-SHA1",
    21: "EAP-TTLS",
    22: "Remote Access Service",
    23: "EAP-AKA",
    24: "EAP-3Com Wireless",
    25: "PEAP",
    26: "MS-EAP-Authentication",
    27: "MAKE",
    28: "CRYPTOCard",
    29: "EAP-MSCHAP-V2",
    30: "DynamID",
    31: "Rob EAP",
    32: "Protected One-Time Password",
    33: "MS-Authentication-TLV",
    34: "SentriNET",
    35: "EAP-Actiontec Wireless",
    36: "Cogent Systems Biometrics Authentication EAP",
    37: "AirFortress EAP",
    38: "EAP-HTTP Digest",
    39: "SecureSuite EAP",
    40: "DeviceConnect EAP",
    41: "EAP-SPEKE",
    42: "EAP-MOBAC",
    43: "EAP-FAST",
    44: "ZoneLabs EAP",
    45: "EAP-Link",
    46: "EAP-PAX",
    47: "EAP-PSK",
    48: "EAP-SAKE",
    49: "EAP-IKEv2",
    50: "EAP-AKA'",
    51: "EAP-GPSK",
    52: "EAP-pwd",
    53: "EAP-EKE Version 1",
    55: "TEAP",
    255: "Experimental",
}
"""IANA's registry of method types."""
