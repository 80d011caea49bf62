"""A message is declared once; parser, builder, columns, tree and filter names are derived.

`declare` turns a class of fields into a frozen record with a `Layout`: for each field its name,
bit offset, width, kind, enum, label, unit, scale and filter name. Nothing else writes an offset.

The fixed part of a message has constant bit offsets. At most one field, the last, is a tail: the
rest of the octets as they are, as text, addresses, or a list of options. Lengths and padding are
no fields of the message: they are derived on build and verified on parse. Where one stands inside a
body it has a place in the layout (`tail_length`, `pad_length`), so that offsets stay right.

A message keeps the wire's numbers; `scale` and `unit` are for those who show them.
"""

# ruff: noqa: ANN401
# `filter` is a field's own word; a specifier stands where a value of any type is declared.

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform

from dissectors.errors import BuildError, ParseError
from dissectors.framing import Framing as Framing  # noqa: PLC0414 - part of a declaration
from dissectors.record import Record, frozen


class Kind(Enum):
    """What the bits of a field are."""

    UINT = "unsigned integer"
    FLAG = "flag"
    IPV6 = "IPv6 address"
    IPV4 = "IPv4 address"
    LINK = "link-layer address"
    LITTLE = "unsigned integer, lowest octet first"
    STRING = "text filled up with zeros"
    RESERVED = "reserved, zero"
    LENGTH = "octets of the whole message, derived"
    TAIL_LENGTH = "octets in the tail, derived"
    PAD_LENGTH = "zero octets behind the tail, derived"
    OCTETS = "octets"
    TEXT = "text"
    DOMAIN = "domain names"
    ADDRESS = "address of 4 or 16 octets"
    PREFIX = "leading octets of an address"
    IPV6S = "IPv6 addresses"
    IPV4S = "IPv4 addresses"
    UINT8S = "unsigned integers of 8 bits"
    UINT16S = "unsigned integers of 16 bits"
    OPTIONS = "options"

    @property
    def is_tail(self) -> bool:
        return self in _TAILS

    @property
    def is_derived(self) -> bool:
        """It has a place on the wire and none in the message."""
        return self in (Kind.LENGTH, Kind.TAIL_LENGTH, Kind.PAD_LENGTH)


OCTET_TAILS = (Kind.OCTETS, Kind.TEXT, Kind.DOMAIN, Kind.ADDRESS, Kind.PREFIX)
"""Tails that a message holds as octets; they differ in how they are shown."""

ELEMENTS = {Kind.IPV6S: 16, Kind.IPV4S: 4, Kind.UINT8S: 1, Kind.UINT16S: 2}
"""Tails that a message holds as a tuple, and the octets of each element."""

