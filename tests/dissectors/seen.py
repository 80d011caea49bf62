"""What a table must know of one frame: read from the object lane's tree, and from the scan lane.

The tree is read by the names and places of its nodes alone; sizes and numbers are the RFCs' and
WIRE.md's, written out again.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

import numpy as np

from dissectors.frames import SLACK, FrameBatch, Interface
from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.scan.batch import Scanned
from dissectors.scan.kinds import MessageKind
from dissectors.scan.lane import Scanner
from tests import wire

MH_LABELS = {0: "brr", 1: "hoti", 2: "coti", 3: "hot", 4: "cot", 5: "bu", 6: "ba", 7: "be"}
MH_LABELS |= {8: "fmip-fbu", 9: "fmip-fback", 10: "fmip-fna", 14: "fmip-hi", 15: "fmip-hack"}
ICMP_LABELS = {133: "rs", 134: "ra", 135: "ns", 136: "na", 1: "icmp6-error", 2: "icmp6-error"}
ICMP_LABELS |= {3: "icmp6-error", 4: "icmp6-error"}
# Octets behind the Mobility Header (6) or ICMPv6 header (4) without which there is no message.
FIXED = {"bu": 6, "ba": 6, "be": 18, "ho-request": 4, "ho-response": 3}
FIXED |= {"fmip-fbu": 6, "fmip-fback": 6, "fmip-fna": 2, "fmip-hi": 4, "fmip-hack": 4}
BINDING = {"seq": "sequence", "lifetime_s": "lifetime"}
PLAIN = {
    "bu": BINDING,
    "ba": BINDING | {"status": "status"},
    "be": {"status": "status"},
    "ho-response": {"status": "status"},
    "fmip-fbu": BINDING,
    "fmip-fback": BINDING | {"status": "status"},
    "fmip-hi": {"seq": "sequence", "status": "code"},
    "fmip-hack": {"seq": "sequence", "status": "code"},
}
# DHCP, RADIUS; Diameter over TCP and SCTP.
DATAGRAM_PORTS = {67, 68, 546, 547, 1645, 1646, 1812, 1813, 3799}
STREAM_PORT = 3868


@dataclass(frozen=True)
class Message:
    kind: str
    src: str
    dst: str
    hop_limit: int
    inside: int
    ah: bool
    detail: int = -1
    length: int = -1
    hoa: str | None = None
    coa: str | None = None
    hoa4: str | None = None
    ha: str | None = None
    prefix: str | None = None
    mn_id: bytes | None = None
    identifier: int = -1
    seq: int = -1
    status: int = -1
    lifetime_s: int = -1
    flags: int = -1
    malformed: bool = False
    cut: bool = False
    checksum: int = -1
    marks: int = -1
    stamp_ns: int = -1


@dataclass(frozen=True)
class Packet:
    """A packet in tunnels: the outermost tunnel's ends, the innermost packet's, and its length."""

    outer: tuple[str, str]
    inner: tuple[str, str]
    length: int


@dataclass(frozen=True)
class Seen:
    message: Message | None
    packet: Packet | None


def batch_of(frames: list[tuple[bytes, int]], link_type: int) -> FrameBatch:
    """A batch of (captured octets, octets on the wire)."""
    caplen = np.array([len(frame) for frame, _ in frames], np.int64)
    wirelen = np.array([length for _, length in frames], np.int64)
    # Octets that are no zeros stand between frames, so that reading into them shows.
    data = b"".join(frame + b"\x29" * 7 for frame, _ in frames) + bytes(SLACK)
    start = np.cumsum(caplen + 7) - caplen - 7
    none = np.zeros(len(frames), np.int64)
    interfaces = (Interface(link_type, "point"),)
    octets = np.frombuffer(data, np.uint8)
    return FrameBatch(octets, start, caplen, wirelen, none, none, interfaces)


def by_scan(scanner: Scanner, scanned: Scanned) -> dict[int, Seen]:
    """What the scan lane tells, by frame number; frames without anything are left out."""
    messages = {}
    m = scanned.messages
    text = scanner.addresses.text
    for row in range(len(m)):
        one = {name: int(getattr(m, name)[row]) for name in m.__slots__}
        messages[one["frame"]] = Message(
            MessageKind(one["kind"]).label,
            text(one["src"]),
            text(one["dst"]),
            one["hop_limit"],
            one["inside"],
            bool(one["ah"]),
            *(one[name] for name in ("detail", "length")),
            *(text(one[name]) for name in ("hoa", "coa", "hoa4", "ha", "prefix")),
            scanner.names.octets[one["mn_id"]] if one["mn_id"] >= 0 else None,
            *(one[name] for name in ("identifier", "seq", "status", "lifetime_s", "flags")),
            one["malformed"] >= 0,
            bool(one["cut"]),
            *(one[name] for name in ("checksum", "marks", "stamp_ns")),
        )
    packets = {}
    t = scanned.tunnels
    for row in range(len(t)):
        ends = [text(n) for n in scanner.tunnels.ends[t.flow[row]].tolist()]
        packets[int(t.frame[row])] = Packet(
            (ends[0], ends[1]), (ends[2], ends[3]), int(t.length[row])
        )
    numbers = sorted({*messages, *packets})
    return {number: Seen(messages.get(number), packets.get(number)) for number in numbers}


def by_tree(tree: Node, frame: bytes, wirelen: int, profile: Profile) -> Seen:
    """What the object lane's tree tells."""
    reader = _Reader(frame, max(wirelen, len(frame)), profile)
    for layer in tree.children:
        if reader.read(layer):
            break
    packet = None
    if len(reader.headers) > 1:
        first, last = reader.headers[0], reader.headers[-1]
        packet = Packet(_ends(first), _ends(last), _length(last))
    return Seen(reader.message, packet)


