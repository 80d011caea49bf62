"""The command behind `make bench`: netmip6scope against tshark and tcpdump.

Makes the captures once, runs whole processes in interleaved rounds, and prints medians with
targets beside them. This process stays small and never loads numpy, because Linux counts the
memory a child has before it starts its program towards that child's peak.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "bench"
# A capture is made again when this changes: raise it with every change to what captures.py makes.
VERSION = 1
REPEATED_SIZE = 4 * 10**9
OURS = "netmip6scope"
FIELDS = (
    "frame.number",
    "frame.time_epoch",
    "ipv6.src",
    "ipv6.dst",
    "mip6.mhtype",
    "mip6.bu.seqnr",
    "mip6.ba.seqnr",
    "mip6.ba.status",
    "mip6.bu.lifetime",
    "mip6.mnid.identifier",
    "icmpv6.type",
    "ipv6.opt.mipv6.home_address",
    "mip6.acoa.acoa",
    "data.data",
)


@dataclass(frozen=True)
class Capture:
    """A benchmark capture, the tools that read it and the rounds tshark takes part in."""

    key: str
    name: str
    tools: tuple[str, ...]
    tshark_rounds: int | None = None

    @property
    def path(self) -> Path:
        return BUILD / f"{self.name}-v{VERSION}.pcap"


# tshark needs so long for mixed that one round has to do.
CAPTURES = (
    Capture("a", "mixed", (OURS, "tcpdump", "tshark"), tshark_rounds=1),
    Capture("b", "control", (OURS, "tshark")),
    Capture("c", "small", (OURS, "tshark")),
    Capture("d", "repeated", (OURS, "tcpdump")),
)


@dataclass(frozen=True)
class Run:
    """What one process took: seconds on the clock and peak resident memory in octets."""

    seconds: float
    peak: int


@dataclass
class Results:
    """The runs of each capture key and tool, and why a tool's comparisons are left out."""

    runs: dict[tuple[str, str], list[Run]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def seconds(self, key: str, tool: str) -> float:
        return statistics.median(run.seconds for run in self.runs[key, tool])

    def peak_mb(self, key: str, tool: str) -> float:
        return statistics.median(run.peak for run in self.runs[key, tool]) / 10**6


@dataclass(frozen=True)
class Target:
    """A figure with its limit; `needs` are the runs (capture key, tool) it is made from."""

    key: str
    what: str
    sign: str
    limit: float
    unit: str
    needs: tuple[tuple[str, str], tuple[str, str]] | tuple[tuple[str, str]]
    figure: Callable[[Results], float]

    def met(self, value: float) -> bool:
        return value <= self.limit if self.sign == "<=" else value >= self.limit


def time_ratio(key: str, slow: str, fast: str, sign: str, limit: float) -> Target:
    needs = ((key, slow), (key, fast))
    return Target(
        key,
        f"time, {slow} / {fast}",
        sign,
        limit,
        "x",
        needs,
        lambda results: results.seconds(key, slow) / results.seconds(key, fast),
    )


def peak_below(key: str, limit: float) -> Target:
    return Target(
        key,
        f"peak memory, {OURS}",
        "<=",
        limit,
        " MB",
        ((key, OURS),),
        lambda results: results.peak_mb(key, OURS),
    )


TARGETS = (
    time_ratio("a", OURS, "tcpdump", "<=", 2.5),
    time_ratio("a", "tshark", OURS, ">=", 40),
    peak_below("a", 120),
    time_ratio("b", "tshark", OURS, ">=", 8),
    peak_below("b", 350),
    time_ratio("c", "tshark", OURS, ">=", 1),
    Target(
        "d",
        "peak memory, d / a",
        "<=",
        1.3,
        "x",
        (("d", OURS), ("a", OURS)),
        lambda results: results.peak_mb("d", OURS) / results.peak_mb("a", OURS),
    ),
)


def make(key: str, path: Path, mixed: Path) -> None:
    """Write one capture; runs in a process of its own and loads numpy there."""
    import captures

    if key == "a":
        captures.mixed(path)
    elif key == "b":
        captures.control(path)
    elif key == "c":
        captures.mixed(path, 5000, 5, 4_000_000)
    else:
        once = mixed.stat().st_size
        captures.repeat(mixed, path, -(-REPEATED_SIZE // once) * once)


def ensure_captures(chosen: list[Capture]) -> None:
    """Make the captures that are not there yet; (d) is made from (a)."""
    BUILD.mkdir(parents=True, exist_ok=True)
    mixed = CAPTURES[0]
    wanted = [mixed, *chosen] if any(capture.key == "d" for capture in chosen) else chosen
    for capture in wanted:
        if capture.path.exists():
            continue
        print(f"making {capture.path.relative_to(ROOT)}", flush=True)
        # Under its own name only when whole, so that an interrupted run leaves nothing to reuse.
        part = capture.path.with_suffix(".part")
        child = multiprocessing.get_context("spawn").Process(
            target=make, args=(capture.key, part, mixed.path)
        )
        child.start()
        child.join()
        if child.exitcode != 0:
            part.unlink(missing_ok=True)
            raise SystemExit(f"{capture.path.name} could not be made")
        part.rename(capture.path)


def command(tool: str, path: Path) -> list[str]:
    if tool == "tshark":
        fields = [word for name in FIELDS for word in ("-e", name)]
        return ["tshark", "-n", "-r", str(path), "-T", "fields", *fields, "-E", "occurrence=a"]
    if tool == "tcpdump":
        return ["tcpdump", "-r", str(path), "-w", "/dev/null", "ip6 protochain 135"]
    ours = Path(sys.executable).parent / OURS
    out = BUILD / "out.csv"
    out.unlink(missing_ok=True)  # to replace a file costs some systems more than to write one
    return [str(ours), "handoffs", str(path), "-o", str(out)]


def measure(words: list[str]) -> Run:
    """Run a program to its end with its output thrown away."""
    with tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            output = errors.read().decode(errors="replace")
            raise subprocess.CalledProcessError(process.returncode, words, stderr=output)
    return Run(seconds, usage.ru_maxrss * 1024)


def warm(path: Path) -> None:
    """Read a file through, so that it stands in the page cache."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def attempt(tool: str, path: Path, results: Results) -> Run | None:
    """Measure a tool; another's failure leaves it out, ours ends the benchmark."""
    if tool in results.absent:
        return None
    try:
        return measure(command(tool, path))
    except subprocess.CalledProcessError as error:
        last = (str(error.stderr).strip().splitlines() or ["no message"])[-1]
        why = f"{tool} failed with exit status {error.returncode}: {last}"
        if tool == OURS:
            raise SystemExit(why) from error
        results.absent[tool] = why
        results.runs = {key: runs for key, runs in results.runs.items() if key[1] != tool}
        return None


def probe(chosen: list[Capture]) -> Results:
    """Find the tools the chosen captures need; run each once on a sample, unmeasured."""
    results = Results()
    sample = ROOT / "sample_pcaps" / "slaac_handoff.pcap"
    for tool in dict.fromkeys(tool for capture in chosen for tool in capture.tools):
        program = command(tool, sample)[0]
        if shutil.which(program) is None:
            if tool == OURS:
                raise SystemExit(f"{program} was not found: make venv")
            results.absent[tool] = f"{tool} was not found"
        attempt(tool, sample, results)
    return results


def run_rounds(chosen: list[Capture], rounds: int, results: Results) -> None:
    """Every round runs each capture's tools one after another, every other round backwards."""
    for number in range(rounds):
        for capture in chosen:
            print(f"round {number + 1} of {rounds}: {capture.key} {capture.name}", flush=True)
            warm(capture.path)
            for tool in capture.tools[:: -1 if number % 2 else 1]:
                if tool == "tshark" and number >= (capture.tshark_rounds or rounds):
                    continue
                run = attempt(tool, capture.path, results)
                if run is not None:
                    results.runs.setdefault((capture.key, tool), []).append(run)


def print_rows(rows: Iterable[tuple[str, ...]], rights: frozenset[int]) -> None:
    """Rows in aligned columns; the columns in `rights` to the right."""
    lines = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [
            cell.rjust(width) if place in rights else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    print()


def print_medians(chosen: list[Capture], results: Results) -> None:
    rows: list[tuple[str, ...]] = [
        ("capture", "size MB", "program", "runs", "median s", "least s", "most s", "peak MB")
    ]
    for capture in chosen:
        label = f"{capture.key} {capture.name}"
        size = f"{capture.path.stat().st_size / 10**6:.1f}"
        for tool in capture.tools:
            runs = results.runs.get((capture.key, tool))
            if runs is None:
                continue
            seconds = [run.seconds for run in runs]
            figures = (statistics.median(seconds), min(seconds), max(seconds))
            spread = tuple(f"{figure:.2f}" for figure in figures)
            peak = f"{results.peak_mb(capture.key, tool):.1f}"
            rows.append((label, size, tool, str(len(runs)), *spread, peak))
    print_rows(rows, frozenset({1, 3, 4, 5, 6, 7}))


def print_targets(chosen: list[Capture], results: Results) -> None:
    keys = {capture.key for capture in chosen}
    rows: list[tuple[str, ...]] = [("capture", "figure", "measured", "target", "")]
    for target in TARGETS:
        if target.key not in keys or any(need not in results.runs for need in target.needs):
            continue
        value = target.figure(results)
        rows.append(
            (
                target.key,
                target.what,
                f"{value:.2f}{target.unit}",
                f"{target.sign} {target.limit:g}{target.unit}",
                "met" if target.met(value) else "missed",
            )
        )
    if len(rows) > 1:
        print_rows(rows, frozenset({2}))


def interface_rows(results: Results) -> None:
    """The terminal interface on (a), on a pseudo-terminal; its figures beside their targets."""
    path = next(capture.path for capture in CAPTURES if capture.key == "a")
    warm(path)
    program = Path(__file__).with_name("interface.py")
    done = subprocess.run(
        [sys.executable, str(program), str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"interface.py failed: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    handoffs = results.seconds("a", OURS)
    rows: list[tuple[str, ...]] = [("interface", "figure", "measured", "target", "")]
    for what, value, limit, unit in (
        ("first rows", found["first_s"], 1.5, " s"),
        (f"slowest of {found['keys']} keys while reading", found["slowest_key_s"], 0.1, " s"),
        ("whole, against handoffs", found["whole_s"] / handoffs, 3, "x"),
        ("peak memory", found["peak"] / 10**6, 700, " MB"),
    ):
        verdict = "met" if value <= limit else "missed"
        rows.append(("a mixed", what, f"{value:.2f}{unit}", f"<= {limit:g}{unit}", verdict))
    print_rows(rows, frozenset({2}))


def print_left_out(chosen: list[Capture], results: Results) -> None:
    """One line for each tool that is not there, and one when (d) runs without (a)."""
    keys = "".join(capture.key for capture in chosen)
    for tool, why in results.absent.items():
        without = [capture.key for capture in chosen if tool in capture.tools]
        print(f"{why}; left out: comparison with {tool} on {', '.join(without)}")
    if "d" in keys and "a" not in keys:
        print("a was not run; left out: memory of d against a")


def captures_named(text: str) -> list[Capture]:
    keys = {word.strip() for word in text.split(",")}
    unknown = keys - {capture.key for capture in CAPTURES}
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no capture {', '.join(sorted(unknown))!r}")
    return [capture for capture in CAPTURES if capture.key in keys]


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def main() -> None:
    parser = argparse.ArgumentParser(prog="run.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=count, default=3, metavar="N", help="default: 3")
    parser.add_argument(
        "--only",
        type=captures_named,
        default=list(CAPTURES),
        metavar="a,b",
        help="captures: a mixed, b control, c small, d mixed repeated to 4 GB (default: all)",
    )
    options = parser.parse_args()
    chosen: list[Capture] = options.only
    ensure_captures(chosen)
    results = probe(chosen)
    run_rounds(chosen, options.rounds, results)
    print()
    print_medians(chosen, results)
    print_targets(chosen, results)
    if ("a", OURS) in results.runs:
        interface_rows(results)
    print_left_out(chosen, results)


if __name__ == "__main__":
    main()
