"""Why a message is whose it is: the field that tells, and the frame that it agrees with."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from dissectors.frames import Ints
from dissectors.scan.kinds import MessageKind


class Reason(IntEnum):
    """What tells that a message is a mobile node's."""

    NAMED = 0
    """It carries the node's identity."""
    EXCHANGE = 1
    """It asks or answers with the number of a message that is the node's."""
    HOME = 2
    """It carries the node's IPv6 home address."""
    HOME4 = 3
    """It carries the node's IPv4 home address."""
    PREFIX = 4
    """It advertises the prefix of the node's home address."""
    HOST = 5
    """It goes to, or comes from, the node's interface identifier."""
    ANSWERED = 6
    """A Router Advertisement that is the node's goes to where it comes from."""
    CLIENT = 7
    """It is of the client (DUID, hardware address, PPP link) that the node's address goes to."""
    DURING = 8
    """Its client asked before, and was answered after, the node's binding, as no other did."""


Joined = tuple[int, Reason, int]
"""The number of a message, why it is a node's, and that of the message that this refers to."""


class Reasons:
    """By row of the messages that are joined: the reason, and the row it refers to; -1 for none."""

    def __init__(self, rows: int) -> None:
        self.reason = np.full(rows, -1, np.int64)
        self.source = np.full(rows, -1, np.int64)

    def note(self, reason: Reason, rows: Ints, sources: Ints | None = None) -> None:
        """These rows, for this reason; without sources it stands in the message itself."""
        self.reason[rows] = reason
        self.source[rows] = rows if sources is None else sources


_IDENTITY, _MOBILITY = "icmpv6.opt.mn.value", "mip6.mnid.identifier"
_FIELDS = {
    (Reason.NAMED, MessageKind.HO_REQUEST.label): _IDENTITY,
    (Reason.NAMED, MessageKind.HO_RESPONSE.label): _IDENTITY,
    (Reason.EXCHANGE, MessageKind.HO_REQUEST.label): "netmip6.ho_request.identifier",
    (Reason.EXCHANGE, MessageKind.HO_RESPONSE.label): "netmip6.ho_response.identifier",
    (Reason.EXCHANGE, MessageKind.BU.label): "mip6.bu.seqnr",
    (Reason.EXCHANGE, MessageKind.BA.label): "mip6.ba.seqnr",
    (Reason.HOST, MessageKind.RS.label): "ipv6.src",
}
_OTHERWISE = {
    Reason.NAMED: _MOBILITY,
    Reason.EXCHANGE: "identifier",
    Reason.HOME: "hoa",
    Reason.HOME4: "hoa4",
    Reason.PREFIX: "icmpv6.opt.prefix",
    Reason.HOST: "ipv6.dst",
    Reason.ANSWERED: "ipv6.src",
    Reason.CLIENT: "client",
    Reason.DURING: "time",
}
_OF_FAMILIES = {
    (Reason.NAMED, "radius-"): "radius.User_Name",
    (Reason.NAMED, "eap-"): "eap.identity",
    (Reason.NAMED, "ppp-chap-"): "chap.name",
    (Reason.NAMED, "ppp-pap-"): "pap.peer_id",
    (Reason.EXCHANGE, "radius-"): "radius.id",
    (Reason.HOST, "ppp-ipv6cp-"): "ipv6cp.interface_identifier",
    (Reason.CLIENT, "dhcp4-"): "netmip6.dhcp.hw.addr",
}
"""Of messages that have no kind of their own: by how the names of their kinds begin."""


def field_of(reason: Reason, kind: str) -> str:
    """The field, as a filter names it, of a message of this kind."""
    families = (
        f for (r, begin), f in _OF_FAMILIES.items() if r is reason and kind.startswith(begin)
    )
    return _FIELDS.get((reason, kind)) or next(families, _OTHERWISE[reason])
