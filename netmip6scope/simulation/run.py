"""Runs a scenario and writes what its capture points see."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

from dissectors.authentication.keys import Keys
from dissectors.frames import Interface
from dissectors.link import LINKTYPE_ETHERNET
from netmip6scope.capture.writer import Writer
from netmip6scope.errors import InputError, UsageError
from netmip6scope.key_file import keys_text
from netmip6scope.simulation.capture import Camera, Frame
from netmip6scope.simulation.explain import Narrator
from netmip6scope.simulation.scenario_file import read_scenario, scenario_from
from netmip6scope.tables.output import replaced_file, standard_output
from replay.network import Builder
from replay.scenario import Scenario
from replay.simulator import Observer, Simulator

_ENDING = ".toml"


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a scenario."""

    scenario: Scenario
    camera: Camera
    simulator: Simulator


def ready() -> dict[str, str]:
    """The scenarios that come with the program: text by name."""
    folder = files("netmip6scope.simulation") / "scenarios"
    found = (each for each in folder.iterdir() if each.name.endswith(_ENDING))
    return {
        each.name.removesuffix(_ENDING): each.read_text(encoding="utf-8")
        for each in sorted(found, key=lambda each: each.name)
    }


def load(name: str) -> Scenario:
    """A scenario from a file, or a ready one by its name."""
    if os.path.exists(name) or name.endswith(_ENDING):
        return read_scenario(name)
    known = ready()
    if name not in known:
        raise InputError(name, "no such file, and no ready scenario (see simulate --list)")
    return scenario_from(known[name], name)


def listing() -> str:
    """Names and titles of the ready scenarios."""
    titles = {name: scenario_from(text, name).title for name, text in ready().items()}
    width = max(map(len, titles), default=0)
    return "".join(f"{name:<{width}}  {title}\n" for name, title in titles.items())


def run(scenario: Scenario, observers: Sequence[Observer] = ()) -> Run:
    """Run a scenario to its end."""
    camera = Camera(Builder(scenario), scenario.points, scenario.profile)
    simulator = Simulator(scenario, (camera, *observers))
    simulator.run()
    return Run(scenario, camera, simulator)


def simulate(
    name: str,
    output: str | None,
    seed: int | None,
    points: Sequence[str],
    *,
    keys_path: str | None = None,
    truth_path: str | None = None,
    explain: bool = False,
) -> str:
    """The command; what it says at the end."""
    scenario = _chosen(load(name), seed, points)
    narrator = Narrator(scenario)
    done = run(scenario, (narrator,) if explain else ())
    if explain and output != "-":
        with standard_output() as stream:
            stream.write(narrator.text().encode())
    if output is not None:
        _write(done, output)
    if keys_path is not None:
        with replaced_file(keys_path) as stream:
            stream.write(
                keys_text(_keys(done), "Keys of a simulation, made from its seed.").encode()
            )
    if truth_path is not None:
        from netmip6scope.simulation.truth import truth_text

        with replaced_file(truth_path) as stream:
            stream.write(truth_text(done).encode())
    frames = sum(map(len, done.camera.frames.values()))
    return f"{frames} frames, seed {scenario.seed}, journal {done.simulator.digest}"


def _chosen(scenario: Scenario, seed: int | None, points: Sequence[str]) -> Scenario:
    known = [point.name for point in scenario.points]
    for name in points:
        if name not in known:
            raise UsageError(f"--point {name}: the scenario's points are {', '.join(known)}")
    kept = tuple(p for p in scenario.points if not points or p.name in points)
    return replace(scenario, points=kept, seed=scenario.seed if seed is None else seed)


def _write(done: Run, output: str) -> None:
    """One file; with several points one for each, because their clocks are not one clock."""
    frames = done.camera.frames
    if len(frames) == 1:
        ((name, only),) = frames.items()
        with standard_output() if output == "-" else replaced_file(output) as stream:
            stream.write(capture_octets(name, only))
        return
    if output == "-":
        raise UsageError("several capture points need files; choose one with --point")
    stem, ending = os.path.splitext(output)
    for name, some in frames.items():
        with replaced_file(f"{stem}.{name}{ending}") as stream:
            stream.write(capture_octets(name, some))


def capture_octets(point: str, frames: Sequence[Frame]) -> bytes:
    """A pcapng file."""
    from io import BytesIO

    stream = BytesIO()
    writer = Writer(stream)
    writer.describe(Interface(LINKTYPE_ETHERNET, point))
    for frame in frames:
        writer.frame(frame.octets, len(frame.octets), frame.time_ns, 0)
    return stream.getvalue()


def _keys(done: Run) -> Keys:
    shared = done.simulator.builder.keys()
    return Keys(shared.mn_ha, (), shared.ah, (), shared.radius)
