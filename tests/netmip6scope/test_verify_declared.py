"""Every declared message and option, filled at random, read by Wireshark as we read it.

The captures hold what NetMIPv6 uses. Here are the neighbours too, well-formed, each alone.
"""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest

from dissectors import codec
from dissectors.layout import Field, Kind, Message
from dissectors.mobility import BindingUpdate
from dissectors.neighbor import RouterAdvertisement
from dissectors.registries import (
    ICMPV6_MESSAGES,
    MOBILITY_MESSAGES,
    MOBILITY_OPTIONS,
    ND_OPTIONS,
)
from netmip6scope.wireshark.verify import verify
from tests import wire
from tests.netmip6scope import shark

pytestmark = pytest.mark.tshark

TAILS = (0, 1, 2, 3, 5, 6, 8, 12, 14, 20, 31)
"""Octets."""
SRC, DST = "2001:db8::1", "2001:db8::2"
QUOTING = range(1, 5)
"""ICMPv6 errors: a random packet in them is none."""
SET_APART = (4, 253)
"""Neighbor discovery options: Redirected Header, and contexts, which the plugin's tests hold."""

OURS = {
    # Where our filter name is not Wireshark's, or where we show more or less than Wireshark.
    ("BindingRevocation", "mip6.bri_br.type"): "Wireshark knows the types 1 and 2 alone",
    ("BindingRevocation", "mip6.bri_seqnr"): "Wireshark knows the types 1 and 2 alone",
    ("ExperimentalFastHandover", "icmpv6.fmip6.hi.flag.a"): "we show it in every subtype",
    ("ExperimentalFastHandover", "icmpv6.fmip6.hi.flag.s"): "we show it in every subtype",
}


def mobility_header(message: Message) -> bytes:
    header = codec.build_mobility_header(message, IPv6Address(SRC), IPv6Address(DST))
    return wire.ipv6(SRC, DST, 135, header)


def icmpv6(message: Message) -> bytes:
    packet = codec.build_icmpv6(message, IPv6Address(SRC), IPv6Address(DST))
    return wire.ipv6(SRC, DST, 58, packet, 255)


def in_update(option: Message) -> bytes:
    return mobility_header(BindingUpdate(sequence=1, options=(option,)))


def in_advertisement(option: Message) -> bytes:
    return icmpv6(RouterAdvertisement(options=(option,)))


CASES: list[tuple[type[Message], Any]] = [
    *((known, mobility_header) for known in MOBILITY_MESSAGES.types.values()),
    *((known, in_update) for known in MOBILITY_OPTIONS.types.values()),
    *((known, icmpv6) for n, known in ICMPV6_MESSAGES.types.items() if n not in QUOTING),
    *((known, in_advertisement) for n, known in ND_OPTIONS.types.items() if n not in SET_APART),
]


def examples(known: type[Message]) -> list[Message]:
    """Random values, and tails of each of these lengths. Options are cases of their own."""
    choose = random.Random(known.__name__)
    return [
        known(
            **{f.name: value(known, f, length, choose) for f in known.layout.fields if is_ours(f)}
        )
        for length in TAILS
    ]


def is_ours(field: Field) -> bool:
    return not field.kind.is_derived


def value(known: type[Message], field: Field, length: int, choose: random.Random) -> object:
    layout = known.layout
    if field.kind is Kind.OPTIONS:
        return ()
    if field.kind.is_tail:
        if not any(each.kind.is_derived for each in layout.fields):
            # Headers and neighbor discovery options are whole units of 8 octets.
            units = layout.registry in (MOBILITY_MESSAGES, ND_OPTIONS)
            length += -(layout.origin + layout.fixed + length) % 8 if units else 0
        return choose.randbytes(length)
    number = choose.getrandbits(field.width)
    return {
        Kind.UINT: lambda: number,
        Kind.FLAG: lambda: bool(number),
        Kind.RESERVED: lambda: 0,
        Kind.IPV6: lambda: IPv6Address(number),
        Kind.IPV4: lambda: IPv4Address(number),
    }[field.kind]()


def packets() -> list[tuple[str, bytes]]:
    made = []
    for known, build in CASES:
        made += [(known.__name__, build(message)) for message in examples(known)]
    return made


def test_every_declared_message_and_option_agrees(tmp_path: Path) -> None:
    made = packets()
    path = shark.write(tmp_path, [packet for _, packet in made])
    verdict = verify([str(path)])
    assert verdict.frames == len(made)
    assert verdict.errors == []
    found = {(made[row.frame - 1][0], row.field) for row in verdict.rows if row.reason is None}
    assert found == OURS.keys()
