"""A message that came in fragments is shown as a whole, as `decode` shows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dissectors.fragments import Limits
from dissectors.profile import Profile
from netmip6scope.capture.inputs import Source
from netmip6scope.capture.reader import CaptureFile
from netmip6scope.decode import as_text, decode_frame
from netmip6scope.tui.parts import Parts
from tests import wire
from tests.dissectors.test_both_lanes import fragments
from tests.netmip6scope.pilot import opened
from tests.netmip6scope.story import ALICE, AR1, AR2, HA, MS, Story, ms


@pytest.fixture
def told(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A Binding Update in four fragments behind those of another; its frames are 2, 4, 6 and 8."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    update = wire.binding_update(AR1, HA, "::", ALICE.nai, 7, 600)
    other = wire.binding_update(AR2, HA, "::", "other@example.net", 8, 600)
    mine, theirs = fragments(update, 5, 32), fragments(other, 6, 32)
    for n, (part, other_part) in enumerate(zip(mine, theirs, strict=True)):
        story.packet(ms(n), other_part)
        story.packet(ms(n, 1), part)
    return story.write()


async def test_the_tree_is_that_of_decode(told: str) -> None:
    async with opened(told) as driven:
        await driven.press("2")
        assert driven.app.view is not None
        row = next(r for r, line in enumerate(driven.shown("#rows")) if "alice" in line)
        view = driven.app.view
        assert view.number("messages", "frame", row) == 8
        shown = "\n".join(as_text(view.open(row).tree))
        assert shown == decode_frame(told, 8, "text").partition("\n")[2].rstrip("\n")
        assert "Packet of 4 fragments" in shown and "alice@example.net" in shown


async def test_its_octets_are_those_of_the_whole(told: str) -> None:
    async with opened(told) as driven:
        await driven.press("2", "slash")
        await driven.type('mn_id == "alice@example.net"')
        await driven.press("enter")
        await driven.until(lambda: len(driven.shown("#rows")) == 1)
        await driven.press("tab", "end", "end")
        await driven.until(lambda: any("alice@example.net" in line for line in driven.lines))
        octets = b"".join(
            bytes.fromhex(
                line[5 : 5 + 3 * driven.hex._per_line].translate(str.maketrans("[]", "  "))
            )
            for line in driven.shown("#hex")
        )
        assert b"alice@example.net" in octets


def test_what_waits_is_bounded(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In octets, and in time: the last of eight frames comes 3 ms after the first."""
    batch = next(iter(CaptureFile(Source(told)).batches()))
    every, last = np.arange(1, 9), np.array([8])
    mine = [batch.frame(row) for row in (1, 3, 5)]
    for limits, kept in (
        (Limits(), mine),
        (Limits(octets=int(batch.caplen[3:7].sum())), mine[1:]),
        (Limits(age_ns=MS), mine[2:]),
    ):
        parts = Parts(Profile())
        monkeypatch.setattr(parts, "_limits", limits)
        (found,) = parts.of(batch, every, last).values()
        assert [frame.octets for frame in found] == kept
