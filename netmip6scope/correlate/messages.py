"""The table of CONTRACT 2.1: one row per signalling message."""

from __future__ import annotations

from typing import Any

import numpy as np

from dissectors.frames import FrameBatch, Ints
from dissectors.scan.batch import MessageBatch
from dissectors.scan.kinds import MessageKind
from netmip6scope.correlate.model import Handoff, Session
from netmip6scope.correlate.rows import Tables, build
from netmip6scope.tables.columns import NULL, Table
from netmip6scope.tables.schema import MESSAGES

BU_FLAGS = "AHLKMRPFTBSD"
BA_FLAGS = "KRPTBSD"
HO_FLAGS = "CH"


class MessageRows:
    """Collects message columns batch by batch."""

    def __init__(self) -> None:
        self._batches: list[MessageBatch] = []
        self._joined: list[tuple[Session | None, Handoff | None]] = []
        self._points: list[str] = []

    def add(
        self,
        messages: MessageBatch,
        joined: list[tuple[Session | None, Handoff | None]],
        batch: FrameBatch,
    ) -> None:
        """Keep a batch's messages; names of their interfaces are looked up now."""
        self._batches.append(messages)
        self._joined += joined
        names = [i.point for i in batch.interfaces]
        self._points += [names[n] for n in messages.interface.tolist()]

    def table(self, tables: Tables) -> Table:
        """All messages, in the order of the captures."""

        def column(name: str) -> Ints:
            parts = [getattr(b, name) for b in self._batches]
            return np.concatenate(parts) if parts else np.zeros(0, np.int64)

        kinds = column("kind").tolist()
        values: dict[str, Any] = {
            "frame": column("frame"),
            "time": column("time_ns"),
            "point": _objects(self._points),
            "kind": _objects([MessageKind(k).label for k in kinds]),
            "src": _objects([tables.address(n) for n in column("src").tolist()]),
            "dst": _objects([tables.address(n) for n in column("dst").tolist()]),
            "mn_id": _objects([tables.name(n) for n in column("mn_id").tolist()]),
            "hoa": _objects([tables.address(n) for n in column("hoa").tolist()]),
            "coa": _objects([tables.address(n) for n in column("coa").tolist()]),
            "flags": _objects(
                [flag_letters(k, f) for k, f in zip(kinds, column("flags").tolist(), strict=True)]
            ),
            "session": _numbers([None if s is None else s.number for s, _ in self._joined]),
            "handoff": _numbers([None if h is None else h.number for _, h in self._joined]),
        }
        for name in ("identifier", "seq", "status", "lifetime_s", "length"):
            values[name] = np.where(column(name) < 0, NULL, column(name))
        values["summary"] = _objects(
            [
                summary(*row)
                for row in zip(
                    kinds,
                    *(
                        column(n).tolist()
                        for n in ("seq", "status", "lifetime_s", "identifier", "detail")
                    ),
                    strict=True,
                )
            ]
        )
        return build("messages", MESSAGES, values, len(kinds))


def flag_letters(kind: int, flags: int) -> str | None:
    """The letters of the flags that are set, highest bit first; None where there are no flags."""
    if flags < 0:
        return None
    if kind in (MessageKind.BU, MessageKind.PBU):
        letters, top = BU_FLAGS, 0x8000
    elif kind in (MessageKind.BA, MessageKind.PBA):
        letters, top = BA_FLAGS, 0x80
    else:
        letters, top = HO_FLAGS, 0x8000
    return "".join(c for n, c in enumerate(letters) if c != " " and flags & (top >> n)) or None


def summary(kind: int, seq: int, status: int, lifetime_s: int, identifier: int, detail: int) -> str:
    """One line for a reader."""
    if kind in (MessageKind.BU, MessageKind.PBU):
        what = "end binding" if lifetime_s == 0 else f"bind for {lifetime_s} s"
        return f"Binding Update #{seq}, {what}"
    if kind in (MessageKind.BA, MessageKind.PBA):
        verdict = "accepted" if status < 128 else "rejected"
        return f"Binding Acknowledgement #{seq}, status {status} {verdict}, {lifetime_s} s"
    if kind == MessageKind.HO_REQUEST:
        return f"HO Request {identifier}"
    if kind == MessageKind.HO_RESPONSE:
        return f"HO Response {identifier}, status {status}"
    names = {
        MessageKind.RS: "Router Solicitation",
        MessageKind.RA: "Router Advertisement",
        MessageKind.NS: "Neighbor Solicitation",
        MessageKind.NA: "Neighbor Advertisement",
        MessageKind.BE: f"Binding Error, status {status}",
        MessageKind.ICMP6_ERROR: f"ICMPv6 error, type {detail}",
        MessageKind.OTHER_MH: f"Mobility Header, type {detail}",
    }
    return names.get(MessageKind(kind), MessageKind(kind).label)


def _objects(values: list[Any]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    out = np.empty(len(values), object)
    out[:] = values
    return out


def _numbers(values: list[int | None]) -> Ints:
    return np.array([NULL if v is None else v for v in values], np.int64)