class _Reader:
    """Goes through the layers, lowest first."""

    def __init__(self, frame: bytes, end: int, profile: Profile) -> None:
        self.frame = frame
        self.end = end
        self.profile = profile
        self.headers: list[Node] = []
        self.home: str | None = None
        self.routed: str | None = None
        self.final: str | None = None
        self.ah = False
        self.in_udp = False
        self.message: Message | None = None

    def read(self, layer: Node) -> bool:
        """Take one layer; True behind the message."""
        if layer.name in ("ipv6", "ipv4"):
            self._ip(layer)
        elif layer.name == "udp" and len(layer.children) == 4:
            length = _value(layer, "length")
            if 8 <= length <= self.end - layer.begin:
                self.end = layer.begin + length
            self.in_udp = True
        elif layer.name == "ah":
            self.ah = True
        elif layer.name == "dstopts":
            for option in layer.children:
                if option.filter == "ipv6.opt.mipv6" and not option.anomalies:
                    self.home = _value(option, "address")
        elif layer.name == "routing":
            self._routing(layer)
        elif layer.name in ("mh", "icmpv6"):
            self._message(layer)
            return True
        return False

    def _ip(self, layer: Node) -> None:
        six = layer.name == "ipv6"
        if _value(layer, "destination") is None or _value(layer, "version") != (6 if six else 4):
            return
        if not six:
            size = _value(layer, "header_length")
            if size < 20 or layer.end - layer.begin != size:
                return
        self.headers.append(layer)
        self.home = self.routed = self.final = None
        self.in_udp = False
        if six:
            promised = layer.end + _value(layer, "payload_length")
            jumbo = promised == layer.end and _value(layer, "next_header") == 0
        else:
            promised = layer.begin + _value(layer, "total_length")
            jumbo = promised < layer.end  # a length that cannot be is not believed
        if not jumbo:
            self.end = min(self.end, promised)

    def _routing(self, layer: Node) -> None:
        size, left = layer.end - layer.begin, _value(layer, "segments_left")
        if not left or size < 24 or size != (_value(layer, "length") + 1) * 8:
            return
        kind = _value(layer, "routing_type")
        at = layer.begin + 8 if kind == 4 else layer.begin + 8 + (size - 24) // 16 * 16
        self.final = str(ip_address(self.frame[at : at + 16]))
        if kind == 2 and size == 24:
            self.routed = self.final

    def _message(self, layer: Node) -> None:
        ip = self.headers[-1]
        number = _value(layer, "mh_type" if layer.name == "mh" else "type")
        if layer.name == "icmpv6":
            if number is None:
                return
            kind = _icmp_kind(number, _value(layer, "code"), self.profile)
        else:
            kind = MH_LABELS.get(number, "other-mh")
        if kind is None:
            return
        body = next((child for child in layer.children if child.name == "message"), None)
        if layer.name == "mh" and body is None:  # not even the Mobility Header is whole
            kind, number = "other-mh", None
        length = self.end - layer.begin
        if layer.name == "mh":
            length = -1 if body is None else (_value(layer, "header_len") + 1) * 8
        own_end = self.end if body is None else min(self.end, layer.begin + length)
        found = {} if body is None else dict(self._fields(kind, body))
        kind = str(found.pop("kind", kind))
        if layer.name == "mh":
            first, other = self.home, self.routed
            if number == 6:
                first, other = other, first
            found["hoa"] = first if first is not None else other
        limit = "hop_limit"
        self.message = Message(
            kind,
            *_ends(ip),
            _value(ip, limit),
            len(self.headers) - 1,
            self.ah,
            -1 if number is None else number,
            length,
            malformed=any(_is_malformed(reason) for reason in _reasons(layer)),
            cut=own_end > len(self.frame),
            checksum=self._checksum(layer, length, ip),
            **found,
        )

    def _checksum(self, layer: Node, length: int, ip: Node) -> int:
        """By the figure of RFC 8200 8.1, with the addresses that FACTS.md 1 names."""
        end = layer.begin + length
        if length < 0 or end > min(self.end, len(self.frame)) or ip.name == "ipv4" or self.in_udp:
            return -1
        source, destination = _ends(ip)
        source, destination = self.home or source, self.final or destination
        number = 135 if layer.name == "mh" else 58
        packet = self.frame[layer.begin : end]
        pseudo = wire.ip6(source) + wire.ip6(destination) + struct.pack("!I3xB", length, number)
        if wire.ones_sum(pseudo + packet) == 0xFFFF:
            return 1
        place = 4 if layer.name == "mh" else 2
        alone = wire.ones_sum(packet[place : place + 2]) % 0xFFFF == wire.ones_sum(pseudo) % 0xFFFF
        return 2 if alone else 0

    def _fields(self, kind: str, body: Node) -> Iterator[tuple[str, object]]:
        if body.end - body.begin < FIXED.get(kind, 0):
            return
        options = [child for child in body.children if child.name == "option"]
        sound = [o for o in options if not any(_is_malformed(r) for r in _reasons(o))]
        yield from self._mn_id(kind, sound)
        word = int.from_bytes(self.frame[body.begin + 2 : body.begin + 4], "big")
        if kind == "bu":
            yield "flags", word
            yield "kind", "pbu" if word & 0x0200 else "bu"
        if kind in ("bu", "fmip-fbu"):
            yield "coa", _first(sound, 3, "address")
        if kind == "bu":
            yield from self._of_update(sound)
        if kind == "ba":
            yield "flags", self.frame[body.begin + 1]
            yield "kind", "pba" if self.frame[body.begin + 1] & 0x20 else "ba"
        if kind in ("bu", "ba"):
            yield "hoa4", next((_value(o, "address") for o in sound if _type(o) in (29, 30)), None)
        yield from ((column, _value(body, name)) for column, name in PLAIN.get(kind, {}).items())
        if kind == "ho-request":
            yield "flags", word
        if kind in ("ho-request", "ho-response"):
            yield "identifier", _value(body, "identifier")
        if kind == "ho-response":
            for subtype, column in ((1, "hoa"), (2, "ha"), (3, "hoa4")):
                contexts = [o for o in sound if _type(o) == 253 and _value(o, "subtype") == subtype]
                yield column, _first(contexts, 253, "address")
            yield "marks", self._marks_of_response(body, sound)
        if kind == "ra":
            yield "prefix", _first(sound, 3, "prefix")

    def _of_update(self, options: list[Node]) -> Iterator[tuple[str, object]]:
        yield "marks", self._marks_of_update(options)
        ntp = _first(options, 10, "timestamp")
        if ntp is not None:
            yield "stamp_ns", (ntp >> 32) * 10**9 + ((ntp & 0xFFFFFFFF) * 10**9 >> 32)

    def _marks_of_update(self, options: list[Node]) -> int:
        """1: an authenticator, 2: option 29, 4: with P."""
        home4 = [o for o in options if _type(o) == 29]
        prefix = any(_value(o, "prefix") for o in home4)
        return any(_type(o) == 9 for o in options) + 2 * bool(home4) + 4 * prefix

    def _marks_of_response(self, body: Node, options: list[Node]) -> int:
        """8: a context, 16: one with a key, 32: Reserved, the draft's figure being padded to 8."""
        contexts = [o for o in options if _type(o) == 253]
        # The tree hides what a key is, not where it stands.
        keys = (c for o in contexts if _value(o, "subtype") == 5 for c in o.children)
        key = any(c.name == "key" and c.end > c.begin for c in keys)
        reserved = self.frame[body.begin + 3 : min(body.begin + 4, self.end)]
        return 8 * bool(contexts) + 16 * key + 32 * any(reserved)

    def _mn_id(self, kind: str, options: list[Node]) -> Iterator[tuple[str, object]]:
        wanted = 30 if kind in ("ho-request", "ho-response") else 8
        if kind in ICMP_LABELS.values():
            return
        for option in options:
            if _type(option) == wanted:
                field = next((c for c in option.children if c.name == "identifier"), None)
                yield "mn_id", b"" if field is None else self.frame[field.begin : field.end]
                return


