"""PAP (RFC 1334 2) and CHAP (RFC 1994): how a PPP peer authenticates itself."""

from __future__ import annotations

from enum import IntEnum

from dissectors.layout import (
    Message,
    Options,
    declare,
    octets,
    option_list,
    own_length,
    tail_length,
    text,
    uint,
)
from dissectors.registries import CHAP_FIELDS, CHAP_PACKETS, PAP_FIELDS, PAP_PACKETS


class PapCode(IntEnum):
    """Codes of PAP."""

    AUTHENTICATE_REQUEST = 1
    AUTHENTICATE_ACK = 2
    AUTHENTICATE_NAK = 3


class ChapCode(IntEnum):
    """Codes of CHAP."""

    CHALLENGE = 1
    RESPONSE = 2
    SUCCESS = 3
    FAILURE = 4


@declare(PAP_PACKETS, PapCode.AUTHENTICATE_REQUEST, "pap", ref="RFC 1334 2.2.1", label="PAP")
class PapRequest(Message):
    """The peer's name and its password, in this order."""

    code: int = uint(8, "Code", filter="code", enum=PapCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    fields: Options = option_list(PAP_FIELDS)


@declare(PAP_PACKETS, PapCode.AUTHENTICATE_ACK, "pap", ref="RFC 1334 2.2.2", label="PAP")
class PapResult(Message):
    """Authenticate-Ack or -Nak."""

    code: int = uint(8, "Code", filter="code", enum=PapCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    message_length = tail_length("Msg-Length", filter=".message.length")
    message: bytes = text("Message", filter="message")


PAP_PACKETS.also(PapResult, PapCode.AUTHENTICATE_NAK)


@declare(PAP_FIELDS, 1, "pap", ref="RFC 1334 2.2.1", label="Peer-ID")
class PapPeerId(Message):
    """The peer's name."""

    peer_id: bytes = text("Peer-ID", filter="peer_id")


@declare(PAP_FIELDS, 2, "pap", ref="RFC 1334 2.2.1", label="Password")
class PapPassword(Message):
    """The password, in the clear."""

    password: bytes = text("Password", filter="password", secret=True)


@declare(CHAP_PACKETS, ChapCode.CHALLENGE, "chap", ref="RFC 1994 4.1", label="CHAP")
class ChapValue(Message):
    """Challenge or Response: the value, and the sender's name."""

    code: int = uint(8, "Code", filter="code", enum=ChapCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    fields: Options = option_list(CHAP_FIELDS)


@declare(CHAP_PACKETS, ChapCode.SUCCESS, "chap", ref="RFC 1994 4.2", label="CHAP")
class ChapResult(Message):
    """Success or Failure."""

    code: int = uint(8, "Code", filter="code", enum=ChapCode)
    identifier: int = uint(8, "Identifier", filter="identifier")
    length = own_length(16)
    message: bytes = text("Message", filter="message")


CHAP_PACKETS.also(ChapValue, ChapCode.RESPONSE)
CHAP_PACKETS.also(ChapResult, ChapCode.FAILURE)


@declare(CHAP_FIELDS, 1, "chap", ref="RFC 1994 4.1", label="Value")
class ChapDigest(Message):
    """The challenge, or the hash of identifier, secret and challenge."""

    value: bytes = octets("Value", filter="value")


@declare(CHAP_FIELDS, 2, "chap", ref="RFC 1994 4.1", label="Name")
class ChapName(Message):
    """Who sent it."""

    name: bytes = text("Name", filter="name")
