"""Wireshark's own tree of one frame, in the form of ours: for what we do not decode.

It is read from PDML, tshark's XML: protocols and fields, nested, with text, place and size. What we
know to be secret is masked in Wireshark's view too.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring

from dissectors.frames import Interface
from dissectors.node import MASK, Node, replace
from dissectors.profile import Profile
from netmip6scope.capture.writer import Writer
from netmip6scope.errors import OutputError, ScopeError
from netmip6scope.tables.text import printable
from netmip6scope.wireshark.masking import Places, overlaps, secrets
from netmip6scope.wireshark.program import TEMPORARY, arguments, run, settings

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BITS = re.compile(r"[01. ]+ = ")
"""How Wireshark draws where in its octets a field of some bits lies."""
_META = ("geninfo", "frame")
"""About the frame, and not of its octets."""
_WRAPPER = "fake-field-wrapper"
"""What PDML puts around a field that no protocol has."""


def wireshark_tree(
    ours: Node, frame: bytes, link_type: int, wirelen: int, profile: Profile
) -> Node:
    """Wireshark's tree. `ours` is our tree of the frame: it tells what is secret.

    Raises MissingProgram, and ScopeError when tshark fails.
    """
    with tempfile.TemporaryDirectory(prefix=TEMPORARY) as home:
        path = os.path.join(home, "frame.pcapng")
        try:
            with open(path, "wb") as stream:
                writer = Writer(stream)
                writer.describe(Interface(link_type, ""))
                writer.frame(frame, wirelen, 0, 0)
        except OSError as error:
            raise OutputError(f"temporary copy: {error.strerror or error}") from error
        pdml = run(["-r", path, "-T", "pdml", *arguments(home, profile)], settings(home))
    try:
        packet = fromstring(_NO_XML.sub("", pdml.decode("utf-8", "replace"))).find("packet")  # noqa: S314 - tshark's
    except ParseError as error:
        raise ScopeError(f"tshark's output cannot be read: {error}") from error
    if packet is None:
        raise ScopeError("tshark showed nothing of the frame")
    return replace(ours, children=tuple(_nodes(packet, secrets(ours))), anomalies=())


def _nodes(parent: Element, hidden: Places) -> Iterator[Node]:
    for element in parent:
        if element.get("name") == _WRAPPER:
            yield from _nodes(element, hidden)
        elif element.get("hide") != "yes" and element.get("name") not in _META:
            yield _node(element, hidden)


def _node(element: Element, hidden: Places) -> Node:
    begin, size = int(element.get("pos") or 0), int(element.get("size") or 0)
    label, text = _words(element)
    value = element.get("show") or None
    children = tuple(_nodes(element, hidden))
    secret = False
    if overlaps(hidden, begin, begin + size):
        # A line that tells of its parts tells of the secret too. Octets are masked by the part
        # that holds them, where there is one.
        secret = value is not None or not any(secrets(child) for child in children)
        label, text = re.split("[:=]", label)[0].strip(), MASK if secret else ""
    name = element.get("name") or ""
    return Node(
        name.rpartition(".")[2],
        label,
        name,
        None if secret or value is None else printable(value),
        text,
        begin,
        begin + size,
        children,
        (),
        secret,
    )


def _words(element: Element) -> tuple[str, str]:
    """Label and text. A protocol's line is a label as it is, and so is one of a text alone."""
    words = (element.get(key) for key in ("showname", "show", "name"))
    line = printable(next(filter(None, words), ""))
    if element.tag == "proto" or not element.get("name"):
        return line, ""
    label, _, text = _BITS.sub("", line, count=1).partition(": ")
    return label, text
