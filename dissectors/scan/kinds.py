"""Names of the message kinds that the scan lane tells apart (the `kind` column of `messages`)."""

from __future__ import annotations

from enum import IntEnum


class MessageKind(IntEnum):
    """One signalling message's kind; `label` is its name in every table."""

    OTHER_MH = 0
    HO_REQUEST = 1
    HO_RESPONSE = 2
    BU = 3
    BA = 4
    BRR = 5
    HOTI = 6
    COTI = 7
    HOT = 8
    COT = 9
    BE = 10
    RS = 11
    RA = 12
    NS = 13
    NA = 14
    PBU = 15
    PBA = 16
    ICMP6_ERROR = 17

    @property
    def label(self) -> str:
        return self.name.lower().replace("_", "-")


MH_KINDS = {
    0: MessageKind.BRR,
    1: MessageKind.HOTI,
    2: MessageKind.COTI,
    3: MessageKind.HOT,
    4: MessageKind.COT,
    5: MessageKind.BU,
    6: MessageKind.BA,
    7: MessageKind.BE,
}
ICMP_KINDS = {
    1: MessageKind.ICMP6_ERROR,
    2: MessageKind.ICMP6_ERROR,
    3: MessageKind.ICMP6_ERROR,
    4: MessageKind.ICMP6_ERROR,
    133: MessageKind.RS,
    134: MessageKind.RA,
    135: MessageKind.NS,
    136: MessageKind.NA,
}
