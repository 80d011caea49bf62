"""The -Y option and the command fields, run whole, against captures of known truth."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest

from netmip6scope.cli.main import main
from netmip6scope.filter.catalogue import FRAMES, table_fields
from netmip6scope.filter.protocols import protocol_fields
from netmip6scope.filter.reference import MARK, fields_table, rewritten
from netmip6scope.filter.select import Filter
from netmip6scope.tables.schema import TABLES
from tests import wire

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "netmip6"
DOCUMENT = (ROOT / "docs" / "filters.md").read_text("utf-8")
TRUTHS = ("01_slaac_handoff", "05_ho_refused", "06_retransmissions", "11_stale_binding")
AR, HA, HOA = "2001:db8:1::a", "2001:db8::1", "2001:db8:3::5"

Captured = pytest.CaptureFixture[str]


def rows(capsys: Captured, *arguments: str) -> list[dict[str, str]]:
    assert main(list(arguments)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return list(csv.DictReader(io.StringIO(out)))


def truth(name: str) -> tuple[str, dict[str, Any]]:
    told = json.loads((DATA / f"{name}.truth.json").read_text())
    (capture,) = told["captures"]
    return str(DATA / capture), told


@pytest.mark.parametrize("name", TRUTHS)
def test_messages(name: str, capsys: Captured) -> None:
    """By the column and by the field on the wire, as many as the truth counts."""
    capture, told = truth(name)
    for kind, number in (("bu", 5), ("ba", 6)):
        by_column = rows(capsys, "messages", capture, "-Y", f'kind == "{kind}"')
        by_field = rows(capsys, "messages", capture, "--filter", f"mip6.mhtype == {number}")
        assert len(by_column) == told["messages"][kind]
        assert by_field == by_column
        assert {row["kind"] for row in by_column} == {kind}


@pytest.mark.parametrize("name", TRUTHS)
def test_handoffs(name: str, capsys: Captured) -> None:
    capture, told = truth(name)
    for outcome in ("complete", "context-refused", "reactive"):
        kept = rows(capsys, "handoffs", capture, "-Y", f'outcome == "{outcome}"')
        expected = [each for each in told["handoffs"] if each["outcome"] == outcome]
        assert [row["mn_id"] for row in kept] == [each["mn_id"] for each in expected]
    refused = rows(capsys, "handoffs", capture, "-Y", "netmip6.ho_response.status > 0")
    statuses = [each["status"] for each in told["handoffs"] if each["status"] in (1, 2, 3, 4)]
    assert [int(row["status"]) for row in refused] == statuses


@pytest.mark.parametrize("name", TRUTHS)
def test_sessions(name: str, capsys: Captured) -> None:
    capture, told = truth(name)
    for session in told["sessions"]:
        for text in (f'mn_id == "{session["mn_id"]}"', f"hoa == {session['hoa']}/128"):
            (kept,) = rows(capsys, "sessions", capture, "-Y", text)
            assert (kept["mn_id"], kept["hoa"]) == (session["mn_id"], session["hoa"])
        by_field = f'mip6.mnid.identifier == "{session["mn_id"]}"'
        assert len(rows(capsys, "sessions", capture, "-Y", by_field)) == 1
        if session["access"] == "slaac":
            mine = f'mn_id == "{session["mn_id"]}" and setup_ms'
            assert rows(capsys, "sessions", capture, "-Y", f"{mine} >= {session['setup_ms']}")
            assert not rows(capsys, "sessions", capture, "-Y", f"{mine} > {session['setup_ms']}")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Three frames: a Binding Update, its acknowledgement in a tunnel, and one that is neither."""
    update = wire.binding_update(AR, HA, HOA, "al\nice@a", 7, 600)
    ack = wire.binding_ack(HA, AR, HOA, "alice@a", 7, 600)
    packets = [
        update,
        wire.tunnel("2001:db8:9::1", "2001:db8:9::2", ack),
        wire.ipv6(AR, HA, 59, b""),
    ]
    path = tmp_path / "three.pcap"
    path.write_bytes(wire.pcap([(n * 10**9, wire.eth(p)) for n, p in enumerate(packets, 1)]))
    return path


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("mip6", [1, 2]),
        ("mip6.bu.seqnr == 7", [1]),
        ("mip6.bu.lifetime == 150", [1]),
        (r'mip6.mnid.identifier contains "al\nice"', [1]),
        ("ipv6.src == 2001:db8:9::1", [2]),
        ("ipv6.src == 2001:db8::1 and ipv6.src == 2001:db8:9::1", [2]),
        ("ipv6.src != 2001:db8::1", [1, 3]),
        ("not mip6 or frame == 1", [1, 3]),
        ("time >= 2", [2, 3]),
        ('point == "three"', [1, 2, 3]),
        ("ip", []),
    ],
)
def test_decode(text: str, frames: list[int], capture: Path, capsys: Captured) -> None:
    assert main(["decode", str(capture), "-Y", text]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    heads = [line.split(",")[0] for line in out.splitlines() if line.startswith("Frame ")]
    assert heads == [f"Frame {n}" for n in frames]
    assert out.count("\n\n") == max(0, len(frames) - 1)
    assert main(["decode", str(capture), "-Y", text, "--format", "json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert [each["frame"] for each in whole] == frames
    assert all(each["tree"]["children"] for each in whole)


def test_decode_of_one_frame(capture: Path, capsys: Captured) -> None:
    assert main(["decode", str(capture), "--frame", "1"]) == 0
    alone = capsys.readouterr().out
    assert main(["decode", str(capture), "--frame", "1", "-Y", "mip6.bu"]) == 0
    assert capsys.readouterr().out == alone
    assert main(["decode", str(capture), "--frame", "2", "-Y", "mip6.bu"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["decode", str(capture), "--frame", "4", "-Y", "mip6.bu"]) == 2
    assert "there is no frame 4" in capsys.readouterr().err


def test_decode_with_keys(capsys: Captured) -> None:
    """A verdict on an authenticator is text that a filter finds."""
    capture, keys = str(DATA / "01_slaac_handoff.pcap"), str(DATA / "01_slaac_handoff.keys.toml")
    arguments = ["decode", capture, "--keys", keys, "-Y"]
    for text in ('netmip6.verification == "good" and mip6', "mip6.auth and ! netmip6.verification"):
        assert main([*arguments, text]) == 0
        out = capsys.readouterr().out
        assert ("Verification: good" in out) == ("==" in text)
        assert ("Frame " in out) == ("==" in text)


def test_decode_of_a_capture_that_breaks(capture: Path, capsys: Captured) -> None:
    """What could be read is there, JSON is an array still, and the error follows."""
    capture.write_bytes(capture.read_bytes() + b"\xff" * 16)
    assert main(["decode", str(capture), "-Y", "mip6", "--format", "json"]) == 2
    out, err = capsys.readouterr()
    assert [each["frame"] for each in json.loads(out)] == [1, 2]
    assert err.startswith("netmip6scope: error: ")
    assert err.count("\n") == 1


def test_decode_of_a_capture_that_is_none(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "none.pcap"
    path.write_bytes(b"no capture at all, but long enough")
    for arguments in (
        [str(path)],
        [str(tmp_path / "missing.pcap")],
        [str(path), "--format", "json"],
    ):
        assert main(["decode", *arguments, "-Y", "mip6"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1


def test_decode_shows_progress_beside_a_pipe(
    capture: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(
        "netmip6scope.tables.progress.Progress.update", lambda _, n: drawn.append(n)
    )
    assert main(["decode", str(capture), "-Y", "mip6"]) == 0
    assert drawn == [capture.stat().st_size]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", ["messages", "sessions", "handoffs", "decode"])
def test_a_mistake_is_one_line_and_nothing_is_read(command: str, capsys: Captured) -> None:
    assert main([command, "no such capture", "-Y", "frame ==\x1b[31m"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("netmip6scope: error: filter at column ")
    assert err.count("\n") == 1
    assert err[:-1].isprintable()


def test_a_mistake_leaves_the_output_alone(tmp_path: Path, capsys: Captured) -> None:
    output = tmp_path / "t.csv"
    arguments = ["messages", str(DATA / "20e_raw.pcap"), "-o", str(output)]
    assert main([*arguments, "-Y", "seqq"]) == 2
    assert not output.exists()
    assert "filter at column 1: unknown field seqq; did you mean seq" in capsys.readouterr().err
    assert main([*arguments, "-Y", "seq"]) == 0
    assert output.exists()


def test_several_points(capsys: Captured) -> None:
    """What several points saw is one row, with what the frame that is kept of it holds."""
    told = json.loads((DATA / "19_three_points.truth.json").read_text())
    captures = [named.replace("=", f"={DATA}/") for named in told["captures"]]
    assert len(captures) == 3
    for kind, number in (("bu", 5), ("ba", 6)):
        by_field = rows(capsys, "messages", *captures, "-Y", f"mip6.mhtype == {number}")
        assert len(by_field) == told["messages"][kind]
        assert rows(capsys, "messages", *captures, "-Y", f'kind == "{kind}"') == by_field
    everything = rows(capsys, "messages", *captures)
    for row in everything[:: max(1, len(everything) // 10)]:
        text = f'ipv6.src == {row["src"]} and frame == {row["frame"]} and point == "{row["point"]}"'
        assert rows(capsys, "messages", *captures, "-Y", text) == [row]
    sessions = rows(capsys, "sessions", *captures, "-Y", "netmip6.ho_request")
    assert len(sessions) == sum(each["handoffs"] > 0 for each in told["sessions"])


def test_several_captures(capsys: Captured) -> None:
    captures = [str(DATA / f"19_three_points.{point}") for point in ("SAR.pcap", "HA.pcap")]
    both = rows(capsys, "messages", *captures, "-Y", "mip6.mhtype == 5")
    alone = [rows(capsys, "messages", each, "-Y", 'kind == "bu"') for each in captures]
    assert len(both) == sum(map(len, alone)) > 0


def test_fields(capsys: Captured) -> None:
    every = rows(capsys, "fields")
    names = [row["name"] for row in every]
    assert set(names) == {
        *protocol_fields(),
        *(n for each in table_fields().values() for n in each),
    }
    (seqnr,) = rows(capsys, "fields", "mip6.bu.seq*")
    assert seqnr == {
        "name": "mip6.bu.seqnr",
        "type": "number, 16 bits",
        "label": "Sequence number",
        "ref": "RFC 6275 6.1.7",
        "labels": "",
    }
    (lifetime,) = rows(capsys, "fields", "mip6.bu.lifetime")
    assert lifetime["type"] == "number, 16 bits, 4 s each"
    (status,) = rows(capsys, "fields", "netmip6.ho_response.status")
    assert status["labels"].split("; ")[:2] == ["success", "poorly formatted request"]
    by_label = rows(capsys, "fields", "HOME AGENT (H)")
    assert [row["name"] for row in by_label] == ["icmpv6.nd.ra.flag.h"]
    gap = [row for row in rows(capsys, "fields", "dl_gap_ms") if row["ref"] == "column of handoffs"]
    assert [row["type"] for row in gap] == ["duration"]


def test_fields_in_other_formats(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "fields.json"
    assert main(["fields", "mip6.bu.*", "-o", str(path)]) == 0
    assert capsys.readouterr() == ("", "")
    listed = json.loads(path.read_text())
    assert {row["name"] for row in listed} == {
        name for name in protocol_fields() if name.startswith("mip6.bu.")
    }
    assert main(["fields", "mip6.bu.seqnr", "--format", "jsonl"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "mip6.bu.seqnr"


def test_no_such_field(capsys: Captured) -> None:
    assert main(["fields", "no\x1bsuch"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "netmip6scope: error: no field has no\\x1bsuch in its name or label\n"


def test_the_reference_is_not_behind_the_declarations() -> None:
    """If it is: python -m netmip6scope.filter.reference docs/filters.md."""
    assert rewritten(DOCUMENT) == DOCUMENT
    assert all(f"| `{name}` |" in DOCUMENT for name in fields_table().values["name"].tolist())


def test_every_example_in_the_document_is_a_filter() -> None:
    text = DOCUMENT.partition(MARK)[0]
    lines = [shlex.split(line) for line in text.splitlines() if line.startswith("netmip6scope ")]
    assert len(lines) >= 6
    for line in lines:
        command, example = line[1], line[line.index("-Y") + 1]
        assert Filter.parsed(example, command if command in TABLES else FRAMES)


def test_a_terminal_gets_a_table(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((120, 40)))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["fields", "mip6.bu.seqnr"]) == 0
    out = capsys.readouterr().out
    assert "," not in out.splitlines()[0]
    assert "Sequence number" in out
