"""How long it takes to shrink an incident of 5,000 frames, and to replay 100 small incidents.

The 5,000 frames are of a hundred mobile nodes; one HO Response tells another home address. The
small incidents are the captures of `sample_pcaps/simulated`, with their keys, and what shrink
leaves of those that diverge, each as often as it takes. Whole commands, in seconds on the clock.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dissectors.handoff import HomeAddressContext
from netmip6scope.key_file import keys_text
from netmip6scope.simulation.run import load, ready, run
from replay.judged import Kind
from tests.netmip6scope import crowd
from tests.netmip6scope.faulty import OTHER6, place, with_option
from tests.netmip6scope.faulty_capture import keys_of, observed_of, write_faulty

SAMPLES = ROOT / "sample_pcaps" / "simulated"
INCIDENTS, REPLAY_S, SHRINK_S, ROUNDS = 100, 20, 60, 3


def make_crowd(folder: Path) -> tuple[Path, Path]:
    done = crowd.ran()
    del done.camera.frames["net"][crowd.FRAMES :]
    right = observed_of(done, folder)
    wrong = with_option(HomeAddressContext, address=OTHER6)(
        right, place(right, Kind.HO_RESPONSE, 40)
    )
    return write_faulty(folder, done, right, wrong)


def make_incidents(folder: Path) -> None:
    """All samples, and the small ones of those that diverge; then copies up to the number."""
    made = []
    for name in ready():
        place = folder / name
        place.mkdir(parents=True)
        captures = sorted(SAMPLES.glob(f"{name}.*pcapng"))
        for capture in captures:
            shutil.copy(capture, place)
        named = [f"{each.name.split('.')[1]}={each.name}" for each in captures]
        told = named if len(captures) > 1 else [captures[0].name]
        (place / "incident.toml").write_text(f'captures = {json.dumps(told)}\nkeys = "keys.toml"\n')
        (place / "keys.toml").write_text(keys_text(keys_of(run(load(name))), "Keys of a sample."))
        made.append(place)
        small = folder / f"{name}-small"
        if command("shrink", str(place), "-o", str(small), "--with-keys") == 0:
            made.append(small)
        command("replay", str(place), "--accept")
    for number in range(INCIDENTS - len(made)):
        shutil.copytree(made[number % len(made)], folder / f"copy-{number:03}")


def command(*words: str) -> int:
    ours = [sys.executable, "-m", "netmip6scope", *words]
    return subprocess.run(ours, cwd=ROOT, capture_output=True, check=False).returncode


def seconds(*words: str) -> float:
    begin = time.perf_counter()
    if command(*words):
        raise SystemExit(f"netmip6scope {words[0]} failed")
    return time.perf_counter() - begin


def told(what: str, taken_s: float, target_s: int) -> None:
    verdict = "met" if taken_s <= target_s else "MISSED"
    print(f"{what}: {taken_s:.2f} s, target <= {target_s} s: {verdict}")


def main() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        capture, keys = make_crowd(folder)
        small = folder / "small"
        taken = []
        for _ in range(ROUNDS):
            shutil.rmtree(small, ignore_errors=True)
            taken.append(seconds("shrink", str(capture), "--keys", str(keys), "-o", str(small)))
        told(f"shrink of {crowd.FRAMES} frames", min(taken), SHRINK_S)
    with TemporaryDirectory() as name:
        make_incidents(Path(name))
        assert len([*Path(name).glob("*/incident.toml")]) == INCIDENTS
        taken = [seconds("replay", name, "--junit", f"{name}/junit.xml") for _ in range(ROUNDS)]
        told(f"replay of {INCIDENTS} small incidents", min(taken), REPLAY_S)


if __name__ == "__main__":
    main()
