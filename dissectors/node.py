"""What the object lane gives: a tree of layers and fields with their places in the frame.

A frame has some sixty nodes and most of them are never looked at, so a node keeps what the wire has
and makes value and text when they are asked for. What all nodes of a field share is in one `What`.
"""

from __future__ import annotations

from typing import Any

from dissectors.layout import Anomaly

Value = int | bool | str | bytes | None

MASK = "(masked)"


class What:
    """What a node is, and how its value and text are made; this one is of layers and options.

    A layer's `raw` is its text, or what makes it.
    """

    __slots__ = ("filter", "label", "name", "secret")
    is_address = False

    def __init__(self, name: str, label: str, filter: str, *, secret: bool = False) -> None:
        self.name = name
        self.label = label
        self.filter = filter
        self.secret = secret

    def value(self, _: Node) -> Value:
        return None

    def text(self, node: Node) -> str:
        made: str = node.raw() if callable(node.raw) else node.raw
        return made

    def octets(self, _: Node) -> bytes | None:
        return None


class Number(What):
    """A number that stands for itself."""

    __slots__ = ()

    def value(self, node: Node) -> Value:
        number: int = node.raw
        return number

    def text(self, node: Node) -> str:
        return str(node.raw)


class Octets(What):
    """Octets that nobody looked into; people see how many."""

    __slots__ = ()

    def value(self, node: Node) -> Value:
        octets: bytes = node.raw
        return octets

    def text(self, node: Node) -> str:
        return f"{len(node.raw)} octets"


class Secret(What):
    """A key or password, or what may hold one: neither value nor text has its octets."""

    __slots__ = ()

    def text(self, _: Node) -> str:
        return MASK


class Count(Number):
    """A number of octets, such as padding."""

    __slots__ = ()

    def text(self, node: Node) -> str:
        return f"{node.raw} octets"


class Labelled(Number):
    """A number with a name: `raw` is both."""

    __slots__ = ()

    def value(self, node: Node) -> Value:
        number: int = node.raw[0]
        return number

    def text(self, node: Node) -> str:
        text: str = node.raw[1]
        return text


class Option(What):
    """An option; its value is the number if nobody declared it.

    Its text is that of an address in it, where there is one, else that of its last field or option.
    """

    __slots__ = ()

    def value(self, node: Node) -> Value:
        number: int | None = node.raw
        return number

    def text(self, node: Node) -> str:
        if node.raw is not None:
            return ""
        told = [child for child in node.children if isinstance(child.what, Shown | Option)]
        addresses = [child for child in told if child.what.is_address]
        return (addresses or told)[-1].text if told else ""


class Shown(What):
    """Base of the fields of layouts, which can stand for the whole option."""

    __slots__ = ()


class Given(What):
    """A node whose value and text were given: `raw` is both, and the octets below it."""

    __slots__ = ()

    def value(self, node: Node) -> Value:
        value: Value = node.raw[0]
        return value

    def text(self, node: Node) -> str:
        text: str = node.raw[1]
        return text

    def octets(self, node: Node) -> bytes | None:
        octets: bytes | None = node.raw[2]
        return octets


class Joined(What):
    """Octets put together of several places or frames: `raw` are they."""

    __slots__ = ()

    def text(self, node: Node) -> str:
        return f"{len(node.raw)} octets"

    def octets(self, node: Node) -> bytes | None:
        octets: bytes = node.raw
        return octets


class Reassembled(Joined):
    """A packet of fragments: `raw` is a `fragments.Whole`."""

    __slots__ = ()

    def text(self, node: Node) -> str:
        return f"{len(node.raw.payload)} octets"

    def octets(self, node: Node) -> bytes | None:
        octets: bytes = node.raw.payload
        return octets


class Node:
    """One layer, option or field. `begin` and `end` are octets of the frame.

    value is what programs want (numbers in `unit`s, addresses and text as printable strings), text
    what people read. Of a secret field neither has the octets. Never changed once its layer is
    complete: `replace` makes another.
    """

    __slots__ = ("anomalies", "begin", "children", "end", "raw", "what")

    def __init__(
        self,
        name: str,
        label: str,
        filter: str,
        value: Value,
        text: str,
        begin: int,
        end: int,
        children: tuple[Node, ...] = (),
        anomalies: tuple[Anomaly, ...] = (),
        secret: bool = False,
        octets: bytes | None = None,
    ) -> None:
        self.what: What = Given(name, label, filter, secret=secret)
        self.raw: Any = (value, text, octets)
        self.begin = begin
        self.end = end
        self.children = children
        self.anomalies = anomalies

    @property
    def name(self) -> str:
        return self.what.name

    @property
    def label(self) -> str:
        return self.what.label

    @property
    def filter(self) -> str:
        return self.what.filter

    @property
    def secret(self) -> bool:
        return self.what.secret

    @property
    def value(self) -> Value:
        return self.what.value(self)

    @property
    def text(self) -> str:
        return self.what.text(self)

    @property
    def octets(self) -> bytes | None:
        """What the places of the nodes below count in, where that is not the frame."""
        return self.what.octets(self)


class Made(Node):
    """A node as layers make them: `raw` is what its `What` makes value and text of."""

    __slots__ = ()

    def __init__(
        self,
        what: What,
        raw: Any,  # noqa: ANN401
        begin: int,
        end: int,
        children: tuple[Node, ...] = (),
        anomalies: tuple[Anomaly, ...] = (),
    ) -> None:
        self.what = what
        self.raw = raw
        self.begin = begin
        self.end = end
        self.children = children
        self.anomalies = anomalies


_NAMES = ("name", "label", "filter", "value", "text", "begin", "end", "children", "anomalies")


def replace(node: Node, **changes: Any) -> Node:  # noqa: ANN401
    """Another node with some attributes changed; as `dataclasses.replace`."""
    kept = {name: getattr(node, name) for name in (*_NAMES, "secret", "octets")}
    return Node(**{**kept, **changes})
