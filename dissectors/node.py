"""What the object lane gives: a tree of layers and fields with their places in the frame.

A frame has some sixty nodes and most of them are never looked at, so a node keeps what the wire has
and makes value and text when they are asked for. What all nodes of a field share is in one `What`.
"""

from __future__ import annotations

from collections.abc import Callable
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


class Node:
    """One layer, option or field. `begin` and `end` are octets of the frame.

    value is what programs want (numbers in `unit`s, addresses and text as printable strings), text
    what people read. Of a secret field neither has the octets. Never changed once its layer is
    complete.
    """

    __slots__ = ("anomalies", "begin", "children", "end", "raw", "what")

    def __init__(
        self,
        what: What,
        raw: Any,  # noqa: ANN401 - what a `What` makes value and text of
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
    def data(self) -> bytes | None:
        """The octets that places in the children count in, where they are not the frame's."""
        return None

    @property
    def value(self) -> Value:
        return self.what.value(self)

    @property
    def text(self) -> str:
        return self.what.text(self)


class Joined(Node):
    """Octets put together of several places or frames, and what they hold."""

    __slots__ = ("_data",)

    def __init__(
        self,
        what: What,
        data: bytes,
        begin: int,
        end: int,
        children: tuple[Node, ...],
        anomalies: tuple[Anomaly, ...] = (),
    ) -> None:
        super().__init__(what, f"{len(data)} octets", begin, end, children, anomalies)
        self._data = data

    @property
    def data(self) -> bytes:
        return self._data


def layer(
    name: str,
    label: str,
    filter: str,
    text: str | Callable[[], str],
    begin: int,
    end: int,
    children: tuple[Node, ...] = (),
    anomalies: tuple[Anomaly, ...] = (),
) -> Node:
    """A node that has no value of its own."""
    return Node(What(name, label, filter), text, begin, end, children, anomalies)
