"""Checksums after a change: a right one is right again, and a wrong one is wrong by as much.

RFC 1624: the checksum changes by what the octets that it covers change by, so nothing has to be
known of octets that were not captured.
"""

from __future__ import annotations

from dataclasses import dataclass

from dissectors.checksum import ones_complement
from dissectors.node import Node

_WITH_PSEUDO_HEADER = {"udp", "tcp", "icmp", "icmpv6", "mip6", "dccp"}
_QUOTED = "netmip6.quote"


@dataclass(frozen=True, slots=True)
class Region:
    """What a checksum covers: octets of the frame, and the field that holds it."""

    field: tuple[int, int]
    covered: tuple[tuple[int, int], ...]
    may_lack: bool
    """Zero stands for none (UDP)."""


def regions(layers: tuple[Node, ...], size: int) -> list[Region]:
    """The checksums of a frame of `size` octets, outer ones first."""
    found: list[Region] = []
    source = destination = (0, 0)
    end, four = size, False
    for layer in layers:
        places = {child.filter: (child.begin, child.end) for child in _below(layer)}
        if layer.filter in ("ip", "ipv6"):
            four = layer.filter == "ip"
            source = places.get(f"{layer.filter}.src", (0, 0))
            destination = places.get(f"{layer.filter}.dst", (0, 0))
            end = min(size, _end(layer))
        source = places.get("ipv6.opt.mipv6.home_address", source)
        destination = places.get("ipv6.routing.mipv6.home_address", destination)
        field = next(
            (p for f, p in places.items() if f in (f"{layer.filter}.checksum", "mip6.csum")), None
        )
        if field is not None and layer.filter == "ip":
            found.append(Region(field, ((layer.begin, layer.end),), may_lack=False))
        elif field is not None and layer.filter in _WITH_PSEUDO_HEADER:
            pseudo = () if four and layer.filter in ("icmp", "mip6") else (source, destination)
            covered = ((layer.begin, end), *pseudo)
            found.append(Region(field, covered, may_lack=layer.filter == "udp"))
        for quoted in layer.children:
            if quoted.filter == _QUOTED:
                found += regions(quoted.children, min(size, quoted.end))
    return found


def mend(octets: bytearray, before: bytes, region: Region) -> None:
    """Change the checksum by what has changed since `before`."""
    first, last = region.field
    old = int.from_bytes(before[first:last], "big")
    if last - first != 2 or (region.may_lack and old == 0):
        return
    octets[first:last] = before[first:last]
    change = ones_complement(
        _sum_of(octets, region), 0xFFFF ^ ones_complement(_sum_of(before, region))
    )
    new = 0xFFFF ^ ones_complement((0xFFFF ^ old).to_bytes(2, "big"), change)
    if region.may_lack and new == 0:
        new = 0xFFFF
    octets[first:last] = new.to_bytes(2, "big")


def _sum_of(octets: bytes | bytearray, region: Region) -> bytes:
    parts = (bytes(octets[first:last]) for first, last in region.covered)
    return b"".join(part + b"\0" * (len(part) % 2) for part in parts)


def _below(node: Node) -> list[Node]:
    """Everything below it but quoted packets."""
    near = [child for child in node.children if child.filter != _QUOTED]
    return [one for child in near for one in (child, *_below(child))]


def _end(layer: Node) -> int:
    """Where the packet of an IP header ends by its own length."""
    told = {child.filter: child.value for child in layer.children}
    if layer.filter == "ipv6":
        length = told.get("ipv6.plen")
        return layer.end if not isinstance(length, int) else layer.begin + 40 + length
    length = told.get("ip.len")
    return layer.end if not isinstance(length, int) else layer.begin + length
