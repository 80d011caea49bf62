"""Both lanes see the same in every frame: the scan lane in columns, the object lane in trees.

Where a frame needs the object lane, the scan lane sets it aside and says nothing that the object
lane does not.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dissectors.node import Node
from dissectors.profile import Profile
from dissectors.scan.lane import Scanner
from dissectors.tree import decode
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from tests.conftest import TESTS, find_public_captures
from tests.dissectors.frames import LINKS, frames
from tests.dissectors.seen import Seen, batch_of, by_scan, by_tree, may_need_the_object_lane

OURS = sorted(
    path
    for directory in (TESTS / "data" / "netmip6", TESTS.parent / "sample_pcaps")
    for path in directory.iterdir()
    if ".pcap" in path.name
)
PUBLIC = sorted((find_public_captures() or Path("none")).rglob("*.pcap*")) or [Path("none")]
PROFILE = Profile()
NOTHING = Seen(None, None)


@pytest.fixture(autouse=True, scope="module")
def _unmasked() -> Iterator[None]:
    """In frames that are odd, octets that look as they stand before a key are hidden."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dissectors.tree.masked", lambda tree, _: tree)
        yield


def compare(
    captured: list[tuple[bytes, int]], link_type: int, profile: Profile = PROFILE
) -> tuple[int, int]:
    """Hold both lanes against each other; how many frames hold messages and how many packets."""
    scanner = Scanner(profile)
    scanned = scanner.scan(batch_of(captured, link_type))
    told = by_scan(scanner, scanned)
    aside = set(scanned.aside.tolist())
    messages = packets = 0
    for number, (frame, wirelen) in enumerate(captured, 1):
        tree = decode(frame, link_type, wirelen, profile)
        seen, mine = by_tree(tree, frame, wirelen, profile), told.get(number, NOTHING)
        place = f"frame {number}, link type {link_type}, {wirelen} octets: {frame.hex()}"
        if number in aside:
            assert may_need_the_object_lane(tree), place
            assert mine.message in (None, seen.message), place
            # The first part of a tunnelled packet tells the scan lane enough to count it.
            assert mine.packet is None or seen.packet is not None or first_part(tree), place
        else:
            assert mine == seen, place
        messages += mine.message is not None
        packets += mine.packet is not None
    return messages, packets


def first_part(tree: Node) -> bool:
    headers = [layer for layer in tree.children if layer.name in ("fraghdr", "ipv4")]
    values = [{field.name: field.value for field in header.children} for header in headers]
    return any(header.get("offset") == 0 and header.get("more") for header in values)


def captured_frames(path: Path) -> dict[int, list[tuple[bytes, int]]]:
    """Frames of a capture by link type."""
    found: dict[int, list[tuple[bytes, int]]] = {}
    for batch in CaptureFile(Source(str(path))).batches():
        for row in range(len(batch)):
            link_type = batch.interfaces[int(batch.interface[row])].link_type
            frame = batch.frame(row), int(batch.wirelen[row])
            found.setdefault(link_type, []).append(frame)
    return found


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_lanes_agree_on_our_captures(path: Path) -> None:
    for link_type, captured in captured_frames(path).items():
        messages, packets = compare(captured, link_type)
        assert messages
        assert packets


@pytest.mark.public
@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.name)
def test_lanes_agree_on_public_captures(path: Path) -> None:
    for link_type, captured in captured_frames(path).items():
        compare(captured, link_type)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_lanes_agree_on_mutated_captures(path: Path) -> None:
    """Every frame with one octet changed, cut by the snap length, or cut as if it were so short."""
    dice = random.Random(path.name)
    for link_type, captured in captured_frames(path).items():
        mutated = []
        for frame, wirelen in captured:
            for _ in range(8):
                at = dice.randrange(min(len(frame), 160))
                changed = frame[:at] + bytes([dice.randrange(256)]) + frame[at + 1 :]
                mutated += [(changed, wirelen), (frame[:at], wirelen), (frame[:at], at)]
        compare(mutated, link_type)


@given(
    st.sampled_from(LINKS).flatmap(
        lambda t: st.tuples(st.just(t), st.lists(frames(t), max_size=12))
    )
)
@settings(max_examples=250)
def test_lanes_agree_on_generated_frames(drawn: tuple[int, list[tuple[bytes, int]]]) -> None:
    link_type, captured = drawn
    compare(captured, link_type)
