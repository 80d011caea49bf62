"""Runs scenarios for tests, and reads what came of them: the run's own record, and our tables."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netmip6scope.pipeline import analyse
from netmip6scope.simulation import truth
from netmip6scope.simulation.run import Run, capture_octets, load, run
from netmip6scope.tables.columns import NULL, Coded, Kind, Table

Row = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """Rows and finding codes, from whomever."""

    sessions: list[Row]
    handoffs: list[Row]
    codes: Counter[str]


@functools.cache
def ready_run(name: str) -> Run:
    """A ready scenario, run once for all tests."""
    return run(load(name))


def recorded(done: Run) -> Told:
    """What the simulator knows."""
    told = truth.recorded(done)
    return Told(told["sessions"], told["handoffs"], Counter(told["findings"]))


def captured(done: Run, directory: Path) -> list[str]:
    """The capture files, as arguments of commands."""
    arguments = []
    for point, frames in done.camera.frames.items():
        path = directory / f"{done.scenario.name}.{point}.pcapng"
        path.write_bytes(capture_octets(point, frames))
        arguments.append(f"{point}={path}" if len(done.camera.frames) > 1 else str(path))
    return arguments


def analysed(arguments: list[str]) -> Told:
    """What our tables say."""
    sessions, handoffs, findings = (
        cells(analyse(arguments, name).table) for name in ("sessions", "handoffs", "findings")
    )
    return Told(sessions, handoffs, Counter(row["code"] for row in findings))


def cells(table: Table) -> list[Row]:
    """Rows with integers, texts and None."""
    columns: dict[str, list[Any]] = {}
    for column in table.columns:
        raw = table.values[column.name]
        listed = raw.texts() if isinstance(raw, Coded) else raw.tolist()
        empty = "" if column.kind is Kind.TEXT else NULL
        columns[column.name] = [None if value == empty else value for value in listed]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


# Where DHCP or PPP asked for an address, a session begins with its Binding Update.
SLAAC_ONLY = {"start"}


def differences(record: list[Row], ours: list[Row]) -> list[str]:
    """Cells that differ, of the columns that the record has."""
    if len(record) != len(ours):
        return [f"{len(record)} rows recorded, {len(ours)} found"]
    found = []
    for number, (one, other) in enumerate(zip(record, ours, strict=True), 1):
        left_out = SLAAC_ONLY if one.get("access", "slaac") not in ("slaac", None) else set()
        found += [
            f"row {number} {name}: recorded {one[name]}, found {other[name]}"
            for name in one
            if name not in left_out and one[name] != other[name]
        ]
    return found
