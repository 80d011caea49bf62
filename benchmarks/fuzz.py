"""Damage and decode many frames: `python benchmarks/fuzz.py 1000000 [SEED]`.

Prints the seed first, then how far it is and what memory the process has, then the most that one
frame cost. A frame that raises, or costs too much, ends the run with its octets; the exit code is 1
if one took more than 50 ms of the processor.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.dissectors.fuzzing import fuzz
from tests.dissectors.test_fuzz import seeds

STEP = 20_000
MOST_NS = 50_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    found = seeds(ROOT / "tests" / "data" / "netmip6")
    gc.freeze()  # else now and then a frame is told to have taken what looking at all this takes
    begun, done, nodes, copies, slowest_ns = time.monotonic(), 0, 0.0, 0.0, 0
    while done < arguments.count:
        count = min(STEP, arguments.count - done)
        # Each step has its own seed, so that a failure is found again without what came before.
        worst = fuzz(found, count, arguments.seed * 1_000_000 + done // STEP)
        done += worst.frames
        nodes, copies = max(nodes, worst.nodes), max(copies, worst.copies)
        slowest_ns = max(slowest_ns, worst.took_ns)
        rate = done / (time.monotonic() - begun)
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{done} frames, {rate:.0f} a second, {memory_mb:.0f} MB", flush=True)
    print(f"most for an octet: {nodes:.2f} nodes, {copies:.2f} copies")
    print(f"slowest frame: {slowest_ns / 1e6:.1f} ms")
    if slowest_ns > MOST_NS:
        sys.exit(1)


if __name__ == "__main__":
    main()
