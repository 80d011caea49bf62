"""The names of all findings, and how bad one can be (CONTRACT 3)."""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """How bad it is; a higher number is worse."""

    NOTE = 0
    WARNING = 1
    ERROR = 2

    @property
    def label(self) -> str:
        return self.name.lower()


class Code(IntEnum):
    """What was found. The label is the contract's name, with hyphens."""

    HO_HOPLIMIT = 0
    HO_NO_ID = 1
    HO_NO_AH = 2
    HO_BAD_AH = 3
    HO_CLEAR_KEY = 4
    HO_REFUSED = 5
    HO_RESERVED = 6
    HO_UNANSWERED = 7
    HO_UNASKED = 8
    HO_NO_CONTEXT = 9
    HO_ROGUE = 10
    BU_NO_ID = 11
    BU_NO_AUTH = 12
    BU_BAD_AUTH = 13
    BU_REPLAY = 14
    BU_UNANSWERED = 15
    BU_REACTIVE = 16
    BU_STALE = 17
    BU_COA = 18
    BU_IPV4 = 19
    BA_REJECTED = 20
    BA_HOA_CHANGED = 21
    BA_NO_HOA = 22
    BA_SHORT = 23
    BIND_EXPIRED = 24
    HOA_DUPLICATE = 25
    ADDR_MISMATCH = 26
    TUN_BLACKHOLE = 27
    TUN_NOT_TORN = 28
    TUN_UNBOUND = 29
    PING_PONG = 30
    MAP_PREFIX = 31
    MAP_ADDR = 32
    MN_SIGNALLED = 33
    CKSUM = 34
    MALFORMED = 35
    CAP_CUT = 36
    CAP_ORDER = 37
    CAP_CLOCK = 38
    CAP_DROP = 39

    @property
    def label(self) -> str:
        return self.name.replace("_", "-")
