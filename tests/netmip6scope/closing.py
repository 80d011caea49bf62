"""Closed replays for tests: of sample captures with the keys of their scenarios, and of faults."""

from __future__ import annotations

import functools
from pathlib import Path

from dissectors.authentication.keys import Keys
from dissectors.profile import Profile
from netmip6scope.capture.inputs import expand
from netmip6scope.incident.frames import Capture, ip_frames, link_uses, read_frames
from netmip6scope.key_file import keys_text
from netmip6scope.simulation.run import capture_octets, load
from replay.closed.run import Closed, closed
from replay.network import Builder
from replay.roles import learned
from replay.trace import traced
from tests.netmip6scope.faulty import Observation
from tests.netmip6scope.simulated import ready_run

SAMPLES = Path(__file__).parents[2] / "sample_pcaps"
SIMULATED = SAMPLES / "simulated"
DATA = Path(__file__).parents[1] / "data" / "netmip6"


def keys_of(scenario: str, folder: Path) -> str:
    """A key file with the keys of the scenario beside a sample capture."""
    shared = Builder(load(str(SIMULATED / f"{scenario}.toml"))).keys()
    path = folder / f"{scenario}.keys.toml"
    keys = Keys(mn_ha=shared.mn_ha, ah=shared.ah, radius=shared.radius)
    path.write_text(keys_text(keys, "of the scenario"))
    return str(path)


def frames_in(path: str | Path) -> list[tuple[int, bytes]]:
    """Times and octets of a capture's frames."""
    capture = read_frames(expand([str(path)])[0], Profile())
    return [(frame.time_ns, frame.octets) for frame in capture.frames]


@functools.cache
def right_capture(scenario: str) -> Capture:
    """What the one capture point of a ready scenario saw."""
    import tempfile

    ((point, frames),) = ready_run(scenario).camera.frames.items()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "right.pcapng"
        path.write_bytes(capture_octets(point, frames))
        return read_frames(expand([str(path)])[0], Profile())


def closed_replay(scenario: str, observed: Observation, keys: Keys) -> Closed:
    """Of observations that a fault may have changed; the frames are the right ones."""
    trace = traced(sorted(observed, key=lambda seen: seen.time_ns))
    capture = right_capture(scenario)
    roles = learned(trace, keys, Profile())
    return closed(trace, tuple(ip_frames(capture)), roles, keys, link_uses(capture))
