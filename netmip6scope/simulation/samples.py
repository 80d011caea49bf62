"""Writes the ready scenarios with their captures and truths, as `make samples` does.

Those in `sample_pcaps/simulated/` are made so; a test holds them to be what is made now.
"""

from __future__ import annotations

import sys
from pathlib import Path

from netmip6scope.simulation.run import capture_octets, ready, run
from netmip6scope.simulation.scenario_file import scenario_from
from netmip6scope.simulation.truth import truth_text


def samples(name: str, text: str) -> dict[str, bytes]:
    """A scenario's files: itself, what each capture point sees, and what happened."""
    done = run(scenario_from(text, name))
    files = {f"{name}.toml": text.encode(), f"{name}.truth.json": truth_text(done).encode()}
    alone = len(done.camera.frames) == 1
    for point, frames in done.camera.frames.items():
        file = f"{name}.pcapng" if alone else f"{name}.{point}.pcapng"
        files[file] = capture_octets(point, frames)
    return files


def write_samples(directory: Path) -> None:
    """All of them; files of other names stay."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in ready().items():
        for file, octets in samples(name, text).items():
            (directory / file).write_bytes(octets)


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]))
