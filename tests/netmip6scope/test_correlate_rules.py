"""Sentences of the contract that are easily missed; each test is headed by the one it proves."""

from __future__ import annotations

import struct
from pathlib import Path

from netmip6scope.cli.main import main
from tests import wire
from tests.netmip6scope.story import (
    ALICE,
    AR1,
    AR2,
    MS,
    Mobile,
    Story,
    check,
    ms,
    only,
    rows_of,
    sec,
)

HEIR = Mobile("heir0@example.org", ALICE.hoa)


# CONTRACT 2.3: "Retransmissions (... same CoA, whether the sequence number is repeated or raised)
# belong to one handoff" and "bus: messages sent, retransmissions included". The BA was lost behind
# the capture point, so the TAR sends the same BU again.
def test_binding_update_repeated_behind_its_acknowledgement(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    story.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    story.bu(ms(1007), ALICE, AR2, seq=40)
    story.ba(ms(1012), ALICE, AR2)
    story.bu(ms(2007), ALICE, AR2, seq=40)
    story.ba(ms(2012), ALICE, AR2)
    check(only(story.handoffs()), bus=2, ba_time=ms(1012), binding_ms=5 * MS, outcome="complete")


# CONTRACT 2.3: "HoA reuse by another MN starts a new session", and "last_dl_sar_time: last downlink
# inner packet to the MN in the tunnel to the SAR". What went to the node that had the address
# before is not the heir's.
def test_packets_of_the_one_before_time_nothing_of_the_heir(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.downlink(sec(1), ALICE, AR1)
    story.uplink(sec(1), ALICE, AR1)
    story.bu(sec(5), ALICE, AR1, lifetime_s=0)
    story.ba(sec(5) + 4 * MS, ALICE, AR1, lifetime_s=0)
    story.attach(sec(10), HEIR, AR1)
    story.handoff(sec(20), HEIR, AR1, AR2)
    story.downlink(sec(21), HEIR, AR2)
    row = only(story.handoffs())
    check(row, last_dl_sar_time=None, last_ul_sar_time=None, first_dl_tar_time=sec(21))
    check(row, dl_gap_ms=None)


# CONTRACT 2.3: "first_dl_tar_time: first in the tunnel to the TAR after bu_time": the first by its
# time, also where a capture holds two records in the wrong order (CAP-ORDER is a note).
def test_first_by_time_not_by_record(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.handoff(ms(1000), ALICE, AR1, AR2)
    story.downlink(ms(1021), ALICE, AR2)
    story.downlink(ms(1020), ALICE, AR2)
    path = story.directory / "disordered.pcap"
    path.write_bytes(wire.pcap(story.frames))
    check(only(rows_of([str(path)], "handoffs")), first_dl_tar_time=ms(1020))


# CONTRACT 2.2: "`setup_ms`: from the MN's first L3 request (... RS ...) to the AR's answer (RA
# ...)". RFC 2461 6.2.6: "the usual case is to multicast the response to the all-nodes group".
def test_router_advertisement_to_all_nodes(story: Story) -> None:
    story.rs(ms(0), ALICE)
    story.bu(ms(2), ALICE, AR1, set_up=True)
    story.ba(ms(8), ALICE, AR1)
    answer = wire.router_advertisement("fe80::a1", "ff02::1", ALICE.prefix)
    story.packet(ms(11), answer)
    check(only(story.sessions()), setup_ms=11 * MS, address_ms=3 * MS, start=ms(0))


# CONTRACT 2.3: "`complete`", and "`teardown_time`: the SAR's de-registration BU, if one is seen".
# The node leaves before the TAR registers (break before make): draft 3.3 step 8 comes before 5.
def test_teardown_before_the_update(story: Story) -> None:
    story.attach(ms(0), ALICE, AR1)
    story.ho_request(ms(1000), ALICE, AR2, AR1, 7)
    story.ho_response(ms(1005), ALICE, AR1, AR2, 7)
    story.teardown(ms(1006), ALICE, AR1)
    story.bu(ms(1017), ALICE, AR2)
    story.ba(ms(1022), ALICE, AR2)
    row = only(story.handoffs())
    check(row, outcome="complete", teardown_time=ms(1006), bus=1, binding_ms=5 * MS)


# STYLE and DESIGN 7: text from outside goes through one door, `dissectors.text.printable`. The name
# of a pcapng interface is chosen by whoever made the file, and it is the table's `point`.
def test_interface_name_is_hostile_text(story: Story) -> None:
    name = "eth0\x1b[31m\u202e".encode()
    story.bu(ms(2), ALICE, AR1)
    path = story.directory / "named.pcapng"
    path.write_bytes(pcapng(name, story.frames[0][1]))
    assert only(rows_of([str(path)], "messages"))["point"] == "eth0\\x1b[31m\\u202e"


def pcapng(name: bytes, frame: bytes) -> bytes:
    """Section header, an Ethernet interface with if_name (option 2), one enhanced packet."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        length = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + length + body + length

    option = struct.pack("<HH", 2, len(name)) + name + bytes(-len(name) % 4) + bytes(4)
    return (
        block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        + block(1, struct.pack("<HHI", 1, 0, 0) + option)
        + block(6, struct.pack("<IIIII", 0, 0, 0, len(frame), len(frame)) + frame)
    )


# CONTRACT 1: exit code 2 is "an input that cannot be read". Of this one no frame can be read: there
# is nothing to write, and the table of yesterday must stay.
def test_no_capture_replaces_no_table(tmp_path: Path) -> None:
    text, table = tmp_path / "text.pcap", tmp_path / "t.csv"
    text.write_text("This is not a capture, though it is called one.\n")
    table.write_text("yesterday\n")
    assert main(["handoffs", str(text), "-o", str(table)]) == 2
    assert table.read_text() == "yesterday\n"