def _icmp_kind(number: int, code: int, profile: Profile) -> str | None:
    if (number, code) == (profile.ho_request_type, profile.ho_request_code):
        return "ho-request"
    if (number, code) == (profile.ho_response_type, profile.ho_response_code):
        return "ho-response"
    return ICMP_LABELS.get(number)


def _value(node: Node, name: str):
    return next((child.value for child in node.children if child.name == name), None)


def _type(option: Node) -> int:
    return next(child.value for child in option.children if child.filter == "netmip6.option.type")


def _first(options: list[Node], number: int, name: str) -> object:
    return next((_value(o, name) for o in options if _type(o) == number), None)


def _ends(ip: Node) -> tuple[str, str]:
    return _value(ip, "source"), _value(ip, "destination")


def _length(ip: Node) -> int:
    if ip.name == "ipv6":
        return 40 + _value(ip, "payload_length")
    return _value(ip, "total_length")


def _reasons(node: Node) -> Iterator[str]:
    """What is odd about a message, its fields and options; not about a packet that it quotes."""
    yield from (anomaly.reason for anomaly in node.anomalies)
    for child in node.children:
        if child.name != "quote":
            yield from _reasons(child)


def _is_malformed(reason: str) -> bool:
    """Whether octets are missing that lengths on the wire promise, snap length apart."""
    return any(
        mark in reason for mark in ("are there", "is there", "has length 0", "inner length runs")
    )


