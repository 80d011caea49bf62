"""The command line: help, wrong use, errors and exit codes, with the analysis faked."""

from __future__ import annotations

import errno
import gc
import signal
import subprocess
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from dissectors.profile import Profile
from netmip6scope.cli.main import main
from netmip6scope.errors import InputError, Interrupted, ScopeError
from netmip6scope.tables.columns import Column, Kind, Table

COLUMNS = (Column("frame", Kind.INT, "Frame."),)
CSV = "frame\n1\n2\n"


@dataclass
class Result:
    table: Table
    warnings: list[str] = field(default_factory=list)
    errors: list[ScopeError] = field(default_factory=list)


@dataclass
class Fake:
    """Stands in for the analysis: what it is asked, and what it answers."""

    result: Result
    asked: list[object] = field(default_factory=list)
    failure: BaseException | None = None
    collector_ran: bool = True
    interrupt: bool = False

    def analyse(
        self,
        captures: list[str],
        want: str,
        progress: object,
        profile_path: str | None,
        selection: object,
        keys_path: str | None,
    ) -> Result:
        self.asked = [captures, want, profile_path, keys_path]
        self.collector_ran = gc.isenabled()
        if self.interrupt:
            signal.raise_signal(signal.SIGINT)
        if self.failure is not None:
            raise self.failure
        return self.result

    def decode_frame(
        self,
        capture: str,
        frame: int,
        format_: str,
        profile: Profile,
        *,
        keys_path: str | None,
        wireshark: bool,
    ) -> str:
        assert profile == Profile()
        self.asked = [capture, frame, format_, keys_path] + ["wireshark"] * wireshark
        if self.failure is not None:
            raise self.failure
        return f"frame {frame}\n"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    table = Table("messages", COLUMNS, {"frame": np.array([1, 2], np.int64)})
    fake = Fake(Result(table))
    pipeline = types.ModuleType("netmip6scope.pipeline")
    pipeline.analyse = fake.analyse  # type: ignore[attr-defined]
    decode = types.ModuleType("netmip6scope.decode")
    decode.decode_frame = fake.decode_frame  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "netmip6scope.pipeline", pipeline)
    monkeypatch.setitem(sys.modules, "netmip6scope.decode", decode)
    return fake


Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize("argv", [[], ["--help"], ["messages", "--help"]])
def test_help(argv: list[str], capsys: Captured) -> None:
    assert main(argv) == 0
    out, err = capsys.readouterr()
    assert out.startswith("usage: netmip6scope")
    assert err == ""