_TAILS = (*OCTET_TAILS, *ELEMENTS, Kind.OPTIONS)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a layout; `bit` counts from the message's first bit, network order."""

    kind: Kind
    width: int
    label: str
    filter: str = ""
    unit: str = ""
    scale: int = 1
    enum: type[IntEnum] | None = None
    registry: Registry | None = None
    name: str = ""
    bit: int = 0
    secret: bool = False
    """Its octets are shown masked."""
    begin: int = field(init=False, compare=False)
    """First octet that holds a bit of the field."""
    end: int = field(init=False, compare=False)
    """Octet behind the last one that holds a bit of the field."""
    shift: int = field(init=False, compare=False)
    """How far the octets' big-endian number is shifted right to leave the field."""

    def __post_init__(self) -> None:
        end = (self.bit + self.width + 7) // 8
        object.__setattr__(self, "begin", self.bit // 8)
        object.__setattr__(self, "end", end)
        object.__setattr__(self, "shift", end * 8 - self.bit - self.width)


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something in a message that should not be there; the message stands all the same."""

    reason: str
    offset: int


@dataclass(frozen=True, slots=True)
class Layout:
    """All that is known of a message type. `prefix` is the filter prefix (`mip6.bu`)."""

    number: int
    prefix: str
    ref: str
    label: str
    fields: tuple[Field, ...]
    align: tuple[int, int]
    fixed: int
    """Octets of the fixed part."""
    least: int
    """Octets of it that must be there; what is missing behind them reads as zero."""
    registry: Registry
    tail: Field | None = field(init=False, compare=False)
    """The variable part, if the message has one."""
    head: tuple[Field, ...] = field(init=False, compare=False)
    """The fields before it."""

    def __post_init__(self) -> None:
        has_tail = bool(self.fields) and self.fields[-1].kind.is_tail
        object.__setattr__(self, "tail", self.fields[-1] if has_tail else None)
        object.__setattr__(self, "head", self.fields[:-1] if has_tail else self.fields)

    @property
    def origin(self) -> int:
        """Where the body begins in its header, in octets."""
        return self.registry.origin

    def __getitem__(self, name: str) -> Field:
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(f"{self.prefix} has no field {name}")


def filter_name(layout: Layout, field: Field) -> str:
    """The full filter name: `seqnr` and `.flag.m` stand under the prefix, `mip6.lla` alone.

    Wireshark names few reserved fields, so theirs are ours: `netmip6.bu.reserved`.
    """
    if field.kind is Kind.RESERVED:
        own = layout.prefix.removeprefix("netmip6.").removeprefix("mip6.")
        return f"netmip6.{own}.{field.name}"
    if field.filter.startswith("."):
        return layout.prefix + field.filter
    return field.filter if "." in field.filter else f"{layout.prefix}.{field.filter}"


class Message(Record):
    """Base of all declared messages and options."""

    __slots__ = ()
    layout: ClassVar[Layout]

    @property
    def anomalies(self) -> tuple[Anomaly, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Unknown(Message):
    """A message or option whose type number nobody declared; it round-trips."""

    number: int
    data: bytes


Options = tuple[Message, ...]


@dataclass(slots=True, eq=False)
class Registry:
    """Type numbers of one protocol and the messages that carry them. Open to additions.

    `origin` octets of a common header stand before each body. Where the messages are carried in one
    type of another registry, `carrier` is that type: its first field is the number, its tail the
    body. `names` are of numbers that nobody declared; `other` gives the class that shows one.
    `type_name` and `length_name` are the filter names of an option's head.
    """

    name: str
    framing: Framing | None = None
    origin: int = 0
    carrier: type[Message] | None = None
    types: dict[int, type[Message]] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    type_name: str = "netmip6.option.type"
    length_name: str = "netmip6.option.length"
    other: Callable[[int], type[Message]] | None = None

    def add(self, number: int, message: type[Message]) -> None:
        if number in self.types:
            raise BuildError(f"{self.name} {number} is {self.types[number].__name__} already")
        self.types[number] = message

    def label(self, number: int) -> str | None:
        """What the number is called, if anybody knows."""
        known = self.types.get(number)
        return self.names.get(number) if known is None else known.layout.label

    def also(self, message: type[Message], *numbers: int) -> None:
        """More numbers of a message that holds its number itself (`Framing.FIRST`)."""
        for number in numbers:
            self.add(number, message)


def _spec(kind: Kind, width: int, label: str, **more: Any) -> Any:
    return Field(kind, width, label, **more)


def uint(
    width: int,
    label: str,
    *,
    filter: str = "",
    unit: str = "",
    scale: int = 1,
    enum: type[IntEnum] | None = None,
) -> Any:
    """An unsigned integer of `width` bits; the value shown is the wire's times `scale`."""
    return _spec(Kind.UINT, width, label, filter=filter, unit=unit, scale=scale, enum=enum)


def flag(label: str, *, filter: str = "") -> Any:
    """One bit."""
    return _spec(Kind.FLAG, 1, label, filter=filter)


def ipv6_address(label: str, *, filter: str = "") -> Any:
    """16 octets, shown as RFC 5952 says."""
    return _spec(Kind.IPV6, 128, label, filter=filter)


def ipv4_address(label: str, *, filter: str = "") -> Any:
    """4 octets."""
    return _spec(Kind.IPV4, 32, label, filter=filter)


def link_address(label: str, *, filter: str = "", width: int = 48) -> Any:
    """Octets of a fixed count that name an interface, such as a MAC address."""
    return _spec(Kind.LINK, width, label, filter=filter)


def little(width: int, label: str, *, filter: str = "", unit: str = "") -> Any:
    """An unsigned integer whose lowest octet stands first."""
    return _spec(Kind.LITTLE, width, label, filter=filter, unit=unit)


def string(size: int, label: str, *, filter: str = "") -> Any:
    """Text in a place of `size` octets, filled up with zeros; kept as octets."""
    return _spec(Kind.STRING, size * 8, label, filter=filter)


def own_length(width: int, label: str = "Length", *, filter: str = "length") -> Any:
    """Octets of the whole message, its common header included. Written without annotation."""
    return _spec(Kind.LENGTH, width, label, filter=filter, unit="octets")


def tail_length(label: str, *, filter: str = "", width: int = 8) -> Any:
    """How many octets the tail has. Written without annotation, it is no attribute."""
    return _spec(Kind.TAIL_LENGTH, width, label, filter=filter, unit="octets")


def pad_length(label: str, *, filter: str = "") -> Any:
    """One octet: how many zero octets stand behind the tail. Written without annotation."""
    return _spec(Kind.PAD_LENGTH, 8, label, filter=filter, unit="octets")


def reserved(width: int) -> Any:
    """Bits that are sent as zero; others are an anomaly, and are kept."""
    return _spec(Kind.RESERVED, width, "Reserved", filter="reserved")


def octets(
    label: str, *, filter: str = "", registry: Registry | None = None, secret: bool = False
) -> Any:
    """The rest of the message as it is, or a body of `registry` that the first field numbers."""
    return _spec(Kind.OCTETS, 0, label, filter=filter, registry=registry, secret=secret)


def text(label: str, *, filter: str = "", secret: bool = False) -> Any:
    """The rest of the message, meant to be read; kept as octets, since a sender may lie."""
    return _spec(Kind.TEXT, 0, label, filter=filter, secret=secret)


def domain_names(label: str, *, filter: str = "") -> Any:
    """The rest of the message: domain names as RFC 1035 3.1 writes them."""
    return _spec(Kind.DOMAIN, 0, label, filter=filter)


def address(label: str, *, filter: str = "") -> Any:
    """The rest of the message: an IPv4 or IPv6 address, by its size."""
    return _spec(Kind.ADDRESS, 0, label, filter=filter)


def prefix_octets(label: str, *, filter: str = "") -> Any:
    """The rest of the message: an IPv6 prefix without trailing octets."""
    return _spec(Kind.PREFIX, 0, label, filter=filter)


def ipv6_addresses(label: str, *, filter: str = "") -> Any:
    """The rest of the message: IPv6 addresses, as a tuple."""
    return _spec(Kind.IPV6S, 0, label, filter=filter)


def ipv4_addresses(label: str, *, filter: str = "") -> Any:
    """The rest of the message: IPv4 addresses, as a tuple."""
    return _spec(Kind.IPV4S, 0, label, filter=filter)


def uints(
    width: int,
    label: str,
    *,
    filter: str = "",
    enum: type[IntEnum] | None = None,
    registry: Registry | None = None,
) -> Any:
    """The rest of the message: integers of 8 or 16 bits as a tuple, named by `registry`."""
    kind = Kind.UINT8S if width == 8 else Kind.UINT16S
    return _spec(kind, 0, label, filter=filter, enum=enum, registry=registry)


def option_list(registry: Registry) -> Any:
    """The rest of the message as options of a registry."""
    return _spec(Kind.OPTIONS, 0, "Options", registry=registry)


_DEFAULTS: dict[Kind, Any] = {
    Kind.UINT: 0,
    Kind.LITTLE: 0,
    Kind.RESERVED: 0,
    Kind.FLAG: False,
    Kind.IPV6: ipaddress.IPv6Address(0),
    Kind.IPV4: ipaddress.IPv4Address(0),
    **dict.fromkeys(OCTET_TAILS, b""),
    **dict.fromkeys(ELEMENTS, ()),
    Kind.OPTIONS: (),
}

M = TypeVar("M", bound=type)


@dataclass_transform(frozen_default=True, kw_only_default=False)
def declare(
    registry: Registry,
    number: int,
    prefix: str,
    *,
    ref: str,
    label: str = "",
    align: tuple[int, int] = (1, 0),
    least: int | None = None,
) -> Callable[[M], M]:
    """Class decorator: freeze the class's fields into a layout and put it into a registry.

    align is (n, m): an option begins at x*n + m octets from the start of its header. least: octets
    of the fixed part without which the message is none; all of it, if not said.
    """

    def freeze(cls: M) -> M:
        found = tuple(_placed(vars(cls)))
        bits = sum(f.width for f in found)
        if bits % 8:
            raise BuildError(f"{cls.__name__}: {bits} bits are not whole octets")
        if any(f.kind.is_tail for f in found[:-1]):
            raise BuildError(f"{cls.__name__}: only the last field may be variable")
        summary = label or _words(cls.__name__)
        for name in (f.name for f in found if f.kind.is_derived):
            delattr(cls, name)
        message = frozen(cls, {f.name: _default(f) for f in found if not f.kind.is_derived})
        fixed = bits // 8
        needed = fixed if least is None else least
        message.layout = Layout(number, prefix, ref, summary, found, align, fixed, needed, registry)
        registry.add(number, message)
        return cast("M", message)

    return freeze


def _placed(body: Mapping[str, object]) -> Iterator[Field]:
    """A class's fields in order, with name and bit offset."""
    bit = 0
    for name, spec in body.items():
        if isinstance(spec, Field):
            yield replace(spec, filter=spec.filter or name, name=name, bit=bit)
            bit += spec.width


def _default(field: Field) -> Any:
    if field.kind in (Kind.LINK, Kind.STRING):
        return bytes(field.width // 8)
    return _DEFAULTS[field.kind]


def _words(name: str) -> str:
    out = "".join(
        f" {c}" if c.isupper() and i and not name[i - 1].isupper() else c
        for i, c in enumerate(name)
    )
    return out.strip()


def values(message: Message) -> dict[str, Any]:
    """Field names and values of a declared message."""
    return {name: getattr(message, name) for name in message.__match_args__}


def need(data: bytes, begin: int, end: int, size: int, what: str) -> None:
    """Raise unless [begin, end) has `size` octets and lies inside data."""
    if end > len(data) or end - begin < size:
        raise ParseError(
            f"{what} needs {size} octets, {max(0, min(end, len(data)) - begin)} are there",
            begin,
            size,
        )
