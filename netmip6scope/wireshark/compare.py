"""One frame's fields, ours and Wireshark's: by name, in order, by value.

Values are compared as numbers, times, addresses or octets, never as labels. A number agrees when it
is the one shown or when the bits are the same: we show lifetimes in seconds, Wireshark in units.
Names that only one side knows are left out. A field that Wireshark hides, or that has no octets,
counts where we show one of that name at the same place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from dissectors import registries
from dissectors.layout import Field, Registry, filter_name
from dissectors.node import Node
from netmip6scope.wireshark.dissection import Dissection, Shown
from netmip6scope.wireshark.plugin import MESSAGES, plugin_fields

_MESSAGES = frozenset(message.layout.prefix for message in MESSAGES)
_WORDS = {"True": 1, "False": 0}
_TIME_UNITS = ("NTP", "s/65536")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"(?P<seconds>.*?\d\d:\d\d:\d\d)\.(?P<fraction>\d+) ?(?:UTC|Z)")
_SECONDS = re.compile(r"(-?\d+) s")
"""How we write a time that no calendar of ours has."""
_TIME_FORMATS = ("%b %d, %Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True, slots=True)
class Pair:
    """The same occurrence of a field on both sides; None where a side lacks it."""

    name: str
    ours: Node | None
    theirs: Shown | None
    octets: bytes = b""
    """Ours, of the frame."""

    @property
    def offset(self) -> int:
        """Where in the frame the field begins."""
        side = self.ours or self.theirs
        assert side is not None
        return side.begin


class Names:
    """Filter names of both sides. Ours grow with the frames: not every name is declared."""

    def __init__(self, wireshark: Container[str]) -> None:
        """`wireshark`: the names that it has without the plugin."""
        self.wireshark = wireshark
        self.plugin = plugin_fields()
        self.declared = declared_fields()
        self._ours = set(self.declared)

    def pairs(self, tree: Node, dissection: Dissection, frame: bytes) -> Iterator[Pair]:
        """The frame's occurrences of all names that both sides know."""
        found: defaultdict[str, list[Node]] = defaultdict(list)
        for node, in_message in _values(tree, in_message=False):
            if node.filter in self.wireshark or (in_message and node.filter in self.plugin):
                found[node.filter].append(node)
        self._ours.update(found)
        for name in sorted(found.keys() | (dissection.fields.keys() & self._ours)):
            ours = sorted(found.get(name, ()), key=lambda node: node.begin)
            places = {node.begin for node in ours}
            theirs = [
                shown
                for shown in dissection.fields.get(name, ())
                if (shown.size and not shown.hidden) or shown.begin in places
            ]
            for mine, other in _paired(ours, theirs):
                octets = b"" if mine is None else frame[mine.begin : mine.end]
                yield Pair(name, mine, other, octets)

    def agree(self, pair: Pair) -> bool:
        """Whether both sides say the same. Without a value to compare, places are compared."""
        node, shown = pair.ours, pair.theirs
        if node is None or shown is None:
            return False
        if node.secret or not (shown.text or shown.octets):
            return (node.begin, node.end - node.begin) == (shown.begin, shown.size)
        fields = self.declared.get(pair.name, ())
        if any(field.unit in _TIME_UNITS for field in fields) and (time := time_of(shown.text)):
            return time == time_of(node.text)
        if isinstance(node.value, int):
            values = {int(node.value), *(node.value // field.scale for field in fields)}
            return number(shown) in values
        address = _address(node.value) if isinstance(node.value, str) else None
        if address is not None:
            return address == _address(shown.text)
        return shown.octets == pair.octets.hex()


def _paired(ours: list[Node], theirs: list[Shown]) -> Iterator[tuple[Node | None, Shown | None]]:
    """Both in order; where their counts differ, their places tell which has no counterpart."""
    if len(ours) == len(theirs):
        yield from zip(ours, theirs, strict=True)
        return
    mine, other = 0, 0
    while mine < len(ours) or other < len(theirs):
        node = ours[mine] if mine < len(ours) else None
        shown = theirs[other] if other < len(theirs) else None
        if node and shown and node.end <= shown.begin:
            shown = None
        elif node and shown and shown.begin + max(shown.size, 1) <= node.begin:
            node = None
        yield node, shown
        mine += node is not None
        other += shown is not None


def declared_fields() -> dict[str, list[Field]]:
    """The fields of every declared message, option and header, by filter name."""
    found: defaultdict[str, list[Field]] = defaultdict(list)
    for registry in vars(registries).values():
        if isinstance(registry, Registry):
            for message in registry.types.values():
                for field in message.layout.fields:
                    found[filter_name(message.layout, field)].append(field)
    return dict(found)


def number(shown: Shown) -> int | None:
    """The number that Wireshark shows, if it is one."""
    if shown.text in _WORDS:
        return _WORDS[shown.text]
    try:
        return int(shown.text, 0)
    except ValueError:
        return int(shown.octets, 16) if shown.octets else None


def time_of(text: str) -> tuple[int, int] | None:
    """Seconds since 1970 and microseconds of a UTC time as either side writes it."""
    if plain := _SECONDS.fullmatch(text):
        return int(plain[1]), 0
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    for form in _TIME_FORMATS:
        try:
            moment = datetime.strptime(match["seconds"], form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return (moment - _EPOCH) // timedelta(seconds=1), _micros(match["fraction"])
    return None


def _micros(fraction: str) -> int:
    """Of nine digits or more the number counts nanoseconds; of fewer it is a decimal fraction."""
    return int(fraction) // 1000 if len(fraction) >= 9 else int(fraction.ljust(6, "0")[:6])


def _address(text: str) -> object:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _values(node: Node, *, in_message: bool) -> Iterator[tuple[Node, bool]]:
    """All nodes with a value, and whether each is inside a message of the plugin's."""
    inside = in_message or node.filter in _MESSAGES
    if node.value is not None or (node.secret and not node.children):
        yield node, inside
    # Wireshark has no keys here: it decrypts nothing.
    for child in node.children if node.octets is None else ():
        yield from _values(child, in_message=inside)
