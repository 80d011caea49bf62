"""The `decode` command: frames as trees, for people or for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dissectors.authentication.checks import Checks
from dissectors.fragments import Fragments
from dissectors.frames import FrameBatch
from dissectors.layout import Anomaly
from dissectors.profile import Profile
from dissectors.tree import Node, decode
from netmip6scope.capture.inputs import Source, expand
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.errors import InputError, UsageError
from netmip6scope.keys import load_keys
from netmip6scope.reassembly import earlier_fragments
from netmip6scope.tables.text import seconds

if TYPE_CHECKING:
    from netmip6scope.filter.select import Filter
    from netmip6scope.tables.progress import Progress

_DEFAULT = Profile()
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a capture."""

    number: int
    octets: bytes
    link_type: int
    wire_length: int
    time_ns: int
    point: str


def decode_frame(
    capture: str,
    frame: int,
    format: str,
    profile: Profile = _DEFAULT,
    keys_path: str | None = None,
    *,
    wireshark: bool = False,
) -> str:
    """Frame `frame` (from 1) of a capture; format is "text" or "json".

    Raises UsageError if there is no such frame or the argument means several captures, InputError
    if the capture cannot be read up to it, or the key file not at all.
    """
    checks = Checks(load_keys(keys_path))
    source = _source(capture)
    found = _find(source, frame, profile, checks)
    tree = _tree(found, profile, checks, _earlier(source, found, profile))
    if wireshark:
        from netmip6scope.wireshark.tree import wireshark_tree

        tree = wireshark_tree(tree, found.octets, found.link_type, found.wire_length, profile)
    if format == "json":
        return json.dumps(_whole(capture, found, tree), indent=2) + "\n"
    return _page(found, tree)


def decode_frames(
    capture: str,
    chosen: Filter,
    frame: int | None,
    format: str,
    progress: Progress | None = None,
    keys_path: str | None = None,
    profile: Profile = _DEFAULT,
) -> Iterator[str]:
    """The frames of a capture that a filter holds for, or the one of them that is asked for.

    As text they have a blank line between them; JSON is one array. Raises as `decode_frame` does.
    """
    checks = Checks(load_keys(keys_path))
    source = _source(capture)
    if frame is None:
        frames, waiting = _frames(source, progress), Fragments()
    else:
        found = _find(source, frame, profile, checks)
        frames, waiting = iter([found]), _earlier(source, found, profile)
    kept = _kept(frames, chosen, profile, checks, waiting)
    if format != "json":
        for n, (each, tree) in enumerate(kept):
            yield ("\n" if n else "") + _page(each, tree)
        return
    between: str = "[\n"
    failure: InputError | None = None
    try:
        for each, tree in kept:
            yield between + json.dumps(_whole(capture, each, tree), indent=2)
            between = ",\n"
    except InputError as error:  # what could be read is still an array
        if between == "[\n":
            raise
        failure = error
    yield "[]\n" if between == "[\n" else "\n]\n"
    if failure is not None:
        raise failure


def _kept(
    frames: Iterator[Frame],
    chosen: Filter,
    profile: Profile,
    checks: Checks,
    waiting: Fragments,
) -> Iterator[tuple[Frame, Node]]:
    for frame in frames:
        tree = _tree(frame, profile, checks, waiting)
        if chosen.keeps(tree, frame=frame.number, time=frame.time_ns, point=frame.point):
            yield frame, tree


def _tree(frame: Frame, profile: Profile, checks: Checks, waiting: Fragments | None = None) -> Node:
    return decode(
        frame.octets,
        frame.link_type,
        frame.wire_length,
        profile,
        checks,
        fragments=waiting,
        time_ns=frame.time_ns,
    )


def _earlier(source: Source, frame: Frame, profile: Profile) -> Fragments:
    """What waits for the frame's fragments when it comes."""
    return earlier_fragments(
        source,
        frame.number,
        frame.octets,
        frame.link_type,
        frame.wire_length,
        frame.time_ns,
        profile,
    )


def _whole(capture: str, frame: Frame, tree: Node) -> dict[str, Any]:
    head = {"capture": capture, "frame": frame.number, "time_ns": frame.time_ns}
    return {**head, "link_type": frame.link_type, "tree": as_json(tree, frame.octets)}


def _page(frame: Frame, tree: Node) -> str:
    head = f"Frame {frame.number}, link type {frame.link_type}, {seconds(frame.time_ns)} s"
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


def _find(source: Source, number: int, profile: Profile, checks: Checks) -> Frame:
    """One frame of a capture; checks learns of those before."""
    if number < 1:
        raise UsageError(f"there is no frame {number}; frames count from 1")
    seen = 0
    for batch in _batches(source):
        wanted = number - batch.first_frame
        for row in range(min(wanted, len(batch))):
            before = _frame(batch, row)
            if checks.concerns(before.octets):
                _tree(before, profile, checks)
        if wanted < len(batch):
            return _frame(batch, wanted)
        seen += len(batch)
    frames = "1 frame" if seen == 1 else f"{seen} frames"
    raise UsageError(f"{source.path} has {frames}; there is no frame {number}")


def _frames(source: Source, progress: Progress | None) -> Iterator[Frame]:
    for batch in _batches(source, progress):
        for row in range(len(batch)):
            yield _frame(batch, row)


def _frame(batch: FrameBatch, row: int) -> Frame:
    interface = batch.interfaces[int(batch.interface[row])]
    return Frame(
        batch.first_frame + row,
        batch.frame(row),
        interface.link_type,
        int(batch.wirelen[row]),
        int(batch.time_ns[row]),
        interface.point,
    )


def _batches(source: Source, progress: Progress | None = None) -> Iterator[FrameBatch]:
    file = CaptureFile(source)
    if progress is not None:
        progress.total_octets = file.size
    for batch in file.batches():
        yield batch
        if progress is not None:
            progress.update(file.position)