def may_need_the_object_lane(tree: Node) -> bool:
    """Fragments, packets nested too deep, more headers than are followed, other links, and AAA.

    A frame that does not even reach an IP header may be any of these.
    """
    names = [layer.name for layer in tree.children]
    links = names[: next((n for n, x in enumerate(names) if x in ("ipv6", "ipv4")), len(names))]
    plain = links in (["sll"], ["sll2"], ["raw"], ["null"], ["loop"]) or (
        links[:1] == ["eth"] and len(links) <= 5 and set(links[1:]) <= {"vlan"}
    )
    if not plain or links == names or len(tree.children) > 40:
        return True
    return any(map(_is_set_aside, tree.children))


def _is_set_aside(layer: Node) -> bool:
    values = {child.name: child.value for child in layer.children}
    ports = {values.get("source_port"), values.get("destination_port")}
    deep = any("nested deeper" in anomaly.reason for anomaly in layer.anomalies)
    found = {
        "gre": values.get("protocol") in (0x8100, 0x88A8, 0x9100, 0x8864),
        "mh": values.get("payload_proto") != 59,
        "icmpv6": values.get("type") in (150, 154),
        "udp": bool(ports & DATAGRAM_PORTS),
        **dict.fromkeys(("tcp", "sctp"), STREAM_PORT in ports),
        **dict.fromkeys(("fraghdr", "ipv4"), bool(values.get("more") or values.get("offset"))),
    }
    return deep or found.get(layer.name, False)
