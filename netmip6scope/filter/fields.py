"""What a field is that a filter can name: its type decides what it can be compared with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Type(Enum):
    """What the values of a field are; the value is how it is called."""

    NUMBER = "number"
    FLAG = "flag"
    TIME = "time"
    DURATION = "duration"
    IPV6 = "IPv6 address"
    IPV4 = "IPv4 address"
    ADDRESS = "address"
    """IPv6 or IPv4."""
    TEXT = "text"
    OCTETS = "octets"
    PRESENCE = "presence"
    """There or not: a layer, an option, or what is secret."""


@dataclass(frozen=True, slots=True)
class Field:
    """One name that a filter may use.

    `bits` are those of a number or of octets of fixed length on the wire, else 0. A number there
    counts `scale` times `unit`. `labels` are texts that
    stand for numbers. `sources` are the filter names of the nodes that hold the field's values: its
    own, or those of both ends for `ipv6.addr`. A column has none.
    """

    name: str
    type: Type
    label: str
    ref: str
    bits: int = 0
    scale: int = 1
    unit: str = ""
    labels: tuple[tuple[str, int], ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def is_column(self) -> bool:
        return not self.sources


def label_text(text: str) -> str:
    """A label in the one form in which labels are shown and compared."""
    return text.replace("_", " ").replace("-", " ").lower()
