"""Verdicts in the object lane's tree: each stands under the authenticator that it is about.

It works on steps that layers have made, so that no layer has to know of keys.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from dissectors.authentication.carrier import Carrier, carrier_of
from dissectors.authentication.checks import Checks
from dissectors.authentication.verdict import Checked, Verdict
from dissectors.ipv6 import PMIPV6_PORT, NextHeader
from dissectors.node import Node, replace
from dissectors.opened_esp import opened_parts
from dissectors.packet import Packet
from dissectors.step import Key, Step

_UDP = 8


def verified(packet: Packet, key: Key, begin: int, end: int, step: Step) -> Step:
    """The step of a layer at data[begin:end], with verdicts on what it holds."""
    if packet.checks is None:
        return step
    if key == ("ip", NextHeader.ESP):
        return _esp(packet, packet.checks, begin, end, step)
    find = _FINDERS.get(key)
    if find is None:
        return step
    node = step.node
    for checked in find(packet, packet.checks, begin, end):
        node = _attached(node, checked, packet.stop)
    return dataclasses.replace(step, node=node)


def _carrier(packet: Packet, begin: int) -> Carrier | None:
    """The addresses in front of `begin`; those in front of ESP for what was inside it."""
    if packet.ip_begin is None:
        return packet.carrier
    return carrier_of(packet.data[: packet.stop], packet.ip_begin, begin)


def _ah(packet: Packet, checks: Checks, begin: int, _end: int) -> list[Checked]:
    return [checks.ah(packet.data[: packet.stop], packet.ip_begin, begin)]


def _mobility(packet: Packet, checks: Checks, begin: int, end: int) -> list[Checked]:
    limit = min(end, packet.stop)
    return checks.mobility(packet.data, begin, limit, _carrier(packet, begin))


def _radius(packet: Packet, checks: Checks, begin: int, end: int) -> list[Checked]:
    carrier = _carrier(packet, begin - _UDP)
    return checks.radius(packet.data, begin, min(end, packet.stop), carrier)


def _attached(node: Node, checked: Checked, stop: int) -> Node:
    """The node with the verdict under the field of these octets, else under itself."""
    begin, end = min(checked.begin, stop), min(checked.end, stop)
    verdict = _verdict(checked.verdict, begin, max(begin, end))
    return _under(node, verdict) or replace(node, children=(*node.children, verdict))


def _under(node: Node, verdict: Node) -> Node | None:
    for place, child in enumerate(node.children):
        if child.begin <= verdict.begin and verdict.end <= child.end:
            changed = _under(child, verdict)
            if changed is not None:
                children = (*node.children[:place], changed, *node.children[place + 1 :])
                return replace(node, children=children)
    if (node.begin, node.end) == (verdict.begin, verdict.end):
        return replace(node, children=(*node.children, verdict))
    return None


def _verdict(verdict: Verdict, begin: int, end: int) -> Node:
    return Node(
        "verification",
        "Verification",
        "netmip6.verification",
        verdict.state.value,
        str(verdict),
        begin,
        end,
    )


def _esp(packet: Packet, checks: Checks, begin: int, end: int, step: Step) -> Step:
    """The parts of an ESP packet whose key is known, and what was inside."""
    carrier = _carrier(packet, begin)
    if carrier is None:
        return step
    opened = checks.esp(packet.data[: packet.stop], begin, end, carrier)
    if isinstance(opened, Verdict):
        checked = Checked(begin, begin, opened)
        return dataclasses.replace(step, node=_attached(step.node, checked, packet.stop))
    head = tuple(child for child in step.node.children if child.name != "data")
    parts, inner = opened_parts(packet, begin, end, opened, carrier)
    node = replace(step.node, children=(*head, *parts))
    node = _attached(node, Checked(opened.icv, end, opened.verdict), packet.stop)
    return dataclasses.replace(step, node=node, inner=inner)


_Finder = Callable[[Packet, Checks, int, int], list[Checked]]
_FINDERS: dict[Key, _Finder] = {
    ("ip", NextHeader.AH): _ah,
    ("ip", NextHeader.MOBILITY): _mobility,
    ("ip", NextHeader.MOBILITY_OLD): _mobility,
    ("udp", PMIPV6_PORT): _mobility,
    ("radius", 0): _radius,
}
