"""The `decode` command: one frame as a tree, for people or for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dissectors.authentication.checks import Checks
from dissectors.frames import FrameBatch
from dissectors.layout import Anomaly
from dissectors.profile import Profile
from dissectors.tree import Node, decode
from netmip6scope.capture.inputs import Source, expand
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.errors import UsageError
from netmip6scope.keys import load_keys
from netmip6scope.reassembly import earlier_fragments
from netmip6scope.tables.text import seconds

_DEFAULT = Profile()
_INDENT = "  "


def decode_frame(
    capture: str,
    frame: int,
    format: str,
    profile: Profile = _DEFAULT,
    keys_path: str | None = None,
) -> str:
    """Frame `frame` (from 1) of a capture; format is "text" or "json".

    Raises UsageError if there is no such frame or the argument means several captures, InputError
    if the capture cannot be read up to it, or the key file not at all.
    """
    checks = Checks(load_keys(keys_path))
    source = _source(capture)
    octets, link_type, wire_length, time_ns = _find(source, frame, profile, checks)
    waiting = earlier_fragments(source, frame, octets, link_type, wire_length, time_ns, profile)
    tree = decode(
        octets, link_type, wire_length, profile, checks, fragments=waiting, time_ns=time_ns
    )
    if format == "json":
        whole = {"capture": capture, "frame": frame, "time_ns": time_ns, "link_type": link_type}
        return json.dumps({**whole, "tree": as_json(tree, octets)}, indent=2) + "\n"
    head = f"Frame {frame}, link type {link_type}, {seconds(time_ns)} s"
    return "\n".join((head, *as_text(tree))) + "\n"


def as_text(node: Node, depth: int = 0) -> Iterator[str]:
    """One line per node, indented, with its place; anomalies below it, marked with "!"."""
    indent = _INDENT * depth
    value = f": {node.text}" if node.text else ""
    yield f"{indent}{node.label}{value} [{node.begin}:{node.end}]"
    for anomaly in node.anomalies:
        yield f"{indent}{_INDENT}! {anomaly.reason} (at octet {anomaly.offset})"
    for child in node.children:
        yield from as_text(child, depth + 1)


def as_json(node: Node, octets: bytes) -> dict[str, Any]:
    """The node as plain values. hex is the node's octets, null where they are secret.

    What was put together of several frames is in none: places below it count from its start.
    """
    secret = holds_secret(node)
    inside = octets if node.octets is None else node.octets
    value = node.value.hex() if isinstance(node.value, bytes) else node.value
    return {
        "name": node.name,
        "label": node.label,
        "filter": node.filter,
        "value": value,
        "text": node.text,
        "begin": node.begin,
        "end": node.end,
        "hex": None if secret else octets[node.begin : node.end].hex(),
        "anomalies": [_anomaly(anomaly) for anomaly in node.anomalies],
        "children": [as_json(child, inside) for child in node.children],
    }


def holds_secret(node: Node) -> bool:
    """Whether the node, or one inside it, must be masked."""
    return node.secret or any(holds_secret(child) for child in node.children)


def _anomaly(anomaly: Anomaly) -> dict[str, Any]:
    return {"reason": anomaly.reason, "offset": anomaly.offset}


def _source(capture: str) -> Source:
    sources = expand([capture])
    if len(sources) != 1:
        raise UsageError(f"{capture} means {len(sources)} captures; decode takes one")
    return sources[0]


def _find(
    source: Source, frame: int, profile: Profile, checks: Checks
) -> tuple[bytes, int, int, int]:
    """The frame's octets, link type, length on the wire and time; checks learns of those before."""
    if frame < 1:
        raise UsageError(f"there is no frame {frame}; frames count from 1")
    seen = 0
    for batch in CaptureFile(source).batches():
        wanted = frame - batch.first_frame
        for row in range(min(wanted, len(batch))):
            octets, link_type, wire_length, _ = _row(batch, row)
            if checks.concerns(octets):
                decode(octets, link_type, wire_length, profile, checks)
        if wanted < len(batch):
            return _row(batch, wanted)
        seen += len(batch)
    frames = "1 frame" if seen == 1 else f"{seen} frames"
    raise UsageError(f"{source.path} has {frames}; there is no frame {frame}")


def _row(batch: FrameBatch, row: int) -> tuple[bytes, int, int, int]:
    link_type = batch.interfaces[int(batch.interface[row])].link_type
    return batch.frame(row), link_type, int(batch.wirelen[row]), int(batch.time_ns[row])
