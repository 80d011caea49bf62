"""Names of the message kinds that the scan lane tells apart (the `kind` column of `messages`)."""

from __future__ import annotations

from collections.abc import Sequence
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
    FMIP_FBU = 18
    FMIP_FBACK = 19
    FMIP_FNA = 20
    FMIP_HI = 21
    FMIP_HACK = 22

    @property
    def label(self) -> str:
        return self.name.lower().replace("_", "-")


FIRST_WORD = 1 << 10
"""Kinds from here on are texts that the object lane gives: this plus a text's number."""


def kind_label(kind: int, words: Sequence[bytes]) -> str:
    """The name of a kind in every table; words: the texts by their numbers."""
    if kind < FIRST_WORD:
        return MessageKind(kind).label
    return words[kind - FIRST_WORD].decode()


WRONG_ICV = 2
"""In the column `ah`: the header is there, and its ICV does not fit."""

FMIP_TYPES = (150, 154)
"""ICMPv6 types of Fast Handover and others, which a subtype tells apart (RFC 5568 6.1)."""

MH_KINDS = {
    0: MessageKind.BRR,
    1: MessageKind.HOTI,
    2: MessageKind.COTI,
    3: MessageKind.HOT,
    4: MessageKind.COT,
    5: MessageKind.BU,
    6: MessageKind.BA,
    7: MessageKind.BE,
    8: MessageKind.FMIP_FBU,
    9: MessageKind.FMIP_FBACK,
    10: MessageKind.FMIP_FNA,
    14: MessageKind.FMIP_HI,
    15: MessageKind.FMIP_HACK,
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
