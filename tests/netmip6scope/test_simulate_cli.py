"""The command simulate: its outputs, its refusals, and that nothing but the seed decides."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from netmip6scope.cli.main import main
from netmip6scope.errors import InputError
from netmip6scope.pipeline import analyse
from netmip6scope.simulation.run import ready
from netmip6scope.simulation.scenario_file import TABLES, TOP, read_scenario, scenario_from

ROOT = Path(__file__).resolve().parents[2]
FIGURE_3 = "figure3-handoff"
GOOD = ready()[FIGURE_3]


@dataclass
class Done:
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Command:
    """The command in this process."""

    def command(*arguments: str) -> Done:
        code = main(["simulate", *arguments])
        return Done(code, *capfd.readouterr())

    return command


def elsewhere(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "netmip6scope", "simulate", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_file_gives_what_the_ready_scenario_gives(tmp_path: Path, run: Command) -> None:
    scenario = tmp_path / "own.toml"
    scenario.write_text(GOOD)
    first, second = tmp_path / "a.pcapng", tmp_path / "b.pcapng"
    done = run(str(scenario), "-w", str(first))
    assert (done.returncode, done.stdout) == (0, "")
    assert "frames, seed 1, journal " in done.stderr
    assert run(FIGURE_3, "-w", str(second)).returncode == 0
    assert first.read_bytes() == second.read_bytes()


def test_digests_are_the_same_everywhere(tmp_path: Path) -> None:
    surroundings = [
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8"},
        {"PYTHONHASHSEED": "4294967295", "TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8"},
    ]
    found = set()
    for number, environment in enumerate(surroundings):
        path = tmp_path / f"{number}.pcapng"
        done = elsewhere("loss-recovery", "-w", str(path), "--seed", "7", **environment)
        assert done.returncode == 0, done.stderr
        found.add((done.stderr, hashlib.sha256(path.read_bytes()).hexdigest()))
    assert len(found) == 1


def test_another_seed_gives_another_capture(tmp_path: Path, run: Command) -> None:
    for seed in ("1", "2"):
        assert run(FIGURE_3, "-w", str(tmp_path / seed), "--seed", seed).returncode == 0
    assert (tmp_path / "1").read_bytes() != (tmp_path / "2").read_bytes()


def test_list_names_every_ready_scenario(run: Command) -> None:
    done = run("--list")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == sorted(ready())


def test_explain_tells_the_steps_in_order(run: Command) -> None:
    done = run(FIGURE_3, "--explain")
    assert done.returncode == 0
    steps = (
        "alice > ar1: Router Solicitation",
        "ar1 > ha: Binding Update, attach",
        "ha: binding cache entry created",
        "ar1 > alice: Router Advertisement",
        "base station > ar2: handover from 2001:db8:1::a1",
        "ar2 > ar1: HO Request",
        "ar1 > ar2: HO Response",
        "ar2 > ha: Binding Update, handoff",
        "ha: binding cache entry moved",
        "ar1 > ha: Binding Update, tear-down",
    )
    places = [done.stdout.index(step) for step in steps]
    assert places == sorted(places)


def test_points_become_files_of_their_own(tmp_path: Path, run: Command) -> None:
    target = tmp_path / "out.pcapng"
    assert run("three-points", "-w", str(target)).returncode == 0
    names = ["out.ha.pcapng", "out.sar.pcapng", "out.tar.pcapng"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert run("three-points", "-w", str(target), "--point", "ha").returncode == 0
    assert target.read_bytes() == (tmp_path / "out.ha.pcapng").read_bytes()


def test_capture_goes_to_standard_output() -> None:
    command = [sys.executable, "-m", "netmip6scope", "simulate", FIGURE_3, "-w", "-"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=True)
    assert done.stdout[:4] == bytes.fromhex("0a0d0d0a")  # a pcapng section


def test_keys_are_those_of_the_run(
    tmp_path: Path, run: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    capture, keys = tmp_path / "a.pcapng", tmp_path / "keys.toml"
    assert run(FIGURE_3, "-w", str(capture), "--write-keys", str(keys)).returncode == 0
    rows = analyse([str(capture)], "messages").table
    assert rows.values
    capfd.readouterr()
    decoded = main(["decode", str(capture), "--keys", str(keys), "-Y", "mip6.bu.seqnr >= 0"])
    text = capfd.readouterr().out
    assert decoded == 0
    assert text.count("Verification: good") == text.count("Authentication Data:") > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "needs a scenario"),
        ((FIGURE_3,), "needs a scenario with -w"),
        (("nowhere", "-w", "x"), "no such file, and no ready scenario"),
        (("nowhere.toml", "-w", "x"), "No such file"),
        ((FIGURE_3, "--seed", "-1", "-w", "x"), "is not a seed"),
        ((FIGURE_3, "--point", "moon", "-w", "x"), "the scenario's points are net"),
        (("three-points", "-w", "-"), "choose one with --point"),
        ((FIGURE_3, "-w", "/nowhere/x"), "No such file or directory"),
    ],
)
def test_wrong_use_is_one_line(arguments: tuple[str, ...], words: str, run: Command) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def line_of(text: str) -> int:
    return GOOD[: GOOD.index(text)].count("\n") + 1


SECOND_ROUTER = line_of('name = "ar2"')


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("duration_s = 9", 'duration_s = "9"', "line 3: duration_s: expected a number of seconds"),
        ("duration_s = 9", "duration_s = -1", "line 3: duration_s: expected a number of seconds"),
        ("duration_s = 9", "duration_s = nan", "line 3: duration_s: expected a number of seconds"),
        ("duration_s = 9", "duration = 9", "line 3: duration is not known; is it duration_s?"),
        ("duration_s = 9", "", "line 1: the scenario: expected a duration_s"),
        (
            'address = "2001:db8:2::a2"',
            'address = "2001:db8:2::g"',
            f"line {SECOND_ROUTER + 1}: address: expected an IPv6 address",
        ),
        (
            'address = "2001:db8:2::a2"',
            'address = "2001:db8:1::a1"',
            f"line {SECOND_ROUTER + 1}: address: it is that of ar1",
        ),
        (
            'name = "ar2"',
            'name = "ar1"',
            f"line {SECOND_ROUTER}: name: it is that of ar1",
        ),
        (
            'to = "ar2"',
            'to = "ar3"',
            f"line {line_of(chr(116) + 'o = ' + chr(34) + 'ar2')}: to: expected one of ar1, ar2",
        ),
        (
            'mac = "02:00:00:00:0a:01"',
            'mac = "03:00:00:00:0a:01"',
            f"line {line_of('mac =')}: mac: expected a MAC address",
        ),
        (
            'pool = "2001:db8:100::/48"',
            'pool = "2001:db8:100::1/48"',
            f"line {line_of('pool =')}: pool: expected an IPv6 prefix",
        ),
        (
            "to_s = 8",
            "to_s = 1",
            f"line {line_of('to_s = 8')}: to_s: expected a time after from_s",
        ),
        ("[[traffic]]", "[[trafic]]", "trafic is not known; is it traffic?"),
        ("[[traffic]]", "[traffic]", "expected tables, each under [[traffic]]"),
        ("duration_s = 9", "duration_s = ", "is not TOML: Invalid value (at line 3"),
        ('name = "alice"', 'name = "alice"\nown_key = 1', "own_key: expected true or false"),
    ],
)
def test_wrong_scenario_names_the_line_and_what_was_expected(
    old: str, new: str, message: str
) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    with pytest.raises(InputError) as error:
        scenario_from(text, "own.toml")
    assert str(error.value).startswith("own.toml: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_scenario_without_routers_says_so() -> None:
    text = 'name = "x"\ntitle = "x"\nduration_s = 1\n'
    with pytest.raises(InputError, match=r"expected at least one \[\[home_agent\]\]"):
        scenario_from(text, "own.toml")


def test_hostile_files_are_refused(tmp_path: Path) -> None:
    for number, octets in enumerate(
        (b"\xff\xfe", b"a = " + b"[" * 20_000, b"#" * ((4 << 20) + 1), b"", b"\0")
    ):
        path = tmp_path / f"{number}.toml"
        path.write_bytes(octets)
        with pytest.raises(InputError) as error:
            read_scenario(str(path))
        assert str(error.value).startswith(str(path))
    with pytest.raises(InputError):
        read_scenario(str(tmp_path))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('auth = "eap"', "line {}: auth: expected an [[aaa]] to ask"),
        ('auth = "chap"', "line {}: auth: expected none or eap with this access"),
        ('auth = "md5"', "line {}: auth: expected one of none, pap, chap, eap"),
        ('access = "ipcp"', "line {}: auth: expected pap or chap or eap with this access"),
        ('access = "wifi"', "line {}: access: expected one of slaac, dhcpv6"),
        ('home_agent = "ar1"', "line {}: home_agent: expected one of ha, not ar1"),
    ],
)
def test_access_must_fit(lines: str, message: str) -> None:
    text = GOOD.replace('nai = "alice', f'{lines}\nnai = "alice')
    at = text[: text.index(lines)].count("\n") + 1
    if "access" in lines and "auth:" in message:  # no key to point at: the table's line
        at = text[: text.index("[[mobile_node]]")].count("\n") + 1
    with pytest.raises(InputError) as error:
        scenario_from(text, "own.toml")
    assert message.format(at) in str(error.value)


def test_every_value_of_every_key_may_be_wrong() -> None:
    """Any value put in any key's place is refused with the key's line, or taken."""
    wrong = ("true", "[]", "{}", '""', "-5", "1e400", "1979-05-27", '"\\u0000"', "[1, 2]")
    lines = GOOD.splitlines()
    for number, line in enumerate(lines, 1):
        key, equals, _ = line.partition(" = ")
        if not equals:
            continue
        for value in wrong:
            changed = [*lines[: number - 1], f"{key} = {value}", *lines[number:]]
            try:
                scenario_from("\n".join(changed), "own.toml")
            except InputError as error:
                assert "line " in str(error), (line, value)


def test_the_document_names_every_key() -> None:
    text = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
    rows = {line.split("|")[1]: line for line in text.splitlines() if line.startswith("| `[[")}
    for table, keys in TABLES.items():
        (row,) = [line for names, line in rows.items() if f"`[[{table}]]`" in names]
        for key in keys:
            assert f"`{key}`" in row or f"`{key} = false`" in row, (table, key)
    head = text[: text.index("| table |")]
    assert [key for key in TOP if f"`{key}`" not in head] == []
