"""One frame without identities: each field by what its declaration says that it is.

What no field covers, and what users said to each other, is replaced by its keyed digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import UnionType

from dissectors.node import Joined, Node, Octets, Secret, What
from dissectors.profile import Profile
from dissectors.shown import (
    AddressShown,
    DomainShown,
    LinkShown,
    OctetsShown,
    PrefixShown,
    StringShown,
    TextShown,
)
from dissectors.tree import decode
from netmip6scope.scrub.authenticators import Authenticators
from netmip6scope.scrub.pseudonyms import Pseudonyms
from netmip6scope.scrub.sums import Region, mend, regions

_KEPT = {"dhcp.cookie", "dhcp.option.subnet_mask"}
"""Addresses that are none."""
_MOST_TURNS = 4
"""A Message-Authenticator in a response's authenticator, inside of AH, and to see that it is so."""
_Maker = Callable[[bytes], bytes]


class Scrubber:
    """Scrubs frame by frame."""

    def __init__(
        self, pseudonyms: Pseudonyms, profile: Profile, authenticators: Authenticators | None = None
    ) -> None:
        self._authenticators = authenticators
        self._names = names = pseudonyms
        self._profile = profile
        self._by_filter: dict[str, _Maker] = {
            "ipv6cp.interface_identifier": names.identifier,
            "radius.authenticator": names.octets,
            "netmip6.arp.sha": names.link,
            "netmip6.arp.tha": names.link,
            "netmip6.arp.spa": names.four,
            "netmip6.arp.tpa": names.four,
        }
        self._by_shown: tuple[tuple[type[What] | UnionType, _Maker], ...] = (
            (AddressShown | PrefixShown, self._address),
            (LinkShown, names.link),
            (TextShown | StringShown, names.text),
            (DomainShown, names.names),
            (OctetsShown | Secret, self._opaque),
            (Octets, names.payload),
        )

    def frame(self, octets: bytes, link_type: int, wirelen: int) -> bytes:
        """The frame's octets, as many as there were."""
        tree = decode(octets, link_type, wirelen, self._profile)
        out = bytearray(octets)
        self._below(tree, octets, out)
        sums = regions(tree.children, len(octets))
        _mend(out, octets, sums)
        if self._authenticators is not None:
            return self._authenticated(out, octets, link_type, wirelen, sums)
        return bytes(out)

    def _authenticated(
        self, out: bytearray, octets: bytes, link_type: int, wirelen: int, sums: list[Region]
    ) -> bytes:
        """With the authenticators that the new octets need; some cover others."""
        assert self._authenticators is not None
        good = self._authenticators.good(octets, link_type, wirelen)
        for _ in range(_MOST_TURNS if good else 0):
            now = bytes(out)
            wrong = self._authenticators.wrong(now, link_type, wirelen, good)
            if not wrong:
                break
            for (begin, end), one in wrong.items():
                out[begin:end] = one.verdict.expected or b""
            _mend(out, now, sums)
        return bytes(out)

    def _below(self, tree: Node, octets: bytes, out: bytearray) -> None:
        """Everything below a node whose octets these are."""
        known = bytearray(len(octets))
        fields = list(_leaves(tree))
        joined = [node for node in fields if isinstance(node.what, Joined)]
        for node in fields:
            if node in joined:
                continue
            known[node.begin : node.end] = b"\1" * (node.end - node.begin)
            replace = self._by_kind(node)
            if replace is not None and node.begin < node.end:
                out[node.begin : node.end] = replace(octets[node.begin : node.end])
        for begin, end in _gaps(known):
            # Reserved fields have no node where they are zero, and have to stay so.
            if any(octets[begin:end]):
                out[begin:end] = self._names.payload(octets[begin:end])
        for node in joined:
            self._joined(node, fields, out)

    def _joined(self, node: Node, fields: list[Node], out: bytearray) -> None:
        """Octets that stand in pieces: a message in several attributes of this frame."""
        whole = node.octets
        pieces = [f for f in fields if f.filter == "radius.eap_fragment"]
        if whole is None or sum(p.end - p.begin for p in pieces) != len(whole):
            return
        scrubbed = bytearray(whole)
        self._below(node, whole, scrubbed)
        at = 0
        for piece in pieces:
            size = piece.end - piece.begin
            out[piece.begin : piece.end] = scrubbed[at : at + size]
            at += size

    def _by_kind(self, node: Node) -> _Maker | None:
        """What makes a pseudonym of the field; None: it stays."""
        if node.filter in _KEPT:
            return None
        maker = self._by_filter.get(node.filter)
        kinds = (maker for shown, maker in self._by_shown if isinstance(node.what, shown))
        return maker or next(kinds, None)

    def _address(self, octets: bytes) -> bytes:
        """An address, or the leading octets of one."""
        if len(octets) == 4:
            return self._names.four(octets)
        if len(octets) > 16:
            return self._names.octets(octets)
        return self._names.six(octets.ljust(16, b"\0"))[: len(octets)]

    def _opaque(self, octets: bytes) -> bytes:
        """Six octets are mostly a link-layer address, and those are the same everywhere."""
        return self._names.link(octets) if len(octets) == 6 else self._names.octets(octets)


def _mend(out: bytearray, before: bytes, sums: list[Region]) -> None:
    """What an inner checksum becomes is covered by the outer ones."""
    for region in reversed(sums):
        mend(out, before, region)


def _leaves(node: Node) -> Iterator[Node]:
    """Nodes without any below; of what was joined elsewhere the node itself."""
    for child in node.children:
        if isinstance(child.what, Joined) or not child.children:
            yield child
        else:
            yield from _leaves(child)


def _gaps(known: bytearray) -> Iterator[tuple[int, int]]:
    """Runs of octets that nothing covers."""
    begin = known.find(0)
    while begin >= 0:
        end = known.find(1, begin)
        end = len(known) if end < 0 else end
        yield begin, end
        begin = known.find(0, end)
