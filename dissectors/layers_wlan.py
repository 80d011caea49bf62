"""802.11 with and without radiotap, LLC and SNAP in the object lane."""

from __future__ import annotations

from dissectors import link, wlan
from dissectors.layout import Anomaly
from dissectors.packet import Packet, Part, raw
from dissectors.registries import WLAN_FRAMES
from dissectors.step import Key, Layer, Step

_SNAP = b"\xaa\xaa\x03"
_ETHERTYPES = (0x000000, 0x0000F8)
"""RFC 1042 and IEEE 802.1H: OUIs under which the type is an EtherType."""

_NO_DATA, _QOS = 4, 8
"""Bits of a data frame's subtype (IEEE 802.11 table 9-1)."""

_FCS = 4
_TSFT, _FLAGS, _MORE_WORDS = 1, 2, 1 << 31
"""Bits of radiotap's present flags."""

_LLC: Key = ("llc", 0)
_WLAN: Key = ("link", link.LINKTYPE_WLAN)


def radiotap(packet: Packet, begin: int, end: int) -> Step:
    """Fields but the flags are shown as octets."""
    part = packet.read(wlan.Radiotap, begin, end, tail=False)
    if not part.whole:
        return Step(part.node("radiotap", end), None, end, end)
    size = part.number("length")
    if size < part.plan.fixed or begin + size > end:
        at = begin + wlan.Radiotap.layout["length"].begin
        odd = (Anomaly(f"length is {size}, {end - begin} octets are there", at),)
        return Step(part.node("radiotap", end, anomalies=odd), None, end, end)
    after = begin + size
    part = packet.read(wlan.Radiotap, begin, after)
    flags = _flags(packet, part, after)
    if flags is None:
        return Step(part.node("radiotap", after), _WLAN, after, end)
    part.nodes += flags.nodes
    packet.padded = bool(flags.number("padded"))
    behind = _FCS if flags.number("has_fcs") else 0
    return Step(part.node("radiotap", after), _WLAN, after, max(after, end - behind))


def _flags(packet: Packet, part: Part, end: int) -> Part | None:
    """The flags field: behind the words of present flags, and behind the time if there is one."""
    present, at = part.number("present"), part.begin + 4
    if not present & _FLAGS:
        return None
    word = present
    while word & _MORE_WORDS and at + 8 <= min(end, packet.stop):
        at += 4
        word = int.from_bytes(packet.data[at : at + 4], "little")
    at += 4
    if present & _TSFT:
        at += -(at - part.begin) % 8 + 8
    flags = packet.read(wlan.RadiotapFlags, at, end)
    return flags if flags.whole else None


def frame(packet: Packet, begin: int, end: int) -> Step:
    """Only what a data frame carries in the clear is followed."""
    control = packet.read(wlan.WlanControl, begin, end)
    if not control.whole or control.number("frame_type") != wlan.DATA:
        return Step(control.node("wlan", end), None, end, end)
    ways = control.number("to_ds") * wlan.TO_DS + control.number("from_ds") * wlan.FROM_DS
    part = packet.read(WLAN_FRAMES.types[ways], begin, end)
    if not part.whole:
        return Step(part.node("wlan", end), None, end, end)
    after = begin + part.plan.fixed
    opaque = _opaque(part)
    if part.number("subtype") & _QOS:
        qos = packet.read(wlan.QosControl, after, end)
        _join(part, qos)
        after = min(after + qos.plan.fixed, end)
        if qos.whole and qos.number("amsdu"):
            opaque = opaque or "A-MSDU, which is not split"
        if part.number("order"):
            ht = packet.read(wlan.HtControl, after, end)
            _join(part, ht)
            after = min(after + ht.plan.fixed, end)
    if packet.padded:
        after = min(after + -(after - begin) % 4, end)
    if part.number("subtype") & _NO_DATA:
        return Step(part.node("wlan", after, "no data"), None, after, end)
    if opaque is None:
        return Step(part.node("wlan", after), _LLC, after, end)
    data = () if after >= min(end, packet.stop) else (raw(packet, after, end, "data", opaque),)
    return Step(part.node("wlan", end, opaque, data), None, end, end)


def _join(part: Part, more: Part) -> None:
    part.nodes += more.nodes
    part.anomalies += more.anomalies


def _opaque(part: Part) -> str | None:
    """Why the body is not looked into."""
    if part.number("protected"):
        return "encrypted"
    if part.number("more_fragments") or part.number("fragment"):
        return "fragment, which is not put together"
    return None


def llc(packet: Packet, begin: int, end: int) -> Step:
    if packet.data[begin : begin + 3] != _SNAP:
        part = packet.read(wlan.Llc, begin, end)
        after = begin + part.plan.fixed if part.whole else end
        return Step(part.node("llc", after), None, after, end)
    part = packet.read(wlan.Snap, begin, end)
    if not part.whole:
        return Step(part.node("llc", end), None, end, end)
    after = begin + part.plan.fixed
    known = part.number("oui") in _ETHERTYPES
    following: Key | None = ("ether", part.number("ethertype")) if known else None
    return Step(part.node("llc", after), following, after, end)


LAYERS: dict[Key, Layer] = {
    _WLAN: frame,
    ("link", link.LINKTYPE_RADIOTAP): radiotap,
    _LLC: llc,
}
