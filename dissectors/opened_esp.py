"""The tree's nodes of an ESP packet that was opened with its key (RFC 4303 2)."""

from __future__ import annotations

from dissectors.authentication.carrier import Carrier
from dissectors.authentication.esp import HEADER, TRAILER, Opened
from dissectors.ipv6 import NextHeader
from dissectors.layout import Anomaly
from dissectors.node import Node, replace
from dissectors.packet import Packet, raw
from dissectors.step import Inner, Key

_NAMED = frozenset(NextHeader)


def opened_parts(
    packet: Packet, begin: int, end: int, opened: Opened, carrier: Carrier
) -> tuple[list[Node], Inner | None]:
    """The fields behind the sequence number, and what was inside if it is known."""
    parts: list[Node] = []
    if opened.payload > begin + HEADER:
        parts.append(_octets(packet, begin + HEADER, opened.payload, "iv", "IV"))
    if not opened.in_clear:
        odd = (Anomaly(opened.trouble, opened.payload),) if opened.trouble else ()
        data = raw(packet, opened.payload, opened.icv, "data", "Encrypted data", odd)
        parts.append(replace(data, filter="esp.encrypted_data"))
    if opened.icv < end:
        parts.append(_octets(packet, opened.icv, end, "icv", "ICV"))
    inner = None if opened.plain is None else _inner(packet, opened, opened.plain, carrier)
    return parts, inner


def _octets(packet: Packet, begin: int, end: int, name: str, label: str) -> Node:
    octets = packet.data[begin:end]
    return Node(name, label, f"esp.{name}", octets, octets.hex(), begin, end)


def _inner(packet: Packet, opened: Opened, plain: bytes, carrier: Carrier) -> Inner:
    """What was inside, to be decoded on. Of decrypted octets, places count from their first."""
    data, base = (packet.data, opened.payload) if opened.in_clear else (plain, 0)
    end = base + len(plain) - TRAILER - plain[-2]
    inside = packet.inside(data, max(base, end), carrier)
    following: Key | None = ("ip", plain[-1])
    odd: tuple[Anomaly, ...] = ()
    if end < base:
        odd = (Anomaly("the padding is longer than all: it may be the wrong key", base),)
        following = None
    elif inside.depth > packet.profile.nesting + 1:
        odd = (Anomaly(f"nested deeper than {packet.profile.nesting}, not followed", base),)
        following = None
    node = Node(
        "decrypted",
        "Payload" if opened.in_clear else "Decrypted",
        "netmip6.esp.decrypted",
        None,
        f"{len(plain)} octets",
        opened.payload,
        opened.icv,
        tuple(_trailer(data, end, base + len(plain))) if end >= base else (),
        odd,
        octets=None if opened.in_clear else plain,
    )
    return Inner(node, inside, following, base, max(base, end))


def _trailer(data: bytes, begin: int, end: int) -> list[Node]:
    """Padding, Pad Length and Next Header at data[begin:end] (RFC 4303 2.4 to 2.6)."""
    behind = end - TRAILER
    size, number = f"{behind - begin} octets", data[end - 1]
    odd: tuple[Anomaly, ...] = ()
    if data[begin:behind] != bytes(range(1, behind - begin + 1)):
        odd = (Anomaly("padding is not 1, 2, 3, …", begin),)
    name = NextHeader(number).name.replace("_", " ").lower() if number in _NAMED else ""
    text = f"{name} ({number})" if name else str(number)
    nodes = [Node("padding", "Padding", "esp.pad", None, size, begin, behind, (), odd)]
    nodes = nodes if behind > begin else []
    return [
        *nodes,
        Node("pad_length", "Pad Length", "esp.pad_len", behind - begin, size, behind, end - 1),
        Node("next_header", "Next Header", "esp.protocol", number, text, end - 1, end),
    ]