@pytest.mark.parametrize("argv", [["--help"], []])
def test_help_loads_no_heavy_module(argv: list[str]) -> None:
    code = (
        "import sys\n"
        "from netmip6scope.cli.main import main\n"
        f"main({argv!r})\n"
        "print([m for m in ('numpy', 'pandas', 'pyarrow', 'rich') if m in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("want", ["messages", "sessions", "handoffs"])
def test_a_table_goes_to_a_pipe_as_csv(fake: Fake, want: str, capsys: Captured) -> None:
    settings = ["--profile", "p.toml", "--keys", "k.toml"]
    assert main([want, "a.pcap", "B=b.pcap", *settings]) == 0
    assert capsys.readouterr() == (CSV, "")
    assert fake.asked == [["a.pcap", "B=b.pcap"], want, "p.toml", "k.toml"]


def test_the_collector_rests_during_the_analysis_only(fake: Fake, capsys: Captured) -> None:
    assert gc.isenabled()
    main(["messages", "a.pcap"])
    assert not fake.collector_ran
    assert gc.isenabled()


def test_output_file(fake: Fake, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "t.csv"
    assert main(["messages", "a.pcap", "-o", str(path)]) == 0
    assert capsys.readouterr() == ("", "")
    assert path.read_text() == CSV


def test_a_full_disk(
    fake: Fake, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(table: Table, stream: BinaryIO, *, raw: bool) -> None:
        stream.write(b"half a row")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("netmip6scope.tables.csv.write_csv", full)
    path = tmp_path / "t.csv"
    assert main(["messages", "a.pcap", "-o", str(path)]) == 2
    error = f"netmip6scope: error: {path}: No space left on device\n"
    assert capsys.readouterr() == ("", error)
    assert list(tmp_path.iterdir()) == []


def test_parquet_without_pyarrow(
    fake: Fake, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["messages", "a.pcap", "-o", str(tmp_path / "t.parquet")]) == 3
    assert "pip install netmip6scope[parquet]" in capsys.readouterr().err
    assert fake.asked == []


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nonsense"], "'nonsense' is not a command"),
        (
            ["a.pcap", "messages"],
            "name one before the captures: open, capture, messages, sessions, handoffs, findings",
        ),
        (["-", "messages"], "'-' is not a command"),
        (["open"], "CAPTURE"),
        (["messages"], "CAPTURE"),
        (["messages", "a.pcap", "--format", "xml"], "xml"),
        (["messages", "a.pcap", "-o", "t.txt"], ".csv .json .jsonl .parquet"),
        (["decode", "a.pcap"], "--frame"),
        (["decode", "a.pcap", "--frame", "0"], "'0'"),
    ],
)
def test_wrong_use_is_one_line(argv: list[str], words: str, fake: Fake, capsys: Captured) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("netmip6scope: error: ")
    assert err.count("\n") == 1
    assert words in err
    assert fake.asked == []


def test_warnings_and_late_errors_follow_the_table(fake: Fake, capsys: Captured) -> None:
    fake.result.warnings.append("cut\nshort")
    fake.result.errors.append(InputError("b.pcap", "not a capture", 24))
    assert main(["messages", "a.pcap", "b.pcap"]) == 2
    out, err = capsys.readouterr()
    assert out == CSV
    warning, error = err.splitlines()
    assert warning == "netmip6scope: warning: cut\\nshort"
    assert error.startswith("netmip6scope: error: ")
    assert "b.pcap" in error
    assert "not a capture" in error
    assert "24" in error


@pytest.mark.parametrize("argv", [["messages", "a"], ["decode", "a", "--frame", "1"]])
def test_an_error_is_one_line(argv: list[str], fake: Fake, capsys: Captured) -> None:
    fake.failure = InputError("a", "not a capture", 0)
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("netmip6scope: error: a")


@pytest.mark.parametrize("argv", [["--debug", "messages", "a"], ["messages", "a", "--debug"]])
def test_debug_adds_the_traceback(argv: list[str], fake: Fake, capsys: Captured) -> None:
    fake.failure = InputError("a", "not a capture", 0)
    assert main(argv) == 2
    err = capsys.readouterr().err
    assert err.startswith("Traceback")
    assert err.splitlines()[-1].startswith("netmip6scope: error: a")


def test_an_interrupt_is_130(fake: Fake) -> None:
    fake.failure = KeyboardInterrupt()
    assert main(["messages", "a"]) == 130


def test_an_interrupt_keeps_the_table(fake: Fake, capsys: Captured) -> None:
    """It came while a batch was at work; an error from before does not change the exit code."""
    fake.interrupt = True
    fake.result.errors += [InputError("b.pcap", "not a capture", 24), Interrupted(), Interrupted()]
    assert main(["messages", "a.pcap", "b.pcap"]) == 130
    out, err = capsys.readouterr()
    assert out == CSV
    assert err.splitlines() == [
        "netmip6scope: error: b.pcap: not a capture (at octet 24)",
        "netmip6scope: interrupted: the table holds what was read until then",
    ]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_bug_is_not_hidden(fake: Fake) -> None:
    fake.failure = MemoryError()
    with pytest.raises(MemoryError):
        main(["messages", "a"])


def test_decode(fake: Fake, capsys: Captured) -> None:
    assert main(["decode", "a.pcap", "--frame", "7", "--format", "json"]) == 0
    assert capsys.readouterr() == ("frame 7\n", "")
    assert fake.asked == ["a.pcap", 7, "json", None]


def test_decode_with_keys(fake: Fake, capsys: Captured) -> None:
    assert main(["decode", "a.pcap", "--frame", "7", "--keys", "k.toml"]) == 0
    assert fake.asked == ["a.pcap", 7, "text", "k.toml"]


REAL_PROGRAM = """
import sys, types
import numpy as np
from netmip6scope.tables.columns import Column, Kind, Table
from dissectors.profile import Profile
from netmip6scope.cli.main import main
table = Table("t", (Column("frame", Kind.INT, "."),), {"frame": np.arange(200_000)})
result = types.SimpleNamespace(table=table, warnings=[], errors=[])
pipeline = types.ModuleType("netmip6scope.pipeline")
pipeline.analyse = lambda *_: result
sys.modules["netmip6scope.pipeline"] = pipeline
sys.exit(main(["messages", "a"]))
"""


def test_a_full_standard_output() -> None:
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(
            [sys.executable, "-c", REAL_PROGRAM],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("netmip6scope: error: standard output")
    assert "No space left on device" in run.stderr


def test_a_reader_that_has_enough_is_no_error() -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", REAL_PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert run.stdout is not None
    assert run.stderr is not None
    assert run.stdout.readline() == b"frame\n"
    run.stdout.close()
    assert run.stderr.read() == b""
    run.stderr.close()
    assert run.wait() == 0


def test_a_profile_of_decode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """WIRE.md: the type numbers of HO Request and HO Response are settings."""
    capture, profile = "sample_pcaps/slaac_handoff.pcap", tmp_path / "profile.toml"
    profile.write_text("ho_request_type = 210\nho_response_type = 211\n", encoding="utf-8")
    chosen = ["decode", capture, "-Y", "netmip6.ho_request"]
    assert main(chosen) == 0
    assert "HO Request" in capsys.readouterr().out
    assert main([*chosen, "--profile", str(profile)]) == 0
    assert capsys.readouterr().out == ""
