"""How many times faster than the capture's own time `replay` is, in isolate mode.

The simulator makes the capture once, every hop of every packet at one point: 1,000 mobile nodes at
20 access routers for four minutes, with RFC 4285 authentication and AH. Each attaches within the
first minute and moves every 60 s; bindings last 100 s, so that those are refreshed that stay.
A tenth of the nodes have user data, 20 packets a second each way. Whole commands are measured in
processor time, with keys and without, the best of some rounds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dissectors.authentication.keys import Keys
from netmip6scope.key_file import keys_text
from netmip6scope.simulation.run import capture_octets, run
from replay.scenario import AgentSpec, Flow, MobileSpec, Move, RouterSpec, Scenario

SECOND_NS = 10**9
MOBILES, ROUTERS, DURATION_S, STAY_S, LIFETIME_S = 1000, 20, 240, 60, 100
TALKERS, INTERVAL_NS = 100, 50_000_000
TARGET, ROUNDS = 20, 3
FIRST_LINK = 0x02_00_00_00_00_10
FOLDER = ROOT / "build" / "bench"
CAPTURE, KEYS = FOLDER / "replay.pcapng", FOLDER / "replay.keys.toml"


def scenario() -> Scenario:
    agent = AgentSpec(
        "ha", IPv6Address("2001:db8:f::1"), IPv6Network("2001:db8:8000::/36"), longest_s=LIFETIME_S
    )
    routers = tuple(
        RouterSpec(f"ar{n}", IPv6Address(f"2001:db8:{n:x}::a"), "ha", lifetime_s=LIFETIME_S)
        for n in range(1, ROUTERS + 1)
    )
    mobiles = tuple(
        MobileSpec(f"mn{n}", f"mn{n}@example.net", (FIRST_LINK + n).to_bytes(6, "big"))
        for n in range(MOBILES)
    )
    stay_ns = STAY_S * SECOND_NS
    moves = tuple(
        Move(count * stay_ns + n * stay_ns // MOBILES, f"mn{n}", f"ar{(n + count) % ROUTERS + 1}")
        for n in range(MOBILES)
        for count in range(DURATION_S // STAY_S)
    )
    end_ns = DURATION_S * SECOND_NS
    flows = tuple(
        Flow(f"mn{n}", 2 * SECOND_NS + n * stay_ns // MOBILES, end_ns, INTERVAL_NS)
        for n in range(0, MOBILES, MOBILES // TALKERS)
    )
    return Scenario("bench", "moves", end_ns, (agent,), routers, mobiles, moves, flows=flows)


def make() -> None:
    """The capture and its keys; the capture last, so that it is there only when all is."""
    done = run(scenario())
    shared = done.simulator.builder.keys()
    KEYS.write_text(keys_text(Keys(shared.mn_ha, (), shared.ah), "Keys of the benchmark."))
    ((point, frames),) = done.camera.frames.items()
    CAPTURE.write_bytes(capture_octets(point, frames))


def seconds(*options: str) -> float:
    """Processor time of one command."""
    command = [sys.executable, "-m", "netmip6scope", "replay", str(CAPTURE), *options]
    before = os.times()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    after = os.times()
    if done.returncode:
        raise SystemExit(f"replay failed: {done.stderr.strip() or done.stdout[:2000]}")
    return (
        after.children_user - before.children_user + after.children_system - before.children_system
    )


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not (CAPTURE.exists() and KEYS.exists()):
        print("making the capture of replay, some minutes", flush=True)
        make()
    for words, options in (("with keys", ("--keys", str(KEYS))), ("without keys", ())):
        best = DURATION_S / min(seconds(*options) for _ in range(ROUNDS))
        verdict = "met" if best >= TARGET else "MISSED"
        print(f"replay, {words}: {best:.1f} times real time, target >= {TARGET}: {verdict}")


if __name__ == "__main__":
    main()
