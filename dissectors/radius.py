"""RADIUS packets (RFC 2865 3, RFC 2866 3, RFC 5176 3); attributes are in `radius_attributes`."""

from __future__ import annotations

from enum import IntEnum

from dissectors.layout import Message, Options, declare, link_address, option_list, own_length, uint
from dissectors.registries import RADIUS_ATTRIBUTES, RADIUS_PACKETS


class RadiusCode(IntEnum):
    """Codes of packets."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCOUNTING_REQUEST = 4
    ACCOUNTING_RESPONSE = 5
    ACCESS_CHALLENGE = 11
    STATUS_SERVER = 12
    STATUS_CLIENT = 13
    DISCONNECT_REQUEST = 40
    DISCONNECT_ACK = 41
    DISCONNECT_NAK = 42
    COA_REQUEST = 43
    COA_ACK = 44
    COA_NAK = 45


@declare(RADIUS_PACKETS, RadiusCode.ACCESS_REQUEST, "radius", ref="RFC 2865 3", label="RADIUS")
class Radius(Message):
    """A packet of any code; octets behind its length are padding."""

    code: int = uint(8, "Code", filter="code", enum=RadiusCode)
    identifier: int = uint(8, "Identifier", filter="id")
    length = own_length(16)
    authenticator: bytes = link_address("Authenticator", filter="authenticator", width=128)
    attributes: Options = option_list(RADIUS_ATTRIBUTES)


RADIUS_PACKETS.also(Radius, *(code for code in RadiusCode if code != RadiusCode.ACCESS_REQUEST))
RADIUS_PACKETS.other = lambda _: Radius
