"""Reads captures as traces: the packets that nodes understand, and user data as columns."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dissectors.aside.carried import carried
from dissectors.aside.waiting import Waiting
from dissectors.authentication.checks import Checks
from dissectors.authentication.keys import Keys
from dissectors.authentication.verdict import State
from dissectors.errors import ParseError
from dissectors.frames import FrameBatch
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.scan import link
from dissectors.scan.batch import MessageBatch, TunnelBatch
from dissectors.scan.kinds import MessageKind
from dissectors.scan.lane import Scanner
from dissectors.tree import decode as decode_tree
from netmip6scope.capture.inputs import Source, expand
from netmip6scope.capture.reader import read_batches
from netmip6scope.incident.sealed import STATES, NotFollowed, is_sealed_right
from netmip6scope.merge import merge
from replay.packets import decode
from replay.trace import Observed
from replay.user_data import Flow, UserData

_IP = ("ipv6", "ipv4")
_SEALED = (MessageKind.HO_REQUEST, MessageKind.HO_RESPONSE, MessageKind.BU, MessageKind.BA)
_TAKEN = (*_SEALED, MessageKind.RS, MessageKind.RA)
_TOKENS = (MessageKind.HOT, MessageKind.COT)
"""What authenticators of return routability are made of (RFC 6275 5.2.5)."""


def read_observed(
    captures: Sequence[str], profile: Profile, keys: Keys, profile_path: str | None = None
) -> list[Observed]:
    """All packets of the captures that the node models take, user data too. Raises ScopeError."""
    observed, user = read_trace(captures, profile, keys, profile_path)
    packets = [flow.packet for flow in user.flows]
    columns = user.frame.tolist(), user.time_ns.tolist(), user.flow.tolist()
    tunnelled = (Observed(frame, ns, packets[n]) for frame, ns, n in zip(*columns, strict=True))
    return sorted((*observed, *tunnelled), key=lambda seen: seen.time_ns)


def read_trace(
    captures: Sequence[str], profile: Profile, keys: Keys, profile_path: str | None = None
) -> tuple[list[Observed], UserData]:
    """Signalling, and user data as columns, both in order of time. Raises ScopeError."""
    sources = expand(list(captures))
    if len(sources) > 1:
        # One clock, and what several points saw once; frames are numbered in the merged capture.
        with TemporaryDirectory() as folder:
            path = os.path.join(folder, "merged.pcapng")
            run = merge(list(captures), path, None, profile_path)
            if run.errors:
                raise run.errors[0]
            return _Reader(profile, keys).read(expand([path])[0])
    return _Reader(profile, keys).read(sources[0])


class _Reader:
    def __init__(self, profile: Profile, keys: Keys) -> None:
        self._profile = profile
        self._checks = Checks(keys)
        self._judges = keys.entries != Keys().entries
        self._scanner = Scanner(profile, opens_esp=bool(keys.esp_spis))
        self._waiting = Waiting()
        self._found: list[Observed] = []
        self._tunnels: list[TunnelBatch] = []

    def read(self, source: Source) -> tuple[list[Observed], UserData]:
        for batch in read_batches(source):
            scanned = self._scanner.scan(batch)
            self._messages(batch, scanned.messages)
            for number in scanned.aside.tolist():
                self._aside(batch, number)
            user = ~np.isin(scanned.tunnels.frame, scanned.messages.frame)
            tunnels = scanned.tunnels
            self._tunnels.append(TunnelBatch(*(c[user] for c in _columns(tunnels))))
        self._found.sort(key=lambda seen: seen.time_ns)
        return self._found, self._user_data()

    def _messages(self, batch: FrameBatch, messages: MessageBatch) -> None:
        """Messages that the scan lane knows; only authenticators need a frame's tree."""
        wanted = np.isin(messages.kind, _TAKEN + _TOKENS if self._judges else _TAKEN)
        frames, first = np.unique(messages.frame[wanted], return_index=True)
        rows = frames - batch.first_frame
        at, proto = link.network(batch, rows)
        begins = np.where(proto == link.UNKNOWN, -1, at - batch.start[rows])
        kinds = messages.kind[wanted][first]
        sealed, tokens = np.isin(kinds, _SEALED), np.isin(kinds, _TOKENS) | (begins < 0)
        columns = rows.tolist(), begins.tolist(), sealed.tolist(), tokens.tolist()
        for row, begin, is_sealed, needs_tree in zip(*columns, strict=True):
            octets = batch.frame(row)
            if needs_tree:
                self._decoded(batch, row, octets)
            elif is_sealed and self._judges:
                self._checked(batch, row, octets, begin)
            else:
                self._packet(batch, row, octets[begin:], None)

    def _checked(self, batch: FrameBatch, row: int, octets: bytes, begin: int) -> None:
        try:
            sealed = is_sealed_right(octets[begin:], self._checks)
        except NotFollowed:
            self._decoded(batch, row, octets)
        else:
            self._packet(batch, row, octets[begin:], sealed)

    def _aside(self, batch: FrameBatch, number: int) -> None:
        row = number - batch.first_frame
        self._decoded(batch, row, batch.frame(row))

    def _decoded(self, batch: FrameBatch, row: int, octets: bytes) -> None:
        """With what the keys say of it."""
        link_type = batch.interfaces[int(batch.interface[row])].link_type
        time_ns, length = int(batch.time_ns[row]), int(batch.wirelen[row])
        interface = int(batch.interface[row])
        waiting = self._waiting.of(batch.interfaces[interface].point, interface)
        tree = decode_tree(
            octets,
            link_type,
            length,
            self._profile,
            self._checks,
            fragments=waiting,
            time_ns=time_ns,
        )
        begin = next((node.begin for node in tree.children if node.name in _IP), None)
        if begin is None:
            return
        inside = carried(tree, octets, known=True)
        for packet in inside:
            self._packet(batch, row, packet.octets, _verdict(tree))
        if not inside:
            self._packet(batch, row, octets[begin:], _verdict(tree))

    def _packet(self, batch: FrameBatch, row: int, octets: bytes, sealed: bool | None) -> None:
        try:
            packet = decode(octets, self._profile)
        except ParseError:
            return
        number, time_ns = batch.first_frame + row, int(batch.time_ns[row])
        self._found.append(Observed(number, time_ns, packet, sealed))

    def _user_data(self) -> UserData:
        joined = TunnelBatch.join(self._tunnels)
        numbers, flow = np.unique(joined.flow, return_inverse=True)
        addresses = self._scanner.addresses
        flows = (
            Flow(*(ip_address(addresses.packed(end)) for end in ends))
            for ends in self._scanner.tunnels.ends[numbers].tolist()
        )
        return UserData(tuple(flows), joined.frame, joined.time_ns, flow).in_order()


def _columns(tunnels: TunnelBatch) -> Iterator[NDArray[Any]]:
    return (getattr(tunnels, name) for name in TunnelBatch.__slots__)


def _verdict(tree: Node) -> bool | None:
    """What the keys say of the first authenticator in the frame; None if there is none."""
    found = next(_verifications(tree), None)
    return None if found is None else STATES[State(found.value)]


def _verifications(tree: Node) -> Iterator[Node]:
    for child in tree.children:
        if child.name == "verification":
            yield child
        else:
            yield from _verifications(child)
